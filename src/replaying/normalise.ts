/**
 * Windows made small: pages are renumbered and runs of pages that all operations touch alike become one, cuts within a
 * page become sectors of a small page. Which ranges meet, contain, begin or end where stays as it was.
 *
 * @module
 */

import type { FileStates } from "./file_states.ts";
import type { Part } from "./parts.ts";
import type { Touched, Verb } from "./windows.ts";

const SECTOR = 512;

const SYNCS: ReadonlySet<Verb> = new Set<Verb>(["fsync", "fdatasync", "msync", "sync_file_range"]);

/** A range of a small file: pages, and sectors within them. */
export interface SmallRange {
  readonly firstPage: number;
  readonly firstSector: number;
  readonly lastPage: number;
  /** Null: the last one of its page. */
  readonly lastSector: number | null;
}

export interface SmallOperation {
  readonly touched: Touched;
  /** Null: all of the file. */
  readonly range: SmallRange | null;
  /** Pages and sectors of the new size; null: it is no truncation. */
  readonly size: { readonly pages: number; readonly sectors: number } | null;
}

export interface SmallWindow {
  readonly part: Part;
  readonly pages: number;
  readonly sectorsPerPage: number;
  readonly size: { readonly pages: number; readonly sectors: number };
  /** Bytes of the recorded file when the window began; null: nothing told, and it is taken to go as far as they touch it. */
  readonly sizeTold: number | null;
  /** By page: absent where it is not named. */
  readonly cache: ReadonlyMap<number, "clean" | "dirty">;
  /** By page: written where it is not named. */
  readonly blocks: ReadonlyMap<number, "hole" | "unwritten">;
  readonly operations: readonly SmallOperation[];
  /** In order; together all of `pages`. */
  readonly regions: readonly Region[];
}

/** A stretch of the small file that all operations touch alike, and the bytes of the recorded one that it stands for. */
export interface Region {
  /** Sectors of the small file, from `first` up to, not including, `end`. */
  readonly first: number;
  readonly end: number;
  /** Bytes of the recorded file, from `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
}

/** A place in the small file: a page and a sector in it. */
interface Place {
  readonly page: number;
  readonly sector: number;
}

/** A window as it is looked at, with what is known of its beginning. */
export function scaled({ file, touched, grain, border }: Part, states: FileStates) {
  const { pageSize } = states;
  const begun = Math.min(...touched.map(({ operation }) => operation.start));
  const size = states.sizeAt(file, begun);
  const shared = trimToShared(touched, pageSize);
  const trimmed = trimToDirty(shared, (page) => states.cacheAt(file, page, begun), pageSize);
  return { begun, size, trimmed, scale: new Scale(trimmed, { size, pageSize, grain, border }) };
}

export function normalise(part: Part, states: FileStates): SmallWindow {
  const { file } = part;
  const { begun, size, trimmed, scale } = scaled(part, states);
  const cache = new Map<number, "clean" | "dirty">();
  for (const [page, originals] of scale.pages.entries()) {
    const state = originals.map((original) => states.cacheAt(file, original, begun));
    if (state.includes("dirty")) cache.set(page, "dirty");
    else if (state.includes("clean")) cache.set(page, "clean");
  }
  const blocks = new Map<number, "hole" | "unwritten">();
  const operations = trimmed.map((each): SmallOperation => {
    const range = each.end === Infinity ? null : scale.range(each.start, each.end);
    const state = states.blocksOf(each);
    if (state !== "written" && range !== null) {
      for (let page = range.firstPage; page <= range.lastPage; page++) blocks.set(page, state);
    }
    const isCut = each.verb === "ftruncate";
    return { touched: each, range, size: isCut ? lengthOf(scale.place(each.start)) : null };
  });
  return {
    part,
    pages: scale.pages.length,
    sectorsPerPage: scale.sectorsPerPage,
    sizeTold: size,
    size: size === null ? { pages: scale.pages.length, sectors: 0 } : lengthOf(scale.place(size)),
    cache,
    blocks,
    operations,
    regions: scale.regions(),
  };
}

/**
 * Pages that one operation touches alone are left out: what it does there it does not do to any other.
 */
function trimToShared(touched: readonly Touched[], pageSize: number): Touched[] {
  const pagesOf = ({ start, end }: Touched) => [Math.floor(start / pageSize), Math.ceil(end / pageSize)];
  const spans = touched.map(pagesOf);
  return touched.map((each, nth) => {
    if (each.end === Infinity) return each;
    let [from, to] = [Infinity, -Infinity];
    const [first, last] = spans[nth];
    for (const [other, [start, end]] of spans.entries()) {
      if (other === nth || Math.max(start, first) >= Math.min(end, last)) continue;
      from = Math.min(from, Math.max(start, first));
      to = Math.max(to, Math.min(end, last));
    }
    // It touches no page of another one, but a page next to it, or the size.
    if (from === Infinity) return each;
    return { ...each, start: Math.max(each.start, from * pageSize), end: Math.min(each.end, to * pageSize) };
  });
}

/** Whoever writes back all of a file does nothing to clean pages: those before what others touch are left out. */
function trimToDirty(
  touched: readonly Touched[],
  stateOf: (page: number) => "absent" | "clean" | "dirty",
  pageSize: number,
): Touched[] {
  const others = touched.filter(({ end }) => end !== Infinity).map(({ start }) => Math.floor(start / pageSize));
  if (others.length === 0) return [...touched];
  const first = Math.min(...others);
  return touched.map((each) => {
    const from = Math.floor(each.start / pageSize);
    if (each.end !== Infinity || !SYNCS.has(each.verb) || from >= first) return each;
    return range(from, first).some((page) => stateOf(page) === "dirty") ? each : { ...each, start: first * pageSize };
  });
}

function lengthOf({ page, sector }: Place): { pages: number; sectors: number } {
  return { pages: page, sectors: sector };
}

/** From bytes of the recorded file to places of the small one. */
class Scale {
  /** Pages of the recorded file that each small page stands for. */
  readonly pages: number[][] = [];
  readonly sectorsPerPage: number;
  readonly #pageSize: number;
  readonly #smallOf = new Map<number, number>();
  /** Cuts within each small page, bytes from its beginning, ascending. */
  readonly #cuts: number[][] = [];
  /** Bytes that each small page stands for. */
  readonly spans: { readonly from: number; readonly to: number }[] = [];

