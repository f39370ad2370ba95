/**
 * Blocks and cached pages of a file: sector by sector while they are put together, as runs when they are done.
 *
 * @module
 */

import { sizePages, writtenSectors } from "./defaults.ts";
import { type Length, pageRange, parsePlace, placeText, type Range, rangeOf, rangeText, sectorsOf } from "./place.ts";
import type { BlockRun, BlockState, CacheRun } from "./scenario.ts";

/** Sizes that turn pages into sectors and blocks. */
export interface Units {
  readonly sectorsPerPage: number;
  readonly sectorsPerBlock: number;
}

/** A word for all of a file, or for ranges of it. */
export type Given = string | readonly { readonly range: Range; readonly state: string }[];

/** State of one sector's block. */
interface Cell {
  readonly state: BlockState;
  /** File and sector whose block it is as well. */
  readonly shared: { readonly name: string; readonly sector: number } | null;
}

const HOLE: Cell = { state: "hole", shared: null };
const WRITTEN: Cell = { state: "written", shared: null };

function cellOf(state: string, nth: number, { sectorsPerPage }: Units): Cell {
  if (!state.startsWith("shared ")) return { state: state as BlockState, shared: null };
  const { name, range } = parsePlace(state.slice("shared ".length));
  return {
    state: "written",
    shared: { name, sector: (range === null ? 0 : sectorsOf(range, sectorsPerPage).from) + nth },
  };
}

/** True when `b` goes on where `a` ends, or, for `gap` 0, is the same. */
function goesOn(a: Cell, b: Cell, gap: 0 | 1): boolean {
  if (a.shared === null || b.shared === null) return a.state === b.state && a.shared === b.shared;
  return a.shared.name === b.shared.name && a.shared.sector + gap === b.shared.sector;
}

function defaultCells(size: Length, { sectorsPerPage, sectorsPerBlock }: Units): Cell[] {
  return Array.from({ length: writtenSectors(size, sectorsPerPage, sectorsPerBlock) }, () => WRITTEN);
}

/** Sectors [from, to) that are in one run. */
function* runsOf(cells: readonly Cell[]): Iterable<{ from: number; to: number; cell: Cell }> {
  for (let from = 0; from < cells.length;) {
    let to = from + 1;
    while (to < cells.length && goesOn(cells[to - 1], cells[to], 1)) to++;
    yield { from, to, cell: cells[from] };
    from = to;
  }
}

/** The blocks of a file, from what a scenario says of them. */
export function blockRuns(size: Length, given: Given | undefined, units: Units): BlockRun[] {
  const cells = defaultCells(size, units);
  if (typeof given === "string") cells.forEach((_, sector) => cells[sector] = cellOf(given, sector, units));
  else {
    for (const { range, state } of given ?? []) {
      const { from, to } = sectorsOf(range, units.sectorsPerPage);
      while (cells.length < to) cells.push(HOLE);
      for (let sector = from; sector < to; sector++) cells[sector] = cellOf(state, sector - from, units);
    }
  }
  const runs: BlockRun[] = [];
  for (const { from, to, cell } of runsOf(cells)) {
    if (cell.state === "hole") continue;
    const { shared } = cell;
    runs.push({
      range: rangeOf({ from, to }, units.sectorsPerPage),
      state: cell.state,
      sharedWith: shared === null ? null : {
        name: shared.name,
        range: rangeOf({ from: shared.sector, to: shared.sector + to - from }, units.sectorsPerPage),
      },
    });
  }
  return runs;
}

/** What to say of a file's blocks to get these; what is so by default is not said. The inverse of {@linkcode blockRuns}. */
export function blocksText(runs: readonly BlockRun[], size: Length, units: Units): Record<string, string> {
  const usual = defaultCells(size, units);
  const cells: Cell[] = usual.map(() => HOLE);
  for (const { range, state, sharedWith } of runs) {
    const { from, to } = sectorsOf(range, units.sectorsPerPage);
    while (cells.length < to) cells.push(HOLE);
    const text = sharedWith === null ? state : `shared ${placeText(sharedWith)}`;
    for (let sector = from; sector < to; sector++) cells[sector] = cellOf(text, sector - from, units);
  }
  const entries: Record<string, string> = {};
  for (const { from, to, cell } of runsOf(cells)) {
    let isUsual = true;
    for (let sector = from; sector < to; sector++) isUsual &&= goesOn(cells[sector], usual[sector] ?? HOLE, 0);
    if (isUsual) continue;
    const { shared } = cell;
    entries[rangeText(rangeOf({ from, to }, units.sectorsPerPage))] = shared === null
      ? cell.state
      : `shared ${
        placeText({
          name: shared.name,
          range: rangeOf({ from: shared.sector, to: shared.sector + to - from }, units.sectorsPerPage),
        })
      }`;
  }
  return entries;
}

/** Pages of which some block is delalloc: their data is nowhere else than in the cache. */
export function delallocPages(blocks: readonly BlockRun[]): number[] {
  const pages: number[] = [];
  for (const { range, state } of blocks) {
    if (state !== "delalloc") continue;
    for (let page = range.firstPage; page <= range.lastPage; page++) pages.push(page);
  }
  return [...new Set(pages)];
}

type CacheState = Omit<CacheRun, "range">;

function cacheState(text: string): CacheState | null {
  if (text === "absent") return null;
  const [state, ...also] = text.split(" ");
  return { state: state as CacheRun["state"], also: also.toSorted() as unknown as CacheRun["also"] };
}

/** The word for a run's state. */
export function cacheText({ state, also }: CacheState): string {
  return [state, ...also].join(" ");
}

/** The cached pages of a file, from what a scenario says of them; pages with delalloc blocks are dirty. */
export function cacheRuns(size: Length, given: Given | undefined, blocks: readonly BlockRun[]): CacheRun[] {
  const pages: (CacheState | null)[] = [];
  for (const page of delallocPages(blocks)) pages[page] = { state: "dirty", also: [] };
  if (typeof given === "string") { for (let page = 0; page < sizePages(size); page++) pages[page] = cacheState(given); }
  else {
    for (const { range, state } of given ?? []) {
      for (let page = range.firstPage; page <= range.lastPage; page++) pages[page] = cacheState(state);
    }
  }
  const runs: CacheRun[] = [];
  for (let page = 0; page < pages.length; page++) {
    const state = pages[page] ?? null;
    if (state === null) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.range.lastPage === page - 1 && cacheText(last) === cacheText(state)) {
      runs[runs.length - 1] = { ...last, range: pageRange(last.range.firstPage, page) };
    } else runs.push({ range: pageRange(page, page), ...state });
  }
  return runs;
}

/** True when the range begins and ends with a block. */
export function isOfBlocks(range: Range, { sectorsPerPage, sectorsPerBlock }: Units): boolean {
  const { from, to } = sectorsOf(range, sectorsPerPage);
  return from % sectorsPerBlock === 0 && to % sectorsPerBlock === 0;
}
