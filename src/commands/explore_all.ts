/**
 * Explores all runs of a plan and puts together what they show.
 *
 * @module
 */

import type { Progress } from "../exploring/explore.ts";
import { progressText } from "../exploring/progress_text.ts";
import type { ExpectationResult, ExploreResult, RunResult, ScenarioResult } from "../report/explore_result.ts";
import type { LoadedScenario } from "../scenarios/load.ts";
import { placeOfMost, WorkLines } from "../std/work_lines.ts";
import { allSystems, systemNamed } from "../systems/index.ts";
import { complain } from "./command.ts";
import type { ExploreSettings } from "./explore_jobs.ts";
import { keptWitnesses, withStale } from "./explore_kept.ts";
import type { ExploreCommandOptions } from "./explore_options.ts";
import { patchEffects } from "./explore_patches.ts";
import { pictureOf, type PlannedPicture, plannedPictures, requestOf } from "./explore_pictures.ts";
import { type Plan, type PlannedRun, witnessesOf } from "./explore_plan.ts";
import type { RunnerPool } from "./explore_pool.ts";
import { expectationResult, type KnownRuns, outcomeOf } from "./explore_results.ts";
import type { ProgramModule } from "./explore_runner_messages.ts";
import { exploreAlone, exploreRuns } from "./explore_runs.ts";
import type { ProgressLine } from "./progress_line.ts";
import { programOf } from "./scenario_programs.ts";

/** What an exploration works with. */
export interface Workshop {
  readonly pool: RunnerPool;
  readonly programs: ProgramModule;
  readonly progress: ProgressLine;
}

/** How the runs of a plan are explored. */
export function settingsFor(
  plan: Plan,
  { strategy, budget }: ExploreCommandOptions,
): (run: PlannedRun) => ExploreSettings {
  if (strategy.kind === "replay") throw new Error("a replay explores nothing");
  return (run) => ({
    strategy,
    budget,
    stepsMax: run.scenario.bounds.steps,
    witnesses: witnessesOf(plan, run),
    costs: plan.compares === "nothing" ? "asked for" : "all",
  });
}

/**
 * Explores all runs of a plan, after the runs that scenarios have kept, and draws the counterexamples.
 *
 * @param loaded the scenarios of the plan, in the order in which they are told of
 */
export async function exploreAll(
  loaded: readonly LoadedScenario[],
  plan: Plan,
  options: ExploreCommandOptions,
  { pool, programs, progress }: Workshop,
): Promise<ExploreResult> {
  const { strategy } = options;
  const settingsOf = settingsFor(plan, options);
  // Tokens are of runs with the scenario's own sizes.
  const witnesses = options.sizes === "scenario" ? await keptWitnesses(plan.expectations, pool) : new Map();
  const tell = (run: PlannedRun, done: number, at: Progress) => {
    progress.show(`${done} of ${plan.runs.length} runs; ${run.scenario.name}: ${progressText(at)}`);
  };
  const [only] = plan.runs;
  const ends = plan.runs.length === 1 && options.jobs > 1 && strategy.kind === "exhaustive" &&
      settingsOf(only).witnesses.length === 0 && pool.memory.isEmpty
    ? new Map([[
      only.id,
      await exploreAlone(only, programs, {
        programOf,
        jobs: options.jobs,
        settings: settingsOf(only),
        isStopped: () => pool.isStopped,
        onProgress: (at) => tell(only, 0, at),
      }),
    ]])
    : await exploreRuns(plan.runs, pool, settingsOf, tell);
  const asked = options.systems === null && Object.keys(options.set).length === 0 ? "all runs" : "some runs";
  const numbers = new Map(plan.runs.map(({ id }, nth) => [id, nth + 1]));
  const known: KnownRuns = { ends, numberOf: ({ id }) => numbers.get(id)!, systemOf: systemNamed };
  const parts = loaded.map(({ path, scenario }) => {
    const planned = plan.runs.filter((run) => run.path === path);
    const runs = planned.map((run): RunResult => ({
      run: known.numberOf(run),
      system: run.system,
      flags: run.flags,
      flagsText: run.flagsText,
      strategy: strategy.kind,
      seed: "seed" in strategy ? strategy.seed : null,
      origin: run.origin,
      set: run.set ?? null,
      outcome: outcomeOf(ends.get(run.id)!, run, systemNamed(run.system), known.numberOf),
    }));
    const expectations = plan.expectations.filter((each) => each.path === path)
      .map((each) => {
        const result = expectationResult(each, known);
        return options.sizes === "scenario" ? withStale(result, each, runs, witnesses, asked) : result;
      });
    return { path, scenario, planned, runs, expectations, pictures: plannedPictures(runs, planned, expectations) };
  });
  const expectationsOf = new Map(
    parts.flatMap((part) => part.pictures.map((each) => [each, part.expectations] as const)),
  );
  const pictures = options.pictures === "drawn"
    ? await drawPictures(expectationsOf, ends, options, { pool, progress })
    : new Map();
  return {
    isStopped: pool.isStopped,
    leftOut: [],
    compares: plan.compares,
    scenarios: parts.map(({ path, scenario, planned, runs, expectations, pictures: own }): ScenarioResult => ({
      scenario: scenario.name,
      path,
      title: scenario.title,
      runs,
      expectations,
      steps: reachedSteps(scenario.steps, planned, known),
      pictures: own.flatMap((each) => pictures.get(each) ?? []),
      patches: plan.compares === "systems" ? patchEffects(plan, path, allSystems(), known) : [],
    })),
  };
}