  constructor(
    touched: readonly Touched[],
    told: Pick<Part, "grain" | "border"> & { size: number | null; pageSize: number },
  ) {
    const { size, pageSize, grain, border } = told;
    this.#pageSize = pageSize;
    const edges = touched.flatMap(({ start, end }) => end === Infinity ? [start] : [start, end]);
    const last = Math.max(...edges);
    // The size matters where an operation is at it; all that is behind them is as good as one page further.
    if (size !== null) edges.push(Math.min(size, (Math.floor(last / pageSize) + 1) * pageSize));
    if (border !== null) edges.push(border);
    // A page with an edge in it stands for itself; whole pages between two edges are one.
    const cutPages = new Set(edges.filter((edge) => edge % pageSize !== 0).map((edge) => Math.floor(edge / pageSize)));
    const borders = [
      ...new Set([
        ...edges.flatMap((edge) => edge % pageSize === 0 ? [edge / pageSize] : []),
        ...[...cutPages].flatMap((page) => [page, page + 1]),
      ]),
    ].sort((a, b) => a - b);
    const covers = (page: number) =>
      cutPages.has(page) ||
      touched.some(({ start, end }) => start < (page + 1) * pageSize && page * pageSize < Math.min(end, last));
    for (let at = 0; at < borders.length; at++) {
      const [from, to] = [borders[at], borders[at + 1] ?? borders[at]];
      const small = this.pages.length;
      this.#smallOf.set(from, small);
      if (to > from && covers(from)) {
        this.pages.push(range(from, to));
        this.spans.push({ from: from * pageSize, to: to * pageSize });
        const cuts = new Set(
          edges.filter((edge) => edge > from * pageSize && edge < to * pageSize && cutPages.has(from))
            .map((edge) => edge - from * pageSize),
        );
        this.#cuts.push([...cuts].sort((a, b) => a - b));
      }
    }
    const most = Math.max(0, ...this.#cuts.map(({ length }) => length));
    this.sectorsPerPage = most === 0 && grain === "pages" ? 1 : most <= 1 ? 2 : most <= 3 ? 4 : 8;
  }

  regions(): Region[] {
    return this.spans.flatMap(({ from, to }, page) => {
      const borders = [from, ...this.#cuts[page].map((cut) => from + cut), to];
      const sectorAt = (byte: number) =>
        page * this.sectorsPerPage + (byte === to ? this.sectorsPerPage : byte === from ? 0 : this.place(byte).sector);
      return borders.slice(1).map((end, at): Region => ({
        first: sectorAt(borders[at]),
        end: sectorAt(end),
        from: borders[at],
        to: end,
      }));
    });
  }

  place(byte: number): Place {
    const page = Math.floor(byte / this.#pageSize);
    if (byte % this.#pageSize === 0) return { page: this.#smallOf.get(page) ?? this.#before(page), sector: 0 };
    const small = this.#smallOf.get(page);
    // Behind all that is touched, or between.
    if (small === undefined) return { page: this.#before(page), sector: 0 };
    if (this.pages[small]?.[0] !== page) return { page: small, sector: 0 };
    const within = byte - page * this.#pageSize;
    const sector = this.sectorsPerPage === 8
      ? Math.min(7, Math.max(1, Math.round(within / SECTOR)))
      : this.#cuts[small].indexOf(within) + 1;
    return { page: small, sector };
  }

  /** Small pages before a page that is none's border. */
  #before(page: number): number {
    let small = 0;
    for (const [from, nth] of this.#smallOf) if (from <= page) small = Math.max(small, nth);
    return [...this.#smallOf.keys()].some((from) => from > page) ? small : this.pages.length;
  }

  range(start: number, end: number): SmallRange {
    const first = this.place(start);
    const last = this.place(end);
    return last.sector === 0
      ? { firstPage: first.page, firstSector: first.sector, lastPage: last.page - 1, lastSector: null }
      : { firstPage: first.page, firstSector: first.sector, lastPage: last.page, lastSector: last.sector - 1 };
  }
}

function range(from: number, to: number): number[] {
  // A handful of them tells what the cache is like.
  const count = Math.min(to - from, 64);
  return Array.from({ length: count }, (_, nth) => from + nth);
}
