/**
 * Preallocation, holes and zeroed ranges: `ext4_fallocate`.
 *
 * @module
 */

import { ENOSPC, EOPNOTSUPP } from "../../machine/errno.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { truncatePagecacheRange } from "../../machine/page_cache_truncate.ts";
import type { Handle } from "../../machine/journal_handle.ts";
import type { Steps } from "../../machine/task.ts";
import { zeroInPage } from "../common/block_pages.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import { fallocateMode } from "../common/range_calls.ts";
import type { Call } from "../system.ts";
import { ext4Allocated, ext4Lookup, ext4MadeUnwritten, ext4Removes } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";
import { ext4ShiftRange } from "./shift_range.ts";
import { ext4BlockZeroRange } from "./zero_range.ts";

type SizeChange = "keep_size" | "grow";

/** Preallocates for sectors [pos, pos + len), takes their blocks away, or zeroes them. */
export function* ext4Fallocate(
  file: Ext4File,
  pos: number,
  len: number,
  flags: readonly string[],
  call: Call,
): Steps<number> {
  const mode = fallocateMode(flags);
  if (mode === null) {
    yield;
    return -EOPNOTSUPP;
  }
  const { inode } = file;
  call.at("t1");
  yield* inode.iRwsem.lockExclusive();
  const { tracepoints } = inode.world;
  const size = flags.includes("FALLOC_FL_KEEP_SIZE") ? "keep_size" : "grow";
  if (mode !== "allocate") {
    const ret = mode === "punch"
      ? yield* punchHole(file, pos, len, call)
      : mode === "zero"
      ? yield* zeroRange(file, pos, len, size, call)
      : yield* ext4ShiftRange(file, mode, pos, len, call);
    yield* inode.iRwsem.unlockExclusive();
    return ret;
  }
  tracepoints?.emit("ext4_fallocate_enter", rangeOf(file, pos, len));
  const ret = yield* allocateRange(file, pos, len, size);
  yield* inode.iRwsem.unlockExclusive();
  tracepoints?.emit("ext4_fallocate_exit", { file: inode.ino, ret });
  return ret;
}

function rangeOf({ inode }: Ext4File, pos: number, len: number) {
  return { file: inode.ino, file_offset: pos * SECTOR_BYTES, bytes: len * SECTOR_BYTES };
}

/** `ext4_punch_hole`. */
function* punchHole(file: Ext4File, pos: number, len: number, call: Call): Steps<number> {
  const { inode, map, sectorsPerBlock } = file;
  const lock = inode.mapping.invalidateLock!;
  inode.world.tracepoints?.emit("ext4_punch_hole", rangeOf(file, pos, len));
  if (file.flags.version !== "v618") {
    const written = yield* filemapWriteAndWaitRange(inode.mapping, pos, pos + len - 1);
    if (written < 0) return written;
  }
  // There is nothing behind the end that anybody could see; a hole across it ends with its page.
  yield;
  const size = inode.readSize();
  if (pos >= size) return 0;
  if (file.flags.truncate_dio_wait === "on") {
    call.at("t2");
    yield* inode.dioCount.waitZero("what_is_not_seen");
  }
  const end = pos + len;
  const first = Math.ceil(pos / sectorsPerBlock);
  const last = Math.floor(end / sectorsPerBlock);
  call.at("t3");
  yield* lock.lockExclusive();
  if (last > first) {
    call.at("t5");
    yield* truncatePagecacheRange(inode, first * sectorsPerBlock, last * sectorsPerBlock);
  }
  call.at("t7");
  const handle = yield* file.startHandle();
  yield;
  if (pos % sectorsPerBlock !== 0 || end % sectorsPerBlock !== 0) yield* zeroPartialBlocks(file, pos, end);
  if (last > first) {
    ext4Removes(file, first, last - first);
    map.punch(first, last - first, handle);
    if (file.flags.version === "v618") {
      const blocks = { file: inode.ino, lblk: first, len: last - first };
      inode.world.tracepoints?.emit("ext4_es_insert_extent", { ...blocks, status: "H" });
      file.tree?.insert(first, last - first);
    }
  }
  inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  file.stopHandle(handle);
  yield* lock.unlockExclusive();
  return 0;
}

/**
 * `ext4_zero_range`: blocks that lie wholly in the range become unwritten, with what the page cache has of them gone; parts
 * of blocks at its edges are zeroed in the page cache. 6.18 holds invalidate_lock over all of it, 6.1 over the former.
 */
