/**
 * What `explore` and `analyse` and the workers that do their jobs say to each other.
 *
 * @module
 */

import type { Progress } from "../exploring/explore.ts";
import type { Counterexample, CounterexampleRequest, Explored, ExploreSettings, ScenarioRun } from "./explore_jobs.ts";
import type { Sliced, SliceRequest } from "./explore_slices.ts";
import type { Witness, WitnessRequest } from "./explore_witnesses.ts";
import type { Conformance } from "../replaying/conformance/conform.ts";
import type { SaidOfRecording } from "../replaying/recorded_kernel.ts";
import type { PackedTrace } from "../replaying/conformance/packed_trace.ts";

/** Where programs of runs come from: a module, and its export that makes them. */
export interface ProgramModule {
  readonly module: string;
  readonly name: string;
}

export type Job =
  | { readonly kind: "explore"; readonly run: ScenarioRun; readonly settings: ExploreSettings }
  | { readonly kind: "counterexample"; readonly request: CounterexampleRequest }
  | { readonly kind: "witness"; readonly request: WitnessRequest }
  | { readonly kind: "slice"; readonly request: SliceRequest }
  | { readonly kind: "conform"; readonly trace: PackedTrace; readonly said: SaidOfRecording };

/** A job that takes a while to put together. */
export interface DeferredJob {
  readonly kind: Job["kind"];
  /** By which its result is known. */
  readonly question: unknown;
  make(): Job | Promise<Job>;
}

/** A recording beside the modelled kernel. */
export interface Conformed {
  readonly scored: Conformance;
  /** Events of the recording that were looked at. */
  readonly events: number;
}

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
  | { kind: "conformed"; conformed: Conformed }
  /** A run that its system cannot do, for the user. */
  | { kind: "refused"; message: string }
  /** Anything else: a defect, with where it is. */
  | { kind: "failed"; message: string };
