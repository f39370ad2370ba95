/**
 * Events of XFS (fs/xfs/xfs_trace.h), for runs that are traced.
 *
 * @module
 */

import type { Iomap, Mapping } from "../../machine/block_map.ts";
import type { PageCacheEvents } from "../../machine/page_cache_events.ts";
import type { TracepointLog } from "../../machine/tracepoint_log.ts";
import type { ReadaheadEvents } from "../common/block_readahead.ts";
import type { IomapFile } from "../common/iomap_file.ts";
import { iomapIterates, iomapMapped, SECTOR_BYTES } from "../common/iomap_events.ts";

export type LockFlags =
  | "IOLOCK_SHARED"
  | "IOLOCK_EXCL"
  | "MMAPLOCK_EXCL"
  | "IOLOCK_EXCL|MMAPLOCK_EXCL"
  | "MMAPLOCK_SHARED"
  | "ILOCK_SHARED"
  | "ILOCK_EXCL";

type LockEvent = "xfs_ilock" | "xfs_ilock_nowait" | "xfs_iunlock" | "xfs_ilock_demote";

export function xfsLocks({ inode: { world, ino } }: IomapFile, event: LockEvent, lock_flags: LockFlags): void {
  world.tracepoints?.emit(event, { file: ino, lock_flags });
}

type RangeEvent =
  | "xfs_file_buffered_read"
  | "xfs_file_buffered_write"
  | "xfs_file_direct_read"
  | "xfs_file_direct_write"
  | "xfs_iomap_found"
  | "xfs_iomap_alloc"
  | "xfs_map_blocks_found"
  | "xfs_map_blocks_alloc"
  | "xfs_end_io_direct_write"
  | "xfs_unwritten_convert"
  | "xfs_setfilesize"
  | "xfs_zero_eof"
  | "iomap_writeback_folio"
  | "iomap_add_to_ioend";

/** An event about `len` sectors from `pos` on. */
export function xfsRange({ inode: { world, ino } }: IomapFile, event: RangeEvent, pos: number, len: number): void {
  world.tracepoints?.emit(event, { file: ino, file_offset: pos * SECTOR_BYTES, bytes: len * SECTOR_BYTES });
}

/** A look at the extent list that ILOCK shared is taken for. */
export function xfsLooks(file: IomapFile, event: "xfs_ilock" | "xfs_ilock_nowait" = "xfs_ilock"): void {
  xfsLocks(file, event, "ILOCK_SHARED");
  xfsLocks(file, "xfs_iunlock", "ILOCK_SHARED");
}

/** `iomap_zero_range` has mapped a piece, of which `left` sectors and perhaps more are to be zeros. */
export function xfsZeroes(file: IomapFile, piece: Iomap, left: number): void {
  const { inode: { world, ino } } = file;
  if (world.tracepoints === null) return;
  iomapIterates(world, ino, "ZERO");
  xfsLocks(file, "xfs_ilock", "ILOCK_EXCL");
  if (piece.type !== "hole") xfsRange(file, "xfs_iomap_found", piece.offset, Math.min(left, piece.length));
  xfsLocks(file, "xfs_iunlock", "ILOCK_EXCL");
  iomapMapped(world, ino, piece);
}

/** `iomap_zero_range` finds nothing left. */
export function xfsZeroed({ inode: { world, ino } }: IomapFile): void {
  iomapIterates(world, ino, "ZERO");
}

/** A whole `iomap_iter` loop over one piece that does nothing that the model knows of between its beginning and its end. */
function mapsPiece(file: IomapFile, { lblk, blocks, state, pblk }: Mapping): void {
  const { inode: { world, ino }, sectorsPerBlock } = file;
  if (world.tracepoints === null) return;
  const mapping: Iomap = {
    type: state === "written" ? "mapped" : state,
    offset: lblk * sectorsPerBlock,
    length: blocks * sectorsPerBlock,
    addr: pblk === null ? null : pblk * sectorsPerBlock,
    isNew: false,
  };
  xfsLooks(file);
  xfsRange(file, "xfs_iomap_found", mapping.offset, mapping.length);
  iomapMapped(world, ino, mapping);
  iomapIterates(world, ino, "");
}

