/**
 * Reads and writes of mm/filemap.c of 2.6.20, as ext2, ext3 and block devices use them.
 *
 * @module
 */

import { bufferedRead } from "../../machine/buffered_read.ts";
import { bufferedWrite } from "../../machine/buffered_write.ts";
import { EFAULT } from "../../machine/errno.ts";
import { EIOCBQUEUED } from "../../machine/kiocb.ts";
import { filemapFdatawaitRange, filemapFdatawriteRange, filemapWriteAndWait } from "../../machine/page_cache_flush.ts";
import { invalidateInodePages2Range, invalidateMappingPages } from "../../machine/page_cache_invalidate.ts";
import { unmapMappingRange } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import { path } from "../path.ts";
import type { Call, Transfer } from "../system.ts";
import type { LegacyFile } from "./legacy_file.ts";

/** `generic_file_aio_read`. */
export function* genericFileAioRead(file: LegacyFile, transfer: Transfer): Steps<number> {
  const { inode } = file;
  const { call, pos, direct } = transfer;
  if (direct) {
    yield;
    call.at("R1");
    if (pos < inode.readSize()) {
      const read = yield* file.paths.genericFileDirectIo(file, "read", transfer, pos);
      if (read !== 0) return read;
    }
  }
  return yield* genericFileBufferedRead(file, transfer);
}

/** `do_generic_file_read` over all segments. */
function* genericFileBufferedRead(file: LegacyFile, { call, pos, len, buffer }: Transfer): Steps<number> {
  call.at("r1");
  const { copied, error } = yield* bufferedRead(file.inode.mapping, {
    pos,
    len,
    buffer,
    bufferAt: 0,
    onCopy: (sector, token) => call.saw(sector, token, "cached"),
  });
  if (error !== 0) call.stopped(error === -EFAULT ? "fault" : "error");
  return copied > 0 ? copied : error;
}

/** `generic_file_direct_IO`. */
export function* genericFileDirectIo(
  file: LegacyFile,
  rw: "read" | "write",
  transfer: Transfer,
  pos: number,
): Steps<number> {
  const { inode, flags } = file;
  const { mapping } = inode;
  const { call, len } = transfer;
  const first = inode.pageOf(pos);
  const last = inode.pageOf(pos + len - 1);
  if (rw === "write") {
    yield;
    call.at("G1");
    if (mapping.isMapped()) yield* unmapMappingRange(mapping, first, last + 1, "spare_private_copies");
  }
  call.at("G2");
  let error = yield* filemapWriteAndWait(mapping);
  if (error < 0) return error;
  if (rw === "write" && flags.preInvalidates) {
    yield;
    call.at("G2a");
    if (mapping.nrpages.get() > 0) {
      error = yield* invalidateInodePages2Range(mapping, first, last);
      if (error < 0) return error;
    }
  }
  let ret = yield* file.directIo(rw, transfer, pos); // G3
  if (rw === "read") return ret;
  yield;
  call.at("G4");
  call.at("A14");
  if (mapping.nrpages.get() === 0) return ret;
  error = yield* invalidateInodePages2Range(mapping, first, last);
  if (error < 0) ret = error;
  return ret;
}

/** `generic_file_aio_write`. */
export function* genericFileAioWrite(file: LegacyFile, transfer: Transfer): Steps<number> {
  const { inode } = file;
  const { call } = transfer;
  yield* inode.iMutex.lock();
  call.at("A1");
  const { written, pos } = yield* genericFileAioWriteNolock(file, transfer);
  yield* inode.iMutex.unlock();
  if (written <= 0 || transfer.sync === "none") return written;
  return (yield* syncPageRange(file, pos, written, call)) || written;
}

/** `__generic_file_aio_write_nolock`, with i_mutex held; for a block device without. */
export function* genericFileAioWriteNolock(
  file: LegacyFile,
  transfer: Transfer,
): Steps<{ written: number; pos: number }> {
  const { inode } = file;
  const { call, append, len, direct } = transfer;
  let { pos } = transfer;
  // generic_write_checks
  if (append) {
    yield;
    pos = inode.readSize();
    call.positioned(pos);
  }
  call.at("A2");
  if (!direct) return { written: yield* genericFileBufferedWrite(file, transfer, pos, 0), pos };
  const written = yield* genericFileDirectWrite(file, transfer, pos);
  if (written < 0 || written === len) return { written, pos };
  return { written: yield* continueBuffered(file, transfer, pos, written), pos };
}

