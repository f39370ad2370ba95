/**
 * What is done to an inode of XFS besides its system calls: who looks at its extents, and what is given back when nobody
 * has it open or knows its name any more.
 *
 * @module
 */

import { truncateInodePagesRange } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { iomapFiemap } from "../common/fiemap.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import { peekUncommittedChange } from "../common/journalled_sync.ts";
import { xfsLocks, xfsLooks, xfsRange } from "./xfs_events.ts";
import type { XfsFile } from "./xfs_file.ts";

/** Bytes of the longest file. */
const XFS_MAX_BYTES = 2 ** 63;

/** `xfs_vn_fiemap`. */
export function* xfsFiemap(file: XfsFile): Steps {
  xfsLocks(file, "xfs_ilock", "IOLOCK_SHARED");
  yield* file.iolock.lockShared();
  yield* iomapFiemap(file, {
    bytesMax: XFS_MAX_BYTES,
    blocksAtOnce: Infinity,
    looks: () => xfsLooks(file),
    found: ({ first }, left) => xfsRange(file, "xfs_iomap_found", first * file.sectorsPerBlock, left),
    isDirty: () => peekUncommittedChange(file),
  });
  yield* file.unlock("shared");
}

/** `xfs_free_eofblocks`, with IOLOCK tried for. */
export function* xfsFreeEofblocks(file: XfsFile): Steps {
  const { inode, map, sectorsPerBlock } = file;
  const { tracepoints } = inode.world;
  xfsLocks(file, "xfs_ilock_nowait", "IOLOCK_EXCL");
  if (!(yield* file.iolock.tryLockExclusive())) return;
  xfsLooks(file);
  yield* inode.dioCount.waitZero();
  const handle = yield* file.startHandle();
  yield;
  const size = inode.readSize();
  const ends = { file: inode.ino, new_size: size * SECTOR_BYTES };
  tracepoints?.emit("xfs_itruncate_extents_start", ends);
  map.trim(Math.ceil(size / sectorsPerBlock), handle);
  tracepoints?.emit("xfs_itruncate_extents_end", ends);
  file.stopHandle(handle);
  yield* file.unlock("exclusive");
}

/** The inode leaves memory; where it has no name any more, its blocks go with it: `xfs_inactive`. */
export function* xfsEvict(file: XfsFile, names: "left" | "gone"): Steps {
  const { inode, map } = file;
  const { pagesMax, sectorsPerPage } = inode.bounds;
  yield* truncateInodePagesRange(inode.mapping, 0, pagesMax * sectorsPerPage);
  inode.nosec.testAndClear();
  if (names === "left") return;
  const handle = yield* file.startHandle();
  yield;
  inode.writeSize(0);
  inode.diskSize.set(0);
  map.trim(0, handle);
  file.stopHandle(handle);
}
