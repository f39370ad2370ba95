/**
 * Finds the values of an event's text by its layout, without making an object or a string.
 *
 * @module
 */

import { HEX_VALUE, IntegerText } from "./integer_text.ts";
import { FieldKind, type Layout, LAYOUT_FIELDS_MAX } from "./layout.ts";
import type { Sign } from "../columns.ts";
import type { Printer } from "./symbols.ts";
import { readSymbol, readValue } from "./value_text.ts";

/** What has been found for a field. */
export enum Form {
  Integer,
  /** `hi`: major, `lo`: minor. */
  Device,
  Text,
}

/** How often a text's end may be tried further on before the layout is taken not to fit: keeps hostile lines cheap. */
const RETRIES_MAX = 64;

/** Values of the last text that fitted, by field number. */
export class LayoutMatcher {
  readonly form = new Uint8Array(LAYOUT_FIELDS_MAX);
  readonly lo = new Int32Array(LAYOUT_FIELDS_MAX);
  readonly hi = new Int32Array(LAYOUT_FIELDS_MAX);
  readonly sign: Sign[] = new Array(LAYOUT_FIELDS_MAX).fill("unsigned");
  /** Texts, as ranges of the bytes. */
  readonly start = new Int32Array(LAYOUT_FIELDS_MAX);
  readonly end = new Int32Array(LAYOUT_FIELDS_MAX);
  readonly #integer = new IntegerText();
  readonly #printer: Printer;
  #retries = 0;

  /** @param printer who printed the text: they differ in what they know of names */
  constructor(printer: Printer) {
    this.#printer = printer;
  }

  /** True when all of `bytes[start, end)` fits; blanks at the end do not count. */
  match(layout: Layout, bytes: Uint8Array, start: number, end: number): boolean {
    this.#retries = RETRIES_MAX;
    const at = literalEnd(layout.literals[0], bytes, start, end);
    return at >= 0 && this.#fields(layout, 0, bytes, at, end);
  }

