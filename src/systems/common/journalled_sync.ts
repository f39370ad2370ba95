/**
 * Making a file's data and metadata durable where a journal has the metadata (05 C7): `ext4_sync_file`, `xfs_file_fsync`.
 *
 * @module
 */

import type { BlockDevice } from "../../machine/block_device.ts";
import { EIO } from "../../machine/errno.ts";
import type { Inode } from "../../machine/inode.ts";
import type { Journal } from "../../machine/journal.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import type { Steps } from "../../machine/task.ts";
import type { Variable } from "../../machine/variable.ts";

export interface JournalledFile {
  readonly inode: Inode;
  readonly journal: Journal;
  readonly device: BlockDevice;
  /** The transaction with the last change that fsync waits for (`i_sync_tid`, the LSN of the log item); 0: none. */
  readonly syncTid: Variable<number>;
  /** Errors of writeback that fsync has told of: `f_wb_err`. */
  readonly errorsSeen: Variable<number>;
}

/** Does so for pages of sectors [first, last]. Returns 0 or a negative error number. */
export function* syncJournalled(file: JournalledFile, first: number, last: number): Steps<number> {
  const { inode, journal, device, syncTid, errorsSeen } = file;
  const written = yield* filemapWriteAndWaitRange(inode.mapping, first, last); // y1
  yield;
  const errors = inode.mapping.wbErr.get();
  const seen = errorsSeen.get();
  if (errors > seen) errorsSeen.set(errors);
  if (written < 0 || errors > seen) return written < 0 ? written : -EIO;

  yield; // y2
  const tid = syncTid.get();
  const flushes = device.hasVolatileCache && (tid === 0 || !journal.willSendBarrier(tid));
  const committed = tid === 0 ? 0 : yield* journal.commit(tid);
  const flushed = flushes ? yield* device.submitAndWait({ op: "flush" }) : 0; // y3
  return committed || flushed;
}

/** {@linkcode hasUncommittedChange}, not looked at by any step. */
export function peekUncommittedChange({ journal, syncTid }: JournalledFile): boolean {
  const tid = syncTid.peek;
  return tid !== 0 && journal.transactions[tid - 1].whenCommitted.level.peek === 0;
}

/** Whether the last change has not reached the disk, looked at in the current step. */
export function hasUncommittedChange({ journal, syncTid }: JournalledFile): boolean {
  const tid = syncTid.get();
  return tid !== 0 && journal.transactions[tid - 1].whenCommitted.level.read() === 0;
}
