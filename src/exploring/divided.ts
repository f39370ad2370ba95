/**
 * Explores parts of an exploration that was divided, and joins what was found in all of them.
 *
 * A step that does not always touch the same has to be known as such wherever its other order is tried. Whoever explores
 * only some of the parts may not come upon it, so that every finding says which steps were known to vary: parts that were
 * explored without knowing what others have seen are explored again.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { ClassRecorder, type Crashes } from "./class_recorder.ts";
import { anew, divide } from "./division.ts";
import { Execution } from "./execution.ts";
import { Exhaustive } from "./exhaustive.ts";
import { type ExplorationCounts, NOTHING_COUNTED } from "./exploration_counts.ts";
import type { Subtree } from "./subtree.ts";
import { exhaustiveClaim, type ExploreReport, type Progress } from "./explore.ts";

/** Classes after which a program is worth dividing. */
const RUNS_ALONE = 1000;

export interface DivideOptions {
  readonly stepsMax: number;
  /** Large parts to make, at least, where there are so many. */
  readonly parts: number;
}

export interface PartsOptions {
  readonly stepsMax: number;
  readonly crashes: Crashes;
  /** Places of steps that others have seen to vary, see {@linkcode PartsFound.variable}. */
  readonly variable?: readonly number[];
  /** Asked after every run: true stops. */
  readonly isStopped: () => boolean;
  readonly onProgress?: (progress: Progress) => void;
}

/** What some parts have shown, as data. `variable`: steps that were known to vary. */
export type PartsFound = Omit<Checkpoint, "format" | "program" | "stepsMax" | "frontier">;

/** An exploration cut into parts, each of which can be explored alone. */
export interface Division {
  readonly execution: Execution;
  readonly parts: readonly Subtree[];
}

/** Divides the exploration of a program; null: it is too small for that. The same whoever asks. */
export function dividedProgram(program: Program, { stepsMax, parts }: DivideOptions): Division | null {
  const execution = new Execution(program);
  const explorer = new Exhaustive(program, { stepsMax }, null, execution);
  explorer.onRestart = () => {};
  let runs = 0;
  explorer.run(() => {}, () => ++runs >= RUNS_ALONE);
  return explorer.done ? null : { execution, parts: divide(program, execution, { parts, stepsMax }) };
}

/** Explores some parts of a division, one after another; null when it was stopped. */
export function exploreParts(
  program: Program,
  { execution }: Pick<Division, "execution">,
  parts: readonly Subtree[],
  options: PartsOptions,
): PartsFound | null {
  for (const place of options.variable ?? []) execution.variable.add(place);
  for (;;) {
    const { version } = execution.variable;
    const found = explorePass(program, execution, parts, options);
    // What was explored before a step was seen to vary has to be explored anew.
    if (found === null || execution.variable.version === version) return found;
  }
}

function explorePass(
  program: Program,
  execution: Execution,
  parts: readonly Subtree[],
  { stepsMax, crashes, isStopped, onProgress }: PartsOptions,
): PartsFound | null {
  const begun = performance.now();
  const recorder = new ClassRecorder(program, execution, crashes);
  const counts = { ...NOTHING_COUNTED };
  for (const [nth, part] of parts.entries()) {
    const explorer = new Exhaustive(program, { stepsMax }, anew(part), execution);
    let stopped = false;
    explorer.run((end, at) => recorder.add(end, at), () => {
      onProgress?.({
        counts: sum(counts, explorer.counts),
        milliseconds: performance.now() - begun,
        done: nth / parts.length,
      });
      return stopped = isStopped();
    });
    if (stopped) return null;
    Object.assign(counts, sum(counts, explorer.counts));
    if (explorer.isUnsteady) break;
  }
  const { collector, crashPoints, crashImagesPossible, crashImages } = recorder;
  const found = { outcomes: collector.outcomes(), facts: collector.facts() };
  const variable = [...execution.variable.places()].sort((a, b) => a - b);
  return { counts, crashPoints, crashImagesPossible, crashImages, ...found, variable };
}

function sum(a: ExplorationCounts, b: ExplorationCounts): ExplorationCounts {
  const keys = Object.keys(a) as (keyof ExplorationCounts)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as ExplorationCounts;
}

/** All places that anybody has seen to vary. */
export function variableIn(found: readonly PartsFound[]): number[] {
  return [...new Set(found.flatMap(({ variable }) => variable))].sort((a, b) => a - b);
}

/** What all parts together show: the report of the exploration that was divided. */
export function joinParts(program: Program, found: readonly PartsFound[], stepsMax: number): ExploreReport {
  const { collector } = new ClassRecorder(program, new Execution(program), "skipped");
  for (const { outcomes, facts } of found) {
    for (const outcome of outcomes) collector.merge(outcome);
    for (const fact of facts) collector.mergeFact(fact);
  }
  const counts = found.reduce((all, each) => sum(all, each.counts), NOTHING_COUNTED);
  const total = (number: (each: PartsFound) => number) => found.reduce((all, each) => all + number(each), 0);
  return {
    program: program.name,
    claim: exhaustiveClaim(counts, true, stepsMax),
    finished: true,
    covers: "all",
    counts,
    crashPoints: total(({ crashPoints }) => crashPoints),
    crashImagesPossible: total(({ crashImagesPossible }) => crashImagesPossible),
    crashImages: total(({ crashImages }) => crashImages),
    outcomes: collector.outcomes(),
    facts: collector.facts(),
    checkpoint: null,
  };
}
