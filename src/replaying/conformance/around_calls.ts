/**
 * What was decided around each call of a recording: what was read ahead, folios, groups, times.
 *
 * @module
 */

import type { PageWindow } from "../../machine/address_space_operations.ts";
import type { CallEnvironment, Readahead } from "./environment.ts";
import type { RecordedEvent, RecordedTrace } from "./recorded_events.ts";
import type { Unit } from "./units.ts";
import { timesOldUntil } from "./worker_times.ts";

/** Where nothing is known of a call. */
export const NOTHING_AROUND: CallEnvironment = { windows: [], folios: [], groups: [], timesOldUntil: 0, times: [] };

export function aroundCall(unit: Unit, { pageSize, events }: RecordedTrace): CallEnvironment {
  return {
    windows: windowsOf(unit, pageSize),
    folios: foliosOf(unit, pageSize),
    groups: groupsOf(unit),
    timesOldUntil: timesOldUntil(unit, events),
    times: unit.times,
  };
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
export const MARK = "page_cache_async_ra";

/** By file and page: when the page came, and when somebody came upon its mark; of pages that had one. */
export function marksOf(events: readonly RecordedEvent[], pageSize: number): Map<string, RecordedEvent[]> {
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
