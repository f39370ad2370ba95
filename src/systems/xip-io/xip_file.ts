/**
 * An XIP file as the scenario program calls it.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space.ts";
import { ZERO_PAGE } from "../../machine/page_memory.ts";
import type { PteTarget } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import type { Token } from "../../machine/tokens.ts";
import { pmemAllocate, pmemPunchHole, pmemTruncate } from "../common/pmem_truncate.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, ModelledFile, Transfer } from "../system.ts";
import { oldXipRead, oldXipWrite } from "./old_xip.ts";
import { xipFaultHandler } from "./xip_fault.ts";
import { XipInode, type XipMount } from "./xip_inode.ts";
import { draftRead, draftWrite } from "./xip_io.ts";

const EOPNOTSUPP = 95;

/** There are no pages in the page cache of an XIP file. */
function operations(inode: () => XipInode): AddressSpaceOperations {
  return {
    readFolio: () => {
      throw new Error("an XIP file has no pages to read");
    },
    writeFolio: () => {
      throw new Error("an XIP file has no pages to write");
    },
    fault: (vma, vpn, access) => xipFaultHandler(inode(), vma, vpn, access),
  };
}

export class XipFile implements ModelledFile {
  readonly inode: XipInode;

  constructor(mount: XipMount, name: string, size: number) {
    this.inode = new XipInode(mount, name, size, operations(() => this.inode));
  }

  *read(transfer: Transfer): Steps<number> {
    const { path } = this.inode.mount.flags;
    return path === "old_xip" ? yield* oldXipRead(this.inode, transfer) : yield* draftRead(this.inode, transfer);
  }

  *write(transfer: Transfer): Steps<number> {
    const { path } = this.inode.mount.flags;
    const written = path === "old_xip"
      ? yield* oldXipWrite(this.inode, transfer)
      : yield* draftWrite(this.inode, transfer);
    if (written <= 0 || transfer.sync === "none") return written;
    const error = yield* this.fsync("all", transfer.call);
    return error < 0 ? error : written;
  }

  *truncate(size: number, call: Call): Steps<number> {
    return yield* pmemTruncate(this.inode, size, call);
  }

  *fallocate(pos: number, len: number, flags: readonly string[], call: Call): Steps<number> {
    const others = flags.filter((flag) => flag !== "FALLOC_FL_KEEP_SIZE" && flag !== "FALLOC_FL_PUNCH_HOLE");
    if (others.length > 0 || !this.inode.mount.flags.unwritten) {
      yield;
      return -EOPNOTSUPP;
    }
    if (flags.includes("FALLOC_FL_PUNCH_HOLE")) return yield* pmemPunchHole(this.inode, pos, pos + len, call);
    const size = flags.includes("FALLOC_FL_KEEP_SIZE") ? "keep_size" : "extend";
    return yield* pmemAllocate(this.inode, pos, pos + len, size, call);
  }

  /** Metadata alone: there are no dirty pages, and nothing of 3.13 writes the CPU's cache back. */
  *fsync(_scope: "data" | "all", call: Call): Steps<number> {
    const committed = yield* this.inode.fs.syncMetadata(this.inode);
    call.at("y2");
    return committed;
  }

  // Not looked at by any step.

  blocks(): readonly BlockRecord[] {
    return this.inode.fs.blocks(this.inode.ino);
  }

  media(): readonly Token[] {
    return this.inode.fs.media(this.inode);
  }

  /** The block where there is one, else the sparse page. */
  shows(index: number, target: PteTarget): boolean {
    const { map } = this.inode;
    if (target === ZERO_PAGE) return map.peek(index) !== "written";
    return target.kind === "pmem" && map.peekBlock(index) === target.pfn;
  }
}
