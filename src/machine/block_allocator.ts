/**
 * The physical blocks of a device: which are free, whose the others are, and which of them may be had again.
 *
 * Free blocks are a stack, so that a block that has been freed is the next to be given away: what goes wrong when a block
 * changes hands too early shows in small programs. Allocations and releases touch that stack; whose a block is can only
 * be asked for by checks.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { World } from "./world.ts";

/** What blocks are on; who uses a block there is checked against whose it is. */
export interface BlockMedium {
  /** Told once, by the allocator, whom to ask. */
  attach(owners: BlockOwners): void;
  /** A block gets an owner, or its owner frees it but may get it back: who uses the block depends on that. */
  ownerChanged(pblk: number): void;
  /** A block has lost its owner for good: what is left in it reads as stale from now on. */
  blockFreed(pblk: number): void;
  /** How often a block has been freed, not looked at by any step. */
  generation(pblk: number): number;
}

/** Place of a block in a file. */
export interface FileBlock {
  readonly file: string;
  readonly lblk: number;
}

/** Whose a block is; `pending` when its owner has freed it in a transaction that has not committed. */
export type BlockOwner = "free" | "pending" | FileBlock;

/** Knows whose blocks are. */
export interface BlockOwners {
  /** Not looked at by any step. */
  ownerOf(pblk: number): BlockOwner;
}

export interface BlockAllocatorOptions {
  /** Free blocks when the program begins; the first of them is given away first. */
  readonly free: readonly number[];
  /** Allocations that fail though there are free blocks. */
  readonly enospcAt?: readonly FileBlock[];
  /** Where a block is to be, whatever is free; null: the first free block. Missing: always that. */
  readonly placeOf?: (owner: FileBlock) => number | null;
  /** Whether a block is the first of an allocation, although it may lie behind the one before it. Missing: none is. */
  readonly isFirst?: (owner: FileBlock) => boolean;
  /** Whether there is room for a block, whatever is free. Missing: there is. */
  readonly hasRoom?: (owner: FileBlock) => boolean;
  /** Whether a block can be set aside for later, or for the transaction that is about to allocate it. Missing: it can. */
  readonly canReserve?: (owner: FileBlock) => boolean;
}

export class BlockAllocator implements BlockOwners {
  readonly medium: BlockMedium;
  readonly #world: World;
  /** The stack of free blocks. */
  readonly #object: number;
  readonly #free: number[];
  readonly #enospcAt: readonly FileBlock[];
  readonly #placeOf: (owner: FileBlock) => number | null;
  readonly #isFirst: (owner: FileBlock) => boolean;
  readonly #hasRoom: (owner: FileBlock) => boolean;
  readonly #canReserve: (owner: FileBlock) => boolean;
  readonly #owners = new Map<number, BlockOwner>();

  constructor(world: World, medium: BlockMedium, options: BlockAllocatorOptions) {
    this.#world = world;
    this.medium = medium;
    this.#object = world.newObject();
    this.#free = options.free.toReversed();
    this.#enospcAt = options.enospcAt ?? [];
    this.#placeOf = options.placeOf ?? (() => null);
    this.#isFirst = options.isFirst ?? (() => false);
    this.#hasRoom = options.hasRoom ?? (() => true);
    this.#canReserve = options.canReserve ?? (() => true);
    medium.attach(this);
  }

  /** Free blocks in the order in which they will be given away, not looked at by any step. */
  get free(): readonly number[] {
    return this.#free.toReversed();
  }

  /** Whose the block is, not looked at by any step. */
  ownerOf(pblk: number): BlockOwner {
    return this.#owners.get(pblk) ?? "free";
  }

  /** Says whose a block is that is not free when the program begins. */
  own(pblk: number, owner: FileBlock): void {
    this.#owners.set(pblk, owner);
  }

  /** Says that a block is nobody's any more, without it being given away again: for those who follow a recording. */
  disown(pblk: number): void {
    this.#owners.set(pblk, "pending");
  }

  /**
   * Takes a free block, as part of the current step.
   *
   * @returns null when there is none: ENOSPC
   */
  allocate(owner: FileBlock): number | null {
    this.#world.touch(this.#object, Access.Write, 0);
    if (this.#enospcAt.some(({ file, lblk }) => file === owner.file && lblk === owner.lblk)) return null;
    if (!this.#hasRoom(owner)) return null;
    const pblk = this.#placeOf(owner) ?? this.#free.pop();
    if (pblk === undefined) return null;
    this.#owners.set(pblk, owner);
    this.medium.ownerChanged(pblk);
    this.#world.note("allocate", `block(${pblk})`, `${owner.file} ${owner.lblk}`);
    return pblk;
  }

  /** Whether a block can be set aside; not looked at by any step. */
  peekCanReserve(owner: FileBlock): boolean {
    return this.#canReserve(owner);
  }

  /** The block that {@linkcode allocate} would give away next; the answer is part of the current step. */
  next(): number | undefined {
    this.#world.touch(this.#object, Access.Read, 0);
    return this.#free.at(-1);
  }

  /** {@linkcode next}, for a block of a file that may have its place; undefined too where an allocation begins with it. */
  nextFor(owner: FileBlock): number | undefined {
    const next = this.next();
    if (this.#isFirst(owner)) return undefined;
    return this.#placeOf(owner) ?? next;
  }

  /** Takes note that the owner of a block has freed it in a transaction: it may not be had again before that commits. */
  keepPending(pblk: number): void {
    this.#owners.set(pblk, "pending");
    this.medium.ownerChanged(pblk);
    this.#world.note("free", `block(${pblk})`, "pending");
  }

  /** Makes blocks free to be had again, as part of the current step; the first on the device will be given away first. */
  release(pblks: readonly number[]): void {
    if (pblks.length === 0) return;
    this.#world.touch(this.#object, Access.Write, 0);
    for (const pblk of pblks.toSorted((a, b) => b - a)) {
      if (this.ownerOf(pblk) === "free") {
        this.#world.report("BUG_CONTEXT", `block ${pblk} is freed twice`);
        continue;
      }
      this.#owners.delete(pblk);
      this.#free.push(pblk);
      this.medium.blockFreed(pblk);
      this.#world.note("release", `block(${pblk})`);
    }
  }
}

/**
 * What is wrong with using a block as one of `file`, or null: USE_AFTER_FREE_BLOCK.
 *
 * Belongs to the step that moves content from or to the block.
 */
export function misuse(owners: BlockOwners, pblk: number, file: string): string | null {
  const owner = owners.ownerOf(pblk);
  if (owner === "free") return `block ${pblk}, which is free`;
  if (owner === "pending") return `block ${pblk}, which has been freed`;
  return owner.file === file ? null : `block ${pblk}, which is block ${owner.lblk} of ${owner.file}`;
}

/** True when a write of `file` into the block goes to another file. */
export function destroysOther(owners: BlockOwners, pblk: number, file: string): boolean {
  const owner = owners.ownerOf(pblk);
  return typeof owner !== "string" && owner.file !== file;
}
