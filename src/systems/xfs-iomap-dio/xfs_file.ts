/**
 * A mounted XFS, and a file of it.
 *
 * @module
 */

import { EAGAIN, ENOSPC, ENOTBLK } from "../../machine/errno.ts";
import { ERAS } from "../../machine/era.ts";
import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import { filemapFdatawriteRange, type WritebackSync } from "../../machine/page_cache_flush.ts";
import { Rwsem } from "../../machine/rwsem.ts";
import type { Steps } from "../../machine/task.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { readThroughCache, writeThroughCache } from "../common/buffered_io.ts";
import { blockReadFullPage } from "../common/block_pages.ts";
import {
  allocateReserved,
  hasBlockIn,
  type WritebackEnd,
  type WritebackPass,
  type WrittenBlocks,
} from "../common/delalloc_pages.ts";
import { BEFORE_5_8, CORE_6_1, type IomapDioCore, iomapDioRw } from "../common/iomap_dio.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import { iomapWritepages } from "../common/ioends.ts";
import { IomapFile } from "../common/iomap_file.ts";
import { IomapVolume } from "../common/iomap_volume.ts";
import { type KernelBelow, PLAIN_KERNEL } from "../common/kernel_below.ts";
import { fadviseWillneed } from "../common/range_calls.ts";
import { submitBufferedRead, submitDirect } from "../common/ring_submission.ts";
import { unreadableFrom } from "../common/transfer.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, Transfer } from "../system.ts";
import { extentForWrite, xfsMapForWrite, xfsMapsForWrite } from "./buffered_write.ts";
import { xfsFileDioWrite } from "./dio_write.ts";
import { xfsIomapWriteUnwritten, xfsSetfilesize } from "./end_io.ts";
import { xfsFallocate } from "./fallocate.ts";
import {
  xfsLocks,
  xfsLooks,
  xfsPageCacheEvents,
  xfsRange,
  xfsReadaheadEvents,
  xfsReadFolioEvents,
} from "./xfs_events.ts";
import type { XfsFlags } from "./flags.ts";
import { xfsIomapOps } from "./iomap_ops.ts";
import { xfsSetattrSize } from "./set_size.ts";
import { XFS_DIO_STEPS } from "./steps.ts";
import { xfsEvict, xfsFiemap, xfsFreeEofblocks } from "./xfs_inode.ts";
import { xfsFileWriteChecks } from "./write_checks.ts";

/** How IOLOCK is held. */
export type Iolock = "shared" | "exclusive";

const IOLOCKS = { shared: "IOLOCK_SHARED", exclusive: "IOLOCK_EXCL" } as const;

/** What a mounted XFS is made of. */
export class XfsVolume extends IomapVolume<XfsFile> {
  readonly flags: XfsFlags;

  /** @param below the kernel that it is in; default: what its version says */
  constructor(world: World, scenario: Scenario, flags: XfsFlags, below: KernelBelow = kernelOf(flags)) {
    super(world, scenario, { handlesJoinAt: "stop", thread: "xfs_log", conversions: "xfs_conv", below });
    this.flags = flags;
  }

  protected override newFile(name: string): XfsFile {
    return new XfsFile(this, name);
  }

  /** Where a recording is followed pages in a row are written together; who explores has them one by one. */
  get writesIoends(): boolean {
    return this.below.surroundings !== undefined;
  }

  override operationsOf(file: IomapFile): AddressSpaceOperations {
    const events = xfsPageCacheEvents(() => file, ({ pos, left }) => {
      xfsMapsForWrite(file, extentForWrite(file, pos, left), { pos, left, flags: "WRITE|FAULT" });
    });
    const operations = { ...super.operationsOf(file), events };
    return this.below.writeback === "by_page" ? operations : {
      ...operations,
      readFolio: (folio) => blockReadFullPage(file, folio, xfsReadFolioEvents(file)),
      mapWrite: (pos, left, waits) => xfsMapForWrite(file, pos, left, waits),
      ...(this.writesIoends ? { writepages: (first, last, sync) => iomapWritepages(file, first, last, sync) } : {}),
    };
  }

