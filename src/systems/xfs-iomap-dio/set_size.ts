/**
 * Setting the size of a file, and holes (05 C6): `xfs_setattr_size`, `xfs_file_fallocate`.
 *
 * @module
 */

import { ENOSPC, EOPNOTSUPP } from "../../machine/errno.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { truncatePagecacheRange, truncateSetsize } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { blockTruncatePage } from "../common/block_pages.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import { fallocateMode } from "../common/range_calls.ts";
import type { Call } from "../system.ts";
import { xfsZeroRange } from "./write_checks.ts";
import { type LockFlags, xfsLocks, xfsRange } from "./xfs_events.ts";
import type { XfsFile } from "./xfs_file.ts";

/** What fallocate takes itself; of ftruncate the VFS has taken i_rwsem before. */
const BOTH_LOCKS = "IOLOCK_EXCL|MMAPLOCK_EXCL";

/** `ftruncate` to `size` sectors. */
export function* xfsSetattrSize(file: XfsFile, size: number, call: Call): Steps<number> {
  const { inode, map, sectorsPerBlock } = file;
  call.at("t1");
  yield* lockOut(file, call, "MMAPLOCK_EXCL");
  yield; // t3
  const before = inode.readSize();
  inode.world.tracepoints?.emit("xfs_setattr", { file: inode.ino });
  if (size > before) xfsRange(file, "xfs_zero_eof", before, size - before);
  if (size > before) yield* xfsZeroRange(file, before, size);
  else if (file.volume.below.writeback === "by_page") yield* blockTruncatePage(file, size);
  else if (size % sectorsPerBlock !== 0) {
    yield* xfsZeroRange(file, size, Math.ceil(size / sectorsPerBlock) * sectorsPerBlock);
  }
  call.at("t4");
  yield* truncateSetsize(inode, size);
  yield; // t6
  const onDisk = inode.diskSize.get();
  let error = 0;
  if (size > onDisk) error = yield* filemapWriteAndWaitRange(inode.mapping, onDisk, size - 1);
  if (error === 0) {
    const handle = yield* file.startHandle();
    yield; // t7
    call.at("t7");
    setDiskSize(inode, size, handle);
    if (size < before) {
      const ends = { file: inode.ino, new_size: size * SECTOR_BYTES };
      inode.world.tracepoints?.emit("xfs_itruncate_extents_start", ends);
      map.trim(Math.ceil(size / sectorsPerBlock), handle);
      inode.world.tracepoints?.emit("xfs_itruncate_extents_end", ends);
    }
    file.stopHandle(handle);
  }
  yield* letIn(file, "MMAPLOCK_EXCL");
  return error;
}

/** `fallocate`: a hole of whole blocks, a range of zeros, or unwritten blocks where there are none. */
export function* xfsFallocate(
  file: XfsFile,
  pos: number,
  len: number,
  flags: readonly string[],
  call: Call,
): Steps<number> {
  const { inode, map, sectorsPerBlock } = file;
  const mode = fallocateMode(flags, pos, len, sectorsPerBlock);
  if (mode === null) {
    yield;
    return -EOPNOTSUPP;
  }
  call.at("t1");
  yield* lockOut(file, call, BOTH_LOCKS);
  let error = 0;
  if (mode === "punch") {
    // xfs_flush_unmap_range
    error = yield* filemapWriteAndWaitRange(inode.mapping, pos, pos + len - 1);
    if (error === 0) yield* truncatePagecacheRange(inode, pos, pos + len);
  }
  if (mode === "zero") error = yield* xfsZeroFileSpace(file, pos, pos + len, call);
  if (error === 0) {
    const handle = yield* file.startHandle();
    yield;
    call.at("t7");
    const first = Math.floor(pos / sectorsPerBlock);
    const end = Math.ceil((pos + len) / sectorsPerBlock);
    if (mode === "punch") map.punch(first, end - first, handle);
    else {
      for (let lblk = first; lblk < end && error === 0;) {
        const made = map.getBlockCreate(lblk, end - lblk, "unwritten", handle);
        if (made === null) error = -ENOSPC;
        else lblk += made.blocks;
      }
      if (error === 0 && !flags.includes("FALLOC_FL_KEEP_SIZE") && pos + len > inode.readSize()) {
        inode.writeSize(pos + len);
        setDiskSize(inode, pos + len, handle);
      }
    }
    file.stopHandle(handle);
    // xfs_free_file_space: parts of blocks at the edges, of which there are none here.
    const zeroed = Math.min(pos + len, inode.peekSize);
    if (mode === "punch" && file.volume.below.writeback === "in_runs" && pos < zeroed) {
      yield* xfsZeroRange(file, pos, zeroed);
    }
  }
  yield* letIn(file, BOTH_LOCKS);
  return error;
}

/**
 * `xfs_zero_file_space`: whole pages leave the cache, whole blocks are freed, and what is left of the range is zeroed in the
 * page cache; the caller allocates unwritten blocks in the hole.
 */
function* xfsZeroFileSpace(file: XfsFile, pos: number, end: number, call: Call): Steps<number> {
  const { inode, map, sectorsPerBlock } = file;
  const { sectorsPerPage } = inode.bounds;
  // xfs_flush_unmap_range, of whole pages
  const from = inode.pageOf(pos) * sectorsPerPage;
  const to = inode.pagesOf(end) * sectorsPerPage;
  const error = yield* filemapWriteAndWaitRange(inode.mapping, from, to - 1);
  if (error < 0) return error;
  call.at("t4");
  yield* truncatePagecacheRange(inode, from, to);
  inode.world.tracepoints?.emit("xfs_zero_file_space", { file: inode.ino });
  // xfs_free_file_space
  const first = Math.ceil(pos / sectorsPerBlock);
  const last = Math.floor(end / sectorsPerBlock);
  if (last > first) {
    const handle = yield* file.startHandle();
    yield;
    call.at("t7");
    map.punch(first, last - first, handle);
    file.stopHandle(handle);
  }
  yield* xfsZeroRange(file, pos, Math.max(pos, Math.min(end, inode.readSize())));
  return 0;
}

/** Keeps reads, writes and faults out, and waits for direct I/O that goes on without a lock. */
function* lockOut(file: XfsFile, call: Call, flags: LockFlags): Steps {
  const { inode, iolock } = file;
  yield* iolock.lockExclusive();
  const mmaplock = inode.mapping.invalidateLock!;
  xfsLocks(file, "xfs_ilock", flags);
  if (mmaplock !== iolock) yield* mmaplock.lockExclusive();
  if (file.flags.truncate_dio_wait === "off") return;
  call.at("t2");
  yield* inode.dioCount.waitZero();
}

function* letIn(file: XfsFile, flags: LockFlags): Steps {
  const { inode, iolock } = file;
  const mmaplock = inode.mapping.invalidateLock!;
  if (mmaplock !== iolock) yield* mmaplock.unlockExclusive();
  xfsLocks(file, "xfs_iunlock", flags);
  yield* iolock.unlockExclusive();
}
