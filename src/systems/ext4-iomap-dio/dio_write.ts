/**
 * Direct writes of ext4: `ext4_dio_write_iter` from 5.5 to 6.18, with the patch and the proposal before it.
 *
 * @module
 */

import { EAGAIN, ENOTBLK } from "../../machine/errno.ts";
import { EIOCBQUEUED } from "../../machine/kiocb.ts";
import { filemapWriteAndWaitRange } from "../../machine/page_cache_flush.ts";
import { invalidateMappingPages } from "../../machine/page_cache_invalidate.ts";
import type { Steps } from "../../machine/task.ts";
import { iomapDioRw } from "../common/iomap_dio.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import { ext4BufferedWriteIter, ext4BufferedWriteLocked, syncBuffered } from "./buffered_write.ts";
import { ext4DioWriteOps } from "./dio_end_io.ts";
import { ext4Lookup } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";
import { ext4HandleInodeExtension, ext4InodeExtensionCleanup, ext4OrphanAdd } from "./inode_extension.ts";
import { ext4IomapOps, ext4IomapOverwriteOps } from "./iomap_ops.ts";

/** How a write goes, once its checks are done with the lock held. */
interface Checked {
  /** Where it goes. */
  readonly pos: number;
  readonly lock: "shared" | "exclusive";
  readonly extends: boolean;
  /** All blocks are there and written: `ext4_iomap_overwrite_ops`. */
  readonly pureOverwrite: boolean;
  readonly wait: "sync_only" | "always";
  /** The submitter waits for what it has queued. */
  readonly waitsItself: boolean;
}

/** `ext4_dio_write_iter`. */
export const ext4DioWriteIter = path(
  "ext4_dio_write_iter",
  function* (file: Ext4File, transfer: Transfer): Steps<number> {
    const { inode, volume, flags } = file;
    const { call, len } = transfer;
    const checked = flags.lock_mode === "excl"
      ? yield* checkExclusive(file, transfer)
      : yield* checkSharedFirst(file, transfer);
    if (typeof checked === "number") return checked;
    const { pos, lock } = checked;

    if (checked.extends) {
      call.at("E6");
      yield* ext4OrphanAdd(file);
    }
    call.at("E7");
    let ret = yield* iomapDioRw(file, volume.dios, transfer, pos, {
      op: "write",
      ops: checked.pureOverwrite ? ext4IomapOverwriteOps(file) : ext4IomapOps(file),
      dioOps: ext4DioWriteOps(file),
      wait: checked.wait,
      ...(flags.short_at === "none" ? {} : { shortAtPage: flags.short_at }),
    });
    if (ret === -ENOTBLK) ret = 0;
    if (ret === -EIOCBQUEUED && checked.waitsItself) {
      call.at("eiocbqueued_wait");
      yield* inode.dioCount.waitZero();
    }
    if (checked.extends) {
      call.at("E8");
      if (flags.ext_in_end_io === "off") {
        const count = flags.end_io_count === "original" ? len : Math.max(ret, 0);
        ret = yield* ext4HandleInodeExtension(file, pos, ret, count, call);
      } else if (flags.version !== "v5") yield* ext4InodeExtensionCleanup(file, ret, call);
    }

    const keepsLock = flags.fallback_gap === "off" && lock === "exclusive" && ret >= 0 && ret < len;
    if (!keepsLock) {
      call.at("E9");
      if (lock === "shared") yield* inode.iRwsem.unlockShared();
      else yield* inode.iRwsem.unlockExclusive();
    }
    if (ret < 0 || ret === len || flags.fallback === "none") return ret;
    return yield* writeRest(file, transfer, pos, ret, keepsLock ? "keeps_lock" : "takes_lock");
  },
);

/** E10: what is left goes through the page cache, to the disk, and out of the cache again. */
function* writeRest(
  file: Ext4File,
  transfer: Transfer,
  pos: number,
  done: number,
  lock: "keeps_lock" | "takes_lock",
): Steps<number> {
  const { inode } = file;
  transfer.call.at("E10");
  let written: number;
  if (lock === "takes_lock") written = yield* ext4BufferedWriteIter(file, transfer, done, pos);
  else {
    written = yield* ext4BufferedWriteLocked(file, transfer, done, pos);
    yield* inode.iRwsem.unlockExclusive();
    written = yield* syncBuffered(file, transfer, written);
  }
  if (written < 0) return written;
  if (written === 0) return done;
  // The position is the file's own after an append.
  const first = pos + done;
  const last = first + written - 1;
  const error = yield* filemapWriteAndWaitRange(inode.mapping, first, last);
  if (error === 0) yield* invalidateMappingPages(inode.mapping, inode.pageOf(first), inode.pageOf(last));
  return done + written;
}

