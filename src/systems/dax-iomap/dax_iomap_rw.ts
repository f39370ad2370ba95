/**
 * `dax_iomap_rw` and what ext4 and XFS do around it in read(2) and write(2).
 *
 * @module
 */

import { EFAULT } from "../../machine/errno.ts";
import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import { coveredBytes } from "../common/covered_bytes.ts";
import { transferSector } from "../common/pmem_copy.ts";
import { unreadableFrom } from "../common/transfer.ts";
import type { Call, Transfer } from "../system.ts";
import { daxInvalidate } from "./dax_invalidate.ts";
import type { DaxIomapInode } from "./dax_iomap_inode.ts";
import { type DaxIomap, iomapBegin, iomapEnd, type IomapOperation } from "./iomap_ops.ts";

/** `ext4_dax_read_iter`, `xfs_file_dax_read`. */
export function* daxRead(inode: DaxIomapInode, transfer: Transfer): Steps<number> {
  const { call, pos } = transfer;
  const { readLock } = inode.mount.flags;
  if (readLock) yield* inode.iRwsem.lockShared(); // R1
  else yield;
  call.at("R1");
  const done = yield* daxIomapRw(inode, "read", transfer, pos);
  if (readLock) yield* inode.iRwsem.unlockShared(); // R2
  else yield;
  call.at("R2");
  return done;
}

/** `ext4_dax_write_iter`, `xfs_file_dax_write`, without the sync of an O_SYNC write. */
export function* daxWrite(inode: DaxIomapInode, transfer: Transfer): Steps<number> {
  const { call, len } = transfer;
  const { fs, mount: { flags } } = inode;
  if (flags.writeLock) yield* inode.iRwsem.lockExclusive(); // W1
  else yield;
  call.at("W1");
  const pos = transfer.append ? inode.readSize() : transfer.pos;
  if (transfer.append) call.positioned(pos);
  const end = pos + len;
  const isExtending = flags.fs === "ext4" && end > inode.diskSize.get();
  if (isExtending) { // W2
    const sink = yield* fs.start();
    yield;
    call.at("W2");
    orphanAdd(inode, sink);
    fs.stopNow(sink, inode);
  }
  const done = yield* daxIomapRw(inode, "write", transfer, pos);
  if (isExtending) yield* ext4InodeExtension(inode, call, pos, done, done < len ? "short" : "whole");
  else if (flags.fs === "xfs" && done > 0) yield* xfsSetSize(inode, call, pos + done);
  // The release is a locked instruction: what the copy has begun to write back at its edges is through then.
  yield; // W4
  call.at("W4");
  fs.volume.memory.sfence();
  if (flags.writeLock) inode.iRwsem.releaseExclusive(call.task);
  return done;
}

/** `ext4_handle_inode_extension` and its cleanup: sizes and the orphan list; blocks beyond a short write are freed. */
function* ext4InodeExtension(
  inode: DaxIomapInode,
  call: Call,
  pos: number,
  done: number,
  transfer: "short" | "whole",
): Steps {
  const { fs } = inode;
  const sink = yield* fs.start();
  yield; // W3
  call.at("W3");
  const end = pos + Math.max(0, done);
  if (done > 0 && end > inode.readSize()) inode.writeSize(end);
  if (done > 0 && end > inode.diskSize.get()) setDiskSize(inode, end, sink);
  if (transfer === "short") inode.map.trim(Math.ceil(inode.readSize() / inode.sectorsPerBlock), sink);
  orphanDel(inode, sink);
  fs.stopNow(sink, inode);
}

/** i_size, then `xfs_setfilesize`. */
function* xfsSetSize(inode: DaxIomapInode, call: Call, end: number): Steps {
  yield; // W3
  if (end <= inode.readSize()) return;
  call.at("W3");
  inode.writeSize(end);
  const sink = yield* inode.fs.start();
  yield;
  setDiskSize(inode, end, sink);
  inode.fs.stopNow(sink, inode);
}

/** The loop over what the file system maps. Returns sectors copied, or the error where there are none. */
function* daxIomapRw(
  inode: DaxIomapInode,
  op: IomapOperation,
  given: Transfer,
  start: number,
): Steps<number> {
  const lock = inode.mount.flags.rwTakesFaultLock ? inode.mapping.invalidateLock : null;
  if (lock !== null) yield* lock.lockExclusive();
  const done = yield* copyPieces(inode, op, given, start);
  if (lock !== null) yield* lock.unlockExclusive();
  return done;
}

