/**
 * A mounted XFS, and a file of it.
 *
 * @module
 */

import type { BlockDevice } from "../../machine/block_device.ts";
import type { BlockMap, Mapping } from "../../machine/block_map.ts";
import { EAGAIN, ENOTBLK } from "../../machine/errno.ts";
import { ERAS } from "../../machine/era.ts";
import { Inode, type InodeOptions } from "../../machine/inode.ts";
import type { Journal } from "../../machine/journal.ts";
import type { Handle } from "../../machine/journal_handle.ts";
import { Rwsem } from "../../machine/rwsem.ts";
import type { Steps } from "../../machine/task.ts";
import { Variable } from "../../machine/variable.ts";
import { Workqueue } from "../../machine/workqueue.ts";
import type { World } from "../../machine/world.ts";
import { lengthSectors, sectorsOf } from "../../scenarios/place.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { mediaOf } from "../common/block_file.ts";
import { readThroughCache, writeThroughCache } from "../common/buffered_io.ts";
import {
  allocateReserved,
  type DelallocFile,
  delallocOperations,
  hasBlockIn,
  type WrittenBlocks,
} from "../common/delalloc_pages.ts";
import { CORE_6_1, type IomapDioCore, iomapDioRw } from "../common/iomap_dio.ts";
import { type IomapDioFile, IomapDios } from "../common/iomap_dio_state.ts";
import { JournalledDisk } from "../common/journalled_disk.ts";
import { type JournalledFile, syncJournalled } from "../common/journalled_sync.ts";
import { unreadableFrom } from "../common/transfer.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, ModelledFile, MountedSystem, Transfer } from "../system.ts";
import { xfsFileDioWrite } from "./dio_write.ts";
import { xfsSetfilesize } from "./end_io.ts";
import type { XfsFlags } from "./flags.ts";
import { xfsIomapOps } from "./iomap_ops.ts";
import { xfsFallocate, xfsSetattrSize } from "./set_size.ts";
import { XFS_DIO_STEPS } from "./steps.ts";
import { xfsFileWriteChecks } from "./write_checks.ts";

/** How IOLOCK is held. */
export type Iolock = "shared" | "exclusive";

/** BIO_MAX_VECS. */
const BIO_PAGES_MAX = 256;

/** What a mounted XFS is made of. */
export class XfsVolume implements MountedSystem {
  readonly world: World;
  readonly scenario: Scenario;
  readonly flags: XfsFlags;
  readonly disk: JournalledDisk;
  readonly dios = new IomapDios();
  readonly recovery: JournalledDisk;
  /** `xfs-conv`. */
  readonly conversions: Workqueue;
  /** `dio/<dev>`. */
  readonly dioDone: Workqueue;
  readonly #files = new Map<string, XfsFile>();

  constructor(world: World, scenario: Scenario, flags: XfsFlags) {
    this.world = world;
    this.flags = flags;
    this.disk = this.recovery = new JournalledDisk(world, scenario, {
      handlesJoinAt: "stop",
      thread: "xfs_log",
      volatileCache: flags.wcache === "on" ? "volatile" : "by_scenario",
      // Unwritten and delayed blocks behind the end are left to be trimmed some time.
      isPreallocated: (_file, _lblk, state) => state !== "written",
    });
    this.conversions = new Workqueue(world, "xfs_conv", "concurrent");
    this.dioDone = new Workqueue(world, "dio_done", "concurrent");
    this.scenario = scenario;
  }

  /** Made when it is first asked for, which is while the program is set up. */
  file(name: string): XfsFile {
    let file = this.#files.get(name);
    if (file === undefined) this.#files.set(name, file = this.newFile(name));
    return file;
  }

  protected newFile(name: string): XfsFile {
    return new XfsFile(this, this.scenario, name);
  }

  /** What a file's pages are found, read and written with. */
  mappingOf(file: XfsFile): InodeOptions["mapping"] {
    return delallocOperations(file);
  }

