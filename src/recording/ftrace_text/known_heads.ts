/**
 * Heads of lines that came before: a task on one CPU prints the same bytes again and again up to the time.
 *
 * @module
 */

import { viewOf } from "../print_formats/byte_text.ts";

/** Heads remembered at most, a power of two. */
const HEADS = 512;

/** Shortest and longest head that is remembered, in bytes up to the time. */
const BYTES_MIN = 32;
const BYTES_MAX = 64;

/** A code that has not been looked up yet. */
export const NOT_LOOKED_UP = -2;

/** A head as it was read. Positions count from the start of the line. */
export class KnownHead {
  pid = 0;
  cpu = 0;
  tgid = -1;
  prefixStart = 0;
  prefixEnd = 0;
  nameStart = 0;
  nameEnd = 0;
  flagsStart = 0;
  flagsEnd = 0;
  /** Codes of the task's name and the flags, for whoever reads the lines. */
  comm = NOT_LOOKED_UP;
  flags = NOT_LOOKED_UP;
  /** @param bytes from the start of the line to the time */
  constructor(readonly bytes: Int32Array, readonly length: number) {}
}

export class KnownHeads {
  readonly #heads = new Array<KnownHead | null>(HEADS).fill(null);

  /** The head that the line at `start` begins with; null when it is none that is known. */
  find(bytes: Uint8Array, start: number, end: number): KnownHead | null {
    if (end - start < BYTES_MAX) return null;
    const view = viewOf(bytes);
    const head = this.#heads[slotOf(view, start)];
    if (head === null) return null;
    const known = head.bytes;
    const last = known.length - 1;
    for (let i = 0; i < last; i++) if (view.getInt32(start + 4 * i, true) !== known[i]) return null;
    // The last word overlaps the one before it.
    return view.getInt32(start + head.length - 4, true) === known[last] ? head : null;
  }

  /** A new head for the line at `start`, whose time begins at `time`; null when it is not one to remember. */
  add(bytes: Uint8Array, start: number, time: number, end: number): KnownHead | null {
    const length = time - start;
    if (end - start < BYTES_MAX || length < BYTES_MIN || length > BYTES_MAX) return null;
    const view = viewOf(bytes);
    const words = new Int32Array((length + 3) >> 2);
    for (let i = 0; i < words.length - 1; i++) words[i] = view.getInt32(start + 4 * i, true);
    words[words.length - 1] = view.getInt32(time - 4, true);
    return this.#heads[slotOf(view, start)] = new KnownHead(words, length);
  }
}

/** From the end of the task's name, its pid, the CPU and the flags. */
function slotOf(view: DataView, start: number): number {
  let hash = view.getInt32(start + 12, true);
  for (let at = 16; at < BYTES_MIN; at += 4) hash = Math.imul(hash, 31) + view.getInt32(start + at, true) | 0;
  // The flags begin behind what every head has.
  hash = Math.imul(hash, 31) + view.getInt32(start + 32, true) | 0;
  return (hash ^ (hash >>> 9) ^ (hash >>> 18)) & (HEADS - 1);
}
