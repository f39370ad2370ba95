/**
 * read(2) and write(2) of a DAX file as the VFS of 4.0 and its file systems go about them.
 *
 * @module
 */

import { bufferedWrite } from "../../machine/buffered_write.ts";
import { EFAULT, ENOSPC } from "../../machine/errno.ts";
import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { invalidateInodePages2Range, invalidateMappingPages } from "../../machine/page_cache_invalidate.ts";
import type { Steps } from "../../machine/task.ts";
import type { Transfer } from "../system.ts";
import { daxDoIo } from "./dax_io.ts";
import { convertBlocks, freeBlocksFrom, isOverwrite } from "../common/pmem_inode.ts";
import type { DaxInode } from "./dax_inode.ts";

/** `generic_file_read_iter` to `ext4_ind_direct_IO`, `ext2_direct_IO`. */
export function* daxRead(inode: DaxInode, transfer: Transfer): Steps<number> {
  const { call, pos } = transfer;
  const read = { op: "read", transfer, pos, newBlocks: "written", dataSem: "take" } as const;
  if (inode.mount.flags.locking === "none") {
    // dioread_nolock: counted first, so that a truncation that sets DIOREAD_LOCK and waits misses nobody.
    yield* inode.dioBegin(call, null);
    yield;
    if (!inode.dioreadLock!.test()) {
      const done = yield* daxDoIo(inode, { ...read, locking: "none", counted: "by_caller" });
      yield* inode.dioDone(call, null);
      return done;
    }
    yield* inode.dioDone(call, null);
  }
  return yield* daxDoIo(inode, { ...read, locking: "LOCKING", counted: "here" });
}

/** `__generic_file_write_iter` under i_mutex. */
export function* daxWrite(inode: DaxInode, transfer: Transfer): Steps<number> {
  const { call, len } = transfer;
  const { flags } = inode.mount;
  const mmapLock = flags.writeHoldsMmaplock ? inode.mmapLock : null;
  yield* inode.iMutex.lock();
  call.at("W1");
  if (mmapLock !== null) yield* mmapLock.lockExclusive();
  yield;
  const pos = transfer.append ? inode.readSize() : transfer.pos;
  if (transfer.append) call.positioned(pos);
  let written = yield* genericFileDirectWrite(inode, transfer, pos);
  if (written > 0 && written < len && flags.fallback === "buffered") {
    written = yield* fallBack(inode, transfer, pos, written);
  }
  if (mmapLock !== null) yield* mmapLock.unlockExclusive();
  yield;
  inode.iMutex.release();
  return written;
}

/** `generic_file_direct_write`. */
function* genericFileDirectWrite(inode: DaxInode, transfer: Transfer, pos: number): Steps<number> {
  const { mapping, mount } = inode;
  const { call, len } = transfer;
  const last = pos + len - 1;
  const error = yield* filemapWriteAndWaitRange(mapping, pos, last);
  call.at("W2");
  if (error < 0) return error;
  const invalidates = mount.flags.writeUnmaps === "inval2";
  if (invalidates && (yield* invalidate(inode, pos, last)) < 0) return 0;
  call.at("W3");
  const written = mount.flags.fsAlloc === "ext2"
    ? yield* ext2DirectWrite(inode, transfer, pos)
    : yield* ext4DirectWrite(inode, transfer, pos);
  if (invalidates) yield* invalidate(inode, pos, last);
  call.at("W7");
  if (written > 0 && mount.flags.fsAlloc === "ext2") {
    yield; // W8
    const sink = yield* mount.fs.start();
    if (pos + written > inode.readSize()) {
      inode.writeSize(pos + written);
      setDiskSize(inode, pos + written, sink);
    }
    mount.fs.stopNow(sink, inode);
  }
  return written;
}

/** Takes pages out of the cache where there are any, as it looks at the beginning. */
function* invalidate(inode: DaxInode, pos: number, last: number): Steps<number> {
  yield;
  if (inode.mapping.nrpages.get() === 0) return 0;
  return yield* invalidateInodePages2Range(inode.mapping, inode.pageOf(pos), inode.pageOf(last));
}

