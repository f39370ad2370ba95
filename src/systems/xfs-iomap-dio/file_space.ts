/**
 * Blocks of a range of a file: `xfs_free_file_space`, `xfs_alloc_file_space`, `xfs_collapse_file_space`,
 * `xfs_insert_file_space`. Who calls has both locks.
 *
 * @module
 */

import { ENOSPC } from "../../machine/errno.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { truncatePagecacheRange } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import type { Call } from "../system.ts";
import { xfsZeroRange } from "./write_checks.ts";
import { xfsLocks } from "./xfs_events.ts";
import type { XfsFile } from "./xfs_file.ts";

/**
 * `xfs_free_file_space`: whole pages leave the cache, whole blocks are freed, and what is left of the range is zeroed in the
 * page cache.
 */
export function* xfsFreeFileSpace(
  file: XfsFile,
  pos: number,
  end: number,
  mode: "punch" | "zero",
  call: Call,
): Steps<number> {
  const { inode, map, sectorsPerBlock } = file;
  const error = yield* flushUnmap(file, pos, end, call);
  if (error < 0) return error;
  if (mode === "zero") inode.world.tracepoints?.emit("xfs_zero_file_space", { file: inode.ino });
  const first = Math.ceil(pos / sectorsPerBlock);
  const last = Math.floor(end / sectorsPerBlock);
  if (last > first) {
    const handle = yield* file.startHandle();
    yield;
    call.at("t7");
    map.punch(first, last - first, handle);
    file.stopHandle(handle);
  }
  const zeroed = Math.min(end, inode.readSize());
  const hasEdges = pos !== first * sectorsPerBlock || end !== last * sectorsPerBlock;
  if (pos < zeroed && (hasEdges || mode === "zero" || file.volume.below.writeback === "in_runs")) {
    yield* xfsZeroRange(file, pos, zeroed);
  }
  return 0;
}

/** `xfs_alloc_file_space`: unwritten blocks where there are none, each piece looked at in a transaction of its own. */
export function* xfsAllocFileSpace(file: XfsFile, pos: number, end: number, call: Call): Steps<number> {
  const { map, sectorsPerBlock } = file;
  const last = Math.ceil(end / sectorsPerBlock);
  for (let lblk = Math.floor(pos / sectorsPerBlock); lblk < last;) {
    const handle = yield* file.startHandle();
    yield;
    call.at("t7");
    const made = map.getBlockCreate(lblk, last - lblk, "unwritten", handle);
    file.stopHandle(handle);
    if (made === null) return -ENOSPC;
    lblk += made.blocks;
  }
  return 0;
}

/** What lies behind sectors [pos, pos + len), which are blocks, moves to their place. Returns 0 or an error. */
export function* xfsCollapseFileSpace(file: XfsFile, pos: number, len: number, call: Call): Steps<number> {
  const { map, sectorsPerBlock } = file;
  let error = yield* xfsFreeFileSpace(file, pos, pos + len, "punch", call);
  if (error === 0) error = yield* prepareShift(file, pos, call);
  if (error < 0) return error;
  const handle = yield* file.startHandle();
  yield;
  map.shift((pos + len) / sectorsPerBlock, -len / sectorsPerBlock, handle);
  file.stopHandle(handle);
  return 0;
}

/** What lies at or behind sector `pos` moves back by `len`; likewise. */
export function* xfsInsertFileSpace(file: XfsFile, pos: number, len: number, call: Call): Steps<number> {
  const { map, sectorsPerBlock } = file;
  // xfs_bmap_can_insert_extents
  xfsLocks(file, "xfs_ilock", "ILOCK_EXCL");
  xfsLocks(file, "xfs_iunlock", "ILOCK_EXCL");
  const error = yield* prepareShift(file, pos, call);
  if (error < 0) return error;
  const handle = yield* file.startHandle();
  yield;
  map.shift(pos / sectorsPerBlock, len / sectorsPerBlock, handle);
  file.stopHandle(handle);
  return 0;
}

/** `xfs_prepare_shift`: nothing lies behind the end, and nothing of what moves is cached, nor the block before it. */
function* prepareShift(file: XfsFile, pos: number, call: Call): Steps<number> {
  const { inode, map, sectorsPerBlock, inode: { bounds: { sectorsPerPage, pagesMax } } } = file;
  yield;
  const end = Math.ceil(inode.readSize() / sectorsPerBlock);
  if (!map.peekIsHoleFrom(end)) {
    // xfs_can_free_eofblocks, xfs_free_eofblocks
    xfsLocks(file, "xfs_ilock", "ILOCK_SHARED");
    xfsLocks(file, "xfs_iunlock", "ILOCK_SHARED");
    const handle = yield* file.startHandle();
    yield;
    map.trim(end, handle);
    file.stopHandle(handle);
  }
  const from = Math.max(0, inode.pageOf(pos) - 1) * sectorsPerPage;
  return yield* flushUnmap(file, from, pagesMax * sectorsPerPage, call);
}

/** `xfs_flush_unmap_range`, of whole pages. */
function* flushUnmap({ inode }: XfsFile, pos: number, end: number, call: Call): Steps<number> {
  const { sectorsPerPage } = inode.bounds;
  const from = inode.pageOf(pos) * sectorsPerPage;
  const to = inode.pagesOf(end) * sectorsPerPage;
  const error = yield* filemapWriteAndWaitRange(inode.mapping, from, to - 1);
  if (error < 0) return error;
  call.at("t4");
  yield* truncatePagecacheRange(inode, from, to);
  return 0;
}
