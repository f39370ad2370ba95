/**
 * Entries of a DAX file's tree (`i_pages`): no pages, but values that say what a fault has mapped, each with a lock bit.
 *
 * What the kernel does under xa_lock is part of the current step here.
 *
 * @module
 */

import { Access } from "../../machine/access.ts";
import { BitLock } from "../../machine/bit_lock.ts";
import type { Steps } from "../../machine/task.ts";
import { Counter } from "../../machine/variable.ts";
import type { World } from "../../machine/world.ts";

/** Pages that an entry of PMD size covers: 512 in truth. */
export const PMD_PAGES = 2;

/** `empty`: only there to be locked; `zero`: the zero page is mapped; `block`: a block of the file is. */
export type EntryKind = "empty" | "zero" | "block";

export class DaxEntry {
  /** First page. */
  readonly index: number;
  readonly pages: number;
  readonly lock: BitLock;
  kind: EntryKind = "empty";
  /** Physical block of the first page; null unless it is a block. */
  pblk: number | null = null;
  dirty = false;
  toWrite = false;

  constructor(world: World, file: string, index: number, pages: number) {
    this.index = index;
    this.pages = pages;
    this.lock = new BitLock(world, `xa_lock_entry(${file},${index})`);
  }

  get end(): number {
    return this.index + this.pages;
  }
}

export class DaxEntries {
  readonly file: string;
  readonly pagesMax: number;
  /** `nrpages`: pages that entries cover. */
  readonly nrpages: Counter;
  readonly #world: World;
  readonly #locking: "locked" | "unlocked";
  /** By page. */
  readonly #objects: number[] = [];
  readonly #entries: (DaxEntry | null)[] = [];

  /** @param locking `unlocked`: no fault locks what it works on */
  constructor(world: World, file: string, pagesMax: number, locking: "locked" | "unlocked") {
    this.#world = world;
    this.file = file;
    this.pagesMax = pagesMax;
    this.#locking = locking;
    this.nrpages = new Counter(world, "nrpages");
    for (let index = 0; index < pagesMax; index++) {
      this.#objects.push(world.newObject());
      this.#entries.push(null);
    }
  }

  /** The entry that covers a page, looked at as part of the current step. */
  look(index: number): DaxEntry | null {
    this.#world.touch(this.#objects[index], Access.Read, 0);
    return this.#entries[index];
  }

  /** Whether any entry is dirty, not looked at by any step. */
  peekDirty(): boolean {
    return this.#entries.some((entry) => entry?.dirty);
  }

  /** `get_unlocked_entry`: begins within a step, and goes on in one in which the entry, if there is one, is not locked. */
  *unlocked(index: number): Steps<DaxEntry | null> {
    for (;;) {
      const entry = this.look(index);
      if (entry === null || !entry.lock.isSet()) return entry;
      yield* entry.lock.waitClear();
    }
  }

  /**
   * `grab_mapping_entry`: the locked entry of a page; an empty one is made where there is none. Begins within a step.
   *
   * @param pages that the entry is to cover; a page within a larger one that is a block gets that one, others are split
   * @param unmap takes the PTEs of a large zero entry that is split
   * @returns `fallback` where smaller entries are in the way of a large one
   */
  *grab(index: number, pages: number, unmap: (entry: DaxEntry) => Steps): Steps<DaxEntry | "fallback"> {
    for (;;) {
      let found: DaxEntry | null = null;
      for (let each = index; each < index + pages; each++) {
        const entry = this.look(each);
        if (entry !== null && entry.pages < pages) return "fallback";
        found ??= entry;
      }
      if (found === null) {
        const entry = new DaxEntry(this.#world, this.file, index, pages);
        this.#put(entry, entry);
        this.lock(entry);
        return entry;
      }
      if (found.lock.isSet()) {
        yield* found.lock.waitClear();
        continue;
      }
      this.lock(found);
      if (found.pages === pages || found.kind === "block") return found;
      if (found.kind === "zero") yield* unmap(found);
      yield;
      this.delete(found);
      this.unlock(found);
    }
  }

  /** Locks an entry that is not, as part of the current step. */
  lock(entry: DaxEntry): void {
    if (this.#locking === "unlocked") return;
    this.#touch(entry);
    entry.lock.set(this.#world.current!);
  }

  /** `dax_unlock_entry`, as part of the current step. */
  unlock(entry: DaxEntry): void {
    if (this.#locking === "unlocked") return;
    this.#touch(entry);
    entry.lock.clear();
  }

  /** Puts another value in the place of a locked entry's, as part of the current step. */
  replace(entry: DaxEntry, kind: EntryKind, pblk: number | null): void {
    this.#touch(entry);
    entry.kind = kind;
    entry.pblk = pblk;
    this.#world.note("entry", `dax_entry(${this.file},${entry.index})`, kind === "block" ? `block ${pblk}` : kind);
  }

  /** Sets or clears marks, as part of the current step. */
  mark(entry: DaxEntry, marks: Partial<Pick<DaxEntry, "dirty" | "toWrite">>): void {
    this.#touch(entry);
    Object.assign(entry, marks);
  }

  /** Takes an unlocked entry, or one that the current task has locked, out of the tree, as part of the current step. */
  delete(entry: DaxEntry): void {
    this.#put(entry, null);
    this.#world.note("remove", `dax_entry(${this.file},${entry.index})`);
  }

  #put(entry: DaxEntry, value: DaxEntry | null): void {
    this.#touch(entry);
    for (let each = entry.index; each < Math.min(entry.end, this.pagesMax); each++) this.#entries[each] = value;
    this.nrpages.add(value === null ? -entry.pages : entry.pages);
  }

  #touch(entry: DaxEntry): void {
    for (let each = entry.index; each < Math.min(entry.end, this.pagesMax); each++) {
      this.#world.touch(this.#objects[each], Access.Write, 0);
    }
  }
}
