/**
 * An exploration that was stopped, as data to go on from, in this process or another.
 *
 * @module
 */

import type { ExplorationCounts } from "./exploration_counts.ts";
import type { Fact, Outcome } from "./outcomes.ts";
import type { PortableFrontier } from "./frontier.ts";

export const CHECKPOINT_FORMAT = 4;

/** Plain data, which JSON keeps: what has been shown so far, and what is left to explore. */
export interface Checkpoint {
  /** Version of this form; one of another version cannot be gone on with. */
  readonly format: typeof CHECKPOINT_FORMAT;
  /** Name of the program; going on with another one is refused. */
  readonly program: string;
  /** Steps of a task after which its run is cut off; going on keeps to it. */
  readonly stepsMax: number;
  /** What has been explored so far. */
  readonly counts: ExplorationCounts;
  /** Moments that a crash was looked at, over all classes so far. */
  readonly crashPoints: number;
  /** Images possible at them; 0: not counted. */
  readonly crashImagesPossible: number;
  /** Images that recovery was run on: those that it can tell apart. */
  readonly crashImages: number;
  /** Outcomes so far, each once. */
  readonly outcomes: readonly Outcome[];
  /** Facts so far, each once. */
  readonly facts: readonly Fact[];
  /** Steps that do not always touch the same, by the places of their tasks. */
  readonly variable: readonly number[];
  /** What is left to explore. */
  readonly frontier: PortableFrontier;
}
