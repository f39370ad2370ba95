/**
 * What a file system does with the pages of a file: `struct address_space_operations`, and what is asked of it besides.
 *
 * @module
 */

import type { Waits } from "./buffered_read.ts";
import type { FaultAccess, FaultOutcome, MkwriteOutcome } from "./fault.ts";
import type { Folio } from "./folio.ts";
import type { PageCacheEvents } from "./page_cache_events.ts";
import type { Vma } from "./page_table.ts";
import type { Steps } from "./task.ts";

/** What a file system does with pages. Error numbers are negative, 0 is success. */
export interface AddressSpaceOperations {
  /**
   * Starts to read a locked folio, which is unlocked, and up to date unless the read failed, when that is done: before
   * this returns or by another task. On an error before anything was started it unlocks the folio itself.
   */
  readFolio(folio: Folio): Steps<number>;
  /** Starts to read several new folios at once; default: one after the other. */
  readahead?(folios: readonly Folio[]): Steps;
  /**
   * Writes a locked folio that has just been made clean (05 C5 b4 to b7): maps it, starts writeback, unlocks it, and
   * ends writeback when it is written, by another task. It may make it dirty again and unlock it instead.
   */
  writeFolio(folio: Folio, sync?: "for_integrity" | "background"): Steps<number>;
  /**
   * Writes the dirty pages [first, last] as the file system likes: what is done in the place of a {@linkcode writeFolio}
   * for each. Returns 0 or a negative error number.
   */
  writepages?(first: number, last: number, sync: "for_integrity" | "background"): Steps<number>;
  /** Behind a chunk of a buffered write, its page unlocked: `before` is i_size as it was. Missing: nothing. */
  writeEnded?(folio: Folio, pos: number, copied: number, before: number): Steps;
  /** Writes a locked dirty folio during invalidation and waits; it stays locked. Missing: dirty folios stay. */
  launderFolio?(folio: Folio): Steps<number>;
  /** Lets go of what `folio.buffers` holds, in one step; false when it has to stay. Missing: it always can. */
  releaseFolio?(folio: Folio): boolean;
  /** Forgets the blocks of sectors [from, to) of a folio that is truncated, in the same step. */
  invalidateFolio?(folio: Folio, from: number, to: number): void;
  /** Told that a folio has become dirty, in the same step. */
  dirtyFolio?(folio: Folio): void;
  /** Makes ready a page that is about to be stored into through a mapping; missing: nothing is done. */
  pageMkwrite?(folio: Folio): Steps<MkwriteOutcome>;
  /** Handles a fault instead of the page cache, as file systems on persistent memory do. */
  fault?(vma: Vma, vpn: number, access: FaultAccess): Steps<FaultOutcome>;
  /**
   * Makes ready sectors [from, to) of a locked folio for a buffered write (05 C2 w4, w5): starts a handle, maps blocks,
   * reads what will not be overwritten.
   */
  prepareWrite?(folio: Folio, from: number, to: number, waits: Waits): Steps<number>;
  /**
   * Maps what a buffered write of `left` sectors is about to go to, as `iomap_begin` does.
   *
   * @returns sector of the file where that mapping ends, or an error. Missing: every page by itself
   */
  mapWrite?(pos: number, left: number, waits: Waits): Steps<number>;
  /**
   * Ends what {@linkcode prepareWrite} has begun, after `copied` sectors (w7 to w9, page still locked).
   *
   * @returns sectors that count as written, or an error. Missing: `genericCommitWrite`
   */
  commitWrite?(folio: Folio, from: number, to: number, copied: number): Steps<number>;
  /** Takes back what is beyond i_size after a buffered write that has failed in a chunk that was to end before sector `end`. */
  writeFailed?(error: number, end: number): Steps;
  /**
   * Runs of pages that are read ahead where the page at `index` is missing, `wanted` from there on being asked for by a
   * read, or for a fault. Missing: one, as the bounds say.
   */
  readaheadWindow?(index: number, wanted: number | "fault"): readonly ReadaheadRun[];
  /**
   * Runs of pages that a read or fault of pages [index, end), all of them cached, begins to read ahead; there may be
   * nothing left to be read behind a mark. Null: none of them is marked. Missing: none.
   *
   * @param mark whether the folio that a fault has found is marked, as far as {@linkcode ReadaheadRun.mark} has told
   */
  readaheadMarked?(index: number, end: number, mark: "marked" | "not_told"): readonly ReadaheadRun[] | null;
  /** The first page in [index, end) whose folio has such a mark, which ends a batch of a read; null: none has. */
  readaheadMark?(index: number, end: number): number | null;
  /** The folio of several pages that a cached page is of; null: a folio is a page there. Missing: everywhere. */
  folioOf?(index: number): PageWindow | null;
  readonly events?: PageCacheEvents;
}

/** Pages [first, first + pages). */
export interface PageWindow {
  readonly first: number;
  readonly pages: number;
}

/** Pages that are read ahead. */
export interface ReadaheadRun extends PageWindow {
  /** The page of them that is marked to begin the next readahead (PG_readahead). Missing: none, or nobody has told. */
  readonly mark?: number;
}
