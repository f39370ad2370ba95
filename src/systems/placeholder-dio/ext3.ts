/**
 * ext3 with patch 5: a transaction for each block that direct I/O asks for, so that no handle is open while pages are
 * locked, and short ones for the orphan list before and behind.
 *
 * Names of steps: W1, W16.
 *
 * @module
 */

import type { Mapping } from "../../machine/block_map.ts";
import { ENOMEM, EROFS } from "../../machine/errno.ts";
import { orphanAdd, orphanDel, setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import type { Create } from "../common/block_file.ts";
import { Ext3File } from "../legacy-dio/ext3.ts";
import type { Call, Transfer } from "../system.ts";
import type { PlaceholderMount } from "./mount.ts";

export class PerBlockExt3File extends Ext3File {
  readonly #mount: PlaceholderMount;

  constructor(mount: PlaceholderMount, ...rest: Ext3Rest) {
    super(mount, ...rest);
    this.#mount = mount;
  }

  /** `ext3_get_block_direct_IO`: also for a read. */
  override *getBlockDirect(lblk: number, max: number, create: Create, call: Call): Steps<Mapping | number> {
    if (this.#mount.isReadOnly) {
      yield;
      return -EROFS;
    }
    const journal = this.journal();
    yield* journal.start();
    const mapping = yield* super.getBlockDirect(lblk, max, create, call);
    yield;
    const handle = journal.currentHandle!; // another one, where get_block has let a commit through
    if (create === "create") this.stop(handle);
    else journal.stopNow(handle);
    return mapping;
  }

  /** `ext3_direct_IO`. */
  override *directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    const { inode } = this;
    const { call, len } = transfer;
    const journal = this.journal();
    let orphan = false;
    if (rw === "write") {
      yield; // W1
      orphan = pos + len > inode.readSize();
    }
    if (orphan) {
      const handle = yield* journal.start();
      call.at("W1");
      yield;
      orphanAdd(inode, handle);
      setDiskSize(inode, inode.readSize(), handle);
      yield;
      this.stop(handle);
    }
    const ret = yield* this.paths.blockdevDirectIo({ file: this, rw, transfer, pos }, "LOCKING");
    if (!orphan) return ret;
    if (this.#mount.series.inject === "journal_start_fails") {
      yield; // W16: the list on the disk still has it
      call.at("W16");
      orphanDel(inode, null);
      return -ENOMEM;
    }
    const handle = yield* journal.start();
    call.at("W16");
    yield;
    orphanDel(inode, handle);
    if (ret > 0 && pos + ret > inode.readSize()) {
      setDiskSize(inode, pos + ret, handle);
      inode.writeSize(pos + ret);
    }
    yield;
    this.stop(handle);
    return ret;
  }
}

type Ext3Rest = ConstructorParameters<typeof Ext3File> extends [unknown, ...infer Rest] ? Rest : never;
