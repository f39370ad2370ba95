/**
 * Heads of lines that the kernel's tracefs and trace-cmd print: task, CPU, flags and time.
 *
 *              wl-main-31262   [000] .....  3021.953249: sys_mmap -> 0x7f53eb400000
 *              wl-main-31262   (  31262) [000] .....  3021.953249: ...               option record-tgid
 *              wl-main-31262   [000]   3021.953249: ...                             without irq-info; trace-cmd report
 *     rec:          wl-main-31262 [000]  3021.953249: ...                           trace-cmd report, instance rec
 *      wl-main-31262     0..... 89198us#: ...                                       option latency-format
 *      wl-main-31262   0.....  3021.953249: ...                                     trace-cmd report -l
 *              bash   10667   0 0 00000000 00000000 [9c0f6906] 318.629ms (+0.003ms): ...    latency-format and verbose
 *
 * A task's name may hold anything, so it ends where all that follows it reads as a head.
 *
 * @module
 */

import { digitsEnd, isDigit, skipBlanks, wordEnd } from "../print_formats/byte_text.ts";
import { IntegerText } from "../print_formats/integer_text.ts";
import { ClockText, ClockUnit } from "./clock_text.ts";
import { type KnownHead, KnownHeads } from "./known_heads.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

/** Which head a line has. */
export enum HeadForm {
  None,
  /** CPU in brackets. */
  Plain,
  /** CPU and flags in one column, the task's name cut to eight characters. */
  Latency,
  /** Numbers for flags, time in brackets. */
  Verbose,
}

/** What the time of a head is. */
export enum HeadTime {
  /** Seconds since the clock's own beginning. */
  Absolute,
  /** Since the first event in the buffer. */
  Relative,
  /** Ticks of a clock that counts no time. */
  Ticks,
}

/** Width of the task's name in the columns. */
const NAME_WIDTH = 16;
const LATENCY_NAME_WIDTH = 8;

/** The irq flags are four or five characters; more are to come. */
const FLAGS_MAX = 8;

const DASH = 0x2d;
const BLANK = 0x20;
const COLON = 0x3a;

export class LineHead {
  form = HeadForm.None;
  time = HeadTime.Absolute;
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  cpu = 0;
  pid = 0;
  /** -1: not printed, or not known. */
  tgid = -1;
  /** Name of the trace instance before the task's name; empty range: none. */
  prefixStart = 0;
  prefixEnd = 0;
  nameStart = 0;
  nameEnd = 0;
  /** Empty range: no flags. */
  flagsStart = 0;
  flagsEnd = 0;
  bodyStart = 0;
  /** The head, without its time, where it is one that may come again. */
  known: KnownHead | null = null;
  readonly #heads = new KnownHeads();
  /** Where the time begins, of a head with the CPU in brackets. */
  #timeStart = 0;
  readonly #clock = new ClockText();
  readonly #integer = new IntegerText();

