/**
 * A file of a mounted file system of 2.6.20, or a block device: what they all do alike.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import type { BlockDevice } from "../../machine/block_device.ts";
import type { BlockMap, Mapping } from "../../machine/block_map.ts";
import { genericCommitWrite } from "../../machine/buffered_write.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import type { Folio } from "../../machine/folio.ts";
import type { Steps } from "../../machine/task.ts";
import { blockRecords, type Create, mediaOf } from "../common/block_file.ts";
import { blockPrepareWrite, blockReadFullPage, blockWriteFullPage, endWriteback } from "../common/block_pages.ts";
import { reachStep } from "../common/reach_step.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, ModelledFile, Transfer } from "../system.ts";
import type { Dio } from "./dio.ts";
import type { LegacyFlags } from "./flags.ts";
import { doFsync, genericFileAioRead, genericFileAioWrite } from "./generic_file.ts";
import { type DirectIoHooks, type DirectIoPaths, type LegacyFile, LegacyInode } from "./legacy_file.ts";
import type { LegacyMount } from "./mount.ts";

/** A class, since every literal with an accessor would have a hidden class of its own, which keeps its run from being collected soon. */
class MountHooks implements DirectIoHooks {
  readonly endIo: DirectIoHooks["endIo"];
  readonly #mount: LegacyMount;

  constructor(mount: LegacyMount, endIo: DirectIoHooks["endIo"]) {
    this.#mount = mount;
    this.endIo = endIo;
  }

  get dioPages(): number {
    return this.#mount.dioPages;
  }

  get bioPages(): number {
    return this.#mount.bioPages;
  }

  get boundaryRule(): DirectIoHooks["boundaryRule"] {
    return this.#mount.boundaryRule;
  }

  begun(dio: Dio): void {
    this.#mount.begun(dio);
  }
}

export abstract class MountedFile implements LegacyFile, ModelledFile {
  readonly paths: DirectIoPaths;
  readonly inode: LegacyInode;
  readonly map: BlockMap;
  readonly flags: LegacyFlags;
  readonly device: BlockDevice;
  readonly dioHooks: DirectIoHooks;

  constructor(mount: LegacyMount, format: FileFormat) {
    this.paths = mount.paths;
    this.flags = mount.flags;
    this.device = mount.device;
    this.map = mount.mapOf(format);
    this.dioHooks = new MountHooks(mount, (dio, transferred) => this.endIo(dio, transferred));
    const operations: AddressSpaceOperations = {
      readFolio: (folio) => this.readpage(folio),
      writeFolio: (folio) => this.writepage(folio),
      prepareWrite: (folio, from, to) => this.prepareWrite(folio, from, to),
      commitWrite: (folio, from, to, copied) => this.commitWrite(folio, from, to, copied),
      ...this.operations(),
    };
    this.inode = new LegacyInode(
      mount.world,
      format.file,
      mount.sizeOf(format.file),
      mount.bounds,
      mount.flags,
      (inode) => mount.newAddressSpace(inode, operations),
    );
    mount.accountables.push(this.inode.mapping);
  }

  /** What the page cache is told beyond reading, writing and preparing pages. Called before the file is complete. */
  protected operations(): Partial<AddressSpaceOperations> {
    return {};
  }

  abstract getBlock(lblk: number, max: number, create: Create): Steps<Mapping | number>;

  getBlockDirect(lblk: number, max: number, create: Create, _call: Call): Steps<Mapping | number> {
    return this.getBlock(lblk, max, create);
  }

  abstract directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number>;
  abstract sizeGrew(size: number): void;
  abstract syncMetadata(call: Call): Steps<number>;
  abstract truncate(size: number, call: Call): Steps<number>;

  /** `end_io` of a direct I/O: see {@linkcode DirectIoHooks}. */
  protected endIo(_dio: Dio, _transferred: number): void {}

  protected *readpage(folio: Folio): Steps<number> {
    reachStep(this.inode.world, "r4");
    return yield* blockReadFullPage(this, folio);
  }

  protected writepage(folio: Folio): Steps<number> {
    return blockWriteFullPage(this, folio, endWriteback, () => reachStep(this.inode.world, "b6"));
  }

  protected *prepareWrite(folio: Folio, from: number, to: number): Steps<number> {
    const error = yield* blockPrepareWrite(this, folio, from, to);
    reachStep(this.inode.world, "w5");
    return error;
  }

  protected *commitWrite(folio: Folio, from: number, to: number, copied: number): Steps<number> {
    const counted = yield* genericCommitWrite(folio, from, to, copied);
    reachStep(this.inode.world, "w8");
    return counted;
  }

  read(transfer: Transfer): Steps<number> {
    return genericFileAioRead(this, transfer);
  }

  write(transfer: Transfer): Steps<number> {
    return genericFileAioWrite(this, transfer);
  }

  fsync(_scope: "data" | "all", call: Call): Steps<number> {
    return doFsync(this, call);
  }

  blocks(): readonly BlockRecord[] {
    return blockRecords(this.map);
  }

  media(): readonly string[] {
    return mediaOf(this);
  }
}
