/**
 * Takes the text of an event apart whose layout is not known: `key=value`, `key: value` or `key value`, one after another.
 *
 * @module
 */

import { identifierEnd, isDigit, isLetter, NAME_BYTE } from "./byte_text.ts";

/** Most pairs of one text; a text with more is kept whole. */
export const PAIRS_MAX = 64;

const EQUALS = 0x3d;
const COLON = 0x3a;
const BLANK = 0x20;
const COMMA = 0x2c;
const QUOTE = 0x22;

/** The pairs of the last text that could be taken apart, as ranges of the bytes. */
export class FieldSplitter {
  count = 0;
  readonly keyStart = new Int32Array(PAIRS_MAX);
  readonly keyEnd = new Int32Array(PAIRS_MAX);
  readonly valueStart = new Int32Array(PAIRS_MAX);
  readonly valueEnd = new Int32Array(PAIRS_MAX);

  /** True when pairs account for all of `bytes[start, end)`. */
  split(bytes: Uint8Array, start: number, end: number): boolean {
    return this.equals(bytes, start, end) || this.arguments(bytes, start, end) || this.#words(bytes, start, end);
  }

  #add(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): boolean {
    if (this.count === PAIRS_MAX) return false;
    this.keyStart[this.count] = keyStart;
    this.keyEnd[this.count] = keyEnd;
    this.valueStart[this.count] = valueStart;
    this.valueEnd[this.count++] = valueEnd;
    return true;
  }

  /** `key=value key=value`, with a comma or without; a value goes on to the next key. */
  equals(bytes: Uint8Array, start: number, end: number): boolean {
    this.count = 0;
    end = withoutBlanks(bytes, start, end);
    let at = start;
    while (at < end) {
      const keyEnd = identifierEnd(bytes, at, end);
      if (keyEnd === at || bytes[keyEnd] !== EQUALS || keyEnd === end) return false;
      const valueStart = keyEnd + 1;
      let valueEnd = valueStart;
      let next = end;
      for (; valueEnd < end; valueEnd++) {
        if (bytes[valueEnd] === QUOTE) valueEnd = closingQuote(bytes, valueEnd, end);
        if (bytes[valueEnd] !== BLANK) continue;
        next = valueEnd + 1;
        while (next < end && bytes[next] === BLANK) next++;
        const nextKeyEnd = identifierEnd(bytes, next, end);
        if (nextKeyEnd > next && nextKeyEnd < end && bytes[nextKeyEnd] === EQUALS) break;
        next = end;
      }
      if (valueEnd > valueStart && bytes[valueEnd - 1] === COMMA) {
        if (!this.#add(at, keyEnd, valueStart, valueEnd - 1)) return false;
      } else if (!this.#add(at, keyEnd, valueStart, valueEnd)) {
        return false;
      }
      at = next;
    }
    return this.count > 0;
  }

  /** `key: value, key: value`, as syscall arguments are printed; the key may have its type before it. */
  arguments(bytes: Uint8Array, start: number, end: number): boolean {
    this.count = 0;
    end = withoutBlanks(bytes, start, end);
    let at = start;
    let colon = keyColon(bytes, at, end);
    while (at < end) {
      if (colon < 0) return false;
      let keyStart = colon;
      while (keyStart > at && NAME_BYTE[bytes[keyStart - 1]] === 1) keyStart--;
      if (keyStart === colon || !isLetter(bytes[keyStart])) return false;
      const keyEnd = colon;
      const valueStart = Math.min(colon + 2, end);
      let valueEnd = valueStart;
      for (; valueEnd < end; valueEnd++) {
        const c = bytes[valueEnd];
        if (c === QUOTE) valueEnd = closingQuote(bytes, valueEnd, end);
        else if (c === COMMA && bytes[valueEnd + 1] === BLANK) {
          colon = keyColon(bytes, valueEnd + 2, end);
          if (colon >= 0) break;
        }
      }
      if (!this.#add(keyStart, keyEnd, valueStart, Math.min(valueEnd, end))) return false;
      at = valueEnd < end ? valueEnd + 2 : end;
    }
    return this.count > 0;
  }

  /** `key value key value`, among them `key=value`; the value of a bare key has to be a number. */
  #words(bytes: Uint8Array, start: number, end: number): boolean {
    this.count = 0;
    end = withoutBlanks(bytes, start, end);
    let at = start;
    while (at < end) {
      const keyEnd = identifierEnd(bytes, at, end);
      const keyStart = at;
      if (keyEnd === at || keyEnd === end) return false;
      let valueStart = keyEnd + 1;
      if (bytes[keyEnd] === COLON || bytes[keyEnd] === COMMA) valueStart++;
      else if (bytes[keyEnd] !== EQUALS && bytes[keyEnd] !== BLANK) return false;
      if (valueStart >= end || bytes[valueStart - 1] !== BLANK && bytes[keyEnd] !== EQUALS) return false;
      let valueEnd = valueStart;
      while (valueEnd < end && bytes[valueEnd] !== BLANK) valueEnd++;
      if (bytes[keyEnd] !== EQUALS && !isDigit(bytes[valueStart]) && bytes[valueStart] !== 0x2d) return false;
      at = valueEnd;
      while (at < end && bytes[at] === BLANK) at++;
      if (valueEnd > valueStart + 1 && bytes[valueEnd - 1] === COMMA) valueEnd--;
      if (!this.#add(keyStart, keyEnd, valueStart, valueEnd)) return false;
    }
    return this.count > 0;
  }
}

/** `end` before the blanks that stand there. */
function withoutBlanks(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && bytes[end - 1] === BLANK) end--;
  return end;
}

/** Position of the quotation mark that ends the one at `at`; `end` when it is not closed. */
function closingQuote(bytes: Uint8Array, at: number, end: number): number {
  for (at++; at < end; at++) {
    if (bytes[at] === 0x5c) at++;
    else if (bytes[at] === QUOTE) return at;
  }
  return end;
}

/** Position of the colon after the key that stands at `at`, its type before it or not; -1 when there is no key. */
function keyColon(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const c = bytes[at];
    if (c === COLON) return at + 1 >= end || bytes[at + 1] === BLANK ? at : -1;
    if (NAME_BYTE[c] === 0 && c !== BLANK && c !== 0x2a) return -1;
    at++;
  }
  return -1;
}
