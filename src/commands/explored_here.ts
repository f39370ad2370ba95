/**
 * Explorations for a text that shows what they find: all runs of a plan, without pictures.
 *
 * @module
 */

import type { ExploreResult } from "../report/explore_result.ts";
import type { LoadedScenario } from "../scenarios/load.ts";
import { exploreAll } from "./explore_all.ts";
import { parseExploreOptions } from "./explore_options.ts";
import type { Plan } from "./explore_plan.ts";
import { RunnerPool } from "./explore_pool.ts";
import { ProgressLine } from "./progress_line.ts";
import { programsWith } from "./program_module.ts";

/** Explores a plan as `explore SCENARIO --brief` does. */
export async function exploredHere(loaded: readonly LoadedScenario[], plan: Plan): Promise<ExploreResult> {
  const options = parseExploreOptions([...loaded.map(({ path }) => path), "--brief", "--jobs", "2"]);
  if (options === "help") throw new Error("these are no options that ask for help");
  const programs = programsWith([]);
  const pool = new RunnerPool(programs, Math.min(options.jobs, plan.runs.length));
  try {
    return await exploreAll(loaded, plan, options, { pool, programs, progress: new ProgressLine() });
  } finally {
    pool.close();
  }
}
