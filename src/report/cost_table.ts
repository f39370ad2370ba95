/**
 * What runs of scenarios cost, beside each other, as Markdown: a line a run, a column a metric.
 *
 * @module
 */

import type { LegalSet } from "../systems/system.ts";
import { rangeText } from "./compared.ts";
import type { RunResult, ScenarioResult } from "./explore_result.ts";
import { markdownTable } from "./verdict_readme.ts";

/**
 * Lines of the table.
 *
 * @param metrics as the catalogue of costs names them: `tree_ops`, `lock_hold_steps(i_mutex)`
 * @param setsOf the sets of patches of a system, by which its runs are called
 */
export function costTable(
  scenarios: readonly ScenarioResult[],
  metrics: readonly string[],
  setsOf: (system: string) => readonly LegalSet[],
): string[] {
  const rows = scenarios.flatMap(({ title, runs }) =>
    runs.map((run, nth) => [
      nth === 0 ? title : "",
      runLabel(run, runs, setsOf(run.system)),
      ...metrics.map((metric) => costText(run, metric)),
    ])
  );
  return markdownTable(["scenario", "run", ...metrics.map((metric) => `\`${metric}\``)], rows, metrics.length);
}

/** A metric that nothing has counted is 0. */
function costText({ outcome }: RunResult, metric: string): string {
  return outcome.kind === "explored" ? rangeText(outcome.costs[metric] ?? [0, 0]) : "";
}

/** The system, its set of patches where others of its runs have another one, and flags that tell runs apart. */
function runLabel({ system, flags }: RunResult, runs: readonly RunResult[], sets: readonly LegalSet[]): string {
  const own = runs.filter((run) => run.system === system);
  const differ = Object.keys(flags).filter((name) => own.some((run) => run.flags[name] !== flags[name]));
  const ofSets = new Set(sets.flatMap((set) => Object.keys(set.flags)));
  const set = differ.some((name) => ofSets.has(name))
    ? sets.find((each) => Object.entries(each.flags).every(([name, value]) => flags[name] === value))
    : undefined;
  const rest = differ.filter((name) => !ofSets.has(name)).map((name) => `${name}=${flags[name]}`);
  return [system, ...(set === undefined ? [] : [set.name]), ...rest].join(" ");
}
