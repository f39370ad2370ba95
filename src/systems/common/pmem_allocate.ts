/**
 * Unwritten blocks for ranges of files on persistent memory: preallocation, and what makes written blocks unwritten.
 *
 * @module
 */

import { ENOSPC } from "../../machine/errno.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import type { Call } from "../system.ts";
import { createBlock, type PmemInode } from "./pmem_inode.ts";

/** Whether a range that ends behind the file makes it larger: FALLOC_FL_KEEP_SIZE. */
export type SizeChange = "keep_size" | "extend";

/** `fallocate` without a mode: unwritten blocks for holes. */
export function* pmemAllocate(
  inode: PmemInode,
  from: number,
  to: number,
  size: SizeChange,
  call: Call,
): Steps<number> {
  yield* inode.lockInode();
  call.at("t1");
  const error = yield* allocateRange(inode, from, to);
  if (error === 0) yield* sizeFor(inode, to, size);
  yield* inode.unlockInode();
  return error;
}

/** Gives every block of sectors [from, to) that has none an unwritten one. Returns 0 or -ENOSPC. */
export function* allocateRange(inode: PmemInode, from: number, to: number): Steps<number> {
  const end = Math.ceil(to / inode.sectorsPerBlock);
  for (let lblk = Math.floor(from / inode.sectorsPerBlock); lblk < end;) {
    const bh = yield* createBlock(inode, lblk, end - lblk, "unwritten");
    if (typeof bh === "number") return -ENOSPC;
    lblk += bh.blocks;
  }
  return 0;
}

/** `ext4_alloc_file_blocks` with CONVERT_UNWRITTEN: blocks [first, end) are unwritten behind it. Returns 0 or -ENOSPC. */
export function* makeUnwritten(inode: PmemInode, first: number, end: number): Steps<number> {
  const { fs, map } = inode;
  for (let lblk = first; lblk < end;) {
    const sink = yield* fs.start();
    if (inode.dataSem !== null) yield* inode.dataSem.lockExclusive();
    yield;
    const made = map.getBlockCreate(lblk, end - lblk, "unwritten", sink);
    if (made?.state === "written") map.unconvert(lblk, made.blocks, sink);
    fs.stopNow(sink, made === null ? null : inode);
    if (inode.dataSem !== null) yield* inode.dataSem.unlockExclusive();
    if (made === null) return -ENOSPC;
    lblk += made.blocks;
  }
  return 0;
}

/** Makes the file as long as the range that it has been given, where it is asked to and was shorter. */
export function* sizeFor(inode: PmemInode, to: number, size: SizeChange): Steps {
  if (size === "keep_size") return;
  const { fs } = inode;
  const sink = yield* fs.start();
  yield;
  if (to > inode.readSize()) {
    inode.writeSize(to);
    setDiskSize(inode, to, sink);
  }
  fs.stopNow(sink, inode);
}
