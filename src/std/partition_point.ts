/**
 * Binary search.
 *
 * @module
 */

/**
 * @param list those for which `isBefore` holds come before all others
 * @returns index of the first for which it does not hold; the length where there is none
 */
export function partitionPoint<T>(list: ArrayLike<T>, isBefore: (each: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(list[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
