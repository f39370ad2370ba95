/**
 * Spans that overlap, put beside each other: each goes into the first lane that is free when it begins.
 *
 * @module
 */

/** Lanes of one track. Spans come in the order in which they begin. */
export class Lanes {
  /** When the last span of each lane ends. */
  readonly #ends: bigint[] = [];

  /** @returns the lane, from 0 */
  take(begin: bigint, end: bigint): number {
    let lane = this.#ends.findIndex((busyUntil) => busyUntil <= begin);
    if (lane < 0) lane = this.#ends.length;
    this.#ends[lane] = end;
    return lane;
  }
}
