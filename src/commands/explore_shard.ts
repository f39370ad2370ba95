/**
 * Shards of an exploration: which scenarios, runs and slices of runs each of them has, and what they come to together.
 *
 * Many scenarios are dealt out whole, with their counterexamples. Few of them, and those that are known to take long, are
 * dealt out by run, and each run that is explored to its end by the beginnings of its schedules.
 *
 * @module
 */

import type { LoadedScenario } from "../scenarios/load.ts";
import { exploreAll, settingsFor, type Workshop } from "./explore_all.ts";
import type { ExploreSettings } from "./explore_jobs.ts";
import type { ExploreCommandOptions } from "./explore_options.ts";
import type { Plan, PlannedRun } from "./explore_plan.ts";
import type { RunnerPool } from "./explore_pool.ts";
import { exploreRuns } from "./explore_runs.ts";
import { isSliceable, joinSlices, type Sliced, type SliceRequest } from "./explore_slices.ts";
import { programOf } from "./scenario_programs.ts";
import { isOwn, type Shard } from "./shard.ts";

/** Scenarios for each shard that are enough to balance them. */
const SCENARIOS_PER_SHARD = 4;
/** Slices of a run for each shard: so many can be explored at once on its cores. */
const SLICES_PER_SHARD = 4;

/** What a shard has to do. */
export interface Share {
  readonly scenarios: readonly LoadedScenario[];
  readonly runs: readonly PlannedRun[];
  readonly slices: readonly SliceRequest[];
}

/** Deals out the work of a plan. The shares of all shards together are the plan, each thing in one of them. */
export function shareOf(
  shard: Shard,
  loaded: readonly LoadedScenario[],
  plan: Plan,
  settingsOf: (run: PlannedRun) => ExploreSettings,
): Share {
  const isMany = loaded.length >= SCENARIOS_PER_SHARD * shard.of;
  const share = { scenarios: [] as LoadedScenario[], runs: [] as PlannedRun[], slices: [] as SliceRequest[] };
  const of = SLICES_PER_SHARD * shard.of;
  let unit = 0;
  for (const each of loaded) {
    if (isMany && each.scenario.long === null) {
      if (isOwn(shard, unit++)) share.scenarios.push(each);
      continue;
    }
    for (const run of plan.runs.filter(({ path, refusal }) => path === each.path && refusal === undefined)) {
      const settings = settingsOf(run);
      if (!isSliceable(settings)) {
        if (isOwn(shard, unit++)) share.runs.push(run);
        continue;
      }
      const { scenario, system, flags } = run;
      for (let nth = 0; nth < of; nth++) {
        if (!isOwn(shard, nth)) continue;
        share.slices.push({ run: { scenario, system, flags }, settings, nth, of, variable: [] });
      }
    }
  }
  return share;
}

/** Does a shard's share; what it finds is in the pool's memory. */
export async function exploreShare(
  { scenarios, runs, slices }: Share,
  plan: Plan,
  options: ExploreCommandOptions,
  workshop: Workshop,
): Promise<void> {
  const { pool, progress } = workshop;
  if (scenarios.length > 0) {
    const paths = new Set(scenarios.map(({ path }) => path));
    const own: Plan = {
      ...plan,
      runs: plan.runs.filter(({ path }) => paths.has(path)),
      expectations: plan.expectations.filter(({ path }) => paths.has(path)),
    };
    await exploreAll(scenarios, own, options, workshop);
  }
  await exploreRuns(runs, pool, settingsFor(plan, options), (run, done) => {
    progress.show(`${done} of ${runs.length} runs; ${run.scenario.name}`);
  });
  let done = 0;
  await exploreSlices(slices, pool, ({ run }) => {
    progress.show(`${++done} of ${slices.length} slices; ${run.scenario.name}`);
  });
}

async function exploreSlices(
  requests: readonly SliceRequest[],
  pool: RunnerPool,
  onDone: (request: SliceRequest) => void = () => {},
): Promise<Sliced[]> {
  const found: Sliced[] = [];
  let at = 0;
  await pool.run(() => {
    const request = pool.isStopped ? undefined : requests[at++];
    return request === undefined ? null : { key: request, job: { kind: "slice" as const, request } };
  }, (request, result) => {
    if (result.kind === "sliced") found.push(result.sliced);
    onDone(request);
  });
  return found;
}

/** Makes whole explorations of the slices that the pool's memory has of them, and remembers those. */
export async function joinAllSlices(pool: RunnerPool): Promise<void> {
  const runs = new Map<string, Sliced[]>();
  for (const answer of pool.memory.answers("slice")) {
    // A slice that was refused is refused again when its run is explored.
    const { sliced } = answer as { sliced?: Sliced };
    if (sliced === undefined || sliced.kind === "stopped") continue;
    const { run, settings } = sliced.request;
    const key = JSON.stringify([run, settings]);
    runs.set(key, [...runs.get(key) ?? [], sliced]);
  }
  for (let slices of runs.values()) {
    let joined = joinSlices(programOf, slices);
    while (joined.kind === "again") {
      const again = await exploreSlices(joined.requests, pool);
      const numbers = new Set(joined.requests.map(({ nth }) => nth));
      slices = [...slices.filter((each) => each.kind === "parts" && !numbers.has(each.request.nth)), ...again];
      if (pool.isStopped) return;
      joined = joinSlices(programOf, slices);
    }
    const [{ request }] = slices.filter((each) => each.kind !== "stopped");
    const { run, settings } = request;
    const { explored } = joined;
    pool.memory.learn("explore", { kind: "explore", run, settings }, { kind: "explored", explored });
  }
}
