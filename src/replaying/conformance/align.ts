/**
 * The longest common part of two sequences of texts, in order.
 *
 * @module
 */

/** Cells of a table that is filled as a whole; what is longer is cut into pieces. */
const CELLS_MAX = 4_000_000;
const PIECE = 1000;

/** For each of `predicted`, which of `observed` it is; -1: none. */
export function align(predicted: readonly string[], observed: readonly string[]): Int32Array {
  const found = new Int32Array(predicted.length).fill(-1);
  let start = 0;
  while (start < predicted.length && start < observed.length && predicted[start] === observed[start]) {
    found[start] = start;
    start++;
  }
  let endA = predicted.length;
  let endB = observed.length;
  while (endA > start && endB > start && predicted[endA - 1] === observed[endB - 1]) found[--endA] = --endB;
  const a = predicted.slice(start, endA);
  const b = observed.slice(start, endB);
  if (a.length === 0 || b.length === 0) return found;
  if ((a.length + 1) * (b.length + 1) <= CELLS_MAX) {
    alignWhole(a, b, (i, j) => found[start + i] = start + j);
    return found;
  }
  // Too long to be looked at as a whole: piece by piece, where a match may not reach from one into the next.
  for (let from = 0; from < a.length || from < b.length; from += PIECE) {
    alignWhole(a.slice(from, from + PIECE), b.slice(from, from + PIECE), (i, j) => {
      found[start + from + i] = start + from + j;
    });
  }
  return found;
}

function alignWhole(a: readonly string[], b: readonly string[], match: (i: number, j: number) => void): void {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) match(i++, j++);
    else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i++;
    else j++;
  }
}
