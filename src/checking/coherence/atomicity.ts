/**
 * Whether operations of several sectors can be put in one order, each as a whole or in the pieces that a mode allows.
 *
 * Which write a read returned is known from its sectors (C1, C2). In an order of pieces, every other write of a sector
 * stands before the write that a read returned, or behind the read: what must be follows until nothing more does, and what
 * may be either is tried both ways. Pieces that have nothing to do with each other at the same time are judged apart, which
 * is exact for the same reason for which objects can be (Herlihy and Wing, 1990); with reads of both kinds, which need not
 * agree, what is found is wrong but not all that is wrong is found.
 *
 * @module
 */

import type { PlainOperation, ReadKind, Way } from "./plain_history.ts";
import type { SectorHistory } from "./sector_history.ts";
import type { Seen } from "./sector_verdict.ts";

/**
 * What of an operation is one piece: all of it, what lies in one page, or each sector.
 *
 * @returns the same for all sectors of one piece
 */
export type Pieces = (way: Way, does: "read" | "write", sector: number) => string | number;

/** POSIX for reads and writes alike. */
export const WHOLE: Pieces = (way, _does, sector) => way === "mapped" ? sector : "all";

/** What a generation of the kernel promises for reads and writes through its page cache; direct ones promise nothing. */
export type CachedAtomicity = "posix" | "page";

/** ext2, ext3 and ext4: the page lock orders writes, reads take none. */
export const DEFAULT_ATOMICITY: CachedAtomicity = "page";

/** Pieces that a system must keep whole. */
export function promisedPieces(cached: CachedAtomicity, sectorsPerPage: number): Pieces {
  return (way, does, sector) => {
    if (way !== "cached") return sector;
    if (cached === "posix") return "all";
    return does === "write" ? `page ${Math.floor(sector / sectorsPerPage)}` : sector;
  };
}

/** An operation that no order of whole pieces explains. */
export interface Torn {
  readonly operation: PlainOperation;
  /** A write of which it saw a part only, or that it saw mixed with another one; null: only with other reads' help. */
  readonly partOf: PlainOperation | null;
  readonly seen: readonly number[];
  readonly notSeen: readonly number[];
}

export interface AtomicityVerdict {
  readonly torn: readonly Torn[];
  /** Groups of operations that were too many to try all orders: only pairs were looked at. */
  readonly pairsOnly: number;
}

interface Piece {
  readonly operation: PlainOperation;
  readonly inv: number;
  readonly done: number;
  /** Sectors that it writes, by their place among the sectors of the history. */
  readonly writes: number[];
  /** Sectors that it reads with the piece that it saw; null: what was there before. */
  readonly reads: { readonly sector: number; readonly from: Piece | null }[];
  /** Of a read: how it was made; null: of a write, or in both ways. */
  kind: ReadKind | null;
  readonly nth: number;
}

/** Pieces that all orders are tried for: as many as an integer has bits. */
const PIECES_MAX = 30;
const TRIES_MAX = 2000;
/** Sectors with more reads and writes than these are not looked through for a race first. */
const FEW = 32;

export function judgeAtomicity(
  sectors: readonly SectorHistory[],
  verdicts: readonly Seen[],
  pieces: Pieces,
): AtomicityVerdict {
  const torn: Torn[] = [];
  let pairsOnly = 0;
  if (sectors.length < 2 || !sectors.some(hasRace)) return { torn, pairsOnly };
  const all = piecesOf(sectors, verdicts, pieces);
  if (!all.some(isWide)) return { torn, pairsOnly };
  for (const group of groupsOf(all, sectors.length)) {
    if (!group.some(isWide) || !group.some(({ reads }) => reads.length > 0)) continue;
    const { reads, exact } = tornPieces(group);
    if (!exact) pairsOnly++;
    for (const read of reads) torn.push(describe(read, group, sectors));
  }
  return { torn, pairsOnly };
}

/** Whether something was under way together with a write; else there is one order only. */
function hasRace({ writes, reads }: SectorHistory): boolean {
  if (writes.length === 1) return false;
  if (writes.length + reads.length > FEW) return true;
  let writesDone = -Infinity;
  for (const { inv, done } of writes.toSorted((a, b) => a.inv < b.inv ? -1 : 1)) {
    if (inv <= writesDone && writesDone !== -Infinity) return true;
    if (done > writesDone) writesDone = done;
    if (reads.some((read) => read.operation !== null && read.inv <= done && inv <= read.res && done !== -Infinity)) {
      return true;
    }
  }
  return false;
}

/** What has one sector only is in order already, by C2. */
function isWide({ writes, reads }: Piece): boolean {
  return writes.length > 1 || reads.length > 1;
}

