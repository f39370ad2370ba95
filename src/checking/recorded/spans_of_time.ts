/**
 * Things that take some time, looked up by when they do.
 *
 * @module
 */

import { partitionPoint } from "../../std/partition_point.ts";

/** Spans from `start` to `end`, nanoseconds; null: nobody knows when one ends, and it goes on. */
export class SpansOfTime<T extends { readonly start: number; readonly end: number | null }> {
  readonly #spans: readonly T[];
  /** The latest end up to and with each. */
  readonly #ends: Float64Array;

  constructor(spans: readonly T[]) {
    this.#spans = spans.toSorted((a, b) => a.start - b.start);
    this.#ends = new Float64Array(spans.length);
    let latest = -Infinity;
    this.#spans.forEach((span, at) => this.#ends[at] = latest = Math.max(latest, endOf(span)));
  }

  /** Those that begin before `to` and end behind `from`, by when they begin. */
  within(from: number, to: number): T[] {
    const found: T[] = [];
    const end = partitionPoint(this.#spans, ({ start }) => start < to);
    for (let at = end - 1; at >= 0 && this.#ends[at] > from; at--) {
      if (endOf(this.#spans[at]) > from) found.push(this.#spans[at]);
    }
    return found.reverse();
  }
}

function endOf({ end }: { readonly end: number | null }): number {
  return end ?? Infinity;
}
