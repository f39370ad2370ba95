/**
 * What coherence is judged by: operations on one file with the time each took, and what they read, wrote and cut off.
 *
 * Runs of the machine and recordings both become this. Times are any numbers that order them, values any strings that are
 * equal where contents are equal; a sector is whatever is read and written as one piece.
 *
 * @module
 */

/** What a sector holds. */
export type Value = string;

/** How a sector was reached: by a device, through the page cache, or through a mapping. */
export type Way = "direct" | "cached" | "mapped";

/** Kinds of reads that must agree with each other: those of the device, and those of the page cache, mappings included. */
export type ReadKind = "direct" | "cached";

export function kindOf(way: Way): ReadKind {
  return way === "direct" ? "direct" : "cached";
}

/**
 * Whether a write is known to have been done when its operation returned. A possible one (of an operation that failed or
 * has not returned, or behind the end of a short one) may stand anywhere after its operation began, once, or nowhere.
 */
export type Certainty = "definite" | "possible";

export interface SectorRead {
  readonly sector: number;
  readonly value: Value;
  readonly way: Way;
  /** Other values that parts of the same sector had. */
  readonly mixedWith?: readonly Value[];
  /** The zeros that it gave were no data: it found an extent of this state, or the zero page mapped. */
  readonly zeroFrom?: "hole" | "unwritten" | "delalloc" | "zero_page";
}

export interface SectorWrite {
  readonly sector: number;
  readonly value: Value;
  readonly way: Way;
  readonly certainty: Certainty;
}

/** Sectors [first, end) that a truncate or a punched hole makes zeros. */
export interface ZeroedRange {
  readonly first: number;
  /** Null: all behind `first`. */
  readonly end: number | null;
  readonly certainty: Certainty;
}

/** What an operation does to the size of the file, or shows of it; lengths in one unit throughout a file. */
export type SizeStep =
  /** Raises it to `to` where it is less; by and by from `from` on, where it need not be at once. */
  | { readonly kind: "extends"; readonly from: number; readonly to: number; readonly certainty: Certainty }
  | { readonly kind: "sets"; readonly to: number; readonly certainty: Certainty }
  /** A read that returned what only a size in [atLeast, atMost] gives; `atMost` null: any. */
  | { readonly kind: "shows"; readonly atLeast: number; readonly atMost: number | null };

export interface PlainOperation {
  /** Unique in its history. */
  readonly name: string;
  readonly task: string;
  /** As a report prints it: `pwrite dio F[0..1]`. */
  readonly what: string;
  readonly inv: number;
  /** Null: it has not returned. `a` came before `b` iff a.res < b.inv. */
  readonly res: number | null;
  /** Each sector at most once. */
  readonly reads: readonly SectorRead[];
  /** A sector more than once only with values of different certainty. */
  readonly writes: readonly SectorWrite[];
  readonly zeroes: readonly ZeroedRange[];
  readonly sizes: readonly SizeStep[];
}

/** What a file holds when nothing is going on any more. */
export interface FinalContent {
  /** What a read of the sector must give then: its block's content, or its dirty folio's. */
  content(
    sector: number,
  ): { readonly value: Value; readonly mixedWith: readonly Value[]; readonly way: ReadKind } | null;
  readonly sectors: number;
}

export interface PlainHistory {
  readonly file: string;
  /** What a sector held before all operations. */
  initial(sector: number): Value;
  /** Null: not known; sizes are not judged. */
  readonly initialSize: number | null;
  /** In any order. */
  readonly operations: readonly PlainOperation[];
  /** Null: not known. */
  readonly final: FinalContent | null;
  /** What zeros are. */
  readonly zero: Value;
  readonly sectorsPerPage: number;
}

/** When an operation's writes were done, for all that ask what came after them. */
export function doneAt(operation: PlainOperation, certainty: Certainty): number {
  return certainty === "possible" || operation.res === null ? Infinity : operation.res;
}
