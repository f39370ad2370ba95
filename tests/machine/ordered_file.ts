/**
 * A file of a small file system on a disk, with a journal: pages are mapped under a handle when they are written into
 * (nothing is reserved), and their data goes to the disk before the transaction commits, or whenever somebody writes it.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../src/machine/address_space_operations.ts";
import { BlockAllocator } from "../../src/machine/block_allocator.ts";
import { BlockDevice } from "../../src/machine/block_device.ts";
import { BlockMap } from "../../src/machine/block_map.ts";
import { genericCommitWrite } from "../../src/machine/buffered_write.ts";
import { CrashOrder } from "../../src/machine/crash_order.ts";
import { DiskImage } from "../../src/machine/disk_image.ts";
import type { FileFormat } from "../../src/machine/disk_metadata.ts";
import { RecoveredDisk } from "../../src/machine/disk_recovery.ts";
import { ENOSPC } from "../../src/machine/errno.ts";
import { ERAS } from "../../src/machine/era.ts";
import type { Folio } from "../../src/machine/folio.ts";
import { Inode } from "../../src/machine/inode.ts";
import { setDiskSize } from "../../src/machine/inode_metadata.ts";
import { Journal } from "../../src/machine/journal.ts";
import { filemapWriteAndWait } from "../../src/machine/page_cache_flush.ts";
import type { CrashModel } from "../../src/machine/program.ts";
import type { Steps } from "../../src/machine/task.ts";
import { initialToken, ZERO } from "../../src/machine/tokens.ts";
import { Variable } from "../../src/machine/variable.ts";
import type { World } from "../../src/machine/world.ts";
import { SMALL } from "./memory_file.ts";

/** One block, and two free ones that somebody else had before. */
const FORMAT: FileFormat = { file: "F", size: 1, blocks: [{ lblk: 0, pblk: 0, state: "written" }] };

export interface OrderedFileOptions {
  /** `data=`. */
  readonly data: "ordered" | "writeback";
  readonly volatileCache: "none" | "volatile";
}

export class OrderedFile {
  readonly device: BlockDevice;
  readonly allocator: BlockAllocator;
  readonly map: BlockMap;
  readonly journal: Journal;
  readonly inode: Inode;
  /** Transaction with the last change that fsync has to wait for; 0: none. */
  readonly syncTid: Variable<number>;

  constructor(world: World, { data, volatileCache }: OrderedFileOptions) {
    const device = this.device = new BlockDevice(world, {
      crashOrder: new CrashOrder(world),
      sectors: 3,
      sectorsPerBlock: 1,
      initial: (sector) => sector === 0 ? initialToken("F", 0) : undefined,
      volatileCache,
    });
    const allocator = this.allocator = new BlockAllocator(world, device, { free: [1, 2] });
    this.map = new BlockMap(world, allocator, FORMAT, { sectorsPerBlock: 1, blocksMax: SMALL.pagesMax });
    const writeData = () => filemapWriteAndWait(this.inode.mapping);
    this.journal = new Journal(world, {
      files: [FORMAT],
      device,
      allocator,
      transactionsMax: 3,
      *writeOrdered() {
        yield* writeData();
      },
    });
    const ops: AddressSpaceOperations = {
      readFolio: (folio) => this.#read(folio),
      writeFolio: (folio) => this.#write(folio),
      prepareWrite: (folio) => this.#prepare(folio, data),
      commitWrite: (folio, from, to, copied) => this.#commit(folio, from, to, copied),
    };
    this.inode = new Inode(world, {
      ino: "F",
      size: 1,
      era: ERAS.G20,
      bounds: SMALL,
      mapping: ops,
    });
    this.syncTid = new Variable(world, "i_sync_tid(F)", 0);
  }

  /** 05 C7. */
  *fsync(): Steps<number> {
    const error = yield* filemapWriteAndWait(this.inode.mapping); // y1
    yield; // y2
    const tid = this.syncTid.get();
    const flushes = this.device.hasVolatileCache && (tid === 0 || !this.journal.willSendBarrier(tid));
    const committed = tid === 0 ? 0 : yield* this.journal.commit(tid);
    const flushed = flushes ? yield* this.device.submitAndWait({ op: "flush" }) : 0; // y3
    return error || committed || flushed;
  }

  /** Tells what a read of the file finds after a crash. */
  crash(prefix: () => string): CrashModel {
    const { device, journal } = this;
    return {
      durableVersion: () => device.durableVersion() + journal.durableVersion(),
      recover: (pick) => {
        const image = new DiskImage(device, pick);
        const disk = new RecoveredDisk(
          journal.recover(image),
          1,
          ({ pblk, generation }) => image.read(pblk, generation),
        );
        return `${prefix()}${disk.file("F").content().join(" ")}`;
      },
    };
  }

  *#read(folio: Folio): Steps<number> {
    yield;
    const { pblk } = this.map.getBlock(folio.index, 1);
    if (pblk === null) {
      folio.sectors[0].store(ZERO);
      folio.uptodate.testAndSet();
      folio.lock.clear();
      return 0;
    }
    const bio = this.device.bio({
      op: "read",
      sector: pblk,
      file: "F",
      memory: folio.sectors,
      endIo: ({ error }) => {
        if (error === 0) folio.uptodate.testAndSet();
        folio.lock.clear();
      },
    });
    folio.lock.handOver(bio.name);
    this.device.submit(bio);
    return 0;
  }

  /** 05 C5 b4 to b7; the block is there since the page was written into. */
  *#write(folio: Folio): Steps<number> {
    yield;
    const bio = this.device.bio({
      op: "write",
      sector: this.map.getBlock(folio.index, 1).pblk!,
      file: "F",
      memory: folio.sectors,
      endIo: ({ error }) => {
        if (error !== 0) folio.home.setError();
        folio.endWriteback();
      },
    });
    folio.startWriteback(bio.name);
    this.device.submit(bio);
    folio.lock.clear();
    return 0;
  }

  /** 05 C2 w4, w5: pages have one sector, so that nothing has to be read. */
  *#prepare(folio: Folio, data: "ordered" | "writeback"): Steps<number> {
    const handle = yield* this.journal.start();
    yield;
    if (this.map.getBlockCreate(folio.index, 1, "written", handle) === null) {
      this.journal.stopNow(handle);
      return -ENOSPC;
    }
    if (data === "ordered") handle.orderData("F");
    return 0;
  }

  /** w7 to w9. */
  *#commit(folio: Folio, from: number, to: number, copied: number): Steps<number> {
    const counted = yield* genericCommitWrite(folio, from, to, copied);
    const handle = this.journal.currentHandle!;
    yield;
    const size = this.inode.readSize();
    if (size > this.inode.diskSize.get()) setDiskSize(this.inode, size, handle);
    this.syncTid.set(this.journal.stopNow(handle));
    return counted;
  }
}
