/**
 * The special file of a block device in 2.6.20 (fs/block_dev.c): its blocks are where they are, and nobody locks.
 *
 * @module
 */

import type { BlockMap, Mapping } from "../../machine/block_map.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import { EINVAL } from "../../machine/errno.ts";
import { filemapWriteAndWait } from "../../machine/page_cache_flush.ts";
import type { Steps } from "../../machine/task.ts";
import { blockRecords, type Create, mediaOf } from "../common/block_file.ts";
import { blockPrepareWrite, blockReadFullPage, blockWriteFullPage } from "../common/block_pages.ts";
import { recoveryOf } from "../common/disk_recovery.ts";
import { formatted } from "../../machine/disk_metadata.ts";
import type { Call, ModelledFile, MountedSystem, Transfer } from "../system.ts";
import { blockdevDirectIo } from "./direct_io.ts";
import { genericFileAioRead, genericFileAioWriteNolock } from "./generic_file.ts";
import { type DirectIoHooks, type LegacyFile, LegacyInode } from "./legacy_file.ts";
import type { LegacyMount } from "./mount.ts";

export class BlockDeviceFile implements LegacyFile, ModelledFile {
  readonly inode: LegacyInode;
  readonly map: BlockMap;
  readonly flags;
  readonly device;
  readonly dioHooks: DirectIoHooks;

  constructor(mount: LegacyMount, format: FileFormat, size: number) {
    this.flags = mount.flags;
    this.device = mount.device;
    this.map = mount.mapOf(format);
    this.dioHooks = { dioPages: mount.dioPages, bioPages: mount.bioPages, begun: (dio) => mount.begun(dio) };
    this.inode = new LegacyInode(mount.world, format.file, size, mount.bounds, mount.flags, {
      readFolio: (folio) => blockReadFullPage(this, folio),
      writeFolio: (folio) => blockWriteFullPage(this, folio),
      prepareWrite: (folio, from, to) => blockPrepareWrite(this, folio, from, to),
    });
    mount.accountables.push(this.inode.mapping);
  }

  /** `blkdev_get_blocks`: nothing is looked up that others could change. */
  *getBlock(lblk: number, max: number, _create: Create): Steps<Mapping | number> {
    yield;
    return this.map.getBlock(lblk, max);
  }

  /** `blkdev_direct_IO`. */
  directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    return blockdevDirectIo(this, rw, transfer, pos, "NO_LOCKING");
  }

  sizeGrew(): void {}

  *syncMetadata(): Steps<number> {
    yield;
    return 0;
  }

  read(transfer: Transfer): Steps<number> {
    return genericFileAioRead(this, transfer);
  }

  /** `generic_file_aio_write_nolock`. */
  *write(transfer: Transfer): Steps<number> {
    const { written } = yield* genericFileAioWriteNolock(this, transfer);
    if (written <= 0 || transfer.sync === "none") return written;
    return (yield* filemapWriteAndWait(this.inode.mapping)) || written;
  }

  *truncate(): Steps<number> {
    yield;
    return -EINVAL;
  }

  /** `block_fsync`. */
  *fsync(_scope: "data" | "all", call: Call): Steps<number> {
    call.at("y1");
    return yield* filemapWriteAndWait(this.inode.mapping);
  }

  blocks() {
    return blockRecords(this.map);
  }

  media() {
    return mediaOf(this);
  }
}

/** Opens block devices: every file of the scenario is one. */
export function mountBlockDevices(mount: LegacyMount, sizes: ReadonlyMap<string, number>): MountedSystem {
  const { device, layout } = mount;
  const files = new Map(layout.formats.map((format) => [
    format.file,
    new BlockDeviceFile(mount, format, sizes.get(format.file)!),
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
        version: () => 0,
        metadata: () => formatted(layout.formats),
      }),
    }),
  };
}
