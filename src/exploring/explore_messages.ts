/**
 * What a parallel exploration and its workers say to each other.
 *
 * @module
 */

import type { Crashes } from "./class_recorder.ts";
import type { ExplorationCounts } from "./exploration_counts.ts";
import type { Fact, Outcome } from "./outcomes.ts";
import type { PortableExplorationState, PortableInsertion, PortableSubtree } from "./portable.ts";

/** A program that a worker can make for itself. */
export interface ProgramSource {
  /** URL of a module. */
  readonly module: string;
  /** Its export: a program, or a function that makes one. */
  readonly name: string;
  /** For the function; must be data. */
  readonly argument?: unknown;
}

export type ToWorker =
  | {
    kind: "start";
    source: ProgramSource;
    stepsMax: number;
    crashes: Crashes;
    variable: readonly number[];
  }
  /** Explore this part, and report when it is done or the time is over. */
  | { kind: "part"; part: PortableSubtree; milliseconds: number }
  /** Go on with the part. */
  | { kind: "go_on"; milliseconds: number }
  /** Give the rest of the part back. */
  | { kind: "give_back" }
  /** Tell what was found. */
  | { kind: "finish" };

export type FromWorker =
  /** `rest`: what has been given back. */
  | {
    kind: "report";
    done: boolean;
    insertions: PortableInsertion[];
    counts: ExplorationCounts;
    rest: PortableExplorationState | null;
  }
  /** A step does not always touch the same, which was not known: all has to begin anew. */
  | { kind: "unsteady"; variable: number[] }
  | {
    kind: "outcomes";
    outcomes: Outcome[];
    facts: Fact[];
    crashPoints: number;
    crashImagesPossible: number;
    crashImages: number;
  }
  | { kind: "failed"; message: string }
  /** What it runs asks for what there is not: a {@linkcode NoSuchThing}. */
  | { kind: "no such thing"; message: string };