/** Which of the steps that a scenario names some run went through. */
function reachedSteps(
  steps: readonly string[],
  runs: readonly PlannedRun[],
  { ends }: KnownRuns,
): ScenarioResult["steps"] {
  const reached = new Set<string>();
  for (const { id } of runs) {
    const end = ends.get(id);
    if (end?.kind !== "explored") continue;
    for (const { text } of end.report.facts) if (text.startsWith(REACHED)) reached.add(text.slice(REACHED.length));
  }
  return steps.map((step) => ({ step, isReached: reached.has(step) }));
}

/** How a fact begins that tells of a named step. */
const REACHED = "step ";

async function drawPictures(
  expectationsOf: ReadonlyMap<PlannedPicture, readonly ExpectationResult[]>,
  ends: KnownRuns["ends"],
  { minimising }: ExploreCommandOptions,
  { pool, progress }: Pick<Workshop, "pool" | "progress">,
): Promise<Map<PlannedPicture, ReturnType<typeof pictureOf>>> {
  const pictures = new Map<PlannedPicture, ReturnType<typeof pictureOf>>();
  const lines = new WorkLines(expectationsOf.keys(), ({ run }) => run.system);
  // Of what took long to explore, smaller ones take long to find, and that is not to be begun last.
  const longest = (left: readonly PlannedPicture[]) =>
    placeOfMost(left, ({ run }) => {
      const end = ends.get(run.id);
      return end?.kind === "explored" ? end.report.counts.runSteps : 0;
    });
  let begun = 0;
  await pool.run((worker) => {
    const next = lines.next(worker, longest);
    if (next === null) return null;
    progress.show(`counterexample ${++begun} of ${expectationsOf.size}: ${next.run.scenario.name}`);
    // Whoever has stopped wants to see what there is, not to wait for it to get smaller.
    const how = pool.isStopped ? "off" : minimising;
    return { key: next, job: { kind: "counterexample" as const, request: requestOf(next, how) } };
  }, (key, result) => {
    if (result.kind === "failed") complain(`no picture of a run of ${key.run.scenario.name}: ${result.message}`);
    if (result.kind !== "counterexample") return;
    pictures.set(key, pictureOf(key, result.counterexample, systemNamed(key.run.system), expectationsOf.get(key)!));
  });
  return pictures;
}
