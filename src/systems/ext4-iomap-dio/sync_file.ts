/**
 * Making a file's data and metadata durable (05 C7).
 *
 * @module
 */

import { EIO } from "../../machine/errno.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import type { Steps } from "../../machine/task.ts";
import type { Ext4File } from "./ext4_file.ts";

/** `ext4_sync_file` for sectors [first, last]. Returns 0 or a negative error number. */
export function* ext4SyncFile(
  { inode, journal, device, syncTid, errorsSeen }: Ext4File,
  first: number,
  last: number,
): Steps<number> {
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
