/**
 * Numbers as texts spell them, read from bytes into 32-bit halves.
 *
 * @module
 */

import type { Sign } from "../columns.ts";

/** Digits that a double surely holds. */
const EXACT_DIGITS = 15;

/** Longest decimal number of 64 bits. */
const DIGITS_MAX = 20;

/** Value of a hexadecimal digit, by its code; 255: none. */
export const HEX_VALUE = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  HEX_VALUE[digit.toString(16).charCodeAt(0)] = digit;
  HEX_VALUE[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/**
 * Reads numbers: each method reads one that begins at `at` and gives the position after it, or -1 when there is none (or
 * one that 64 bits do not hold). The value is in the halves until the next call.
 */
export class IntegerText {
  /** Halves of the value's 64-bit two's complement. */
  lo = 0;
  hi = 0;
  /** `signed` for a number with a minus sign. */
  sign: Sign = "unsigned";

  /** A decimal number, which may have a minus sign. */
  decimal(bytes: Uint8Array, at: number, end: number): number {
    const negative = at < end && bytes[at] === 0x2d;
    if (negative) at++;
    const first = at;
    const exactEnd = at + EXACT_DIGITS < end ? at + EXACT_DIGITS : end;
    let value = 0;
    let digit = 0;
    while (at < exactEnd && (digit = bytes[at] - 0x30) >= 0 && digit <= 9) {
      value = value * 10 + digit;
      at++;
    }
    if (at === first) return -1;
    this.sign = "unsigned";
    if (value <= 0x7fffffff) {
      this.lo = value;
      this.hi = 0;
    } else {
      this.hi = Math.floor(value / 4294967296) | 0;
      this.lo = value | 0;
    }
    if (at === exactEnd && at < end) {
      at = this.#more(bytes, at, end, first + DIGITS_MAX, value);
      if (at < 0) return -1;
    }
    if (negative) {
      this.sign = "signed";
      this.lo = -this.lo | 0;
      this.hi = ~this.hi + (this.lo === 0 ? 1 : 0) | 0;
    }
    return at;
  }

  /** The rest of a long number, of which `value` has been read. */
  #more(bytes: Uint8Array, at: number, end: number, limit: number, value: number): number {
    let scale = 1;
    let rest = 0;
    let digit = 0;
    while (at < end && (digit = bytes[at] - 0x30) >= 0 && digit <= 9) {
      if (at === limit) return -1;
      rest = rest * 10 + digit;
      scale *= 10;
      at++;
    }
    const low = (value % 4294967296) * scale + rest;
    const high = Math.floor(value / 4294967296) * scale + Math.floor(low / 4294967296);
    if (high > 0xffffffff) return -1;
    this.lo = low % 4294967296 | 0;
    this.hi = high | 0;
    return at;
  }

  /** Hexadecimal digits, without a prefix. */
  hexDigits(bytes: Uint8Array, at: number, end: number): number {
    const first = at;
    let lo = 0;
    let hi = 0;
    let digit = 0;
    while (at < end && (digit = HEX_VALUE[bytes[at]]) < 16) {
      hi = (hi << 4) | (lo >>> 28);
      lo = (lo << 4) | digit;
      at++;
    }
    if (at === first || at - first > 16 && !allZero(bytes, first, at - 16)) return -1;
    this.lo = lo;
    this.hi = hi;
    this.sign = "unsigned";
    return at;
  }

  /** A hexadecimal number, with or without 0x. */
  hex(bytes: Uint8Array, at: number, end: number): number {
    return this.hexDigits(bytes, isPrefix(bytes, at, end) ? at + 2 : at, end);
  }

  /** A decimal number, or a hexadecimal one with 0x. */
  number(bytes: Uint8Array, at: number, end: number): number {
    if (isPrefix(bytes, at, end)) return this.hexDigits(bytes, at + 2, end);
    return this.decimal(bytes, at, end);
  }

  /** Octal digits, of at most 32 bits. */
  octal(bytes: Uint8Array, at: number, end: number): number {
    const first = at;
    let value = 0;
    let digit = 0;
    while (at < end && (digit = bytes[at] - 0x30) >= 0 && digit <= 7) {
      value = value * 8 + digit;
      at++;
    }
    if (at === first || value > 0xffffffff) return -1;
    this.lo = value | 0;
    this.hi = 0;
    this.sign = "unsigned";
    return at;
  }
}

function isPrefix(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 2 < end && bytes[at] === 0x30 && (bytes[at + 1] | 0x20) === 0x78;
}

function allZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0x30) return false;
  return true;
}
