/**
 * What checks of waits, order and costs look at.
 *
 * @module
 */

import type { HappensBefore } from "../machine/program.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { RunRecord } from "../systems/run_record.ts";
import type { OperationNames } from "./narrowing.ts";
import type { RunLog } from "./waits.ts";

/** A run whose locks, waits and I/Os were recorded step by step. */
export interface LoggedRun {
  readonly record: RunRecord;
  readonly scenario: Scenario;
  /** What was held and waited for, and the I/Os. */
  readonly log: RunLog;
  readonly before: HappensBefore;
  readonly names: OperationNames;
}
