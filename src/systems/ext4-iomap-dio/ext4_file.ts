/**
 * A mounted ext4, and a file of it.
 *
 * @module
 */

import { type Era, ERAS } from "../../machine/era.ts";
import { EOPNOTSUPP } from "../../machine/errno.ts";
import type { Folio } from "../../machine/folio.ts";
import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import { filemapFdatawriteRange, type WritebackSync } from "../../machine/page_cache_flush.ts";
import { truncateInodePagesRange } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { blockReadFullPage } from "../common/block_pages.ts";
import { readThroughCache } from "../common/buffered_io.ts";
import { allocateReserved, hasBlockIn, type WritebackEnd, type WrittenBlocks } from "../common/delalloc_pages.ts";
import { iomapFiemap } from "../common/fiemap.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import { BEFORE_5_8, CORE_6_1, CORE_6_18, type IomapDioCore } from "../common/iomap_dio.ts";
import { IomapFile } from "../common/iomap_file.ts";
import { IomapVolume } from "../common/iomap_volume.ts";
import { type KernelBelow, PLAIN_KERNEL } from "../common/kernel_below.ts";
import { submitBufferedWrite, submitDirect } from "../common/ring_submission.ts";
import { unreadableFrom } from "../common/transfer.ts";
import type { Call, Transfer } from "../system.ts";
import { ext4BufferedWriteIter } from "./buffered_write.ts";
import { ext4DioReadIter } from "./dio_read.ts";
import { ext4DioWriteIter } from "./dio_write.ts";
import { ext4Fallocate } from "./fallocate.ts";
import {
  ext4Allocated,
  ext4Converts,
  ext4Lookup,
  ext4PageCacheEvents,
  ext4ReadaheadEvents,
  EXTENTS_IN_INODE,
} from "./ext4_events.ts";
import type { Ext4Flags } from "./flags.ts";
import { StatusTree, UnmergedExtents } from "./status_tree.ts";
import { EXT4_DIO_STEPS } from "./steps.ts";
import { ext4Truncate } from "./inode_extension.ts";
import type { BlockRange } from "./io_submit.ts";
import { ext4SetSize } from "./truncate.ts";
import { ext4WriteEnded, ext4WriteFailed } from "./write_end.ts";
import { ext4Writepages } from "./writepages.ts";

const BUSY_BUFFERS = "busy buffers";

/** What a mounted ext4 is made of. */
export class Ext4Volume extends IomapVolume<Ext4File> {
  readonly flags: Ext4Flags;

  /** @param below the kernel that it is in; default: what its version says */
  constructor(world: World, scenario: Scenario, flags: Ext4Flags, below: KernelBelow = kernelOf(flags)) {
    super(world, scenario, { handlesJoinAt: "start", thread: "jbd2", conversions: "ext4_conversion", below });
    this.flags = flags;
  }

  protected override newFile(name: string): Ext4File {
    return new Ext4File(this, name);
  }

  protected override isPreallocated(file: string, lblk: number): boolean {
    return this.file(file).preallocated.has(lblk);
  }

  override operationsOf(file: IomapFile): AddressSpaceOperations {
    return {
      ...super.operationsOf(file),
      events: ext4PageCacheEvents(() => file as Ext4File),
      releaseFolio: ({ buffers }) => buffers !== BUSY_BUFFERS,
      ...(this.below.surroundings === undefined ? {} : {
        writepages: (first, last, sync) => ext4Writepages(file as Ext4File, first, last, sync),
        readFolio: (folio) => blockReadFullPage(file, folio, file.readaheadEvents()),
        writeFailed: (error, end) => ext4WriteFailed(file as Ext4File, error, end),
        writeEnded: (_folio, pos, copied, before) => ext4WriteEnded(file as Ext4File, pos, copied, before),
      }),
    };
  }

  /** Buffers that somebody else uses, such as a journal, keep their page in the cache. */
  cached(folio: Folio, also: readonly string[]): void {
    if (also.includes("busy_buffers")) folio.buffers = BUSY_BUFFERS;
  }
}

/** 5.0 to 5.5 take i_mmap_sem around a fault, 6.x invalidate_lock where the cache is filled. */
function eraOf({ version }: Ext4Flags): Era {
  return version === "v61" || version === "v61y" || version === "v618" ? ERAS.G6 : ERAS.G50;
}

