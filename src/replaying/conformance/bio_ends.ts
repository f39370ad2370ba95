/**
 * When bios of a recording had ended, for those who look at what they have moved.
 *
 * `block_rq_complete` tells of a request before its bios end (blk_update_request), `block_io_done` when all of them have
 * (blk_account_io_done): in between folios are under writeback for some time yet. Whoever waits is woken in between, too,
 * which takes longer than all the rest; so what it takes is what it takes at least.
 *
 * @module
 */

import type { RecordedBioSpan, RecordedEvent, RecordedTrace } from "./recorded_events.ts";

/** Nanoseconds from `block_rq_complete` to `block_io_done` of a request, the shortest of a recording; 0: nothing tells. */
export function endingTakes(events: readonly RecordedEvent[]): number {
  const completed = new Map<number, number>();
  let shortest = Infinity;
  for (const { name, sector, time } of events) {
    if (sector === null) continue;
    if (name === "block_rq_complete") completed.set(sector, time);
    const begun = name === "block_io_done" ? completed.get(sector) : undefined;
    if (begun !== undefined) shortest = Math.min(shortest, time - begun);
    if (name === "block_io_done") completed.delete(sector);
  }
  return shortest === Infinity ? 0 : shortest;
}

/** The bios of a recording, each with when it had ended. */
export function endedBios({ bios, events }: RecordedTrace): RecordedBioSpan[] {
  const takes = endingTakes(events);
  return bios.map((bio) => ({ ...bio, completed: bio.completed + takes }));
}
