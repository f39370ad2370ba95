/**
 * Blocks for buffered writes of XFS: `xfs_buffered_write_iomap_begin` of 6.1 and 6.18, with the space behind the end that
 * is reserved before anybody asks for it.
 *
 * @module
 */

import type { BlockMap, BlockState } from "../../machine/block_map.ts";
import type { Waits } from "../../machine/buffered_read.ts";
import type { Steps } from "../../machine/task.ts";
import { iomapIterates, iomapMapped } from "../common/iomap_events.ts";
import type { IomapFile } from "../common/iomap_file.ts";
import { peekUncommittedChange } from "../common/journalled_sync.ts";
import { xfsLocks, xfsRange } from "./xfs_events.ts";

/** Bytes, of what is mapped at once: 1024 pages. */
const MAPPED_MAX = 1024 * 4096;
/** Bytes, `m_allocsize_blocks` where nobody has mounted with `allocsize`. */
const ALLOCSIZE = 64 * 1024;
const SECTOR = 512;

/** An extent as a buffered write finds it, or as it is reserved for it. */
interface WriteExtent {
  /** State before it is reserved. */
  readonly state: BlockState;
  /** Blocks [first, end). */
  readonly first: number;
  readonly end: number;
}

/** A piece of a buffered write gets its mapping. Returns the sector where that ends. */
export function* xfsMapForWrite(file: IomapFile, pos: number, left: number, waits: Waits): Steps<number> {
  yield;
  const { map, sectorsPerBlock } = file;
  map.getBlock(Math.floor(pos / sectorsPerBlock), 1);
  const extent = extentForWrite(file, pos, left);
  if (extent.state === "hole") { for (let lblk = extent.first; lblk < extent.end; lblk++) map.reserve(lblk); }
  xfsMapsForWrite(file, extent, { pos, left, flags: waits === "never" ? "WRITE|NOWAIT" : "WRITE" });
  return extent.end * sectorsPerBlock;
}

/** What `iomap_iter` shows of it. */
export function xfsMapsForWrite(
  file: IomapFile,
  { state, first, end }: WriteExtent,
  { pos, left, flags }: { readonly pos: number; readonly left: number; readonly flags: string },
): void {
  const { inode: { world, ino }, map, sectorsPerBlock } = file;
  if (world.tracepoints === null) return;
  const pblk = state === "hole" ? null : map.peekBlock(first);
  iomapIterates(world, ino, flags);
  xfsLocks(file, flags.includes("NOWAIT") ? "xfs_ilock_nowait" : "xfs_ilock", "ILOCK_EXCL");
  const isToldBehind = state === "hole" && file.below.reservationsTold === "behind_ilock";
  if (!isToldBehind) xfsRange(file, state === "hole" ? "xfs_iomap_alloc" : "xfs_iomap_found", pos, left);
  xfsLocks(file, "xfs_iunlock", "ILOCK_EXCL");
  if (isToldBehind) xfsRange(file, "xfs_iomap_alloc", pos, left);
  iomapMapped(world, ino, {
    type: state === "hole" ? "delalloc" : state === "written" ? "mapped" : state,
    offset: first * sectorsPerBlock,
    length: (end - first) * sectorsPerBlock,
    addr: pblk === null ? null : pblk * sectorsPerBlock,
    isNew: state === "hole",
    isDirty: peekUncommittedChange(file),
    isShared: false,
  });
}

/** An extent that is there is given whole, a hole as far as is asked for; and further, behind the end of the file. */
export function extentForWrite(file: IomapFile, pos: number, left: number): WriteExtent {
  const { map, sectorsPerBlock } = file;
  const asked = Math.floor(pos / sectorsPerBlock);
  const state = map.peek(asked);
  if (state !== "hole") return { state, ...map.peekExtent(asked) };
  const wanted = Math.min(left, MAPPED_MAX / SECTOR);
  const last = Math.min(Math.ceil((pos + wanted) / sectorsPerBlock), map.blocksMax);
  let end = asked + 1;
  while (end < last && map.peek(end) === "hole") end++;
  const isAtEnd = end === last && map.peekIsHoleFrom(end) && pos + wanted > file.inode.peekSize;
  if (isAtEnd) end = Math.min(map.blocksMax, Math.max(end, preallocatedTo(file, asked, pos + wanted)));
  return { state, first: asked, end };
}

/**
 * `xfs_iomap_prealloc_size`: nothing for small files, the least for those below the stripe unit or behind a hole, else
 * twice what lies in a row before it.
 *
 * @param end sector behind the write
 * @returns block up to which space is reserved
 */
function preallocatedTo({ inode, map, sectorsPerBlock, below }: IomapFile, asked: number, end: number): number {
  const least = ALLOCSIZE / SECTOR / sectorsPerBlock;
  if (inode.peekSize < ALLOCSIZE / SECTOR) return 0;
  let blocks = least;
  const isSmall = inode.peekSize < (below.surroundings?.leastAheadBelow ?? 0);
  if (!isSmall && asked > 0 && map.peek(asked - 1) !== "hole") {
    const shift = below.surroundings?.lowSpaceShift() ?? 0;
    blocks = Math.max(least, 2 ** Math.floor(Math.log2(2 * blocksBefore(map, asked) / 2 ** shift)));
  }
  return Math.floor((end - 1) / (ALLOCSIZE / SECTOR)) * least + blocks;
}

/** Blocks in a row before one, on the device too, whether written or not; what is reserved is a row of its own. */
function blocksBefore(map: BlockMap, asked: number): number {
  let { first } = map.peekExtent(asked - 1);
  while (first > 0) {
    const pblk = map.peekBlock(first - 1);
    if (pblk === null || pblk + 1 !== map.peekBlock(first)) break;
    first = map.peekExtent(first - 1).first;
  }
  return asked - first;
}
