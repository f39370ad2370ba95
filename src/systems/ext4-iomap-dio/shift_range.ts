/**
 * Taking a range out of a file, and making room for one: `ext4_collapse_range`, `ext4_insert_range`.
 *
 * @module
 */

import { EINVAL } from "../../machine/errno.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Handle } from "../../machine/journal_handle.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { truncatePagecache } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import type { Call } from "../system.ts";
import { ext4DirtiesLeaf, ext4Forgets, ext4RemovesSpace } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";

/**
 * What lies behind sectors [pos, pos + len) moves to their place, or what lies at or behind `pos` moves back by `len`; i_rwsem
 * is held. Returns 0 or a negative error number.
 */
export function* ext4ShiftRange(
  file: Ext4File,
  mode: "collapse" | "insert",
  pos: number,
  len: number,
  call: Call,
): Steps<number> {
  const { inode, inode: { world, bounds } } = file;
  const lock = inode.mapping.invalidateLock!;
  call.at("t2");
  yield* inode.dioCount.waitZero("what_is_not_seen");
  call.at("t3");
  yield* lock.lockExclusive();
  world.tracepoints?.emit(mode === "collapse" ? "ext4_collapse_range" : "ext4_insert_range", {
    file: inode.ino,
    file_offset: pos * SECTOR_BYTES,
    bytes: len * SECTOR_BYTES,
  });
  yield;
  const size = inode.readSize();
  const isOfBlocks = pos % file.sectorsPerBlock === 0 && len % file.sectorsPerBlock === 0;
  let error = !isOfBlocks || (mode === "collapse" ? pos + len : pos) >= size ? -EINVAL : 0;
  // What moves is written where it is, and leaves the cache: its pages are others afterwards.
  if (error === 0) {
    const from = mode === "collapse" ? pos + len : pos;
    error = yield* filemapWriteAndWaitRange(inode.mapping, from, bounds.pagesMax * bounds.sectorsPerPage - 1);
  }
  if (error === 0) {
    call.at("t5");
    yield* truncatePagecache(inode, inode.pageOf(pos) * bounds.sectorsPerPage);
    call.at("t7");
    const handle = yield* file.startHandle();
    yield;
    if (mode === "collapse") collapse(file, pos, len, handle);
    else insert(file, pos, len, handle);
    file.stopHandle(handle);
  }
  yield* lock.unlockExclusive();
  return error;
}

function collapse(file: Ext4File, pos: number, len: number, handle: Handle): void {
  const { inode, map, sectorsPerBlock } = file;
  const first = pos / sectorsPerBlock;
  const blocks = len / sectorsPerBlock;
  ext4Forgets(file, first, map.blocksMax - first);
  ext4RemovesSpace(file, first, blocks);
  map.punch(first, blocks, handle);
  if (!map.peekIsHoleFrom(first + blocks)) ext4DirtiesLeaf(file);
  map.shift(first + blocks, -blocks, handle);
  resize(file, inode.readSize() - len, handle);
}

function insert(file: Ext4File, pos: number, len: number, handle: Handle): void {
  const { inode, map, sectorsPerBlock } = file;
  const first = pos / sectorsPerBlock;
  resize(file, inode.readSize() + len, handle);
  if (first > 0 && map.peekBlock(first) !== null && map.peekExtent(first).first < first) {
    // ext4_split_extent_at
    ext4DirtiesLeaf(file);
    ext4DirtiesLeaf(file);
  }
  ext4Forgets(file, first, map.blocksMax - first);
  if (!map.peekIsHoleFrom(first)) ext4DirtiesLeaf(file);
  map.shift(first, len / sectorsPerBlock, handle);
}

function resize({ inode }: Ext4File, size: number, handle: Handle): void {
  inode.writeSize(size);
  setDiskSize(inode, size, handle);
  inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
}
