/**
 * What a buffered write with delayed allocation does behind each piece, when the file has grown: `ext4_da_do_write_end`.
 *
 * @module
 */

import { ENOSPC } from "../../machine/errno.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import type { Ext4File } from "./ext4_file.ts";
import { ext4TruncateFailedWrite } from "./inode_extension.ts";
import { ext4BlockZeroRange } from "./zero_range.ts";

/**
 * The size on disk grows at once where the last block has its place: writeback, which needs no handle for it, would not
 * do that. 6.18 zeroes what lies between the old end and the write.
 *
 * @param before i_size as it was, sectors
 */
export function* ext4WriteEnded(
  file: Ext4File,
  pos: number,
  copied: number,
  before: number,
): Steps {
  const { inode, map, sectorsPerBlock } = file;
  const end = pos + copied;
  const isBeyond = end > before || (end === before && file.endMovesWithinSector);
  const grows = copied > 0 && isBeyond && map.peek(Math.floor((end - 1) / sectorsPerBlock)) === "written";
  const zeroes = pos > before && copied > 0 && file.flags.version === "v618";
  if (!grows && !zeroes) return;
  const handle = yield* file.startHandle();
  yield;
  if (grows && end > inode.diskSize.get()) setDiskSize(inode, end, handle);
  const part = before % sectorsPerBlock;
  if (zeroes && part !== 0) yield* ext4BlockZeroRange(file, before, Math.min(pos, before - part + sectorsPerBlock));
  const last = pos - pos % sectorsPerBlock;
  if (zeroes && last !== pos && last > before) yield* ext4BlockZeroRange(file, last, pos);
  inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  file.stopHandle(handle);
}

/** `ext4_da_write_begin` found no room: pages that it has made behind i_size go, and what they may have of blocks. */
export function* ext4WriteFailed(file: Ext4File, error: number, end: number): Steps {
  if (error === -ENOSPC && end > file.inode.peekSize) yield* ext4TruncateFailedWrite(file, null);
}
