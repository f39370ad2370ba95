/**
 * Truncation and hole punching of files on persistent memory. Nothing keeps faults out but MMAPLOCK, where there is one.
 *
 * @module
 */

import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import { truncatePagecacheRange, truncateSetsize } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import type { Zeroing } from "../run_record.ts";
import type { Call } from "../system.ts";
import { lookupBlock, type PmemInode } from "./pmem_inode.ts";

/** `ext2_setsize`, `ext4_setattr`. */
export function* pmemTruncate(inode: PmemInode, size: number, call: Call): Steps<number> {
  const { fs } = inode;
  yield* inode.iMutex.lock(); // t1
  call.at("t1");
  if (inode.mmapLock !== null) yield* inode.mmapLock.lockExclusive();
  yield;
  const shrinks = size < inode.readSize();
  const journalled = fs.journal !== null;
  if (journalled) {
    const sink = yield* fs.start();
    yield;
    if (shrinks) orphanAdd(inode, sink);
    setDiskSize(inode, size, sink);
    fs.stopNow(sink, inode);
  }
  yield* waitForDio(inode); // t2
  call.at("t2");
  yield* zeroRange(inode, size, inode.pagesOf(size) * inode.bounds.sectorsPerPage, "truncate", "cached"); // t3
  yield* truncateSetsize(inode, size); // t4, t5, t6
  call.at("t4");
  const sink = yield* fs.start(); // t7
  yield;
  call.at("t7");
  inode.map.trim(Math.ceil(size / inode.sectorsPerBlock), sink);
  if (journalled) orphanDel(inode, sink);
  else setDiskSize(inode, size, sink);
  fs.stopNow(sink, inode);
  yield* resumeDio(inode);
  if (inode.mmapLock !== null) yield* inode.mmapLock.unlockExclusive();
  yield;
  inode.iMutex.release(); // t8
  return 0;
}

/** `ext4_punch_hole` of 4.0: i_size stays, so that no look at it tells a fault of the hole. */
export function* pmemPunchHole(inode: PmemInode, from: number, to: number, call: Call): Steps<number> {
  const { fs } = inode;
  const { sectorsPerPage } = inode.bounds;
  yield* inode.iMutex.lock();
  call.at("t1");
  if (inode.mmapLock !== null) yield* inode.mmapLock.lockExclusive();
  yield* truncatePagecacheRange(inode, from, to);
  yield* waitForDio(inode);
  call.at("t2");
  const first = Math.ceil(from / sectorsPerPage);
  const end = Math.floor(to / sectorsPerPage);
  yield* zeroPartialPages(inode, from, to, "cached");
  const sink = yield* fs.start();
  yield;
  call.at("t7");
  inode.map.punch(first, Math.max(0, end - first), sink);
  fs.stopNow(sink, inode);
  yield* resumeDio(inode);
  if (inode.mmapLock !== null) yield* inode.mmapLock.unlockExclusive();
  yield;
  inode.iMutex.release();
  return 0;
}

/** `inode_dio_wait`, with reads that take no i_mutex kept out meanwhile. */
export function* waitForDio(inode: PmemInode): Steps {
  if (inode.dioreadLock !== null) {
    yield;
    inode.dioreadLock.testAndSet();
  }
  yield* inode.dioCount.waitZero();
}

export function* resumeDio(inode: PmemInode): Steps {
  if (inode.dioreadLock === null) return;
  yield;
  inode.dioreadLock.testAndClear();
}

/** Zeroes what sectors [from, to) have of pages that do not lie in them whole. */
export function* zeroPartialPages(
  inode: PmemInode,
  from: number,
  to: number,
  lines: "cached" | "written_back",
): Steps {
  const { sectorsPerPage } = inode.bounds;
  const first = Math.ceil(from / sectorsPerPage) * sectorsPerPage;
  const end = Math.floor(to / sectorsPerPage) * sectorsPerPage;
  if (first > end) yield* zeroRange(inode, from, to, "punch", lines);
  else {
    yield* zeroRange(inode, from, first, "punch", lines);
    yield* zeroRange(inode, end, to, "punch", lines);
  }
}

/**
 * Zeroes part of a page in place, where the block is written.
 *
 * @param lines `written_back`: to the medium, with a fence at the end; `cached`: nobody writes them back
 */
export function* zeroRange(
  inode: PmemInode,
  from: number,
  to: number,
  reason: Zeroing["reason"],
  lines: "cached" | "written_back",
): Steps {
  if (from >= to) return;
  const lblk = Math.floor(from / inode.sectorsPerBlock);
  if (lblk >= inode.map.blocksMax) return;
  const bh = yield* lookupBlock(inode, lblk, 1);
  if (bh.state !== "written") return;
  const { volume } = inode.fs;
  for (let sector = from; sector < to; sector++) {
    yield;
    volume.zeroSector(inode.placeOf(bh, sector), reason);
    if (lines === "written_back") volume.writeBack(inode.placeOf(bh, sector));
  }
  if (lines === "cached") return;
  yield;
  volume.memory.sfence();
}