/** Until 5.5: i_rwsem exclusive for all writes. */
function* checkExclusive(file: Ext4File, transfer: Transfer): Steps<Checked | number> {
  const { inode, flags, sectorsPerBlock } = file;
  const { call, len, kiocb } = transfer;
  call.at("E1");
  if (!(yield* lockExclusive(file, transfer))) return -EAGAIN;
  yield; // E3
  call.at("E3");
  const pos = transfer.append ? inode.readSize() : transfer.pos;
  if (transfer.append) call.positioned(pos);

  const behind = pos >= Math.ceil(inode.readSize() / sectorsPerBlock) * sectorsPerBlock;
  const unalignedAio = kiocb !== null && flags.fs_map === "extents" && !behind && isUnaligned(file, pos, len);
  if (unalignedAio) {
    call.at("E4");
    yield* inode.dioCount.waitZero();
  }
  let lock: Checked["lock"] = "exclusive";
  if (!unalignedAio && flags.dioread_nolock === "on") {
    const { isOverwrite, hasUnwritten } = yield* ext4OverwriteIo(file, transfer, pos);
    if (isOverwrite && !hasUnwritten) {
      call.at("E5");
      yield* inode.iRwsem.downgrade();
      lock = "shared";
    }
  }
  yield; // E6
  const extending = pos + len > inode.diskSize.get();
  const synchronous = extending || unalignedAio;
  const itself = flags.wait_api === "eiocbqueued_then_dio_wait";
  return {
    pos,
    lock,
    extends: extending,
    pureOverwrite: false,
    wait: synchronous && !itself ? "always" : "sync_only",
    waitsItself: synchronous && itself,
  };
}

/** 6.1 and 6.18: i_rwsem shared unless something needs it exclusive, which begins the checks again. */
function* checkSharedFirst(file: Ext4File, transfer: Transfer): Steps<Checked | number> {
  const { inode, flags } = file;
  const { call, len, nowait } = transfer;
  const unalignedExcl = flags.unaligned === "all_unaligned_excl";
  yield; // a look without the lock
  call.at("E1");
  let lock: Checked["lock"] = "shared";
  if (unalignedExcl && isUnaligned(file, transfer.pos, len)) lock = "exclusive";
  if (transfer.pos + len > inode.readSize()) lock = "exclusive";
  if (lock === "exclusive") {
    if (!(yield* lockExclusive(file, transfer))) return -EAGAIN;
  } else if (!nowait) yield* inode.iRwsem.lockShared();
  else if (!(yield* inode.iRwsem.tryLockShared())) return -EAGAIN;

  for (;;) {
    yield; // E3
    call.at("E3");
    const pos = transfer.append ? inode.readSize() : transfer.pos;
    if (transfer.append) call.positioned(pos);
    const unaligned = isUnaligned(file, pos, len);
    const extending = pos + len > inode.readSize() || pos + len > inode.diskSize.get();
    const nosec = inode.nosec.test();
    // 6.18 looks at the blocks in any case, 6.1 only when that can spare it the exclusive lock.
    const looks = !unalignedExcl || (lock === "shared" && nosec && !extending);
    const { isOverwrite, hasUnwritten } = looks ? yield* ext4OverwriteIo(file, transfer, pos) : NOT_LOOKED_AT;
    // file_remove_privs has looked, and remembers that there is nothing to remove.
    if (lock === "exclusive" && !nosec) inode.nosec.testAndSet();
    const mayStayShared = nosec && !extending && isOverwrite &&
      (flags.unwritten_shared === "on" || !hasUnwritten) && !(unaligned && hasUnwritten);
    if (lock === "shared" && !mayStayShared) {
      if (nowait) {
        yield* inode.iRwsem.unlockShared();
        return -EAGAIN;
      }
      yield* inode.iRwsem.unlockShared();
      call.at("upgrade");
      lock = "exclusive";
      yield* inode.iRwsem.lockExclusive();
      continue;
    }
    const forces = lock === "exclusive" && (unaligned || extending);
    if (forces && nowait) {
      yield* inode.iRwsem.unlockExclusive();
      return -EAGAIN;
    }
    if (forces && unaligned && (unalignedExcl || !isOverwrite || hasUnwritten)) {
      call.at("E4");
      yield* inode.dioCount.waitZero();
    }
    yield* file.updateTimes();
    return {
      pos,
      lock,
      extends: extending,
      pureOverwrite: lock === "shared" && !hasUnwritten,
      wait: forces ? "always" : "sync_only",
      waitsItself: false,
    };
  }
}

function* lockExclusive({ inode }: Ext4File, { nowait }: Transfer): Steps<boolean> {
  if (nowait) return yield* inode.iRwsem.tryLockExclusive();
  yield* inode.iRwsem.lockExclusive();
  return true;
}

/** `ext4_unaligned_io`, `ext4_unaligned_aio`. */
function isUnaligned({ sectorsPerBlock }: Ext4File, pos: number, len: number): boolean {
  return pos % sectorsPerBlock !== 0 || len % sectorsPerBlock !== 0;
}

const NOT_LOOKED_AT = { isOverwrite: false, hasUnwritten: false };

/** `ext4_overwrite_io`: whether one run of blocks that are there has it all. */
function* ext4OverwriteIo(
  file: Ext4File,
  { call, len }: Transfer,
  pos: number,
): Steps<{ isOverwrite: boolean; hasUnwritten: boolean }> {
  const { inode, map, sectorsPerBlock } = file;
  yield;
  call.at("overwrite_check");
  if (pos + len > inode.readSize()) return NOT_LOOKED_AT;
  const first = Math.floor(pos / sectorsPerBlock);
  const blocks = Math.ceil((pos + len) / sectorsPerBlock) - first;
  ext4Lookup(file, first, blocks);
  const whole = map.getBlock(first, blocks);
  const run = file.tree?.cut(whole) ?? whole;
  const isThere = run.state === "written" || run.state === "unwritten";
  return { isOverwrite: isThere && run.blocks === blocks, hasUnwritten: run.state === "unwritten" };
}
