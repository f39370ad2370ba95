/**
 * Sectors of ranges of bytes.
 *
 * @module
 */

export const SECTOR = 512;

/** Sectors that a range holds whole. */
export function sectorsOf(start: number, end: number): number[] {
  const sectors: number[] = [];
  for (let sector = Math.ceil(start / SECTOR); (sector + 1) * SECTOR <= end; sector++) sectors.push(sector);
  return sectors;
}

/** `3`, `3..7, 9`; ascending ones. */
export function rangesText(numbers: readonly number[]): string {
  const runs: string[] = [];
  for (let at = 0; at < numbers.length;) {
    let last = at;
    while (last + 1 < numbers.length && numbers[last + 1] === numbers[last] + 1) last++;
    runs.push(last === at ? `${numbers[at]}` : `${numbers[at]}..${numbers[last]}`);
    at = last + 1;
  }
  return runs.join(", ");
}
