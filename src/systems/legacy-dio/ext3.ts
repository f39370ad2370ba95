/**
 * ext3 of 2.6.20, `data=ordered`: a handle is open over the whole direct write, an inode that is being extended is on the
 * orphan list, and data of pages goes to the disk before the transaction that has allocated their blocks.
 *
 * @module
 */

import type { Bio } from "../../machine/bio.ts";
import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import type { Mapping } from "../../machine/block_map.ts";
import { genericCommitWrite } from "../../machine/buffered_write.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import { Count } from "../../machine/count.ts";
import { ENOSPC } from "../../machine/errno.ts";
import { Flag } from "../../machine/flag.ts";
import type { Folio } from "../../machine/folio.ts";
import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import type { Journal } from "../../machine/journal.ts";
import type { Handle } from "../../machine/journal_handle.ts";
import type { Steps } from "../../machine/task.ts";
import { Variable } from "../../machine/variable.ts";
import type { Create } from "../common/block_file.ts";
import { blockPrepareWrite, blockTruncatePage, blockWriteFullPage, endWriteback } from "../common/block_pages.ts";
import { reachStep } from "../common/reach_step.ts";
import type { Call, MountedSystem, Transfer } from "../system.ts";
import type { LegacyMount } from "./mount.ts";
import { MountedFile } from "./mounted_file.ts";
import { doTruncate } from "./truncate.ts";

/** What ext3 keeps with a page: its buffers, as far as the journal has to do with them. */
class JournalBuffers {
  /** Data that nobody lets go of: `data=journal`, or a transaction that does not end. */
  readonly isBusy: boolean;
  /** Buffers that a commit writes, which whoever writes the page waits for (`lock_buffer`). */
  readonly underCommit: Count;
  /** Transaction whose commit has to find the data on the disk; 0: none. */
  readonly transaction: Variable<number>;
  /**
   * Transactions that it has ever been so with, not looked at by any step: whoever adds one has a handle of it, which its
   * commit waits for before it asks.
   */
  readonly attached = new Set<number>();
  /** Buffers are dirty until somebody hands them to the device, also while the page is clean and about to be written. */
  readonly dirty: Flag;

  constructor(folio: Folio, isBusy: boolean) {
    const { world } = folio.home;
    this.isBusy = isBusy;
    this.underCommit = new Count(world, `buffers(${folio.home.host.ino},${folio.index})`);
    this.transaction = new Variable(world, "b_transaction", 0);
    this.dirty = new Flag(world);
  }
}

function buffersOf(folio: Folio): JournalBuffers {
  folio.buffers ??= new JournalBuffers(folio, false);
  return folio.buffers as JournalBuffers;
}

export class Ext3File extends MountedFile {
  /** Transaction with the last change of the inode, which fsync waits for; 0: none. */
  readonly syncTid: Variable<number>;
  protected readonly journal: () => Journal;

  constructor(mount: LegacyMount, journal: () => Journal, format: FileFormat) {
    super(mount, format);
    this.journal = journal;
    this.syncTid = new Variable(mount.world, `i_sync_tid(${format.file})`, 0);
  }

  protected override operations(): Partial<AddressSpaceOperations> {
    return { releaseFolio: (folio) => this.#releasepage(folio) };
  }

  /** `ext3_get_block`: with create 1 in the handle that the task has. */
  *getBlock(lblk: number, max: number, create: Create): Steps<Mapping | number> {
    yield;
    if (create === "lookup") return this.map.getBlock(lblk, max);
    return this.map.getBlockCreate(lblk, max, "written", this.journal().currentHandle!) ?? -ENOSPC;
  }

  /** The same for direct I/O, the only one that asks for more than a block: a long write lets a commit through. */
  override *getBlockDirect(lblk: number, max: number, create: Create, call: Call): Steps<Mapping | number> {
    if (create === "lookup") return yield* this.getBlock(lblk, max, create);
    const journal = this.journal();
    yield;
    let handle = journal.currentHandle!;
    if (max > 1 && journal.isLocked(handle)) {
      call.at("restart");
      const { references } = handle;
      for (let i = 0; i < references; i++) journal.stopNow(handle);
      handle = yield* journal.start();
      for (let i = 1; i < references; i++) yield* journal.start();
      yield;
    }
    return this.map.getBlockCreate(lblk, max, "written", handle) ?? -ENOSPC;
  }

  /** `ext3_direct_IO`. */
  *directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    if (rw === "read") return yield* this.paths.blockdevDirectIo({ file: this, rw, transfer, pos }, "LOCKING");
    const { inode } = this;
    const { call, len } = transfer;
    const journal = this.journal();
    let handle = yield* journal.start();
    call.at("A3");
    yield;
    const orphan = pos + len > inode.readSize();
    if (orphan) {
      orphanAdd(inode, handle);
      setDiskSize(inode, inode.readSize(), handle);
    }
    const ret = yield* this.paths.blockdevDirectIo({ file: this, rw, transfer, pos }, "LOCKING");
    yield;
    call.at("A13");
    handle = journal.currentHandle!;
    if (orphan) {
      orphanDel(inode, handle);
      if (ret > 0 && pos + ret > inode.readSize()) {
        inode.writeSize(pos + ret);
        setDiskSize(inode, pos + ret, handle);
      }
    }
    this.stop(handle);
    return ret;
  }

