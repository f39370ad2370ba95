/**
 * Takes out of a recording what was decided around the file system.
 *
 * @module
 */

import type { PageWindow } from "../../machine/address_space_operations.ts";
import { type EndedBio, endedBios } from "./bio_ends.ts";
import { type Sight, Sights } from "./block_sights.ts";
import { DiskPlaces } from "./disk_places.ts";
import type { CallEnvironment, EnvironmentFacts, InitialBlock, InitialFile, Readahead } from "./environment.ts";
import { statusOf } from "./event_keys.ts";
import { otherWorkOf, passesOf } from "./outside_calls.ts";
import type { RecordedEvent, RecordedTrace } from "./recorded_events.ts";
import type { Unit } from "./units.ts";
import { conversionsOf, directEndsOf, timesOldUntil } from "./worker_times.ts";
import { leastAheadBelow, logAtStart, nosecAtStart } from "./xfs_at_start.ts";

const SECTOR = 512;
const FALLOC_FL_INSERT_RANGE = 0x20;
/** Pages of a file beyond what events name. */
const SPARE_PAGES = 2;

/** What the page cache of a file held at the beginning, as far as events show. */
function cachedAtStart(
  events: readonly RecordedEvent[],
  ino: number,
  pageSize: number,
  readEnds: ReadonlyMap<RecordedEvent, number>,
): InitialFile["cached"] {
  const known = new Set<number>();
  const found = new Map<number, { pages: number; isDirty: boolean }>();
  // A read tells of its whole request when it has the first of the pages: others may come behind that.
  const guessed = new Set<number>();
  for (const event of events) {
    const { name, ino: own, offset, bytes, number } = event;
    if (own !== ino || offset === null) continue;
    const first = Math.floor(offset / pageSize);
    if (name === "mm_filemap_add_to_page_cache") {
      const pages = 2 ** (number ?? 0);
      for (let page = first; page < first + pages; page++) {
        known.add(page);
        if (guessed.delete(page)) found.delete(page);
      }
    } else if (name === "mm_filemap_delete_from_page_cache") {
      const pages = 2 ** (number ?? 0);
      if (!known.has(first)) found.set(first, { pages, isDirty: false });
      for (let page = first; page < first + pages; page++) {
        known.add(page);
        guessed.delete(page);
      }
    } else if (name === "writeback_dirty_folio" || name === "mm_filemap_get_pages") {
      const asked = name === "writeback_dirty_folio" ? 1 : Math.ceil((bytes ?? pageSize) / pageSize);
      const count = Math.max(1, Math.min(asked, Math.ceil((readEnds.get(event) ?? Infinity) / pageSize) - first));
      for (let page = first; page < first + count; page++) {
        if (known.has(page)) {
          if (page === first) guessed.delete(page);
          continue;
        }
        found.set(page, { pages: 1, isDirty: false });
        known.add(page);
        if (page > first) guessed.add(page);
      }
    }
  }
  return [...found].map(([first, each]) => ({ first, ...each })).sort((a, b) => a.first - b.first);
}

/** Events that print the size of their file: in memory, or on the disk. */
const PRINTS_SIZE = /^(iomap_dio_rw_begin|iomap_writeback_folio|xfs_file_(buffered|direct)_(read|write))$/;

/** What a truncation does that makes a file shorter. */
const TRUNCATES = /^(ext4_truncate_enter|xfs_itruncate_extents_start)$/;

/** Block behind the last one that is seen to be written without having been allocated. */
function writtenEnd(sights: ReadonlyMap<number, readonly Sight[]> = new Map()): number {
  let end = 0;
  for (const [lblk, [first]] of sights) if (first.state === "written" && !first.isNew) end = Math.max(end, lblk + 1);
  return end;
}

/**
 * Size of a file at the beginning, bytes: what the first event says that prints it, or what calls have shown.
 *
 * @param written behind the last block that was written then
 */
