/**
 * Replays one token as a picture.
 *
 * @module
 */

import type { ExploreResult } from "../report/explore_result.ts";
import { systemNamed } from "../systems/index.ts";
import { UsageError } from "./command.ts";
import { pictureOf, type PlannedPicture, requestOf } from "./explore_pictures.ts";
import type { Plan } from "./explore_plan.ts";
import type { RunnerPool } from "./explore_pool.ts";

/** @throws {UsageError} when the token is not one of the run */
export async function replayOne(plan: Plan, token: string, pool: RunnerPool): Promise<ExploreResult> {
  const [run] = plan.runs;
  const planned: PlannedPicture = { run, runs: [1], wanted: null, text: null, expectations: [], token };
  const pictures: ReturnType<typeof pictureOf>[] = [];
  let reason = "";
  let todo = true;
  await pool.run(() => {
    if (!todo) return null;
    todo = false;
    return { key: null, job: { kind: "counterexample" as const, request: requestOf(planned, "off") } };
  }, (_key, result) => {
    if (result.kind === "refused" || result.kind === "failed") reason = result.message;
    if (result.kind === "counterexample") {
      pictures.push(pictureOf(planned, result.counterexample, systemNamed(run.system), []));
    }
  });
  if (reason !== "") throw new UsageError(reason);
  const { scenario, path, system, flags, flagsText } = run;
  return {
    isStopped: false,
    leftOut: [],
    compares: "nothing",
    scenarios: [{
      scenario: scenario.name,
      path,
      title: scenario.title,
      runs: [{
        run: 1,
        system,
        flags,
        flagsText,
        strategy: "replay",
        seed: null,
        origin: "scenario",
        set: null,
        outcome: { kind: "replayed" },
      }],
      expectations: [],
      steps: [],
      pictures,
      patches: [],
    }],
  };
}
