/**
 * The page cache of a file: its tree of pages with their tags, and who maps it.
 *
 * The tree's lock is never modelled: what kernel code does under it is one step. Plain methods belong to the current step;
 * generator methods are paths with steps of their own, which a kernel that finds other things than pages in its tree
 * overrides. Every slot is an object of its own, and so are its tags: looking a page up does not depend on who dirties it.
 *
 * | looked at | by whom |
 * |---|---|
 * | a slot | lookups of it, and gang lookups that come past it |
 * | a slot's tags | flushes that come past it |
 * | `nrpages`, `nrentries` | only who asks whether the cache is empty |
 *
 * @module
 */

import { Access } from "./access.ts";
import type { AddressSpaceOperations } from "./address_space_operations.ts";
import type { Era } from "./era.ts";
import { Flag } from "./flag.ts";
import { Folio } from "./folio.ts";
import type { Inode } from "./inode.ts";
import { Mutex } from "./mutex.ts";
import type { PageCacheBounds } from "./page_cache_bounds.ts";
import type { Vma } from "./page_table.ts";
import type { PageTreeEntry, Placeholder, XALockEntry } from "./page_tree_entry.ts";
import { Rwsem } from "./rwsem.ts";
import type { Steps } from "./task.ts";
import type { Token } from "./tokens.ts";
import { Counter } from "./variable.ts";
import type { World } from "./world.ts";

export type PageTag = "DIRTY" | "WRITEBACK";

const TAG_BITS: Readonly<Record<PageTag, number>> = { DIRTY: 1, WRITEBACK: 2 };
const TAGS: readonly PageTag[] = ["DIRTY", "WRITEBACK"];

/** `demand`: somebody needs the page; `readahead`: somebody may need it. */
export type PageAdder = "demand" | "readahead";

export class AddressSpace {
  readonly world: World;
  readonly host: Inode;
  readonly era: Era;
  readonly bounds: PageCacheBounds;
  readonly ops: AddressSpaceOperations;
  /** Folios in the tree; other entries do not count. */
  readonly nrpages: Counter;
  /** All entries in the tree. */
  readonly nrentries: Counter;
  /** Raised whenever something is unmapped: all that a fault of 2.6.20 looks at again. */
  readonly truncateCount: Counter;
  /** Root tag EXTENTS: some entry may cover more than its own slot. Cleared when the tree becomes empty. */
  readonly extentsTag: Flag;
  /** AS_EIO: a write of a page has failed, and nobody has been told. */
  readonly eio: Flag;
  /** Failed writes so far: `wb_err`. */
  readonly wbErr: Counter;
  /** Excludes those who fill the cache from truncation: `invalidate_lock`, before it MMAPLOCK or i_mmap_sem. */
  readonly invalidateLock: Rwsem | null;
  /** `i_mmap_mutex(F)`, where the era says that it is taken. */
  readonly iMmapMutex: Mutex | null;
  /** `i_mmap_rwsem(F)`, which unmapping takes exclusively; likewise. */
  readonly iMmapRwsem: Rwsem | null;
  /** Every folio that was made for this file in this run: for checks and reports. */
  readonly folios: Folio[] = [];

  /** Indexes of the tree. */
  readonly slotsMax: number;
  readonly #slotObjects: number[] = [];
  /** By index; one for each tag, as who looks for pages with one of them never sees the other. */
  readonly #tagObjects: Readonly<Record<PageTag, number>>[] = [];
  readonly #slots: (PageTreeEntry | null)[] = [];
  readonly #tags: number[] = [];
  readonly #vmasObject: number;
  readonly #vmas: Vma[] = [];

