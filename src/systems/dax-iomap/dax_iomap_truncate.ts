/**
 * Truncation, holes and zeroed ranges of DAX files in 6.1. invalidate_lock, held exclusively, keeps faults out.
 *
 * @module
 */

import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import { unmapMappingRange } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import type { Call } from "../system.ts";
import { allocateRange, makeUnwritten, type SizeChange, sizeFor } from "../common/pmem_allocate.ts";
import { zeroPartialPages, zeroRange } from "../common/pmem_truncate.ts";
import { daxTruncatePages } from "./dax_invalidate.ts";
import type { DaxIomapInode } from "./dax_iomap_inode.ts";
import { daxSyncPages } from "./dax_writeback.ts";

/** `ext4_setattr`, `xfs_vn_setattr`. */
export function* daxTruncate(inode: DaxIomapInode, size: number, call: Call): Steps<number> {
  const { fs, mapping, mount: { flags } } = inode;
  yield* inode.iRwsem.lockExclusive(); // t1
  yield* mapping.invalidateLock!.lockExclusive();
  call.at("t1");
  yield* breakLayouts(inode, call); // t2
  yield;
  const shrinks = size < inode.readSize();
  if (flags.fs === "ext4") {
    const sink = yield* fs.start();
    yield; // t3
    call.at("t3");
    if (shrinks) orphanAdd(inode, sink);
    setDiskSize(inode, size, sink);
    inode.writeSize(size);
    fs.stopNow(sink, inode);
    yield* truncatePages(inode, size, call);
    if (shrinks) yield* zeroRange(inode, size, pageEnd(inode, size), "truncate", "written_back");
  } else {
    if (shrinks) yield* zeroRange(inode, size, pageEnd(inode, size), "truncate", "written_back");
    yield; // t3
    call.at("t3");
    inode.writeSize(size);
    yield* truncatePages(inode, size, call);
  }
  const sink = yield* fs.start();
  yield; // t5
  call.at("t5");
  if (flags.fs === "xfs") setDiskSize(inode, size, sink);
  const shared = inode.mount.shared.sinkOf(inode.ino, sink);
  inode.map.trim(Math.ceil(size / inode.sectorsPerBlock), shared);
  if (flags.fs === "ext4") orphanDel(inode, sink);
  fs.stopNow(sink, inode);
  yield* mapping.invalidateLock!.unlockExclusive();
  yield* inode.iRwsem.unlockExclusive();
  return 0;
}

function pageEnd(inode: DaxIomapInode, size: number): number {
  return inode.pagesOf(size) * inode.bounds.sectorsPerPage;
}

function* truncatePages(inode: DaxIomapInode, size: number, call: Call): Steps {
  yield* daxTruncatePages(inode, inode.pagesOf(size), inode.bounds.pagesMax, "even_cows"); // t4
  call.at("t4");
}

/** `ext4_punch_hole`, `xfs_file_fallocate` with FALLOC_FL_PUNCH_HOLE. */
export function* daxPunchHole(inode: DaxIomapInode, from: number, to: number, call: Call): Steps<number> {
  const { mapping } = inode;
  if (inode.mount.flags.fs === "ext4") yield* daxSyncPages(inode, inode.pageOf(from), inode.pageOf(to - 1) + 1);
  yield* inode.iRwsem.lockExclusive(); // t1
  yield* mapping.invalidateLock!.lockExclusive();
  call.at("t1");
  yield* freeRange(inode, from, to, call);
  yield* mapping.invalidateLock!.unlockExclusive();
  yield* inode.iRwsem.unlockExclusive();
  return 0;
}

