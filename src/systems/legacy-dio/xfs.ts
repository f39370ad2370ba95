/**
 * XFS of 2.6.20 (fs/xfs/linux-2.6/xfs_lrw.c, xfs_aops.c): its own IOLOCK around reads and writes, direct writes shared,
 * unwritten extents that a work item converts when their I/O has ended.
 *
 * @module
 */

import type { BlockMap, Mapping } from "../../machine/block_map.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import { EINVAL, ENOSPC } from "../../machine/errno.ts";
import type { Folio } from "../../machine/folio.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Journal } from "../../machine/journal.ts";
import { EIOCBQUEUED } from "../../machine/kiocb.ts";
import { filemapWriteAndWait } from "../../machine/page_cache_flush.ts";
import { truncateInodePagesRange, truncateSetsize } from "../../machine/page_cache_truncate.ts";
import { Rwsem } from "../../machine/rwsem.ts";
import type { Steps } from "../../machine/task.ts";
import { Workqueue } from "../../machine/workqueue.ts";
import { blockRecords, type Create } from "../common/block_file.ts";
import { blockPrepareWrite, blockTruncatePage, blockWriteFullPage } from "../common/block_pages.ts";
import type { Call, MountedSystem, Transfer } from "../system.ts";
import type { Dio } from "./dio.ts";
import { genericFileAioRead, genericFileBufferedWrite, genericFileDirectWrite, syncPageRange } from "./generic_file.ts";
import type { LegacyMount } from "./mount.ts";
import { MountedFile } from "./mounted_file.ts";

/** What one mounted XFS has. */
interface XfsMount {
  readonly mount: LegacyMount;
  readonly journal: () => Journal;
  /** `xfsdatad`: converts unwritten extents. */
  readonly datad: Workqueue;
}

/** A range of a file that is to be converted, and what comes behind that. */
interface Conversion {
  readonly file: XfsFile;
  readonly lblk: number;
  readonly blocks: number;
  readonly done: () => void;
}

/** What an inode counts while a direct I/O has not been ended. */
function ioendOf({ name }: Call): string {
  return `ioend(${name})`;
}

export class XfsFile extends MountedFile {
  /** `IOLOCK(F)` and `ILOCK(F)`: the I/O, the extents. */
  readonly iolock: Rwsem;
  readonly ilock: Rwsem;
  readonly #xfs: XfsMount;
  /** Direct I/O that end_io was called for by the task that submitted it, which looks only for its own. */
  readonly #ended = new Set<Call>();
  /** Blocks whose conversion is queued. */
  readonly #queued = new Set<number>();

  constructor(xfs: XfsMount, format: FileFormat) {
    super(xfs.mount, format);
    const { world, flags } = xfs.mount;
    this.#xfs = xfs;
    const fairness = flags.fair ? "fair" : "unfair";
    this.iolock = new Rwsem(world, `IOLOCK(${format.file})`, fairness);
    this.ilock = new Rwsem(world, `ILOCK(${format.file})`, fairness);
  }

  /**
   * `xfs_get_blocks_direct`: holes inside the size that the disk has become unwritten extents, those behind it written
   * ones; a block at or behind i_size is new, whatever it is.
   */
  *getBlock(lblk: number, max: number, create: Create): Steps<Mapping | number> {
    const { map, inode, ilock } = this;
    if (create === "lookup") {
      yield* ilock.lockShared();
      const found = map.getBlock(lblk, max);
      yield* ilock.unlockShared();
      return found;
    }
    const handle = yield* this.#xfs.journal().start();
    yield* ilock.lockExclusive();
    const sector = lblk * map.sectorsPerBlock;
    const as = sector < inode.diskSize.get() ? "unwritten" : "written";
    const mapping = map.getBlockCreate(lblk, max, as, handle);
    this.#xfs.journal().stopNow(handle);
    yield* ilock.unlockExclusive();
    return mapping === null ? -ENOSPC : { ...mapping, isNew: sector >= inode.readSize() };
  }

  /** `xfs_vm_direct_IO`: each direct I/O counts as an ioend, which truncation waits for. */
  *directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    const { dioCount } = this.inode;
    const ioend = ioendOf(transfer.call);
    yield;
    dioCount.increment(ioend);
    const lockType = rw === "write" ? "OWN_LOCKING" : "NO_LOCKING";
    const ret = yield* this.paths.blockdevDirectIo({ file: this, rw, transfer, pos }, lockType);
    // end_io has taken it, when there was any I/O.
    if (ret !== -EIOCBQUEUED && !this.#ended.delete(transfer.call)) dioCount.decrement(ioend);
    return ret;
  }

  /** `xfs_end_io_direct`: converting needs a transaction, so that it is left to a work item, of a synchronous write too. */
  protected override endIo(dio: Dio, transferred: number): void {
    const { call } = dio.transfer;
    const done = () => this.inode.dioCount.decrement(ioendOf(call));
    if (this.inode.world.current === call.task) this.#ended.add(call);
    if (dio.rw === "read" || !dio.metUnwritten || transferred <= 0) done();
    else this.#convertLater(`convert(${call.name})`, dio.pos, transferred, done);
  }

