/**
 * System calls of the program's threads: an event where each begins and one where it returns, and its line in the history.
 *
 * @module
 */
import type { Random } from "./random.ts";
import type { RecordingSink, Scribe, TracedTask } from "./scribe.ts";
import type { Spec } from "./spec.ts";

/** Ids of operations begin here, as the recording programs number them. */
const FIRST_ID = 10_000;

/** A thread of the program. */
export interface Thread {
  readonly task: TracedTask;
  readonly number: number;
  readonly buffered: number;
  readonly direct: number;
  readonly mapping: number;
  /** When it begins its next operation, microseconds. */
  clock: number;
  /** Where its next sequential operation is, bytes. */
  position: number;
}

/** A number as events print arguments. */
export function argumentText(value: number): string {
  return value < 10 ? String(value) : `0x${value.toString(16)}`;
}

export class ThreadCalls {
  readonly #spec: Spec;
  readonly #sink: RecordingSink;
  readonly #scribe: Scribe;
  readonly #random: Random;
  readonly #quietAt: () => number;
  /** Of the operation that comes next. */
  id = FIRST_ID;
  operations = 0;
  /** When the last of them was over, microseconds. */
  latest: number;

  /**
   * @param beginning when the first of them may begin, microseconds
   * @param quietAt when all that calls have set going is over
   */
  constructor(
    spec: Spec,
    sink: RecordingSink,
    scribe: Scribe,
    random: Random,
    { beginning, quietAt }: { readonly beginning: number; readonly quietAt: () => number },
  ) {
    this.#spec = spec;
    this.#sink = sink;
    this.#scribe = scribe;
    this.#random = random;
    this.latest = beginning;
    this.#quietAt = quietAt;
  }

  /** A thread begins when what it must not overlap is over. @returns that time, microseconds */
  turn(thread: Thread): number {
    return thread.clock = Math.max(thread.clock, this.#quietAt());
  }

  /**
   * A system call and its line in the history.
   *
   * @param work what it does: takes when its work begins; gives when it is done, and its result
   */
  call(
    thread: Thread,
    entry: string,
    name: string,
    work: (at: number) => [done: number, result: number],
    facts: Record<string, unknown>,
    saw?: () => [number, number][],
  ): void {
    const { task } = thread;
    const clock = this.turn(thread);
    this.#scribe.event(clock, task, entry);
    const [done, result] = work(clock + 1);
    const exit = done + 1;
    const shown = result < 0 ? `0x${BigInt.asUintN(64, BigInt(result)).toString(16)}` : `0x${result.toString(16)}`;
    this.#scribe.event(exit, task, `${name} -> ${shown}`);
    this.tell(thread, clock, exit, facts, result, saw);
  }

  /** The line alone: of loads and stores there is no call. */
  tell(
    thread: Thread,
    start: number,
    end: number,
    facts: Record<string, unknown>,
    result: number,
    saw?: () => [number, number][],
  ): void {
    this.operations++;
    const id = this.id++;
    const outcome = facts.op === "mmap" ? 0 : result < 0 ? -1 : result;
    const { op, fd, direct, ...more } = facts;
    this.#sink.history(
      JSON.stringify({
        id,
        tid: thread.task.pid,
        thr: thread.number,
        op,
        file: "f0",
        fd,
        direct,
        ...more,
        start_ns: start * 1000 - 500,
        end_ns: end * 1000 + 500,
        ret: outcome,
        errno: result < 0 ? -result : 0,
        ...(saw === undefined ? {} : { saw: saw() }),
      }) + "\n",
    );
    const { median_us, spread } = this.#spec.pause;
    thread.clock = end + 1 + this.#random.logNormal(median_us, spread);
    this.latest = Math.max(this.latest, end + 1, this.#quietAt());
  }
}