/** What readahead of a file fires. */
export function xfsReadaheadEvents(file: IomapFile): ReadaheadEvents {
  const { inode: { world, ino } } = file;
  return {
    begins(pages) {
      world.tracepoints?.emit("iomap_readahead", { file: ino, nr_pages: pages });
      iomapIterates(world, ino, "");
    },
    mapped: (mapping) => mapsPiece(file, mapping),
    ends() {},
  };
}

/** What the page cache of a file fires. */
export function xfsPageCacheEvents(file: () => IomapFile): PageCacheEvents {
  /** Sector up to which the buffered write under way has its mapping. */
  let mappedTo = 0;
  const log = (): TracepointLog | null => file().inode.world.tracepoints;
  return {
    readaheadBegins(index, pages) {
      log()?.emit("page_cache_sync_ra", { ...file().inode.mapping.placeOf(index), req_count: pages });
    },
    faultBegins() {
      log()?.emit("xfs_read_fault", { file: file().inode.ino });
    },
    mkwriteBegins() {
      log()?.emit("xfs_write_fault", { file: file().inode.ino });
      xfsLocks(file(), "xfs_ilock", "MMAPLOCK_SHARED");
    },
    mkwriteMaps(index) {
      const { sectorsPerPage } = file().inode.bounds;
      if (log() !== null) mapsForWrite(file(), index * sectorsPerPage, sectorsPerPage, "WRITE|FAULT");
    },
    mkwriteEnds() {
      iomapIterates(file().inode.world, file().inode.ino, "WRITE|FAULT");
      xfsLocks(file(), "xfs_iunlock", "MMAPLOCK_SHARED");
    },
    writeBegins(pos, left) {
      if (log() === null || (pos < mappedTo && pos > 0)) return;
      mappedTo = mapsForWrite(file(), pos, left, "WRITE");
    },
    writeDone(left) {
      if (log() === null || left > 0) return;
      mappedTo = 0;
      iomapIterates(file().inode.world, file().inode.ino, "WRITE");
    },
  };
}

/** `xfs_buffered_write_iomap_begin`: a hole is reserved as a whole. Returns the sector at which the mapping ends. */
function mapsForWrite(file: IomapFile, pos: number, left: number, flags: string): number {
  const { inode: { world, ino }, map, sectorsPerBlock } = file;
  const asked = Math.floor(pos / sectorsPerBlock);
  const stateAt = (lblk: number) => lblk < map.blocksMax ? map.peek(lblk) : "hole";
  const state = stateAt(asked);
  // A hole is reserved as far as is asked for; an extent that is there is given whole.
  const last = state === "hole" ? Math.ceil((pos + left) / sectorsPerBlock) : map.blocksMax;
  const goesOn = (lblk: number) =>
    stateAt(lblk) === state && (state === "hole" || state === "delalloc" ||
      map.peekBlock(lblk) === map.peekBlock(asked)! + lblk - asked);
  let end = asked + 1;
  while (end < last && goesOn(end)) end++;
  let first = asked;
  while (state !== "hole" && first > 0 && goesOn(first - 1)) first--;
  const pblk = map.peekBlock(first);
  iomapIterates(world, ino, flags);
  xfsLocks(file, "xfs_ilock", "ILOCK_EXCL");
  xfsRange(file, state === "hole" ? "xfs_iomap_alloc" : "xfs_iomap_found", pos, left);
  xfsLocks(file, "xfs_iunlock", "ILOCK_EXCL");
  iomapMapped(world, ino, {
    type: state === "hole" ? "delalloc" : state === "written" ? "mapped" : state,
    offset: first * sectorsPerBlock,
    length: (end - first) * sectorsPerBlock,
    addr: pblk === null ? null : pblk * sectorsPerBlock,
    isNew: state === "hole",
    isDirty: state === "hole",
    isShared: false,
  });
  return end * sectorsPerBlock;
}