  #convertLater(what: string, pos: number, sectors: number, done: () => void): void {
    const { sectorsPerBlock } = this.map;
    const lblk = Math.floor(pos / sectorsPerBlock);
    const blocks = Math.ceil((pos + sectors) / sectorsPerBlock) - lblk;
    for (let each = lblk; each < lblk + blocks; each++) this.#queued.add(each);
    const conversion: Conversion = { file: this, lblk, blocks, done };
    this.#xfs.datad.queueWork(what, XfsFile.#convert, conversion);
  }

  /**
   * `xfs_iomap_write_unwritten`: whole blocks, also where a part of one was written; each mapping of the range in a
   * transaction of its own, those that are written already too.
   */
  static *#convert({ file, lblk, blocks, done }: Conversion): Steps {
    const journal = file.#xfs.journal();
    for (let first = lblk; first < lblk + blocks;) {
      const handle = yield* journal.start();
      yield* file.ilock.lockExclusive();
      const mapping = file.map.getBlock(first, lblk + blocks - first);
      file.map.convert(first, mapping.blocks, handle);
      for (let each = first; each < first + mapping.blocks; each++) file.#queued.delete(each);
      journal.stopNow(handle);
      yield* file.ilock.unlockExclusive();
      first += mapping.blocks;
    }
    yield;
    done();
  }

  sizeGrew(): void {}

  /** `xfs_write_sync_logforce`. */
  *syncMetadata(_call: Call): Steps<number> {
    return yield* this.#xfs.journal().forceCommit();
  }

  /** `VN_CACHED`, as part of the current step. */
  #isCached(): boolean {
    return this.inode.mapping.nrpages.get() > 0;
  }

  /** `fs_flushinval_pages`: writes all of the file and takes what lies behind `pos` from the cache. */
  *#flushinvalPages(pos: number): Steps<number> {
    const { mapping, bounds } = this.inode;
    const error = yield* filemapWriteAndWait(mapping);
    if (error < 0) return error;
    const first = this.inode.pageOf(pos) * bounds.sectorsPerPage;
    yield* truncateInodePagesRange(mapping, first, bounds.pagesMax * bounds.sectorsPerPage);
    return 0;
  }

  /** `xfs_read`. */
  override *read(transfer: Transfer): Steps<number> {
    const { inode, iolock } = this;
    const { direct, call, pos } = transfer;
    if (direct && (!transfer.aligned || !this.#isAligned(transfer))) {
      yield;
      return -EINVAL;
    }
    if (direct) yield* inode.iMutex.lock();
    yield* iolock.lockShared();
    call.at("r0");
    if (direct) {
      yield;
      const error = this.#isCached() ? yield* this.#flushinvalPages(pos) : 0;
      yield* inode.iMutex.unlock();
      if (error < 0) {
        yield* iolock.unlockShared();
        return error;
      }
    }
    const ret = yield* genericFileAioRead(this, transfer);
    yield* iolock.unlockShared();
    return ret;
  }

  #isAligned({ pos, len }: Transfer): boolean {
    const { sectorsPerBlock } = this.map;
    return this.flags.blkfactor > 0 || pos % sectorsPerBlock === 0 && len % sectorsPerBlock === 0;
  }

  /** `xfs_write`. */
  override *write(transfer: Transfer): Steps<number> {
    const { inode, iolock, ilock } = this;
    const { call, len, sync } = transfer;
    if (transfer.direct && (!transfer.aligned || !this.#isAligned(transfer))) {
      yield;
      return -EINVAL;
    }
    let { pos, direct } = transfer;
    let needsMutex = true;
    let needsFlush = false;
    if (direct) {
      yield;
      call.at("X1");
      needsFlush = this.#isCached();
      needsMutex = needsFlush || pos >= inode.readSize();
    }
    let written = 0;
    for (;;) {
      if (needsMutex) {
        yield* inode.iMutex.lock();
        yield* iolock.lockExclusive();
      } else yield* iolock.lockShared();
      yield* ilock.lockExclusive();
      call.at("X2");
      const size = inode.readSize();
      if (transfer.append && written === 0) call.positioned(pos = size);
      if (pos > size) yield* this.#zeroEof(size, pos);
      yield* ilock.unlockExclusive();
      if (!direct) {
        call.at(written > 0 ? "A16" : "w0");
        const ret = yield* genericFileBufferedWrite(this, transfer, pos, written);
        written = ret < 0 && written > 0 ? written : ret;
        break;
      }
      if (needsFlush) {
        const error = yield* this.#flushinvalPages(pos);
        call.at("X3");
        if (error < 0) {
          written = error;
          break;
        }
      }
      if (needsMutex) {
        yield* iolock.downgrade();
        call.at("X4");
        yield* inode.iMutex.unlock();
        needsMutex = false;
      }
      written = yield* genericFileDirectWrite(this, transfer, pos);
      if (written < 0 || written === len) break;
      // The rest goes on buffered, with the locks taken anew.
      yield* iolock.unlockShared();
      needsMutex = true;
      direct = false;
    }
    if (written > 0) yield* this.#raiseDiskSize(pos + written, call);
    if (written > 0 && sync !== "none") yield* this.syncMetadata(call);
    if (needsMutex) {
      yield* iolock.unlockExclusive();
      yield* inode.iMutex.unlock();
    } else yield* iolock.unlockShared();
    if (written <= 0 || sync === "none") return written;
    return (yield* syncPageRange(this, pos, written, call)) || written;
  }

  /** The size that is logged goes up only, with the extents locked. */
  *#raiseDiskSize(end: number, call: Call): Steps {
    const { inode, ilock } = this;
    yield;
    if (end <= inode.diskSize.get()) return;
    const handle = yield* this.#xfs.journal().start();
    yield* ilock.lockExclusive();
    call.at("X5");
    if (end > inode.diskSize.get()) {
      setDiskSize(inode, end, handle);
      inode.writeSize(end);
    }
    this.#xfs.journal().stopNow(handle);
    yield* ilock.unlockExclusive();
  }

  /** `xfs_zero_eof`: the rest of the page that the file ends in; blocks behind it are holes or new. */
  *#zeroEof(size: number, _pos: number): Steps<number> {
    return yield* blockTruncatePage(this, size);
  }

  /** A page that is about to be written gets its block reserved, if it has none. */
  protected override *prepareWrite(folio: Folio, from: number, to: number): Steps<number> {
    const { map, inode, device } = this;
    const reserving = { inode, map, device, getBlock: (lblk: number) => getReserved(map, lblk) };
    return yield* blockPrepareWrite(reserving, folio, from, to);
  }

  /** `xfs_vm_writepage`: reserved blocks become written ones; unwritten ones are converted before writeback ends. */
  protected override *writepage(folio: Folio): Steps<number> {
    const { map, inode, device } = this;
    const journal = this.#xfs.journal();
    const allocating = {
      inode,
      map,
      device,
      getBlock: (lblk: number, max: number) => getAllocated(map, journal, lblk, max),
    };
    return yield* blockWriteFullPage(allocating, folio, (written) => this.#endWritepage(written));
  }

  #endWritepage(folio: Folio): void {
    const { map, inode } = this;
    const { sectorsPerPage } = inode.bounds;
    const first = folio.index * sectorsPerPage / map.sectorsPerBlock;
    const blocks = sectorsPerPage / map.sectorsPerBlock;
    const unwritten = Array.from({ length: blocks }, (_, nth) => map.getBlock(first + nth, 1))
      .some(({ state }) => state === "unwritten");
    if (!unwritten) folio.endWriteback();
    else {
      const from = folio.index * sectorsPerPage;
      this.#convertLater(`convert ${folio.name}`, from, sectorsPerPage, () => folio.endWriteback());
    }
  }

  /** `xfs_setattr` of a size, which waits for all I/O of the file. */
  *truncate(size: number, call: Call): Steps<number> {
    const { inode, iolock, ilock, flags } = this;
    yield* inode.iMutex.lock();
    call.at("t1");
    if (flags.truncAllocSem) {
      yield* inode.iAllocSem.lockExclusive();
      call.at("t2");
    }
    yield* iolock.lockExclusive();
    yield* inode.dioCount.waitZero();
    yield* truncateSetsize(inode, size);
    call.at("t6");
    const error = yield* blockTruncatePage(this, size);
    const handle = yield* this.#xfs.journal().start();
    yield* ilock.lockExclusive();
    call.at("t7");
    this.map.trim(Math.ceil(size / this.map.sectorsPerBlock), handle);
    setDiskSize(inode, size, handle);
    this.#xfs.journal().stopNow(handle);
    yield* ilock.unlockExclusive();
    yield* iolock.unlockExclusive();
    if (flags.truncAllocSem) yield* inode.iAllocSem.unlockExclusive();
    yield* inode.iMutex.unlock();
    call.at("t8");
    return error;
  }

  override blocks() {
    return blockRecords(this.map, (lblk) => this.#queued.has(lblk));
  }
}

/** Mounts all files of a scenario. */
export function mountXfs(mount: LegacyMount): MountedSystem {
  let journal: Journal | null = null;
  const datad = new Workqueue(mount.world, "xfsdatad", "concurrent");
  const xfs: XfsMount = { mount, journal: () => journal!, datad };
  const files = mount.filesOf((format) => new XfsFile(xfs, format));
  journal = mount.newJournal({ handlesJoinAt: "stop", thread: "xfslogd" });
  return mount.journalled(files, journal);
}

/** A hole becomes a reservation. */
function* getReserved(map: BlockMap, lblk: number): Steps<Mapping> {
  yield;
  map.reserve(lblk);
  return map.getBlock(lblk, 1);
}

/** A reservation becomes a block. */
function* getAllocated(map: BlockMap, journal: Journal, lblk: number, max: number): Steps<Mapping | number> {
  const handle = yield* journal.start();
  yield;
  const mapping = map.getBlockCreate(lblk, max, "written", handle);
  journal.stopNow(handle);
  return mapping ?? -ENOSPC;
}