function sizeAtStart(trace: RecordedTrace, ino: number, written: number): number {
  let grown: number | null = null;
  const truncation = trace.calls.find(({ kind, ino: own }) => kind === "ftruncate" && own === ino);
  for (const { name, ino: own, number, offset, seq } of trace.events) {
    if (own !== ino) continue;
    if (truncation !== undefined && truncation.firstSeq < seq && seq < truncation.lastSeq) {
      // Nothing printed the size before: where zeros begin it was, or it was beyond the new one.
      if (name === "xfs_zero_eof" && offset !== null) grown = offset;
      if (TRUNCATES.test(name)) grown = Math.max(written, (truncation.offset ?? 0) + trace.pageSize);
      if (grown !== null) break;
    }
    if (PRINTS_SIZE.test(name) && number !== null) {
      // Calls that went before may have changed it; the first one to print it is taken at its word unless they did.
      grown = number;
      break;
    }
  }
  grown ??= written;
  let reads = 0;
  for (const { kind, ino: own, offset, bytes, result } of trace.calls) {
    if (own !== ino || offset === null) continue;
    if (kind === "ftruncate" || kind === "fallocate") break;
    if (result === null || result < 0) continue;
    if (/pwrite$/.test(kind) && offset + result > Math.max(reads, grown)) {
      return reads > 0 ? reads : Math.min(grown, offset);
    }
    if (!/pread$/.test(kind) || bytes === 0) continue;
    // Behind the end there is nothing to be read.
    if (result === 0) return Math.max(reads, Math.min(grown, offset));
    reads = Math.max(reads, offset + result);
    if (bytes !== null && result < bytes) return offset + result;
  }
  return grown > 0 ? grown : reads;
}

/** Whether an inode of ext4 has just come into memory: the first look at its extents finds none of them known. */
function isFresh(events: readonly RecordedEvent[], ino: number): boolean {
  const first = events.find((event) => event.name === "ext4_es_lookup_extent_exit" && event.ino === ino);
  return first !== undefined && statusOf(first.detail) === "";
}

/** Ends what one readahead adds: another one begins, or the call goes on with what it wants. */
const ENDS_READAHEAD = /^(page_cache_(sync|async)_ra|mm_filemap_(get_pages|fault|map_pages)|ext4_(da_)?write_begin)$/;

/** What was read ahead at a time: pages that were added one after the other, those that were cached left out. */
function windowsOf(unit: Unit, pageSize: number): Readahead[] {
  const all: { runs: PageWindow[]; mark: number | null }[] = [];
  let current: { first: number; pages: number }[] | null = null;
  let previous: RecordedEvent | null = null;
  for (const event of unit.events) {
    if (ENDS_READAHEAD.test(event.name)) current = null;
    if (event.name === "page_cache_async_ra" && event.ino === unit.ino && event.offset !== null) {
      all.push({ runs: current = [], mark: event.offset / pageSize });
    }
    if (event.name === "mm_filemap_add_to_page_cache" && event.ino === unit.ino && event.offset !== null) {
      const first = event.offset / pageSize;
      const pages = 2 ** (event.number ?? 0);
      if (current === null) all.push({ runs: current = [], mark: null });
      const last = current.at(-1);
      if (last !== undefined && previous?.name === event.name && last.first + last.pages === first) last.pages += pages;
      else current.push({ first, pages });
    }
    previous = event;
  }
  return all;
}

/** Tells of a mark that somebody has come upon. */
const MARK = "page_cache_async_ra";

/** By file and page: when the page came, and when somebody came upon its mark; of pages that had one. */
function marksOf(events: readonly RecordedEvent[], pageSize: number): Map<string, RecordedEvent[]> {
  const keyOf = ({ ino, offset }: RecordedEvent) => `${ino} ${(offset ?? 0) / pageSize}`;
  const found = new Map<string, RecordedEvent[]>();
  for (const event of events) if (event.name === MARK) found.set(keyOf(event), []);
  for (const event of events) {
    if (event.name === MARK || event.name === "mm_filemap_add_to_page_cache") found.get(keyOf(event))?.push(event);
  }
  return found;
}

