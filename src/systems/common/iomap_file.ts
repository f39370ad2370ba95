/**
 * What files of file systems whose direct I/O goes over iomap have in common.
 *
 * @module
 */

import type { BlockDevice } from "../../machine/block_device.ts";
import type { BlockMap, Mapping } from "../../machine/block_map.ts";
import { Inode } from "../../machine/inode.ts";
import type { Journal } from "../../machine/journal.ts";
import type { Handle } from "../../machine/journal_handle.ts";
import type { Steps } from "../../machine/task.ts";
import { Variable } from "../../machine/variable.ts";
import type { Workqueue } from "../../machine/workqueue.ts";
import { lengthSectors, sectorsOf } from "../../scenarios/place.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, ModelledFile, Transfer } from "../system.ts";
import { mediaOf } from "./block_file.ts";
import type { ReadaheadEvents } from "./block_readahead.ts";
import type { DelallocFile, WritebackEnd, WritebackPass, WrittenBlocks } from "./delalloc_pages.ts";
import type { IomapDioCore, IomapDioStepNames } from "./iomap_dio.ts";
import type { IomapDioFile } from "./iomap_dio_state.ts";
import type { IomapVolume } from "./iomap_volume.ts";
import { type JournalledFile, syncJournalled } from "./journalled_sync.ts";
import type { KernelBelow } from "./kernel_below.ts";

/** BIO_MAX_VECS. */
const BIO_PAGES_MAX = 256;

export interface IomapFileOptions {
  /** What keeps the number of the transaction that fsync waits for: `i_sync_tid`, `i_item`. */
  readonly syncTid: string;
}

export abstract class IomapFile implements ModelledFile, DelallocFile, IomapDioFile, JournalledFile {
  readonly name: string;
  readonly inode: Inode;
  readonly map: BlockMap;
  readonly device: BlockDevice;
  readonly journal: Journal;
  readonly workqueue: Workqueue;
  readonly dioWorkqueue: Workqueue;
  readonly ringTask: Workqueue;
  readonly sectorsPerBlock: number;
  readonly bioPagesMax: number;
  readonly deviceFua: "fua" | "no_fua";
  readonly steps: IomapDioStepNames;
  /** The transaction with the last change that fsync waits for; 0: none. */
  readonly syncTid: Variable<number>;
  /** Errors of writeback that fsync has told of. */
  readonly errorsSeen: Variable<number>;
  readonly #volume: IomapVolume;

  constructor(volume: IomapVolume, name: string, { syncTid }: IomapFileOptions) {
    const { world, scenario, disk } = volume;
    const { SECTORS_PER_PAGE, pages, PAGEVEC, fault_around, retries, BIO_MAX_VECS } = scenario.bounds;
    const file = scenario.files[name];
    this.#volume = volume;
    this.name = name;
    this.map = disk.map(name);
    this.device = disk.device;
    this.journal = disk.journal;
    this.workqueue = volume.conversions;
    this.dioWorkqueue = volume.dioDone;
    this.ringTask = volume.ringTask;
    this.sectorsPerBlock = disk.layout.sectorsPerBlock;
    this.bioPagesMax = Math.min(BIO_MAX_VECS, BIO_PAGES_MAX);
    this.deviceFua = volume.deviceFua;
    this.steps = volume.below.steps;
    this.inode = new Inode(world, {
      ino: name,
      size: lengthSectors(file.size, SECTORS_PER_PAGE),
      era: volume.below.era,
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
    this.syncTid = new Variable(world, `${syncTid}(${name})`, 0);
    this.errorsSeen = new Variable(world, `f_wb_err(${name})`, 0);
    if (volume.below.nosec === "unknown") this.inode.nosec.testAndClear();
    for (const { lblk, state } of this.blocksAtStart()) if (state === "delalloc") this.map.reserve(lblk);
  }

  /** The kernel that the file system is in. */
  get below(): KernelBelow {
    return this.#volume.below;
  }

  get core(): IomapDioCore {
    return this.#volume.below.core;
  }

  abstract read(transfer: Transfer): Steps<number>;
  abstract write(transfer: Transfer): Steps<number>;
  abstract truncate(size: number, call: Call): Steps<number>;
  abstract fallocate(pos: number, len: number, flags: readonly string[], call: Call): Steps<number>;

  /** Blocks that the scenario names, in its order. */
  protected blocksAtStart(): { readonly lblk: number; readonly state: string }[] {
    const { sectorsPerBlock, inode: { bounds } } = this;
    return this.#volume.scenario.files[this.name].blocks.flatMap(({ range, state }) => {
      const { from, to } = sectorsOf(range, bounds.sectorsPerPage);
      const first = from / sectorsPerBlock;
      return Array.from(
        { length: Math.ceil(to / sectorsPerBlock - first) },
        (_, nth) => ({ lblk: first + nth, state }),
      );
    });
  }

  /** `get_block` without allocation. */
  *getBlock(lblk: number, max: number): Steps<Mapping> {
    yield;
    return this.map.getBlock(lblk, max);
  }

  *fsync(scope: "data" | "all", _call: Call): Steps<number> {
    return yield* this.syncRange(0, this.inode.bounds.pagesMax * this.inode.bounds.sectorsPerPage - 1, scope);
  }

  *genericWriteSync({ pos, len, sync }: Transfer): Steps<number> {
    return yield* this.syncRange(pos, pos + len - 1, sync === "sync" ? "all" : "data");
  }

  /** Makes sectors [first, last] durable, and what is needed to find them. */
  *syncRange(first: number, last: number, _scope: "data" | "all"): Steps<number> {
    return yield* syncJournalled(this, first, last);
  }

  blocks(): readonly BlockRecord[] {
    return this.#volume.disk.blocks(this.name);
  }

  media(): readonly string[] {
    return mediaOf(this);
  }

  /**
   * `file_modified`: what a write does to timestamps when the coarse clock has moved. That fsync waits for it, and fdatasync
   * does not, is left out: it is about no data.
   */
  *updateTimes(): Steps {
    if (this.#volume.below.timestamps === "unmoved") return;
    this.timesMove("before_handle");
    const handle = yield* this.startHandle();
    yield;
    this.timesMove("in_handle");
    this.dropHandle(handle);
  }

  /** Starts a handle, or a transaction of XFS. */
  *startHandle(): Steps<Handle> {
    const handle = yield* this.journal.start();
    if (this.inode.world.tracepoints !== null) this.handleStarted();
    return handle;
  }

  /** Stops a handle whose changes fsync has to wait for, as part of the current step. */
  stopHandle(handle: Handle): void {
    this.syncTid.set(this.journal.stopNow(handle));
    if (this.inode.world.tracepoints !== null) this.handleStopped();
  }

  /** Stops a handle whose changes, if there are any, fsync need not wait for; as part of the current step. */
  dropHandle(handle: Handle): void {
    this.journal.stopNow(handle);
    if (this.inode.world.tracepoints !== null) this.handleStopped();
  }

  /** What readahead fires. */
  abstract readaheadEvents(): ReadaheadEvents;

  // Told for runs that are traced.
  protected abstract timesMove(at: "before_handle" | "in_handle"): void;
  protected abstract handleStarted(): void;
  protected abstract handleStopped(): void;

  abstract allocateForWriteback(blocks: WrittenBlocks, pass?: WritebackPass): Steps<number>;
  abstract writebackEnd(blocks: WrittenBlocks): WritebackEnd | null;
  abstract completeWriteback(end: WritebackEnd): Steps;
}
