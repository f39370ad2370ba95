/**
 * Lines of the tracer function_graph before their graph: time, CPU, task and flags, of which any may be switched off.
 *
 *      0)   0.325 us    |    getname();
 *      3021.953249 |   0)               |  do_sys_open() {                     option funcgraph-abstime
 *      0)    bash-4251    |  0.325 us   |    getname();                        option funcgraph-proc
 *      0)   bash-4251    =>   cat-4252                                         the CPU goes on with another task
 *
 * @module
 */

import { digitsEnd, find, isAt, isDigit, skipBlanks } from "../print_formats/byte_text.ts";
import { GraphLine, GraphParts } from "../print_formats/function_graph_text.ts";
import { ClockText } from "./clock_text.ts";
import { smallNumber } from "./line_head.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

/** Columns that the header names. */
export interface GraphColumns {
  time: boolean;
  relativeTime: boolean;
  cpu: boolean;
  task: boolean;
}

/** The task that a CPU runs, as the last line that named it says. */
interface Running {
  pid: number;
  name: Uint8Array;
}

/** A name that the kernel prints centered, with `-` and the pid after it. */
const TASK_MAX = 64;
const TASK = /^\s*(.*)-(\d+)\s*$/;

export class GraphHead {
  /** Set by {@linkcode GraphHead.parse}: the line says when it was. */
  hasTime = false;
  relative = false;
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  cpu = 0;
  /** -1 until a line names the CPU's task. */
  pid = -1;
  name: Uint8Array = new Uint8Array(0);
  flagsStart = 0;
  flagsEnd = 0;
  readonly parts = new GraphParts();
  columns: GraphColumns = { time: false, relativeTime: false, cpu: true, task: false };
  readonly #clock = new ClockText();
  readonly #running = new Map<number, Running>();

  /** Reads a line of the graph; false when it is none. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.#time(bytes, start, end);
    if (this.columns.cpu) {
      at = this.#cpu(bytes, at, end);
      if (at < 0) return false;
    }
    this.#take(this.#running.get(this.cpu));
    if (this.columns.task) {
      at = this.#task(bytes, at, end);
      if (at < 0) return false;
    }
    at = this.#flags(bytes, at, end);
    return this.parts.parse(bytes, at, end) && this.parts.line !== GraphLine.Other;
  }

  #take(running: Running | undefined): void {
    this.pid = running?.pid ?? -1;
    this.name = running?.name ?? NO_NAME;
  }

  /** `3021.953249 |  `, `     12345 us |  ` */
  #time(bytes: Uint8Array, start: number, end: number): number {
    this.hasTime = this.relative = false;
    const first = skipBlanks(bytes, start, end);
    let at = this.#clock.read(bytes, first, end);
    if (at < 0) return start;
    const hasFraction = find(bytes, first, at, ".") > 0;
    if (this.columns.relativeTime && !hasFraction && isAt(bytes, at, end, " us |")) {
      this.#clock.setMicroseconds((this.#clock.hi >>> 0) * 4294967296 + (this.#clock.lo >>> 0));
      this.relative = true;
      at += 5;
    } else if (hasFraction && isAt(bytes, at, end, " |")) {
      at += 2;
    } else {
      return start;
    }
    this.hasTime = true;
    this.tsLo = this.#clock.lo;
    this.tsHi = this.#clock.hi;
    return at;
  }

  /** ` 0)` */
  #cpu(bytes: Uint8Array, start: number, end: number): number {
    const at = skipBlanks(bytes, start, end);
    const cpuEnd = digitsEnd(bytes, at, end);
    if (cpuEnd === at || cpuEnd - at > 5 || bytes[cpuEnd] !== 0x29 || cpuEnd === end) return -1;
    this.cpu = smallNumber(bytes, at, cpuEnd);
    return cpuEnd + 1;
  }

  /** `   bash-4251    | ` */
  #task(bytes: Uint8Array, start: number, end: number): number {
    const bar = find(bytes, start, end, " | ");
    if (bar < 0 || !this.#setTask(bytes, start, bar)) return -1;
    return bar + 3;
  }

  #setTask(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > TASK_MAX) return false;
    const match = TASK.exec(new TextDecoder("latin1").decode(bytes.subarray(start, end)));
    if (match === null || match[2].length > 10) return false;
    const name = Uint8Array.from(match[1], (c) => c.charCodeAt(0));
    const running = { pid: Number(match[2]), name: name.length === 5 && match[1] === "<...>" ? NO_NAME : name };
    this.#running.set(this.cpu, running);
    this.#take(running);
    return true;
  }

  /** Irq flags of option latency-format: ` d.h1. | `. */
  #flags(bytes: Uint8Array, start: number, end: number): number {
    this.flagsStart = this.flagsEnd = start;
    const at = skipBlanks(bytes, start, end);
    let flagsEnd = at;
    while (flagsEnd < end && bytes[flagsEnd] !== 0x20) flagsEnd++;
    const length = flagsEnd - at;
    if (length < 4 || length > 5 || isDigit(bytes[at]) || !isAt(bytes, flagsEnd, end, " |")) return start;
    this.flagsStart = at;
    this.flagsEnd = flagsEnd;
    return flagsEnd + 2;
  }

  /** Reads ` 0)   bash-4251    =>   cat-4252 `; false when the line is none such. */
  parseSwitch(bytes: Uint8Array, start: number, end: number): boolean {
    const arrow = find(bytes, start, end, " => ");
    if (arrow < 0) return false;
    const at = this.#cpu(bytes, start, end);
    return at >= 0 && at <= arrow && this.#setTask(bytes, arrow + 4, end);
  }
}

const NO_NAME = new Uint8Array(0);

/** True for the dashed lines around a change of task. */
export function isSeparator(bytes: Uint8Array, start: number, end: number): boolean {
  const first = skipBlanks(bytes, start, end);
  let at = first;
  while (at < end && bytes[at] === 0x2d) at++;
  return at - first > 8 && skipBlanks(bytes, at, end) === end;
}
