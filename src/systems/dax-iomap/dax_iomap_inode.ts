/**
 * An inode of a DAX file over iomap, and what a mount has once.
 *
 * @module
 */

import { Count } from "../../machine/count.ts";
import { type Era, ERAS } from "../../machine/era.ts";
import type { Pte } from "../../machine/page_table.ts";
import { Retries } from "../../machine/retries.ts";
import { Variable } from "../../machine/variable.ts";
import { PmemInode, type PmemInodeOptions, type PmemInodeTraits, type PmemMount } from "../common/pmem_inode.ts";
import { DaxEntries } from "./dax_entries.ts";
import type { DaxIomapFlags } from "./flags.ts";
import type { SharedBlocks } from "./shared_blocks.ts";

/** What a mount has once. */
export interface DaxIomapMount extends PmemMount {
  readonly flags: DaxIomapFlags;
  readonly shared: SharedBlocks;
}

const ERA: Era = { ...ERAS.G6, unmapLock: "i_mmap_rwsem" };

const TRAITS: PmemInodeTraits = {
  era: ERA,
  newBlocks: "not_cleared",
  mmapLock: "none",
  dataSem: "not_modelled",
  unlockedReads: "none",
  dioCount: "not_held",
  preallocation: "unwritten_blocks",
};

export class DaxIomapInode extends PmemInode<DaxIomapMount> {
  readonly entries: DaxEntries;
  /** By logical block: what a copy on write has been given and is not in the file yet (the CoW fork); 0: nothing. */
  readonly #cowFork: Variable<number>[] = [];
  /** By page: references to the page beside those of PTEs. */
  readonly #pins: Count[] = [];
  readonly #refused = new WeakMap<Pte, Retries>();

  constructor(mount: DaxIomapMount, options: PmemInodeOptions) {
    super(mount, options, TRAITS);
    const { world, fs: { bounds } } = this;
    this.entries = new DaxEntries(world, this.ino, bounds.pagesMax, mount.flags.entryLock ? "locked" : "unlocked");
    for (let lblk = 0; lblk < this.map.blocksMax; lblk++) {
      this.#cowFork.push(new Variable(world, `cow_fork(${this.ino},${lblk})`, 0));
      this.#pins.push(new Count(world, `page_ref(${this.ino},${lblk})`));
    }
  }

  /** Physical block that a copy on write of a logical block has been given; null: none. Part of the current step. */
  cowBlock(lblk: number): number | null {
    const value = this.#cowFork[lblk].get();
    return value === 0 ? null : value - 1;
  }

  setCowBlock(lblk: number, pblk: number | null): void {
    this.#cowFork[lblk].set(pblk === null ? 0 : pblk + 1);
  }

  pins(index: number): Count {
    return this.#pins[index];
  }

  /** Counts faults of a PTE that have changed nothing, in a row. */
  refused(pte: Pte): Retries {
    let retries = this.#refused.get(pte);
    if (retries === undefined) {
      const loop = `the store fault of ${this.ino}, which leaves the old PTE in place,`;
      this.#refused.set(pte, retries = new Retries(this.world, loop, this.bounds.retriesMax));
    }
    return retries;
  }
}
