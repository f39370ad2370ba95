/**
 * Takes out of a recording what was decided around the file system.
 *
 * @module
 */

import { aroundCall, MARK, marksOf, NOTHING_AROUND } from "./around_calls.ts";
import { BioEnds } from "./bio_ends.ts";
import { Sights } from "./block_sights.ts";
import { DiskPlaces } from "./disk_places.ts";
import type { EnvironmentFacts } from "./environment.ts";
import { filesAtStart, pagesOf } from "./files_at_start.ts";
import { otherWorkOf, passesOf } from "./outside_calls.ts";
import type { RecordedTrace } from "./recorded_events.ts";
import type { Unit } from "./units.ts";
import { conversionsOf, directEndsOf } from "./worker_times.ts";
import { leastAheadBelow } from "./xfs_at_start.ts";

const SECTOR = 512;

/** The environment of a recording whose calls have been told apart. */
export function environmentOf(trace: RecordedTrace, units: readonly Unit[], inos: readonly number[]): EnvironmentFacts {
  const { pageSize, events } = trace;
  const blockSize = trace.blockSize ?? pageSize;
  const sectorsPerBlock = blockSize / SECTOR;
  const pagesMax = pagesOf(trace, new Set(inos));
  const sights = new Sights(trace, blockSize, pagesMax);
  const named: number[] = [];
  for (const blocks of sights.byFile.values()) {
    for (const list of blocks.values()) for (const { pblk } of list) if (pblk !== null) named.push(pblk);
  }
  const places = new DiskPlaces(named);
  const files = filesAtStart(trace, units, inos, { sights, places, blockSize });
  const around = new Map(units.map((unit) => [unit.id, aroundCall(unit, trace)]));
  const bios = new BioEnds(trace, places, sectorsPerBlock);
  const marks = marksOf(events, pageSize);
  const ringWork = events.filter(({ comm }) => comm.startsWith("iou-wrk")).map(({ time }) => time);
  const shifts = events.filter(({ name }) => name === "xfs_iomap_prealloc_size");
  const names = new Set(events.map(({ name }) => name));
  return {
    files,
    places,
    pagesMax,
    sectorsPerBlock,
    names,
    device: deviceOf(trace, units, names),
    placeOf(ino, lblk, time) {
      const list = sights.byFile.get(ino)?.get(lblk);
      const found = list?.find((each) => each.pblk !== null && each.time >= time) ??
        list?.findLast(({ pblk }) => pblk !== null);
      return found === undefined ? null : places.toOwn(found.pblk!);
    },
    isMarked: (ino, page, time) => marks.get(`${ino} ${page}`)?.find((each) => each.time >= time)?.name === MARK,
    around: (call) => around.get(call) ?? NOTHING_AROUND,
    passes: passesOf(events, units),
    otherWork: otherWorkOf(events, units),
    conversions: conversionsOf(events),
    directEnds: directEndsOf(events),
    ringWork: (time) => ringWork.find((each) => each >= time) ?? time,
    lowSpaceShift: (time) => (shifts.find((each) => each.time >= time) ?? shifts.at(-1))?.number ?? 0,
    canReserve: (ino, lblk, time) => sights.canReserve(ino, lblk, time),
    hasRoom: (ino, lblk, time) => sights.hasRoom(ino, lblk, time),
    beginsAllocation: (ino, lblk, time) => sights.beginsAllocation(ino, lblk, time),
    bioEnd: (sector, rwbs, time, until) => bios.at(sector, rwbs, time, until)?.completed ?? time,
    foliosEnd: (sector, rwbs, time) => bios.on(sector, rwbs).find(({ completed }) => completed === time)?.done ?? time,
    bioError: (sector, rwbs, time) => bios.error(sector, rwbs, time),
  };
}

function deviceOf(
  { events }: RecordedTrace,
  units: readonly Unit[],
  names: ReadonlySet<string>,
): EnvironmentFacts["device"] {
  const flushes = events.filter(({ name, rwbs }) => name === "block_bio_queue" && (rwbs ?? "").startsWith("F"));
  const hasStoresThatWait = units.some(({ call, events: own }) =>
    call.kind === "store" && own.some(({ name }) => name === "folio_wait_writeback")
  );
  return {
    wcache: flushes.length > 0 ? "on" : "off",
    fua: "off",
    disk: names.has("block_bio_complete") && !names.has("block_rq_issue") ? "bio" : "requests",
    stableWrites: hasStoresThatWait ? "on" : "off",
    leastAheadBelow: leastAheadBelow(events),
    commits: flushes.some(({ comm }) => comm.startsWith("jbd2/")) ? "flush" : "do_not_flush",
  };
}