  /** Unwritten and delayed blocks behind the end are left to be trimmed some time. */
  protected override isPreallocated(_file: string, _lblk: number, state: BlockRecord["state"]): boolean {
    return state !== "written";
  }
}

export class XfsFile extends IomapFile {
  readonly volume: XfsVolume;
  readonly flags: XfsFlags;
  /** Block of a request from which on there is no space. */
  readonly enospcBlock: number;
  /** `iomap_read_folio_range` waits for its bio: submit_bio_wait. */
  readonly fillsWith = ["SYNC"] as const;
  readonly #iolock: Rwsem;

  constructor(volume: XfsVolume, name: string) {
    const { world, flags } = volume;
    super(volume, name, { syncTid: "i_item" });
    this.volume = volume;
    this.flags = flags;
    this.#iolock = new Rwsem(world, `IOLOCK(${name})`);
    this.enospcBlock = flags.enospc_at === "none" ? Infinity : flags.enospc_at;
  }

  /** `IOLOCK(F)`: the VFS's i_rwsem. */
  get iolock(): Rwsem {
    return this.#iolock;
  }

  /** Takes IOLOCK; false when that would have to wait and must not. */
  *lock(mode: Iolock, { call, nowait }: Transfer): Steps<boolean> {
    call.at("IOLOCK");
    xfsLocks(this, nowait ? "xfs_ilock_nowait" : "xfs_ilock", IOLOCKS[mode]);
    if (nowait) {
      return mode === "shared" ? yield* this.iolock.tryLockShared() : yield* this.iolock.tryLockExclusive();
    }
    if (mode === "shared") yield* this.iolock.lockShared();
    else yield* this.iolock.lockExclusive();
    return true;
  }

  *unlock(mode: Iolock): Steps {
    if (mode === "shared") yield* this.iolock.unlockShared();
    else yield* this.iolock.unlockExclusive();
    xfsLocks(this, "xfs_iunlock", IOLOCKS[mode]);
  }

  /** `xfs_ilock_demote`. */
  *demote(): Steps {
    yield* this.iolock.downgrade();
    xfsLocks(this, "xfs_ilock_demote", "IOLOCK_EXCL");
  }

  *read(asked: Transfer): Steps<number> {
    const submit = asked.direct ? submitDirect : submitBufferedRead;
    return yield* submit(this.volume, asked, (transfer) => this.#read(transfer));
  }

  *#read(transfer: Transfer): Steps<number> {
    const { call, pos } = transfer;
    xfsRange(this, transfer.direct ? "xfs_file_direct_read" : "xfs_file_buffered_read", pos, transfer.len);
    if (!(yield* this.lock("shared", transfer))) return -EAGAIN;
    const ret = transfer.direct
      ? yield* iomapDioRw(this, this.volume.dios, transfer, pos, {
        op: "read",
        ops: xfsIomapOps(this),
        dioOps: {},
        wait: "sync_only",
      })
      : yield* readThroughCache(this.inode.mapping, transfer, pos);
    yield* this.unlock("shared");
    call.at("release");
    yield* this.volume.below.afterRead(this.inode, transfer, ret);
    return ret;
  }

  /** `xfs_file_fadvise`, from 5.4 on: holes that are punched meanwhile are kept out by IOLOCK. */
  *willNeed(first: number, end: number): Steps {
    if (this.volume.flags.unaligned === "v50") {
      yield* fadviseWillneed(this.inode, first, end);
      return;
    }
    xfsLocks(this, "xfs_ilock", IOLOCKS.shared);
    yield* this.iolock.lockShared();
    yield* fadviseWillneed(this.inode, first, end);
    yield* this.unlock("shared");
  }

