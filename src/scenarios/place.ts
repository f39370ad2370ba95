/**
 * Places as scenarios write them.
 *
 * | text | is |
 * |---|---|
 * | `F[3]` | page 3 of F |
 * | `F[0..3]` | pages 0 to 3, both included |
 * | `F[0:1]` | sector 1 of page 0 |
 * | `F[0:1..2:0]` | from sector 1 of page 0 to sector 0 of page 2, both included |
 * | `F` | all of it |
 * | `2`, `2:1` | a length: 2 pages, 2 pages and 1 sector |
 *
 * Pages keep their meaning when a scenario runs with pages of another size; so a place ends with a page where it does not
 * name a sector.
 *
 * @module
 */

/** From a sector of one page to a sector of another, both included. */
export interface Range {
  readonly firstPage: number;
  readonly firstSector: number;
  readonly lastPage: number;
  /** Null: the last one of its page. */
  readonly lastSector: number | null;
}

/** Part of a file or of a mapping. */
export interface Place {
  /** Name of the file, or of a mapping. */
  readonly name: string;
  /** Null: all of it. */
  readonly range: Range | null;
}

/** Whole pages and sectors beyond them. */
export interface Length {
  readonly pages: number;
  readonly sectors: number;
}

const POSITION = String.raw`\d+(?::\d+)?`;
const RANGE = String.raw`${POSITION}(?:\.\.${POSITION})?`;
export const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
export const RANGE_PATTERN = new RegExp(`^${RANGE}$`);
export const PLACE_SOURCE = String.raw`[A-Za-z][A-Za-z0-9_]*(?:\[${RANGE}\])?`;
export const PLACE_PATTERN = new RegExp(`^${PLACE_SOURCE}$`);
export const LENGTH_PATTERN = new RegExp(`^${POSITION}$`);

function position(text: string): { page: number; sector: number | null } {
  const [page, sector] = text.split(":");
  return { page: Number(page), sector: sector === undefined ? null : Number(sector) };
}

/** Reads what matches {@linkcode RANGE_PATTERN}. */
export function parseRange(text: string): Range {
  const [from, to = from] = text.split("..");
  const first = position(from);
  const last = position(to);
  return { firstPage: first.page, firstSector: first.sector ?? 0, lastPage: last.page, lastSector: last.sector };
}

/** Reads what matches {@linkcode PLACE_PATTERN}. */
export function parsePlace(text: string): Place {
  const open = text.indexOf("[");
  return open < 0
    ? { name: text, range: null }
    : { name: text.slice(0, open), range: parseRange(text.slice(open + 1, -1)) };
}

/** Reads what matches {@linkcode LENGTH_PATTERN}. */
export function parseLength(text: string | number): Length {
  const { page, sector } = position(String(text));
  return { pages: page, sectors: sector ?? 0 };
}

/** The inverse of {@linkcode parseRange}, in the shortest form. */
export function rangeText({ firstPage, firstSector, lastPage, lastSector }: Range): string {
  if (lastSector === null) {
    const from = firstSector === 0 ? `${firstPage}` : `${firstPage}:${firstSector}`;
    return firstSector === 0 && firstPage === lastPage ? from : `${from}..${lastPage}`;
  }
  const from = `${firstPage}:${firstSector}`;
  const to = `${lastPage}:${lastSector}`;
  return from === to ? from : `${from}..${to}`;
}

export function placeText({ name, range }: Place): string {
  return range === null ? name : `${name}[${rangeText(range)}]`;
}

/** A number where whole pages will do. */
export function lengthText({ pages, sectors }: Length): string | number {
  return sectors === 0 ? pages : `${pages}:${sectors}`;
}

/** Counted in sectors from the beginning of the file, the last one excluded. */
export interface SectorRange {
  readonly from: number;
  readonly to: number;
}

export function sectorsOf(range: Range, sectorsPerPage: number): SectorRange {
  return {
    from: range.firstPage * sectorsPerPage + range.firstSector,
    to: range.lastPage * sectorsPerPage + (range.lastSector ?? sectorsPerPage - 1) + 1,
  };
}

/** The range of these sectors; it ends with a page where it ends at a page's end. */
export function rangeOf({ from, to }: SectorRange, sectorsPerPage: number): Range {
  const last = to - 1;
  const lastSector = last % sectorsPerPage;
  return {
    firstPage: Math.floor(from / sectorsPerPage),
    firstSector: from % sectorsPerPage,
    lastPage: Math.floor(last / sectorsPerPage),
    lastSector: lastSector === sectorsPerPage - 1 ? null : lastSector,
  };
}

export function lengthSectors({ pages, sectors }: Length, sectorsPerPage: number): number {
  return pages * sectorsPerPage + sectors;
}

/** Pages first to last, in whole. */
export function pageRange(firstPage: number, lastPage: number): Range {
  return { firstPage, firstSector: 0, lastPage, lastSector: null };
}
