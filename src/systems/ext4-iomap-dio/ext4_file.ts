/**
 * A mounted ext4, and a file of it.
 *
 * @module
 */

import { type Era, ERAS } from "../../machine/era.ts";
import type { Folio } from "../../machine/folio.ts";
import { Inode } from "../../machine/inode.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { BlockDevice } from "../../machine/block_device.ts";
import type { BlockMap, Mapping } from "../../machine/block_map.ts";
import type { Handle } from "../../machine/journal_handle.ts";
import type { Journal } from "../../machine/journal.ts";
import type { Steps } from "../../machine/task.ts";
import { Variable } from "../../machine/variable.ts";
import { Workqueue } from "../../machine/workqueue.ts";
import type { World } from "../../machine/world.ts";
import { lengthSectors, sectorsOf } from "../../scenarios/place.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { mediaOf } from "../common/block_file.ts";
import { readThroughCache } from "../common/buffered_io.ts";
import {
  allocateReserved,
  type DelallocFile,
  delallocOperations,
  hasBlockIn,
  type WrittenBlocks,
} from "../common/delalloc_pages.ts";
import { type IomapDioFile, IomapDios } from "../common/iomap_dio_state.ts";
import { CORE_6_1, type IomapDioCore } from "../common/iomap_dio.ts";
import { JournalledDisk } from "../common/journalled_disk.ts";
import { type JournalledFile, syncJournalled } from "../common/journalled_sync.ts";
import { unreadableFrom } from "../common/transfer.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, ModelledFile, MountedSystem, Transfer } from "../system.ts";
import { ext4BufferedWriteIter } from "./buffered_write.ts";
import { ext4DioReadIter } from "./dio_read.ts";
import { ext4DioWriteIter } from "./dio_write.ts";
import { ext4Fallocate } from "./fallocate.ts";
import type { Ext4Flags } from "./flags.ts";
import { EXT4_DIO_STEPS } from "./steps.ts";
import { ext4SetSize } from "./truncate.ts";

/** BIO_MAX_VECS. */
const BIO_PAGES_MAX = 256;

const BUSY_BUFFERS = "busy buffers";

/** What a mounted ext4 is made of. */
export class Ext4Volume implements MountedSystem {
  readonly world: World;
  readonly flags: Ext4Flags;
  readonly disk: JournalledDisk;
  readonly dios = new IomapDios();
  /** `ext4-rsv-conversion`. */
  readonly conversions: Workqueue;
  /** `dio/<dev>`. */
  readonly dioDone: Workqueue;
  readonly recovery: JournalledDisk;
  readonly #files = new Map<string, Ext4File>();

  constructor(world: World, scenario: Scenario, flags: Ext4Flags) {
    this.world = world;
    this.flags = flags;
    this.disk = this.recovery = new JournalledDisk(world, scenario, {
      handlesJoinAt: "start",
      thread: "jbd2",
      volatileCache: flags.wcache === "on" ? "volatile" : "by_scenario",
      isPreallocated: (file, lblk) => this.file(file).preallocated.has(lblk),
    });
    this.conversions = new Workqueue(world, "ext4_conversion", "concurrent");
    this.dioDone = new Workqueue(world, "dio_done", "concurrent");
    for (const name of Object.keys(scenario.files)) this.#files.set(name, new Ext4File(this, scenario, name));
  }

  file(name: string): Ext4File {
    const file = this.#files.get(name);
    if (file === undefined) throw new Error(`ext4 has no file ${name}`);
    return file;
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

  /** Buffers that somebody else uses, such as a journal, keep their page in the cache. */
  cached(folio: Folio, also: readonly string[]): void {
    if (also.includes("busy_buffers")) folio.buffers = BUSY_BUFFERS;
  }

  *commitJournal(): Steps {
    yield* this.disk.journal.forceCommit();
  }
}

/** 5.0 to 5.5 take i_mmap_sem around a fault, 6.x invalidate_lock where the cache is filled. */
function eraOf({ version }: Ext4Flags): Era {
  return version === "v61" || version === "v61y" || version === "v618" ? ERAS.G6 : ERAS.G50;
}

export class Ext4File implements ModelledFile, DelallocFile, IomapDioFile, JournalledFile {
  readonly volume: Ext4Volume;
  readonly name: string;
  readonly inode: Inode;
  readonly map: BlockMap;
  readonly device: BlockDevice;
  readonly journal: Journal;
  readonly flags: Ext4Flags;
  readonly workqueue: Workqueue;
  readonly dioWorkqueue: Workqueue;
  readonly sectorsPerBlock: number;
  readonly bioPagesMax: number;
  readonly deviceFua: "fua" | "no_fua";
  readonly steps = EXT4_DIO_STEPS;
  readonly core: IomapDioCore;
  /** Blocks beyond the end of the file that are there on purpose; only checks look at it. */
  readonly preallocated = new Set<number>();
  /** `i_sync_tid` and `i_datasync_tid`: the transaction with the last change that fsync waits for; 0: none. */
  readonly syncTid: Variable<number>;
  /** Errors of writeback that fsync has told of. */
  readonly errorsSeen: Variable<number>;
  /** Pages of a request at which allocation fails. */
  readonly enospcPage: number;

