/**
 * dioscope as a library: write a concurrent program against a small machine, and have every interleaving of it explored,
 * counted, replayed and made small.
 *
 * A program is set up anew for every run. Its tasks are generator functions; every `yield` is a point at which another
 * task may go on, and what lies between two of them is one atomic step. What tasks share are objects of the machine, which
 * report every access, so that schedules which differ only in the order of independent steps are run once.
 *
 * @example Count the outcomes of store buffering
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * function* writeThenRead(_task: Task, [own, other]: Counter[]): Steps<number> {
 *   yield* own.write(1);
 *   return yield* other.read();
 * }
 *
 * const storeBuffering: Program = {
 *   name: "store buffering",
 *   setUp(world) {
 *     const x = new Counter(world, "x");
 *     const y = new Counter(world, "y");
 *     const a = world.spawn("a", writeThenRead, { argument: [x, y] });
 *     const b = world.spawn("b", writeThenRead, { argument: [y, x] });
 *     return { finalState: () => `a saw ${a.result}, b saw ${b.result}` };
 *   },
 * };
 *
 * const report = explore(storeBuffering);
 * assertEquals(report.claim, "all 3 classes (3 complete, 0 in deadlock)");
 * assertEquals(report.outcomes.map(({ finalState }) => finalState), [
 *   "a saw 0, b saw 1",
 *   "a saw 1, b saw 0",
 *   "a saw 1, b saw 1",
 * ]);
 * ```
 *
 * @example Find a deadlock, and replay it
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * function* lockBoth(_task: Task, [first, second]: Mutex[]): Steps {
 *   yield* first.lock();
 *   yield* second.lock();
 *   yield* second.unlock();
 *   yield* first.unlock();
 * }
 *
 * const crossed: Program = {
 *   name: "two locks in two orders",
 *   setUp(world) {
 *     const a = new Mutex(world, "a");
 *     const b = new Mutex(world, "b");
 *     world.spawn("T1", lockBoth, { argument: [a, b] });
 *     world.spawn("T2", lockBoth, { argument: [b, a] });
 *   },
 * };
 *
 * const { counts, outcomes } = explore(crossed);
 * assertEquals([counts.complete, counts.deadlocked], [2, 1]);
 * const { token, findings } = outcomes.find(({ end }) => end === "deadlock")!;
 * assertEquals(findings[0].text.split("\n"), [
 *   "T1 holds a waits b (owner T2)",
 *   "T2 holds b waits a (owner T1)",
 * ]);
 * const { run, divergence } = replay(crossed, token);
 * assertEquals(divergence, null);
 * assertEquals(run.outcome, "deadlock");
 * ```
 *
 * @example A failing assertion, with as few context switches as will do
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * function* increment(_task: Task, counter: Counter): Steps {
 *   const before = yield* counter.read();
 *   yield* counter.write(before + 1);
 * }
 *
 * const lostUpdate: Program = {
 *   name: "increments that are no atomic ones",
 *   setUp(world) {
 *     const counter = new Counter(world, "counter");
 *     for (const name of ["T1", "T2"]) world.spawn(name, increment, { argument: counter });
 *     return {
 *       atEnd() {
 *         if (counter.peek !== 2) world.report("LOST_UPDATE", `the counter is ${counter.peek}`);
 *       },
 *     };
 *   },
 * };
 *
 * const found = explore(lostUpdate).outcomes.find(({ findings }) => findings.length > 0)!;
 * const token = minimise(lostUpdate, found.token, ({ findings }) => findings.length > 0);
 * assertEquals(token.split("~")[1], "0,1*2,0");
 * ```
 *
 * @module
 */

export {
  type OverrideOf,
  type Overrides,
  type Patch,
  patch,
  PatchError,
  type PatchSpec,
  type Paths,
  pathsOf,
} from "./systems/patch.ts";
export type {
  Call,
  Contract,
  FlagValues,
  LegalSet,
  ModelledFile,
  MountedSystem,
  Recovery,
  System,
  SystemFlag,
  Transfer,
} from "./systems/system.ts";
export { EIOCBQUEUED } from "./machine/kiocb.ts";
export { filemapWriteAndWaitRange } from "./machine/page_cache_flush.ts";
export { invalidateInodePages2Range, invalidateMappingPages } from "./machine/page_cache_invalidate.ts";

export { Access } from "./machine/access.ts";
export { BitLock } from "./machine/bit_lock.ts";
export { Count } from "./machine/count.ts";
export { type Accountable, checkQuiescence, checkReturn } from "./machine/quiescence.ts";
export { type DeadlockReport, describeDeadlock, type PseudoHolder } from "./machine/deadlock.ts";
export { CrashOrder } from "./machine/crash_order.ts";
export { History, type Operation, type OrderedPair } from "./machine/history.ts";
export { type Holder, Level, type Resource, type Wait } from "./machine/level.ts";
export { Mutex } from "./machine/mutex.ts";
export type { CrashModel, CrashPick, Outcome as RunOutcome, Prepared, Program } from "./machine/program.ts";
export { type Fairness, Rwsem } from "./machine/rwsem.ts";
export {
  type Choice,
  type Pause,
  type Steps,
  Task,
  type TaskBody,
  type TaskContext,
  type TaskOptions,
} from "./machine/task.ts";
export { Counter, Variable } from "./machine/variable.ts";
export { type Exclusiveness, type WaitEntry, WaitQueue } from "./machine/wait_queue.ts";
export { AssertionFailed, type Finding, type StepObserver, World } from "./machine/world.ts";

export type { Checkpoint } from "./exploring/checkpoint.ts";
export type { Crashes } from "./exploring/class_recorder.ts";
export type { ExplorationCounts } from "./exploring/exploration_counts.ts";
export {
  type Budget,
  explore,
  type ExploreOptions,
  exploreParallel,
  type ExploreReport,
  NothingExplored,
  type Progress,
  type StrategyChoice,
} from "./exploring/explore.ts";
export type { ProgramSource } from "./exploring/explore_messages.ts";
export { checkIndependence, type Dependence, type IndependenceOptions } from "./exploring/independence.ts";
export {
  contextSwitches,
  type Ending,
  type IsWanted,
  minimise,
  type MinimiseOptions,
  shrink,
  type Shrinking,
} from "./exploring/minimise.ts";
export type { Fact, Outcome, OutcomeFinding } from "./exploring/outcomes.ts";
export { inRecordedOrder, type Interval } from "./exploring/recorded_order.ts";
export { outcomeOf, Run, type ScheduledStep } from "./exploring/run.ts";
export { progressText } from "./exploring/progress_text.ts";
export {
  Diverged,
  type Divergence,
  parseToken,
  type Replay,
  replay,
  replayStrictly,
  type Token,
  type TokenEnd,
  TokenError,
} from "./exploring/token.ts";

export {
  ANOMALY_IDS,
  type AnomalyInfo,
  anomalyInfo,
  explain,
  type Severity,
  type Standing,
} from "./checking/catalogue.ts";
export { evaluate, type EvaluateOptions, type ExpectationVerdict, expectedText } from "./checking/expectations.ts";
export { findingsOf, type Found } from "./checking/findings.ts";
export { judge, type JudgeOptions } from "./checking/judge.ts";
export { type LockInversion, lockInversions } from "./checking/lock_order.ts";
export { ImpossibleRecord } from "./checking/record_check.ts";
