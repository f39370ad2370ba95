/**
 * Truncation and hole punching of DAX files in 6.1. invalidate_lock, held exclusively, keeps faults out.
 *
 * @module
 */

import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import { unmapMappingRange } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import type { Call } from "../system.ts";
import { zeroRange } from "../common/pmem_truncate.ts";
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
  const { fs, mapping, bounds: { sectorsPerPage } } = inode;
  const first = Math.ceil(from / sectorsPerPage);
  const end = Math.max(first, Math.floor(to / sectorsPerPage));
  if (inode.mount.flags.fs === "ext4") yield* daxSyncPages(inode, inode.pageOf(from), inode.pageOf(to - 1) + 1);
  yield* inode.iRwsem.lockExclusive(); // t1
  yield* mapping.invalidateLock!.lockExclusive();
  call.at("t1");
  yield* breakLayouts(inode, call); // t2
  if (inode.mount.flags.fs === "xfs") yield* daxSyncPages(inode, inode.pageOf(from), inode.pageOf(to - 1) + 1);
  yield* daxTruncatePages(inode, first, end, "spare_private_copies"); // t4
  call.at("t4");
  if (first * sectorsPerPage > to) yield* zeroRange(inode, from, to, "punch", "written_back");
  else {
    yield* zeroRange(inode, from, first * sectorsPerPage, "punch", "written_back");
    yield* zeroRange(inode, end * sectorsPerPage, to, "punch", "written_back");
  }
  const sink = yield* fs.start();
  yield; // t5
  call.at("t5");
  inode.map.punch(first, end - first, inode.mount.shared.sinkOf(inode.ino, sink));
  fs.stopNow(sink, inode);
  yield* mapping.invalidateLock!.unlockExclusive();
  yield* inode.iRwsem.unlockExclusive();
  return 0;
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
