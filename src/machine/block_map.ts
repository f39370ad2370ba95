/**
 * Where the blocks of a file are: for each logical block a hole, a reservation (delalloc), or a physical block that has
 * been written or not.
 *
 * Every operation is atomic, a part of the current step: the lock under which the kernel does it (`i_data_sem`, `ILOCK`) is
 * the file system's. Each logical block is an object of its own, so that work on different blocks of a file commutes; what
 * new blocks they get does not.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { BlockAllocator } from "./block_allocator.ts";
import type { AllocatedBlock, AllocatedState, FileFormat, MetadataSink } from "./disk_metadata.ts";
import type { World } from "./world.ts";

export type BlockState = "hole" | "delalloc" | AllocatedState;

/** A run of blocks of one state, next to each other on the device where they have a place there. */
export interface Mapping {
  readonly state: BlockState;
  readonly lblk: number;
  readonly blocks: number;
  /** Physical block of the first one; null for a hole or a reservation. */
  readonly pblk: number | null;
  /** True when this call has allocated them: they hold what the last owner left (`buffer_new`, `IOMAP_F_NEW`). */
  readonly isNew: boolean;
  /** True when finding the next block needs a read of metadata (`buffer_boundary`). */
  readonly isBoundary: boolean;
}

/** A mapping as iomap gives it, in sectors; whole blocks, not cut to what was asked for. */
export interface Iomap {
  readonly type: "hole" | "delalloc" | "unwritten" | "mapped";
  /** First sector in the file. */
  readonly offset: number;
  readonly length: number;
  /** Sector on the device; null where there is none. */
  readonly addr: number | null;
  readonly isNew: boolean;
}

export interface BlockMapOptions {
  readonly sectorsPerBlock: number;
  /** Logical blocks that a file may have: a bound of the scenario. */
  readonly blocksMax: number;
  /** Logical blocks after which the map goes on in another block of metadata. */
  readonly boundaryAfter?: readonly number[];
}

const NONE: readonly number[] = [];

type Entry = AllocatedBlock | "delalloc" | undefined;

function stateOf(entry: Entry): BlockState {
  return entry === undefined ? "hole" : entry === "delalloc" ? entry : entry.state;
}

function pblkOf(entry: Entry): number | null {
  return entry === undefined || entry === "delalloc" ? null : entry.pblk;
}

export class BlockMap {
  readonly file: string;
  readonly sectorsPerBlock: number;
  readonly blocksMax: number;
  readonly #world: World;
  readonly #allocator: BlockAllocator;
  readonly #boundaryAfter: readonly number[];
  readonly #objects: number[] = [];
  #version = 0;
  readonly #entries: Entry[] = [];

  constructor(world: World, allocator: BlockAllocator, format: FileFormat, options: BlockMapOptions) {
    this.file = format.file;
    this.sectorsPerBlock = options.sectorsPerBlock;
    this.blocksMax = options.blocksMax;
    this.#world = world;
    this.#allocator = allocator;
    this.#boundaryAfter = options.boundaryAfter ?? NONE;
    for (let lblk = 0; lblk < options.blocksMax; lblk++) this.#objects.push(world.newObject());
    for (const { lblk, pblk, state } of format.blocks) {
      if (lblk >= options.blocksMax) throw new Error(`${format.file} begins with block ${lblk}, over its bound`);
      this.#entries[lblk] = { state, pblk, generation: allocator.medium.generation(pblk) };
      allocator.own(pblk, { file: format.file, lblk });
    }
  }

  /** Another number after every change, not looked at by any step: `if_seq`. */
  get version(): number {
    return this.#version;
  }

