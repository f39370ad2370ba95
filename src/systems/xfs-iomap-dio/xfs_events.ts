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
import { peekUncommittedChange } from "../common/journalled_sync.ts";
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
  | "iomap_writeback_folio";

/** An event about `len` sectors from `pos` on. */
export function xfsRange({ inode: { world, ino } }: IomapFile, event: RangeEvent, pos: number, len: number): void {
  world.tracepoints?.emit(event, { file: ino, file_offset: pos * SECTOR_BYTES, bytes: len * SECTOR_BYTES });
}

/** A look at the extent list that ILOCK shared is taken for. */
export function xfsLooks(file: IomapFile, event: "xfs_ilock" | "xfs_ilock_nowait" = "xfs_ilock"): void {
  xfsLocks(file, event, "ILOCK_SHARED");
  xfsLocks(file, "xfs_iunlock", "ILOCK_SHARED");
}

/** `iomap_zero_range` has mapped a piece, of which `left` sectors from `at` on, and perhaps more, are to be zeros. */
export function xfsZeroes(file: IomapFile, piece: Iomap, at: number, left: number): void {
  const { inode: { world, ino } } = file;
  if (world.tracepoints === null) return;
  iomapIterates(world, ino, "ZERO");
  xfsLocks(file, "xfs_ilock", "ILOCK_EXCL");
  if (piece.type !== "hole") xfsRange(file, "xfs_iomap_found", at, left);
  xfsLocks(file, "xfs_iunlock", "ILOCK_EXCL");
  iomapMapped(world, ino, { ...piece, isDirty: piece.type !== "hole" && peekUncommittedChange(file) });
}

/** `iomap_zero_range` finds nothing left. */
export function xfsZeroed({ inode: { world, ino } }: IomapFile): void {
  iomapIterates(world, ino, "ZERO");
}

/** A piece is mapped for a read. */
function mapsPiece(file: IomapFile, { lblk, blocks, state, pblk }: Mapping): void {
  const { inode: { world, ino }, sectorsPerBlock } = file;
  if (world.tracepoints === null) return;
  const mapping = {
    type: state === "written" ? "mapped" as const : state,
    offset: lblk * sectorsPerBlock,
    length: blocks * sectorsPerBlock,
    addr: pblk === null ? null : pblk * sectorsPerBlock,
    isNew: false,
    isDirty: peekUncommittedChange(file),
  };
  xfsLooks(file);
  xfsRange(file, "xfs_iomap_found", mapping.offset, mapping.length);
  iomapMapped(world, ino, mapping);
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
    goesOn: () => iomapIterates(world, ino, ""),
    ends() {},
  };
}

/** `iomap_read_folio`: a page that somebody needs is read by itself. */
export function xfsReadFolioEvents(file: IomapFile): ReadaheadEvents {
  const { inode: { world, ino } } = file;
  return {
    ...xfsReadaheadEvents(file),
    begins(pages) {
      world.tracepoints?.emit("iomap_readpage", { file: ino, nr_pages: pages });
      iomapIterates(world, ino, "");
    },
  };
}

/** What the page cache of a file fires. */
export function xfsPageCacheEvents(
  file: () => IomapFile,
  mapsForFault: (range: { readonly pos: number; readonly left: number }) => void,
): PageCacheEvents {
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
      if (log() === null) return;
      const { mapping, bounds: { sectorsPerPage } } = file().inode;
      const first = mapping.folioFirst(index);
      const range = { pos: first * sectorsPerPage, left: (mapping.folioLast(index) + 1 - first) * sectorsPerPage };
      mapsForFault(range);
    },
    mkwriteEnds() {
      iomapIterates(file().inode.world, file().inode.ino, "WRITE|FAULT");
      xfsLocks(file(), "xfs_iunlock", "MMAPLOCK_SHARED");
    },
    writeDone(left, waits) {
      if (log() === null || left > 0) return;
      iomapIterates(file().inode.world, file().inode.ino, waits === "never" ? "WRITE|NOWAIT" : "WRITE");
    },
  };
}
