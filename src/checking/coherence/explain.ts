/**
 * Coherence findings in words.
 *
 * @module
 */

import type { PlainOperation, Way } from "./plain_history.ts";
import type { Read, Write } from "./sector_history.ts";

/** Names an operation: `T1#0 (pwrite dio F[0])`. */
export function named({ name, what }: PlainOperation): string {
  return what === "" ? name : `${name} (${what})`;
}

/** `sector 3 of F`, `sectors 0..3, 6 of F`; ascending ones. */
export function sectorsText(sectors: readonly number[], file: string): string {
  const runs: string[] = [];
  for (let at = 0; at < sectors.length;) {
    let last = at;
    while (last + 1 < sectors.length && sectors[last + 1] === sectors[last] + 1) last++;
    runs.push(last === at ? `${sectors[at]}` : `${sectors[at]}..${sectors[last]}`);
    at = last + 1;
  }
  return `sector${sectors.length === 1 ? "" : "s"} ${runs.join(", ")} of ${file}`;
}

/** Where a read came from. */
function whereFrom(way: Way): string {
  return way === "direct" ? "from the device" : way === "cached" ? "from the page cache" : "through a mapping";
}

/** `T2#0 (pread F[0]) returned I(F,0) for sector 0 of F from the page cache`, or what the file holds in the end. */
export function returned(read: Read, sectors: readonly number[], file: string): string {
  const what = andSoOn(read.value, sectors);
  const of = sectorsText(sectors, file);
  if (read.operation === null) {
    const holds = sectors.length === 1 ? "holds" : "hold";
    return `When all is done ${of} ${holds} ${what} ${read.way === "direct" ? "in the block" : "in a dirty folio"}`;
  }
  return `${named(read.operation)} returned ${what} for ${of} ${whereFrom(read.way)}`;
}

/** Who wrote it. */
export function nameOf({ operation }: Write): string {
  return operation === null ? "what was there before" : named(operation);
}

/** A value of the first of some sectors. */
export function andSoOn(value: string, sectors: readonly number[]): string {
  return sectors.length === 1 ? value : `${value} and so on`;
}
