/**
 * A file's inode as the VFS has it in memory. File systems derive their own from it, with the locks they add.
 *
 * Positions, lengths and sizes are in sectors of 512 bytes.
 *
 * @module
 */

import { AddressSpace } from "./address_space.ts";
import type { AddressSpaceOperations } from "./address_space_operations.ts";
import { Count } from "./count.ts";
import type { Era } from "./era.ts";
import { Flag } from "./flag.ts";
import { Mutex } from "./mutex.ts";
import { PAGE_CACHE_BOUNDS, type PageCacheBounds } from "./page_cache_bounds.ts";
import { type Fairness, Rwsem } from "./rwsem.ts";
import { Counter } from "./variable.ts";
import type { World } from "./world.ts";

export interface InodeOptions {
  /** As resources print it: `F`. */
  readonly ino: string;
  /** In sectors. */
  readonly size: number;
  readonly era: Era;
  readonly bounds?: PageCacheBounds;
  /** Of all reader-writer semaphores of the inode. Default `fair`. */
  readonly fairness?: Fairness;
  /** What its pages are read and written with; for {@linkcode AddressSpace} itself or for one derived from it. */
  readonly mapping: AddressSpaceOperations | ((inode: Inode) => AddressSpace);
}

export class Inode {
  readonly world: World;
  readonly ino: string;
  readonly era: Era;
  readonly bounds: PageCacheBounds;
  readonly fairness: Fairness;
  readonly mapping: AddressSpace;
  /** `i_disksize`, XFS `i_disk_size`: the size that was or will be logged. */
  readonly diskSize: Counter;
  readonly nlink: Counter;
  /** Direct I/O in flight: `dio_count(F)`. */
  readonly dioCount: Count;
  /** On the orphan list in memory; what of it is committed is the journal's. */
  readonly onOrphanList: Flag;
  /** Clear: a direct write that holds a shared lock has to take it exclusively, to strip privileges. */
  readonly nosec: Flag;
  readonly #size: Counter;
  readonly #lock: Mutex | Rwsem;

  constructor(world: World, options: InodeOptions) {
    const { ino, size, era } = options;
    this.world = world;
    this.ino = ino;
    this.era = era;
    this.bounds = options.bounds ?? PAGE_CACHE_BOUNDS;
    this.fairness = options.fairness ?? world.lockFairness;
    this.#size = new Counter(world, `i_size(${ino})`, size);
    this.diskSize = new Counter(world, `i_disksize(${ino})`, size);
    this.nlink = new Counter(world, `nlink(${ino})`, 1);
    this.dioCount = new Count(world, `dio_count(${ino})`);
    this.onOrphanList = new Flag(world);
    this.nosec = new Flag(world, "set");
    this.#lock = era.inodeLock === "i_mutex"
      ? new Mutex(world, `i_mutex(${ino})`)
      : new Rwsem(world, `i_rwsem(${ino})`, this.fairness);
    this.mapping = typeof options.mapping === "function"
      ? options.mapping(this)
      : new AddressSpace(this, options.mapping);
  }

  /** To 4.6. */
  get iMutex(): Mutex {
    if (this.#lock instanceof Mutex) return this.#lock;
    throw new Error(`${this.ino} has no i_mutex in ${this.era.name}`);
  }

  /** From 4.7. */
  get iRwsem(): Rwsem {
    if (this.#lock instanceof Rwsem) return this.#lock;
    throw new Error(`${this.ino} has no i_rwsem in ${this.era.name}`);
  }

  /** `i_size_read`, as part of the current step; a sample without a lock is a step of its own. */
  readSize(): number {
    return this.#size.get();
  }

  /** `i_size_write`, as part of the current step. */
  writeSize(size: number): void {
    this.#size.set(size);
    this.world.note("write", this.#size.name, String(size));
  }

  /** i_size, not looked at by any step. */
  get peekSize(): number {
    return this.#size.peek;
  }

  /** Page that a sector is in. */
  pageOf(sector: number): number {
    return Math.floor(sector / this.bounds.sectorsPerPage);
  }

  /** Pages up to a size. */
  pagesOf(size: number): number {
    return Math.ceil(size / this.bounds.sectorsPerPage);
  }

  toString(): string {
    return this.ino;
  }
}
