/**
 * Setting the size of a file (05 C6): `xfs_setattr_size`.
 *
 * @module
 */

import { setDiskSize } from "../../machine/inode_metadata.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { truncateSetsize } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { blockTruncatePage } from "../common/block_pages.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import type { Call } from "../system.ts";
import { xfsZeroRange } from "./write_checks.ts";
import { type LockFlags, xfsLocks, xfsRange } from "./xfs_events.ts";
import type { XfsFile } from "./xfs_file.ts";

/** `ftruncate` to `size` sectors. */
export function* xfsSetattrSize(file: XfsFile, size: number, call: Call): Steps<number> {
  call.at("t1");
  yield* lockOut(file, call, "MMAPLOCK_EXCL");
  const error = yield* xfsSetSize(file, size, call);
  yield* letIn(file, "MMAPLOCK_EXCL");
  return error;
}

/** `xfs_setattr_size`, with both locks held. */
export function* xfsSetSize(file: XfsFile, size: number, call: Call): Steps<number> {
  const { inode, map, sectorsPerBlock } = file;
  const { below } = file.volume;
  yield; // t3
  const before = inode.readSize();
  inode.world.tracepoints?.emit("xfs_setattr", { file: inode.ino });
  if (size > before) xfsRange(file, "xfs_zero_eof", before, size - before);
  if (size > before) yield* xfsZeroRange(file, before, size);
  else if (below.writeback === "by_page") yield* blockTruncatePage(file, size);
  else {
    // A dirty page over an unwritten block would not be zeroed.
    if (below.newEndPage === "written_first") {
      const written = yield* filemapWriteAndWaitRange(inode.mapping, size, size);
      if (written < 0) return written;
    }
    if (size % sectorsPerBlock !== 0) {
      yield* xfsZeroRange(file, size, Math.ceil(size / sectorsPerBlock) * sectorsPerBlock);
    }
  }
  call.at("t4");
  yield* truncateSetsize(inode, size);
  yield; // t6
  const onDisk = inode.diskSize.get();
  if (size > onDisk) {
    const written = yield* filemapWriteAndWaitRange(inode.mapping, onDisk, size - 1);
    if (written < 0) return written;
  }
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
  return 0;
}

/**
 * Keeps reads, writes and faults out, and waits for direct I/O that goes on without a lock.
 *
 * @param flags what of it is an event: of ftruncate the VFS has taken i_rwsem before
 */
export function* lockOut(file: XfsFile, call: Call, flags: LockFlags): Steps {
  const { inode, iolock } = file;
  yield* iolock.lockExclusive();
  const mmaplock = inode.mapping.invalidateLock!;
  xfsLocks(file, "xfs_ilock", flags);
  if (mmaplock !== iolock) yield* mmaplock.lockExclusive();
  if (file.flags.truncate_dio_wait === "off") return;
  call.at("t2");
  yield* inode.dioCount.waitZero();
}

/** Gives back what {@linkcode lockOut} has taken. */
export function* letIn(file: XfsFile, flags: LockFlags): Steps {
  const { inode, iolock } = file;
  const mmaplock = inode.mapping.invalidateLock!;
  if (mmaplock !== iolock) yield* mmaplock.unlockExclusive();
  xfsLocks(file, "xfs_iunlock", flags);
  yield* iolock.unlockExclusive();
}