/** `generic_file_direct_write`. */
export const genericFileDirectWrite = path(
  "generic_file_direct_write",
  function* (file: LegacyFile, transfer: Transfer, pos: number): Steps<number> {
    const { inode } = file;
    const { call, sync } = transfer;
    let written = yield* file.paths.genericFileDirectIo(file, "write", transfer, pos);
    if (written > 0) {
      yield;
      call.at("A15");
      if (file.flags.fs !== "bdev" && pos + written > inode.readSize()) {
        // Looked at and set without a lock of its own: with ext2 and ext3 i_mutex keeps others out.
        yield;
        inode.writeSize(pos + written);
        yield; // mark_inode_dirty
        file.sizeGrew(pos + written);
      }
    }
    if ((written >= 0 || written === -EIOCBQUEUED) && sync !== "none") {
      call.at("A17");
      const error = yield* file.syncMetadata(call);
      if (error < 0) written = error;
    }
    return written;
  },
);

/** A16: the rest of a short direct write goes through the page cache, is written, and leaves the cache. */
function* continueBuffered(
  file: LegacyFile,
  transfer: Transfer,
  pos: number,
  written: number,
): Steps<number> {
  const { inode } = file;
  const { mapping } = inode;
  const { call } = transfer;
  call.at("A16");
  const buffered = yield* genericFileBufferedWrite(file, transfer, pos, written);
  if (buffered < 0) return written > 0 ? written : buffered;
  const first = pos + written;
  const last = pos + buffered - 1;
  if (last < first) return buffered;
  // do_sync_file_range
  let error = yield* filemapFdatawaitRange(mapping, first, last);
  if (error === 0) error = yield* filemapFdatawriteRange(mapping, first, last, "background");
  if (error === 0) error = yield* filemapFdatawaitRange(mapping, first, last);
  if (error < 0) return written > 0 ? written : error;
  yield* invalidateMappingPages(mapping, inode.pageOf(first), inode.pageOf(last));
  return buffered;
}

/**
 * `generic_file_buffered_write`, from the `written`-th sector of the transfer on.
 *
 * @returns all sectors that are written then, those before included, or an error when there are none more
 */
export const genericFileBufferedWrite = path("generic_file_buffered_write", function* (
  file: LegacyFile,
  transfer: Transfer,
  pos: number,
  written: number,
): Steps<number> {
  const { call, len, buffer } = transfer;
  call.at("w1");
  const { copied, error } = yield* bufferedWrite(file.inode.mapping, {
    pos: pos + written,
    len: len - written,
    buffer,
    bufferAt: written,
    onCopy: (sector, token) => call.wrote(sector, token, "cached"),
  });
  if (error !== 0) call.stopped(error === -EFAULT ? "fault" : "error");
  return copied > 0 ? written + copied : error;
});

/** `sync_page_range`: what O_SYNC does behind a write, i_mutex given back. */
export function* syncPageRange(file: LegacyFile, pos: number, len: number, call: Call): Steps<number> {
  const { inode } = file;
  const { mapping } = inode;
  call.at("y1");
  let error = yield* filemapFdatawriteRange(mapping, pos, pos + len - 1, "for_integrity");
  yield* inode.iMutex.lock();
  call.at("y2");
  const synced = yield* file.syncMetadata(call);
  yield* inode.iMutex.unlock();
  error ||= synced;
  return error || (yield* filemapFdatawaitRange(mapping, pos, pos + len - 1));
}

/** `do_fsync`. */
export function* doFsync(file: LegacyFile, call: Call): Steps<number> {
  const { inode } = file;
  const { mapping, bounds } = inode;
  const last = bounds.pagesMax * bounds.sectorsPerPage - 1;
  call.at("y1");
  const started = yield* filemapFdatawriteRange(mapping, 0, last, "for_integrity");
  yield* inode.iMutex.lock();
  call.at("y2");
  const synced = yield* file.syncMetadata(call);
  yield* inode.iMutex.unlock();
  const waited = yield* filemapFdatawaitRange(mapping, 0, last);
  return started || synced || waited;
}