  /** True when what is at `at` fits from field `i` on. */
  #fields(layout: Layout, i: number, bytes: Uint8Array, at: number, end: number): boolean {
    const { literals, fields } = layout;
    for (; i < fields.length; i++) {
      const kind = fields[i].kind;
      if (kind >= FieldKind.Text) return this.#text(layout, i, bytes, at, end);
      const next = kind === FieldKind.Number
        ? this.#shortDecimal(i, bytes, at, end)
        : kind === FieldKind.Hex
        ? this.#shortHex(i, bytes, at, end)
        : -1;
      at = next >= 0 ? next : this.#value(kind, i, bytes, at, end);
      if (at < 0) return false;
      at = literalEnd(literals[i + 1], bytes, at, end);
      if (at < 0) return false;
    }
    return onlyBlanks(bytes, at, end);
  }

  /** Reads a decimal number of a few digits, as most are; -1 for all others. */
  #shortDecimal(i: number, bytes: Uint8Array, at: number, end: number): number {
    const first = at;
    const limit = at + 9 < end ? at + 9 : end;
    let value = 0;
    let digit = 0;
    while (at < limit && (digit = bytes[at] - 0x30) >= 0 && digit <= 9) {
      value = value * 10 + digit;
      at++;
    }
    // The number may go on, in decimal or after 0x.
    if (at === first || at < end && (at === limit || bytes[at] === 0x78)) return -1;
    this.form[i] = Form.Integer;
    this.lo[i] = value;
    this.hi[i] = 0;
    this.sign[i] = "unsigned";
    return at;
  }

  /** Reads a hexadecimal number of at most eight digits, with or without 0x; -1 for all others. */
  #shortHex(i: number, bytes: Uint8Array, at: number, end: number): number {
    if (at + 2 < end && bytes[at] === 0x30 && bytes[at + 1] === 0x78) at += 2;
    const first = at;
    const limit = at + 8 < end ? at + 8 : end;
    let value = 0;
    let digit = 0;
    while (at < limit && (digit = HEX_VALUE[bytes[at]]) < 16) {
      value = (value << 4) | digit;
      at++;
    }
    if (at === first || at === limit && at < end && HEX_VALUE[bytes[at]] < 16) return -1;
    this.form[i] = Form.Integer;
    this.lo[i] = value;
    this.hi[i] = 0;
    this.sign[i] = "unsigned";
    return at;
  }

  /** Reads the value of field `i` at `at`; gives the position after it or -1. */
  #value(kind: FieldKind, i: number, bytes: Uint8Array, at: number, end: number): number {
    const integer = this.#integer;
    if (kind === FieldKind.Device) return this.#device(i, bytes, at, end);
    const next = readValue(kind, integer, bytes, at, end);
    if (next < 0) return -1;
    this.form[i] = Form.Integer;
    this.lo[i] = integer.lo;
    this.hi[i] = integer.hi;
    this.sign[i] = integer.sign;
    return next;
  }

  #device(i: number, bytes: Uint8Array, at: number, end: number): number {
    const integer = this.#integer;
    while (at < end && bytes[at] === 0x20) at++;
    at = integer.decimal(bytes, at, end);
    if (at < 0 || at >= end || (bytes[at] !== 0x3a && bytes[at] !== 0x2c)) return -1;
    const major = integer.lo;
    at = integer.decimal(bytes, at + 1, end);
    if (at < 0) return -1;
    this.form[i] = Form.Device;
    this.hi[i] = major;
    this.lo[i] = integer.lo;
    return at;
  }

  /** Field `i` is text from `at` to where the rest of the layout fits. */
  #text(layout: Layout, i: number, bytes: Uint8Array, at: number, end: number): boolean {
    const literal = layout.literals[i + 1];
    if (i === layout.fields.length - 1) {
      let textEnd = end;
      if (literal.length > 0) {
        while (textEnd > at && bytes[textEnd - 1] === 0x20) textEnd--;
        textEnd -= literal.length;
        if (textEnd < at || !isAt(bytes, textEnd, literal)) return false;
      }
      return this.#take(layout.fields[i].kind, i, bytes, at, textEnd);
    }
    const first = literal[0];
    const last = end - literal.length;
    for (let next = at; next <= last; next++) {
      if (bytes[next] !== first || !isAt(bytes, next, literal)) continue;
      if (this.#fields(layout, i + 1, bytes, next + literal.length, end)) {
        return this.#take(layout.fields[i].kind, i, bytes, at, next);
      }
      if (--this.#retries < 0) return false;
    }
    return false;
  }

  #take(kind: FieldKind, i: number, bytes: Uint8Array, start: number, end: number): true {
    this.form[i] = Form.Text;
    this.start[i] = start;
    this.end[i] = end;
    if (kind === FieldKind.Text) return true;
    const integer = this.#integer;
    while (end > start && bytes[end - 1] === 0x20) end--;
    this.end[i] = end;
    if (!readSymbol(kind, integer, bytes, start, end, this.#printer)) return true;
    this.form[i] = Form.Integer;
    this.lo[i] = integer.lo;
    this.hi[i] = integer.hi;
    this.sign[i] = integer.sign;
    return true;
  }
}

/** Position after the literal at `at`; -1 when another text is there. */
function literalEnd(literal: Uint8Array, bytes: Uint8Array, at: number, end: number): number {
  const length = literal.length;
  if (at + length > end) return isBlankLost(literal, bytes, at, end) ? end : -1;
  for (let k = 0; k < length; k++) if (bytes[at + k] !== literal[k]) return -1;
  return at + length;
}

/** The blanks at a line's end may be lost, with an empty text after them. */
function isBlankLost(literal: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at !== literal.length - 1 || literal[literal.length - 1] !== 0x20) return false;
  for (let k = 0; at + k < end; k++) if (bytes[at + k] !== literal[k]) return false;
  return true;
}

function isAt(bytes: Uint8Array, at: number, literal: Uint8Array): boolean {
  for (let k = 0; k < literal.length; k++) if (bytes[at + k] !== literal[k]) return false;
  return true;
}

function onlyBlanks(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end && bytes[at] === 0x20) at++;
  return at === end;
}
