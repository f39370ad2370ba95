/**
 * A DAX file of 6.1 as the scenario program calls it.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import type { PteTarget } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import type { SizeChange } from "../common/pmem_allocate.ts";
import { operationsWithoutPages, PmemFile, type PmemFileOptions } from "../common/pmem_file.ts";
import type { Call, Transfer } from "../system.ts";
import { daxIomapFaultHandler } from "./dax_iomap_fault.ts";
import { DaxIomapInode, type DaxIomapMount } from "./dax_iomap_inode.ts";
import { daxRead, daxWrite } from "./dax_iomap_rw.ts";
import { daxPunchHole, daxTruncate, daxZeroRange } from "./dax_iomap_truncate.ts";
import { daxSyncPages } from "./dax_writeback.ts";

/** There are no pages in the page cache. */
function operations(inode: () => DaxIomapInode): AddressSpaceOperations {
  return operationsWithoutPages((vma, vpn, access) => daxIomapFaultHandler(inode(), vma, vpn, access));
}

export class DaxIomapFile extends PmemFile<DaxIomapInode> {
  constructor(mount: DaxIomapMount, options: PmemFileOptions) {
    super(options, operations, (own) => new DaxIomapInode(mount, own));
  }

  /** O_DIRECT or not: it is the same on DAX. */
  override *read(transfer: Transfer): Steps<number> {
    return yield* daxRead(this.inode, transfer);
  }

  protected override *writeData(transfer: Transfer): Steps<number> {
    return yield* daxWrite(this.inode, transfer);
  }

  override *truncate(size: number, call: Call): Steps<number> {
    return yield* daxTruncate(this.inode, size, call);
  }

  protected override *punchHole(from: number, to: number, call: Call): Steps<number> {
    return yield* daxPunchHole(this.inode, from, to, call);
  }

  protected override *zeroRange(from: number, to: number, size: SizeChange, call: Call): Steps<number> {
    return yield* daxZeroRange(this.inode, from, to, size, call);
  }

  /** `ext4_sync_file`, `xfs_file_fsync`: entries, then the transaction. */
  override *fsync(_scope: "data" | "all", call: Call): Steps<number> {
    const { inode } = this;
    const error = yield* daxSyncPages(inode, 0, inode.bounds.pagesMax);
    if (error < 0) return error;
    const committed = yield* inode.fs.syncMetadata(inode);
    call.at("y6");
    return committed;
  }

  /** The block where there is one; else the zero page. Not looked at by any step. */
  override shows(index: number, target: PteTarget): boolean {
    const { map } = this.inode;
    if (target.kind === "zero") return map.peek(index) !== "written";
    return target.kind === "pmem" && map.peek(index) === "written" && map.peekBlock(index) === target.pfn;
  }
}