/** Takes blocks and entries of sectors [from, to) away, and zeroes what is left of pages at its edges. */
function* freeRange(inode: DaxIomapInode, from: number, to: number, call: Call): Steps {
  const { fs, bounds: { sectorsPerPage } } = inode;
  const first = Math.ceil(from / sectorsPerPage);
  const end = Math.max(first, Math.floor(to / sectorsPerPage));
  yield* breakLayouts(inode, call); // t2
  if (inode.mount.flags.fs === "xfs") yield* daxSyncPages(inode, inode.pageOf(from), inode.pageOf(to - 1) + 1);
  yield* daxTruncatePages(inode, first, end, "spare_private_copies"); // t4
  call.at("t4");
  yield* zeroPartialPages(inode, from, to, "written_back");
  const sink = yield* fs.start();
  yield; // t5
  call.at("t5");
  inode.map.punch(first, end - first, inode.mount.shared.sinkOf(inode.ino, sink));
  fs.stopNow(sink, inode);
}

/** `ext4_zero_range`, `xfs_file_fallocate` with FALLOC_FL_ZERO_RANGE. */
export function* daxZeroRange(
  inode: DaxIomapInode,
  from: number,
  to: number,
  size: SizeChange,
  call: Call,
): Steps<number> {
  yield* inode.iRwsem.lockExclusive(); // t1
  const error = inode.mount.flags.fs === "ext4"
    ? yield* ext4ZeroRange(inode, from, to, size, call)
    : yield* xfsZeroRange(inode, from, to, size, call);
  yield* inode.iRwsem.unlockExclusive();
  return error;
}

/** Whole blocks become unwritten, under invalidate_lock; edges are given blocks before that and zeroed behind it. */
function* ext4ZeroRange(inode: DaxIomapInode, from: number, to: number, size: SizeChange, call: Call): Steps<number> {
  const { mapping, sectorsPerBlock } = inode;
  const first = Math.ceil(from / sectorsPerBlock);
  const end = Math.floor(to / sectorsPerBlock);
  const hasEdges = from % sectorsPerBlock !== 0 || to % sectorsPerBlock !== 0;
  let error = hasEdges ? yield* allocateRange(inode, from, to) : 0;
  if (error === 0 && end > first) {
    yield* mapping.invalidateLock!.lockExclusive();
    call.at("t1");
    yield* breakLayouts(inode, call); // t2
    yield* daxTruncatePages(inode, first, end, "spare_private_copies"); // t4
    call.at("t4");
    error = yield* makeUnwritten(inode, first, end); // t5
    call.at("t5");
    yield* mapping.invalidateLock!.unlockExclusive();
  }
  if (error < 0) return error;
  yield* sizeFor(inode, to, size);
  yield* zeroPartialPages(inode, from, to, "written_back");
  return 0;
}

/** A hole, and unwritten blocks for it, all under both locks. */
function* xfsZeroRange(inode: DaxIomapInode, from: number, to: number, size: SizeChange, call: Call): Steps<number> {
  const { mapping } = inode;
  yield* mapping.invalidateLock!.lockExclusive();
  call.at("t1");
  yield* freeRange(inode, from, to, call);
  const error = yield* allocateRange(inode, from, to);
  if (error === 0) yield* sizeFor(inode, to, size);
  yield* mapping.invalidateLock!.unlockExclusive();
  return error;
}

/**
 * `ext4_break_layouts`, `xfs_break_dax_layouts`: PTEs of the whole file go, so that nobody can take a reference to a page
 * through them, and references that there are are waited for without invalidate_lock.
 */
function* breakLayouts(inode: DaxIomapInode, call: Call): Steps {
  const { entries, mapping, bounds, mount: { flags } } = inode;
  if (!flags.breakLayouts) return;
  for (;;) {
    yield* unmapMappingRange(mapping, 0, bounds.pagesMax, "spare_private_copies");
    yield; // t2
    call.at("t2");
    let busy: number | null = null;
    for (let index = 0; index < bounds.pagesMax && busy === null; index++) {
      const entry = entries.look(index);
      if (entry?.kind === "block" && inode.pins(index).read() > 0) busy = index;
    }
    if (busy === null) return;
    yield* mapping.invalidateLock!.unlockExclusive();
    yield* inode.pins(busy).waitZero();
    yield* mapping.invalidateLock!.lockExclusive();
  }
}
