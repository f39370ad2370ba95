/**
 * The scale of bars: it has 0, so that a bar twice as long stands for twice as much.
 *
 * @module
 */

/** Room beyond the longest bar, as a share of it. */
const ROOM = 0.05;

/**
 * @param min, max of the values that bars stand for; null: there is none
 * @returns the first and the last value of the scale
 */
export function barScale(min: number | null, max: number | null): [first: number, last: number] {
  const first = Math.min(0, (min ?? 0) * (1 + ROOM));
  const last = Math.max(0, (max ?? 0) * (1 + ROOM));
  return first === last ? [0, 1] : [first, last];
}
