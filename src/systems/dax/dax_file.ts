/**
 * A file on DAX as the scenario program calls it.
 *
 * @module
 */

import { Folio } from "../../machine/folio.ts";
import { filemapWriteAndWait } from "../../machine/page_cache_flush.ts";
import type { PteTarget } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import type { Token } from "../../machine/tokens.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, ModelledFile, Transfer } from "../system.ts";
import { DaxInode, type DaxMount } from "./dax_inode.ts";
import { daxAddressSpaceOperations } from "./dax_page_cache.ts";
import { pmemAllocate, pmemPunchHole, pmemTruncate } from "../common/pmem_truncate.ts";
import { daxRead, daxWrite } from "./dax_write.ts";

const EOPNOTSUPP = 95;

export class DaxFile implements ModelledFile {
  readonly inode: DaxInode;

  constructor(mount: DaxMount, name: string, size: number) {
    this.inode = new DaxInode(mount, name, size, daxAddressSpaceOperations(() => this.inode));
  }

  /** O_DIRECT or not: it is the same on DAX. */
  *read(transfer: Transfer): Steps<number> {
    return yield* daxRead(this.inode, transfer);
  }

  *write(transfer: Transfer): Steps<number> {
    const written = yield* daxWrite(this.inode, transfer);
    if (written <= 0 || transfer.sync === "none") return written;
    const error = yield* this.fsync(transfer.sync === "sync" ? "all" : "data", transfer.call);
    return error < 0 ? error : written;
  }

  *truncate(size: number, call: Call): Steps<number> {
    return yield* pmemTruncate(this.inode, size, call);
  }

  *fallocate(pos: number, len: number, flags: readonly string[], call: Call): Steps<number> {
    const others = flags.filter((flag) => flag !== "FALLOC_FL_KEEP_SIZE" && flag !== "FALLOC_FL_PUNCH_HOLE");
    if (others.length > 0 || this.inode.mount.flags.fsAlloc !== "ext4_ext") {
      yield;
      return -EOPNOTSUPP;
    }
    if (flags.includes("FALLOC_FL_PUNCH_HOLE")) return yield* pmemPunchHole(this.inode, pos, pos + len, call);
    const size = flags.includes("FALLOC_FL_KEEP_SIZE") ? "keep_size" : "extend";
    return yield* pmemAllocate(this.inode, pos, pos + len, size, call);
  }

  /** 05 C7. Both scopes wait for the same: every change that the model has is needed to read the data back. */
  *fsync(_scope: "data" | "all", call: Call): Steps<number> {
    const { inode } = this;
    const { fs, flags } = inode.mount;
    const error = yield* filemapWriteAndWait(inode.mapping);
    call.at("y1");
    if (flags.daxFsyncFlushes) yield* this.#flushLines(call);
    const committed = yield* fs.syncMetadata(inode);
    call.at("y2");
    return error || committed;
  }

  /** Writes back the lines of all blocks, one block a step, and waits for them. */
  *#flushLines(call: Call): Steps {
    const { inode } = this;
    const { volume } = inode.mount.fs;
    yield;
    const blocks: number[] = [];
    for (let lblk = 0; lblk < inode.map.blocksMax; lblk++) {
      const { pblk } = inode.map.getBlock(lblk, 1);
      if (pblk !== null) blocks.push(pblk);
    }
    for (const pblk of blocks) {
      yield;
      for (const line of volume.linesOf(pblk)) volume.memory.clwb(line);
    }
    yield;
    call.at("y4");
    volume.memory.sfence();
  }

  // Not looked at by any step.

  blocks(): readonly BlockRecord[] {
    return this.inode.mount.fs.blocks(this.inode.ino);
  }

  media(): readonly Token[] {
    return this.inode.mount.fs.media(this.inode);
  }

  /** The block where there is one; else a page over a hole: of the page cache, or the zero page. */
  shows(index: number, target: PteTarget): boolean {
    const { map, mapping } = this.inode;
    const state = map.peek(index);
    const isHole = state === "hole" || state === "delalloc";
    if (target instanceof Folio) return mapping.peekFolio(index) === target && (isHole || target.dirty.peek);
    if (target.kind === "pmem") return !isHole && map.peekBlock(index) === target.pfn;
    return target.kind === "zero" ? isHole : false;
  }
}
