/**
 * Files as they were when a recording began, as far as events show: size, blocks, the page cache.
 *
 * @module
 */

import { INSERT_RANGE } from "../../recording/fallocate_mode.ts";
import type { Sight, Sights } from "./block_sights.ts";
import type { DiskPlaces } from "./disk_places.ts";
import type { InitialBlock, InitialFile } from "./environment.ts";
import { statusOf } from "./event_keys.ts";
import type { RecordedEvent, RecordedTrace } from "./recorded_events.ts";
import type { Unit } from "./units.ts";
import { logAtStart, nosecAtStart } from "./xfs_at_start.ts";

const SECTOR = 512;
/** Pages of a file beyond what events name. */
const SPARE_PAGES = 2;

/** The files `inos`; `sights` is what events tell of blocks, and `places` where these are. */
export function filesAtStart(
  trace: RecordedTrace,
  units: readonly Unit[],
  inos: readonly number[],
  { sights, places, blockSize }: { readonly sights: Sights; readonly places: DiskPlaces; readonly blockSize: number },
): InitialFile[] {
  const { pageSize, events } = trace;
  const sectorsPerBlock = blockSize / SECTOR;
  // Of what a read asks for it has found no more than it returns.
  const readEnds = new Map(
    units.flatMap(({ call, events: own }) =>
      call.kind === "pread" && call.offset !== null && call.result !== null
        ? own.map((event) => [event, call.offset! + Math.max(0, call.result!)] as const)
        : []
    ),
  );
  return inos.map((ino): InitialFile => {
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
}

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
      name === "sys_enter_fallocate" && ((number ?? 0) & INSERT_RANGE) !== 0 ? [seq] : []
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