  /** State of a block, not looked at by any step. */
  peek(lblk: number): BlockState {
    return stateOf(this.#entries[lblk]);
  }

  /** Physical block, not looked at by any step; null where there is none. */
  peekBlock(lblk: number): number | null {
    return pblkOf(this.#entries[lblk]);
  }

  /** The longest run that a block is of: one state, and a row on the device where there is a place; not looked at by any step. */
  peekExtent(lblk: number): { readonly first: number; readonly end: number } {
    const state = this.peek(lblk);
    const pblk = this.peekBlock(lblk);
    const goesOn = (other: number) =>
      this.peek(other) === state && (pblk === null || this.peekBlock(other) === pblk + other - lblk);
    let first = lblk;
    while (first > 0 && goesOn(first - 1)) first--;
    let end = lblk + 1;
    while (end < this.blocksMax && goesOn(end)) end++;
    return { first, end };
  }

  /** Whether nothing is allocated or reserved at or behind a block, not looked at by any step. */
  peekIsHoleFrom(from: number): boolean {
    for (let lblk = from; lblk < this.blocksMax; lblk++) if (this.peek(lblk) !== "hole") return false;
    return true;
  }

  /** Logical blocks at or behind `from` that have a physical one, not looked at by any step: what lies beyond EOF. */
  peekAllocatedFrom(from: number): number[] {
    const found: number[] = [];
    for (let lblk = from; lblk < this.blocksMax; lblk++) if (this.peekBlock(lblk) !== null) found.push(lblk);
    return found;
  }

  /** Extents with blocks of their own, not looked at by any step; counted no further than one above `most`. */
  peekExtents(most: number): number {
    let count = 0;
    let before: Entry;
    for (let lblk = 0; lblk < this.blocksMax && count <= most; lblk++) {
      const entry = this.#entries[lblk];
      const pblk = pblkOf(entry);
      if (pblk !== null && (stateOf(entry) !== stateOf(before) || pblkOf(before) !== pblk - 1)) count++;
      before = entry;
    }
    return count;
  }

  /** Looks a run of at most `max` blocks up (`create` 0). */
  getBlock(lblk: number, max: number): Mapping {
    this.#world.count("get_blocks");
    return this.#runFrom(lblk, max, "not new");
  }

  /**
   * Looks a run of at most `max` blocks up, and allocates blocks where there is a hole or a reservation (`create` 1).
   *
   * New blocks are a run as long as they lie next to each other on the device.
   *
   * @param as state of new blocks
   * @returns null when there is no block to be had for the first: ENOSPC
   */
  getBlockCreate(lblk: number, max: number, as: AllocatedState, sink: MetadataSink): Mapping | null {
    if (this.#look(lblk) !== undefined && this.#entries[lblk] !== "delalloc") return this.getBlock(lblk, max);
    this.#world.count("get_blocks");
    this.#checkBound(lblk);
    let blocks = 0;
    let next: number | undefined;
    while (blocks < max && lblk + blocks < this.blocksMax) {
      if (blocks > 0) {
        const entry = this.#look(lblk + blocks);
        if (entry !== undefined && entry !== "delalloc" || this.#boundaryAfter.includes(lblk + blocks - 1)) break;
        if (this.#allocator.nextFor({ file: this.file, lblk: lblk + blocks }) !== next) break;
      }
      const pblk = this.#allocator.allocate({ file: this.file, lblk: lblk + blocks });
      if (pblk === null) break;
      this.#set(lblk + blocks, { state: as, pblk, generation: this.#allocator.medium.generation(pblk) }, sink);
      next = pblk + 1;
      blocks++;
    }
    return blocks === 0 ? null : this.#runFrom(lblk, blocks, "new");
  }

  /** Whether space for a block can be set aside, not looked at by any step: see `BlockAllocatorOptions.canReserve`. */
  peekCanReserve(lblk: number): boolean {
    return this.#allocator.peekCanReserve({ file: this.file, lblk });
  }

  /** {@linkcode getBlock} for iomap: the run from the block of `sector`, as far as it covers `sectors`. */
  iomapBegin(sector: number, sectors: number): Iomap {
    const [lblk, blocks] = this.#blocksOf(sector, sectors);
    return this.#iomap(this.getBlock(lblk, blocks));
  }

  /** {@linkcode getBlockCreate} for iomap. */
  iomapBeginCreate(sector: number, sectors: number, as: AllocatedState, sink: MetadataSink): Iomap | null {
    const [lblk, blocks] = this.#blocksOf(sector, sectors);
    const mapping = this.getBlockCreate(lblk, blocks, as, sink);
    return mapping === null ? null : this.#iomap(mapping);
  }

  /** Reserves a hole for a block to be allocated at writeback; nothing else changes. */
  reserve(lblk: number): void {
    this.#checkBound(lblk);
    if (this.#look(lblk) !== undefined) return;
    this.#world.touch(this.#objects[lblk], Access.Write, 0);
    this.#entries[lblk] = "delalloc";
    this.#version++;
    this.#world.note("reserve", `map(${this.file},${lblk})`);
  }

  /** Makes unwritten blocks written; others stay as they are. Returns how many were unwritten. */
  convert(lblk: number, blocks: number, sink: MetadataSink): number {
    let converted = 0;
    for (let each = lblk; each < lblk + blocks && each < this.blocksMax; each++) {
      const entry = this.#look(each);
      if (entry === undefined || entry === "delalloc" || entry.state !== "unwritten") continue;
      this.#set(each, { ...entry, state: "written" }, sink);
      converted++;
    }
    return converted;
  }

  /** Makes written blocks unwritten, so that they read as zeros; others stay as they are. */
  unconvert(lblk: number, blocks: number, sink: MetadataSink): void {
    for (let each = lblk; each < lblk + blocks && each < this.blocksMax; each++) {
      const entry = this.#look(each);
      if (entry === undefined || entry === "delalloc" || entry.state !== "written") continue;
      this.#set(each, { ...entry, state: "unwritten" }, sink);
    }
  }

  /** Frees all blocks from `from` on (truncate). Returns the physical blocks that have lost their place. */
  trim(from: number, sink: MetadataSink): number[] {
    return this.punch(from, Math.max(0, this.blocksMax - from), sink);
  }

  /** Frees the blocks of a range. Returns the physical blocks that have lost their place. */
  punch(lblk: number, blocks: number, sink: MetadataSink): number[] {
    const freed: number[] = [];
    for (let each = lblk; each < lblk + blocks && each < this.blocksMax; each++) {
      const entry = this.#look(each);
      if (entry === undefined) continue;
      if (entry !== "delalloc") freed.push(entry.pblk);
      this.#set(each, undefined, sink);
    }
    if (freed.length > 0) sink.free(freed);
    return freed;
  }

  /**
   * Moves what lies at or behind `from` by `distance` blocks, to the front where that is negative: what lies there has been
   * freed before. What would come to lie behind the bound must be holes.
   */
  shift(from: number, distance: number, sink: MetadataSink): void {
    const moved = this.#entries.slice(from, this.blocksMax);
    for (let lblk = Math.max(0, from + Math.min(0, distance)); lblk < this.blocksMax; lblk++) {
      const entry = lblk - distance < from ? undefined : moved[lblk - distance - from];
      if (this.#look(lblk) === entry) continue;
      this.#set(lblk, entry === "delalloc" ? undefined : entry, sink);
      if (entry === "delalloc") this.#entries[lblk] = entry;
      else if (entry !== undefined) this.#allocator.own(entry.pblk, { file: this.file, lblk });
    }
    const last = moved.findLastIndex((entry) => entry !== undefined);
    if (last >= 0) this.#checkBound(from + last + distance);
  }

  /**
   * Puts another block in the place of one, as the end of a copy on write does.
   *
   * @returns the physical block that was there; null: a hole
   */
  replace(lblk: number, block: AllocatedBlock, sink: MetadataSink): number | null {
    const before = pblkOf(this.#look(lblk));
    this.#set(lblk, block, sink);
    return before;
  }

  /**
   * Says what a block is, whatever it was: for those who follow a recording. Nothing is recorded of it as a change.
   *
   * @param pblk its place; null where it has none: a hole, or reserved
   */
  assume(lblk: number, state: BlockState, pblk: number | null): void {
    const before = pblkOf(this.#entries[lblk]);
    if (before !== null && before !== pblk) {
      const owner = this.#allocator.ownerOf(before);
      if (typeof owner !== "string" && owner.file === this.file && owner.lblk === lblk) this.#allocator.disown(before);
    }
    if (pblk !== null) this.#allocator.own(pblk, { file: this.file, lblk });
    this.#version++;
    if (state === "hole") this.#entries[lblk] = undefined;
    else if (state === "delalloc") this.#entries[lblk] = "delalloc";
    else {
      if (pblk === null) throw new Error(`${this.file}: block ${lblk} is ${state} without a place`);
      this.#entries[lblk] = { state, pblk, generation: this.#allocator.medium.generation(pblk) };
    }
  }

  #checkBound(lblk: number): void {
    if (lblk >= this.blocksMax) {
      throw new Error(`${this.file} is bounded to ${this.blocksMax} blocks, and needs ${lblk}`);
    }
  }

  #look(lblk: number): Entry {
    if (lblk < this.blocksMax) this.#world.touch(this.#objects[lblk], Access.Read, 0);
    return this.#entries[lblk];
  }

  #set(lblk: number, entry: AllocatedBlock | undefined, sink: MetadataSink): void {
    this.#world.touch(this.#objects[lblk], Access.Write, 0);
    const before = this.#entries[lblk];
    this.#entries[lblk] = entry;
    this.#version++;
    if (before !== "delalloc" || entry !== undefined) {
      sink.record({ kind: "map", file: this.file, lblk, block: entry ?? null });
    }
    this.#world.note(stateOf(entry), `map(${this.file},${lblk})`, entry === undefined ? "" : `block ${entry.pblk}`);
  }

  #runFrom(lblk: number, max: number, age: "new" | "not new"): Mapping {
    const first = this.#look(lblk);
    const state = stateOf(first);
    const pblk = pblkOf(first);
    let blocks = 1;
    while (blocks < max && !this.#boundaryAfter.includes(lblk + blocks - 1)) {
      const entry = this.#look(lblk + blocks);
      if (stateOf(entry) !== state || (pblk !== null && pblkOf(entry) !== pblk + blocks)) break;
      blocks++;
    }
    const isBoundary = pblk !== null && this.#boundaryAfter.includes(lblk + blocks - 1);
    return { state, lblk, blocks, pblk, isNew: age === "new", isBoundary };
  }

  #blocksOf(sector: number, sectors: number): [lblk: number, blocks: number] {
    const lblk = Math.floor(sector / this.sectorsPerBlock);
    return [lblk, Math.max(1, Math.ceil((sector + sectors) / this.sectorsPerBlock) - lblk)];
  }

  #iomap({ state, lblk, blocks, pblk, isNew }: Mapping): Iomap {
    const size = this.sectorsPerBlock;
    return {
      type: state === "written" ? "mapped" : state,
      offset: lblk * size,
      length: blocks * size,
      addr: pblk === null ? null : pblk * size,
      isNew,
    };
  }
}
