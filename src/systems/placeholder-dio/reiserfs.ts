/**
 * reiserfs of 2.6.20, `data=ordered`, as far as direct I/O goes another way than in ext3: get_block has a transaction of its
 * own and gives one block at a time, and nothing of a direct write is on a list for recovery.
 *
 * @module
 */

import type { Mapping } from "../../machine/block_map.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import type { Create } from "../common/block_file.ts";
import { Ext3File, mountWithKjournald } from "../legacy-dio/ext3.ts";
import type { LegacyMount } from "../legacy-dio/mount.ts";
import type { MountedSystem, Transfer } from "../system.ts";

class ReiserfsFile extends Ext3File {
  /** `reiserfs_get_blocks_direct_io`. */
  override *getBlockDirect(lblk: number, _max: number, create: Create): Steps<Mapping | number> {
    if (create === "lookup") return yield* this.getBlock(lblk, 1, create);
    const journal = this.journal();
    const handle = yield* journal.start();
    const mapping = yield* this.getBlock(lblk, 1, create);
    yield;
    this.stop(handle);
    return mapping;
  }

  /** `reiserfs_direct_IO`. */
  override directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    return this.paths.blockdevDirectIo(this, rw, transfer, pos, "LOCKING");
  }

  /** `reiserfs_file_write`: a direct write that has made the file longer writes its stat data in the end. */
  override *write(transfer: Transfer): Steps<number> {
    const { inode } = this;
    const written = yield* super.write(transfer);
    if (!transfer.direct || written <= 0) return written;
    yield;
    if (inode.readSize() <= inode.diskSize.get()) return written;
    const handle = yield* this.journal().start();
    yield;
    setDiskSize(inode, inode.readSize(), handle);
    this.stop(handle);
    return written;
  }
}

export function mountReiserfs(mount: LegacyMount): MountedSystem {
  return mountWithKjournald(mount, (journal, format) => new ReiserfsFile(mount, journal, format));
}