  constructor(host: Inode, ops: AddressSpaceOperations) {
    const { world, era, bounds } = host;
    this.world = world;
    this.host = host;
    this.era = era;
    this.bounds = bounds;
    this.ops = ops;
    this.nrpages = new Counter(world, "nrpages");
    this.nrentries = new Counter(world, "nrentries");
    this.truncateCount = new Counter(world, "truncate_count");
    this.extentsTag = new Flag(world);
    this.eio = new Flag(world);
    this.wbErr = new Counter(world, "wb_err");
    this.invalidateLock = era.fillLock === "none" ? null : new Rwsem(
      world,
      `${era.fillLock === "around_fault" ? "MMAPLOCK" : "invalidate_lock"}(${host.ino})`,
      host.fairness,
    );
    this.iMmapMutex = era.unmapLock === "i_mmap_mutex" ? new Mutex(world, `i_mmap_mutex(${host.ino})`) : null;
    this.iMmapRwsem = era.unmapLock === "i_mmap_rwsem"
      ? new Rwsem(world, `i_mmap_rwsem(${host.ino})`, host.fairness)
      : null;
    this.#vmasObject = world.newObject();
    const slotsMax = this.slotsMax = bounds.slotsMax ?? bounds.pagesMax;
    for (let index = 0; index < slotsMax; index++) {
      this.#slotObjects.push(world.newObject());
      this.#tagObjects.push({ DIRTY: world.newObject(), WRITEBACK: world.newObject() });
      this.#slots.push(null);
      this.#tags.push(0);
    }
  }

  // What is mapped.

