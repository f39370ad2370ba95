/**
 * Direct I/O as iomap does it (fs/iomap/direct-io.c, fs/iomap.c before 5.5): from 4.10 to 6.18, for every file system that
 * uses it.
 *
 * A file system hands in how a piece of the file is mapped ({@linkcode IomapOps}), what is done when all is written
 * ({@linkcode IomapDioOps}), and a {@linkcode IomapDioCore}: what differs between the kernels.
 *
 * @module
 */

import type { BioFlag } from "../../machine/bio.ts";
import { EAGAIN, EIO, ENOTBLK } from "../../machine/errno.ts";
import { Folio } from "../../machine/folio.ts";
import { EIOCBQUEUED } from "../../machine/kiocb.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { invalidateInodePages2Range } from "../../machine/page_cache_invalidate.ts";
import type { Steps } from "../../machine/task.ts";
import type { FaultMode, PinnedPage } from "../../machine/user_buffer.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import {
  dioBegins,
  dioCompletes,
  dioInvalidateFails,
  dioIterFlags,
  dioQueued,
  iomapIterates,
  iomapMapped,
} from "./iomap_events.ts";
import {
  completesInRing,
  completesInWorkqueue,
  type IomapDio,
  type IomapDioFile,
  type IomapDios,
} from "./iomap_dio_state.ts";
import { type DirectMapping, iomapDioIter } from "./iomap_dio_iter.ts";

/** What a file system is asked by the loop over the pieces of a request. */
export interface IomapOps {
  /**
   * `iomap_begin`: maps the piece at `pos`, of at most `len` sectors.
   *
   * @returns the mapping, which may begin before `pos` and end behind the piece; or a negative error number
   */
  begin(dio: IomapDio, pos: number, len: number): Steps<DirectMapping | number>;
  /**
   * `iomap_end`, after `written` of `len` sectors have been submitted. What it returns counts when nothing was submitted.
   */
  end?(dio: IomapDio, pos: number, len: number, written: number): Steps<number>;
}

/** `iomap_dio_ops`. */
export interface IomapDioOps {
  /** Called with what was submitted, in sectors, when all of it has ended. Returns 0 or a negative error number. */
  endIo?(dio: IomapDio, size: number, error: number): Steps<number>;
}

/** What differs between kernels. */
export interface IomapDioCore {
  /** 5.0 takes cached pages of the range away before reads, too. */
  readonly readsInvalidate: "as_writes_do" | "never";
  /** What comes of pages that could not be taken away before a write: a warning, or -ENOTBLK before anything is submitted. */
  readonly invalidateFailure: "warn" | "enotblk";
  /** Where a completion that has to make data durable does so: 5.0 before `inode_dio_end`. */
  readonly syncs: "before_dio_end" | "after_dio_end";
  /** Which devices let an O_DSYNC write do without a flush at its end: 6.18 also those without a volatile cache. */
  readonly writeThrough: "with_fua" | "with_fua_or_no_cache";
  /** Whether the range is invalidated behind `end_io`, as every kernel does. */
  readonly postInvalidates: "after_end_io" | "before_end_io";
  /** `fails`: every invalidation behind a write is made to fail; `left_out`: there is none, which is a defect. */
  readonly postInvalidation: "works" | "fails" | "left_out";
  /** `left_alone`: pages of the range are the caller's matter, before and after. */
  readonly pageCache: "flushed_and_invalidated" | "left_alone";
  /** When a read with NOWAIT is refused: any page of the range is cached, or one that has to be written back (from 5.8). */
  readonly nowaitReads: "has_page" | "needs_writeback";
  /** Whether what is tried with NOWAIT writes the range back all the same: no more since 6.6 (`kiocb_write_and_wait`). */
  readonly nowaitFlushes: "as_others" | "never";
  /** Whether a read that crosses the end of the file maps and reads on behind it; its result ends there all the same (from 5.5). */
  readonly readsBehindEof: "stop" | "go_on";
  /** What bios of reads are marked with: 6.18 as synchronous. */
  readonly readBios: readonly BioFlag[];
  /** Where an I/O with an error is completed that nobody waits for: 6.18 always where it may sleep. */
  readonly errorsComplete: "where_they_end" | "in_workqueue";
  /** Where io_uring has pure overwrites completed: `in_ring_task`, IOMAP_DIO_CALLER_COMP. */
  readonly ringOverwrites: "in_workqueue" | "in_ring_task";
  /** `ioends`: bios of writes end in a workqueue, which spares the page cache when that is empty by then. */
  readonly writeBios: "end_themselves" | "ioends";
  /** `atomic`: every write is RWF_ATOMIC, and goes in one piece or fails. */
  readonly writes: "plain" | "atomic";
}

/** The core of 6.1. */
export const CORE_6_1: IomapDioCore = {
  readsInvalidate: "never",
  invalidateFailure: "enotblk",
  syncs: "after_dio_end",
  writeThrough: "with_fua",
  postInvalidates: "after_end_io",
  postInvalidation: "works",
  pageCache: "flushed_and_invalidated",
  nowaitReads: "needs_writeback",
  nowaitFlushes: "as_others",
  readsBehindEof: "go_on",
  readBios: [],
  errorsComplete: "where_they_end",
  ringOverwrites: "in_workqueue",
  writeBios: "end_themselves",
  writes: "plain",
};

