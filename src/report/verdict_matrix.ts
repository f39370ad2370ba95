/**
 * The verdicts of all expectations as a table, one line each; runs that show the same share a line.
 *
 * @module
 */

import { cutToWidth, displayWidth } from "../results/query/text_width.ts";
import type { Agreement, ExpectationResult, ExploreResult, RunResult, ScenarioResult } from "./explore_result.ts";
import type { Paint, Tone } from "./paint.ts";
import { padded } from "./text_wrap.ts";

export interface MatrixOptions {
  /** Columns; Infinity where nobody has to scroll sideways. */
  readonly width: number;
  readonly paint: Paint;
  readonly times: "shown" | "left out";
}

interface MatrixRow {
  readonly agreement: Agreement;
  readonly cells: readonly string[];
}

export const MARKS: Record<Agreement, { mark: string; tone: Tone }> = {
  agrees: { mark: "✓", tone: "good" },
  disagrees: { mark: "✗", tone: "bad" },
  open: { mark: "?", tone: "open" },
};

const TITLES = ["row", "scenario", "flags", "expected", "shown", "classes", "steps reached"];
const NUMBERS = ["classes", "seconds"];
/** Columns that are cut when there is not room for all, the first to give way first, and what is left of them. */
const YIELDING: readonly [title: string, widthMin: number][] = [
  ["shown", 20],
  ["expected", 20],
  ["scenario", 12],
  ["flags", 8],
  ["steps reached", 8],
];
const SEPARATOR = "  ";
/** Longer texts are above the table in full. */
const TEXT_WIDTH_MAX = 40;

/** Lines of the table. */
export function verdictMatrix(result: ExploreResult, { width, paint, times }: MatrixOptions): string[] {
  const all = result.scenarios.flatMap((scenario) =>
    scenario.expectations.flatMap((expectation) => expectationRows(scenario, expectation, times))
  );
  if (all.length === 0) return [];
  const allTitles = times === "shown" ? [...TITLES, "seconds"] : TITLES;
  // Columns that say nothing are left out.
  const isUsed = (_: string, nth: number) => all.some(({ cells }) => cells[nth] !== "");
  const titles = allTitles.filter(isUsed);
  const rows = all.map(({ agreement, cells }): MatrixRow => ({ agreement, cells: cells.filter(isUsed) }));
  const widths = titles.map((title, nth) =>
    Math.min(TEXT_WIDTH_MAX, Math.max(displayWidth(title), ...rows.map(({ cells }) => displayWidth(cells[nth]))))
  );
  const excess = () => 2 + widths.reduce((sum, each) => sum + each + SEPARATOR.length, -SEPARATOR.length) - width;
  for (const [title, widthMin] of YIELDING) {
    const column = titles.indexOf(title);
    if (column >= 0 && excess() > 0) {
      widths[column] = Math.max(Math.min(widths[column], widthMin), widths[column] - excess());
    }
  }
  const line = (cells: readonly string[]) =>
    cells.map((cell, nth) => {
      const text = displayWidth(cell) > widths[nth] ? cutToWidth(cell, widths[nth]) : cell;
      return NUMBERS.includes(titles[nth])
        ? " ".repeat(widths[nth] - displayWidth(text)) + text
        : padded(text, widths[nth]);
    }).join(SEPARATOR).trimEnd();
  return [
    paint("title", `  ${line(titles)}`),
    ...rows.map(({ agreement, cells }) => {
      const { mark, tone } = MARKS[agreement];
      return `${paint(tone, mark)} ${line(cells)}`;
    }),
  ];
}

function expectationRows(
  { scenario, runs, steps }: ScenarioResult,
  { row, kind, subject, verdicts }: ExpectationResult,
  times: MatrixOptions["times"],
): MatrixRow[] {
  const reached = steps.filter(({ isReached }) => isReached).map(({ step }) => step).join(" ");
  const missing = steps.filter(({ isReached }) => !isReached).map(({ step }) => step).join(" ");
  const stepsText = steps.length === 0 ? "" : missing === "" ? reached : `${reached} not ${missing}`.trim();
  const groups = new Map<string, typeof verdicts[number][]>();
  for (const verdict of verdicts) {
    const key = JSON.stringify([verdict.agreement, verdict.shown]);
    groups.set(key, [...groups.get(key) ?? [], verdict]);
  }
  return [...groups.values()].map((group) => {
    const [{ agreement, expected, shown }] = group;
    const own = group.map(({ run }) => runs.find((each) => each.run === run)).filter((run) => run !== undefined);
    const cells = [
      row ?? "",
      scenario,
      flagsOfRuns(group),
      expected === "" ? `${kind} ${subject}`.trim() : expected,
      shown,
      classesOf(own),
      stepsText,
    ];
    return { agreement, cells: times === "shown" ? [...cells, secondsOf(own)] : cells };
  });
}

/** Flags of runs that share a line. */
export function flagsOfRuns(runs: readonly { readonly flagsText: string }[]): string {
  const [first] = runs;
  return runs.length === 1 ? first.flagsText : `${runs.length} runs: ${first.flagsText || "default"}, …`;
}

function classesOf(runs: readonly RunResult[]): string {
  const counts = runs.map(({ outcome }) => outcome.kind === "explored" ? outcome.classes : 0);
  return runs.length === 0 ? "" : counts.reduce((sum, count) => sum + count, 0).toLocaleString("en");
}

function secondsOf(runs: readonly RunResult[]): string {
  const spent = runs.map(({ outcome }) =>
    outcome.kind === "explored" && outcome.sameAs === null ? outcome.milliseconds : 0
  );
  return runs.length === 0 ? "" : (spent.reduce((sum, each) => sum + each, 0) / 1000).toFixed(1);
}
