/**
 * The verdict table of a system as Markdown, from what its scenarios keep of the last exploration.
 *
 * @module
 */

import { expectedText } from "../checking/expectations.ts";
import type { Expectation, Kept, Scenario } from "../scenarios/scenario.ts";
import { standing, standingOf, standingText } from "./standing.ts";

const TITLES = ["", "row", "scenario", "flags", "expected", "shown", "classes"];

const MARKS = { agrees: "✓", "not executable": "–", open: "?" } as const;

/** Flags of so many runs are named one by one. */
const RUNS_NAMED_MAX = 3;

/** Lines of the table, and above it what it comes to. Cells are not padded: some are long. */
export function verdictTable(scenarios: readonly Scenario[]): string[] {
  const rows = scenarios.flatMap((scenario) =>
    scenario.expectations.flatMap((expectation) => expectationRows(scenario, expectation))
  );
  return [
    `${standingText(standing(scenarios))}.`,
    "",
    ...markdownTable(TITLES, rows, 1),
  ];
}

/**
 * Lines of a table of Markdown.
 *
 * @param numbers so many columns at the right hold numbers
 */
export function markdownTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: number,
): string[] {
  const rules = titles.map((_, nth) => nth < titles.length - numbers ? "---" : "--:");
  return [titles, rules, ...rows].map(line);
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function expectationRows(scenario: Scenario, expectation: Expectation): string[][] {
  const state = standingOf(expectation);
  const long = scenario.long === null ? "" : ` (--deep: ${scenario.long.toLocaleString("en")} s)`;
  const head = [MARKS[state], expectation.source.row ?? "", `${scenario.name}${long}`];
  if (expectation.kind === "not_executable") return [[...head, "", "not executable", expectation.reason, ""]];
  const expected = expectedText(expectation);
  if (state === "open") return [[...head, "", expected, "not kept", ""]];
  const groups = new Map<string, Kept[]>();
  for (const kept of expectation.kept) {
    const shown = kept.shown ?? "";
    groups.set(shown, [...groups.get(shown) ?? [], kept]);
  }
  return [...groups].map(([shown, runs]) => [...head, runsText(scenario, runs), expected, shown, classesText(runs)]);
}

/** The flags of runs, and their systems where they are not the scenario's own. */
function runsText({ selection }: Scenario, runs: readonly Kept[]): string {
  const [own] = selection.systems;
  const names = runs.map(({ run }) => {
    const [, system, flags = ""] = /^(\S+)(?: \((.*)\))?$/s.exec(run) ?? [run, run];
    return selection.systems.length === 1 && system === own ? flags : run;
  });
  if (names.length <= RUNS_NAMED_MAX) {
    return names.map((name) => name === "" && names.length > 1 ? "default" : name).join("; ");
  }
  return `${names.length} runs: ${names[0] || "default"}; ${names[1]}; …`;
}

/** Classes of the closed searches; of a search that was ended by its witness there are none to tell. */
function classesText(runs: readonly Kept[]): string {
  if (runs.some(({ classes }) => classes === null)) return "witness";
  return runs.reduce((sum, { classes }) => sum + classes!, 0).toLocaleString("en");
}
