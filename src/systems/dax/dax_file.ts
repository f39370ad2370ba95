/**
 * A file on DAX as the scenario program calls it.
 *
 * @module
 */

import { Folio } from "../../machine/folio.ts";
import { filemapWriteAndWait } from "../../machine/page_cache_flush.ts";
import type { PteTarget } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import type { SizeChange } from "../common/pmem_allocate.ts";
import { PmemFile, type PmemFileOptions } from "../common/pmem_file.ts";
import { PmemInode } from "../common/pmem_inode.ts";
import type { Call, Transfer } from "../system.ts";
import { type DaxInode, type DaxMount, daxTraits } from "./dax_inode.ts";
import { daxAddressSpaceOperations } from "./dax_page_cache.ts";
import { daxRead, daxWrite } from "./dax_write.ts";
import { daxZeroRange } from "./dax_zero_range.ts";

export class DaxFile extends PmemFile<DaxInode> {
  constructor(mount: DaxMount, options: PmemFileOptions) {
    super(options, daxAddressSpaceOperations, (own) => new PmemInode(mount, own, daxTraits(mount.flags)));
  }

  /** O_DIRECT or not: it is the same on DAX. */
  override *read(transfer: Transfer): Steps<number> {
    return yield* daxRead(this.inode, transfer);
  }

  protected override *writeData(transfer: Transfer): Steps<number> {
    return yield* daxWrite(this.inode, transfer);
  }

  protected override *zeroRange(from: number, to: number, size: SizeChange, call: Call): Steps<number> {
    return yield* daxZeroRange(this.inode, from, to, size, call);
  }

  /** 05 C7. Both scopes wait for the same: every change that the model has is needed to read the data back. */
  override *fsync(_scope: "data" | "all", call: Call): Steps<number> {
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

  /** The block where there is one; else a page over a hole: of the page cache, or the zero page. */
  override shows(index: number, target: PteTarget): boolean {
    const { map, mapping } = this.inode;
    const state = map.peek(index);
    const isHole = state === "hole" || state === "delalloc";
    if (target instanceof Folio) return mapping.peekFolio(index) === target && (isHole || target.dirty.peek);
    if (target.kind === "pmem") return !isHole && map.peekBlock(index) === target.pfn;
    return target.kind === "zero" ? isHole : false;
  }
}
