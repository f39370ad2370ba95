/**
 * Exhaustive exploration on several cores: the tree of runs is cut into parts by prefixes of schedules, each of which a
 * worker explores. The classes are those that one core finds, each once.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import { NoSuchThing } from "../machine/world.ts";
import { ClassRecorder, type Crashes } from "./class_recorder.ts";
import { Execution } from "./execution.ts";
import { Exhaustive } from "./exhaustive.ts";
import type { ExplorationCounts } from "./exploration_counts.ts";
import type { Subtree } from "./subtree.ts";
import type { FromWorker, ProgramSource, ToWorker } from "./explore_messages.ts";
import { Frontier } from "./frontier.ts";
import type { Fact, Outcome } from "./outcomes.ts";
import { Translator } from "./portable.ts";

/** A program this small is not worth a worker's start. */
const ALONE_MILLISECONDS = 150;

/** After so long a worker reports, and gives back what is left when others have nothing to do. */
const SLICE_MILLISECONDS = 200;

export interface ParallelOptions {
  jobs: number;
  stepsMax: number;
  crashes: Crashes;
  /** Asked about every slice: true stops cleanly. */
  isStopped: (counts: ExplorationCounts) => boolean;
}

export interface ParallelResult {
  finished: boolean;
  counts: ExplorationCounts;
  crashPoints: number;
  crashImagesPossible: number;
  crashImages: number;
  outcomes: Outcome[];
  facts: Fact[];
}

interface Job {
  worker: Worker;
  /** The part it explores; null: none. */
  part: Subtree | null;
}

/**
 * Explores a program on several cores.
 *
 * @param program the same that `source` gives to the workers
 * @throws {Error} when a worker fails
 */
export async function exploreInParallel(
  program: Program,
  source: ProgramSource,
  options: ParallelOptions,
): Promise<ParallelResult> {
  const execution = new Execution(program);
  for (;;) {
    const result = await explorePass(program, source, options, execution);
    if (result !== null) return result;
  }
}

/** Returns null when a worker has found that all has to begin anew, with what the execution knows now. */
async function explorePass(
  program: Program,
  source: ProgramSource,
  options: ParallelOptions,
  execution: Execution,
): Promise<ParallelResult | null> {
  const { stepsMax, crashes } = options;
  const explorer = new Exhaustive(program, { stepsMax }, null, execution);
  const recorder = new ClassRecorder(program, execution, crashes);
  explorer.onRestart = () => recorder.forget();
  const alone = performance.now() + ALONE_MILLISECONDS;
  let stopped = false;
  explorer.run(
    (end, at) => recorder.add(end, at),
    () => performance.now() >= alone || (stopped = options.isStopped(explorer.counts)),
  );
  const counts = { ...explorer.counts };
  const result = (finished: boolean): ParallelResult => ({
    finished,
    counts,
    crashPoints: recorder.crashPoints,
    crashImagesPossible: recorder.crashImagesPossible,
    crashImages: recorder.crashImages,
    outcomes: recorder.collector.outcomes(),
    facts: recorder.collector.facts(),
  });
  if (explorer.done || stopped) return result(explorer.done);

  const frontier = new Frontier(program, execution);
  frontier.add(explorer.state());
  const translator = new Translator(execution);
  const jobs: Job[] = Array.from({ length: options.jobs }, () => ({
    worker: new Worker(new URL("./explore_worker.ts", import.meta.url), { type: "module" }),
    part: null,
  }));
  const variable = [...execution.variable.places()];
  const { version } = execution.variable;
  try {
    await new Promise<void>((resolve, reject) => {
      const send = (job: Job, message: ToWorker) => job.worker.postMessage(message);
      const assign = () => {
        for (const job of jobs) {
          if (job.part !== null || stopped) continue;
          job.part = frontier.take("nearest");
          if (job.part === null) break;
          send(job, { kind: "part", part: translator.subtreeOut(job.part), milliseconds: SLICE_MILLISECONDS });
        }
        if (jobs.every(({ part }) => part === null)) resolve();
      };
      for (const job of jobs) {
        job.worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(`a worker stopped: ${event.message}`));
        };
        job.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
          const failure = failureOf(data);
          if (failure !== null) return reject(failure);
          if (data.kind === "unsteady") {
            for (const place of data.variable) execution.variable.add(place);
            return resolve();
          }
          if (data.kind !== "report") return;
          for (const key of Object.keys(counts) as (keyof ExplorationCounts)[]) counts[key] += data.counts[key];
          const { prefix } = job.part!;
          for (const insertion of data.insertions) frontier.insert(prefix, translator.insertionIn(insertion));
          stopped ||= options.isStopped(counts);
          if (data.done) frontier.finish(job.part!);
          else if (data.rest !== null) frontier.add(translator.stateIn(data.rest));
          if (data.done || data.rest !== null || stopped) job.part = null;
          assign();
          if (data.done || data.rest !== null || stopped) return;
          if (jobs.some(({ part }) => part === null)) send(job, { kind: "give_back" });
          else send(job, { kind: "go_on", milliseconds: SLICE_MILLISECONDS });
        };
        send(job, { kind: "start", source, stepsMax, crashes, variable });
      }
      assign();
    });
    // A worker has told of it, or cutting the parts has shown it.
    if (execution.variable.version !== version) return null;
    for (const { worker } of jobs) {
      const found = await askOutcomes(worker);
      for (const outcome of found.outcomes) recorder.collector.merge(outcome);
      for (const fact of found.facts) recorder.collector.mergeFact(fact);
      recorder.crashPoints += found.crashPoints;
      recorder.crashImagesPossible += found.crashImagesPossible;
      recorder.crashImages += found.crashImages;
    }
  } finally {
    for (const { worker } of jobs) worker.terminate();
  }
  return result(!stopped);
}

function askOutcomes(worker: Worker): Promise<Extract<FromWorker, { kind: "outcomes" }>> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === "outcomes") resolve(data);
      const failure = failureOf(data);
      if (failure !== null) reject(failure);
    };
    worker.postMessage({ kind: "finish" } satisfies ToWorker);
  });
}

/** The error that a worker tells of. */
function failureOf(data: FromWorker): Error | null {
  if (data.kind === "no such thing") return new NoSuchThing(data.message);
  return data.kind === "failed" ? new Error(data.message) : null;
}
