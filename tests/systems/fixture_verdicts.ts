/**
 * The scenarios of a system's folder, explored and held against what they expect; what their runs go through; and which
 * rows of the system's table they are about.
 *
 * @module
 */

import { evaluate, isClosed } from "../../src/checking/expectations.ts";
import type { ExploreSettings } from "../../src/commands/explore_jobs.ts";
import { keptWitnesses } from "../../src/commands/explore_kept.ts";
import { type PlannedExpectation, type PlannedRun, planRuns, witnessesOf } from "../../src/commands/explore_plan.ts";
import { RunnerPool } from "../../src/commands/explore_pool.ts";
import type { ProgramModule } from "../../src/commands/explore_runner_messages.ts";
import { exploreRuns, type RunEnd } from "../../src/commands/explore_runs.ts";
import { explore } from "../../src/exploring/explore.ts";
import { checkIndependence } from "../../src/exploring/independence.ts";
import type { Program } from "../../src/machine/program.ts";
import { runName } from "../../src/report/explore_result.ts";
import { type LoadedScenario, loadScenarios } from "../../src/scenarios/load.ts";
import { systemNamed, SYSTEMS } from "../../src/systems/index.ts";
import type { Judge } from "../../src/systems/run_record.ts";
import { scenarioProgram } from "../../src/systems/scenario_program.ts";
import type { System } from "../../src/systems/system.ts";

export function fixturesOf({ name }: System): LoadedScenario[] {
  return loadScenarios([new URL(`../../fixtures/${name}`, import.meta.url).pathname]);
}

/** What scenarios ask for, each with its own systems and flags. */
const NOTHING_ASKED = { systems: null, set: {} } as const;

const PROGRAMS: ProgramModule = {
  module: new URL("../../src/commands/scenario_programs.ts", import.meta.url).href,
  name: "programOf",
};

/**
 * What disagrees, a line each: scenario, source, flags, what was expected or kept and what was shown.
 *
 * Where a scenario has kept a witness, that is replayed, and what is only to be reachable is not looked for again. All else
 * is explored to its end, or until there are witnesses. Scenarios that take long (key `long`) are left out.
 */
export async function disagreements(system: System): Promise<string[]> {
  const loaded = fixturesOf(system).filter(({ scenario }) => scenario.long === null);
  const plan = planRuns(loaded, SYSTEMS, NOTHING_ASKED);
  const pool = new RunnerPool(PROGRAMS, navigator.hardwareConcurrency);
  try {
    const witnesses = await keptWitnesses(plan.expectations, pool);
    const witnessed = ({ expectation }: PlannedExpectation, run: PlannedRun): boolean => {
      if (expectation.kind !== "reachable") return false;
      const witness = expectation.kept.filter((kept) =>
        kept.run === runName(run)
      ).map((kept) => witnesses.get(kept))[0];
      return typeof witness === "object" && witness.agrees && witness.divergence === null;
    };
    const wanted = new Set(
      plan.expectations.flatMap((each) => [...each.runs.filter((run) => !witnessed(each, run)), ...each.others]),
    );
    const settingsOf = (run: PlannedRun): ExploreSettings => ({
      stepsMax: run.scenario.bounds.steps,
      witnesses: witnessesOf(plan, run),
    });
    const runs = plan.runs.filter((run) => wanted.has(run));
    const ends = await exploreRuns(runs, pool, settingsOf, () => {});
    return plan.expectations.flatMap((each) => wrongWith(each, witnessed, ends));
  } finally {
    pool.close();
  }
}

function wrongWith(
  planned: PlannedExpectation,
  witnessed: (planned: PlannedExpectation, run: PlannedRun) => boolean,
  ends: ReadonlyMap<number, RunEnd>,
): string[] {
  const { scenario, expectation, nth, runs, others, notRun } = planned;
  const about = `${scenario.name} ${expectation.source.text}`;
  const wrong = notRun.map(({ reason }) => `${about}: ${reason}`);
  for (const run of runs) {
    if (witnessed(planned, run)) continue;
    const where = `${about} [${run.flagsText}]`;
    const all = [run, ...others].map(({ id }) => ends.get(id)!);
    const failed = all.find((end) => end.kind !== "explored");
    if (failed !== undefined) {
      wrong.push(`${where}: ${"reason" in failed ? failed.reason : failed.kind}`);
      continue;
    }
    const [report, ...besides] = all.map((end) => (end as Extract<RunEnd, { kind: "explored" }>).report);
    const { lockOrder } = systemNamed(run.system);
    const { agrees, expected, shown } = evaluate({ scenario, expectation, nth, report, others: besides, lockOrder });
    if (!agrees) wrong.push(`${where}: ${expected}: ${shown}`);
    const kept = expectation.kept.find((each) => each.run === runName(run))?.classes ?? null;
    const { complete, deadlocked } = report.counts;
    if (kept !== null && isClosed(report) && kept !== complete + deadlocked) {
      wrong.push(`${where}: it had ${kept} classes and has ${complete + deadlocked}`);
    }
  }
  return wrong;
}

/** Runs of a scenario on its own system. */
function runsOn(system: System, loaded: LoadedScenario): PlannedRun[] {
  return planRuns([loaded], SYSTEMS, NOTHING_ASKED).runs.filter((run) => run.system === system.name);
}

function programOf({ scenario, flags }: PlannedRun, system: System, judged: Judge): Program {
  return scenarioProgram(scenario, system, flags, judged);
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
    for (const run of runsOn(system, loaded)) {
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
    for (const run of runsOn(system, loaded)) {
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
