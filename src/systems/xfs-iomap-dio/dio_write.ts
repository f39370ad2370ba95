/**
 * Direct writes of XFS: `xfs_file_dio_aio_write` of 5.0 and 5.4, `xfs_file_dio_write` of 5.12 to 6.18.
 *
 * @module
 */

import { EAGAIN, EINVAL, ENOTBLK } from "../../machine/errno.ts";
import { EIOCBQUEUED } from "../../machine/kiocb.ts";
import type { Steps } from "../../machine/task.ts";
import { type IomapDioOptions, iomapDioRw } from "../common/iomap_dio.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import { xfsDioWriteOps } from "./end_io.ts";
import { xfsIomapOps } from "./iomap_ops.ts";
import { xfsFileWriteChecks } from "./write_checks.ts";
import { xfsRange } from "./xfs_events.ts";
import type { Iolock, XfsFile } from "./xfs_file.ts";

/**
 * A direct write, which goes all the way or fails.
 *
 * @returns also -ENOTBLK: it has to go through the page cache
 */
export const xfsFileDioWrite = path("xfs_file_dio_write", function* (file: XfsFile, transfer: Transfer): Steps<number> {
  const { pos, len } = transfer;
  // What is not made of sectors is refused before anything is locked.
  if (!transfer.aligned) {
    yield;
    return -EINVAL;
  }
  const isUnaligned = pos % file.sectorsPerBlock !== 0 || (pos + len) % file.sectorsPerBlock !== 0;
  if (!isUnaligned) return yield* writeAligned(file, transfer);
  return file.flags.unaligned === "v512"
    ? yield* writeUnalignedShared(file, transfer)
    : yield* writeUnalignedExclusive(file, transfer);
});

/** Extending writes too run with IOLOCK shared: the size is a matter of their ends. */
function* writeAligned(file: XfsFile, transfer: Transfer): Steps<number> {
  const { flags } = file;
  const { call } = transfer;
  if (!(yield* file.lock("shared", transfer))) return -EAGAIN;
  const checked = yield* xfsFileWriteChecks(file, transfer, "shared");
  if (typeof checked === "number") return checked;
  let { iolock } = checked;
  if (iolock === "exclusive" && flags.demote === "on") {
    call.at("demote");
    yield* file.demote();
    iolock = "shared";
  }
  const ret = yield* directWrite(file, transfer, checked.pos, { wait: "sync_only" });
  yield* release(file, transfer, iolock);
  return ret;
}

/** To 5.11: the only direct I/O in flight when it begins, and from 5.4 on until it ends. */
function* writeUnalignedExclusive(file: XfsFile, transfer: Transfer): Steps<number> {
  const { inode, flags } = file;
  const { call, nowait } = transfer;
  // The blocks of one that others share cannot be unshared in part.
  if (flags.reflink === "on") return -ENOTBLK;
  if (!(yield* file.lock("exclusive", transfer))) return -EAGAIN;
  const checked = yield* xfsFileWriteChecks(file, transfer, "exclusive");
  if (typeof checked === "number") return checked;
  if (nowait) {
    yield;
    if (inode.dioCount.read() > 0) {
      if (flags.nowait_leak === "on") return -EAGAIN;
      yield* release(file, transfer, "exclusive");
      return -EAGAIN;
    }
  } else {
    call.at("drain");
    yield* inode.dioCount.waitZero();
  }
  const ret = yield* directWrite(file, transfer, checked.pos, {
    wait: flags.unaligned === "kara" ? "always" : "sync_only",
  });
  if (ret === -EIOCBQUEUED && flags.unaligned === "v54") {
    yield* inode.dioCount.waitZero();
    call.at("v54_wait");
  }
  yield* release(file, transfer, "exclusive");
  return ret;
}

/** From 5.12 on: shared as long as it is a mere overwrite, else once more with nothing else in flight. */
function* writeUnalignedShared(file: XfsFile, transfer: Transfer): Steps<number> {
  const { inode, flags } = file;
  const { call, len, nowait } = transfer;
  yield; // a look without the lock
  const size = inode.readSize();
  // What spans the end of the file gets zeros behind it in any case.
  let iolock: Iolock = transfer.pos > size || transfer.pos + len >= size ? "exclusive" : "shared";
  if (iolock === "exclusive" && nowait) return -EAGAIN;
  for (;;) {
    if (!(yield* file.lock(iolock, transfer))) return -EAGAIN;
    if (flags.reflink === "on") {
      yield* release(file, transfer, iolock);
      return -ENOTBLK;
    }
    const checked = yield* xfsFileWriteChecks(file, transfer, iolock);
    if (typeof checked === "number") return checked;
    const attempt: Iolock = iolock;
    iolock = checked.iolock;
    if (attempt === "exclusive") {
      call.at("drain");
      yield* inode.dioCount.waitZero();
    }
    const how = attempt === "shared"
      ? { attempt: "overwrite_only", wait: "sync_only" } as const
      : { attempt: "any", wait: "always" } as const;
    const ret = yield* directWrite(file, transfer, checked.pos, how);
    yield* release(file, transfer, iolock);
    if (ret !== -EAGAIN || attempt === "exclusive" || nowait) return ret;
    call.at("retry");
    iolock = "exclusive";
  }
}

/** The I/O itself, with IOLOCK held. */
function* directWrite(
  file: XfsFile,
  transfer: Transfer,
  pos: number,
  how: Pick<IomapDioOptions, "wait" | "attempt">,
): Steps<number> {
  xfsRange(file, "xfs_file_direct_write", pos, transfer.len);
  const ops = xfsIomapOps(file);
  return yield* iomapDioRw(file, file.volume.dios, transfer, pos, {
    op: "write",
    ops,
    dioOps: xfsDioWriteOps(file),
    ...how,
  });
}

function* release(file: XfsFile, { call }: Transfer, iolock: Iolock): Steps {
  yield* file.unlock(iolock);
  call.at("release");
}
