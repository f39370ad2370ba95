/**
 * What is decided around a file system and not by it: where its blocks come to lie, which pages are read ahead, whether
 * the coarse clock has moved. A model that explores gives every such decision a value by its scenario; one that follows a
 * recording takes them from there.
 *
 * Blocks are counted in the file system's, pages in those of the machine.
 *
 * @module
 */

import type { PageWindow, ReadaheadRun } from "../../machine/address_space_operations.ts";
import type { Bio } from "../../machine/bio.ts";

export interface Surroundings {
  /** Physical block that the allocator gives to a block of a file; null: whatever is free. */
  placeOf(file: string, lblk: number): number | null;
  /** Whether the allocator begins with this block, however it may lie behind the one before it. */
  isFirst(file: string, lblk: number): boolean;
  /** Block groups that the allocation or release at hand looks at, and nobody has looked at before: in that order. */
  groupsLoaded(): readonly number[];
  /** Whether space can be set aside for a block of a file, to be allocated later or in a transaction that begins. */
  canReserve(file: string, lblk: number): boolean;
  /** Whether the disk has room for a block of a file. */
  hasRoom(file: string, lblk: number): boolean;
  /** Whether commits of a journal whose log is not followed flush the device's cache, so that fsync need not. */
  readonly commits: "flush" | "do_not_flush";
  /**
   * Size below which XFS reserves no more than the least ahead of a file, sectors: `m_dalign`, the stripe unit that the file
   * system was made with.
   */
  readonly leastAheadBelow: number;
  /** Bits by which what is reserved ahead is shortened: how little of the disk is free. */
  lowSpaceShift(): number;
  /** Whether an inode has just come into memory when all begins. */
  isFresh(file: string): boolean;
  /** What the device makes of a bio that it has carried out: 0, or a negative error number. */
  outcomeOf(bio: Bio): number;
  /** What is read ahead where the page at `index` is missing and a read asks for `wanted` pages, or a fault needs that one. */
  readaheadWindow(file: string, index: number, wanted: number | "fault"): readonly ReadaheadRun[];
  /** What a read or fault of pages [index, end) that are all cached begins to read ahead; `mark`: as the machine knows of it. */
  readaheadMarked(
    file: string,
    index: number,
    end: number,
    mark: "marked" | "not_told",
  ): readonly ReadaheadRun[] | null;
  /** The first page in [index, end) that is marked; null: none is. */
  readaheadMark(file: string, index: number, end: number): number | null;
  /** The folio of several pages that a cached page is of; null: a folio of one. */
  folioOf(file: string, index: number): PageWindow | null;
  /** Whether the current call moves the end of its file within a sector: the model counts sizes in sectors. */
  endMovesWithinSector(): boolean;
  /** Whether a file whose size is that many sectors ends within the last one. */
  endsWithinSector(file: string, sectors: number): boolean;
  /** Whether the coarse clock has moved when the current task looks at it. */
  timestamps(): "moved" | "unmoved";
}
