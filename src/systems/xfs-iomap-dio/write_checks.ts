/**
 * What XFS looks at before it writes: where, and what lies between the end of the file and there.
 *
 * @module
 */

import type { Iomap } from "../../machine/block_map.ts";
import { EAGAIN } from "../../machine/errno.ts";
import type { Steps } from "../../machine/task.ts";
import { zeroInPage } from "../common/block_pages.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import { xfsLocks, xfsLooks, xfsRange, xfsZeroed, xfsZeroes } from "./xfs_events.ts";
import type { Iolock, XfsFile } from "./xfs_file.ts";

/** Where a write goes, and how IOLOCK is held now. */
export interface Checked {
  readonly pos: number;
  readonly iolock: Iolock;
}

/**
 * `xfs_file_write_checks`, with IOLOCK held; on an error it has been released.
 *
 * @returns a negative error number when that would have to wait and must not
 */
export const xfsFileWriteChecks = path(
  "xfs_file_write_checks",
  function* (file: XfsFile, transfer: Transfer, held: Iolock): Steps<Checked | number> {
    const { inode, flags } = file;
    const { call, nowait } = transfer;
    let iolock = held;
    let drained = false;
    for (;;) {
      yield;
      call.at("checks");
      const size = inode.readSize();
      const pos = transfer.append ? size : transfer.pos;
      if (transfer.append) call.positioned(pos);
      const needsExclusive = !inode.nosec.test() || (pos > size && flags.eof_drain === "on");
      if (iolock === "shared" && needsExclusive) {
        yield* file.unlock("shared");
        if (nowait && (file.volume.below.writeback === "by_page" || pos > size)) return -EAGAIN;
        call.at("upgrade");
        iolock = "exclusive";
        xfsLocks(file, nowait ? "xfs_ilock_nowait" : "xfs_ilock", "IOLOCK_EXCL");
        if (!nowait) yield* file.iolock.lockExclusive();
        else if (!(yield* file.iolock.tryLockExclusive())) return -EAGAIN;
        if (pos <= size) continue;
      }
      // file_remove_privs has looked, and remembers that there is nothing to remove.
      if (iolock === "exclusive" && !inode.nosec.test()) {
        xfsLooks(file);
        inode.nosec.testAndSet();
      }
      if (pos <= size) {
        if (nowait && file.volume.below.timestamps === "moved") {
          yield* file.unlock(iolock);
          return -EAGAIN;
        }
        yield* file.updateTimes();
        return { pos, iolock };
      }
      if (!drained && flags.eof_drain === "on") {
        // No new I/O begins now, but those that are in flight may move the end.
        call.at("drain");
        yield* inode.dioCount.waitZero();
        drained = true;
        continue;
      }
      call.at("zero_eof");
      xfsRange(file, "xfs_zero_eof", size, pos - size);
      yield* zeroEof(file, size, pos);
      yield* file.updateTimes();
      return { pos, iolock };
    }
  },
);

/** `xfs_file_write_zero_eof`. */
function* zeroEof(file: XfsFile, from: number, to: number): Steps {
  const mmaplock = file.volume.below.zeroesEofUnder === "MMAPLOCK" ? file.inode.mapping.invalidateLock : null;
  if (mmaplock !== null) {
    xfsLocks(file, "xfs_ilock", "MMAPLOCK_EXCL");
    yield* mmaplock.lockExclusive();
  }
  yield* xfsZeroRange(file, from, to);
  if (mmaplock === null) return;
  yield* mmaplock.unlockExclusive();
  xfsLocks(file, "xfs_iunlock", "MMAPLOCK_EXCL");
}

/**
 * `xfs_zero_range`, `iomap_zero_range`: zeros in the page cache for sectors [from, to); holes and unwritten blocks read as
 * zeros already.
 */
export function* xfsZeroRange(file: XfsFile, from: number, to: number): Steps {
  const { map, inode, sectorsPerBlock } = file;
  const { sectorsPerPage } = inode.bounds;
  let mappedTo = from;
  for (let at = from; at < to;) {
    yield;
    const piece = file.volume.below.writeback === "by_page"
      ? map.iomapBegin(at, to - at)
      : wholePiece(file, at, to - at);
    if (at >= mappedTo) {
      xfsZeroes(file, piece, at, to - at);
      mappedTo = piece.offset + piece.length;
    }
    const end = Math.min(to, piece.offset + piece.length, (inode.pageOf(at) + 1) * sectorsPerPage);
    if (piece.type === "mapped" || piece.type === "delalloc") yield* zeroInPage(file, at, end, "waited_for");
    at = Math.max(end, at - at % sectorsPerBlock + 1);
  }
  xfsZeroed(file);
}

/** As `xfs_buffered_write_iomap_begin` has it: an extent as a whole, a hole up to the next one or to the end of what is asked for. */
function wholePiece({ map, sectorsPerBlock }: XfsFile, at: number, sectors: number): Iomap {
  const found = map.iomapBegin(at, sectors);
  const asked = Math.floor(at / sectorsPerBlock);
  let { first, end } = map.peekExtent(asked);
  if (found.type === "hole") {
    first = asked;
    if (end === map.blocksMax) end = Math.ceil((at + sectors) / sectorsPerBlock);
  }
  const addr = found.addr === null ? null : found.addr - (asked - first) * sectorsPerBlock;
  return { ...found, offset: first * sectorsPerBlock, length: (end - first) * sectorsPerBlock, addr };
}