export class Ext4File extends IomapFile {
  readonly volume: Ext4Volume;
  readonly flags: Ext4Flags;
  /** Blocks beyond the end of the file that are there on purpose; only checks look at it. */
  readonly preallocated: Set<number>;
  /** For events: the pass of writeback under way has allocated blocks. */
  writesFolios = false;
  /** What the status tree knows; null: everything, as where no recording is followed. */
  tree: StatusTree | null = null;
  /** Extents that stand apart; null: none, as where no recording is followed. */
  unmerged: UnmergedExtents | null = null;
  /** For events: where the extents stand; more of them than the inode has room for go into blocks. */
  readonly extents: { stand: "in_inode" | "in_blocks" };
  /** For events: blocks of cached pages whose buffers are mapped. */
  readonly #mappedBuffers = new WeakMap<Folio, Set<number>>();
  readonly newBuffers?: "dirty_if_uptodate";
  /** Pages of a request at which allocation fails. */
  readonly enospcPage: number;

  constructor(volume: Ext4Volume, name: string) {
    const { flags } = volume;
    super(volume, name, { syncTid: "i_sync_tid" });
    this.volume = volume;
    this.flags = flags;
    this.enospcPage = flags.enospc_at === "none" ? Infinity : flags.enospc_at;
    this.extents = { stand: this.map.peekExtents(EXTENTS_IN_INODE) > EXTENTS_IN_INODE ? "in_blocks" : "in_inode" };
    if (volume.below.surroundings !== undefined) {
      // ext4_block_write_begin of 6.18 leaves that to ->write_end.
      if (flags.version !== "v618") this.newBuffers = "dirty_if_uptodate";
      this.unmerged = new UnmergedExtents();
      this.tree = new StatusTree(this.map, volume.below.surroundings.isFresh(name) ? "empty" : "full");
    }
    const eof = Math.ceil(this.inode.peekSize / this.sectorsPerBlock);
    this.preallocated = new Set(this.blocksAtStart().map(({ lblk }) => lblk).filter((lblk) => lblk >= eof));
  }

  *read(transfer: Transfer): Steps<number> {
    const got = transfer.direct
      ? yield* submitDirect(this.volume, transfer, (own) => ext4DioReadIter(this, own))
      : yield* readThroughCache(this.inode.mapping, transfer, transfer.pos);
    yield* this.volume.below.afterRead(this.inode, transfer, got);
    return got;
  }

  *write(asked: Transfer): Steps<number> {
    const transfer = this.volume.below.writeOf(asked);
    if (!transfer.direct) {
      if (!transfer.nowait) {
        return yield* submitBufferedWrite(this.volume, transfer, (own) => ext4BufferedWriteIter(this, own, 0));
      }
      yield;
      return -EOPNOTSUPP;
    }
    const direct = unreadableFrom(transfer, this.flags.efault_at);
    return yield* submitDirect(this.volume, direct, (own) => ext4DioWriteIter(this, own));
  }

  *truncate(size: number, call: Call): Steps<number> {
    return yield* ext4SetSize(this, size, call);
  }

  /** Whether the call at work moves the end within its sector: sizes here are counted in those. */
  get endMovesWithinSector(): boolean {
    return this.volume.below.surroundings?.endMovesWithinSector() ?? false;
  }

  /** Whether the end lies within the last sector that there is. */
  get endsWithinSector(): boolean {
    return this.volume.below.surroundings?.endsWithinSector(this.name, this.inode.peekSize) ?? false;
  }

  /** `ext4_evict_inode`: the inode leaves memory; where it has no name any more, its blocks go too, and it is a new one. */
  *evict(names: "left" | "gone"): Steps {
    const { inode } = this;
    const { pagesMax, sectorsPerPage } = inode.bounds;
    if (names === "gone") {
      inode.world.tracepoints?.emit("ext4_begin_ordered_truncate", { file: inode.ino, new_size: 0 });
    }
    yield* truncateInodePagesRange(inode.mapping, 0, pagesMax * sectorsPerPage);
    inode.nosec.testAndClear();
    this.tree?.remove(0, this.map.blocksMax);
    if (names === "left") return;
    const hadBlocks = this.map.peekExtents(0) > 0;
    inode.writeSize(0);
    inode.diskSize.set(0);
    if (hadBlocks) yield* ext4Truncate(this);
    this.extents.stand = "in_inode";
    this.preallocated.clear();
  }

