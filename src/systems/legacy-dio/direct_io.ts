/**
 * `__blockdev_direct_IO` of 2.6.20: who locks what around the worker, and until when.
 *
 * Names of steps: A5 to A8, A12 of a write, R3 to R5a, R7, R9 of a read.
 *
 * @module
 */

import type { Mapping } from "../../machine/block_map.ts";
import { EINVAL } from "../../machine/errno.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import type { Steps } from "../../machine/task.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import { Dio } from "./dio.ts";
import { directIoWorker } from "./direct_io_worker.ts";
import type { LockType } from "./flags.ts";
import type { DioRequest, LegacyFile } from "./legacy_file.ts";

/** A direct I/O of 2.6.20. */
class LegacyDio extends Dio {
  readonly lockType: LockType;
  /** It has taken i_mutex, and lets go of it when all is mapped. */
  releasesMutex = false;

  constructor(request: DioRequest, lockType: LockType, isAsync: boolean) {
    super(request, isAsync);
    this.lockType = lockType;
  }

  /** Inside i_size only overwrites are allowed; who meets a hole there goes on through the page cache. */
  override *mapBlocks(lblk: number, max: number): Steps<Mapping | number> {
    const { file, rw, lockType, unit } = this;
    const { inode, flags } = file;
    let creates = rw === "write" && lockType !== "NO_LOCKING";
    if (rw === "write" && lockType === "LOCKING") {
      yield;
      if (this.blockInFile < Math.floor(inode.readSize() / unit) && !flags.fillsHoles) creates = false;
    }
    return yield* file.getBlockDirect(lblk, max, creates ? "create" : "lookup", this.transfer.call);
  }

  override *allMapped(): Steps {
    if (!this.releasesMutex) return;
    yield* this.file.inode.iMutex.unlock();
    this.transfer.call.at("R7");
  }

  /** `dio_complete`: A12, R9. */
  override *complete(error: number): Steps<number> {
    const { file, transfer, isAsync } = this;
    const transferred = yield* this.endIo();
    if (this.lockType === "LOCKING" && file.flags.dioAllocSem) {
      file.inode.iAllocSem.releaseShared(isAsync ? this.name : transfer.call.task);
    }
    this.free();
    return this.resultOf(error, transferred);
  }
}

/**
 * `__blockdev_direct_IO`.
 *
 * @param lockType who locks: with LOCKING a writer comes with i_mutex, and a reader without
 * @returns sectors, `-EIOCBQUEUED` when bios in flight will complete it, or another negative error number
 */
export const blockdevDirectIo = path("__blockdev_direct_IO", function* (
  request: DioRequest,
  lockType: LockType,
): Steps<number> {
  const { file, rw, transfer, pos } = request;
  const { inode, flags } = file;
  const { call, len, kiocb } = transfer;
  const end = pos + len;
  yield;
  call.at(rw === "write" ? "A5" : "R2a");
  if (!isAligned(file, transfer, pos)) return -EINVAL;
  let releasesMutex = false;
  if (lockType === "LOCKING" && rw === "read" && flags.readMutex) {
    yield* inode.iMutex.lock();
    call.at("R3");
    releasesMutex = true;
  }
  if (lockType === "LOCKING" && rw === "read") {
    call.at("R4");
    const error = yield* filemapWriteAndWaitRange(inode.mapping, pos, end - 1);
    if (error < 0) {
      if (releasesMutex) yield* inode.iMutex.unlock();
      return error;
    }
  }
  const takesAllocSem = lockType === "LOCKING" && flags.dioAllocSem;
  if (takesAllocSem) {
    // A6, R5: whoever completes it will give it back.
    yield* inode.iAllocSem.lockShared();
    call.at(rw === "write" ? "A6" : "R5");
  }
  // A7
  let isAsync = kiocb !== null;
  if (isAsync && rw === "write" && flags.extendSync) {
    yield;
    call.at("A7");
    isAsync = end <= inode.readSize();
  }
  const dio = new LegacyDio(request, lockType, isAsync);
  dio.releasesMutex = releasesMutex;
  file.dioHooks.begun(dio);
  if (takesAllocSem && isAsync) inode.iAllocSem.handOver(call.task, dio.name);
  return yield* directIoWorker(dio);
});

/** Positions are multiples of the file system's block, or else of the device's. */
export function isAligned({ map, flags }: LegacyFile, { aligned, len }: Transfer, pos: number): boolean {
  const whole = pos % map.sectorsPerBlock === 0 && len % map.sectorsPerBlock === 0;
  return aligned && (whole || flags.blkfactor > 0);
}
