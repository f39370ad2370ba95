/**
 * What the rwbs text of a block event says about pairing: the operation, and where flushes come in.
 *
 * Sources: `blk_fill_rwbs` of Linux 6.18 as its output shows it, blkparse(1); the steps of block/blk-flush.c.
 *
 * @module
 */

/** Operation as far as pairing needs it. Zero: the event does not tell. */
export const OPERATION_MASK = 7;
export const READ = 1;
export const WRITE = 2;
const DISCARD = 3;
const ZONE = 4;
/** Neither reads nor writes: a driver's or a packet command. */
export const COMMAND = 5;

/** A request that the block layer made to flush the cache: `FF` in ftrace, `FN` in blktrace. */
export const FLUSH_REQUEST = 8;
/** A write with FUA, which ends with a flush where the device has none. */
export const MAY_END_WITH_FLUSH = 16;

const OPERATIONS: Record<string, number> = { R: READ, W: WRITE, D: DISCARD, Z: ZONE, N: COMMAND };

/** Traits of an rwbs text, as bits. An F ahead of the operation is a flush before it, one behind it FUA. */
export function requestTraits(rwbs: string): number {
  if (/^F[FN]?$/.test(rwbs) || rwbs.startsWith("FF")) return FLUSH_REQUEST;
  const parts = /^F?([RWDZN])(.*)$/.exec(rwbs);
  if (parts === null) return 0;
  const operation = OPERATIONS[parts[1]];
  return operation | (operation !== ZONE && parts[2].includes("F") ? MAY_END_WITH_FLUSH : 0);
}

/** May events with these operations be about the same bio? */
export function sameOperation(a: number, b: number): boolean {
  return a === b || a === 0 || b === 0;
}
