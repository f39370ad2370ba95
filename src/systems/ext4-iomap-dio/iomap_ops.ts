/**
 * How ext4 maps a piece of a file for direct I/O: `ext4_iomap_begin`, `ext4_iomap_alloc`, `ext4_iomap_end`.
 *
 * @module
 */

import type { Iomap } from "../../machine/block_map.ts";
import { ENOSPC, ENOTBLK } from "../../machine/errno.ts";
import type { Steps } from "../../machine/task.ts";
import type { IomapOps } from "../common/iomap_dio.ts";
import type { DirectMapping } from "../common/iomap_dio_iter.ts";
import type { IomapDio } from "../common/iomap_dio_state.ts";
import { hasUncommittedChange } from "../common/journalled_sync.ts";
import { ext4Allocated, ext4FindsNoRoom, ext4LookupAt, ext4MapsUnwritten } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";

/** `ext4_iomap_ops`. */
export function ext4IomapOps(file: Ext4File): IomapOps {
  return {
    begin: (dio, pos, len) => ext4IomapBegin(file, dio, pos, len),
    ...(file.flags.short_magic === "on" ? { end: (dio, _pos, _len, written) => ext4IomapEnd(dio, written) } : {}),
  };
}

/** `ext4_iomap_overwrite_ops`: all blocks are there, as has been looked at under the same lock. */
export function ext4IomapOverwriteOps(file: Ext4File): IomapOps {
  return { ...ext4IomapOps(file), begin: (_dio, pos, len) => ext4IomapOverwriteBegin(file, pos, len) };
}

function* ext4IomapOverwriteBegin(file: Ext4File, pos: number, len: number): Steps<DirectMapping> {
  yield;
  ext4LookupAt(file, pos, len);
  const mapping = found(file, pos, len);
  if (mapping.type !== "mapped") {
    file.inode.world.note("warn", `map(${file.name})`, `overwrite of a block that is ${mapping.type}`);
  }
  return direct(file, mapping, pos + len);
}

/** What a lookup finds, as far as the status tree knows it. */
function found(file: Ext4File, pos: number, len: number): Iomap {
  const mapping = file.map.iomapBegin(pos, len);
  return file.tree?.cutIomap(mapping, file.sectorsPerBlock) ?? mapping;
}

function* ext4IomapBegin(file: Ext4File, dio: IomapDio, pos: number, len: number): Steps<DirectMapping | number> {
  const { inode } = file;
  yield;
  if (dio.op === "read") {
    ext4LookupAt(file, pos, len);
    return direct(file, found(file, pos, len), pos + len);
  }
  if (pos + len <= inode.readSize()) {
    ext4LookupAt(file, pos, len);
    const mapping = found(file, pos, len);
    if (mapping.type === "mapped") return direct(file, mapping, pos + len);
  }
  return yield* ext4IomapAlloc(file, dio, pos, len);
}

/** Allocates in a transaction of its own: beyond the end written blocks, which nobody can read there, else unwritten ones. */
function* ext4IomapAlloc(file: Ext4File, dio: IomapDio, pos: number, len: number): Steps<DirectMapping | number> {
  const { map, inode, sectorsPerBlock, flags } = file;
  const handle = yield* file.startHandle();
  yield;
  dio.transfer.call.at("I5.alloc");
  const from = pos - pos % sectorsPerBlock;
  const size = flags.create_test === "i_size" ? inode.readSize() : inode.diskSize.get();
  const isBeyond = from >= size;
  if (!isBeyond && flags.fs_map === "indirect") {
    // A crash before the data is written would show what the last owner left.
    const there = found(file, pos, len);
    file.dropHandle(handle);
    return there.type === "mapped" ? direct(file, there, pos + len) : -ENOTBLK;
  }
  const last = dio.pos + file.enospcPage * inode.bounds.sectorsPerPage;
  const wanted = Math.min(len, last - from);
  ext4LookupAt(file, pos, len);
  const looked = found(file, pos, len);
  const before = file.unmerged?.cutIomap(looked, sectorsPerBlock) ?? looked;
  const isHole = before.type === "hole" || before.type === "delalloc";
  if (isHole && wanted <= 0) {
    file.dropHandle(handle);
    return -ENOSPC;
  }
  let mapping: Iomap | null = isHole
    ? map.iomapBeginCreate(pos, wanted, isBeyond ? "written" : "unwritten", handle)
    : before;
  if (isHole && mapping !== null) {
    const { offset, length } = mapping;
    if (!isBeyond) file.unmerged?.add(offset / sectorsPerBlock, length / sectorsPerBlock);
    const flags = isBeyond ? "CREATE" : "CREATE|UNWRIT|PRE_IO";
    ext4Allocated(file, offset / sectorsPerBlock, length / sectorsPerBlock, flags, isBeyond ? "W" : "U");
  }
  if (mapping === null) ext4FindsNoRoom(file, Math.floor(pos / sectorsPerBlock));
  if (mapping?.type === "unwritten" && isBeyond) {
    // ext4_ext_convert_to_initialized: preallocated behind the end.
    const first = mapping.offset / sectorsPerBlock;
    map.convert(first, mapping.length / sectorsPerBlock, handle);
    mapping = { ...mapping, type: "mapped", isNew: true };
  }
  const isThere = mapping === before;
  if (isThere && before.type === "unwritten") {
    // ext4_ext_handle_unwritten_extents: what is written becomes an extent of its own, which counts as new.
    mapping = { ...before, isNew: true };
    ext4MapsUnwritten(file, before.offset / sectorsPerBlock, before.length / sectorsPerBlock, "CREATE|UNWRIT|PRE_IO");
  }
  if (isThere) file.dropHandle(handle);
  else file.stopHandle(handle);
  return mapping === null ? -ENOSPC : direct(file, mapping, pos + len);
}

/** `ext4_set_iomap`, as part of the current step. */
function direct(file: Ext4File, mapping: Iomap, end: number): DirectMapping {
  return {
    ...mapping,
    isShared: false,
    isDirty: hasUncommittedChange(file) || end > file.inode.readSize(),
    isMerged: file.flags.fs_map === "indirect",
  };
}

/** Nothing could be written to blocks that are there: what is left goes through the page cache. */
function* ext4IomapEnd({ transfer }: IomapDio, written: number): Steps<number> {
  if (written > 0) return 0;
  yield;
  transfer.call.at("I5.end");
  return -ENOTBLK;
}
