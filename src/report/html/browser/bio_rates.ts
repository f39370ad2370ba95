/**
 * Bytes a second and bios at once, over any stretch of time of a recording.
 *
 * @module
 */
import type { Stretch } from "./busy_part.ts";
import type { Recording } from "./recording.ts";
import { rowsByCode } from "./timeline_lanes.ts";
import { inOrder, upperBound } from "./tracks.ts";
import { word } from "./words.ts";

/** What is known of the bios of a device. */
export interface DeviceBios {
  readonly name: string;
  /** Times of queueing and of completion, each in order, ns. */
  readonly begins: Float64Array;
  readonly ends: Float64Array;
  readonly read: Transfers;
  readonly written: Transfers;
}

/** Bytes by the time at which they were completed, in order. */
export interface Transfers {
  readonly times: Float64Array;
  readonly bytes: Float64Array;
}

/** Counts of bios queued and not completed: the most in each part of a stretch of time. */
export function depthOf(
  begins: Float64Array,
  ends: Float64Array,
  { from, length }: Stretch,
  bins: number,
): number[] {
  const most = new Array<number>(bins).fill(0);
  const binOf = (time: number) => Math.min(bins - 1, Math.floor(((time - from) / length) * bins));
  const until = from + length;
  let start = upperBound(begins, from);
  let stop = upperBound(ends, from);
  let depth = start - stop;
  most[0] = depth;
  let bin = 0;
  const enter = (to: number) => {
    while (bin < to) most[++bin] = Math.max(most[bin], depth);
  };
  while (start < begins.length && begins[start] <= until || stop < ends.length && ends[stop] <= until) {
    // One that ends when another begins is not beside it.
    if (stop < ends.length && !(begins[start] < ends[stop])) {
      enter(binOf(ends[stop++]));
      depth--;
    } else {
      enter(binOf(begins[start++]));
      depth++;
      most[bin] = Math.max(most[bin], depth);
    }
  }
  enter(bins - 1);
  return most;
}

/** Bytes a second in each part of a stretch of time. */
export function rateOf({ times, bytes }: Transfers, { from, length }: Stretch, bins: number): number[] {
  const rates = new Array<number>(bins).fill(0);
  const seconds = length / bins / 1e9;
  // Times are whole, stretches are not.
  for (let nth = upperBound(times, Math.ceil(from) - 1); nth < times.length && times[nth] <= from + length; nth++) {
    rates[Math.min(bins - 1, Math.floor(((times[nth] - from) / length) * bins))] += bytes[nth] / seconds;
  }
  return rates;
}

/** Devices that have bios. */
export function devicesOf({ words, bios, bioEnds }: Recording): DeviceBios[] {
  const [dev, rwbs, bytes, queue, complete] = ["dev", "rwbs", "bytes", "queue", "complete"].map((name) =>
    bios.column(name)
  );
  const rowsOfDevice = rowsByCode(dev, words.devices.length);
  return words.devices.map((name, code): DeviceBios => {
    const rows = rowsOfDevice[code].filter((row) => !Number.isNaN(queue[row]));
    const completed = inOrder(rows.filter((row) => !Number.isNaN(complete[row] + bytes[row])), bioEnds);
    const transfers = (isOf: (flags: string) => boolean): Transfers => {
      const own = completed.filter((row) => isOf(word(words.rwbs, rwbs[row])));
      return {
        times: Float64Array.from(own, (row) => bioEnds[row]),
        bytes: Float64Array.from(own, (row) => bytes[row]),
      };
    };
    return {
      name,
      begins: Float64Array.from(rows, (row) => queue[row]).sort(),
      ends: Float64Array.from(rows, (row) => bioEnds[row]).sort(),
      read: transfers((flags) => flags.includes("R") && !flags.includes("W")),
      written: transfers((flags) => flags.includes("W")),
    };
  }).filter(({ begins }) => begins.length > 0);
}
