/**
 * Explores a program with a strategy and says what may be claimed.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import { type Checkpoint, CHECKPOINT_FORMAT } from "./checkpoint.ts";
import { ClassRecorder, type Crashes } from "./class_recorder.ts";
import { Execution } from "./execution.ts";
import { Exhaustive, STEPS_MAX_DEFAULT } from "./exhaustive.ts";
import { type ExplorationCounts, NOTHING_COUNTED } from "./exploration_counts.ts";
import type { Scouting } from "./scouting.ts";
import type { ProgramSource } from "./explore_messages.ts";
import { Frontier } from "./frontier.ts";
import type { Fact, Outcome } from "./outcomes.ts";
import { exploreInParallel } from "./parallel.ts";
import { Pct } from "./pct.ts";
import { Translator } from "./portable.ts";
import { PreemptionBound } from "./preemption_bound.ts";
import { RandomWalk } from "./random_walk.ts";
import { Run } from "./run.ts";
import type { Strategy } from "./strategy.ts";
import type { Assumption } from "./variable_steps.ts";

/** How schedules are chosen. */
export type StrategyChoice =
  /** Every class of equivalent schedules once. */
  | { kind: "exhaustive" }
  /** Every schedule with at most so many preemptions. */
  | { kind: "preemptions"; most: number }
  | { kind: "random"; seed: number; runs: number }
  /** Probabilistic concurrency testing: defects that need `depth` ordering constraints. */
  | { kind: "pct"; seed: number; runs: number; depth: number };

/** After what to stop; whatever comes first. */
export interface Budget {
  /** Wall-clock time. */
  milliseconds?: number;
  /** Runs, those that turn out to be in a class already explored among them. */
  runs?: number;
  /** Steps done, as {@linkcode ExplorationCounts.steps}. */
  steps?: number;
  /** After so many runs, if less than that part (from 0 to 1) has been done by then, by estimate: of exhaustive ones. */
  hopeless?: { readonly runs: number; readonly part: number };
  /** Up to so many runs instead of `runs`, if at least that part has been done behind `runs`: as `hopeless`. */
  nearly?: { readonly runs: number; readonly part: number };
}

/** Where an exploration stands. */
export interface Progress {
  /** What has been explored so far. */
  counts: ExplorationCounts;
  /** Wall-clock time since the exploration began. */
  milliseconds: number;
  /** Estimate of what part has been done, from 0 to 1; null where there is none. */
  done: number | null;
}

/** How a program is explored, how far, and who is told. */
export interface ExploreOptions {
  /** Default: exhaustive. */
  strategy?: StrategyChoice;
  /** Default: until all schedules that the strategy is to look at have been. */
  budget?: Budget;
  /** Tasks that have done so many steps do no more, and their run is cut off. Default 10,000. */
  stepsMax?: number;
  /** Default: explored, where the program can crash. */
  crashes?: Crashes;
  /** Of an exhaustive exploration from the beginning, where steps are taken to be steady. */
  scouting?: Scouting;
  /** Of steps in an exhaustive exploration. Default: steady, which is right for programs whose steps seldom vary. */
  assumption?: Assumption;
  /** An exhaustive exploration to go on with. */
  from?: Checkpoint;
  /** Called about every hundred runs. */
  onProgress?: (progress: Progress) => void;
  /** Asked after every run: true stops cleanly. */
  isStopped?: () => boolean;
}

/** What exploring a program has shown. */
export interface ExploreReport {
  /** Its name. */
  program: string;
  /** What has been shown, in a sentence. */
  claim: string;
  /** Every schedule that the strategy is to look at has been. */
  finished: boolean;
  /** `some`: the strategy is to look at some schedules only, and nothing that was not seen is absent for that. */
  covers: "all" | "some";
  /** Classes, or of strategies that look at some schedules runs, by how they ended. */
  counts: ExplorationCounts;
  /** Moments that a crash was looked at, over all classes. */
  crashPoints: number;
  /** Images possible at them; 0: not counted. */
  crashImagesPossible: number;
  /** Images that recovery was run on: those that it can tell apart. */
  crashImages: number;
  /** Each outcome once: those with findings first, then by text. */
  outcomes: Outcome[];
  /** Each fact once. */
  facts: Fact[];
  /** To go on from; null when there is nothing left, and for strategies and parallel runs that cannot. */
  checkpoint: Checkpoint | null;
}

/** An exploration that has not run anything proves nothing. */
export class NothingExplored extends Error {
  /** Tells it from other errors. */
  override name = "NothingExplored";
}

const PROGRESS_RUNS = 100;

/** Says after every run whether the budget is used up, and tells of progress. */
class Meter {
  readonly #start = performance.now();
  readonly #budget: Budget;
  readonly #options: ExploreOptions;
  #runs = 0;
  #runsMax: number;

  constructor(options: ExploreOptions) {
    this.#budget = options.budget ?? {};
    this.#runsMax = this.#budget.runs ?? Infinity;
    this.#options = options;
  }

