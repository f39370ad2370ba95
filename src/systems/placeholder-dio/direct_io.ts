/**
 * What the series makes of `generic_file_direct_IO` and `__blockdev_direct_IO`, patch by patch: who writes and invalidates
 * the page cache, and who has i_mutex while a write is under way.
 *
 * Names of steps: W2 to W5, W14, W15.
 *
 * @module
 */

import { EINVAL, EIO } from "../../machine/errno.ts";
import { filemapFdatawriteRange, filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { invalidateInodePages2Range } from "../../machine/page_cache_invalidate.ts";
import { unmapMappingRange } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import { blockdevDirectIo, isAligned } from "../legacy-dio/direct_io.ts";
import { directIoWorker } from "../legacy-dio/direct_io_worker.ts";
import type { LockType } from "../legacy-dio/flags.ts";
import { genericFileDirectIo } from "../legacy-dio/generic_file.ts";
import type { DioRequest, DirectIoPaths, LegacyFile } from "../legacy-dio/legacy_file.ts";
import type { Transfer } from "../system.ts";
import type { DioFlags, PlaceholderFlags } from "./flags.ts";
import { type DioRules, PlaceholderDio } from "./placeholder_dio.ts";

/** The functions that a set of patches leaves. */
export function directIoPaths(flags: PlaceholderFlags): DirectIoPaths {
  if (!flags.p1) return { genericFileDirectIo, blockdevDirectIo };
  if (flags.p4) {
    return {
      genericFileDirectIo: (file, rw, transfer, pos) => file.directIo(rw, transfer, pos),
      blockdevDirectIo: (request, lockType) => blockdevDirectIoFlags(flags, request, dioFlagsOf(flags, lockType)),
    };
  }
  return {
    genericFileDirectIo: (file, rw, transfer, pos) => directIoWithoutFlush(flags, file, rw, transfer, pos),
    blockdevDirectIo: flags.p2
      ? (request, lockType) => blockdevDirectIoPlaced(flags, request, lockType)
      : blockdevDirectIo,
  };
}

/** What a file system passes with patch 4. */
function dioFlagsOf({ flagsUsed, fs }: PlaceholderFlags, lockType: LockType): DioFlags {
  if (flagsUsed !== null) return flagsUsed;
  if (fs === "xfs") return { placeholders: false, create: true, dropMutex: false };
  const all = lockType === "LOCKING";
  return { placeholders: all, create: all, dropMutex: all };
}

/** `generic_file_direct_IO` with patches 1 to 3: nothing is written before, and the invalidation has the last word. */
function* directIoWithoutFlush(
  flags: PlaceholderFlags,
  file: LegacyFile,
  rw: "read" | "write",
  transfer: Transfer,
  pos: number,
): Steps<number> {
  const { mapping } = file.inode;
  const { call, len } = transfer;
  if (rw === "write") {
    yield;
    call.at("W2");
    yield* unmapWritten(file, pos, len);
  }
  let ret = yield* file.directIo(rw, transfer, pos);
  if (rw === "read") return ret;
  yield;
  call.at("W15");
  if (mapping.nrpages.get() === 0) return ret;
  // Patch 3 begins to write what has become dirty meanwhile, and does not wait.
  let error = flags.p3 ? yield* filemapFdatawriteRange(mapping, pos, pos + len - 1, "for_integrity") : 0;
  if (error === 0) error = yield* invalidateWritten(file, pos, pos + len - 1);
  if (error < 0) ret = error;
  return ret;
}

/** `__blockdev_direct_IO` with patches 2 and 3. */
function* blockdevDirectIoPlaced(
  flags: PlaceholderFlags,
  request: DioRequest,
  lockType: LockType,
): Steps<number> {
  const { file, rw, transfer, pos } = request;
  const { inode } = file;
  const { call, len, kiocb } = transfer;
  const end = pos + len;
  const locks = lockType !== "NO_LOCKING";
  const behindSize = lockType === "LOCKING" && !flags.p3;
  const rules: DioRules = {
    placeholders: locks,
    creates: !locks ? "none" : behindSize ? "behind_size" : "all",
    holdsMutex: rw === "write" && lockType === "LOCKING",
    reacquiresMutex: false,
  };
  yield; // W2
  call.at("W2");
  if (!isAligned(file, transfer, pos)) return -EINVAL;
  if (!locks) {
    const error = yield* flushRange(flags, file, transfer, pos, end - 1); // W4
    if (error < 0) {
      const dio = new PlaceholderDio(request, false, flags, rules);
      file.dioHooks.begun(dio);
      if (flags.leakFix) dio.free();
      return error;
    }
  }
  yield; // W5
  call.at("W5");
  const isAsync = kiocb !== null && !(rw === "write" && end > inode.readSize());
  let dropsMutex = false;
  if (flags.p3 && rw === "write" && lockType === "LOCKING" && kiocb === null) {
    yield;
    dropsMutex = end <= inode.readSize();
    if (dropsMutex) {
      yield* inode.iMutex.unlock(); // W3
      call.at("W3");
    }
  }
  const dio = new PlaceholderDio(request, isAsync, flags, {
    ...rules,
    holdsMutex: rules.holdsMutex && !dropsMutex,
    reacquiresMutex: dropsMutex,
  });
  file.dioHooks.begun(dio);
  return yield* directIoWorker(dio);
}

/** `blockdev_direct_IO_flags` (patch 4). */
function* blockdevDirectIoFlags(
  flags: PlaceholderFlags,
  request: DioRequest,
  dioFlags: DioFlags,
): Steps<number> {
  const { file, rw, transfer, pos } = request;
  const { inode } = file;
  const { mapping, iMutex } = inode;
  const { call, len, kiocb } = transfer;
  let end = 0;
  let ret = -EINVAL;
  let grabsMutex = false;
  yield; // W2
  call.at("W2");
  if (isAligned(file, transfer, pos)) {
    end = pos + len;
    if (rw === "write") {
      yield* unmapWritten(file, pos, len);
      yield;
      if (dioFlags.dropMutex && end <= inode.readSize()) {
        // A caller that has let go of it himself.
        if (flags.inject === "drop_without_mutex") yield* iMutex.unlock();
        yield* iMutex.unlock(); // W3
        call.at("W3");
        grabsMutex = true;
      }
    }
    ret = dioFlags.placeholders ? 0 : yield* flushRange(flags, file, transfer, pos, end - 1); // W4
    if (ret === 0) {
      yield; // W5
      call.at("W5");
      const isAsync = kiocb !== null && !(rw === "write" && end > inode.readSize());
      const dio = new PlaceholderDio(request, isAsync, flags, {
        placeholders: dioFlags.placeholders,
        creates: dioFlags.create ? "all" : "none",
        holdsMutex: rw === "write" && flags.fs !== "bdev" && !grabsMutex,
        reacquiresMutex: false,
      });
      file.dioHooks.begun(dio);
      ret = yield* directIoWorker(dio);
    }
  }
  if (grabsMutex) {
    yield* iMutex.lock(); // W14
    call.at("W14");
  }
  if (rw === "read") return ret;
  yield; // W15
  call.at("W15");
  if (mapping.nrpages.get() === 0) return ret;
  // After a refusal `end` is 0, so that the range goes to the end of the file.
  const last = end === 0 ? mapping.bounds.pagesMax * mapping.bounds.sectorsPerPage - 1 : end - 1;
  let error = yield* filemapWriteAndWaitRange(mapping, pos, last);
  if (error === 0) error = yield* invalidateWritten(file, pos, last);
  return ret === 0 && error < 0 ? error : ret;
}

/** Unmaps what is about to be written, where anything is mapped: dirty bits of PTEs go to the pages. */
function* unmapWritten({ inode }: LegacyFile, pos: number, len: number): Steps {
  const { mapping } = inode;
  if (!mapping.isMapped()) return;
  yield* unmapMappingRange(mapping, inode.pageOf(pos), inode.pageOf(pos + len - 1) + 1, "spare_private_copies");
}

function invalidateWritten({ inode }: LegacyFile, pos: number, last: number): Steps<number> {
  return invalidateInodePages2Range(inode.mapping, inode.pageOf(pos), inode.pageOf(last));
}

/** W4: who has no placeholders writes dirty pages first. */
function* flushRange(
  { inject }: PlaceholderFlags,
  { inode }: LegacyFile,
  { call }: Transfer,
  pos: number,
  last: number,
): Steps<number> {
  call.at("W4");
  const error = yield* filemapWriteAndWaitRange(inode.mapping, pos, last);
  return inject === "flush_error" ? -EIO : error;
}