  /** The areas of processes that map this file, looked at as part of the current step. */
  vmas(): readonly Vma[] {
    this.world.touch(this.#vmasObject, Access.Read, 0);
    return this.#vmas;
  }

  /** `mapping_mapped`: whether any process maps it. */
  isMapped(): boolean {
    return this.vmas().length > 0;
  }

  addVma(vma: Vma): void {
    this.world.touch(this.#vmasObject, Access.Write, 0);
    this.#vmas.push(vma);
  }

  removeVma(vma: Vma): void {
    this.world.touch(this.#vmasObject, Access.Write, 0);
    this.#vmas.splice(this.#vmas.indexOf(vma), 1);
  }

  // The tree, as part of the current step.

  /** What the slot of an index holds. */
  slotAt(index: number): PageTreeEntry | null {
    this.world.touch(this.#slotObjects[index], Access.Read, 0);
    const entry = this.#slots[index];
    if (entry !== null) this.world.count("tree_ops");
    return entry;
  }

  /** What the slot of an index holds, looked at on the way to the entry of another one: that costs nothing. */
  protected passSlot(index: number): PageTreeEntry | null {
    this.world.touch(this.#slotObjects[index], Access.Read, 0);
    return this.#slots[index];
  }

  /** The entry that an index belongs to: what its slot holds, unless entries cover more than their slots. */
  entryAt(index: number): PageTreeEntry | null {
    return this.slotAt(index);
  }

  /** The folio of an index; null where there is none or something else. */
  folioAt(index: number): Folio | null {
    const entry = this.entryAt(index);
    return entry instanceof Folio ? entry : null;
  }

  /** What slots from `start` to `end` (inclusive) hold, `max` entries at most, ascending. */
  gangLookup(start: number, end: number, max: number): { index: number; entry: PageTreeEntry }[] {
    const found: { index: number; entry: PageTreeEntry }[] = [];
    const last = Math.min(end, this.slotsMax - 1);
    for (let index = start; index <= last && found.length < max; index++) {
      const entry = this.slotAt(index);
      if (entry !== null) found.push({ index, entry });
    }
    return found;
  }

  /**
   * `find_get_pages`: the folios among the first `max` entries from `start` on, with a reference each. Entries of other
   * kinds are left out after they were counted, so that it may return none although there are folios further on.
   */
  findGetPages(start: number, max: number): Folio[] {
    const folios: Folio[] = [];
    for (const { entry } of this.gangLookup(start, this.slotsMax - 1, max)) {
      if (!(entry instanceof Folio)) continue;
      entry.get();
      folios.push(entry);
    }
    return folios;
  }

  /** Folios with a tag from `start` to `end` (inclusive), `max` at most, with a reference each. */
  findGetPagesTag(start: number, end: number, tag: PageTag, max: number): Folio[] {
    const folios: Folio[] = [];
    const last = Math.min(end, this.bounds.pagesMax - 1);
    for (let index = start; index <= last && folios.length < max; index++) {
      this.world.touch(this.#tagObjects[index][tag], Access.Read, 0);
      // Entries without the tag are passed over by the tags of the tree's nodes.
      if ((this.#tags[index] & TAG_BITS[tag]) === 0) continue;
      const entry = this.#slots[index];
      this.world.count("tree_ops");
      if (!(entry instanceof Folio)) continue;
      entry.get();
      folios.push(entry);
    }
    return folios;
  }

  /** `mapping_tagged`: whether any page has a tag. */
  isTagged(tag: PageTag): boolean {
    for (let index = 0; index < this.slotsMax; index++) {
      this.world.touch(this.#tagObjects[index][tag], Access.Read, 0);
      if ((this.#tags[index] & TAG_BITS[tag]) !== 0) return true;
    }
    return false;
  }

  setTag(index: number, tag: PageTag): void {
    this.#changeTag(index, tag, this.#tags[index] | TAG_BITS[tag]);
  }

  clearTag(index: number, tag: PageTag): void {
    this.#changeTag(index, tag, this.#tags[index] & ~TAG_BITS[tag]);
  }

  #changeTag(index: number, tag: PageTag, tags: number): void {
    const changes = this.#tags[index] !== tags;
    if (changes && this.#slots[index] !== null) this.world.count("tree_ops");
    this.world.touch(this.#tagObjects[index][tag], changes ? Access.Write : Access.Read, 0);
    this.#tags[index] = tags;
  }

  /** Puts an entry into a slot that is empty, or holds what an evicted page left. */
  insert(index: number, entry: PageTreeEntry): void {
    const before = this.#slots[index];
    if (before !== null && before.kind !== "shadow") {
      throw new Error(`${this.host.ino}: slot ${index} of the page tree is in use`);
    }
    this.world.touch(this.#slotObjects[index], Access.Write, 0);
    this.world.count("tree_ops");
    this.world.count("tree_inserts");
    this.world.count("cacheline_writes");
    this.#slots[index] = entry;
    if (before === null) this.nrentries.add(1);
    if (!(entry instanceof Folio)) return;
    this.nrpages.add(1);
    entry.setMapping(this);
    entry.get();
    this.world.note("insert", entry.name);
    this.world.tracepoints?.emit("mm_filemap_add_to_page_cache", { ...this.placeOf(index), order: 0 });
  }

  /** Empties a slot. A folio's reference goes, and those who find it by other ways see that it is in no cache. */
  remove(index: number): void {
    const entry = this.#slots[index];
    if (entry === null) throw new Error(`${this.host.ino}: slot ${index} of the page tree is empty`);
    this.world.touch(this.#slotObjects[index], Access.Write, 0);
    this.world.count("tree_ops");
    this.world.count("cacheline_writes");
    this.#slots[index] = null;
    for (const tag of TAGS) this.clearTag(index, tag);
    this.nrentries.add(-1);
    if (this.extentsTag.test() && this.nrentries.get() === 0) this.extentsTag.testAndClear();
    if (!(entry instanceof Folio)) return;
    this.world.tracepoints?.emit("mm_filemap_delete_from_page_cache", { ...this.placeOf(index), order: 0 });
    this.nrpages.add(-1);
    entry.setMapping(null);
    if (this.era.removedPages === "not_uptodate") entry.uptodate.testAndClear();
    entry.put();
    this.world.note("remove", entry.name);
  }

  /** A page of the file as events name it: position in bytes. */
  placeOf(index: number): { file: string; file_offset: number } {
    return { file: this.host.ino, file_offset: index * this.bounds.sectorsPerPage * 512 };
  }

  /** First page of the folio that a page is of. */
  folioFirst(index: number): number {
    return this.ops.folioOf?.(index)?.first ?? index;
  }

  /** Last page of the folio that a page is of. */
  folioLast(index: number): number {
    const folio = this.ops.folioOf?.(index) ?? null;
    return folio === null ? index : folio.first + folio.pages - 1;
  }

  /** True when some page is dirty, not looked at by any step. */
  get peekDirty(): boolean {
    return this.#tags.some((tags) => (tags & TAG_BITS.DIRTY) !== 0);
  }

  /** True when there is no entry of any kind. */
  isEmpty(): boolean {
    return this.nrentries.get() === 0;
  }

  // Paths that find and add pages. Those that can meet other things than pages override them.

  /** `find_get_page`: the folio of an index, with a reference. */
  *findGetPage(index: number): Steps<Folio | null> {
    yield;
    const folio = this.folioAt(index);
    folio?.get();
    return folio;
  }

  /** `find_lock_page`: the same, locked. It is looked at again after a wait: it may have been truncated. */
  *findLockPage(index: number): Steps<Folio | null> {
    for (;;) {
      yield;
      const folio = this.folioAt(index);
      if (folio === null) return null;
      folio.get();
      if (folio.lock.trySet()) return folio;
      yield* folio.lock.lock();
      if (folio.isIn(this)) return folio;
      yield;
      folio.lock.clear();
      folio.put();
    }
  }

  /**
   * `add_to_page_cache`: puts a new folio into the tree, locked, with a reference for the caller.
   *
   * @param _adder who adds: readahead can do without the page
   * @returns false when there is an entry already
   */
  *addToPageCache(folio: Folio, _adder: PageAdder = "demand"): Steps<boolean> {
    yield;
    return this.tryAdd(folio);
  }

  /** {@linkcode addToPageCache} as part of the current step. */
  tryAdd(folio: Folio): boolean {
    const entry = this.entryAt(folio.index);
    if (entry !== null && entry.kind !== "shadow") return false;
    folio.lock.set(this.world.current ?? "set-up");
    folio.get();
    this.insert(folio.index, folio);
    return true;
  }

  /** `find_or_create_page`, `grab_cache_page`: the folio of an index, locked, a new one when there is none. */
  *grabPage(index: number): Steps<Folio> {
    let folio: Folio | null = null;
    for (;;) {
      const found = yield* this.findLockPage(index);
      if (found !== null) return found;
      folio ??= new Folio(this.world, this, index);
      if (yield* this.addToPageCache(folio)) return folio;
    }
  }

  /**
   * What truncation does besides, when it has taken the pages of sectors [from, to): waits for entries of other kinds.
   *
   * @param _found `nothing`: truncation has seen at once that there is nothing to be taken
   */
  *truncated(_from: number, _to: number, _found: "pages" | "nothing"): Steps {}

  /** Notes that the write of a page has failed, as part of the current step. */
  setError(): void {
    this.eio.testAndSet();
    this.wbErr.add(1);
  }

  /** Puts an up-to-date page into the cache. Set-up only. */
  addCached(index: number, tokens: readonly Token[]): Folio {
    const folio = new Folio(this.world, this, index);
    this.insert(index, folio);
    folio.uptodate.testAndSet();
    folio.sectors.forEach((sector, at) => sector.store(tokens[at]));
    return folio;
  }

  // Not looked at by any step.

  /** References and pins that have not been given back. */
  leftOver(): readonly string[] {
    return this.folios.flatMap((folio) => {
      const left = folio.refs.peek - (folio.mapping === null ? 0 : 1);
      return left === 0 ? [] : [`${folio.name} has ${left} references that nobody gives back`];
    });
  }

  /** What a slot holds. */
  peekEntry(index: number): PageTreeEntry | null {
    return this.#slots[index];
  }

  peekFolio(index: number): Folio | null {
    const entry = this.#slots[index];
    return entry instanceof Folio ? entry : null;
  }

  peekTag(index: number, tag: PageTag): boolean {
    return (this.#tags[index] & TAG_BITS[tag]) !== 0;
  }

  peekVmas(): readonly Vma[] {
    return this.#vmas;
  }
}

/** True for entries that those who find them wait for. */
export function isWaitedEntry(entry: PageTreeEntry | null): entry is Placeholder | XALockEntry {
  return entry !== null && (entry.kind === "placeholder" || entry.kind === "xa_lock_entry");
}