  /** Runs that are to come again are not taken from the budget, nor is the one behind which this is called. */
  beginAnew(): void {
    this.#runs = -1;
  }

  isUsedUp(counts: ExplorationCounts, done: () => number | null): boolean {
    this.#runs++;
    const { milliseconds, runs, steps, hopeless, nearly } = this.#budget;
    const elapsed = performance.now() - this.#start;
    if (this.#runs % PROGRESS_RUNS === 0) {
      this.#options.onProgress?.({ counts, milliseconds: elapsed, done: done() });
    }
    // What has just begun anew has told of nothing yet, and is to tell of something.
    if (counts.complete + counts.deadlocked + counts.cutOff === 0) return false;
    if (nearly !== undefined && this.#runs === runs && (done() ?? 0) >= nearly.part) this.#runsMax = nearly.runs;
    return this.#options.isStopped?.() === true ||
      milliseconds !== undefined && elapsed >= milliseconds ||
      this.#runs >= this.#runsMax ||
      hopeless !== undefined && this.#runs === hopeless.runs && (done() ?? 1) < hopeless.part ||
      steps !== undefined && counts.steps >= steps;
  }
}

/**
 * Explores a program.
 *
 * @throws {NothingExplored} when there was no run at all
 */
export function explore(program: Program, options: ExploreOptions = {}): ExploreReport {
  const strategy = options.strategy ?? { kind: "exhaustive" };
  const report = strategy.kind === "exhaustive"
    ? exploreAll(program, options)
    : exploreSome(program, options, strategyOf(strategy), "runs" in strategy ? strategy.runs : null);
  const { complete, deadlocked, cutOff } = report.counts;
  if (complete + deadlocked + cutOff === 0) throw new NothingExplored(`${program.name}: not one schedule was run`);
  return report;
}

function strategyOf(choice: Exclude<StrategyChoice, { kind: "exhaustive" }>): Strategy {
  switch (choice.kind) {
    case "preemptions":
      return new PreemptionBound(choice.most);
    case "random":
      return new RandomWalk(choice.seed);
    case "pct":
      return new Pct(choice.seed, choice.depth);
  }
}

/** What an exhaustive exploration may claim. */
export function exhaustiveClaim(counts: ExplorationCounts, finished: boolean, stepsMax: number): string {
  const { complete, deadlocked, cutOff } = counts;
  const number = (value: number) => value.toLocaleString("en");
  const kinds = `${number(complete)} complete, ${number(deadlocked)} in deadlock`;
  if (!finished) return `stopped after ${number(complete + deadlocked + cutOff)} classes (${kinds}): there may be more`;
  const cut = cutOff === 0
    ? ""
    : `; ${number(cutOff)} more were cut off with a task at ${number(stepsMax)} steps, what they lead to is open`;
  const all = complete + deadlocked === 1 ? "the only class" : `all ${number(complete + deadlocked)} classes`;
  return `${all} (${kinds})${cut}`;
}

function exploreAll(program: Program, options: ExploreOptions): ExploreReport {
  const { from } = options;
  if (from !== undefined && from.program !== program.name) {
    throw new TypeError(`the checkpoint is of ${from.program}, not of ${program.name}`);
  }
  const execution = new Execution(program, undefined, options.assumption);
  const meter = new Meter(options);
  return from === undefined
    ? exploreWhole(program, options, execution, meter)
    : goOn(program, options, execution, meter, from) ?? exploreWhole(program, options, execution, meter);
}

function exploreWhole(program: Program, options: ExploreOptions, execution: Execution, meter: Meter): ExploreReport {
  const stepsMax = options.from?.stepsMax ?? options.stepsMax ?? STEPS_MAX_DEFAULT;
  const explorer = new Exhaustive(program, { stepsMax, scouting: options.scouting }, null, execution);
  const { counts } = explorer;
  const recorder = new ClassRecorder(program, execution, options.crashes ?? "explored");
  explorer.onRestart = () => {
    recorder.forget();
    meter.beginAnew();
  };
  explorer.run(
    (end, at) => recorder.add(end, at),
    () => meter.isUsedUp(counts, () => explorer.partDone()),
  );
  const frontier = new Frontier(program, execution);
  if (!explorer.done) frontier.add(explorer.state());
  return reportOf(execution, stepsMax, counts, recorder, explorer.done ? null : frontier);
}

/** Goes on from a checkpoint; null when that turns out to be worth nothing, and all has to be explored anew. */
function goOn(
  program: Program,
  options: ExploreOptions,
  execution: Execution,
  meter: Meter,
  from: Checkpoint,
): ExploreReport | null {
  const { stepsMax } = from;
  const translator = new Translator(execution);
  for (const place of from.variable) execution.variable.add(place);
  const frontier = Frontier.fromPortable(from.frontier, translator, program, execution);
  const recorder = new ClassRecorder(program, execution, options.crashes ?? "explored");
  recorder.crashPoints = from.crashPoints;
  recorder.crashImagesPossible = from.crashImagesPossible;
  recorder.crashImages = from.crashImages;
  for (const outcome of from.outcomes) recorder.collector.merge(outcome);
  for (const fact of from.facts) recorder.collector.mergeFact(fact);
  const counts = { ...from.counts };
  const { version } = execution.variable;
  for (let part = frontier.take("first"); part !== null; part = frontier.take("first")) {
    const before = { ...counts };
    const explorer = new Exhaustive(program, { stepsMax }, part, execution);
    const total = () => {
      for (const key of Object.keys(counts) as (keyof ExplorationCounts)[]) {
        counts[key] = before[key] + explorer.counts[key];
      }
      return counts;
    };
    explorer.run((end, at) => recorder.add(end, at), () => meter.isUsedUp(total(), () => null));
    if (execution.variable.version !== version) return null;
    total();
    for (const insertion of explorer.insertions) frontier.insert(part.prefix, insertion);
    if (explorer.done) {
      frontier.finish(part);
      continue;
    }
    frontier.add(explorer.state());
    return reportOf(execution, stepsMax, counts, recorder, frontier);
  }
  return reportOf(execution, stepsMax, counts, recorder, null);
}

/** @param frontier what is left; null when nothing is */
function reportOf(
  execution: Execution,
  stepsMax: number,
  counts: ExplorationCounts,
  { collector, crashPoints, crashImagesPossible, crashImages }: ClassRecorder,
  frontier: Frontier | null,
): ExploreReport {
  const { name } = execution.program;
  const finished = frontier === null;
  const outcomes = collector.outcomes();
  const found = { counts, crashPoints, crashImagesPossible, crashImages, outcomes, facts: collector.facts() };
  const translator = new Translator(execution);
  const checkpoint: Checkpoint | null = finished ? null : {
    format: CHECKPOINT_FORMAT,
    program: name,
    stepsMax,
    ...found,
    variable: [...execution.variable.places()],
    frontier: frontier.toPortable(translator),
  };
  const claim = exhaustiveClaim(counts, finished, stepsMax);
  return { program: name, claim, finished, covers: "all", ...found, checkpoint };
}

/**
 * Explores a program exhaustively on several cores; what is found is what one core finds.
 *
 * @param source where workers get the program from: a module and its export
 * @throws {NothingExplored} when there was no run at all
 */
export async function exploreParallel(
  program: Program,
  source: ProgramSource,
  options: Omit<ExploreOptions, "strategy" | "from"> & { jobs: number },
): Promise<ExploreReport> {
  const stepsMax = options.stepsMax ?? STEPS_MAX_DEFAULT;
  const meter = new Meter(options);
  const result = await exploreInParallel(program, source, {
    jobs: options.jobs,
    stepsMax,
    crashes: options.crashes ?? "explored",
    isStopped: (counts) => meter.isUsedUp(counts, () => null),
  });
  const { complete, deadlocked, cutOff } = result.counts;
  if (complete + deadlocked + cutOff === 0) throw new NothingExplored(`${program.name}: not one schedule was run`);
  const claim = exhaustiveClaim(result.counts, result.finished, stepsMax);
  return { program: program.name, claim, covers: "all", ...result, checkpoint: null };
}

function exploreSome(
  program: Program,
  options: ExploreOptions,
  strategy: Strategy,
  runsMax: number | null,
): ExploreReport {
  const stepsMax = options.stepsMax ?? STEPS_MAX_DEFAULT;
  const counts: ExplorationCounts = { ...NOTHING_COUNTED };
  const meter = new Meter(options);
  const execution = new Execution(program);
  const recorder = new ClassRecorder(program, execution, options.crashes ?? "explored");
  let runs = 0;
  let finished = false;
  for (;;) {
    if (runsMax !== null && runs === runsMax || !strategy.begin(runs)) {
      finished = true;
      break;
    }
    const run = new Run(program, execution.identities);
    for (;;) {
      const tasks = run.enabled().filter(({ steps }) => steps < stepsMax);
      if (tasks.length === 0) break;
      const { task, outcome } = strategy.choose(run, tasks);
      run.step(run.world.task(task), outcome);
    }
    const end = run.outcome ?? "cut_off";
    if (end === "complete") counts.complete++;
    else if (end === "deadlock") counts.deadlocked++;
    else counts.cutOff++;
    counts.steps += run.steps.length;
    counts.runSteps += run.steps.length;
    recorder.addRun(end, run);
    runs++;
    if (meter.isUsedUp(counts, () => runsMax === null ? null : runs / runsMax)) break;
  }
  const cut = counts.cutOff === 0
    ? ""
    : `; ${counts.cutOff.toLocaleString("en")} of them cut off with a task at ${stepsMax} steps`;
  return {
    program: program.name,
    claim: strategy.claim(runs) + cut,
    finished,
    covers: "some",
    counts,
    crashPoints: recorder.crashPoints,
    crashImagesPossible: recorder.crashImagesPossible,
    crashImages: recorder.crashImages,
    outcomes: recorder.collector.outcomes(),
    facts: recorder.collector.facts(),
    checkpoint: null,
  };
}
