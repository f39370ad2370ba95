/**
 * `xip_io` of the draft of December 2013, with its obvious intent: reads and writes as direct I/O that copies.
 *
 * @module
 */

import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { Retries } from "../../machine/retries.ts";
import type { Steps } from "../../machine/task.ts";
import { type CopyResult, transferSector } from "../common/pmem_copy.ts";
import { type BufferHead, createBlock, freeBlocksFrom, isOverwrite, lookupBlock } from "../common/pmem_inode.ts";
import type { Call, Transfer } from "../system.ts";
import type { XipInode } from "./xip_inode.ts";

type Operation = "read" | "write";

/** read(2) to `ext4_ind_direct_IO`. */
export function* draftRead(inode: XipInode, transfer: Transfer): Steps<number> {
  const { call, pos, len } = transfer;
  const { flags } = inode.mount;
  if (flags.locking === "none") {
    // Counted first, so that a truncation that sets DIOREAD_LOCK and waits misses nobody.
    yield* inode.dioBegin(call, "D3");
    yield;
    if (inode.dioreadLock === null || !inode.dioreadLock.test()) {
      const done = yield* xipIo(inode, "read", transfer, pos); // D4
      yield* inode.dioDone(call, "D6");
      return done;
    }
    yield* inode.dioDone(call, "D6");
  }
  yield* inode.iMutex.lock(); // D1
  call.at("D1");
  const error = yield* filemapWriteAndWaitRange(inode.mapping, pos, pos + len - 1); // D2
  call.at("D2");
  yield* inode.dioBegin(call, "D3");
  const done = error < 0 ? error : yield* xipIo(inode, "read", transfer, pos); // D4
  yield; // D5
  call.at("D5");
  inode.iMutex.release();
  yield* inode.dioDone(call, "D6");
  return done;
}

/** write(2): the caller of `xip_io` holds i_mutex when LOCKING. */
export function* draftWrite(inode: XipInode, transfer: Transfer): Steps<number> {
  const { call, len } = transfer;
  const { fs, flags } = inode.mount;
  let holdsIMutex = flags.locking === "LOCKING";
  if (holdsIMutex) {
    yield* inode.iMutex.lock();
    call.at("w1");
  }
  yield;
  const pos = transfer.append ? inode.readSize() : transfer.pos;
  if (transfer.append) call.positioned(pos);
  const extending = pos + len > inode.readSize();
  if (extending && flags.fs === "ext4") { // w2
    const sink = yield* fs.start();
    yield;
    call.at("w2");
    orphanAdd(inode, sink);
    setDiskSize(inode, inode.readSize(), sink);
    fs.stopNow(sink, inode);
  }
  yield* inode.dioBegin(call, "D3");
  if (holdsIMutex && flags.overwriteDropsIMutex && !extending && (yield* isOverwrite(inode, pos, pos + len))) {
    yield;
    inode.iMutex.release();
    holdsIMutex = false;
  }
  const done = yield* xipIo(inode, "write", transfer, pos); // D4
  if (flags.endIoOrder === "before_done") yield* endIo(inode, call, pos, done); // D7
  yield* inode.dioDone(call, "D6");
  if (flags.endIoOrder === "after_done") yield* endIo(inode, call, pos, done); // D7
  if (done < 0 && extending) {
    yield;
    yield* freeBlocksFrom(inode, inode.readSize());
  }
  if (extending || done > 0) { // w5
    const sink = yield* fs.start();
    yield;
    call.at("w5");
    const end = pos + Math.max(done, 0);
    if (flags.fs === "ext4" && extending) orphanDel(inode, sink);
    if (done > 0 && end > inode.readSize()) {
      setDiskSize(inode, end, sink);
      inode.writeSize(end);
    }
    fs.stopNow(sink, inode);
  }
  if (holdsIMutex) {
    yield;
    inode.iMutex.release();
  }
  return done;
}

