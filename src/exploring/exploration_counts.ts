/**
 * What an exploration counts.
 *
 * @module
 */

/** What the exploration of a program has come to. */
export interface ExplorationCounts {
  /** Classes in which every task ends. */
  complete: number;
  /** Classes that end with tasks waiting for ever. */
  deadlocked: number;
  /** Classes whose runs were stopped at the bound on steps. */
  cutOff: number;
  /** Runs that turned out to be in a class already explored before they ended. */
  blocked: number;
  /** Steps done, those of running again included: how they come about is not the same on several cores. */
  steps: number;
  /** Steps of the classes' runs. */
  runSteps: number;
}

/** Before the first run. */
export const NOTHING_COUNTED: ExplorationCounts = {
  complete: 0,
  deadlocked: 0,
  cutOff: 0,
  blocked: 0,
  steps: 0,
  runSteps: 0,
};
