/**
 * A file on persistent memory as the scenario program calls it: what all systems do alike.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import { EOPNOTSUPP } from "../../machine/errno.ts";
import type { PteTarget } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import type { Token } from "../../machine/tokens.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, ModelledFile, Transfer } from "../system.ts";
import type { PmemInode, PmemInodeOptions } from "./pmem_inode.ts";
import { pmemAllocate, type SizeChange } from "./pmem_allocate.ts";
import { pmemPunchHole, pmemTruncate } from "./pmem_truncate.ts";
import { fallocateMode } from "./range_calls.ts";

function* refused(): Steps<number> {
  yield;
  return -EOPNOTSUPP;
}

export interface PmemFileOptions {
  readonly name: string;
  /** In sectors. */
  readonly size: number;
}

/** What an inode's pages are faulted in with where the page cache has no pages of such files. */
export function operationsWithoutPages(fault: NonNullable<AddressSpaceOperations["fault"]>): AddressSpaceOperations {
  const refuse = (): never => {
    throw new Error("a file on persistent memory has no pages to read or to write");
  };
  return { readFolio: refuse, writeFolio: refuse, fault };
}

export abstract class PmemFile<I extends PmemInode = PmemInode> implements ModelledFile {
  readonly inode: I;
  readonly advice = "ignored";

  /**
   * @param mapping what its pages are faulted in with
   * @param make the inode
   */
  constructor(
    { name, size }: PmemFileOptions,
    mapping: (inode: () => I) => AddressSpaceOperations,
    make: (options: PmemInodeOptions) => I,
  ) {
    this.inode = make({ name, size, mapping: mapping(() => this.inode) });
  }

  abstract read(transfer: Transfer): Steps<number>;
  /** write(2) without what O_SYNC and O_DSYNC add. */
  protected abstract writeData(transfer: Transfer): Steps<number>;
  abstract fsync(scope: "data" | "all", call: Call): Steps<number>;
  abstract shows(index: number, target: PteTarget): boolean;

  *write(transfer: Transfer): Steps<number> {
    const written = yield* this.writeData(transfer);
    if (written <= 0 || transfer.sync === "none") return written;
    const error = yield* this.fsync(transfer.sync === "sync" ? "all" : "data", transfer.call);
    return error < 0 ? error : written;
  }

  *truncate(size: number, call: Call): Steps<number> {
    return yield* pmemTruncate(this.inode, size, call);
  }

  *fallocate(pos: number, len: number, flags: readonly string[], call: Call): Steps<number> {
    const mode = this.inode.preallocation === "none" ? null : fallocateMode(flags);
    const size = flags.includes("FALLOC_FL_KEEP_SIZE") ? "keep_size" : "extend";
    switch (mode) {
      case "punch":
        return yield* this.punchHole(pos, pos + len, call);
      case "zero":
        return yield* this.zeroRange(pos, pos + len, size, call);
      case "allocate":
        return yield* pmemAllocate(this.inode, pos, pos + len, size, call);
      default:
        return yield* refused();
    }
  }

  protected *punchHole(from: number, to: number, call: Call): Steps<number> {
    return yield* pmemPunchHole(this.inode, from, to, call);
  }

  /** FALLOC_FL_ZERO_RANGE, which there is from 3.15 on. */
  protected *zeroRange(_from: number, _to: number, _size: SizeChange, _call: Call): Steps<number> {
    return yield* refused();
  }

  // Not looked at by any step.

  blocks(): readonly BlockRecord[] {
    return this.inode.fs.blocks(this.inode.ino);
  }

  media(): readonly Token[] {
    return this.inode.fs.media(this.inode);
  }
}
