/**
 * An XIP file as the scenario program calls it.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import { ZERO_PAGE } from "../../machine/page_memory.ts";
import type { PteTarget } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import { operationsWithoutPages, PmemFile, type PmemFileOptions } from "../common/pmem_file.ts";
import { PmemInode } from "../common/pmem_inode.ts";
import type { Call, Transfer } from "../system.ts";
import { oldXipRead, oldXipWrite } from "./old_xip.ts";
import { xipFaultHandler } from "./xip_fault.ts";
import { type XipInode, type XipMount, xipTraits } from "./xip_inode.ts";
import { draftRead, draftWrite } from "./xip_io.ts";

/** There are no pages in the page cache. */
function operations(inode: () => XipInode): AddressSpaceOperations {
  return operationsWithoutPages((vma, vpn, access) => xipFaultHandler(inode(), vma, vpn, access));
}

export class XipFile extends PmemFile<XipInode> {
  constructor(mount: XipMount, options: PmemFileOptions) {
    super(options, operations, (own) => new PmemInode(mount, own, xipTraits(mount.flags)));
  }

  override *read(transfer: Transfer): Steps<number> {
    const { path } = this.inode.mount.flags;
    return path === "old_xip" ? yield* oldXipRead(this.inode, transfer) : yield* draftRead(this.inode, transfer);
  }

  protected override *writeData(transfer: Transfer): Steps<number> {
    const { path } = this.inode.mount.flags;
    return path === "old_xip" ? yield* oldXipWrite(this.inode, transfer) : yield* draftWrite(this.inode, transfer);
  }

  /** Metadata alone: there are no dirty pages, and nothing of 3.13 writes the CPU's cache back. */
  override *fsync(_scope: "data" | "all", call: Call): Steps<number> {
    const committed = yield* this.inode.fs.syncMetadata(this.inode);
    call.at("y2");
    return committed;
  }

  /** The block where there is one, else the sparse page. */
  override shows(index: number, target: PteTarget): boolean {
    const { map } = this.inode;
    if (target === ZERO_PAGE) return map.peek(index) !== "written";
    return target.kind === "pmem" && map.peekBlock(index) === target.pfn;
  }
}