/** What a core before 6.1 does otherwise. */
export const BEFORE_5_8: Pick<IomapDioCore, "nowaitReads" | "readsBehindEof"> = {
  nowaitReads: "has_page",
  readsBehindEof: "stop",
};

/** The core of 6.18. */
export const CORE_6_18: IomapDioCore = {
  ...CORE_6_1,
  writeThrough: "with_fua_or_no_cache",
  nowaitFlushes: "never",
  readBios: ["SYNC", "IDLE"],
  errorsComplete: "in_workqueue",
};

/** Names that a system gives to the steps of the core. */
export interface IomapDioStepNames {
  readonly enter: string;
  readonly flush: string;
  readonly invalidate: string;
  readonly dioBegin: string;
  readonly iomapBegin: string;
  readonly gup: string;
  readonly bio: string;
  readonly zero: string;
  readonly drop: string;
  readonly wait: string;
  readonly endIo: string;
  readonly postInvalidate: string;
  readonly dioEnd: string;
  readonly sync: string;
}

export interface IomapDioOptions {
  readonly op: "read" | "write";
  readonly ops: IomapOps;
  readonly dioOps: IomapDioOps;
  /** `always`: `iomap_dio_rw_wait`, IOMAP_DIO_FORCE_WAIT: an asynchronous I/O is waited for and returns its own result. */
  readonly wait: "sync_only" | "always";
  /** `overwrite_only`: IOMAP_DIO_OVERWRITE_ONLY, -EAGAIN for what is not an overwrite. */
  readonly attempt?: "any" | "overwrite_only";
  /**
   * How the user's pages are pinned: with faults, without (-EFAULT where one would be needed), or by the caller before; then
   * by page of the buffer. Default `fault`.
   */
  readonly pages?: FaultMode | readonly PinnedPage[];
  /** Injection: page of the request at which a piece makes no progress, without an error. */
  readonly shortAtPage?: number;
}

/**
 * `iomap_dio_rw`.
 *
 * @returns sectors, `-EIOCBQUEUED` when the result will be delivered to the kiocb, or a negative error number
 */
export const iomapDioRw = path("iomap_dio_rw", function* (
  file: IomapDioFile,
  dios: IomapDios,
  transfer: Transfer,
  pos: number,
  options: IomapDioOptions,
): Steps<number> {
  const { inode, core, steps } = file;
  const { call, len } = transfer;
  const { mapping } = inode;
  const end = pos + len;
  if (len === 0) return 0;

  // I1
  yield;
  call.at(steps.enter);
  dioBegins(inode.world, file, transfer, pos, options);
  const dio = dios.alloc(file, transfer, pos, options);
  dio.iSize = inode.readSize();
  const isWrite = dio.op === "write";
  if (!isWrite && pos >= dio.iSize) return dio.free(0);
  if (dio.attempt === "overwrite_only" && end > dio.iSize) return dio.free(-EAGAIN);
  if (transfer.nowait && wouldWait(dio, end)) return dio.free(-EAGAIN);

  const cares = core.pageCache === "flushed_and_invalidated";
  if (cares && !(transfer.nowait && core.nowaitFlushes === "never")) {
    // I2
    call.at(steps.flush);
    const flushed = yield* filemapWriteAndWaitRange(mapping, pos, end - 1);
    if (flushed < 0) return dio.free(flushed);
  }

  // I3
  if (cares && (isWrite || core.readsInvalidate === "as_writes_do")) {
    call.at(steps.invalidate);
    const invalidated = yield* invalidateInodePages2Range(mapping, inode.pageOf(pos), inode.pageOf(end - 1));
    if (invalidated < 0) {
      if (isWrite && core.invalidateFailure === "enotblk") {
        dioInvalidateFails(dio);
        return dio.free(-ENOTBLK);
      }
      warnStalePagecache(dio);
    }
  }

  // I4
  yield;
  call.at(steps.dioBegin);
  inode.dioCount.increment(dio.name);

  // I5
  const { tracepoints } = inode.world;
  const flags = dioIterFlags(dio);
  tracepoints?.startPlug();
  let at = pos;
  let ret = 0;
  iomapIterates(inode.world, inode.ino, flags);
  while (at < end) {
    call.at(steps.iomapBegin);
    const piece = yield* options.ops.begin(dio, at, end - at);
    if (typeof piece === "number") {
      ret = piece;
      break;
    }
    iomapMapped(inode.world, inode.ino, piece);
    const length = Math.min(end, piece.offset + piece.length) - at;
    const submitted = yield* iomapDioIter(dio, piece, at, length);
    let ended = 0;
    if (options.ops.end !== undefined) ended = yield* options.ops.end(dio, at, length, Math.max(submitted, 0));
    if (submitted !== 0 || ended === 0) iomapIterates(inode.world, inode.ino, flags);
    if (submitted <= 0) {
      ret = submitted === 0 ? ended : submitted;
      break;
    }
    at += submitted;
    if (!isWrite && core.readsBehindEof === "stop" && at >= dio.iSize) break;
  }

  tracepoints?.finishPlug();

  // I6
  if (ret === -ENOTBLK) {
    dio.waits = true;
    ret = 0;
  }
  if (ret < 0) dio.setError(ret);

  // I7
  yield;
  call.at(steps.drop);
  if (dio.mayWriteThrough) dio.needsSync = false;
  if (!dio.submitted()) {
    if (!dio.waits) {
      dioQueued(dio);
      return -EIOCBQUEUED;
    }
    yield* dio.waitForBios();
    call.at(steps.wait);
  }
  return yield* iomapDioComplete(dio);
});

