/**
 * How XFS maps a piece of a file for direct I/O: `xfs_file_iomap_begin` of 5.0, `xfs_direct_write_iomap_begin` of later ones.
 *
 * @module
 */

import type { Iomap } from "../../machine/block_map.ts";
import { EAGAIN, ENOSPC } from "../../machine/errno.ts";
import type { Steps } from "../../machine/task.ts";
import type { IomapOps } from "../common/iomap_dio.ts";
import type { DirectMapping } from "../common/iomap_dio_iter.ts";
import type { IomapDio } from "../common/iomap_dio_state.ts";
import { hasUncommittedChange } from "../common/journalled_sync.ts";
import { xfsLooks, xfsRange } from "./xfs_events.ts";
import type { XfsFile } from "./xfs_file.ts";

export function xfsIomapOps(file: XfsFile): IomapOps {
  return { begin: (dio, pos, len) => xfsIomapBegin(file, dio, pos, len) };
}

/** One look under ILOCK; a hole gets unwritten blocks in a transaction, whatever lies behind the end included. */
function* xfsIomapBegin(file: XfsFile, dio: IomapDio, pos: number, len: number): Steps<DirectMapping | number> {
  const { map, sectorsPerBlock } = file;
  yield;
  const found = map.iomapBegin(pos, len);
  xfsLooks(file, dio.transfer.nowait ? "xfs_ilock_nowait" : "xfs_ilock");
  if (dio.op === "read") {
    xfsRange(file, "xfs_iomap_found", pos, len);
    return direct(file, found, pos + len);
  }
  const needsAlloc = found.type === "hole" || found.type === "delalloc";
  if (dio.attempt === "overwrite_only" || dio.transfer.nowait) {
    const spans = found.offset <= pos && pos + len <= found.offset + found.length;
    if (needsAlloc || !spans) return -EAGAIN;
  }
  if (dio.attempt === "overwrite_only" && found.type === "unwritten") {
    // Zeros around what is written of a block, which nobody else may be writing meanwhile.
    if (pos % sectorsPerBlock !== 0 || len % sectorsPerBlock !== 0) return -EAGAIN;
  }
  if (needsAlloc) return yield* xfsIomapWriteDirect(file, dio, pos, len);
  xfsRange(file, "xfs_iomap_found", pos, len);
  return direct(file, found, pos + len);
}

/** `xfs_iomap_write_direct`. */
function* xfsIomapWriteDirect(file: XfsFile, dio: IomapDio, pos: number, len: number): Steps<DirectMapping | number> {
  const { map, sectorsPerBlock, enospcBlock } = file;
  // xfs_trans_alloc_inode reserves the blocks before it takes ILOCK.
  if (!map.peekCanReserve(Math.floor(pos / sectorsPerBlock))) return -ENOSPC;
  const handle = yield* file.startHandle();
  yield;
  dio.transfer.call.at("alloc");
  const from = pos - pos % sectorsPerBlock;
  const wanted = Math.min(len, dio.pos - dio.pos % sectorsPerBlock + enospcBlock * sectorsPerBlock - from);
  const made = wanted <= 0 ? null : map.iomapBeginCreate(pos, wanted, "unwritten", handle);
  file.stopHandle(handle);
  if (made === null) return -ENOSPC;
  xfsRange(file, "xfs_iomap_alloc", pos, len);
  return direct(file, made, pos + len);
}

/** `xfs_bmbt_to_iomap`, as part of the current step. */
function direct(file: XfsFile, mapping: Iomap, end: number): DirectMapping {
  const { flags, inode } = file;
  const spansEof = flags.fdirty_eof === "on" && end > inode.readSize();
  return { ...mapping, isShared: false, isDirty: spansEof || hasUncommittedChange(file) };
}