  /** The inode's times and size go to the journal with `mark_inode_dirty`; the direct write has done so. */
  sizeGrew(): void {}

  /** Stops a handle that has changed the inode, as part of the current step. */
  protected stop(handle: Handle): void {
    const isLast = handle.references === 1;
    const tid = this.journal().stopNow(handle);
    // To store what is there is the same to whoever reads it.
    if (isLast && this.syncTid.get() !== tid) this.syncTid.set(tid);
  }

  /** `ext3_write_inode` with wait, `ext3_sync_file`. */
  *syncMetadata(_call: Call): Steps<number> {
    yield;
    const tid = this.syncTid.get();
    return tid === 0 ? 0 : yield* this.journal().commit(tid);
  }

  /** `ext3_ordered_writepage` (b4 to b6). */
  protected override *writepage(folio: Folio): Steps<number> {
    const journal = this.journal();
    if (journal.currentHandle !== null) {
      yield;
      folio.setDirty();
      folio.lock.clear();
      return 0;
    }
    const handle = yield* journal.start();
    reachStep(this.inode.world, "b4");
    folio.get();
    yield* buffersOf(folio).underCommit.waitZero();
    const error = yield* blockWriteFullPage(this, folio, endWriteback, (written) => {
      reachStep(this.inode.world, "b6");
      buffersOf(written).dirty.testAndClear();
    });
    yield;
    if (error === 0) {
      yield* this.#attach(folio, handle);
      yield;
    }
    folio.put();
    this.stop(handle);
    return error;
  }

  /**
   * `journal_dirty_data`: the commit of the handle's transaction writes the page's data, if nobody does before.
   *
   * Data of the transaction that is being committed is written first when its buffers are dirty. When they are on their way
   * to the disk already, they are taken from it as they are, and that commit waits for them no more.
   */
  *#attach(folio: Folio, handle: Handle): Steps {
    const buffers = buffersOf(folio);
    const { tid } = handle.transaction!;
    handle.orderData(this.inode.ino);
    const before = buffers.transaction.get();
    buffers.attached.add(tid);
    if (before !== 0 && before !== tid) {
      if (buffers.dirty.testAndClear()) {
        for (const bio of this.#submitBuffers(folio, buffers)) yield* this.device.wait(bio);
      } else if (this.flags.refileWaits) {
        yield* folio.writeback.waitClear();
        yield* buffers.underCommit.waitZero();
      }
    }
    if (before !== tid) buffers.transaction.set(tid);
  }

  /** `ext3_prepare_write`. */
  protected override *prepareWrite(folio: Folio, from: number, to: number): Steps<number> {
    const handle = yield* this.journal().start();
    reachStep(this.inode.world, "w4");
    const error = yield* blockPrepareWrite(this, folio, from, to);
    reachStep(this.inode.world, "w5");
    if (error === 0) return 0;
    yield;
    this.journal().stopNow(handle);
    return error;
  }

  /** `ext3_ordered_commit_write`. */
  protected override *commitWrite(folio: Folio, from: number, to: number, copied: number): Steps<number> {
    const { inode } = this;
    const handle = this.journal().currentHandle!;
    yield;
    yield* this.#attach(folio, handle);
    buffersOf(folio).dirty.testAndSet();
    reachStep(inode.world, "w7");
    const counted = yield* genericCommitWrite(folio, from, to, copied);
    reachStep(inode.world, "w8");
    yield;
    reachStep(inode.world, "w9");
    const end = folio.index * inode.bounds.sectorsPerPage + to;
    if (end > inode.diskSize.get()) setDiskSize(inode, end, handle);
    this.stop(handle);
    return counted;
  }

