/**
 * What each generation of the locking could have done to the operations of a recording: a distinct window, explored under
 * one system.
 *
 * @module
 */

import type { Found } from "../checking/findings.ts";
import type { Budget, ExploreReport } from "../exploring/explore.ts";
import type { FlagValues, System } from "../systems/system.ts";
import type { Shape } from "./shapes.ts";

/** A system with the values of its flags. */
export interface ChosenSystem {
  readonly system: System;
  readonly flags: FlagValues;
  /** Those that do not have their defaults, as a scenario names them: `fs: xfs`. */
  readonly named: string;
}

/**
 * `cut`: the budget came to an end before all schedules were looked at; `not_explored`: all was stopped before its turn.
 */
export type ShapeEnd = "closed" | "cut" | "not_modelled" | "not_explored";

export interface ExploredShape {
  readonly shape: Shape;
  readonly chosen: ChosenSystem;
  readonly end: ShapeEnd;
  /** Why it is not modelled; what has been shown, else. */
  readonly claim: string;
  /** Null where nothing was explored. */
  readonly report: ExploreReport | null;
  readonly findings: readonly Found[];
  /** The scenario as it was explored, as YAML. */
  readonly text: string;
}

export interface ShapeBudget {
  /** Schedules of one shape on one system. */
  readonly runs: number;
  /** Ends an exploration that is a long way from its end before that; null: none. */
  readonly hopeless: NonNullable<Budget["hopeless"]> | null;
  /** Lets an exploration go on that is about to come to its end; null: none. */
  readonly nearly: NonNullable<Budget["nearly"]> | null;
  /** Milliseconds of one shape on one system; null: as long as it takes, so that the result is the same on any machine. */
  readonly milliseconds: number | null;
}
