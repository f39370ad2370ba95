/**
 * What tests of systems ask of a scenario: what its runs come to, without any judge.
 *
 * @module
 */

import { explore, type ExploreReport } from "../../src/exploring/explore.ts";
import type { Program } from "../../src/machine/program.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { FlagValue, Scenario } from "../../src/scenarios/scenario.ts";
import { flagValues, systemNamed } from "../../src/systems/index.ts";
import type { Judge, RunRecord } from "../../src/systems/run_record.ts";
import { scenarioProgram } from "../../src/systems/scenario_program.ts";

/** Thinks nothing of any run, and tells which named steps operations and kernel tasks have been at. */
export const stepsOnly: Judge = ({ operations, resources }) => {
  const steps = new Set(operations.flatMap(({ steps }) => steps));
  for (const { kind, name } of resources ?? []) if (kind === "reach") steps.add(name);
  return { findings: [], facts: [...steps] };
};

/** A scenario of these files and tasks, as YAML without the parts that every file needs. */
export function scenarioOf(body: string, system = "legacy-dio"): Scenario {
  return readScenario(
    "test.yaml",
    `title: test\nsystem: ${system}\n${body}\nexpect:\n  - reachable: DEADLOCK\n    why: none\n    source: test\n`,
  );
}

export function programOf(
  scenario: Scenario,
  flags: Readonly<Record<string, FlagValue>> = {},
  judge: Judge = stepsOnly,
): Program {
  const [name] = scenario.selection.systems;
  const system = systemNamed(name);
  const own = Object.fromEntries(Object.entries(scenario.selection.flags).map(([flag, [value]]) => [flag, value]));
  return scenarioProgram(scenario, system, flagValues(system, { ...own, ...flags }), judge);
}

/** Final states of all classes, with those that end otherwise as `deadlock` and such; findings behind `!`. */
export function ends(report: ExploreReport): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { end, finalState, findings, count } of report.outcomes) {
    const marks = [...new Set(findings.map(({ anomaly }) => anomaly))].sort().map((anomaly) => ` !${anomaly}`).join("");
    const key = `${end === "complete" ? "" : `${end} `}${finalState}${marks}`;
    found[key] = (found[key] ?? 0) + count;
  }
  return found;
}

/** Explores all of a scenario; it must come to its end. */
export function exploreAll(scenario: Scenario, flags: Readonly<Record<string, FlagValue>> = {}): ExploreReport {
  const report = explore(programOf(scenario, flags), { budget: { milliseconds: 20_000 } });
  if (!report.finished) throw new Error(`not explored to the end: ${report.claim}`);
  return report;
}

/** The record of each complete run and each crash image, in the order in which they come. */
export function recordsOf(scenario: Scenario, flags: Readonly<Record<string, FlagValue>> = {}): RunRecord[] {
  const records: RunRecord[] = [];
  explore(
    programOf(scenario, flags, (record) => {
      records.push(record);
      return { findings: [], facts: [] };
    }),
    { budget: { milliseconds: 20_000 } },
  );
  return records;
}
