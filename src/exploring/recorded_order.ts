/**
 * A program held to what a recording says of its operations: one that had returned before another began does so in every
 * run. What the recording leaves open is left to the strategy.
 *
 * @module
 */

import type { OrderedPair } from "../machine/history.ts";
import type { Program } from "../machine/program.ts";

/** When an operation was under way. */
export interface Interval {
  /** As `Operation.name`. */
  readonly operation: string;
  /** Nanoseconds; only their order counts. */
  readonly begunNs: bigint;
  /** As `begunNs`; an operation that begins at this very moment is not held to come later. */
  readonly returnedNs: bigint;
}

/** Pairs of operations one of which went directly before the other: nothing lay between them. */
function directOrder(intervals: readonly Interval[]): OrderedPair[] {
  const pairs: OrderedPair[] = [];
  const precedes = (a: Interval, b: Interval) => a.returnedNs < b.begunNs;
  for (const after of intervals) {
    const earlier = intervals.filter((each) => precedes(each, after));
    for (const before of earlier) {
      if (earlier.some((between) => precedes(before, between))) continue;
      pairs.push({ before: before.operation, after: after.operation });
    }
  }
  return pairs;
}

/** The program with its operations in that order; all strategies apply. */
export function inRecordedOrder(program: Program, intervals: readonly Interval[]): Program {
  const pairs = directOrder(intervals);
  return {
    name: `${program.name}, in recorded order`,
    setUp(world) {
      world.history.setOrder(pairs);
      return program.setUp(world);
    },
  };
}
