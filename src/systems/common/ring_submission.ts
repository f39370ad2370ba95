/**
 * What io_uring does with direct I/O that would have to wait (io_uring/rw.c, io-wq.c; seen in recordings of 6.18.44).
 *
 * @module
 */

import { EAGAIN } from "../../machine/errno.ts";
import { EIOCBQUEUED } from "../../machine/kiocb.ts";
import type { Steps } from "../../machine/task.ts";
import type { Transfer } from "../system.ts";
import type { IomapVolume } from "./iomap_volume.ts";

type DirectPath = (transfer: Transfer) => Steps<number>;

/** A request on its way to a worker. */
interface Punted {
  readonly path: DirectPath;
  readonly transfer: Transfer;
}

/**
 * Goes a path of direct I/O. What a ring submits is tried with NOWAIT in the submitter, and once more without by a worker when
 * it returns -EAGAIN, which is then queued for the submitter.
 */
export function* submitDirect(volume: IomapVolume, transfer: Transfer, path: DirectPath): Steps<number> {
  if (!mayNotWait(volume, transfer)) return yield* path(transfer);
  const ret = yield* path({ ...transfer, nowait: true });
  return ret === -EAGAIN ? punt(volume, transfer, path) : ret;
}

/**
 * Goes a path that cannot be tried with NOWAIT: a buffered write of a file whose operations have no FOP_BUFFER_WASYNC, such as
 * ext4's, is left to a worker at once (`io_write`).
 */
export function* submitBufferedWrite(volume: IomapVolume, transfer: Transfer, path: DirectPath): Steps<number> {
  return mayNotWait(volume, transfer) ? punt(volume, transfer, path) : yield* path(transfer);
}

/**
 * Goes the path of a buffered read: what is not cached is read ahead with NOWAIT, and read once more by the submitter
 * (`io_rw_should_retry`). The kernel goes on with it when the page is there; here the submitter waits for that.
 */
export function* submitBufferedRead(volume: IomapVolume, transfer: Transfer, path: DirectPath): Steps<number> {
  if (!mayNotWait(volume, transfer)) return yield* path(transfer);
  const ret = yield* path({ ...transfer, nowait: true });
  return ret === -EAGAIN ? yield* path(transfer) : ret;
}

/** Whether a ring submits it, which may not wait. */
function mayNotWait(volume: IomapVolume, { submitter, nowait }: Transfer): boolean {
  return submitter === "io_uring" && !nowait && volume.below.ringSubmits === "nowait_first";
}

function punt(volume: IomapVolume, transfer: Transfer, path: DirectPath): number {
  const { kiocb, call } = transfer;
  const worker = volume.ringWorkers.queueWork<Punted>(`iou-wrk(${call.name})`, work, { path, transfer });
  kiocb!.handOver(worker);
  return -EIOCBQUEUED;
}

function* work({ path, transfer }: Punted): Steps {
  const ret = yield* path(transfer);
  if (ret !== -EIOCBQUEUED) transfer.kiocb!.complete(ret);
}
