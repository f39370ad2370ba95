/**
 * An exploration that was stopped, as data to go on from, in this process or another.
 *
 * @module
 */

import type { ExplorationCounts } from "./exhaustive.ts";
import type { Fact, Outcome } from "./outcomes.ts";
import type { PortableFrontier } from "./frontier.ts";

export const CHECKPOINT_FORMAT = 4;

export interface Checkpoint {
  readonly format: typeof CHECKPOINT_FORMAT;
  /** Name of the program; going on with another one is refused. */
  readonly program: string;
  readonly stepsMax: number;
  readonly counts: ExplorationCounts;
  readonly crashPoints: number;
  readonly crashImagesPossible: number;
  readonly crashImages: number;
  readonly outcomes: readonly Outcome[];
  readonly facts: readonly Fact[];
  /** Steps that do not always touch the same, by the places of their tasks. */
  readonly variable: readonly number[];
  readonly frontier: PortableFrontier;
}
