/**
 * A page tree that records direct I/O: by locked entries, and by a semaphore for files that have nothing in the cache.
 *
 * @module
 */

import { AddressSpace, isWaitedEntry } from "../../machine/address_space.ts";
import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import { EIO } from "../../machine/errno.ts";
import { Folio } from "../../machine/folio.ts";
import type { Inode } from "../../machine/inode.ts";
import { type PageTreeEntry, Placeholder } from "../../machine/page_tree_entry.ts";
import { Rwsem } from "../../machine/rwsem.ts";
import type { Steps } from "../../machine/task.ts";
import { Counter } from "../../machine/variable.ts";
import type { PageCacheFlags } from "./flags.ts";

export class MarkedAddressSpace extends AddressSpace {
  /** `pgrwsem(F)`: shared by direct I/O on an empty cache, exclusive for who puts the first page in. */
  readonly pgrwsem: Rwsem;
  readonly flags: PageCacheFlags;
  /** By page: direct I/O in flight over it. Who inserts a page looks at it, for invariant P1. */
  readonly #inFlight: Counter[] = [];
  /** Pages that could not be inserted, and whose read fails. */
  readonly #refused: Set<Folio>;

  constructor(host: Inode, ops: AddressSpaceOperations, flags: PageCacheFlags) {
    const refused = new Set<Folio>();
    super(host, { ...ops, readFolio: (folio) => refused.has(folio) ? refuse(folio) : ops.readFolio(folio) });
    this.#refused = refused;
    this.flags = flags;
    this.pgrwsem = new Rwsem(host.world, `pgrwsem(${host.ino})`, flags.rwsem_fair === "on" ? "fair" : "unfair");
    for (let index = 0; index < host.bounds.pagesMax; index++) {
      this.#inFlight.push(new Counter(host.world, `dio over ${host.ino} ${index}`));
    }
  }

  /** A range marker stands in the slot of its last page. */
  override entryAt(index: number): PageTreeEntry | null {
    const own = this.slotAt(index);
    if (own !== null || this.flags.marker_scope === "page") return own;
    for (let last = index + 1; last < this.bounds.pagesMax; last++) {
      const entry = this.passSlot(last);
      if (entry instanceof Placeholder && entry.start <= index) return this.slotAt(last);
    }
    return null;
  }

  /** B1, B2: the first page of all goes in with pgrwsem held exclusive; who meets a lock entry waits for it. */
  override *addToPageCache(folio: Folio): Steps<boolean> {
    for (;;) {
      yield;
      const first = this.flags.scheme === "wilcox" && this.isEmpty(); // B1
      if (first) {
        yield* this.pgrwsem.lockExclusive();
        yield;
      }
      const entry = this.entryAt(folio.index); // B2
      const meets = isWaitedEntry(entry);
      const added = !meets && this.tryAdd(folio);
      if (first) yield* this.pgrwsem.unlockExclusive();
      if (!meets) return added;
      if (first && this.flags.b1_retry === "off") {
        folio.lock.set(this.world.current!);
        folio.get();
        this.#refused.add(folio);
        return true;
      }
      yield entry.whenGone;
    }
  }

  override insert(index: number, entry: PageTreeEntry): void {
    super.insert(index, entry);
    if (entry instanceof Folio && this.#inFlight[index].get() > 0) this.#reportP1(index);
  }

  /** Takes note, as part of the current step, that direct I/O over pages [first, last] is in flight from now on. */
  dioBegins(first: number, last: number): void {
    for (let index = first; index <= last; index++) this.#inFlight[index].add(1);
  }

  /** Looks, as part of the current step, whether any of these pages is cached though direct I/O begins. */
  checkUncached(first: number, last: number): void {
    for (let index = first; index <= last; index++) if (this.slotAt(index) instanceof Folio) this.#reportP1(index);
  }

  dioEnds(first: number, last: number): void {
    for (let index = first; index <= last; index++) this.#inFlight[index].add(-1);
  }

  /** P1: never a page where direct I/O is in flight. */
  #reportP1(index: number): void {
    const { host, bounds: { sectorsPerPage } } = this;
    this.world.report("P1", `${host.ino} page ${index} is cached while direct I/O is in flight over it`, {
      file: host.ino,
      sectors: Array.from({ length: sectorsPerPage }, (_, nth) => index * sectorsPerPage + nth),
    });
  }
}

function* refuse(folio: Folio): Steps<number> {
  yield;
  folio.lock.clear();
  return -EIO;
}
