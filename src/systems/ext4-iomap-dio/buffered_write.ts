/**
 * Buffered writes of ext4 with delayed allocation (05 C2).
 *
 * @module
 */

import type { Steps } from "../../machine/task.ts";
import { writeThroughCache } from "../common/buffered_io.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import type { Ext4File } from "./ext4_file.ts";

/**
 * `ext4_buffered_write_iter`: writes the transfer's sectors from the `done`th on.
 *
 * @param pos where the first of the transfer's sectors goes, unless it appends
 */
export const ext4BufferedWriteIter = path("ext4_buffered_write_iter", function* (
  file: Ext4File,
  transfer: Transfer,
  done: number,
  pos: number = transfer.pos,
): Steps<number> {
  const { inode } = file;
  yield* inode.iRwsem.lockExclusive(); // w0
  const ret = yield* ext4BufferedWriteLocked(file, transfer, done, pos);
  yield* inode.iRwsem.unlockExclusive(); // w10
  return yield* syncBuffered(file, transfer, ret);
});

/** The same with i_rwsem held, which is kept. */
export function* ext4BufferedWriteLocked(
  file: Ext4File,
  transfer: Transfer,
  done: number,
  pos: number,
): Steps<number> {
  const { inode } = file;
  yield; // w1
  const at = transfer.append ? inode.readSize() : pos + done;
  if (transfer.append && done === 0) transfer.call.positioned(at);
  // file_modified: file_remove_privs has looked, and remembers that there is nothing to remove. Who comes first leaves the
  // same behind: where it is set already nobody has to know.
  if (!inode.nosec.peek) inode.nosec.testAndSet();
  yield* file.updateTimes();
  return yield* writeThroughCache(inode.mapping, transfer, at, done);
}

/** `generic_write_sync` behind a buffered write. */
export function* syncBuffered(file: Ext4File, transfer: Transfer, ret: number): Steps<number> {
  if (ret <= 0 || transfer.sync === "none") return ret;
  const error = yield* file.genericWriteSync(transfer);
  return error < 0 ? error : ret;
}
