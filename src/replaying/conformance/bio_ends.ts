/**
 * When bios of a recording had ended, for those who look at what they have moved.
 *
 * `block_rq_complete` tells of a request before its bios end (blk_update_request), `block_io_done` when all of them have
 * (blk_account_io_done): in between their folios end one after another. Whoever waits for one is woken in between, too,
 * which takes longer than all the rest; so the first has ended behind `block_rq_complete` by what a request takes at least.
 *
 * @module
 */

import type { DiskPlaces } from "./disk_places.ts";
import type { RecordedBioSpan, RecordedEvent, RecordedTrace } from "./recorded_events.ts";

const SECTOR = 512;

/** A bio; `completed`: when it had ended, or the first of its folios. */
export interface EndedBio extends RecordedBioSpan {
  /** When the last of its folios had; the same where nothing tells. */
  readonly done: number;
}

/** `block_io_done` of requests by their `block_rq_complete`, nanoseconds. */
function doneBy(events: readonly RecordedEvent[]): Map<number, number> {
  const completed = new Map<number, number>();
  const done = new Map<number, number>();
  for (const { name, sector, time } of events) {
    if (sector === null) continue;
    if (name === "block_rq_complete") completed.set(sector, time);
    if (name !== "block_io_done") continue;
    const begun = completed.get(sector);
    if (begun !== undefined) done.set(begun, time);
    completed.delete(sector);
  }
  return done;
}

/** The bios of a recording, each with when it had ended. */
export function endedBios({ bios, events }: Pick<RecordedTrace, "bios" | "events">): EndedBio[] {
  const done = doneBy(events);
  let takes = Infinity;
  for (const [begun, time] of done) takes = Math.min(takes, time - begun);
  if (takes === Infinity) takes = 0;
  return bios.map((bio) => {
    const completed = bio.completed + takes;
    return { ...bio, completed, done: Math.max(completed, done.get(bio.completed) ?? completed) };
  });
}

/** Ended bios as the model asks for them: by sectors of the small device, and flags. */
export class BioEnds {
  readonly #places: DiskPlaces;
  readonly #sectorsPerBlock: number;
  readonly #byRwbs = new Map<string, EndedBio[]>();

  constructor(trace: RecordedTrace, places: DiskPlaces, sectorsPerBlock: number) {
    this.#places = places;
    this.#sectorsPerBlock = sectorsPerBlock;
    for (const bio of endedBios(trace)) {
      const own = this.#byRwbs.get(bio.rwbs);
      if (own === undefined) this.#byRwbs.set(bio.rwbs, [bio]);
      else own.push(bio);
    }
  }

  /** Those that had the sector; of flushes all. */
  on(sector: number, rwbs: string): readonly EndedBio[] {
    const own = this.#byRwbs.get(rwbs) ?? [];
    if (rwbs.startsWith("F")) return own;
    const real = this.#places.toRealSector(sector, this.#sectorsPerBlock);
    return real === null ? own : own.filter((bio) => bio.sector <= real && real < bio.sector + bio.bytes / SECTOR);
  }

  /** Of several that may be meant, queued until then and not over at `time`, the one that was queued next to that time. */
  at(sector: number, rwbs: string, time: number, until: number): EndedBio | null {
    let found: EndedBio | null = null;
    for (const bio of this.on(sector, rwbs)) {
      if (bio.completed < time || bio.queued > until) continue;
      if (found === null || Math.abs(bio.queued - time) < Math.abs(found.queued - time)) found = bio;
    }
    return found;
  }

  /** 0 or a negative error number. */
  error(sector: number, rwbs: string, time: number): number {
    // One that ended just then is meant, though another may have been queued nearer to that.
    const ended = this.on(sector, rwbs).find(({ completed }) => completed === time);
    return (ended ?? this.at(sector, rwbs, time, Infinity))?.error ?? 0;
  }
}