function foliosOf(unit: Unit, pageSize: number): PageWindow[] {
  return unit.events.flatMap(({ name, ino, offset, number }) =>
    name === "mm_filemap_add_to_page_cache" && ino === unit.ino && offset !== null
      ? [{ first: offset / pageSize, pages: 2 ** (number ?? 0) }]
      : []
  );
}

/** Groups whose bitmaps were loaded, by allocation or release. */
function groupsOf(unit: Unit): number[][] {
  const all: number[][] = [[]];
  for (const { name, number } of unit.events) {
    if (name === "ext4_allocate_blocks" || name === "ext4_ext_remove_space_done") all.push([]);
    if (name === "ext4_mb_bitmap_load" && number !== null) all.at(-1)!.push(number);
  }
  return all;
}

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
  // Of what a read asks for it has found no more than it returns.
  const readEnds = new Map(
    units.flatMap(({ call, events: own }) =>
      call.kind === "pread" && call.offset !== null && call.result !== null
        ? own.map((event) => [event, call.offset! + Math.max(0, call.result!)] as const)
        : []
    ),
  );
  const files = inos.map((ino): InitialFile => {
    const size = Math.ceil(sizeAtStart(trace, ino, writtenEnd(sights.byFile.get(ino)) * blockSize) / SECTOR);
    return {
      ino,
      size,
      blocks: blocksAtStart(sights.byFile.get(ino) ?? new Map(), size, places, sectorsPerBlock),
      cached: cachedAtStart(events, ino, pageSize, readEnds),
      nosec: isFresh(events, ino) ? "unknown" : nosecAtStart(units, ino),
      log: logAtStart(events, ino),
    };
  });
  const around = new Map<number, CallEnvironment>();
  for (const unit of units) {
    around.set(unit.id, {
      windows: windowsOf(unit, pageSize),
      folios: foliosOf(unit, pageSize),
      groups: groupsOf(unit),
      timesOldUntil: timesOldUntil(unit, events),
      times: unit.times,
    });
  }
  const bios = new Map<string, EndedBio[]>();
  for (const bio of endedBios(trace)) {
    const own = bios.get(bio.rwbs);
    if (own === undefined) bios.set(bio.rwbs, [bio]);
    else own.push(bio);
  }
  const marks = marksOf(events, pageSize);
  const ringWork = events.filter(({ comm }) => comm.startsWith("iou-wrk")).map(({ time }) => time);
  const shifts = events.filter(({ name }) => name === "xfs_iomap_prealloc_size");
  const names = new Set(events.map(({ name }) => name));
  const isBio = names.has("block_bio_complete") && !names.has("block_rq_issue");
  const hasStoresThatWait = units.some(({ call, events: own }) =>
    call.kind === "store" && own.some(({ name }) => name === "folio_wait_writeback")
  );
  const flushes = events.some(({ name, rwbs }) => name === "block_bio_queue" && (rwbs ?? "").startsWith("F"));
  const commitsFlush = events.some(({ name, rwbs, comm }) =>
    name === "block_bio_queue" && comm.startsWith("jbd2/") && (rwbs ?? "").startsWith("F")
  );
  return {
    files,
    places,
    pagesMax,
    sectorsPerBlock,
    names,
    device: {
      wcache: flushes ? "on" : "off",
      fua: "off",
      disk: isBio ? "bio" : "requests",
      stableWrites: hasStoresThatWait ? "on" : "off",
      leastAheadBelow: leastAheadBelow(events),
      commits: commitsFlush ? "flush" : "do_not_flush",
    },
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
    bioEnd: (sector, rwbs, time, until) => bioAt(sector, rwbs, time, until)?.completed ?? time,
    foliosEnd: (sector, rwbs, time) => biosOn(sector, rwbs).find(({ completed }) => completed === time)?.done ?? time,
    bioError(sector, rwbs, time) {
      // One that ended just then is meant, though another may have been queued nearer to that.
      const ended = biosOn(sector, rwbs).find(({ completed }) => completed === time);
      return (ended ?? bioAt(sector, rwbs, time, Infinity))?.error ?? 0;
    },
  };

  function biosOn(sector: number, rwbs: string): readonly EndedBio[] {
    const own = bios.get(rwbs) ?? [];
    if (rwbs.startsWith("F")) return own;
    const real = places.toRealSector(sector, sectorsPerBlock);
    return real === null ? own : own.filter((bio) => bio.sector <= real && real < bio.sector + bio.bytes / SECTOR);
  }

  function bioAt(sector: number, rwbs: string, time: number, until: number): EndedBio | null {
    // Of several that may be meant the one that was queued next to that time.
    let found: EndedBio | null = null;
    for (const bio of biosOn(sector, rwbs)) {
      if (bio.completed < time || bio.queued > until) continue;
      if (found === null || Math.abs(bio.queued - time) < Math.abs(found.queued - time)) found = bio;
    }
    return found;
  }
}