  get accountables() {
    return [this.dios, ...[...this.#files.values()].map(({ inode }) => inode.mapping)];
  }

  get zeroings() {
    return this.dios.zeroings;
  }

  get pseudoHolders() {
    return this.dios.holders;
  }

  *commitJournal(): Steps {
    yield* this.disk.journal.forceCommit();
  }
}

export class XfsFile implements ModelledFile, DelallocFile, IomapDioFile, JournalledFile {
  readonly volume: XfsVolume;
  readonly name: string;
  readonly flags: XfsFlags;
  readonly inode: Inode;
  readonly map: BlockMap;
  readonly device: BlockDevice;
  readonly journal: Journal;
  readonly workqueue: Workqueue;
  readonly dioWorkqueue: Workqueue;
  readonly sectorsPerBlock: number;
  readonly bioPagesMax: number;
  readonly deviceFua: "fua" | "no_fua";
  readonly steps = XFS_DIO_STEPS;
  /** Block of a request from which on there is no space. */
  readonly enospcBlock: number;
  /** Transaction with the last change of the inode; 0: none. */
  readonly syncTid: Variable<number>;
  /** Errors of writeback that fsync has told of. */
  readonly errorsSeen: Variable<number>;

  readonly #iolock: Rwsem;
  readonly #core: IomapDioCore;

  constructor(volume: XfsVolume, scenario: Scenario, name: string) {
    const { world, flags, disk } = volume;
    const { SECTORS_PER_PAGE, pages, PAGEVEC, fault_around, retries, BIO_MAX_VECS } = scenario.bounds;
    const file = scenario.files[name];
    this.volume = volume;
    this.name = name;
    this.flags = flags;
    this.#iolock = new Rwsem(world, `IOLOCK(${name})`);
    this.map = disk.map(name);
    this.device = disk.device;
    this.journal = disk.journal;
    this.workqueue = volume.conversions;
    this.dioWorkqueue = volume.dioDone;
    this.sectorsPerBlock = disk.layout.sectorsPerBlock;
    this.bioPagesMax = Math.min(BIO_MAX_VECS, BIO_PAGES_MAX);
    this.deviceFua = flags.fua === "on" || scenario.device.fua === "on" ? "fua" : "no_fua";
    this.#core = coreOf(flags);
    this.enospcBlock = flags.enospc_at === "none" ? Infinity : flags.enospc_at;
    this.inode = new Inode(world, {
      ino: name,
      size: lengthSectors(file.size, SECTORS_PER_PAGE),
      era: flags.unaligned === "v512" ? ERAS.G6 : ERAS.G50,
      bounds: {
        sectorsPerPage: SECTORS_PER_PAGE,
        pagesMax: pages,
        pagevec: PAGEVEC,
        faultAroundPages: fault_around,
        readaheadPages: scenario.kernel.readahead,
        retriesMax: retries,
      },
      mapping: volume.mappingOf(this),
    });
    this.inode.diskSize.set(lengthSectors(file.disksize, SECTORS_PER_PAGE));
    this.syncTid = new Variable(world, `i_item(${name})`, 0);
    this.errorsSeen = new Variable(world, `f_wb_err(${name})`, 0);
    for (const { range, state } of file.blocks) {
      if (state !== "delalloc") continue;
      const { from, to } = sectorsOf(range, SECTORS_PER_PAGE);
      for (let lblk = from / this.sectorsPerBlock; lblk < to / this.sectorsPerBlock; lblk++) this.map.reserve(lblk);
    }
  }

  /** `IOLOCK(F)`: the VFS's i_rwsem. */
  get iolock(): Rwsem {
    return this.#iolock;
  }

  get core(): IomapDioCore {
    return this.#core;
  }

  *getBlock(lblk: number, max: number): Steps<Mapping> {
    yield;
    return this.map.getBlock(lblk, max);
  }

  /** Takes IOLOCK; false when that would have to wait and must not. */
  *lock(mode: Iolock, { call, nowait }: Transfer): Steps<boolean> {
    call.at("IOLOCK");
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
  }

  *read(transfer: Transfer): Steps<number> {
    const { call, pos } = transfer;
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
    return ret;
  }

  *write(transfer: Transfer): Steps<number> {
    if (!transfer.direct) return yield* this.#writeBuffered(transfer);
    const direct = unreadableFrom(transfer, this.#efaultPage());
    const ret = yield* xfsFileDioWrite(this, direct);
    if (ret !== -ENOTBLK || (this.flags.fallback === "none" && this.flags.reflink === "off")) return ret;
    transfer.call.at("fallback");
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

  *fsync(_scope: "data" | "all", _call: Call): Steps<number> {
    return yield* syncJournalled(this, 0, this.inode.bounds.pagesMax * this.inode.bounds.sectorsPerPage - 1);
  }

  *genericWriteSync({ pos, len }: Transfer): Steps<number> {
    return yield* syncJournalled(this, pos, pos + len - 1);
  }

  blocks(): readonly BlockRecord[] {
    return this.volume.disk.blocks(this.name);
  }

  media(): readonly string[] {
    return mediaOf(this);
  }

  /** Commits a transaction that has changed the inode, as part of the current step. */
  stopHandle(handle: Handle): void {
    this.syncTid.set(this.journal.stopNow(handle));
  }

  // Writeback of delayed allocation.

  /** `xfs_bmapi_convert_delalloc`. */
  *allocateForWriteback(blocks: WrittenBlocks): Steps<number> {
    yield;
    if (!hasBlockIn(this, blocks, "delalloc")) return 0;
    const handle = yield* this.journal.start();
    yield;
    const error = allocateReserved(this, blocks, handle);
    this.stopHandle(handle);
    return error;
  }

  needsCompletion(blocks: WrittenBlocks): boolean {
    return blocks.end > this.inode.diskSize.get() || hasBlockIn(this, blocks, "unwritten");
  }

  /** `xfs_end_ioend`. */
  *completeWriteback({ first, count, end }: WrittenBlocks): Steps {
    const handle = yield* this.journal.start();
    yield;
    this.map.convert(first, count, handle);
    this.stopHandle(handle);
    yield* xfsSetfilesize(this, end);
  }
}

/** The core that a version has below it. */
function coreOf(flags: XfsFlags): IomapDioCore {
  const isLater = flags.unaligned === "v512";
  return {
    ...CORE_6_1,
    // Until 5.9.
    readsInvalidate: isLater ? "never" : "as_writes_do",
    invalidateFailure: flags.inval_fail,
    syncs: isLater ? "after_dio_end" : "before_dio_end",
  };
}
