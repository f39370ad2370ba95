/**
 * Runs of explored windows that are kept, step by step: of each system, the first that shows an anomaly, as the token of
 * its finding replays it.
 *
 * @module
 */

import type { ExploredShape } from "../replaying/explored_shape.ts";
import { traceRun } from "../report/lanes/lane_trace.ts";
import type { TableRow } from "../results/row_inserts.ts";
import { readScenario } from "../scenarios/read_scenario.ts";
import { flagsText, outcomeOfKept, traceRows } from "./explore_tables.ts";
import { programOf } from "./scenario_programs.ts";

/** @param explored each is the run of its position, from 1; runs that are kept are numbered behind them */
export function counterexampleRows(
  explored: readonly ExploredShape[],
): Record<"run" | "step" | "run_event", TableRow[]> {
  const rows = { run: [] as TableRow[], step: [] as TableRow[], run_event: [] as TableRow[] };
  const known = new Set<string>();
  for (const [at, { shape, chosen, findings, text }] of explored.entries()) {
    const { system, flags, named } = chosen;
    for (const { anomaly, subject, token } of findings) {
      const shows = [anomaly, ...subject.attributes ?? []].join(", ");
      const key = `${system.name} ${named} ${shows}`;
      if (known.has(key)) continue;
      known.add(key);
      const scenario = readScenario(`${shape.name}.yaml`, text);
      const trace = traceRun(programOf({ scenario, system: system.name, flags }), token);
      const run_id = explored.length + rows.run.length + 1;
      rows.run.push({
        run_id,
        scenario: shape.name,
        system: system.name,
        flags: flagsText(flags),
        strategy: "exhaustive",
        token,
        outcome: outcomeOfKept(trace, anomaly),
        claim: shows,
        kind: "counterexample",
        of_run: at + 1,
        steps: trace.steps.length,
        scenario_text: text,
      });
      const { step, run_event } = traceRows(run_id, trace);
      rows.step.push(...step);
      rows.run_event.push(...run_event);
    }
  }
  return rows;
}