const NOTHING_AROUND: CallEnvironment = { windows: [], folios: [], groups: [], timesOldUntil: 0, times: [] };

/** Pages that events and calls name. */
export function pagesOf({ events, calls, pageSize }: RecordedTrace, inos: ReadonlySet<number>): number {
  let end = 0;
  for (const { name, ino, offset, bytes, number, detail } of events) {
    if (ino === null || !inos.has(ino) || offset === null) continue;
    if (name === "iomap_dio_rw_begin") end = Math.max(end, number ?? 0);
    if (name === "iomap_iter_dstmap" && detail !== "HOLE") end = Math.max(end, offset + (bytes ?? 0));
    if (name === "mm_filemap_add_to_page_cache" || name === "mm_filemap_delete_from_page_cache") {
      end = Math.max(end, offset + pageSize * 2 ** (number ?? 0));
    } else if (/^(iomap_dio_rw_begin|ext4_da_write_|ext4_fallocate|xfs_file_)/.test(name)) {
      end = Math.max(end, offset + (bytes ?? 0));
    }
  }
  let inserted = 0;
  const inserts = new Set(
    events.flatMap(({ name, number, seq }) =>
      name === "sys_enter_fallocate" && ((number ?? 0) & FALLOC_FL_INSERT_RANGE) !== 0 ? [seq] : []
    ),
  );
  for (const { ino, kind, offset, bytes, firstSeq } of calls) {
    if (inserts.has(firstSeq)) inserted += bytes ?? 0;
    if (ino === null || !inos.has(ino) || offset === null) continue;
    if (/pread|pwrite|ftruncate|fallocate|load|store|mmap/.test(kind)) end = Math.max(end, offset + (bytes ?? 0));
  }
  // What lies behind a range that is inserted moves on by its length.
  return Math.ceil((end + inserted) / pageSize) + SPARE_PAGES;
}

/** Blocks as the first sight of each tells; where nothing tells, those inside the size are taken to be written. */
function blocksAtStart(
  sights: ReadonlyMap<number, readonly Sight[]>,
  size: number,
  places: DiskPlaces,
  sectorsPerBlock: number,
): InitialBlock[] {
  const blocks: InitialBlock[] = [];
  let last = Math.ceil(size / sectorsPerBlock);
  for (const lblk of sights.keys()) last = Math.max(last, lblk + 1);
  for (let lblk = 0; lblk < last; lblk++) {
    const first = sights.get(lblk)?.[0];
    if (first === undefined) {
      if (lblk * sectorsPerBlock < size) blocks.push({ lblk, state: "written", pblk: places.unnamed() });
      continue;
    }
    if (first.isNew || first.state === "hole" || first.state === "delalloc") continue;
    const pblk = first.pblk === null ? places.unnamed() : places.toOwn(first.pblk);
    blocks.push({ lblk, state: first.state, pblk });
  }
  return blocks;
}
