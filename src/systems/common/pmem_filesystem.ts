/**
 * A file system on persistent memory: data lies in blocks that are loaded from and stored into, metadata goes by a journal
 * (ext4) or inode by inode (ext2).
 *
 * @module
 */

import { BlockAllocator, type FileBlock } from "../../machine/block_allocator.ts";
import { BlockDevice } from "../../machine/block_device.ts";
import { BlockMap } from "../../machine/block_map.ts";
import { CrashOrder } from "../../machine/crash_order.ts";
import { RecoveredDisk, type RecoveredFile } from "../../machine/disk_recovery.ts";
import type { DiskMetadata, MetadataSink } from "../../machine/disk_metadata.ts";
import type { Inode } from "../../machine/inode.ts";
import { Journal } from "../../machine/journal.ts";
import { Handle } from "../../machine/journal_handle.ts";
import type { PageCacheBounds } from "../../machine/page_cache_bounds.ts";
import type { PersistenceDomain } from "../../machine/persistent_memory.ts";
import { imageCount, type PersistentMemoryImage } from "../../machine/persistent_memory_image.ts";
import type { CrashPick } from "../../machine/program.ts";
import type { Steps } from "../../machine/task.ts";
import { type Token, ZERO } from "../../machine/tokens.ts";
import { UnjournalledMetadata } from "../../machine/unjournalled_metadata.ts";
import { Variable } from "../../machine/variable.ts";
import type { World } from "../../machine/world.ts";
import { sectorsOf } from "../../scenarios/place.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { BlockRecord, FileRecord } from "../run_record.ts";
import type { Recovery } from "../system.ts";
import { type DiskLayout, diskLayout } from "./disk_layout.ts";
import { PmemVolume } from "./pmem_volume.ts";

/** How metadata becomes durable. */
export type MetadataKind = "journal" | "inode_by_inode";

export interface PmemFilesystemOptions {
  readonly metadata: MetadataKind;
  readonly domain: PersistenceDomain;
}

/** Transactions that the log has room for. */
const TRANSACTIONS_MAX = 16;

export class PmemFilesystem {
  readonly world: World;
  readonly layout: DiskLayout;
  readonly bounds: PageCacheBounds;
  readonly volume: PmemVolume;
  readonly allocator: BlockAllocator;
  /** Null: ext2. */
  readonly journal: Journal | null;
  /** Of the program, when it can crash. */
  readonly recovery: Recovery | undefined;
  readonly #inodes: UnjournalledMetadata | null;
  readonly #inodeTable: BlockDevice | null;
  readonly #maps = new Map<string, BlockMap>();
  /** By file: transaction with the last change that fsync waits for; 0: none. */
  readonly #syncTids = new Map<string, Variable<number>>();

  constructor(world: World, scenario: Scenario, { metadata, domain }: PmemFilesystemOptions) {
    const layout = this.layout = diskLayout(scenario);
    const { bounds, device, kernel } = scenario;
    this.world = world;
    this.bounds = {
      sectorsPerPage: bounds.SECTORS_PER_PAGE,
      pagesMax: bounds.pages,
      pagevec: bounds.PAGEVEC,
      faultAroundPages: bounds.fault_around,
      readaheadPages: kernel.readahead,
      retriesMax: bounds.retries,
    };
    const crashOrder = scenario.crash === "never" ? null : new CrashOrder(world);
    const { linesPerSector, wordsPerLine } = device;
    this.volume = new PmemVolume(world, { layout, linesPerSector, wordsPerLine, domain, crashOrder });
    const enospcAt = device.enospcAt.flatMap(({ name, range }): FileBlock[] => {
      const { from, to } = range === null ? { from: 0, to: layout.blocksMax * layout.sectorsPerBlock } : sectorsOf(
        range,
        layout.sectorsPerPage,
      );
      const first = Math.floor(from / layout.sectorsPerBlock);
      const count = Math.ceil(to / layout.sectorsPerBlock) - first;
      return Array.from({ length: count }, (_, nth) => ({ file: name, lblk: first + nth }));
    });
    const allocator = this.allocator = new BlockAllocator(world, this.volume, { free: layout.free, enospcAt });
    for (const format of layout.formats) {
      this.#maps.set(
        format.file,
        new BlockMap(world, allocator, format, {
          sectorsPerBlock: layout.sectorsPerBlock,
          blocksMax: layout.blocksMax,
        }),
      );
      this.#syncTids.set(format.file, new Variable(world, `i_sync_tid(${format.file})`, 0));
    }
    const files = layout.formats;
    const order = crashOrder === null ? {} : { crashOrder };
    if (metadata === "journal") {
      this.journal = new Journal(world, {
        files,
        device: null,
        allocator,
        transactionsMax: TRANSACTIONS_MAX,
        ...order,
        ...(scenario.mount.logCredits === null ? {} : { logCredits: scenario.mount.logCredits }),
      });
      this.#inodeTable = this.#inodes = null;
    } else {
      this.journal = null;
      const table = this.#inodeTable = new BlockDevice(world, { sectors: 0, sectorsPerBlock: 1, ...order });
      this.#inodes = new UnjournalledMetadata(world, allocator, { files, device: table });
    }
    this.recovery = scenario.crash === "never" ? undefined : {
      durableVersion: () => this.#durableVersion(),
      imagesPossible: () => imageCount(this.volume.memory) * (this.#inodes?.imagesPossible() ?? 1),
      recover: (pick) => this.#recover(pick),
    };
  }