function piecesOf(sectors: readonly SectorHistory[], verdicts: readonly Seen[], pieces: Pieces): Piece[] {
  const all: Piece[] = [];
  const known = new Map<PlainOperation, Map<string | number, Piece>>();
  const piece = (operation: PlainOperation, key: string | number, done: number, kind: ReadKind | null): Piece => {
    let ofOperation = known.get(operation);
    if (ofOperation === undefined) known.set(operation, ofOperation = new Map());
    let found = ofOperation.get(key);
    if (found === undefined) {
      found = { operation, inv: operation.inv, done, writes: [], reads: [], kind, nth: all.length };
      ofOperation.set(key, found);
      all.push(found);
    }
    return found;
  };
  for (let at = 0; at < sectors.length; at++) {
    const { sector, writes, reads } = sectors[at];
    const { readsFrom, ambiguous } = verdicts[at];
    const seen = new Set(readsFrom);
    const ofWrite = writes.map((write, nth) => {
      const { operation, way, done, certainty, data } = write;
      if (operation === null || (done === Infinity && !seen.has(nth))) return null;
      // A part of what is only possible may have been done without the rest.
      const whole = data && certainty === "definite" && done !== Infinity;
      const key = whole ? `w ${pieces(way, "write", sector)}` : `possible ${sector} ${nth}`;
      const found = piece(operation, key, done, null);
      if (!found.writes.includes(at)) found.writes.push(at);
      return found;
    });
    for (let nth = 0; nth < reads.length; nth++) {
      const { operation, way, res, kind } = reads[nth];
      if (operation === null || readsFrom[nth] === -1 || ambiguous.has(nth)) continue;
      const found = piece(operation, `r ${pieces(way, "read", sector)}`, res, kind);
      found.reads.push({ sector: at, from: ofWrite[readsFrom[nth]] });
      if (found.kind !== kind) found.kind = null;
    }
  }
  return all;
}

/** Pieces that are at work on a sector at the same time, or of which one saw another that had a rival. */
function groupsOf(all: readonly Piece[], sectorCount: number): Piece[][] {
  const parent = all.map((_, nth) => nth);
  const root = (nth: number): number => {
    while (parent[nth] !== nth) nth = parent[nth] = parent[parent[nth]];
    return nth;
  };
  const unite = (a: Piece, b: Piece): void => {
    const [left, right] = [root(a.nth), root(b.nth)];
    // The first of a group stands for it, so that groups come in the same order every time.
    if (left < right) parent[right] = left;
    else parent[left] = right;
  };
  const onSector: Piece[][] = Array.from({ length: sectorCount }, () => []);
  for (const piece of all) {
    for (const sector of piece.writes) onSector[sector].push(piece);
    for (const { sector } of piece.reads) onSector[sector].push(piece);
  }
  const rivalled = new Uint8Array(all.length);
  for (const pieces of onSector) {
    if (pieces.length < 2) continue;
    pieces.sort((a, b) => a.inv < b.inv ? -1 : a.inv > b.inv ? 1 : a.nth - b.nth);
    let longest = pieces[0];
    let longestWrite: Piece | null = null;
    for (const piece of pieces) {
      if (piece !== longest && piece.inv <= longest.done) unite(piece, longest);
      if (piece.done > longest.done) longest = piece;
      if (piece.writes.length === 0) continue;
      if (longestWrite !== null && longestWrite !== piece && piece.inv <= longestWrite.done) {
        rivalled[piece.nth] = rivalled[longestWrite.nth] = 1;
      }
      if (longestWrite === null || piece.done > longestWrite.done) longestWrite = piece;
    }
  }
  for (const piece of all) {
    for (const { from } of piece.reads) if (from !== null && rivalled[from.nth] === 1) unite(piece, from);
  }
  const groups = new Map<number, Piece[]>();
  for (const piece of all) {
    const of = root(piece.nth);
    const group = groups.get(of);
    if (group === undefined) groups.set(of, [piece]);
    else group.push(piece);
  }
  const several = [...groups.values()].filter(({ length }) => length > 1);
  // What a read saw is needed with it; had it a rival it would be in the group.
  for (const group of several) {
    const within = new Set(group);
    for (const { reads } of [...group]) {
      for (const { from } of reads) {
        if (from === null || within.has(from)) continue;
        within.add(from);
        group.push({ ...from, reads: [] });
      }
    }
  }
  return several;
}

/** Reads that have to be left out for the others to fit. */
function tornPieces(group: readonly Piece[]): { reads: Piece[]; exact: boolean } {
  if (group.length > PIECES_MAX) {
    return { reads: group.filter(({ reads }) => seesMixed(reads)), exact: false };
  }
  const writes = group.filter(({ reads }) => reads.length === 0);
  const reads = group.filter(({ reads }) => reads.length > 0).sort((a, b) =>
    a.done < b.done ? -1 : a.done > b.done ? 1 : a.nth - b.nth
  );
  try {
    if (fits([...writes, ...reads])) return { reads: [], exact: true };
    const kept = [...writes];
    const torn: Piece[] = [];
    for (const read of reads) {
      if (fits([...kept, read])) kept.push(read);
      else torn.push(read);
    }
    return { reads: torn, exact: true };
  } catch (error) {
    if (!(error instanceof TooManyTries)) throw error;
    return { reads: reads.filter((read) => seesMixed(read.reads)), exact: false };
  }
}

