/**
 * Setting the size of a file (05 C6): `ext4_setattr`.
 *
 * @module
 */

import { orphanAdd, setDiskSize } from "../../machine/inode_metadata.ts";
import { truncatePagecache } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import type { Call } from "../system.ts";
import type { Ext4File } from "./ext4_file.ts";
import { ext4Truncate } from "./inode_extension.ts";

/** `ftruncate` to `size` sectors. */
export function* ext4SetSize(file: Ext4File, size: number, call: Call): Steps<number> {
  const { inode } = file;
  const lock = inode.mapping.invalidateLock!;
  call.at("t1");
  yield* inode.iRwsem.lockExclusive();
  yield;
  const before = inode.readSize();
  const shrinks = size < before;
  if (shrinks) {
    const ends = { file: inode.ino, new_size: size * SECTOR_BYTES };
    inode.world.tracepoints?.emit("ext4_begin_ordered_truncate", ends);
  }
  if (shrinks && file.flags.truncate_dio_wait === "on") {
    call.at("t2");
    yield* inode.dioCount.waitZero("what_is_not_seen");
  }
  call.at("t3");
  yield* lock.lockExclusive();
  // Where the size stays there is no transaction for it, but blocks behind it go all the same.
  const stays = size === before && !file.endMovesWithinSector;
  if (!stays) {
    const handle = yield* file.startHandle();
    yield;
    if (shrinks) orphanAdd(inode, handle);
    setDiskSize(inode, size, handle);
    inode.writeSize(size);
    inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
    file.stopHandle(handle);
  }
  if (shrinks || stays) {
    call.at("t5");
    yield* truncatePagecache(inode, size);
    call.at("t7");
    yield* ext4Truncate(file);
  }
  yield* lock.unlockExclusive();
  yield* inode.iRwsem.unlockExclusive();
  return 0;
}