  /** The inode comes into memory: what the running transaction has of it is not known, and fsync waits for that. */
  comesIntoMemory(): void {
    const { running } = this.journal;
    if (running.credits > 0) this.syncTid.set(running.tid);
  }

  /** `ext4_fiemap`: lengths of a mapping are counted by 31 bits, block numbers of a file by 32. */
  *fiemap(): Steps {
    yield* iomapFiemap(this, {
      bytesMax: (2 ** 32 - 1) * this.sectorsPerBlock * SECTOR_BYTES,
      blocksAtOnce: 2 ** 31 - 1,
      looks: ({ first, end }) => ext4Lookup(this, first, Math.min(end, this.map.blocksMax) - first),
      found: () => {},
      // What is asked for goes beyond i_size.
      isDirty: () => true,
    });
  }

  /** A pass of the flusher. */
  *writeback(sync: WritebackSync): Steps<number> {
    const { pagesMax, sectorsPerPage } = this.inode.bounds;
    return yield* filemapFdatawriteRange(this.inode.mapping, 0, pagesMax * sectorsPerPage - 1, sync);
  }

  *fallocate(pos: number, len: number, flags: readonly string[], call: Call): Steps<number> {
    return yield* ext4Fallocate(this, pos, len, flags, call);
  }

  /** `ext4_sync_file`. */
  override *syncRange(first: number, last: number, scope: "data" | "all"): Steps<number> {
    const { world, ino } = this.inode;
    world.tracepoints?.emit("ext4_sync_file_enter", { file: ino, datasync: scope === "data" ? 1 : 0 });
    const ret = yield* super.syncRange(first, last, scope);
    world.tracepoints?.emit("ext4_sync_file_exit", { file: ino, ret });
    return ret;
  }

  /** `ext4_da_map_blocks`: a hole is looked up once more under the lock that it is reserved with. */
  writesInto(lblk: number): void {
    const { world, ino, mapping, bounds } = this.inode;
    if (world.tracepoints === null) return;
    const folio = mapping.peekFolio(Math.floor(lblk * this.sectorsPerBlock / bounds.sectorsPerPage));
    if (folio !== null) {
      // A buffer that has its block is not looked up again.
      let own = this.#mappedBuffers.get(folio);
      if (own === undefined) this.#mappedBuffers.set(folio, own = new Set());
      if (own.has(lblk)) return;
      own.add(lblk);
    }
    ext4Lookup(this, lblk);
    if (this.map.peek(lblk) !== "hole") return;
    ext4Lookup(this, lblk);
    if (!this.map.peekCanReserve(lblk)) return;
    world.tracepoints.emit("ext4_da_reserve_space", { file: ino });
    world.tracepoints.emit("ext4_es_insert_delayed_extent", { file: ino, lblk, len: 1 });
  }

  /** Whether the buffer of a block of a cached page knows its place, or that it has been reserved. */
  hasMappedBuffer(folio: Folio, lblk: number): boolean {
    return this.#mappedBuffers.get(folio)?.has(lblk) ?? false;
  }

  override readaheadEvents() {
    return ext4ReadaheadEvents(this);
  }

  protected override timesMove(at: "before_handle" | "in_handle"): void {
    const { world, ino } = this.inode;
    if (at === "in_handle") world.tracepoints?.emit("ext4_mark_inode_dirty", { file: ino });
  }

  protected override handleStarted(): void {
    this.#started("ext4_journal_start_inode");
  }

