/**
 * What the pages of a file were over time, as the steps of the page cache say.
 *
 * @module
 */
import type { Recording } from "./recording.ts";
import { word } from "./words.ts";

/** States of a page, as numbers for typed arrays. */
export const PAGE_STATES = ["in the cache", "dirty", "under writeback", "deleted"] as const;
export const DELETED = 3;

/** A stretch of time in which a run of pages had one state. A deletion is a moment. */
export interface PageLives {
  readonly firstPage: number;
  readonly lastPage: number;
  /** Sorted by their beginning. */
  readonly begins: Float64Array;
  readonly ends: Float64Array;
  readonly pages: Float64Array;
  readonly states: Uint8Array;
  /** Row of the page event that began it. */
  readonly rows: Int32Array;
  /** Pages whose step names no page, or more than can be shown. */
  readonly leftOut: number;
}

/** A step of more pages than this is a whole file being dropped, and is counted, not drawn. */
const PAGES_A_STEP = 4096;

const STATE_AFTER: Readonly<Record<string, number>> = {
  add: 0,
  uptodate: 0,
  dirty: 1,
  writeback_start: 2,
  writeback_end: 0,
  delete: DELETED,
};

/** @param rows page events of one file, in order */
export function pageLives(recording: Recording, rows: Int32Array): PageLives {
  const { words, pages } = recording;
  const [ts, kind, index, count] = ["ts", "page_kind", "page_index", "pages"].map((name) => pages.column(name));
  const open = new Map<number, { begin: number; state: number; row: number }>();
  const found: { begin: number; end: number; page: number; state: number; row: number }[] = [];
  let leftOut = 0;
  for (const row of rows) {
    const state = STATE_AFTER[word(words.pageKinds, kind[row])];
    if (state === undefined) continue;
    const many = Number.isNaN(count[row]) ? 1 : count[row];
    if (Number.isNaN(index[row]) || many > PAGES_A_STEP) {
      leftOut++;
      continue;
    }
    for (let page = index[row]; page < index[row] + many; page++) {
      const before = open.get(page);
      if (before?.state === state) continue;
      if (before !== undefined) found.push({ ...before, end: ts[row], page });
      if (state === DELETED) {
        found.push({ begin: ts[row], end: ts[row], page, state, row });
        open.delete(page);
      } else open.set(page, { begin: ts[row], state, row });
    }
  }
  for (const [page, before] of open) found.push({ ...before, end: words.lengthNs, page });
  found.sort((a, b) => a.begin - b.begin || a.page - b.page);
  let [firstPage, lastPage] = [Infinity, -Infinity];
  for (const { page } of found) {
    firstPage = Math.min(firstPage, page);
    lastPage = Math.max(lastPage, page);
  }
  return {
    firstPage,
    lastPage,
    begins: Float64Array.from(found, ({ begin }) => begin),
    ends: Float64Array.from(found, ({ end }) => end),
    pages: Float64Array.from(found, ({ page }) => page),
    states: Uint8Array.from(found, ({ state }) => state),
    rows: Int32Array.from(found, ({ row }) => row),
    leftOut,
  };
}
