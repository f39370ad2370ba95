/**
 * Heads of the lines that `perf script` prints for tracepoints.
 *
 *                wl-t2   935 [000]  3033.132204998:                     block:block_bio_queue: 7,0 RM 144 + 8 [wl-t2]
 *                 true 11350/11350 [000]  2753.038606593:          1  sched:sched_process_exec: filename=...
 *     true 11350 [000]  2753.038606:  sched:sched_process_exec: filename=...
 *
 * A task's name may hold anything, so it ends where all that follows it reads as a head.
 *
 * @module
 */

import { ClockText, ClockUnit } from "../ftrace_text/clock_text.ts";
import { smallNumber } from "../ftrace_text/line_head.ts";
import { digitsEnd, identifierEnd, isDigit, NAME_BYTE, skipBlanks } from "../print_formats/byte_text.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

const BLANK = 0x20;
const COLON = 0x3a;

/** Width of the task's name in its column. */
const NAME_WIDTH = 16;

export class PerfHead {
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  /** -1: the line does not say. */
  cpu = 0;
  /** The thread, as the kernel's traces call it. */
  pid = 0;
  /** The process, -1 where the line has only the thread. */
  tgid = -1;
  nameStart = 0;
  nameEnd = 0;
  /** System and name of the event with a colon between them. */
  eventStart = 0;
  eventEnd = 0;
  bodyStart = 0;
  readonly #clock = new ClockText();

  /** Reads the head of the line `bytes[start, end)`; false when it has none. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    const usual = start + NAME_WIDTH;
    if (usual < end && bytes[usual] === BLANK && this.#from(bytes, usual, end)) {
      return this.#name(bytes, start, usual);
    }
    for (let at = start; at < end; at++) {
      if (bytes[at] === BLANK && at > start && bytes[at - 1] !== BLANK && this.#from(bytes, at, end)) {
        return this.#name(bytes, start, at);
      }
    }
    return false;
  }

  #name(bytes: Uint8Array, start: number, end: number): true {
    this.nameStart = skipBlanks(bytes, start, end);
    this.nameEnd = end;
    return true;
  }

  /** ` TID [CPU] TIME: EVENT:` or ` PID/TID ...` from the blank at `at` on. */
  #from(bytes: Uint8Array, at: number, end: number): boolean {
    at = skipBlanks(bytes, at, end);
    let numberEnd = digitsEnd(bytes, at, end);
    if (numberEnd === at || numberEnd - at > 10) return false;
    this.pid = smallNumber(bytes, at, numberEnd);
    this.tgid = -1;
    if (bytes[numberEnd] === 0x2f) {
      at = skipBlanks(bytes, numberEnd + 1, end);
      numberEnd = digitsEnd(bytes, at, end);
      if (numberEnd === at || numberEnd - at > 10) return false;
      this.tgid = this.pid;
      this.pid = smallNumber(bytes, at, numberEnd);
    }
    if (numberEnd >= end || bytes[numberEnd] !== BLANK) return false;
    at = skipBlanks(bytes, numberEnd, end);
    this.cpu = -1;
    if (bytes[at] === 0x5b) {
      const cpuEnd = digitsEnd(bytes, at + 1, end);
      if (cpuEnd === at + 1 || cpuEnd - at > 6 || bytes[cpuEnd] !== 0x5d) return false;
      this.cpu = smallNumber(bytes, at + 1, cpuEnd);
      at = skipBlanks(bytes, cpuEnd + 1, end);
    }
    at = this.#clock.read(bytes, at, end);
    if (at < 0 || bytes[at] !== COLON || this.#clock.unit !== ClockUnit.Seconds) return false;
    this.tsLo = this.#clock.lo;
    this.tsHi = this.#clock.hi;
    return this.#event(bytes, skipBlanks(bytes, at + 1, end), end);
  }

  /** `[PERIOD] SYSTEM:NAME: ` */
  #event(bytes: Uint8Array, at: number, end: number): boolean {
    if (at < end && isDigit(bytes[at])) {
      const periodEnd = digitsEnd(bytes, at, end);
      if (bytes[periodEnd] === BLANK) at = skipBlanks(bytes, periodEnd, end);
    }
    const systemEnd = identifierEnd(bytes, at, end);
    if (systemEnd === at || bytes[systemEnd] !== COLON || systemEnd >= end) return false;
    let nameEnd = systemEnd + 1;
    while (nameEnd < end && NAME_BYTE[bytes[nameEnd]] === 1) nameEnd++;
    if (nameEnd === systemEnd + 1 || nameEnd >= end || bytes[nameEnd] !== COLON) return false;
    this.eventStart = at;
    this.eventEnd = nameEnd;
    this.bodyStart = skipBlanks(bytes, nameEnd + 1, end);
    return true;
  }
}
