/**
 * The part of a recording in which nearly all of it happens: what is shown first, where that is a small part of it.
 *
 * @module
 */

export interface Stretch {
  /** ns */
  readonly from: number;
  readonly length: number;
}

/** So much of what happens is in the part. */
export const BUSY_SHARE = 0.95;
/** A part that is longer than this share of all is no better than all. */
const SHORT = 0.4;
/** More times than this tell no more. */
const SAMPLE_MAX = 20_000;
/** Room on both sides, as a share of the part. */
const ROOM = 0.06;

function sampled(list: Float64Array, every: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(list.length / every) }, (_, nth) => list[nth * every]);
}

/**
 * @param lists times of what happens, ns, in any order; NaN stands for none
 * @param whole length of the recording, ns
 * @returns null: it is spread over the recording
 */
export function busyPart(lists: readonly Float64Array[], whole: number): Stretch | null {
  const every = Math.ceil(lists.reduce((sum, { length }) => sum + length, 0) / SAMPLE_MAX);
  const times = lists.flatMap((list) => Array.from(sampled(list, every)))
    .filter((time) => time >= 0).sort((a, b) => a - b);
  const wanted = Math.ceil(times.length * BUSY_SHARE);
  if (wanted < 2) return null;
  let [from, length] = [0, Infinity];
  for (let nth = 0; nth + wanted <= times.length; nth++) {
    const own = times[nth + wanted - 1] - times[nth];
    if (own < length) [from, length] = [times[nth], own];
  }
  if (length > whole * SHORT) return null;
  return { from: from - length * ROOM, length: length * (1 + 2 * ROOM) };
}
