/**
 * `ext4_zero_range` of 4.0 on a DAX mount.
 *
 * @module
 */

import { truncatePagecacheRange } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { allocateRange, makeUnwritten, type SizeChange, sizeFor } from "../common/pmem_allocate.ts";
import { resumeDio, waitForDio, zeroPartialPages } from "../common/pmem_truncate.ts";
import type { Call } from "../system.ts";
import type { DaxInode } from "./dax_inode.ts";

/**
 * Blocks that lie wholly in sectors [from, to) become unwritten, with what the page cache has of them gone; the rest is
 * zeroed in place. As with a hole, i_size tells a fault nothing, and only MMAPLOCK would keep it out.
 */
export function* daxZeroRange(
  inode: DaxInode,
  from: number,
  to: number,
  size: SizeChange,
  call: Call,
): Steps<number> {
  const { sectorsPerBlock } = inode;
  const first = Math.ceil(from / sectorsPerBlock);
  const end = Math.floor(to / sectorsPerBlock);
  const hasEdges = from % sectorsPerBlock !== 0 || to % sectorsPerBlock !== 0;
  yield* inode.iMutex.lock();
  call.at("t1");
  if (inode.mmapLock !== null) yield* inode.mmapLock.lockExclusive();
  let error = hasEdges ? yield* allocateRange(inode, from, to) : 0;
  const hasBlocks = error === 0 && end > first;
  if (hasBlocks) {
    yield* truncatePagecacheRange(inode, first * sectorsPerBlock, end * sectorsPerBlock);
    yield* waitForDio(inode);
    call.at("t2");
    error = yield* makeUnwritten(inode, first, end);
    call.at("t7");
  }
  if (error === 0) yield* sizeFor(inode, to, size);
  if (error === 0) yield* zeroPartialPages(inode, from, to, "cached");
  if (hasBlocks) yield* resumeDio(inode);
  if (inode.mmapLock !== null) yield* inode.mmapLock.unlockExclusive();
  yield;
  inode.iMutex.release();
  return error;
}
