/**
 * What XFS does when all bios of a direct write have ended: `xfs_dio_write_end_io`.
 *
 * @module
 */

import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import type { IomapDioOps } from "../common/iomap_dio.ts";
import type { IomapDio } from "../common/iomap_dio_state.ts";
import { xfsRange } from "./xfs_events.ts";
import type { XfsFile } from "./xfs_file.ts";

export function xfsDioWriteOps(file: XfsFile): IomapDioOps {
  return { endIo: (dio, size, error) => xfsDioWriteEndIo(file, dio, size, error) };
}

/** Returns 0 or a negative error number. */
function* xfsDioWriteEndIo(file: XfsFile, dio: IomapDio, size: number, error: number): Steps<number> {
  const { inode } = file;
  const end = dio.pos + size;
  xfsRange(file, "xfs_end_io_direct_write", dio.pos, size);
  if (error !== 0) return error;
  if (size === 0) return 0;
  if (dio.toUnwritten) {
    yield* xfsIomapWriteUnwritten(file, dio, end);
    return 0;
  }
  // Other ends of I/O may move it too: tested and set under i_flags_lock, and only upwards.
  yield;
  if (end <= inode.readSize()) return 0;
  dio.transfer.call.at("setfilesize");
  inode.writeSize(end);
  yield* xfsSetfilesize(file, dio.pos, end);
  return 0;
}

/**
 * `xfs_iomap_write_unwritten`: i_size grows when the blocks can be read, so that no read of the new part finds them
 * unwritten, and before the size on disk does.
 */
function* xfsIomapWriteUnwritten(file: XfsFile, dio: IomapDio, end: number): Steps {
  const { map, inode, flags, sectorsPerBlock } = file;
  const { call } = dio.transfer;
  if (flags.size_after_convert === "off") {
    yield;
    call.at("setfilesize");
    if (end > inode.readSize()) inode.writeSize(end);
  }
  const first = Math.floor(dio.pos / sectorsPerBlock);
  xfsRange(file, "xfs_unwritten_convert", dio.pos, dio.size);
  const handle = yield* file.startHandle();
  yield;
  call.at("convert");
  map.convert(first, Math.ceil(end / sectorsPerBlock) - first, handle);
  yield;
  if (flags.size_after_convert === "on" && end > inode.readSize()) {
    call.at("setfilesize");
    inode.writeSize(end);
  }
  if (end > inode.diskSize.get()) setDiskSize(inode, end, handle);
  file.stopHandle(handle);
}

/** `xfs_setfilesize`: the size on disk, in a transaction, no further than i_size. */
export function* xfsSetfilesize(file: XfsFile, pos: number, end: number): Steps {
  const { inode } = file;
  const handle = yield* file.startHandle();
  yield;
  const size = Math.min(end, inode.readSize());
  if (size > inode.diskSize.get()) {
    xfsRange(file, "xfs_setfilesize", pos, end - pos);
    setDiskSize(inode, size, handle);
    file.stopHandle(handle);
  } else file.dropHandle(handle);
}
