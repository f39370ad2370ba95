/**
 * The special file of a block device in 2.6.20 (fs/block_dev.c): its blocks are where they are, and nobody locks.
 *
 * @module
 */

import type { Mapping } from "../../machine/block_map.ts";
import { formatted } from "../../machine/disk_metadata.ts";
import { EINVAL } from "../../machine/errno.ts";
import { filemapWriteAndWait } from "../../machine/page_cache_flush.ts";
import type { Steps } from "../../machine/task.ts";
import type { Create } from "../common/block_file.ts";
import type { Call, MountedSystem, Transfer } from "../system.ts";
import { genericFileAioWriteNolock } from "./generic_file.ts";
import type { LegacyMount } from "./mount.ts";
import { MountedFile } from "./mounted_file.ts";

export class BlockDeviceFile extends MountedFile {
  /** `blkdev_get_blocks`: nothing is looked up that others could change. */
  *getBlock(lblk: number, max: number, _create: Create): Steps<Mapping | number> {
    yield;
    return this.map.getBlock(lblk, max);
  }

  /** `blkdev_direct_IO`. */
  directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    return this.paths.blockdevDirectIo({ file: this, rw, transfer, pos }, "NO_LOCKING");
  }

  sizeGrew(): void {}

  *syncMetadata(): Steps<number> {
    yield;
    return 0;
  }

  /** `generic_file_aio_write_nolock`. */
  override *write(transfer: Transfer): Steps<number> {
    const { written } = yield* genericFileAioWriteNolock(this, transfer);
    if (written <= 0 || transfer.sync === "none") return written;
    return (yield* filemapWriteAndWait(this.inode.mapping)) || written;
  }

  *truncate(): Steps<number> {
    yield;
    return -EINVAL;
  }

  /** `block_fsync`. */
  override *fsync(_scope: "data" | "all", call: Call): Steps<number> {
    call.at("y1");
    return yield* filemapWriteAndWait(this.inode.mapping);
  }
}

/** Opens block devices: every file of the scenario is one. */
export function mountBlockDevices(mount: LegacyMount): MountedSystem {
  return mountedDevices(mount, mount.filesOf((format) => new BlockDeviceFile(mount, format)));
}

/** The system of these devices: nothing but data is ever written to them. */
export function mountedDevices(mount: LegacyMount, files: ReadonlyMap<string, BlockDeviceFile>): MountedSystem {
  return mount.mounted(files, { version: () => 0, metadata: () => formatted(mount.layout.formats) });
}
