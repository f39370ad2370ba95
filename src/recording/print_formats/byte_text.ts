/**
 * Small questions about ASCII text within bytes.
 *
 * @module
 */

let viewed = new Uint8Array();
let view: DataView = new DataView(viewed.buffer);

/** A view of the same bytes, to compare several of them at a time; the bytes of a recording are one array for long. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    viewed = bytes as Uint8Array<ArrayBuffer>;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return view;
}

/** Position of an ASCII text in `bytes[start, end)`, or -1. */
export function find(bytes: Uint8Array, start: number, end: number, text: string): number {
  const first = text.charCodeAt(0);
  for (let at = start; at + text.length <= end; at++) {
    if (bytes[at] === first && isAt(bytes, at, end, text)) return at;
  }
  return -1;
}

/** True when the ASCII text stands at `at`. */
export function isAt(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** 1 for letters, digits and underscores: what names of events and fields are made of. */
export const NAME_BYTE = new Uint8Array(256);
for (const c of new TextEncoder().encode("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")) {
  NAME_BYTE[c] = 1;
}

export function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

export function isLetter(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || c === 0x5f;
}

/** Position of the first byte from `at` on that is no blank; `end` when there is none. */
export function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] === 0x20) at++;
  return at;
}

/** Position of the first byte from `at` on that is no digit. */
export function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isDigit(bytes[at])) at++;
  return at;
}

/** End of the identifier at `at`; `at` itself when there is none. */
export function identifierEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end || !isLetter(bytes[at])) return at;
  while (at < end && NAME_BYTE[bytes[at]] === 1) at++;
  return at;
}

/** End of what stands at `at` before the next blank. */
export function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== 0x20) at++;
  return at;
}

/** End of a kernel symbol (`do_execveat_common.isra.0+0x1a6/0x1b0`) at `at`; `at` itself when there is none. */
export function symbolEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = identifierEnd(bytes, at, end);
  if (first === at) return at;
  at = first;
  while (at < end && bytes[at] > 0x20 && bytes[at] !== 0x3a) at++;
  return at;
}
