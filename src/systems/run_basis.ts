/**
 * A scenario on one system with one set of flags, with all that is the same in every run of it.
 *
 * @module
 */

import type { Scenario } from "../scenarios/scenario.ts";
import type { Judge, OperationRecord, RunRecord } from "./run_record.ts";
import type { ScenarioPlan } from "./scenario_plan.ts";
import type { FlagValues, System } from "./system.ts";

/** What a run needs and no run changes. */
export interface RunBasis {
  readonly scenario: Scenario;
  readonly system: System;
  readonly flags: FlagValues;
  readonly judge: Judge;
  readonly plan: ScenarioPlan;
  readonly initial: RunRecord["initial"];
  /** Writes that were done before the beginning and are only in the cache. */
  readonly before: readonly OperationRecord[];
}