function* zeroRange(file: Ext4File, pos: number, len: number, size: SizeChange, call: Call): Steps<number> {
  const { inode, sectorsPerBlock } = file;
  const lock = inode.mapping.invalidateLock!;
  const end = pos + len;
  const first = Math.ceil(pos / sectorsPerBlock) * sectorsPerBlock;
  const last = Math.floor(end / sectorsPerBlock) * sectorsPerBlock;
  const hasEdges = pos !== first || end !== last;
  const holds = file.flags.version === "v618" ? "over_all" : "over_whole_blocks";
  inode.world.tracepoints?.emit("ext4_zero_range", rangeOf(file, pos, len));
  if (file.flags.truncate_dio_wait === "on") {
    call.at("t2");
    yield* inode.dioCount.waitZero();
  }
  if (holds === "over_all") yield* lock.lockExclusive();
  let error = hasEdges ? yield* allocateRange(file, pos, len, size) : 0;
  if (error === 0 && last > first) {
    call.at("t3");
    if (holds === "over_whole_blocks") yield* lock.lockExclusive();
    call.at("t5");
    yield* truncatePagecacheRange(inode, first, last);
    call.at("t7");
    error = yield* makeUnwritten(file, first / sectorsPerBlock, (last - first) / sectorsPerBlock, end, size);
    if (holds === "over_whole_blocks") yield* lock.unlockExclusive();
  }
  if (error === 0 && hasEdges) yield* zeroEdges(file, pos, end);
  if (holds === "over_all") yield* lock.unlockExclusive();
  return error;
}

/** `ext4_alloc_file_blocks` with CONVERT_UNWRITTEN. */
function* makeUnwritten(
  file: Ext4File,
  first: number,
  blocks: number,
  end: number,
  size: SizeChange,
): Steps<number> {
  const { map, preallocated } = file;
  const handle = yield* file.startHandle();
  yield;
  ext4Lookup(file, first, blocks);
  let error = 0;
  let changed = 0;
  for (let lblk = first; lblk < first + blocks && error === 0;) {
    const made = map.getBlockCreate(lblk, first + blocks - lblk, "unwritten", handle);
    if (made === null) error = -ENOSPC;
    else {
      if (made.state === "written") map.unconvert(lblk, made.blocks, handle);
      if (made.state === "written" || made.isNew) changed += made.blocks;
      for (let each = lblk; each < lblk + made.blocks; each++) preallocated.add(each);
      lblk += made.blocks;
    }
  }
  if (changed > 0) ext4MadeUnwritten(file, first, blocks);
  file.inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: file.inode.ino });
  if (error === 0 && size === "grow") growTo(file, end, handle);
  file.stopHandle(handle);
  return error;
}

/** The parts of blocks that `ext4_zero_range` leaves, in a handle of their own. */
function* zeroEdges(file: Ext4File, pos: number, end: number): Steps {
  const { inode } = file;
  const handle = yield* file.startHandle();
  yield;
  inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  yield* zeroPartialBlocks(file, pos, end);
  file.stopHandle(handle);
}

/** `ext4_zero_partial_blocks`: what is neither written nor in the page cache reads as zeros already. */
function* zeroPartialBlocks(file: Ext4File, pos: number, end: number): Steps {
  const { map, sectorsPerBlock } = file;
  const first = Math.floor(pos / sectorsPerBlock);
  const last = Math.floor((end - 1) / sectorsPerBlock);
  for (const lblk of first === last ? [first] : [first, last]) {
    const from = Math.max(pos, lblk * sectorsPerBlock);
    const to = Math.min(end, (lblk + 1) * sectorsPerBlock);
    if (to - from === sectorsPerBlock) continue;
    if (file.volume.below.surroundings !== undefined) {
      yield* ext4BlockZeroRange(file, from, to);
      continue;
    }
    yield;
    const { state } = map.getBlock(lblk, 1);
    if (state === "written" || state === "delalloc") yield* zeroInPage(file, from, to, "not_looked_at");
  }
}

function growTo({ inode }: Ext4File, end: number, handle: Handle): void {
  if (end <= inode.readSize()) return;
  inode.writeSize(end);
  setDiskSize(inode, end, handle);
}

/** `ext4_do_fallocate`: unwritten blocks where there are none. */
function* allocateRange(file: Ext4File, pos: number, len: number, size: SizeChange): Steps<number> {
  const { inode, map, sectorsPerBlock, preallocated } = file;
  const first = Math.floor(pos / sectorsPerBlock);
  const end = Math.ceil((pos + len) / sectorsPerBlock);
  yield* inode.dioCount.waitZero();
  const handle = yield* file.startHandle();
  yield;
  let error = 0;
  for (let lblk = first; lblk < end && error === 0;) {
    ext4Lookup(file, lblk, end - lblk);
    const isHole = map.peek(lblk) === "hole";
    const made = map.getBlockCreate(lblk, end - lblk, "unwritten", handle);
    if (made === null) error = -ENOSPC;
    else {
      if (isHole) ext4Allocated(file, lblk, made.blocks, "CREATE|UNWRIT|NO_NORMALIZE", "U");
      for (let each = lblk; each < lblk + made.blocks; each++) preallocated.add(each);
      lblk += made.blocks;
    }
  }
  inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  if (error === 0 && size === "grow") growTo(file, pos + len, handle);
  file.stopHandle(handle);
  return error;
}