  /** Reads the head of the line `bytes[start, end)`; {@linkcode form} says which it is. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.known = this.#heads.find(bytes, start, end);
    if (known !== null && this.#time(bytes, start + known.length, end)) {
      this.#take(known, start);
      return true;
    }
    this.known = null;
    const usual = start + NAME_WIDTH;
    if (usual < end && bytes[usual] === DASH && this.#plain(bytes, usual, end)) {
      this.#name(bytes, start, usual, NAME_WIDTH);
      this.known = this.#heads.add(bytes, start, this.#timeStart, end);
      if (this.known !== null) this.#keep(this.known, start);
      return true;
    }
    return this.#search(bytes, start, end);
  }

  #keep(known: KnownHead, start: number): void {
    known.pid = this.pid;
    known.cpu = this.cpu;
    known.tgid = this.tgid;
    known.prefixStart = this.prefixStart - start;
    known.prefixEnd = this.prefixEnd - start;
    known.nameStart = this.nameStart - start;
    known.nameEnd = this.nameEnd - start;
    known.flagsStart = this.flagsStart - start;
    known.flagsEnd = this.flagsEnd - start;
  }

  #take(known: KnownHead, start: number): void {
    this.pid = known.pid;
    this.cpu = known.cpu;
    this.tgid = known.tgid;
    this.prefixStart = known.prefixStart + start;
    this.prefixEnd = known.prefixEnd + start;
    this.nameStart = known.nameStart + start;
    this.nameEnd = known.nameEnd + start;
    this.flagsStart = known.flagsStart + start;
    this.flagsEnd = known.flagsEnd + start;
  }

  #search(bytes: Uint8Array, start: number, end: number): boolean {
    for (let dash = start; dash < end; dash++) {
      if (bytes[dash] !== DASH || dash + 1 === end || !isDigit(bytes[dash + 1])) continue;
      if (this.#plain(bytes, dash, end)) {
        this.#name(bytes, start, dash, NAME_WIDTH);
        return true;
      }
      if (this.#latency(bytes, dash, end)) {
        this.#name(bytes, start, dash, LATENCY_NAME_WIDTH);
        return true;
      }
    }
    if (this.#verbose(bytes, start, end)) return true;
    this.form = HeadForm.None;
    return false;
  }

  /** Parts the task's name, right-aligned in its column, from what stands before the column. */
  #name(bytes: Uint8Array, start: number, end: number, width: number): void {
    this.nameEnd = end;
    this.prefixStart = this.prefixEnd = start;
    if (end - start > width) {
      let prefixEnd = end - width;
      while (prefixEnd > start && bytes[prefixEnd - 1] === BLANK) prefixEnd--;
      if (prefixEnd > start && bytes[prefixEnd - 1] === COLON) {
        this.prefixStart = skipBlanks(bytes, start, prefixEnd);
        this.prefixEnd = prefixEnd - 1;
        start = end - width;
      }
    }
    this.nameStart = skipBlanks(bytes, start, end);
  }

  /** `-PID [(TGID)] [CPU] [FLAGS] TIME:` from the dash on. */
  #plain(bytes: Uint8Array, dash: number, end: number): boolean {
    let at = this.#pid(bytes, dash + 1, end);
    if (at < 0) return false;
    at = skipBlanks(bytes, at, end);
    this.tgid = -1;
    if (bytes[at] === 0x28) {
      at = this.#tgid(bytes, at + 1, end);
      if (at < 0) return false;
    }
    if (at >= end || bytes[at] !== 0x5b) return false;
    const cpuEnd = digitsEnd(bytes, at + 1, end);
    if (cpuEnd === at + 1 || cpuEnd - at > 6 || bytes[cpuEnd] !== 0x5d || cpuEnd >= end) return false;
    this.cpu = smallNumber(bytes, at + 1, cpuEnd);
    at = skipBlanks(bytes, cpuEnd + 1, end);
    this.flagsStart = this.flagsEnd = at;
    if (at < end && !isDigit(bytes[at])) {
      this.flagsEnd = wordEnd(bytes, at, end);
      if (this.flagsEnd - at > FLAGS_MAX) return false;
      at = skipBlanks(bytes, this.flagsEnd, end);
    }
    this.#timeStart = at;
    return this.#time(bytes, at, end);
  }

  /** `TIME:` at `at`, of a head with the CPU in brackets. */
  #time(bytes: Uint8Array, at: number, end: number): boolean {
    at = this.#clock.read(bytes, at, end);
    if (at < 0 || at >= end || bytes[at] !== COLON) return false;
    this.time = this.#clock.unit === ClockUnit.Ticks ? HeadTime.Ticks : HeadTime.Absolute;
    return this.#end(bytes, at, end, HeadForm.Plain);
  }

  #pid(bytes: Uint8Array, at: number, end: number): number {
    const first = at;
    let pid = 0;
    let digit = 0;
    while (at < end && (digit = bytes[at] - 0x30) >= 0 && digit <= 9) {
      pid = pid * 10 + digit;
      at++;
    }
    if (at === first || at - first > 10 || at >= end || bytes[at] !== BLANK) return -1;
    this.pid = pid;
    return at;
  }

  /** `  31262)` or `-------)` */
  #tgid(bytes: Uint8Array, at: number, end: number): number {
    at = skipBlanks(bytes, at, end);
    const tgidEnd = digitsEnd(bytes, at, end);
    if (tgidEnd > at) {
      this.tgid = smallNumber(bytes, at, tgidEnd);
      at = tgidEnd;
    } else {
      while (at < end && bytes[at] === DASH) at++;
    }
    return at < end && bytes[at] === 0x29 ? skipBlanks(bytes, at + 1, end) : -1;
  }

  /** `-PID CPUFLAGS TIME:` from the dash on, where the time may be microseconds with a mark. */
  #latency(bytes: Uint8Array, dash: number, end: number): boolean {
    let at = this.#pid(bytes, dash + 1, end);
    if (at < 0) return false;
    at = skipBlanks(bytes, at, end);
    const cpuEnd = digitsEnd(bytes, at, end);
    if (cpuEnd === at || cpuEnd - at > 5) return false;
    this.cpu = smallNumber(bytes, at, cpuEnd);
    this.tgid = -1;
    this.flagsStart = cpuEnd;
    this.flagsEnd = wordEnd(bytes, cpuEnd, end);
    const flags = this.flagsEnd - cpuEnd;
    if (flags < 4 || flags > FLAGS_MAX) return false;
    at = skipBlanks(bytes, this.flagsEnd, end);
    const timeEnd = this.#clock.read(bytes, at, end);
    if (timeEnd < 0) return false;
    at = timeEnd;
    this.time = HeadTime.Absolute;
    if (this.#clock.unit === ClockUnit.Ticks) {
      this.time = HeadTime.Ticks;
      if (bytes[at] === 0x75 && bytes[at + 1] === 0x73) {
        if (this.#clock.hi < 0 || this.#clock.hi > 0x1fffff) return false;
        this.#clock.setMicroseconds(this.#clock.hi * 4294967296 + (this.#clock.lo >>> 0));
        this.time = HeadTime.Relative;
        at += 3;
      }
    }
    if (at >= end || bytes[at] !== COLON) return false;
    return this.#end(bytes, at, end, HeadForm.Latency);
  }

  /** `NAME PID CPU FLAGS PREEMPT INDEX [TIME] 318.629ms (+0.003ms):` */
  #verbose(bytes: Uint8Array, start: number, end: number): boolean {
    let open = start;
    while (open < end && (bytes[open] !== 0x5b || open === start || bytes[open - 1] !== BLANK)) open++;
    if (open >= end) return false;
    const integer = this.#integer;
    let at = integer.hexDigits(bytes, open + 1, end);
    if (at < 0 || bytes[at] !== 0x5d || bytes[at + 1] !== BLANK) return false;
    const { lo, hi } = integer;
    const relativeEnd = this.#clock.read(bytes, at + 2, end);
    if (relativeEnd < 0) return false;
    const inTime = bytes[relativeEnd] === 0x6d;
    while (at < end && !(bytes[at] === 0x29 && bytes[at + 1] === COLON)) at++;
    if (at >= end) return false;
    // From the bracket back: index, preemption count, flags, CPU, pid; what is left is the name.
    let nameEnd = open;
    for (let column = 0; column < 5; column++) {
      while (nameEnd > start && bytes[nameEnd - 1] === BLANK) nameEnd--;
      const columnEnd = nameEnd;
      while (nameEnd > start && bytes[nameEnd - 1] !== BLANK) nameEnd--;
      if (column < 3) continue;
      if (digitsEnd(bytes, nameEnd, columnEnd) !== columnEnd || nameEnd === columnEnd) return false;
      if (column === 3) this.cpu = smallNumber(bytes, nameEnd, columnEnd);
      else this.pid = smallNumber(bytes, nameEnd, columnEnd);
    }
    if (inTime) {
      if (hi < 0 || hi > 0x1fffff) return false;
      this.#clock.setMicroseconds(hi * 4294967296 + (lo >>> 0));
    } else {
      this.#clock.lo = lo;
      this.#clock.hi = hi;
    }
    this.time = inTime ? HeadTime.Absolute : HeadTime.Ticks;
    this.tgid = -1;
    this.flagsStart = this.flagsEnd = at;
    while (nameEnd > start && bytes[nameEnd - 1] === BLANK) nameEnd--;
    this.#name(bytes, start, nameEnd, end);
    return this.#end(bytes, at + 1, end, HeadForm.Verbose);
  }

  /** The head ends with the colon at `colon`. */
  #end(bytes: Uint8Array, colon: number, end: number, form: HeadForm): true {
    this.tsLo = this.#clock.lo;
    this.tsHi = this.#clock.hi;
    this.bodyStart = colon + 1 < end && bytes[colon + 1] === BLANK ? colon + 2 : colon + 1;
    this.form = form;
    return true;
  }
}

/** Value of a few digits. */
export function smallNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) value = value * 10 + bytes[i] - 0x30;
  return value;
}
