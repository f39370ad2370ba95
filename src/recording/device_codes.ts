/**
 * Devices as codes of texts `major:minor`.
 *
 * @module
 */

import { NONE } from "./event_type.ts";
import type { TextPool } from "./text_pool.ts";

/** Longest text of a device: eleven digits and a colon. */
const TEXT_MAX = 12;

/** Bits of a minor number, and of both, as the kernel has them. */
const MINOR_BITS = 20;
const MAJOR_BITS = 12;

/** Gives out the codes, which are the pool's. */
export class DeviceCodes {
  readonly #pool: TextPool;
  readonly #codes = new Map<number, number>();
  /** The device asked for last, and its code. */
  #lastMajor = 0;
  #lastMinor = 0;
  #last: number;

  constructor(pool: TextPool) {
    this.#pool = pool;
    this.#last = this.#find(0, 0);
  }

  of(major: number, minor: number): number {
    if (major !== this.#lastMajor || minor !== this.#lastMinor) {
      this.#lastMajor = major;
      this.#lastMinor = minor;
      this.#last = this.#find(major, minor);
    }
    return this.#last;
  }

  #find(major: number, minor: number): number {
    // Text may have any numbers.
    if (minor >>> MINOR_BITS !== 0 || major >>> MAJOR_BITS !== 0) return this.#pool.code(`${major}:${minor}`);
    const key = (major << MINOR_BITS) | minor;
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = this.#pool.code(`${major}:${minor}`);
      this.#codes.set(key, code);
    }
    return code;
  }

  /** @returns {@linkcode NONE} where the text, as bytes, is none of a device */
  ofText(source: Uint8Array, start: number, end: number): number {
    let colon = -1;
    for (let i = start; i < end; i++) {
      const c = source[i];
      if (c === 0x3a && colon < 0) colon = i;
      else if (c < 0x30 || c > 0x39) return NONE;
    }
    if (colon <= start || colon === end - 1 || end - start > TEXT_MAX) return NONE;
    return this.#pool.codeOfBytes(source, start, end);
  }
}
