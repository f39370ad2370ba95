/**
 * What XFS does when all bios of a direct write have ended: `xfs_dio_write_end_io`.
 *
 * @module
 */

import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import type { IomapDioOps } from "../common/iomap_dio.ts";
import type { IomapDio } from "../common/iomap_dio_state.ts";
import type { Call } from "../system.ts";
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
    if (file.flags.size_after_convert === "off") {
      yield;
      dio.transfer.call.at("setfilesize");
      if (end > inode.readSize()) inode.writeSize(end);
    }
    yield* xfsIomapWriteUnwritten(file, { pos: dio.pos, size, end }, dio.transfer.call);
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
 * `xfs_iomap_write_unwritten`: each mapping of a range in a transaction of its own, those that are written already too.
 *
 * Of direct I/O i_size grows when the blocks can be read, so that no read of the new part finds them unwritten, and before
 * the size on disk does. Both go to the end of the range with the first mapping: the ones behind it read as zeros until
 * they are converted.
 *
 * @param range sectors of the file; `end` lies inside i_size where that does not grow
 * @param call of a direct write; none: writeback
 */
export function* xfsIomapWriteUnwritten(
  file: XfsFile,
  { pos, size, end }: { readonly pos: number; readonly size: number; readonly end: number },
  call: Call | null = null,
): Steps {
  const { map, inode, flags, sectorsPerBlock } = file;
  xfsRange(file, "xfs_unwritten_convert", pos, size);
  const last = Math.ceil((pos + size) / sectorsPerBlock);
  for (let first = Math.floor(pos / sectorsPerBlock); first < last;) {
    const handle = yield* file.startHandle();
    yield;
    call?.at("convert");
    const { blocks } = map.getBlock(first, last - first);
    map.convert(first, blocks, handle);
    yield;
    if (call !== null && flags.size_after_convert === "on" && end > inode.readSize()) {
      call.at("setfilesize");
      inode.writeSize(end);
    }
    const onDisk = Math.min(end, inode.readSize());
    if (onDisk > inode.diskSize.get()) setDiskSize(inode, onDisk, handle);
    file.stopHandle(handle);
    first += blocks;
  }
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