  /** `reserved`: credits that writeback has set aside for the end of its I/O. */
  #started(event: "ext4_journal_start_inode" | "ext4_journal_start_reserved"): void {
    const { world, ino } = this.inode;
    world.tracepoints!.emit(event, { file: ino });
    world.tracepoints!.emit("jbd2_handle_start", {});
  }

  protected override handleStopped(): void {
    this.inode.world.tracepoints!.emit("jbd2_handle_stats", {});
  }

  // Writeback of delayed allocation.

  /** `ext4_writepages`: blocks for what is reserved; i_disksize follows to where the page's data ends. */
  *allocateForWriteback(page: WrittenBlocks): Steps<number> {
    const { inode } = this;
    yield;
    if (!hasBlockIn(this, page, "delalloc") && page.end <= inode.diskSize.get()) return 0;
    const handle = yield* this.startHandle();
    yield;
    const blocks = this.volume.below.writeback === "in_runs" ? this.#runFrom(page) : page;
    this.#allocates(blocks);
    const error = allocateReserved(this, blocks, handle);
    const size = Math.min(blocks.end, inode.readSize());
    if (error === 0 && size > inode.diskSize.get()) setDiskSize(inode, size, handle);
    this.stopHandle(handle);
    return error;
  }

  /** `mpage_prepare_extent_to_map`: the reserved blocks of dirty pages that follow are allocated with those of the first. */
  #runFrom({ first, count, end }: WrittenBlocks): WrittenBlocks {
    const { inode: { mapping, bounds }, map, sectorsPerBlock } = this;
    const perPage = bounds.sectorsPerPage / sectorsPerBlock;
    const last = Math.ceil(this.inode.readSize() / sectorsPerBlock);
    let run = count;
    while (first + run < last && (first + run) % perPage === 0 && map.peek(first + run) === "delalloc") {
      const folio = mapping.folioAt((first + run) / perPage);
      if (folio === null || !folio.dirty.test()) break;
      for (let nth = 0; nth < perPage && first + run < last && map.peek(first + run) === "delalloc"; nth++) run++;
    }
    return { first, count: run, end: Math.max(end, Math.min((first + run) * sectorsPerBlock, this.inode.readSize())) };
  }

  writebackEnd(blocks: WrittenBlocks): WritebackEnd | null {
    return hasBlockIn(this, blocks, "unwritten") ? { ...blocks, isUnwritten: true } : null;
  }

  /** `ext4_end_io_rsv_work`. */
  *completeWriteback(blocks: WritebackEnd): Steps {
    yield* this.convertWritten([blocks]);
  }

  /** `ext4_convert_unwritten_io_end_vec`. */
  *convertWritten(ranges: readonly BlockRange[]): Steps {
    const handle = yield* this.journal.start();
    if (this.inode.world.tracepoints !== null) this.#started("ext4_journal_start_reserved");
    yield;
    for (const { first, count } of ranges) {
      ext4Converts(this, first, count);
      this.map.convert(first, count, handle);
    }
    this.stopHandle(handle);
  }

  /** Events of writeback that allocates what is reserved among blocks. */
  #allocates({ first, count }: WrittenBlocks): void {
    const { world, ino } = this.inode;
    const { tracepoints } = world;
    if (tracepoints === null) return;
    tracepoints.emit("ext4_da_write_folios_start", { file: ino });
    this.writesFolios = true;
    for (let lblk = first; lblk < first + count;) {
      let len = 0;
      while (lblk + len < first + count && this.map.peek(lblk + len) === "delalloc") len++;
      if (len > 0) {
        tracepoints.emit("ext4_da_write_pages_extent", { file: ino, lblk, len });
        ext4Lookup(this, lblk, len);
        ext4Allocated(this, lblk, len, "CREATE|UNWRIT|DELALLOC|PRE_IO|METADATA_NOFAIL|IO_SUBMIT|EX_NOCACHE", "U");
      }
      lblk += Math.max(1, len);
    }
    tracepoints.emit("ext4_mark_inode_dirty", { file: ino });
  }
}

/** The kernel of a version. */
function kernelOf(flags: Ext4Flags): KernelBelow {
  return { ...PLAIN_KERNEL, era: eraOf(flags), core: coreOf(flags), steps: EXT4_DIO_STEPS, device: flags };
}

/** The core that a version has below it. */
function coreOf(flags: Ext4Flags): IomapDioCore {
  const isLater = eraOf(flags) === ERAS.G6;
  return {
    ...(flags.version === "v618" ? CORE_6_18 : CORE_6_1),
    ...(isLater ? {} : BEFORE_5_8),
    // The iomap core did until 5.9; what 5.0 itself used for ext4 did not.
    readsInvalidate: isLater || flags.version === "old" ? "never" : "as_writes_do",
    invalidateFailure: flags.inval_fail,
    syncs: isLater ? "after_dio_end" : "before_dio_end",
    postInvalidates: flags.inval_before_convert === "on" ? "before_end_io" : "after_end_io",
  };
}
