/**
 * ext2 of 2.6.20: no journal. What the disk has of an inode is what it was when it was last written, which may be at any
 * time; freed blocks may be had again at once.
 *
 * @module
 */

import type { BlockMap, Mapping } from "../../machine/block_map.ts";
import { genericCommitWrite } from "../../machine/buffered_write.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import { ENOSPC } from "../../machine/errno.ts";
import type { Folio } from "../../machine/folio.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import { UnjournalledMetadata } from "../../machine/unjournalled_metadata.ts";
import { blockRecords, type Create, mediaOf } from "../common/block_file.ts";
import {
  blockPrepareWrite,
  blockReadFullPage,
  blockTruncatePage,
  blockWriteFullPage,
  endWriteback,
} from "../common/block_pages.ts";
import { recoveryOf } from "../common/disk_recovery.ts";
import { reachStep } from "../common/reach_step.ts";
import type { Call, ModelledFile, MountedSystem, Transfer } from "../system.ts";
import { blockdevDirectIo } from "./direct_io.ts";
import { doFsync, genericFileAioRead, genericFileAioWrite } from "./generic_file.ts";
import { type DirectIoHooks, type LegacyFile, LegacyInode } from "./legacy_file.ts";
import type { LegacyMount } from "./mount.ts";
import { doTruncate } from "./truncate.ts";

export class Ext2File implements LegacyFile, ModelledFile {
  readonly inode: LegacyInode;
  readonly map: BlockMap;
  readonly flags;
  readonly device;
  readonly dioHooks: DirectIoHooks;
  readonly #metadata: UnjournalledMetadata;

  constructor(mount: LegacyMount, metadata: UnjournalledMetadata, format: FileFormat, size: number) {
    this.flags = mount.flags;
    this.device = mount.device;
    this.#metadata = metadata;
    this.map = mount.mapOf(format);
    this.dioHooks = { dioPages: mount.dioPages, bioPages: mount.bioPages, begun: (dio) => mount.begun(dio) };
    this.inode = new LegacyInode(mount.world, format.file, size, mount.bounds, mount.flags, {
      readFolio: (folio) => this.#readpage(folio),
      writeFolio: (folio) => blockWriteFullPage(this, folio, endWriteback, () => reachStep(this.inode.world, "b6")),
      prepareWrite: (folio, from, to) => this.#prepareWrite(folio, from, to),
      commitWrite: (folio, from, to, copied) => this.#commitWrite(folio, from, to, copied),
    });
    mount.accountables.push(this.inode.mapping);
  }

  /** `ext2_get_block`. */
  *getBlock(lblk: number, max: number, create: Create): Steps<Mapping | number> {
    yield;
    if (create === "lookup") return this.map.getBlock(lblk, max);
    return this.map.getBlockCreate(lblk, max, "written", this.#metadata) ?? -ENOSPC;
  }

  /** `ext2_direct_IO`. */
  directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    return blockdevDirectIo(this, rw, transfer, pos, "LOCKING");
  }

  sizeGrew(size: number): void {
    setDiskSize(this.inode, size, this.#metadata);
  }

  *#readpage(folio: Folio): Steps<number> {
    reachStep(this.inode.world, "r4");
    return yield* blockReadFullPage(this, folio);
  }

  *#prepareWrite(folio: Folio, from: number, to: number): Steps<number> {
    const error = yield* blockPrepareWrite(this, folio, from, to);
    reachStep(this.inode.world, "w5");
    return error;
  }

  /** `generic_commit_write`, which marks the inode dirty when the file has grown. */
  *#commitWrite(folio: Folio, from: number, to: number, copied: number): Steps<number> {
    const counted = yield* genericCommitWrite(folio, from, to, copied);
    reachStep(this.inode.world, "w8");
    if (this.inode.readSize() > this.inode.diskSize.get()) {
      yield;
      this.sizeGrew(this.inode.readSize());
    }
    return counted;
  }

  *syncMetadata(_call: Call): Steps<number> {
    return yield* this.#metadata.writeInode(this.inode.ino);
  }

  read(transfer: Transfer): Steps<number> {
    return genericFileAioRead(this, transfer);
  }

  write(transfer: Transfer): Steps<number> {
    return genericFileAioWrite(this, transfer);
  }

  truncate(size: number, call: Call): Steps<number> {
    return doTruncate(this, size, call, { truncate: () => this.#truncate(size, call) });
  }

  /** `ext2_truncate`. */
  *#truncate(size: number, call: Call): Steps<number> {
    const error = yield* blockTruncatePage(this, size);
    yield;
    call.at("t7");
    this.map.trim(Math.ceil(size / this.map.sectorsPerBlock), this.#metadata);
    setDiskSize(this.inode, size, this.#metadata);
    return error;
  }

  fsync(_scope: "data" | "all", call: Call): Steps<number> {
    return doFsync(this, call);
  }

  blocks() {
    return blockRecords(this.map);
  }

  media() {
    return mediaOf(this);
  }
}

/** Mounts all files of a scenario. */
export function mountExt2(mount: LegacyMount, sizes: ReadonlyMap<string, number>): MountedSystem {
  const { world, device, allocator, layout } = mount;
  const metadata = new UnjournalledMetadata(world, allocator, { files: layout.formats, device });
  const files = new Map(layout.formats.map((format) => [
    format.file,
    new Ext2File(mount, metadata, format, sizes.get(format.file)!),
  ]));
  return {
    file: (name) => files.get(name)!,
    accountables: mount.accountables,
    pseudoHolders: [],
    ...(mount.crashOrder === null ? {} : {
      recovery: recoveryOf({
        device,
        sectorsPerBlock: layout.sectorsPerBlock,
        files: layout.formats.map(({ file }) => file),
        version: () => metadata.durableVersion(),
        metadata: (_image, pick) => metadata.recover(pick),
      }),
    }),
  };
}