  /** `ext3_releasepage`: buffers that a commit writes, or that are journalled, stay. */
  #releasepage(folio: Folio): boolean {
    const buffers = folio.buffers as JournalBuffers;
    return !buffers.isBusy && buffers.underCommit.read() === 0;
  }

  /** A page that the scenario finds cached, with buffers that the journal has. */
  cached(folio: Folio): void {
    folio.buffers = new JournalBuffers(folio, true);
  }

  /**
   * `journal_commit_transaction`, phase 2 (j3), for one file: writes the data that the transaction has to find on the disk,
   * buffer by buffer and without the pages' locks, and waits.
   */
  *writeOrderedData(tid: number): Steps {
    const { mapping, bounds, world } = this.inode;
    reachStep(world, "j3");
    const bios: Bio[] = [];
    for (let index = 0; index < bounds.pagesMax; index++) {
      yield;
      const folio = mapping.folioAt(index);
      const buffers = folio?.buffers as JournalBuffers | null | undefined;
      if (folio === null || buffers === null || buffers === undefined) continue;
      if (buffers.isBusy || !buffers.attached.has(tid) || buffers.transaction.get() !== tid) continue;
      buffers.transaction.set(0);
      if (folio.writeback.isSet()) {
        yield* folio.writeback.waitClear();
        continue;
      }
      if (!buffers.dirty.testAndClear()) continue;
      bios.push(...this.#submitBuffers(folio, buffers));
    }
    for (const bio of bios) yield* this.device.wait(bio);
  }

  #submitBuffers(folio: Folio, buffers: JournalBuffers): Bio[] {
    const { sectorsPerBlock } = this.map;
    const blocks = this.inode.bounds.sectorsPerPage / sectorsPerBlock;
    const bios: Bio[] = [];
    folio.get();
    for (let block = 0; block < blocks; block++) {
      const { pblk } = this.map.getBlock(folio.index * blocks + block, 1);
      if (pblk === null) continue;
      folio.get();
      const bio: Bio = this.device.bio({
        op: "write",
        sector: pblk * sectorsPerBlock,
        file: this.inode.ino,
        memory: folio.sectors.slice(block * sectorsPerBlock, (block + 1) * sectorsPerBlock),
        endIo: ({ error }) => {
          if (error !== 0) folio.home.setError();
          buffers.underCommit.decrement(bio.name);
          folio.put();
        },
      });
      buffers.underCommit.increment(bio.name);
      this.device.submit(bio);
      bios.push(bio);
    }
    folio.put();
    return bios;
  }

  truncate(size: number, call: Call): Steps<number> {
    return doTruncate(this, size, call, {
      setattr: () => this.#setattr(size, call),
      truncate: () => this.#truncate(size, call),
    });
  }

  /** `ext3_setattr`: before the size changes, the inode goes to the orphan list. */
  *#setattr(size: number, call: Call): Steps<number> {
    const { inode } = this;
    yield;
    if (size >= inode.readSize()) return 0;
    const handle = yield* this.journal().start();
    call.at("t3");
    yield;
    orphanAdd(inode, handle);
    setDiskSize(inode, size, handle);
    this.stop(handle);
    return 0;
  }

  /** `ext3_truncate`. */
  *#truncate(size: number, call: Call): Steps<number> {
    const { inode, map } = this;
    const journal = this.journal();
    const partial = yield* blockTruncatePage(this, size);
    const handle = yield* journal.start();
    yield;
    call.at("t7");
    orphanAdd(inode, handle);
    setDiskSize(inode, inode.readSize(), handle);
    map.trim(Math.ceil(size / map.sectorsPerBlock), handle);
    yield;
    orphanDel(inode, handle);
    this.stop(handle);
    return partial;
  }
}

/** Mounts all files of a scenario. */
export function mountExt3(mount: LegacyMount): MountedSystem {
  return mountWithKjournald(mount, (journal, format) => new Ext3File(mount, journal, format));
}

/** Mounts files whose data a commit writes before it is durable. */
export function mountWithKjournald(
  mount: LegacyMount,
  make: (journal: () => Journal, format: FileFormat) => Ext3File,
): MountedSystem {
  let journal: Journal | null = null;
  const files = mount.filesOf((format) => make(() => journal!, format));
  journal = mount.newJournal({
    barrier: "nobarrier",
    thread: "kjournald",
    writeOrdered: (names, { tid }) => writeOrdered(files, names, tid),
  });
  return {
    ...mount.journalled(files, journal),
    cached: (folio, also) => {
      if (also.includes("busy_buffers")) files.get(folio.home.host.ino)!.cached(folio);
    },
  };
}

function* writeOrdered(files: ReadonlyMap<string, Ext3File>, names: readonly string[], tid: number): Steps {
  for (const name of names) yield* files.get(name)!.writeOrderedData(tid);
}
