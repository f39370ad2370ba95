/**
 * A page of a file in memory.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { AddressSpace } from "./address_space.ts";
import { BitLock } from "./bit_lock.ts";
import { Flag } from "./flag.ts";
import type { Holder } from "./level.ts";
import { type PageMemory, Sector } from "./page_memory.ts";
import type { Steps } from "./task.ts";
import { type Token, ZERO } from "./tokens.ts";
import { Counter } from "./variable.ts";
import type { World } from "./world.ts";

export class Folio implements PageMemory {
  readonly kind = "folio";
  /** `page(F,3)`; who waits for it must look at {@linkcode isIn} when it has it. */
  readonly lock: BitLock;
  /** `writeback(F,3)`. */
  readonly writeback: BitLock;
  readonly uptodate: Flag;
  /** PG_dirty; PTEs that were stored through are dirty for themselves until they are cleaned or zapped. */
  readonly dirty: Flag;
  readonly sectors: readonly Sector[];
  /** References: the page cache's own, those of lookups, of pins. */
  readonly refs: Counter;
  /** PTEs that map it. */
  readonly mapcount: Counter;
  /** Pins of get_user_pages, which are references too. */
  readonly pins: Counter;
  readonly index: number;
  /** What the file system keeps with the page, such as the state of its blocks; null: nothing, nothing to release. */
  buffers: unknown = null;
  /** What devices stored into it after it had left the cache (LOST_DMA), for checks. */
  readonly orphanStores: { sector: number; token: Token }[] = [];

  /** Null: it has never been marked. */
  #readahead: Flag | null = null;
  readonly #world: World;
  readonly #mappingObject: number;
  readonly #home: AddressSpace;
  #mapping: AddressSpace | null = null;

  /** A page for an index of a file, which is not in the cache yet. */
  constructor(world: World, home: AddressSpace, index: number) {
    const { ino } = home.host;
    this.#world = world;
    this.#home = home;
    this.index = index;
    this.lock = new BitLock(world, `page(${ino},${index})`);
    this.writeback = new BitLock(world, `writeback(${ino},${index})`);
    this.uptodate = new Flag(world);
    this.dirty = new Flag(world);
    this.refs = new Counter(world, "refs");
    this.mapcount = new Counter(world, "mapcount");
    this.pins = new Counter(world, "pins");
    this.#mappingObject = world.newObject();
    const sectors: Sector[] = [];
    for (let sector = 0; sector < home.bounds.sectorsPerPage; sector++) sectors.push(new Sector(world, ZERO));
    this.sectors = sectors;
    home.folios.push(this);
  }

  get name(): string {
    return this.lock.name;
  }

  /** The file that it is or was a page of. */
  get home(): AddressSpace {
    return this.#home;
  }

  /** The cache that it is in, not looked at by any step; null once it has been removed. */
  get mapping(): AddressSpace | null {
    return this.#mapping;
  }

  /** Looks whether it is in this cache, as part of the current step. */
  isIn(mapping: AddressSpace): boolean {
    this.#world.touch(this.#mappingObject, Access.Read, 0);
    return this.#mapping === mapping;
  }

  /** For the page tree alone. */
  setMapping(mapping: AddressSpace | null): void {
    this.#world.touch(this.#mappingObject, Access.Write, 0);
    this.#mapping = mapping;
  }

  get(): void {
    this.refs.add(1);
  }

  put(): void {
    this.refs.add(-1);
  }

  /** Looks whether any PTE maps it. */
  isMapped(): boolean {
    return this.mapcount.get() > 0;
  }

  /** Sets PG_readahead: the first fault that finds it begins the next readahead. Before others can find it. */
  markReadahead(): void {
    if (this.#mapping !== null) throw new Error(`${this.name} is marked for readahead when others may have found it`);
    this.#readahead = new Flag(this.#world, "set");
  }

  /** Looks whether PG_readahead is set, as part of the current step. */
  beginsReadahead(): boolean {
    return this.#readahead?.test() ?? false;
  }

  /** Clears PG_readahead, as part of the current step; returns what it was. */
  takeReadahead(): boolean {
    return this.#readahead?.testAndClear() ?? false;
  }

  /**
   * Makes it dirty, in the tree too while it is there; as part of the current step.
   *
   * @returns false when it was dirty
   */
  setDirty(): boolean {
    if (this.dirty.testAndSet()) return false;
    const mapping = this.#home;
    if (this.isIn(mapping)) {
      mapping.setTag(this.index, "DIRTY");
      mapping.ops.dirtyFolio?.(this);
      this.#world.tracepoints?.emit("writeback_dirty_folio", mapping.placeOf(this.index));
    }
    this.#world.note("set dirty", this.name);
    return true;
  }

  /** Makes it clean without writing it, as truncation does. */
  cancelDirty(): void {
    this.dirty.testAndClear();
  }

  /**
   * Marks it as being written, as part of the current step; its tags follow.
   *
   * @param holder what will end it, such as `bio(T1.0)`
   */
  startWriteback(holder: Holder): void {
    this.writeback.set(holder);
    if (!this.isIn(this.#home)) return;
    if (!this.dirty.test()) this.#home.clearTag(this.index, "DIRTY");
    this.#home.setTag(this.index, "WRITEBACK");
  }

  /** `folio_wait_writeback`: waits for the end of a writeback that is under way. */
  *waitWriteback(): Steps {
    if (!this.writeback.isSet()) return;
    const { tracepoints } = this.#world;
    const tell = () => tracepoints?.emit("folio_wait_writeback", this.#home.placeOf(this.index));
    tell();
    const before = this.writeback.timesSet;
    yield* this.writeback.waitClear();
    // Who has been woken looks again and tells of the next writeback that has begun meanwhile. To have a step for each would
    // change nothing else: here it goes on when there is none.
    for (let left = this.writeback.timesSet - before; left > 0; left--) tell();
  }

  /** Ends its writeback, as part of the current step: whoever waits may go on. */
  endWriteback(): void {
    if (this.isIn(this.#home)) this.#home.clearTag(this.index, "WRITEBACK");
    this.writeback.clear();
  }

  /** Its content, not looked at by any step. */
  get tokens(): readonly Token[] {
    return this.sectors.map(({ peek }) => peek);
  }

  toString(): string {
    return this.name;
  }
}
