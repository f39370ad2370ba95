/**
 * Writes what happens as three recordings of one run: tracefs text, a binary block trace, and the program's history.
 *
 * Events of several threads are made out of order and leave in order of their times. Times are whole microseconds of one
 * monotonic clock, so that all three agree to the digit.
 *
 * @module
 */
import { BLKTRACE_DEFAULTS, BlktraceWriter } from "../recording/blktrace/writer.ts";
import type { Spec } from "./spec.ts";

/** Where the parts of a recording go. */
export interface RecordingSink {
  text(lines: string): void;
  /** Records of one CPU's block trace. */
  block(cpu: number, bytes: Uint8Array): void;
  history(lines: string): void;
}

/** A thread as events show it. */
export interface TracedTask {
  readonly comm: string;
  readonly pid: number;
  readonly cpu: number;
  /** Head of its lines up to the time. */
  readonly head: string;
}

/** @param flags five characters as ftrace prints them */
export function tracedTask(comm: string, pid: number, cpu: number, flags: string): TracedTask {
  const head = `${comm.padStart(16)}-${String(pid).padEnd(7)} [${String(cpu).padStart(3, "0")}] ${flags} `;
  return { comm, pid, cpu, head };
}

/** What a block event says in a block trace. */
export interface BlockFact {
  readonly name: "blk_ta_queue" | "blk_ta_getrq" | "blk_ta_issue" | "blk_ta_complete";
  readonly sector: number;
  readonly bytes: number;
  readonly rwbs: string;
  readonly error: number;
}

interface Pending {
  readonly at: number;
  readonly task: TracedTask;
  readonly text: string;
  readonly block: BlockFact | null;
}

/** Events that are kept before those that can no longer be overtaken leave. */
const KEPT_MAX = 20_000;

const HEADER = `# tracer: nop
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;

export class Scribe {
  readonly #sink: RecordingSink;
  readonly #device: Spec["device"];
  readonly #writer: BlktraceWriter;
  readonly #sequences: number[];
  readonly #losing: number[];
  /** Events that were lost on a CPU and are told of before the next one of it. */
  readonly #lost: number[];
  #pending: Pending[] = [];
  /** Events that left. */
  events = 0;
  lostEvents = 0;

  constructor(spec: Spec, sink: RecordingSink) {
    this.#sink = sink;
    this.#device = spec.device;
    this.#writer = new BlktraceWriter({ ...BLKTRACE_DEFAULTS, version: spec.blktrace });
    [this.#sequences, this.#losing, this.#lost] = [1, 2, 3].map(() => new Array<number>(spec.cpus).fill(0));
    sink.text(
      HEADER.replace("#\n", `#                                                                   #P:${spec.cpus}\n`),
    );
  }

  /** Takes an event. @param at microseconds */
  event(at: number, task: TracedTask, text: string, block: BlockFact | null = null): void {
    this.#pending.push({ at, task, text, block });
  }

  /** From a time on, microseconds, the recorder loses so many events of a CPU. */
  lose(cpu: number, events: number, from: number): void {
    this.#leave(from);
    this.#losing[cpu] += events;
  }

  /** @param before no event comes any more that is earlier, microseconds */
  advance(before: number): void {
    if (this.#pending.length >= KEPT_MAX) this.#leave(before);
  }

  /** Everything leaves. */
  finish(): void {
    this.#leave(Infinity);
    const untold = this.#lost.map((events, cpu) => (events > 0 ? `CPU:${cpu} [LOST ${events} EVENTS]\n` : "")).join("");
    if (untold !== "") this.#sink.text(untold);
  }

  #leave(before: number): void {
    // The sort is stable: events of one time stay in the order in which they were made.
    this.#pending.sort((a, b) => a.at - b.at);
    let count = this.#pending.findIndex(({ at }) => at >= before);
    if (count < 0) count = this.#pending.length;
    let text = "";
    for (let index = 0; index < count; index++) text += this.#line(this.#pending[index]);
    this.#sink.text(text);
    this.#pending = this.#pending.slice(count);
  }

  #line({ at, task, text, block }: Pending): string {
    const { cpu } = task;
    if (block !== null) this.#sequences[cpu]++;
    if (this.#losing[cpu] > 0) {
      this.#losing[cpu]--;
      this.#lost[cpu]++;
      this.lostEvents++;
      return "";
    }
    this.events++;
    if (block !== null) this.#record(at, task, block);
    const micros = at % 1_000_000;
    const digits = micros < 100_000 ? String(micros).padStart(6, "0") : String(micros);
    const line = `${task.head}${String((at - micros) / 1_000_000).padStart(5)}.${digits}: ${text}\n`;
    if (this.#lost[cpu] === 0) return line;
    const told = `CPU:${cpu} [LOST ${this.#lost[cpu]} EVENTS]\n`;
    this.#lost[cpu] = 0;
    return told + line;
  }

  #record(at: number, { cpu, pid }: TracedTask, { name, sector, bytes, rwbs, error }: BlockFact): void {
    this.#sink.block(
      cpu,
      this.#writer.encode({
        name,
        timeNs: BigInt(at) * 1000n,
        device: this.#device,
        cpu,
        pid,
        sector: BigInt(sector),
        bytes,
        rwbs,
        error,
        sequence: this.#sequences[cpu],
      }),
    );
  }
}