  *write(asked: Transfer): Steps<number> {
    const transfer = this.volume.below.writeOf(asked);
    // FOP_BUFFER_WASYNC: buffered writes are tried with NOWAIT, too.
    if (!transfer.direct) return yield* submitDirect(this.volume, transfer, (own) => this.#writeBuffered(own));
    const direct = unreadableFrom(transfer, this.#efaultPage());
    return yield* submitDirect(this.volume, direct, (own) => this.#writeDirect(own));
  }

  *#writeDirect(direct: Transfer): Steps<number> {
    const ret = yield* xfsFileDioWrite(this, direct);
    if (ret !== -ENOTBLK || (this.flags.fallback === "none" && this.flags.reflink === "off")) return ret;
    direct.call.at("fallback");
    return yield* this.#writeBuffered(direct);
  }

  /** `efault_at` counts blocks of the request. */
  #efaultPage(): number | "none" {
    const { efault_at } = this.flags;
    return efault_at === "none"
      ? "none"
      : Math.floor(efault_at * this.sectorsPerBlock / this.inode.bounds.sectorsPerPage);
  }

  /** `xfs_file_buffered_write` (05 C2). */
  *#writeBuffered(transfer: Transfer): Steps<number> {
    const mode = this.flags.buffered_excl === "on" ? "exclusive" : "shared";
    if (!(yield* this.lock(mode, transfer))) return -EAGAIN;
    const checked = yield* xfsFileWriteChecks(this, transfer, mode);
    if (typeof checked === "number") return checked;
    xfsRange(this, "xfs_file_buffered_write", checked.pos, transfer.len);
    const ret = yield* writeThroughCache(this.inode.mapping, transfer, checked.pos, 0);
    yield* this.unlock(checked.iolock);
    transfer.call.at("release");
    if (ret <= 0 || transfer.sync === "none") return ret;
    const error = yield* this.genericWriteSync(transfer);
    return error < 0 ? error : ret;
  }

  *truncate(size: number, call: Call): Steps<number> {
    return yield* xfsSetattrSize(this, size, call);
  }

  *fallocate(pos: number, len: number, flags: readonly string[], call: Call): Steps<number> {
    return yield* xfsFallocate(this, pos, len, flags, call);
  }

  /** `xfs_file_fsync`. */
  override *syncRange(first: number, last: number, scope: "data" | "all"): Steps<number> {
    const { world, ino } = this.inode;
    world.tracepoints?.emit("xfs_file_fsync", { file: ino });
    return yield* super.syncRange(first, last, scope);
  }

  *fiemap(): Steps {
    yield* xfsFiemap(this);
  }

  *trimBehindEnd(): Steps {
    yield* xfsFreeEofblocks(this);
  }

  *evict(names: "left" | "gone"): Steps {
    yield* xfsEvict(this, names);
  }

  /** What made an inode is in the log's memory alone, with the transaction that is running. */
  comesIntoMemory(age: "new" | "known"): void {
    if (age === "new") this.syncTid.set(this.journal.running.tid);
  }

  /** A pass of the flusher. */
  *writeback(sync: WritebackSync): Steps<number> {
    const { pagesMax, sectorsPerPage } = this.inode.bounds;
    return yield* filemapFdatawriteRange(this.inode.mapping, 0, pagesMax * sectorsPerPage - 1, sync);
  }

  override readaheadEvents() {
    return xfsReadaheadEvents(this);
  }

  protected override timesMove(at: "before_handle" | "in_handle"): void {
    const { world, ino } = this.inode;
    if (at === "before_handle") world.tracepoints?.emit("xfs_update_time", { file: ino });
  }

  protected override handleStarted(): void {
    this.inode.world.tracepoints!.emit("xfs_trans_alloc", {});
    xfsLocks(this, "xfs_ilock", "ILOCK_EXCL");
  }

  protected override handleStopped(): void {
    this.inode.world.tracepoints!.emit("xfs_trans_commit", {});
    xfsLocks(this, "xfs_iunlock", "ILOCK_EXCL");
  }

  // Writeback of delayed allocation.

