/**
 * A file on persistent memory as the scenario program calls it: what all systems do alike.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space.ts";
import { EOPNOTSUPP } from "../../machine/errno.ts";
import type { PteTarget } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import type { Token } from "../../machine/tokens.ts";
import type { BlockRecord } from "../run_record.ts";
import type { Call, ModelledFile, Transfer } from "../system.ts";
import type { PmemInode, PmemInodeOptions } from "./pmem_inode.ts";
import { pmemAllocate, pmemPunchHole, pmemTruncate } from "./pmem_truncate.ts";

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
    const others = flags.filter((flag) => flag !== "FALLOC_FL_KEEP_SIZE" && flag !== "FALLOC_FL_PUNCH_HOLE");
    if (others.length > 0 || this.inode.preallocation === "none") {
      yield;
      return -EOPNOTSUPP;
    }
    if (flags.includes("FALLOC_FL_PUNCH_HOLE")) return yield* this.punchHole(pos, pos + len, call);
    const size = flags.includes("FALLOC_FL_KEEP_SIZE") ? "keep_size" : "extend";
    return yield* pmemAllocate(this.inode, pos, pos + len, size, call);
  }

  protected *punchHole(from: number, to: number, call: Call): Steps<number> {
    return yield* pmemPunchHole(this.inode, from, to, call);
  }

  // Not looked at by any step.

  blocks(): readonly BlockRecord[] {
    return this.inode.fs.blocks(this.inode.ino);
  }

  media(): readonly Token[] {
    return this.inode.fs.media(this.inode);
  }
}