function* copyPieces(
  inode: DaxIomapInode,
  op: IomapOperation,
  given: Transfer,
  start: number,
): Steps<number> {
  const transfer = unreadableFrom(given, inode.mount.flags.efaultAt);
  const { call, len } = transfer;
  const { sectorsPerBlock } = inode;
  let pos = start;
  let error = 0;
  while (pos < start + len && error === 0) {
    const lblk = Math.floor(pos / sectorsPerBlock);
    const iomap: DaxIomap | number = yield* iomapBegin(
      inode,
      op,
      lblk,
      Math.ceil((start + len) / sectorsPerBlock) - lblk,
      null,
    );
    call.at("X1");
    if (typeof iomap === "number") {
      error = iomap;
      call.stopped("error");
      break;
    }
    const end = Math.min(start + len, (iomap.lblk + iomap.blocks) * sectorsPerBlock);
    const copied: Copied = yield* daxIomapIter(inode, op, transfer, start, pos, end, iomap);
    yield* iomapEnd(inode, iomap, copied.to - pos, null);
    pos = copied.to;
    if (copied.ended === "i_size") break;
    if (copied.ended === "fault") {
      error = -EFAULT;
      call.stopped("fault");
    }
  }
  return pos > start ? pos - start : error;
}

/** How far a piece has been copied, and what has ended it. */
interface Copied {
  readonly to: number;
  readonly ended: "all" | "i_size" | "fault";
}

/** `dax_iomap_iter`: one piece [pos, end) of the file. */
function* daxIomapIter(
  inode: DaxIomapInode,
  op: IomapOperation,
  transfer: Transfer,
  start: number,
  pos: number,
  end: number,
  iomap: DaxIomap,
): Steps<Copied> {
  const { fs, mount: { flags } } = inode;
  const { call } = transfer;
  let stop = end;
  if (op === "read") {
    yield;
    stop = Math.min(end, inode.readSize());
  } else {
    const isCow = iomap.source !== null;
    if ((iomap.isNew && flags.newInvalidates) || (isCow && flags.cowInvalidates)) {
      const first = inode.pageOf(pos);
      yield* daxInvalidate(inode, first, inode.pageOf(end - 1) + 1, isCow ? "taken" : "kept");
    }
    if (isCow) yield* copyAround(inode, call, iomap, pos, end); // X3
  }
  const way = flags.writeStore === "flushcache" ? "nocache" : "cached";
  let at = pos;
  let ended: Copied["ended"] = stop < end ? "i_size" : "all";
  for (; at < stop; at++) { // X4
    const result = yield* transferSector(inode, { op, transfer, start, way }, iomap, at);
    if (result === "fault") {
      ended = "fault";
      break;
    }
    call.at("X4");
    const { from, to } = coveredBytes(transfer, at - start);
    if (op === "write" && way === "nocache" && (from > 0 || to % 8 !== 0)) {
      fs.volume.writeBack(inode.placeOf(iomap, at));
    }
  }
  if (op === "write" && way === "nocache") {
    // __copy_user_nocache ends with a fence, also after a fault.
    yield;
    fs.volume.memory.sfence();
  }
  return { to: at, ended };
}

/** `dax_iomap_cow_copy`: what the write leaves of the shared blocks. Plain stores, and nobody writes them back. */
function* copyAround(inode: DaxIomapInode, call: Call, iomap: DaxIomap, pos: number, end: number): Steps {
  const first = iomap.lblk * inode.sectorsPerBlock;
  const last = (iomap.lblk + iomap.blocks) * inode.sectorsPerBlock;
  for (let sector = first; sector < last; sector++) {
    if (sector >= pos && sector < end) continue;
    yield;
    call.at("X3");
    copyFromSource(inode, iomap, sector);
  }
}

/** Copies a sector of a shared block to the block beside it, as part of the current step. */
export function copyFromSource(inode: DaxIomapInode, iomap: DaxIomap, sector: number): void {
  const { volume } = inode.fs;
  const from = inode.placeOf(iomap.source!, sector);
  volume.checkUse(from, "copy on write");
  volume.storeSector(inode.placeOf(iomap, sector), volume.loadSector(from));
}
