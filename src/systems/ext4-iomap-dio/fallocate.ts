/**
 * Preallocation, holes and zeroed ranges: `ext4_fallocate`.
 *
 * @module
 */

import { ENOSPC, EOPNOTSUPP } from "../../machine/errno.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { truncatePagecacheRange } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import type { Call } from "../system.ts";
import { ext4Allocated, ext4Lookup, ext4Removes } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";

/** Blocks that lie wholly in sectors [pos, pos + len) are worked on; a hole's edges must be blocks'. */
export function* ext4Fallocate(
  file: Ext4File,
  pos: number,
  len: number,
  flags: readonly string[],
  call: Call,
): Steps<number> {
  const punches = flags.includes("FALLOC_FL_PUNCH_HOLE");
  const other = flags.filter((flag) => flag !== "FALLOC_FL_PUNCH_HOLE" && flag !== "FALLOC_FL_KEEP_SIZE");
  const isOfBlocks = pos % file.sectorsPerBlock === 0 && len % file.sectorsPerBlock === 0;
  if (other.length > 0 || (punches && !isOfBlocks)) {
    yield;
    return -EOPNOTSUPP;
  }
  const { inode } = file;
  call.at("t1");
  yield* inode.iRwsem.lockExclusive();
  const { tracepoints } = inode.world;
  const range = { file: inode.ino, file_offset: pos * SECTOR_BYTES, bytes: len * SECTOR_BYTES };
  if (!punches) tracepoints?.emit("ext4_fallocate_enter", range);
  const ret = punches
    ? yield* punchHole(file, pos, len, call)
    : yield* allocateRange(file, pos, len, flags.includes("FALLOC_FL_KEEP_SIZE") ? "keep_size" : "grow");
  yield* inode.iRwsem.unlockExclusive();
  if (!punches) tracepoints?.emit("ext4_fallocate_exit", { file: inode.ino, ret });
  return ret;
}

/** `ext4_punch_hole`. */
function* punchHole(file: Ext4File, pos: number, len: number, call: Call): Steps<number> {
  const { inode, map, sectorsPerBlock } = file;
  const lock = inode.mapping.invalidateLock!;
  const range = { file: inode.ino, file_offset: pos * SECTOR_BYTES, bytes: len * SECTOR_BYTES };
  inode.world.tracepoints?.emit("ext4_punch_hole", range);
  const written = yield* filemapWriteAndWaitRange(inode.mapping, pos, pos + len - 1);
  if (written < 0) return written;
  if (file.flags.truncate_dio_wait === "on") {
    call.at("t2");
    yield* inode.dioCount.waitZero();
  }
  call.at("t3");
  yield* lock.lockExclusive();
  call.at("t5");
  yield* truncatePagecacheRange(inode, pos, pos + len);
  call.at("t7");
  const handle = yield* file.startHandle();
  yield;
  ext4Removes(file, pos / sectorsPerBlock, len / sectorsPerBlock);
  map.punch(pos / sectorsPerBlock, len / sectorsPerBlock, handle);
  file.stopHandle(handle);
  yield* lock.unlockExclusive();
  return 0;
}

/** `ext4_do_fallocate`: unwritten blocks where there are none. */
function* allocateRange(file: Ext4File, pos: number, len: number, size: "keep_size" | "grow"): Steps<number> {
  const { inode, map, sectorsPerBlock, preallocated } = file;
  const first = Math.floor(pos / sectorsPerBlock);
  const end = Math.ceil((pos + len) / sectorsPerBlock);
  yield* inode.dioCount.waitZero();
  const handle = yield* file.startHandle();
  yield;
  let error = 0;
  for (let lblk = first; lblk < end && error === 0;) {
    ext4Lookup(file, lblk, end - lblk);
    const isHole = map.peek(lblk) === "hole";
    const made = map.getBlockCreate(lblk, end - lblk, "unwritten", handle);
    if (made === null) error = -ENOSPC;
    else {
      if (isHole) ext4Allocated(file, lblk, made.blocks, "CREATE|UNWRIT|NO_NORMALIZE", "U");
      for (let each = lblk; each < lblk + made.blocks; each++) preallocated.add(each);
      lblk += made.blocks;
    }
  }
  inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  if (error === 0 && size === "grow" && pos + len > inode.readSize()) {
    inode.writeSize(pos + len);
    setDiskSize(inode, pos + len, handle);
  }
  file.stopHandle(handle);
  return error;
}