  constructor(volume: Ext4Volume, scenario: Scenario, name: string) {
    const { world, flags, disk } = volume;
    const { SECTORS_PER_PAGE, pages, PAGEVEC, fault_around, retries, BIO_MAX_VECS } = scenario.bounds;
    const file = scenario.files[name];
    this.volume = volume;
    this.name = name;
    this.flags = flags;
    this.map = disk.map(name);
    this.device = disk.device;
    this.journal = disk.journal;
    this.workqueue = volume.conversions;
    this.dioWorkqueue = volume.dioDone;
    this.sectorsPerBlock = disk.layout.sectorsPerBlock;
    this.bioPagesMax = Math.min(BIO_MAX_VECS, BIO_PAGES_MAX);
    this.deviceFua = scenario.device.fua === "on" ? "fua" : "no_fua";
    this.core = coreOf(flags);
    this.enospcPage = flags.enospc_at === "none" ? Infinity : flags.enospc_at;
    this.inode = new Inode(world, {
      ino: name,
      size: lengthSectors(file.size, SECTORS_PER_PAGE),
      era: eraOf(flags),
      bounds: {
        sectorsPerPage: SECTORS_PER_PAGE,
        pagesMax: pages,
        pagevec: PAGEVEC,
        faultAroundPages: fault_around,
        readaheadPages: scenario.kernel.readahead,
        retriesMax: retries,
      },
      mapping: { ...delallocOperations(this), releaseFolio: ({ buffers }) => buffers !== BUSY_BUFFERS },
    });
    this.inode.diskSize.set(lengthSectors(file.disksize, SECTORS_PER_PAGE));
    this.syncTid = new Variable(world, `i_sync_tid(${name})`, 0);
    this.errorsSeen = new Variable(world, `f_wb_err(${name})`, 0);
    const eof = Math.ceil(this.inode.peekSize / this.sectorsPerBlock);
    for (const { range, state } of file.blocks) {
      const { from, to } = sectorsOf(range, SECTORS_PER_PAGE);
      for (let lblk = from / this.sectorsPerBlock; lblk < to / this.sectorsPerBlock; lblk++) {
        if (state === "delalloc") this.map.reserve(lblk);
        if (lblk >= eof) this.preallocated.add(lblk);
      }
    }
  }

  /** `ext4_get_block` without allocation. */
  *getBlock(lblk: number, max: number): Steps<Mapping> {
    yield;
    return this.map.getBlock(lblk, max);
  }

  *read(transfer: Transfer): Steps<number> {
    return transfer.direct
      ? yield* ext4DioReadIter(this, transfer)
      : yield* readThroughCache(this.inode.mapping, transfer, transfer.pos);
  }

  *write(transfer: Transfer): Steps<number> {
    return transfer.direct
      ? yield* ext4DioWriteIter(this, unreadableFrom(transfer, this.flags.efault_at))
      : yield* ext4BufferedWriteIter(this, transfer, 0);
  }

  *truncate(size: number, call: Call): Steps<number> {
    return yield* ext4SetSize(this, size, call);
  }

  *fsync(_scope: "data" | "all", _call: Call): Steps<number> {
    return yield* syncJournalled(this, 0, this.inode.bounds.pagesMax * this.inode.bounds.sectorsPerPage - 1);
  }

  *fallocate(pos: number, len: number, flags: readonly string[], call: Call): Steps<number> {
    return yield* ext4Fallocate(this, pos, len, flags, call);
  }

  blocks(): readonly BlockRecord[] {
    return this.volume.disk.blocks(this.name);
  }

  media(): readonly string[] {
    return mediaOf(this);
  }

  *genericWriteSync({ pos, len }: Transfer): Steps<number> {
    return yield* syncJournalled(this, pos, pos + len - 1);
  }

  /** Stops a handle whose changes fsync has to wait for, as part of the current step. */
  stopHandle(handle: Handle): void {
    this.syncTid.set(this.journal.stopNow(handle));
  }

  // Writeback of delayed allocation.

  /** `ext4_writepages`: blocks for what is reserved; i_disksize follows to where the page's data ends. */
  *allocateForWriteback(blocks: WrittenBlocks): Steps<number> {
    const { inode } = this;
    yield;
    if (!hasBlockIn(this, blocks, "delalloc") && blocks.end <= inode.diskSize.get()) return 0;
    const handle = yield* this.journal.start();
    yield;
    const error = allocateReserved(this, blocks, handle);
    const size = Math.min(blocks.end, inode.readSize());
    if (error === 0 && size > inode.diskSize.get()) setDiskSize(inode, size, handle);
    this.stopHandle(handle);
    return error;
  }

  needsCompletion(blocks: WrittenBlocks): boolean {
    return hasBlockIn(this, blocks, "unwritten");
  }

  /** `ext4_end_io_rsv_work`. */
  *completeWriteback({ first, count }: WrittenBlocks): Steps {
    const handle = yield* this.journal.start();
    yield;
    this.map.convert(first, count, handle);
    this.stopHandle(handle);
  }
}

/** The core that a version has below it. */
function coreOf(flags: Ext4Flags): IomapDioCore {
  const isLater = eraOf(flags) === ERAS.G6;
  return {
    ...CORE_6_1,
    // The iomap core did until 5.9; what 5.0 itself used for ext4 did not.
    readsInvalidate: isLater || flags.version === "old" ? "never" : "as_writes_do",
    invalidateFailure: flags.inval_fail,
    syncs: isLater ? "after_dio_end" : "before_dio_end",
    writeThrough: flags.version === "v618" ? "with_fua_or_no_cache" : "with_fua",
    postInvalidates: flags.inval_before_convert === "on" ? "before_end_io" : "after_end_io",
  };
}
