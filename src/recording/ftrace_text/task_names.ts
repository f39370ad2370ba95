/**
 * Codes of the short texts that every line begins with: names of tasks, irq flags.
 *
 * @module
 */

import { NONE } from "../event_type.ts";
import type { TextPool } from "../text_pool.ts";

const SLOTS = 512;
const BYTES = 32;

/** Looks texts up in the pool through a small table, whose slot the caller picks (by the pid). */
export class TextCache {
  readonly #pool: TextPool;
  readonly #bytes = new Uint8Array(SLOTS * BYTES);
  readonly #length = new Int32Array(SLOTS).fill(-1);
  readonly #code = new Int32Array(SLOTS);

  constructor(pool: TextPool) {
    this.#pool = pool;
  }

  /** Code of `source[start, end)`; `hint` is any number that tends to be the same for the same text. */
  code(source: Uint8Array, start: number, end: number, hint: number): number {
    const length = end - start;
    if (length > BYTES) return this.#pool.codeOfBytes(source, start, end);
    const slot = hint & (SLOTS - 1);
    const bytes = this.#bytes;
    const at = slot * BYTES;
    if (this.#length[slot] === length) {
      let i = 0;
      while (i < length && bytes[at + i] === source[start + i]) i++;
      if (i === length) return this.#code[slot];
    }
    for (let i = 0; i < length; i++) bytes[at + i] = source[start + i];
    this.#length[slot] = length;
    return this.#code[slot] = this.#pool.codeOfBytes(source, start, end);
  }
}

/** Code of a task's name: none where the kernel did not know it and printed `<...>`. */
export function taskName(cache: TextCache, bytes: Uint8Array, start: number, end: number, pid: number): number {
  const unknown = end - start === 5 && bytes[start] === 0x3c && bytes[start + 1] === 0x2e && bytes[start + 4] === 0x3e;
  return unknown || start === end ? NONE : cache.code(bytes, start, end, pid);
}
