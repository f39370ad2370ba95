/**
 * What XFS looks at before it writes: where, and what lies between the end of the file and there.
 *
 * @module
 */

import type { BlockMap, Iomap } from "../../machine/block_map.ts";
import { EAGAIN } from "../../machine/errno.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { truncatePagecache } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { zeroInPage } from "../common/block_pages.ts";
import { iomapIterates, iomapMapped } from "../common/iomap_events.ts";
import { peekUncommittedChange } from "../common/journalled_sync.ts";
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
      if (nowait) {
        yield* file.unlock(iolock);
        return -EAGAIN;
      }
      call.at("zero_eof");
      xfsRange(file, "xfs_zero_eof", size, pos - size);
      // Up to the byte at which the write begins, which may lie within a sector.
      yield* zeroEof(file, size, (transfer.part?.skip ?? 0) > 0 ? pos + 1 : pos);
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
  const { sectorsPerBlock } = file;
  const start = Math.min(to, Math.ceil(from / sectorsPerBlock) * sectorsPerBlock);
  if (!needsWriteback(file, from, start)) return yield* zeroPieces(file, from, to);
  yield* zeroPieces(file, from, start, "zeroed");
  if (start < to) yield* zeroPieces(file, start, to);
}

/**
 * `filemap_range_needs_writeback`, where the kernel asks and a recording is followed; who explores has pages zeroed as they
 * are mapped.
 */
function needsWriteback({ volume, inode }: XfsFile, from: number, to: number): boolean {
  if (!volume.writesIoends || volume.below.zeroesDirty === "as_mapped") return false;
  for (let page = inode.pageOf(from); page < inode.pagesOf(to); page++) {
    const folio = inode.mapping.peekFolio(page);
    if (folio !== null && (folio.dirty.peek || folio.writeback.peek)) return true;
  }
  return false;
}

/** @param dirty what becomes of pages that are dirty where blocks read as zeros already: `zeroed`, they are the first block's */
function* zeroPieces(file: XfsFile, from: number, to: number, dirty: "written" | "zeroed" = "written"): Steps {
  const { map, inode, sectorsPerBlock } = file;
  const { sectorsPerPage } = inode.bounds;
  let writes = dirty === "written" && needsWriteback(file, from, to);
  let mappedTo = from;
  for (let at = from; at < to;) {
    yield;
    let piece = file.volume.below.writeback === "by_page" ? map.iomapBegin(at, to - at) : wholePiece(file, at, to - at);
    if (at >= mappedTo && file.volume.below.writeback === "in_runs" && isReservedBehindEnd(file, piece, at)) {
      piece = yield* convertedPiece(file, at, to);
      mappedTo = piece.offset + piece.length;
    } else if (at >= mappedTo) {
      xfsZeroes(file, piece, at, to - at);
      mappedTo = piece.offset + piece.length;
    }
    if (writes && (piece.type === "hole" || piece.type === "unwritten")) {
      // iomap_zero_iter_flush_and_stale: what is written is converted, and is looked at again.
      writes = false;
      mappedTo = at;
      yield* filemapWriteAndWaitRange(inode.mapping, at, to - 1);
      continue;
    }
    const end = Math.min(to, piece.offset + piece.length, (inode.pageOf(at) + 1) * sectorsPerPage);
    const isZeroed = piece.type === "mapped" || piece.type === "delalloc" || dirty === "zeroed";
    if (isZeroed) yield* zeroInPage(file, at, end, "waited_for");
    at = Math.max(end, at - at % sectorsPerBlock + 1);
  }
  xfsZeroed(file);
}

/** Whether a piece has been reserved ahead, behind the block that the file ends in. */
function isReservedBehindEnd({ inode, sectorsPerBlock }: XfsFile, { type }: Iomap, at: number): boolean {
  return type === "delalloc" && Math.floor(at / sectorsPerBlock) >= Math.ceil(inode.peekSize / sectorsPerBlock);
}

/**
 * `xfs_buffered_write_iomap_begin` finds what has been reserved ahead where zeros are asked for: all of it gets blocks, which
 * are unwritten and need no zeros.
 */
function* convertedPiece(file: XfsFile, at: number, to: number): Steps<Iomap> {
  const { inode, map, sectorsPerBlock } = file;
  const { world, ino } = inode;
  iomapIterates(world, ino, "ZERO");
  xfsLocks(file, "xfs_ilock", "ILOCK_EXCL");
  xfsLocks(file, "xfs_iunlock", "ILOCK_EXCL");
  yield* truncatePagecache(inode, at);
  yield* file.convertReserved({ first: Math.floor(at / sectorsPerBlock), count: 1 });
  xfsRange(file, "xfs_iomap_alloc", at, to - at);
  const piece = wholeExtent(map, at);
  iomapMapped(world, ino, { ...piece, isDirty: peekUncommittedChange(file) });
  return piece;
}

/** The extent of a sector as a whole. */
function wholeExtent(map: BlockMap, at: number): Iomap {
  const { sectorsPerBlock } = map;
  const { first, end } = map.peekExtent(Math.floor(at / sectorsPerBlock));
  const pblk = map.peekBlock(first);
  const state = map.peek(first);
  return {
    type: state === "written" ? "mapped" : state,
    offset: first * sectorsPerBlock,
    length: (end - first) * sectorsPerBlock,
    addr: pblk === null ? null : pblk * sectorsPerBlock,
    isNew: false,
  };
}

/**
 * As `xfs_buffered_write_iomap_begin` has it: an extent as a whole, a hole up to the next one or to the end of what is asked
 * for, and what is reserved no further than to the block that the file ends in, where more is asked for.
 */
function wholePiece({ map, inode, sectorsPerBlock }: XfsFile, at: number, sectors: number): Iomap {
  const found = map.iomapBegin(at, sectors);
  const asked = Math.floor(at / sectorsPerBlock);
  let { first, end } = map.peekExtent(asked);
  if (found.type === "hole") {
    first = asked;
    if (end === map.blocksMax) end = Math.ceil((at + sectors) / sectorsPerBlock);
  }
  const eof = Math.ceil(inode.peekSize / sectorsPerBlock);
  if (found.type === "delalloc" && asked < eof && Math.ceil((at + sectors) / sectorsPerBlock) > eof) {
    first = asked;
    end = Math.min(end, eof);
  }
  const addr = found.addr === null ? null : found.addr - (asked - first) * sectorsPerBlock;
  return { ...found, offset: first * sectorsPerBlock, length: (end - first) * sectorsPerBlock, addr };
}