/** The loop (D4). A copy that faults counts for 0 bytes, and the loop goes on with what is left: for ever. */
function* xipIo(inode: XipInode, op: Operation, transfer: Transfer, start: number): Steps<number> {
  const { call } = transfer;
  const { world, bounds, sectorsPerBlock, fs, mount: { flags } } = inode;
  let end = start + transfer.len;
  if (op === "read" && flags.isizeClip) {
    yield;
    end = Math.min(end, inode.readSize());
  }
  const retries = new Retries(world, "loop of xip_io", bounds.retriesMax);
  let offset = start;
  let max = start;
  let bh: BufferHead | null = null;
  while (offset < end) {
    retries.next();
    if (bh === null || max === offset) {
      const lblk = Math.floor(offset / sectorsPerBlock);
      const got: BufferHead | number = yield* getBlock(inode, op, lblk, Math.ceil(end / sectorsPerBlock) - lblk);
      call.at("D4");
      if (typeof got === "number") {
        call.stopped("error");
        return offset > start ? offset - start : got;
      }
      bh = got;
      max = bh.state === "hole" && flags.holeSize === "request"
        ? end
        : Math.min(end, (bh.lblk + bh.blocks) * sectorsPerBlock);
      if (op === "write" && flags.newZero === "io" && (bh.isNew || bh.state === "unwritten")) {
        yield* zeroHeadAndTail(inode, bh, offset, max);
      }
    }
    const stop = Math.min(max, start + segmentEnd(transfer, offset - start));
    let result: CopyResult = "copied";
    while (offset < stop && result === "copied") {
      result = yield* transferSector(inode, { op, transfer, start, way: flags.store }, bh, offset);
      if (result === "fault") break;
      offset++;
      retries.progress();
    }
    if (op === "write" && flags.store === "nocache") {
      yield;
      fs.volume.memory.sfence();
    }
  }
  return Math.max(0, offset - start);
}

/** `double`: create=0 first, then create=1 for a write that finds nothing mapped; unwritten is not mapped to create=0. */
function* getBlock(inode: XipInode, op: Operation, lblk: number, max: number): Steps<BufferHead | number> {
  const { flags } = inode.mount;
  if (op === "write" && flags.getblock === "single") return yield* createFor(inode, lblk, max);
  const bh = yield* lookupBlock(inode, lblk, max);
  if (op === "read" || bh.state === "written") return bh;
  return yield* createFor(inode, lblk, max);
}

function* createFor(inode: XipInode, lblk: number, max: number): Steps<BufferHead | number> {
  return yield* createBlock(inode, lblk, max, inode.mount.flags.unwritten ? "unwritten" : "written");
}

/** `new_zero=io`: what the I/O leaves of new blocks, after others can find them. */
function* zeroHeadAndTail(inode: XipInode, bh: BufferHead, from: number, to: number): Steps {
  const first = bh.lblk * inode.sectorsPerBlock;
  const end = (bh.lblk + bh.blocks) * inode.sectorsPerBlock;
  for (let sector = first; sector < end; sector++) {
    if (sector >= from && sector < to) continue;
    yield;
    inode.fs.volume.zeroSector(inode.placeOf(bh, sector), "new_block");
  }
}

/** Sector of a transfer's buffer at which the segment of a sector ends. */
function segmentEnd({ buffer, len }: Transfer, at: number): number {
  let end = 0;
  for (const { npages } of buffer.segments) {
    end += npages * buffer.mm.sectorsPerPage;
    if (at < end) return Math.min(end, len);
  }
  return len;
}

/** Converts what the write has got data for; the range may be another's by now. */
function* endIo(inode: XipInode, call: Call, pos: number, done: number): Steps {
  const { fs, flags } = inode.mount;
  if (!flags.unwritten || done <= 0) return;
  const sink = yield* fs.start();
  yield;
  call.at("D7");
  const first = Math.floor(pos / inode.sectorsPerBlock);
  const count = Math.ceil((pos + done) / inode.sectorsPerBlock) - first;
  for (let lblk = first; lblk < first + count; lblk++) {
    if (inode.map.getBlock(lblk, 1).state !== "hole") continue;
    const text = `end_io converts block ${lblk} of ${inode}, which has been freed`;
    inode.world.report("USE_AFTER_FREE_BLOCK", text, { file: inode.ino });
  }
  inode.map.convert(first, count, sink);
  fs.stopNow(sink, inode);
}