/** `filemap_range_has_page`, `filemap_range_needs_writeback`, as part of the current step. */
function wouldWait({ op, pos, file: { inode, core } }: IomapDio, end: number): boolean {
  const { mapping } = inode;
  const found = mapping.gangLookup(inode.pageOf(pos), inode.pageOf(end - 1), mapping.bounds.pagesMax);
  if (op === "write" || core.nowaitReads === "has_page") return found.length > 0;
  if (!mapping.isTagged("DIRTY") && !mapping.isTagged("WRITEBACK")) return false;
  // Who has locked a page may be about to write it: it is clean by then, and not under writeback yet.
  return found.some(({ entry }) =>
    entry instanceof Folio && (entry.dirty.test() || entry.lock.isSet() || entry.writeback.isSet())
  );
}

/** `dio_warn_stale_pagecache`: tells the next fsync, as part of the current step. */
function warnStalePagecache(dio: IomapDio): void {
  const { inode } = dio.file;
  inode.mapping.wbErr.add(1);
  inode.world.note("warn", `mapping(${inode.ino})`, "page cache invalidation failure on direct I/O");
}

/** `iomap_dio_complete` (I8): all of it has ended. Goes on in the caller's step, and returns within its own last one. */
export const iomapDioComplete = path("iomap_dio_complete", function* (dio: IomapDio): Steps<number> {
  const { file, transfer, size, pos } = dio;
  const { inode, core, steps } = file;
  const { call } = transfer;
  const error = dio.readError();

  if (core.postInvalidates === "before_end_io") yield* kiocbInvalidatePostDirectWrite(dio, error);
  let ret = error;
  if (dio.dioOps.endIo !== undefined) {
    call.at(steps.endIo);
    ret = yield* dio.dioOps.endIo(dio, size, error);
  }
  if (ret === 0) {
    ret = size;
    if (dio.op === "read" && pos + size > dio.iSize) ret = dio.iSize - pos;
  }
  if (core.postInvalidates === "after_end_io") yield* kiocbInvalidatePostDirectWrite(dio, error);

  if (core.syncs === "before_dio_end") ret = yield* syncIfNeeded(dio, ret);
  yield;
  call.at(steps.dioEnd);
  inode.dioCount.decrement(dio.name);
  if (core.syncs === "after_dio_end") ret = yield* syncIfNeeded(dio, ret);
  dioCompletes(dio, error, ret);
  return dio.free(ret);
});

/** Pages may have been cached again while the I/O was under way: by readahead, or by GUP where the buffer maps the file. */
export const kiocbInvalidatePostDirectWrite = path(
  "kiocb_invalidate_post_direct_write",
  function* (dio: IomapDio, error: number): Steps {
    const { file, transfer, size, pos } = dio;
    const { inode, core, steps } = file;
    const { mapping } = inode;
    if (dio.op !== "write" || error !== 0 || size === 0 || core.pageCache === "left_alone") return;
    if (core.postInvalidation === "left_out" || dio.sparesPageCache) return;
    yield;
    transfer.call.at(steps.postInvalidate);
    if (mapping.nrpages.get() === 0) return;
    const failed = core.postInvalidation === "fails"
      ? -EIO
      : yield* invalidateInodePages2Range(mapping, inode.pageOf(pos), inode.pageOf(pos + size - 1));
    if (failed < 0) warnStalePagecache(dio);
  },
);

function* syncIfNeeded(dio: IomapDio, ret: number): Steps<number> {
  if (ret <= 0 || !dio.needsSync) return ret;
  dio.transfer.call.at(dio.file.steps.sync);
  const error = yield* dio.file.genericWriteSync(dio.transfer);
  return error < 0 ? error : ret;
}

/** The last bio of an I/O that nobody waits for: `iomap_dio_complete_work`, where the submission has been left behind. */
export function lastBioEnded(dio: IomapDio): Steps | void {
  if (!completesInWorkqueue(dio)) return completeAsync(dio);
  const { file, name } = dio;
  const queue = completesInRing(dio) ? file.ringTask : file.dioWorkqueue;
  dio.completer = queue.queueWork(`end_io(${name})`, completeAsync, dio);
}

function* completeAsync(dio: IomapDio): Steps {
  const ret = yield* iomapDioComplete(dio);
  yield;
  dio.transfer.kiocb!.complete(ret);
}
