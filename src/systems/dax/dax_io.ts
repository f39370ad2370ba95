/**
 * `fs/dax.c` of 4.0: reads and writes as copies between the user and the blocks of a file.
 *
 * @module
 */

import type { AllocatedState } from "../../machine/disk_metadata.ts";
import { EFAULT, ENOSPC } from "../../machine/errno.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { unmapMappingRange } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import { type CopyResult, transferSector } from "../common/pmem_copy.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import { type BufferHead, createBlock, type DataSem, lookupBlock } from "../common/pmem_inode.ts";
import type { DaxInode } from "./dax_inode.ts";

/** What `dax_do_io` is told. */
export interface DaxRequest {
  readonly op: "read" | "write";
  readonly transfer: Transfer;
  /** Sector of the file; of an appending write found out by its caller. */
  readonly pos: number;
  /** DIO_LOCKING: a read takes i_mutex itself, a write's caller has it. */
  readonly locking: "LOCKING" | "none";
  /** What a write gets where there is a hole. */
  readonly newBlocks: AllocatedState;
  /** Whether the caller holds `i_data_sem`. */
  readonly dataSem: DataSem;
  /** Whether the caller already counts as I/O under way. */
  readonly counted: "by_caller" | "here";
}

/** `dax_do_io`. Returns sectors copied, or a negative error number when that is none. */
export const daxDoIo = path("dax_do_io", function* (inode: DaxInode, request: DaxRequest): Steps<number> {
  const { op, transfer, pos, locking } = request;
  const { call, len } = transfer;
  const locks = op === "read" && locking === "LOCKING";
  if (locks) { // X1
    yield* inode.iMutex.lock();
    call.at("X1");
    const error = yield* filemapWriteAndWaitRange(inode.mapping, pos, pos + len - 1);
    if (error < 0) {
      yield* inode.iMutex.unlock();
      return error;
    }
  }
  const counts = request.counted === "here";
  if (counts) yield* inode.dioBegin(call, "X2");
  const done = yield* daxIo(inode, request); // X3
  if (locks) { // X4
    yield;
    call.at("X4");
    inode.iMutex.release();
  }
  // X5: no file system of 4.0 has an end_io that does anything for synchronous I/O.
  if (counts) yield* inode.dioDone(call, "X6");
  return done;
});

/** `dax_io`: maps a piece, makes the rest of new blocks zero, copies. */
function* daxIo(inode: DaxInode, request: DaxRequest): Steps<number> {
  const { op, transfer, pos: start, dataSem } = request;
  const { call } = transfer;
  const { flags } = inode.mount;
  const { sectorsPerBlock, bounds } = inode;
  let end = start + transfer.len;
  if (op === "read") {
    yield;
    end = Math.min(end, inode.readSize());
  }
  let error = -EFAULT;
  let pos = start;
  let max = start;
  let bhMax = start;
  let bh: BufferHead | null = null;
  while (pos < end) {
    if (pos === max) { // X3a
      const lblk = Math.floor(pos / sectorsPerBlock);
      const first = pos - lblk * sectorsPerBlock;
      if (pos === bhMax || bh === null) {
        let blocks = Math.ceil((end - lblk * sectorsPerBlock) / sectorsPerBlock);
        if (op === "read") bh = yield* lookupBlock(inode, lblk, blocks, dataSem);
        else {
          if (flags.enospcAt !== null) {
            const full = Math.floor(start / bounds.sectorsPerPage) + flags.enospcAt;
            blocks = Math.min(blocks, full - lblk);
            if (blocks <= 0) {
              yield;
              error = -ENOSPC;
              break;
            }
          }
          const got: BufferHead | number = dataSem === "held"
            ? yield* lookupBlock(inode, lblk, blocks, dataSem)
            : yield* createBlock(inode, lblk, blocks, request.newBlocks);
          if (typeof got === "number") {
            error = got;
            break;
          }
          bh = got;
          if (bh.isNew && flags.writeUnmaps === "unmap_on_alloc") {
            yield* unmapMappingRange(inode.mapping, lblk, lblk + bh.blocks, "spare_private_copies");
          }
        }
        call.at("X3a");
        bhMax = (lblk + bh.blocks) * sectorsPerBlock;
      }
      max = Math.min(bhMax, end);
      if (op === "write" && (bh.state === "unwritten" || bh.isNew)) {
        yield* daxNewBuf(inode, bh, pos, max - pos, first);
      }
    }
    // X3b
    const at = pos - start;
    let result: CopyResult;
    if (flags.efaultAt !== null && Math.floor(at / bounds.sectorsPerPage) >= flags.efaultAt) {
      yield;
      result = "fault";
    } else result = yield* transferSector(inode, { op, transfer, start, way: "cached" }, bh!, pos);
    if (result === "fault") {
      error = -EFAULT;
      break;
    }
    call.at("X3b");
    pos++;
  }
  if (pos < end) call.stopped(error === -EFAULT ? "fault" : "error");
  return pos > start || pos >= end ? pos - start : error;
}

/**
 * `dax_new_buf`: zeroes what the I/O leaves of the piece that is mapped: its head, and its tail behind the end of the I/O.
 * The blocks have been in the map since the step before.
 */
function* daxNewBuf(inode: DaxInode, bh: BufferHead, pos: number, length: number, first: number): Steps {
  const { volume } = inode.mount.fs;
  for (let sector = pos - first; sector < pos; sector++) {
    yield;
    volume.zeroSector(inode.placeOf(bh, sector), "new_block");
  }
  const end = (bh.lblk + bh.blocks) * inode.sectorsPerBlock;
  for (let sector = pos + length; sector < end; sector++) {
    yield;
    volume.zeroSector(inode.placeOf(bh, sector), "new_block");
  }
}
