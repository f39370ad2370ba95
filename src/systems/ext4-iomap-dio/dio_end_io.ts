/**
 * What ext4 does when all bios of a direct write have ended.
 *
 * @module
 */

import type { Steps } from "../../machine/task.ts";
import type { IomapDioOps } from "../common/iomap_dio.ts";
import type { IomapDio } from "../common/iomap_dio_state.ts";
import { ext4Converts, ext4FindsWritten } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";
import { ext4ExtendInode, ext4HandleInodeExtension } from "./inode_extension.ts";

/** `ext4_dio_write_ops`. */
export function ext4DioWriteOps(file: Ext4File): IomapDioOps {
  return { endIo: (dio, size, error) => ext4DioWriteEndIo(file, dio, size, error) };
}

/** `ext4_dio_write_end_io`. Returns 0 or a negative error number. */
function* ext4DioWriteEndIo(file: Ext4File, dio: IomapDio, size: number, error: number): Steps<number> {
  const { inode, flags } = file;
  const { pos, transfer } = dio;
  const { call, len } = transfer;
  if (error === 0 && size > 0 && dio.toUnwritten && flags.end_io_converts === "on") {
    yield* ext4ConvertUnwrittenExtents(file, dio);
  }
  const count = flags.end_io_count === "submitted" ? size : len;

  if (flags.ext_in_end_io === "on" && flags.version === "v5") {
    call.at("I8.extend");
    const ret = yield* ext4HandleInodeExtension(file, pos, error !== 0 ? error : size, count, call);
    return Math.min(ret, 0);
  }
  if (error !== 0) return error;
  if (flags.ext_in_end_io === "on") {
    yield;
    if (pos + size <= inode.diskSize.get() && pos + size <= inode.readSize()) return 0;
    call.at("I8.extend");
    if (flags.end_io_count === "submitted") yield* ext4ExtendInode(file, pos + size);
    else yield* ext4HandleInodeExtension(file, pos, size, count, call);
    return 0;
  }
  if (flags.isize_point === "end_io_before_inval") {
    // A buffered read must not take the rest of the last page for zeros once the range has been invalidated.
    yield;
    if (pos + size > inode.readSize()) {
      call.at("I8.extend");
      inode.writeSize(pos + size);
    }
  }
  return 0;
}

/** `ext4_convert_unwritten_extents`: a handle for each extent of the range, those that are written already too. */
function* ext4ConvertUnwrittenExtents(file: Ext4File, dio: IomapDio): Steps {
  const { map, sectorsPerBlock, tree } = file;
  const end = Math.ceil((dio.pos + dio.size) / sectorsPerBlock);
  for (let first = Math.floor(dio.pos / sectorsPerBlock); first < end;) {
    const handle = yield* file.startHandle();
    yield;
    dio.transfer.call.at("I8.convert");
    const run = map.getBlock(first, end - first);
    const { blocks } = tree?.cut(run) ?? run;
    if (run.state === "unwritten") ext4Converts(file, first, blocks);
    else ext4FindsWritten(file, first, blocks);
    map.convert(first, blocks, handle);
    file.stopHandle(handle);
    first += blocks;
  }
}
