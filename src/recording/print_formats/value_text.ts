/**
 * Values of the less simple kinds, as layouts have them.
 *
 * @module
 */

import type { IntegerText } from "./integer_text.ts";
import { FieldKind } from "./layout.ts";
import { faultBits, type Printer } from "./symbols.ts";

/**
 * Reads the value at `at`, which may have blanks before it; not for devices and texts.
 *
 * @param into takes the value
 * @returns the position after it, or -1 when none is there
 */
export function readValue(kind: FieldKind, into: IntegerText, bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] === 0x20) at++;
  switch (kind) {
    case FieldKind.Number:
      return into.number(bytes, at, end);
    case FieldKind.Hex:
      return into.hex(bytes, at, end);
    case FieldKind.Octal:
      return into.octal(bytes, at, end);
    case FieldKind.Page:
      at = into.number(bytes, at, end);
      into.lo = (into.lo >>> 12) | (into.hi << 20);
      into.hi >>= 12;
      return at;
    case FieldKind.Ioprio:
      return ioprio(into, bytes, at, end);
    default:
      return lsn(into, bytes, at, end);
  }
}

/** `class,hint,level`, where the class is a name or a number in hexadecimal. */
function ioprio(into: IntegerText, bytes: Uint8Array, at: number, end: number): number {
  let priority = 0;
  if (bytes[at] >= 0x61) {
    const first = at;
    while (at < end && bytes[at] !== 0x2c) at++;
    priority = ioprioClass(bytes, first, at);
  } else {
    at = into.hex(bytes, at, end);
    priority = into.lo;
  }
  if (at < 0 || priority < 0 || at >= end || bytes[at] !== 0x2c) return -1;
  at = into.decimal(bytes, at + 1, end);
  if (at < 0 || at >= end || bytes[at] !== 0x2c) return -1;
  const hint = into.lo;
  at = into.decimal(bytes, at + 1, end);
  into.lo |= (priority << 13) | (hint << 3);
  return at;
}

/** Number of an I/O priority class by its name: none, rt, be, idle, invalid; -1 for another. */
function ioprioClass(bytes: Uint8Array, start: number, end: number): number {
  switch (end - start) {
    case 2:
      return bytes[start] === 0x72 ? 1 : bytes[start] === 0x62 ? 2 : -1;
    case 4:
      return bytes[start] === 0x6e ? 0 : bytes[start] === 0x69 ? 3 : -1;
    case 7:
      return 7;
    default:
      return -1;
  }
}

function lsn(into: IntegerText, bytes: Uint8Array, at: number, end: number): number {
  at = into.decimal(bytes, at, end);
  if (at < 0 || at >= end || bytes[at] !== 0x2f) return -1;
  const cycle = into.lo;
  at = into.decimal(bytes, at + 1, end);
  into.hi = cycle;
  return at;
}

/**
 * Reads a number out of names, `bytes[start, end)` without blanks at the end: a value that has no name is printed as a
 * number.
 *
 * @returns false when it is a name
 */
export function readSymbol(
  kind: FieldKind,
  into: IntegerText,
  bytes: Uint8Array,
  start: number,
  end: number,
  printer: Printer,
): boolean {
  if (start === end) {
    // No bit has a name, so none is set.
    into.lo = into.hi = 0;
  } else if (kind === FieldKind.Fault) {
    const bits = faultBits(bytes, start, end, printer);
    if (bits < 0) return false;
    into.lo = bits;
    into.hi = 0;
  } else {
    return into.number(bytes, start, end) === end;
  }
  into.sign = "unsigned";
  return true;
}
