/**
 * The scenarios of a system's folder, explored and held against what they expect; what their runs go through; and which
 * rows of the system's table they are about.
 *
 * @module
 */

import { evaluate } from "../../src/checking/expectations.ts";
import { judge } from "../../src/checking/judge.ts";
import { type PlannedRun, planRuns } from "../../src/commands/explore_plan.ts";
import { explore, type ExploreReport } from "../../src/exploring/explore.ts";
import { checkIndependence } from "../../src/exploring/independence.ts";
import type { Program } from "../../src/machine/program.ts";
import { type LoadedScenario, loadScenarios } from "../../src/scenarios/load.ts";
import type { Judge } from "../../src/systems/run_record.ts";
import { scenarioProgram } from "../../src/systems/scenario_program.ts";
import type { System } from "../../src/systems/system.ts";

export interface FixtureOptions {
  readonly system: System;
  /** Scenarios whose search takes longer than a test may: runs to look at, for what is reachable; the rest is not judged. */
  readonly long: Readonly<Record<string, number>>;
}

export function fixturesOf({ name }: System): LoadedScenario[] {
  return loadScenarios([new URL(`../../fixtures/${name}`, import.meta.url).pathname]);
}

function programOf({ scenario, flags }: PlannedRun, system: System, judged: Judge): Program {
  return scenarioProgram(scenario, system, flags, judged);
}

/** What disagrees, a line each: scenario, source, flags, what was expected and what was shown. */
export function disagreements({ system, long }: FixtureOptions): string[] {
  const wrong: string[] = [];
  for (const loaded of fixturesOf(system)) {
    const { scenario } = loaded;
    const runsMax = long[scenario.name];
    const plan = planRuns([loaded], [system], { systems: null, set: {} });
    const reports = new Map<number, ExploreReport>();
    const reportOf = (run: PlannedRun): ExploreReport => {
      let report = reports.get(run.id);
      if (report === undefined) {
        const judged = judge({ scenario, contract: system.contract?.(run.flags) });
        report = explore(programOf(run, system, judged), {
          stepsMax: scenario.bounds.steps,
          ...(runsMax === undefined ? {} : { budget: { runs: runsMax } }),
        });
        reports.set(run.id, report);
      }
      return report;
    };
    for (const { expectation, nth, runs, others, notRun } of plan.expectations) {
      const { source } = expectation;
      for (const { reason } of notRun) wrong.push(`${scenario.name} ${source.text}: ${reason}`);
      if (runsMax !== undefined && expectation.kind !== "reachable") continue;
      for (const run of runs) {
        const verdict = evaluate({
          scenario,
          expectation,
          nth,
          report: reportOf(run),
          others: others.map(reportOf),
          lockOrder: system.lockOrder,
        });
        if (verdict.agrees) continue;
        wrong.push(`${scenario.name} ${source.text} [${run.flagsText}]: ${verdict.expected}: ${verdict.shown}`);
      }
    }
  }
  return wrong;
}

/** Tells which named steps a run has been through, also those of faults, which belong to no call. */
const stepsOnly: Judge = ({ operations, resources = [] }) => ({
  findings: [],
  facts: [
    ...new Set([
      ...operations.flatMap(({ steps }) => steps),
      ...resources.filter(({ kind }) => kind === "reach").map(({ name }) => name),
    ]),
  ],
});

/** Named steps that some run of some fixture goes through, sorted. */
export function stepsReached(system: System): string[] {
  const reached = new Set<string>();
  for (const loaded of fixturesOf(system)) {
    for (const run of planRuns([loaded], [system], { systems: null, set: {} }).runs) {
      const strategy = { kind: "pct", seed: 1, runs: 20, depth: 3 } as const;
      const { facts } = explore(programOf(run, system, stepsOnly), { strategy, crashes: "skipped" });
      for (const { text } of facts) reached.add(text);
    }
  }
  return [...reached].sort();
}

/** Runs that depend on what is shared behind the machine's back, a line each. */
export function dependences(system: System): string[] {
  const found: string[] = [];
  for (const loaded of fixturesOf(system)) {
    for (const run of planRuns([loaded], [system], { systems: null, set: {} }).runs) {
      const dependence = checkIndependence(programOf(run, system, stepsOnly), { runs: 5, variants: 2 });
      if (dependence !== null) found.push(`${loaded.scenario.name} [${run.flagsText}]: ${dependence.text}`);
    }
  }
  return found;
}

/** Rows of a system's table that no expectation is about; null where the tables are not there. */
export function rowsWithoutFixture(system: System, table: string): string[] | null {
  let text: string;
  try {
    text = Deno.readTextFileSync(new URL(`../../../shared/spec/${table}`, import.meta.url));
  } catch {
    return null;
  }
  const prefix = table.slice(0, 2);
  const rows = [...text.matchAll(/^\| (\d+[a-z]?) \|/gm)].map(([, row]) => `${prefix}-${row}`);
  const has = new Set(
    fixturesOf(system).flatMap(({ scenario }) => scenario.expectations.map(({ source }) => source.row)),
  );
  return rows.filter((row) => !has.has(row));
}
