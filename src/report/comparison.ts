/**
 * Runs of one scenario on several systems beside each other: who hangs, who exposes stale data, who is coherent, and at
 * what cost; and several scenarios over the same systems.
 *
 * @module
 */

import { type ComparedRun, type ComparedScenario, COST_NAMES, HELD } from "./compared.ts";
import { runName } from "./explore_result.ts";
import type { Paint } from "./paint.ts";
import { wrap } from "./text_wrap.ts";
import { type Cell, wrappedTable } from "./wrapped_table.ts";

/** Behind what was seen in a search that was stopped. */
const MORE = " …";

export interface ComparisonOptions {
  readonly width: number;
  readonly paint: Paint;
}

/** One scenario on all the systems that were asked for, a line a run. */
export function comparison({ scenario, title, runs }: ComparedScenario, { width, paint }: ComparisonOptions): string[] {
  const rows = runs.map((run): Cell[] => [
    { text: runName({ system: run.system, flagsText: run.flags }), tone: "named" },
    { text: verdictText(run), tone: run.tone },
    run.reason === null ? { text: run.reachable } : { text: run.reason, tone: "faint" },
    { text: run.classes === null ? "" : run.classes.toLocaleString("en") },
    { text: Object.entries(run.costs).map(([name, value]) => `${name} ${value}`).join(", ") },
  ]);
  return [
    ...wrap(`${scenario}: ${title}`, width, 2).map((line) => paint("title", line)),
    ...wrappedTable(
      { titles: ["system", "verdict", "reachable", "classes", "cost"], rows, numbers: ["classes"] },
      width,
      paint,
    ),
  ];
}

function verdictText({ verdict, tone, finished }: ComparedRun): string {
  return tone === "bad" && !finished ? verdict + MORE : verdict;
}

/** Several scenarios over the systems: a line a system, a column a scenario; what they come to, then each cost. */
export function overview(scenarios: readonly ComparedScenario[], { width, paint }: ComparisonOptions): string[] {
  const names = [...new Set(scenarios.flatMap(({ runs }) => runs.map(({ system }) => system)))];
  const table = (title: string, cellOf: (runs: readonly ComparedRun[]) => Cell): string[] => {
    const rows = names.map((system): Cell[] => [
      { text: system, tone: "named" },
      ...scenarios.map(({ runs }) => cellOf(runs.filter((run) => run.system === system))),
    ]);
    const isEmpty = rows.every((cells) => cells.slice(1).every(({ text }) => text === ""));
    const titles = [title, ...scenarios.map((_, nth) => String(nth + 1))];
    return isEmpty ? [] : ["", ...wrappedTable({ titles, rows }, width, paint)];
  };
  const costs = [...COST_NAMES.map(([, name]) => [name, name]), [HELD, "longest lock held"]];
  return [
    ...scenarios.flatMap(({ title }, nth) => wrap(`${nth + 1}  ${title}`, width, 3)),
    ...table("system", verdictCell),
    ...costs.flatMap(([end, title]) => table(title, (runs) => costCell(runs, end))),
  ];
}

/** Runs with several sets of flags: each word once. */
function verdictCell(runs: readonly ComparedRun[]): Cell {
  const texts = [...new Set(runs.map(verdictText))];
  const worst = runs.find(({ tone }) => tone === "bad") ?? runs.at(0);
  return { text: texts.join(" / "), tone: worst?.tone ?? "faint" };
}

/** @param end of the cost's name */
function costCell(runs: readonly ComparedRun[], end: string): Cell {
  const values = runs.flatMap(({ costs }) =>
    Object.entries(costs).filter(([name]) => name.endsWith(end)).map(([, value]) => value)
  );
  return { text: [...new Set(values)].join(" / ") };
}