function* ext2DirectWrite(inode: DaxInode, transfer: Transfer, pos: number): Steps<number> {
  const done = yield* daxDoIo(inode, {
    op: "write",
    transfer,
    pos,
    locking: "LOCKING",
    newBlocks: "written",
    dataSem: "take",
    counted: "here",
  });
  transfer.call.at("W5");
  const result = shortAsError(inode, transfer, done);
  if (result < 0) yield* writeFailed(inode, pos + transfer.len);
  return result;
}

/** `ext4_direct_IO`: beyond EOF under the protection of the orphan list, inside it with unwritten blocks for holes. */
function* ext4DirectWrite(inode: DaxInode, transfer: Transfer, pos: number): Steps<number> {
  const { fs, flags } = inode.mount;
  const { call, len } = transfer;
  const end = pos + len;
  yield;
  const isExtending = end > inode.readSize();
  if (isExtending) { // W4
    const sink = yield* fs.start();
    yield;
    call.at("W4");
    orphanAdd(inode, sink);
    setDiskSize(inode, inode.readSize(), sink);
    fs.stopNow(sink, inode);
  }
  const unlocked = flags.locking === "none" && !isExtending && (yield* isOverwrite(inode, pos, end));
  const newBlocks = flags.fsAlloc === "ext4_ext" && !isExtending ? "unwritten" : "written";
  const write = { op: "write", transfer, pos, locking: flags.locking, newBlocks } as const;
  let done: number;
  if (unlocked) {
    yield* inode.dioBegin(call, null);
    yield* inode.dataSem!.lockShared();
    yield;
    inode.iMutex.release();
    done = yield* daxDoIo(inode, { ...write, dataSem: "held", counted: "by_caller" });
    yield* inode.dioDone(call, null);
    yield* inode.dataSem!.unlockShared();
    yield* inode.iMutex.lock();
  } else done = yield* daxDoIo(inode, { ...write, dataSem: "take", counted: "here" });
  call.at("W5");
  const result = shortAsError(inode, transfer, done);
  if (result < 0 && isExtending) yield* writeFailed(inode, end);
  if (isExtending) { // W6
    const sink = yield* fs.start();
    yield;
    call.at("W6");
    orphanDel(inode, sink);
    if (result > 0 && pos + result > inode.readSize()) {
      setDiskSize(inode, pos + result, sink);
      inode.writeSize(pos + result);
    }
    fs.stopNow(sink, inode);
  } else if (newBlocks === "unwritten" && !unlocked && result > 0) {
    yield* convertBlocks(inode, pos, pos + result); // W6
    call.at("W6");
  }
  return result;
}

/** `partial_to_error`: the data of the first pages stays where it is. */
function shortAsError(inode: DaxInode, { len, call }: Transfer, done: number): number {
  if (!inode.mount.flags.partialToError || done < 0 || done === len) return done;
  call.stopped("error");
  return inode.mount.flags.efaultAt === null ? -ENOSPC : -EFAULT;
}

/** `ext4_truncate_failed_write`: only after an error, not after a short write. */
function* writeFailed(inode: DaxInode, end: number): Steps {
  yield;
  const size = inode.readSize();
  if (end > size) yield* freeBlocksFrom(inode, size);
}

/** `fallback=buffered`: the rest through the page cache, written and dropped from it. */
function* fallBack(inode: DaxInode, transfer: Transfer, pos: number, written: number): Steps<number> {
  const { mapping } = inode;
  const { call, len, buffer } = transfer;
  const rest = yield* bufferedWrite(mapping, {
    pos: pos + written,
    len: len - written,
    buffer,
    bufferAt: written,
    onCopy: (sector, token) => call.wrote(sector, token, "cached"),
  });
  call.at("W9");
  if (rest.copied === 0) return written;
  const last = pos + written + rest.copied - 1;
  const error = yield* filemapWriteAndWaitRange(mapping, pos + written, last);
  if (error < 0) return written;
  yield* invalidateMappingPages(mapping, inode.pageOf(pos + written), inode.pageOf(last));
  return written + rest.copied;
}
