/**
 * What decides the steps of runs that are looked at one after another.
 *
 * @module
 */

import type { Task } from "../machine/task.ts";
import type { Run, ScheduledStep } from "./run.ts";

export interface Strategy {
  /** Called before the run of this number, from 0; false when there is no further run. */
  begin(run: number): boolean;
  /** The next step; `enabled` has at least one task. */
  choose(run: Run, enabled: readonly Task[]): ScheduledStep;
  /** What may be said after so many runs. */
  claim(runs: number): string;
}
