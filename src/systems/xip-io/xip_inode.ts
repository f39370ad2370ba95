/**
 * An inode of an XIP file, and what a mount has once.
 *
 * @module
 */

import { type Era, ERAS } from "../../machine/era.ts";
import { Mutex } from "../../machine/mutex.ts";
import { ZERO_PAGE } from "../../machine/page_memory.ts";
import { Retries } from "../../machine/retries.ts";
import type { Steps } from "../../machine/task.ts";
import { Counter } from "../../machine/variable.ts";
import type { World } from "../../machine/world.ts";
import type { PmemInode, PmemInodeTraits, PmemMount } from "../common/pmem_inode.ts";
import type { XipFlags } from "./flags.ts";

/** What guards the sparse page, which all files of the kernel share. */
export class SparsePage {
  readonly mutex: Mutex;
  /** `xip_sparse_seq`: odd while a fault maps the sparse page. */
  readonly sequence: Counter;

  constructor(world: World) {
    this.mutex = new Mutex(world, "xip_sparse_mutex");
    this.sequence = new Counter(world, "xip_sparse_seq");
  }
}

export interface XipMount extends PmemMount {
  readonly flags: XipFlags;
  readonly sparse: SparsePage;
}

const ERA: Era = { ...ERAS.G40, unmapLock: "i_mmap_mutex" };

export type XipInode = PmemInode<XipMount>;

export function xipTraits(flags: XipFlags): PmemInodeTraits {
  return {
    era: ERA,
    newBlocks: flags.newZero === "fs" ? "before_linking" : "not_cleared",
    mmapLock: "none",
    dataSem: "not_modelled",
    unlockedReads: flags.locking === "none" && flags.dioreadLock ? "dioread_lock" : "none",
    dioCount: flags.dioCount ? "held_over_copies" : "not_held",
    preallocation: flags.unwritten ? "unwritten_blocks" : "none",
  };
}

/** `__xip_unmap`: takes the sparse page from wherever page `index` is mapped; again when a fault has mapped it meanwhile. */
export function* xipUnmap(inode: XipInode, index: number): Steps {
  const { mapping, mount: { sparse }, bounds, world } = inode;
  const retries = new Retries(world, "__xip_unmap", bounds.retriesMax);
  const iMmapMutex = mapping.iMmapMutex!;
  yield;
  const begun = sparse.sequence.get();
  let locked = false;
  for (;;) {
    retries.next();
    yield* iMmapMutex.lock();
    for (const vma of [...mapping.vmas()]) {
      yield;
      for (const vpn of vma.vpnsOf(index, index + 1)) {
        const pte = vma.mm.pte(vpn);
        if (pte.look() === ZERO_PAGE) pte.zap();
      }
    }
    yield* iMmapMutex.unlock();
    if (locked) {
      yield* sparse.mutex.unlock();
      return;
    }
    yield;
    if (begun % 2 === 0 && sparse.sequence.get() === begun) return;
    yield* sparse.mutex.lock();
    locked = true;
  }
}