  /** `xfs_map_blocks`: an extent that has been looked up is not looked up again while nothing changes. */
  *allocateForWriteback(blocks: WrittenBlocks, pass: WritebackPass = { mapped: null }): Steps<number> {
    yield;
    const { map } = this;
    const pos = blocks.first * this.sectorsPerBlock;
    const len = blocks.count * this.sectorsPerBlock;
    xfsRange(this, "iomap_writeback_folio", pos, blocks.end - pos);
    const { mapped } = pass;
    const isKnown = mapped !== null && mapped.version === map.version &&
      mapped.first <= blocks.first && blocks.first + blocks.count <= mapped.end;
    if (!isKnown) xfsLooks(this);
    if (!hasBlockIn(this, blocks, "delalloc")) {
      if (!isKnown) {
        xfsRange(this, "xfs_map_blocks_found", pos, len);
        pass.mapped = { ...map.peekExtent(blocks.first), version: map.version };
      }
      this.#addsToIoend(pos, blocks.end - pos, pass);
      return 0;
    }
    const error = this.volume.writesIoends ? yield* this.convertReserved(blocks) : yield* this.#convert(blocks);
    xfsRange(this, "xfs_map_blocks_alloc", pos, len);
    if (error === 0) pass.mapped = { ...map.peekExtent(blocks.first), version: map.version };
    this.#addsToIoend(pos, blocks.end - pos, pass);
    return error;
  }

  #addsToIoend(pos: number, len: number, { mapped }: WritebackPass): void {
    const { world, ino } = this.inode;
    world.tracepoints?.emit("iomap_add_to_ioend", {
      file: ino,
      file_offset: pos * SECTOR_BYTES,
      bytes: len * SECTOR_BYTES,
      map_offset: (mapped === null ? pos : mapped.first * this.sectorsPerBlock) * SECTOR_BYTES,
    });
  }

  *#convert(blocks: WrittenBlocks): Steps<number> {
    const handle = yield* this.startHandle();
    yield;
    const error = allocateReserved(this, blocks, handle);
    this.stopHandle(handle);
    return error;
  }

  /** `xfs_bmapi_convert_delalloc`: the extent from its beginning on, one piece in each transaction, until the blocks have theirs. */
  *convertReserved({ first, count }: Pick<WrittenBlocks, "first" | "count">): Steps<number> {
    const { map } = this;
    for (let lblk = first; lblk < first + count;) {
      if (map.peek(lblk) !== "delalloc") {
        lblk++;
        continue;
      }
      const handle = yield* this.startHandle();
      yield;
      const extent = map.peekExtent(lblk);
      const made = map.getBlockCreate(extent.first, extent.end - extent.first, "unwritten", handle);
      this.stopHandle(handle);
      if (made === null) return -ENOSPC;
    }
    return 0;
  }

  writebackEnd(blocks: WrittenBlocks): WritebackEnd | null {
    const isUnwritten = hasBlockIn(this, blocks, "unwritten");
    return isUnwritten || blocks.end > this.inode.diskSize.get() ? { ...blocks, isUnwritten } : null;
  }

  /** `xfs_end_ioend`. */
  *completeWriteback({ first, count, end, isUnwritten }: WritebackEnd): Steps {
    const { sectorsPerBlock } = this;
    const pos = first * sectorsPerBlock;
    if (isUnwritten) yield* xfsIomapWriteUnwritten(this, { pos, size: count * sectorsPerBlock, end });
    yield;
    if (end > this.inode.diskSize.get()) yield* xfsSetfilesize(this, pos, end);
  }
}

/** The kernel of a version. */
function kernelOf(flags: XfsFlags): KernelBelow {
  const era = flags.unaligned === "v512" ? ERAS.G6 : ERAS.G50;
  return { ...PLAIN_KERNEL, era, core: coreOf(flags), steps: XFS_DIO_STEPS, device: flags };
}

/** The core that a version has below it. */
function coreOf(flags: XfsFlags): IomapDioCore {
  const isLater = flags.unaligned === "v512";
  return {
    ...CORE_6_1,
    ...(isLater ? {} : BEFORE_5_8),
    // Until 5.9.
    readsInvalidate: isLater ? "never" : "as_writes_do",
    invalidateFailure: flags.inval_fail,
    syncs: isLater ? "after_dio_end" : "before_dio_end",
  };
}
