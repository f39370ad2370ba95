/**
 * An inode of a file on DAX, and what a mount has once.
 *
 * @module
 */

import { BitLock } from "../../machine/bit_lock.ts";
import { type Era, ERAS } from "../../machine/era.ts";
import { Sector, ZeroPage } from "../../machine/page_memory.ts";
import { ZERO } from "../../machine/tokens.ts";
import type { World } from "../../machine/world.ts";
import type { PmemInode, PmemInodeTraits, PmemMount } from "../common/pmem_inode.ts";
import type { DaxFlags } from "./flags.ts";

/** Harrosh's `g_zero_page`: one page for the holes of all files. A mkwrite that goes wrong makes it writable. */
export class GlobalZeroPage extends ZeroPage {
  override readonly sectors: readonly Sector[];
  readonly lock: BitLock;

  constructor(world: World, sectorsPerPage: number) {
    super();
    this.lock = new BitLock(world, "page(g_zero_page,0)");
    this.sectors = Array.from({ length: sectorsPerPage }, () => new Sector(world, ZERO));
  }
}

/** What a mount has once. */
export interface DaxMount extends PmemMount {
  readonly flags: DaxFlags;
  /** Null: hole pages are in the page cache. */
  readonly zeroPage: GlobalZeroPage | null;
}

const ERA: Era = { ...ERAS.G40, unmapLock: "i_mmap_rwsem" };

export type DaxInode = PmemInode<DaxMount>;

export function daxTraits(flags: DaxFlags): PmemInodeTraits {
  return {
    era: ERA,
    newBlocks: flags.fsAlloc === "ext2" ? "before_linking" : "not_cleared",
    mmapLock: flags.faultSerial,
    dataSem: flags.locking === "none" ? "held_over_overwrites" : "not_modelled",
    unlockedReads: flags.locking === "none" ? "dioread_lock" : "none",
    dioCount: flags.dioCount ? "held_over_copies" : "not_held",
    preallocation: flags.fsAlloc === "ext4_ext" ? "unwritten_blocks" : "none",
  };
}