  map(file: string): BlockMap {
    return this.#maps.get(file)!;
  }

  /** Where changes of metadata go: a handle of the journal, or at once the inode. */
  *start(): Steps<MetadataSink> {
    return this.journal === null ? this.#inodes! : yield* this.journal.start();
  }

  /**
   * Ends what {@linkcode start} has begun, as part of the current step.
   *
   * @param changed whose next fsync has to wait for it; null: nothing was changed
   */
  stopNow(sink: MetadataSink, changed: Inode | null): void {
    if (!(sink instanceof Handle)) return;
    const tid = this.journal!.stopNow(sink);
    if (changed !== null) this.#syncTids.get(changed.ino)!.set(tid);
  }

  /** Makes the metadata of a file durable (05 C7 y2). Returns 0 or a negative error number. */
  *syncMetadata(inode: Inode): Steps<number> {
    if (this.journal === null) return yield* this.#inodes!.writeInode(inode.ino);
    yield;
    const tid = this.#syncTids.get(inode.ino)!.get();
    return tid === 0 ? 0 : yield* this.journal.commit(tid);
  }

  /** Whether the last change that fsync waits for has not been committed, looked at as part of the current step. */
  hasUncommittedChange({ ino }: Inode): boolean {
    const tid = this.#syncTids.get(ino)!.get();
    return this.journal !== null && tid !== 0 && this.journal.transactions[tid - 1].whenCommitted.level.read() === 0;
  }

  /** Commits the running transaction. */
  *commitJournal(): Steps {
    if (this.journal !== null) yield* this.journal.forceCommit();
  }

  /** True when no block is to be had now: what a reservation looks at. Part of the current step. */
  isFull(): boolean {
    return this.allocator.next() === undefined;
  }

  // Not looked at by any step.

  blocks(file: string): BlockRecord[] {
    const map = this.map(file);
    const records: BlockRecord[] = [];
    for (let lblk = 0; lblk < map.blocksMax; lblk++) {
      const state = map.peek(lblk);
      if (state === "hole") continue;
      records.push({ lblk, pblk: map.peekBlock(lblk), state, preallocated: false, conversionQueued: false });
    }
    return records;
  }

  media({ ino, peekSize }: Inode): Token[] {
    const map = this.map(ino);
    const { sectorsPerBlock } = this.layout;
    const last = this.blocks(ino).at(-1);
    const end = Math.max(peekSize, last === undefined ? 0 : (last.lblk + 1) * sectorsPerBlock);
    return Array.from({ length: end }, (_, sector) => {
      const lblk = Math.floor(sector / sectorsPerBlock);
      if (lblk >= map.blocksMax || map.peek(lblk) !== "written") return ZERO;
      return this.volume.peekSector({ pblk: map.peekBlock(lblk)!, sector });
    });
  }

  #durableVersion(): number {
    const metadata = this.journal?.durableVersion() ??
      this.#inodes!.durableVersion() + this.#inodeTable!.durableVersion();
    return this.volume.memory.version + metadata;
  }

  #recover(pick: CrashPick): FileRecord[] {
    const metadata: DiskMetadata = this.journal?.recover(null) ?? this.#inodes!.recover(pick);
    const image = this.volume.recoverFrom(pick);
    const { sectorsPerBlock } = this.layout;
    const disk = new RecoveredDisk(
      metadata,
      sectorsPerBlock,
      (block, within) => this.volume.recovered(image, block, within),
    );
    return [...disk.files.values()].map((file) => this.#recoveredRecord(file, image));
  }

  #recoveredRecord(file: RecoveredFile, image: PersistentMemoryImage): FileRecord {
    const { sectorsPerBlock } = this.layout;
    const blocks = [...file.blocks].sort(([a], [b]) => a - b);
    const last = blocks.at(-1);
    const end = Math.max(file.size, last === undefined ? 0 : (last[0] + 1) * sectorsPerBlock);
    return {
      name: file.file,
      size: file.size,
      diskSize: file.size,
      onOrphanList: false,
      blocks: blocks.map(([lblk, { pblk, state }]) => ({
        lblk,
        pblk,
        state,
        preallocated: false,
        conversionQueued: false,
      })),
      folios: [],
      ptes: [],
      media: Array.from({ length: end }, (_, sector) => {
        const block = file.blocks.get(Math.floor(sector / sectorsPerBlock));
        return block?.state === "written" ? this.volume.recovered(image, block, sector % sectorsPerBlock) : ZERO;
      }),
    };
  }
}
