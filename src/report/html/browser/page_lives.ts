/**
 * What the pages of a file were over time, as the steps of the page cache and the bios that write pages back say.
 *
 * @module
 */
import type { Item, Recording } from "./recording.ts";
import { word } from "./words.ts";

/** States of a page, as numbers for typed arrays: in the cache, dirty, under writeback, deleted. */
const [CLEAN, DIRTY, WRITEBACK] = [0, 1, 2];
export const DELETED = 3;

/** A stretch of time in which a run of pages had one state. A deletion is a moment. */
export interface PageLives {
  /** Every page that is in it, in order. */
  readonly distinct: Float64Array;
  /** Sorted by their beginning. */
  readonly begins: Float64Array;
  readonly ends: Float64Array;
  readonly pages: Float64Array;
  /** Places of the pages in {@linkcode distinct}. */
  readonly ranks: Int32Array;
  readonly states: Uint8Array;
  /** What began it: rows of page events and of bios. */
  readonly items: readonly Item[];
  /** Pages whose step names no page, or more than can be shown. */
  readonly leftOut: number;
}

/** A step of more pages than this is a whole file being dropped, and is counted, not drawn. */
const PAGES_A_STEP = 4096;

const STATE_AFTER: Readonly<Record<string, number>> = {
  add: CLEAN,
  uptodate: CLEAN,
  dirty: DIRTY,
  writeback_start: WRITEBACK,
  writeback_end: CLEAN,
  delete: DELETED,
};

/** Something that gives a run of pages a state. */
interface Change {
  readonly ts: number;
  readonly state: number;
  readonly page: number;
  readonly pages: number;
  readonly item: Item;
  /** Only pages in this state change; null: all do. */
  readonly from: number | null;
}

/** @param rows page events of the file */
function stepsOf({ words, pages }: Recording, rows: Int32Array): Change[] {
  const [ts, kind, index, count] = ["ts", "page_kind", "page_index", "pages"].map((name) => pages.column(name));
  return Array.from(rows).flatMap((row): Change[] => {
    const state = STATE_AFTER[word(words.pageKinds, kind[row])];
    if (state === undefined) return [];
    const item: Item = { kind: "page_event", row };
    return [{
      ts: ts[row],
      state,
      page: index[row],
      pages: Number.isNaN(count[row]) ? 1 : count[row],
      item,
      from: null,
    }];
  });
}

/** A page is under writeback from the queueing of the bio that writes it to the bio's completion. */
function writebacksOf({ words, bios, bioEnds }: Recording, file: number): Change[] {
  const role = words.roles.indexOf("writeback");
  const [roles, files, queue, offset, bytes] = ["role", "file", "queue", "file_offset", "bytes"].map((name) =>
    bios.column(name)
  );
  const changes: Change[] = [];
  for (let row = 0; role >= 0 && row < bios.rows; row++) {
    if (roles[row] !== role || files[row] !== file || Number.isNaN(offset[row] + bytes[row])) continue;
    const page = Math.floor(offset[row] / words.pageSize);
    const pages = Math.floor((offset[row] + bytes[row] - 1) / words.pageSize) - page + 1;
    const item: Item = { kind: "bio", row };
    changes.push({ ts: queue[row], state: WRITEBACK, page, pages, item, from: null });
    // What became dirty again or was dropped meanwhile is not clean.
    changes.push({ ts: bioEnds[row], state: CLEAN, page, pages, item, from: WRITEBACK });
  }
  return changes;
}

/**
 * @param rows page events of one file
 * @param file its number among the files
 */
export function pageLives(recording: Recording, rows: Int32Array, file: number): PageLives {
  const changes = [...stepsOf(recording, rows), ...writebacksOf(recording, file)].sort((a, b) => a.ts - b.ts);
  const open = new Map<number, { begin: number; state: number; item: Item }>();
  const found: { begin: number; end: number; page: number; state: number; item: Item }[] = [];
  let leftOut = 0;
  for (const { ts, state, page: first, pages, item, from } of changes) {
    if (Number.isNaN(first) || pages > PAGES_A_STEP) {
      leftOut++;
      continue;
    }
    for (let page = first; page < first + pages; page++) {
      const before = open.get(page);
      if (before?.state === state || from !== null && before?.state !== from) continue;
      if (before !== undefined) found.push({ ...before, end: ts, page });
      if (state === DELETED) {
        found.push({ begin: ts, end: ts, page, state, item });
        open.delete(page);
      } else open.set(page, { begin: ts, state, item });
    }
  }
  for (const [page, before] of open) found.push({ ...before, end: recording.words.lengthNs, page });
  found.sort((a, b) => a.begin - b.begin || a.page - b.page);
  const distinct = Float64Array.from(new Set(found.map(({ page }) => page))).sort();
  const ranks = new Map(Array.from(distinct, (page, rank) => [page, rank]));
  return {
    distinct,
    begins: Float64Array.from(found, ({ begin }) => begin),
    ends: Float64Array.from(found, ({ end }) => end),
    pages: Float64Array.from(found, ({ page }) => page),
    ranks: Int32Array.from(found, ({ page }) => ranks.get(page)!),
    states: Uint8Array.from(found, ({ state }) => state),
    items: found.map(({ item }) => item),
    leftOut,
  };
}
