/**
 * Times as traces print them, read into halves of nanoseconds.
 *
 * @module
 */

import { IntegerText } from "../print_formats/integer_text.ts";

/** What a time counts. */
export enum ClockUnit {
  /** Seconds with a fraction. */
  Seconds,
  /** A plain number: a counter, or cycles. */
  Ticks,
}

/** Nanoseconds of one unit of the last digit, by the number of digits after the point. */
const FRACTION_NS = [0, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1];

const MAX_SECOND_DIGITS = 10;

/** Reads times; the value is in the halves until the next call. */
export class ClockText {
  lo = 0;
  hi = 0;
  unit = ClockUnit.Seconds;
  readonly #integer = new IntegerText();
  /** Seconds of the last time, and their nanoseconds: most times share them. */
  #seconds = -1;
  #secondsLo = 0;
  #secondsHi = 0;

  /** Reads `3021.953249`, `3021.953249334` or `6670824288812` at `at`; gives the position after it, or -1. */
  read(bytes: Uint8Array, at: number, end: number): number {
    const first = at;
    let seconds = 0;
    let digit = 0;
    while (at < end && (digit = bytes[at] - 0x30) >= 0 && digit <= 9) {
      seconds = seconds * 10 + digit;
      at++;
    }
    if (at === first) return -1;
    if (at === end || bytes[at] !== 0x2e) return this.#ticks(bytes, first, at);
    if (at - first > MAX_SECOND_DIGITS) return -1;
    const point = at++;
    let fraction = 0;
    while (at < end && (digit = bytes[at] - 0x30) >= 0 && digit <= 9) {
      fraction = fraction * 10 + digit;
      at++;
    }
    const digits = at - point - 1;
    if (digits === 0 || digits > 9) return -1;
    if (seconds !== this.#seconds) this.#setSeconds(seconds);
    const low = (this.#secondsLo >>> 0) + fraction * FRACTION_NS[digits];
    this.lo = low | 0;
    this.hi = low > 0xffffffff ? this.#secondsHi + 1 : this.#secondsHi;
    this.unit = ClockUnit.Seconds;
    return at;
  }

  #setSeconds(seconds: number): void {
    this.#seconds = seconds;
    multiply(this.#integer, seconds, 1e9);
    this.#secondsLo = this.#integer.lo;
    this.#secondsHi = this.#integer.hi;
  }

  #ticks(bytes: Uint8Array, first: number, end: number): number {
    if (this.#integer.decimal(bytes, first, end) !== end) return -1;
    this.lo = this.#integer.lo;
    this.hi = this.#integer.hi;
    this.unit = ClockUnit.Ticks;
    return end;
  }

  /** Takes a number of microseconds, which a double holds, as the time. */
  setMicroseconds(microseconds: number): void {
    multiply(this.#integer, microseconds, 1000);
    this.lo = this.#integer.lo;
    this.hi = this.#integer.hi;
    this.unit = ClockUnit.Seconds;
  }
}

/** Writes the halves of `a * b` into `into`; `a` is below 2^53 and `b` below 2^32, so that no part exceeds a double. */
function multiply(into: IntegerText, a: number, b: number): void {
  const low = (a % 65536) * b;
  const middle = Math.floor(a / 65536) % 65536 * b + Math.floor(low / 65536);
  const high = Math.floor(a / 4294967296) * b + Math.floor(middle / 65536);
  into.lo = (middle % 65536) * 65536 + low % 65536 | 0;
  into.hi = high % 4294967296 | 0;
}
