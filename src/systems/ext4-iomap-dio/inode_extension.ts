/**
 * Growing a file by a direct write, and taking back what a failed one has left behind its end.
 *
 * @module
 */

import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import { truncateInodePagesRange } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { blockTruncatePage } from "../common/block_pages.ts";
import { path } from "../path.ts";
import type { Call } from "../system.ts";
import { ext4Removes } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";
import { ext4BlockZeroRange } from "./zero_range.ts";

/** E6: blocks behind the end are about to be allocated, and a crash must not leave them. */
export function* ext4OrphanAdd(file: Ext4File): Steps {
  const { inode } = file;
  const handle = yield* file.startHandle();
  yield;
  orphanAdd(inode, handle);
  file.dropHandle(handle);
}

/** Takes the inode off the orphan list, if it is on it. */
function* ext4OrphanDel(file: Ext4File): Steps {
  const { inode } = file;
  yield;
  if (!inode.onOrphanList.test()) return;
  const handle = yield* file.startHandle();
  yield;
  orphanDel(inode, handle);
  file.dropHandle(handle);
}

/**
 * `ext4_handle_inode_extension` of 5.5 and 6.1.
 *
 * @param written sectors, or a negative error number
 * @param count sectors for which blocks may have been mapped
 * @returns `written`
 */
export const ext4HandleInodeExtension = path("ext4_handle_inode_extension", function* (
  file: Ext4File,
  offset: number,
  written: number,
  count: number,
  call: Call,
): Steps<number> {
  const { inode, sectorsPerBlock } = file;
  yield;
  if (inode.readSize() < inode.diskSize.get()) inode.world.note("warn", inode.ino, "i_size is less than i_disksize");
  if (offset + count <= inode.diskSize.get()) {
    // Writeback of delayed allocation may have moved i_disksize on meanwhile.
    yield* ext4OrphanDel(file);
    return written;
  }
  if (written >= 0) {
    const handle = yield* file.startHandle();
    yield;
    updateInodeSize(file, offset + written, handle);
    const truncates = Math.ceil((offset + written) / sectorsPerBlock) < Math.ceil((offset + count) / sectorsPerBlock);
    if (!truncates) orphanDel(inode, handle);
    file.stopHandle(handle);
    if (!truncates) return written;
  }
  yield* ext4TruncateFailedWrite(file, call);
  yield;
  orphanDel(inode, null);
  return written;
});

/** The same of 6.18, called by ->end_io alone: what could not be written is somebody else's matter. */
export function* ext4ExtendInode(file: Ext4File, end: number): Steps {
  const { inode } = file;
  const handle = yield* file.startHandle();
  yield;
  updateInodeSize(file, end, handle);
  orphanDel(inode, handle);
  file.stopHandle(handle);
}

/** `ext4_inode_extension_cleanup` of 6.18, behind the I/O of a write that extends. */
export function* ext4InodeExtensionCleanup(file: Ext4File, ret: number, call: Call): Steps {
  if (ret >= 0) {
    yield* ext4OrphanDel(file);
    return;
  }
  yield* ext4TruncateFailedWrite(file, call);
  yield;
  orphanDel(file.inode, null);
}

/** `ext4_update_inode_size`, as part of the current step: both sizes only grow. */
function updateInodeSize({ inode }: Ext4File, size: number, handle: Parameters<typeof setDiskSize>[2]): void {
  inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  if (size > inode.readSize()) inode.writeSize(size);
  if (size > inode.diskSize.get()) setDiskSize(inode, size, handle);
}

/** `ext4_truncate_failed_write`: pages and blocks behind i_size, which nobody has seen. */
export function* ext4TruncateFailedWrite(file: Ext4File, call: Call | null): Steps {
  const { inode } = file;
  const lock = inode.mapping.invalidateLock!;
  call?.at("trim");
  yield* lock.lockExclusive();
  yield;
  const { pagesMax, sectorsPerPage } = inode.bounds;
  yield* truncateInodePagesRange(inode.mapping, inode.readSize(), pagesMax * sectorsPerPage);
  yield* ext4Truncate(file);
  yield* lock.unlockExclusive();
}

/** `ext4_truncate`: frees the blocks behind i_size, in one transaction here. */
export function* ext4Truncate(file: Ext4File): Steps {
  const { inode, map, sectorsPerBlock } = file;
  const { tracepoints } = inode.world;
  yield;
  tracepoints?.emit("ext4_truncate_enter", { file: inode.ino });
  // Before the handle is started: where pages are written one by one they are locked before that, in writeback too.
  const isFollowed = file.volume.below.surroundings !== undefined;
  if (!isFollowed) yield* blockTruncatePage(file, inode.readSize());
  const handle = yield* file.startHandle();
  yield;
  const tail = inode.readSize() % sectorsPerBlock;
  if (isFollowed && tail !== 0) {
    yield* ext4BlockZeroRange(file, inode.readSize(), inode.readSize() - tail + sectorsPerBlock);
  } else if (file.endsWithinSector) {
    // All that there is to be zeroed is less than a sector.
    yield* ext4BlockZeroRange(file, inode.readSize() - 1, inode.readSize() - 1);
  }
  orphanAdd(inode, handle);
  const from = Math.ceil(inode.readSize() / sectorsPerBlock);
  // ext4_ext_truncate: i_disksize.
  tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  ext4Removes(file, from, map.blocksMax - from);
  map.trim(from, handle);
  for (const lblk of file.preallocated) if (lblk >= from) file.preallocated.delete(lblk);
  if (inode.diskSize.get() !== inode.readSize()) setDiskSize(inode, inode.readSize(), handle);
  orphanDel(inode, handle);
  tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  file.stopHandle(handle);
  tracepoints?.emit("ext4_truncate_exit", { file: inode.ino });
}
