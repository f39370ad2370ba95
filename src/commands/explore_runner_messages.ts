/**
 * What `explore` and the workers that do its jobs say to each other.
 *
 * @module
 */

import type { Progress } from "../exploring/explore.ts";
import type { Counterexample, CounterexampleRequest, Explored, ExploreSettings, ScenarioRun } from "./explore_jobs.ts";
import type { Sliced, SliceRequest } from "./explore_slices.ts";
import type { Witness, WitnessRequest } from "./explore_witnesses.ts";

/** Where programs of runs come from: a module, and its export that makes them. */
export interface ProgramModule {
  readonly module: string;
  readonly name: string;
}

export type Job =
  | { readonly kind: "explore"; readonly run: ScenarioRun; readonly settings: ExploreSettings }
  | { readonly kind: "counterexample"; readonly request: CounterexampleRequest }
  | { readonly kind: "witness"; readonly request: WitnessRequest }
  | { readonly kind: "slice"; readonly request: SliceRequest };

export type ToRunner =
  /** `stop`: four bytes that the command sets to stop all jobs cleanly. */
  | { kind: "start"; programs: ProgramModule; stop: SharedArrayBuffer }
  | { kind: "job"; job: Job };

export type FromRunner =
  | { kind: "progress"; progress: Progress }
  | { kind: "explored"; explored: Explored }
  | { kind: "counterexample"; counterexample: Counterexample }
  | { kind: "witness"; witness: Witness }
  | { kind: "sliced"; sliced: Sliced }
  /** A run that its system cannot do, for the user. */
  | { kind: "refused"; message: string }
  /** Anything else: a defect, with where it is. */
  | { kind: "failed"; message: string };
