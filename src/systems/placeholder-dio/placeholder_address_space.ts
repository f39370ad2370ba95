/**
 * A page cache with placeholders (patch 1): who looks for a page finds none where one stands, who adds a page waits.
 *
 * A placeholder stands in the slot of its last page. With the root tag EXTENTS a lookup goes on to the next entry and asks
 * whether that covers the index; without it a slot is all there is to look at.
 *
 * @module
 */

import { AddressSpace, type PageAdder } from "../../machine/address_space.ts";
import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import { Count } from "../../machine/count.ts";
import { Folio } from "../../machine/folio.ts";
import type { Inode } from "../../machine/inode.ts";
import type { Holder } from "../../machine/level.ts";
import { type PageTreeEntry, Placeholder } from "../../machine/page_tree_entry.ts";
import type { Pause, Steps, Task } from "../../machine/task.ts";
import type { PlaceholderFlags } from "./flags.ts";
import { waitOnPlaceholderPagesRange } from "./wait_range.ts";

/** How often a page has been made dirty, and by whom the last time; null: before the beginning. */
export interface Dirtyings {
  readonly by: Task | null;
  readonly times: number;
}

export class PlaceholderAddressSpace extends AddressSpace {
  readonly flags: PlaceholderFlags;
  /** Entries of one lookup in the series' own loops: `pages[8]`. */
  readonly gang: number;
  /** The read side of `tree_lock(F)`, as often as the v5 form has taken it without giving it back. */
  readonly treeReaders: Count;
  readonly #leaked: string[] = [];
  readonly #dirtyings: Map<Folio, Dirtyings>;

  constructor(inode: Inode, operations: AddressSpaceOperations, flags: PlaceholderFlags, gang: number) {
    const dirtyings = new Map<Folio, Dirtyings>();
    super(inode, {
      ...operations,
      dirtyFolio: (folio) => {
        dirtyings.set(folio, { by: inode.world.current, times: (dirtyings.get(folio)?.times ?? 0) + 1 });
        operations.dirtyFolio?.(folio);
      },
    });
    this.#dirtyings = dirtyings;
    this.flags = flags;
    this.gang = gang;
    this.treeReaders = new Count(inode.world, `tree_lock(${inode.ino})`);
  }

  /** Who has made a page dirty last: part of the step that finds it so. */
  dirtyings(folio: Folio): Dirtyings {
    return this.#dirtyings.get(folio) ?? { by: null, times: 0 };
  }

  /** Before `write_lock_irq`: nothing, unless the v5 form has left the read side taken. */
  get whenWritable(): Pause {
    return this.flags.form === "v5" ? this.treeReaders.whenZero : undefined;
  }

  /** The largest index there is: what `~0` is in truth. */
  get lastIndex(): number {
    return this.bounds.pagesMax - 1;
  }

  // Lookups, as part of the current step.

  /** `radix_tree_lookup_extent`. */
  override entryAt(index: number): PageTreeEntry | null {
    if (!this.extentsTag.test()) return this.slotAt(index);
    const [found] = this.gangLookup(index, this.slotsMax - 1, 1);
    if (found === undefined) return null;
    const { entry } = found;
    if (entry instanceof Placeholder) return entry.start <= index ? entry : null;
    return found.index === index ? entry : null;
  }

  /** Puts a placeholder for pages [start, end] into the slot of the last of them. */
  insertPlaceholder(start: number, end: number, owner: Holder): void {
    const placeholder = new Placeholder(this.world, this.host.ino, start, end, owner);
    this.insert(end, placeholder);
    this.world.note("insert", placeholder.name);
  }

  /** I1: no page is inserted at an index that a placeholder covers. */
  override insert(index: number, entry: PageTreeEntry): void {
    if (entry instanceof Folio) this.#checkUncovered(index);
    super.insert(index, entry);
  }

  #checkUncovered(index: number): void {
    // With the tag this was looked up before; without it whoever adds a page does not see what covers it.
    const next = this.flags.setsExtentsTag
      ? this.#peekFrom(index)
      : this.gangLookup(index, this.slotsMax - 1, 1)[0]?.entry;
    if (!(next instanceof Placeholder) || next.start > index) return;
    const { sectorsPerPage } = this.bounds;
    this.world.report("I1", `page ${index} of ${this.host.ino} is inserted under ${next.name}`, {
      resources: [next.name],
      file: this.host.ino,
      sectors: Array.from({ length: sectorsPerPage }, (_, nth) => index * sectorsPerPage + nth),
    });
  }

  #peekFrom(index: number): PageTreeEntry | null {
    for (let each = index; each < this.slotsMax; each++) {
      const entry = this.peekEntry(each);
      if (entry !== null) return entry;
    }
    return null;
  }

  /** Makes an I/O in flight answer for the placeholders and page locks in [start, end), as part of the current step. */
  handOver(start: number, end: number, to: Holder): void {
    for (let index = start; index < Math.min(end, this.slotsMax); index++) {
      const entry = this.peekEntry(index);
      if (entry instanceof Placeholder) entry.handOver(to);
      else if (entry instanceof Folio) entry.lock.handOver(to);
    }
  }

  // Paths of mm/filemap.c that find and add pages.

  override *findLockPage(index: number): Steps<Folio | null> {
    for (;;) {
      const folio = yield* super.findLockPage(index);
      if (folio !== null) return folio;
      const entry = this.entryAt(index);
      if (!(entry instanceof Placeholder)) return null;
      yield entry.whenGone;
    }
  }

  /** `add_to_page_cache`: who may wait does so for a placeholder, and begins again. */
  override *addToPageCache(folio: Folio, adder: PageAdder = "demand"): Steps<boolean> {
    const mayWait = !(this.flags.inject === "gfp_nowait" && adder === "readahead");
    for (;;) {
      yield this.whenWritable;
      const entry = this.entryAt(folio.index);
      if (!(entry instanceof Placeholder)) return this.tryAdd(folio);
      if (!mayWait) {
        if (this.flags.form === "2007" || !this.extentsTag.test()) return false;
        // The jump to the wait goes past the test of gfp_mask.
        this.world.report("BUG_CONTEXT", `add_to_page_cache sleeps for ${entry.name} without __GFP_WAIT`);
      }
      yield entry.whenGone;
    }
  }

  // Truncation.

  /** `wait_on_placeholder_pages_range` at the end of truncate_inode_pages_range, which an empty cache never comes to. */
  override *truncated(from: number, to: number, found: "pages" | "nothing"): Steps {
    if (found === "nothing" && !this.flags.truncWaitsAlways) return;
    const { host } = this;
    const last = Math.min(host.pagesOf(to) - 1, this.lastIndex);
    yield* waitOnPlaceholderPagesRange(this, host.pagesOf(from), last);
  }

  // What has to be given back.

  /** Takes note that a stub will never be freed. */
  leak(start: number, end: number): void {
    this.#leaked.push(`placeholder(${this.host.ino},[${start},${end}]) is allocated and never freed`);
  }

  override leftOver(): readonly string[] {
    const standing: string[] = [];
    for (let index = 0; index < this.slotsMax; index++) {
      const entry = this.peekEntry(index);
      if (entry instanceof Placeholder) standing.push(`${entry.name} is never removed`);
    }
    return [...super.leftOver(), ...standing, ...this.#leaked];
  }
}

/** The page cache of an inode with patch 1. */
export function placeholdersOf({ mapping }: Inode): PlaceholderAddressSpace {
  if (mapping instanceof PlaceholderAddressSpace) return mapping;
  throw new Error(`${mapping.host.ino} has a page cache without placeholders`);
}
