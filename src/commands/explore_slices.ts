/**
 * Slices of one large exploration, by the beginnings of its schedules, and the exploration that they come to together.
 *
 * @module
 */

import {
  dividedProgram,
  type Division,
  exploreParts,
  joinParts,
  type PartsFound,
  variableIn,
} from "../exploring/divided.ts";
import type { Program } from "../machine/program.ts";
import {
  type Explored,
  exploreRun,
  type ExploreSettings,
  type JobHooks,
  type ProgramOf,
  type ScenarioRun,
  watchedProgram,
} from "./explore_jobs.ts";

/** Large parts that a slice has at least, so that slices take about as long as each other. */
const PARTS_PER_SLICE = 4;

/** One of so many slices of a run that is explored to its end. */
export interface SliceRequest {
  readonly run: ScenarioRun;
  readonly settings: ExploreSettings;
  /** From 0. */
  readonly nth: number;
  readonly of: number;
  /** Steps that other slices have seen to vary. */
  readonly variable: readonly number[];
}

/** What a slice has shown. */
export type Sliced =
  | {
    readonly kind: "parts";
    readonly request: SliceRequest;
    readonly found: PartsFound;
    readonly flagsRead: readonly string[];
    readonly milliseconds: number;
  }
  /** The run is too small to be cut, and this is all of it. */
  | { readonly kind: "whole"; readonly request: SliceRequest; readonly explored: Explored }
  /** The run is too small to be cut, and the first slice has it. */
  | { readonly kind: "nothing"; readonly request: SliceRequest }
  | { readonly kind: "stopped" };

/** True for what is explored to its end, so that it can be cut. */
export function isSliceable({ strategy, budget, witnesses }: ExploreSettings): boolean {
  return (strategy?.kind ?? "exhaustive") === "exhaustive" && Object.keys(budget ?? {}).length === 0 &&
    witnesses.length === 0;
}

/** A run that has been cut. A worker often has several slices of it to do. */
interface Cut {
  readonly key: string;
  readonly program: Program;
  readonly division: Division | null;
  readonly read: ReadonlySet<string>;
}

let last: Cut | null = null;

/** @param of how many slices */
function cutOf(programOf: ProgramOf, { run, settings }: SliceRequest, of: number): Cut {
  const key = JSON.stringify([run, settings, of]);
  if (last?.key === key) return last;
  const { program, read } = watchedProgram(programOf, { ...run, costs: settings.costs });
  const division = dividedProgram(program, { stepsMax: settings.stepsMax!, parts: of * PARTS_PER_SLICE });
  return last = { key, program, division, read };
}

/** Explores one slice of a run. */
export function exploreSlice(programOf: ProgramOf, request: SliceRequest, hooks: JobHooks): Sliced {
  const { nth, of, run, settings, variable } = request;
  const begun = performance.now();
  const { program, division, read } = cutOf(programOf, request, of);
  if (division === null) {
    if (nth > 0) return { kind: "nothing", request };
    return { kind: "whole", request, explored: exploreRun(programOf, run, settings, hooks) };
  }
  const own = division.parts.filter((_, part) => part % of === nth);
  const { stepsMax } = settings;
  const found = exploreParts(program, division, own, { stepsMax: stepsMax!, crashes: "explored", variable, ...hooks });
  if (found === null) return { kind: "stopped" };
  return { kind: "parts", request, found, flagsRead: [...read].sort(), milliseconds: performance.now() - begun };
}

/** What slices of one run come to. */
export type Joined =
  | { readonly kind: "explored"; readonly explored: Explored }
  /** To be explored again: they did not know of steps that others have seen to vary. */
  | { readonly kind: "again"; readonly requests: readonly SliceRequest[] };

/** Puts all slices of one run together. */
export function joinSlices(programOf: ProgramOf, slices: readonly Sliced[]): Joined {
  const whole = slices.find((each) => each.kind === "whole");
  if (whole !== undefined) return { kind: "explored", explored: whole.explored };
  const parts = slices.filter((each) => each.kind === "parts");
  const variable = variableIn(parts.map(({ found }) => found));
  const again = parts.filter(({ found }) => found.variable.length < variable.length);
  if (again.length > 0) return { kind: "again", requests: again.map(({ request }) => ({ ...request, variable })) };
  const { run, settings } = parts[0].request;
  const { program } = watchedProgram(programOf, { ...run, costs: settings.costs });
  return {
    kind: "explored",
    explored: {
      report: joinParts(program, parts.map(({ found }) => found), settings.stepsMax!),
      flagsRead: [...new Set(parts.flatMap(({ flagsRead }) => flagsRead))].sort(),
      milliseconds: parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    },
  };
}
