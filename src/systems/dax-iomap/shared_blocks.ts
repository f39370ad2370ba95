/**
 * Blocks that several files have (XFS reflink): counted in the refcount tree, copied by whoever writes.
 *
 * @module
 */

import { Access } from "../../machine/access.ts";
import type { BlockAllocator } from "../../machine/block_allocator.ts";
import type { MetadataRecord, MetadataSink } from "../../machine/disk_metadata.ts";
import type { World } from "../../machine/world.ts";
import type { DiskLayout } from "../common/disk_layout.ts";
import type { BlockSharers } from "../common/pmem_volume.ts";

/** A file that has a block, and where. */
interface Owner {
  readonly file: string;
  readonly lblk: number;
}

export class SharedBlocks implements BlockSharers {
  readonly #world: World;
  readonly #allocator: BlockAllocator;
  /** By block that is or has been shared. */
  readonly #owners = new Map<number, { readonly object: number; owners: readonly Owner[] }>();

  constructor(world: World, allocator: BlockAllocator, { formats }: DiskLayout) {
    this.#world = world;
    this.#allocator = allocator;
    const owners = new Map<number, Owner[]>();
    for (const { file, blocks } of formats) {
      for (const { lblk, pblk } of blocks) {
        const own = owners.get(pblk);
        if (own === undefined) owners.set(pblk, [{ file, lblk }]);
        else own.push({ file, lblk });
      }
    }
    for (const [pblk, of] of owners) {
      if (of.length > 1) this.#owners.set(pblk, { object: world.newObject(), owners: of });
    }
  }

  /** Not looked at by any step. */
  has(pblk: number, file: string): boolean {
    return this.#owners.get(pblk)?.owners.some((owner) => owner.file === file) ?? false;
  }

  /** True when any file shares blocks: it is a reflink inode's file system. */
  get any(): boolean {
    return this.#owners.size > 0;
  }

  /** Whether a block has more than one owner, looked at as part of the current step. */
  isShared(pblk: number): boolean {
    const shared = this.#owners.get(pblk);
    if (shared === undefined) return false;
    this.#world.touch(shared.object, Access.Read, 0);
    return shared.owners.length > 1;
  }

  /** A file gives a block up, as part of the current step. Returns whether nobody has it any more. */
  leave(pblk: number, file: string): boolean {
    const shared = this.#owners.get(pblk);
    if (shared === undefined) return true;
    this.#world.touch(shared.object, Access.Write, 0);
    shared.owners = shared.owners.filter((owner) => owner.file !== file);
    if (shared.owners.length === 0) return true;
    this.#allocator.own(pblk, shared.owners[0]);
    this.#allocator.medium.ownerChanged(pblk);
    return false;
  }

  /** Takes what a file frees to `sink`, but for what other files still have. */
  sinkOf(file: string, sink: MetadataSink): MetadataSink {
    return {
      record: (record: MetadataRecord) => sink.record(record),
      free: (pblks) => {
        const freed = pblks.filter((pblk) => this.leave(pblk, file));
        if (freed.length > 0) sink.free(freed);
      },
    };
  }
}