/** Part of one write and, where that wrote too, what is surely older, or another write that wrote there as well. */
function seesMixed(reads: Piece["reads"]): boolean {
  const sectors = new Map<Piece | null, number[]>();
  for (const { sector, from } of reads) {
    const known = sectors.get(from);
    if (known === undefined) sectors.set(from, [sector]);
    else known.push(sector);
  }
  if (sectors.size < 2) return false;
  const written = new Map([...sectors.keys()].map((piece) => [piece, new Set(piece?.writes)]));
  for (const [seen, ofSeen] of sectors) {
    if (seen === null || seen.writes.length === 1) continue;
    for (const [other, ofOther] of sectors) {
      if (other === seen || !ofOther.some((sector) => written.get(seen)!.has(sector))) continue;
      const isOlder = other === null || other.done < seen.inv;
      if (isOlder || ofSeen.some((sector) => written.get(other)!.has(sector))) return true;
    }
  }
  return false;
}

/** Reads of the device and of the page cache need not agree with each other, see C2. */
function precedes(earlier: Piece, later: Piece): boolean {
  if (!(earlier.done < later.inv)) return false;
  const bothRead = earlier.reads.length > 0 && later.reads.length > 0;
  return !bothRead || (earlier.kind !== null && earlier.kind === later.kind);
}

class TooManyTries extends Error {}

/** Whether all pieces can be put in one order. */
function fits(pieces: readonly Piece[]): boolean {
  const count = pieces.length;
  // Bit i of before[j]: piece i must stand before piece j.
  const before: number[] = pieces.map((later) =>
    pieces.reduce((mask, earlier, nth) => precedes(earlier, later) ? mask | 1 << nth : mask, 0)
  );
  /** A read, what it saw (-1: what was there before), and another write of the sector. */
  const rules: { read: number; saw: number; other: number }[] = [];
  const index = new Map(pieces.map(({ operation, nth }, at) => [`${nth} ${operation.name}`, at]));
  const at = ({ nth, operation }: Piece): number => index.get(`${nth} ${operation.name}`)!;
  for (let read = 0; read < count; read++) {
    for (const { sector, from } of pieces[read].reads) {
      const saw = from === null ? -1 : at(from);
      if (saw !== -1) before[read] |= 1 << saw;
      for (let other = 0; other < count; other++) {
        if (other !== saw && pieces[other].writes.includes(sector)) rules.push({ read, saw, other });
      }
    }
  }
  let tries = 0;
  const search = (order: number[]): boolean => {
    if (++tries > TRIES_MAX) throw new TooManyTries();
    if (!follow(order, rules)) return false;
    const open = rules.find(({ read, saw, other }) =>
      (order[saw] >> other & 1) === 0 && (order[other] >> read & 1) === 0
    );
    if (open === undefined) return true;
    const first = [...order];
    first[open.saw] |= 1 << open.other;
    if (search(first)) return true;
    const second = [...order];
    second[open.other] |= 1 << open.read;
    return search(second);
  };
  return search(before);
}

/** Adds what follows; false: something would stand before itself. */
function follow(before: number[], rules: readonly { read: number; saw: number; other: number }[]): boolean {
  const count = before.length;
  for (let changed = true; changed;) {
    changed = false;
    for (let piece = 0; piece < count; piece++) {
      let mask = before[piece];
      for (let other = 0; other < count; other++) if ((mask >> other & 1) === 1) mask |= before[other];
      if (mask !== before[piece]) {
        before[piece] = mask;
        changed = true;
      }
      if ((mask >> piece & 1) === 1) return false;
    }
    for (const { read, saw, other } of rules) {
      // Nothing stands before what was there before.
      if (saw === -1 || (before[other] >> saw & 1) === 1) {
        if ((before[other] >> read & 1) === 0) {
          before[other] |= 1 << read;
          changed = true;
        }
      }
      if (saw !== -1 && (before[read] >> other & 1) === 1 && (before[saw] >> other & 1) === 0) {
        before[saw] |= 1 << other;
        changed = true;
      }
    }
  }
  return true;
}

function describe(read: Piece, group: readonly Piece[], sectors: readonly SectorHistory[]): Torn {
  const candidates = group.filter(({ writes, nth }) =>
    writes.length > 1 && read.reads.some(({ from }) => from?.nth === nth)
  );
  for (const write of candidates) {
    const both = read.reads.filter(({ sector }) => write.writes.includes(sector));
    const seen = both.filter(({ from }) => from?.nth === write.nth);
    const notSeen = both.filter(({ from }) => from?.nth !== write.nth);
    if (notSeen.length === 0) continue;
    return {
      operation: read.operation,
      partOf: write.operation,
      seen: seen.map(({ sector }) => sectors[sector].sector),
      notSeen: notSeen.map(({ sector }) => sectors[sector].sector),
    };
  }
  return {
    operation: read.operation,
    partOf: null,
    seen: read.reads.map(({ sector }) => sectors[sector].sector),
    notSeen: [],
  };
}
