/**
 * What a slot of the page tree can hold besides a folio.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { Folio } from "./folio.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { World } from "./world.ts";

/** An entry that those who find it wait for to be removed, and then look again. */
class WaitedEntry implements Resource {
  readonly name: string;
  /** Open when it has been removed; the waiting step only looks. Waiting begins in the step of the lookup. */
  readonly whenGone: Wait;
  readonly #world: World;
  readonly #level: Level;
  #owner: Holder;

  constructor(world: World, name: string, owner: Holder) {
    this.name = name;
    this.#world = world;
    this.#owner = owner;
    this.#level = new Level(world, 1);
    world.resources.push(this);
    world.resourceLog?.acquired(this, owner, "exclusive", "waited");
    this.whenGone = { level: this.#level, min: 0, max: 0, access: Access.Read, resource: this };
  }

  holders(): readonly Holder[] {
    return this.#level.peek === 0 ? [] : [this.#owner];
  }

  /** Makes another one answer for it: an I/O that removes it when it ends. */
  handOver(to: Holder): void {
    this.#world.resourceLog?.handedOver(this, this.#owner, to);
    this.#owner = to;
  }

  /** Wakes all who wait for it, as part of the step that takes it out of the tree. */
  wake(): void {
    this.#world.resourceLog?.released(this, this.#owner);
    this.#level.add(-1, Access.Write);
  }
}

/** A range of a file that a direct I/O keeps out of the page cache; it stands in the slot of its last page. */
export class Placeholder extends WaitedEntry {
  readonly kind = "placeholder";
  readonly start: number;
  /** Inclusive. */
  readonly end: number;

  constructor(world: World, ino: string, start: number, end: number, owner: Holder) {
    super(world, `placeholder(${ino},[${start},${end}])`, owner);
    this.start = start;
    this.end = end;
  }
}

/** A locked entry without a page. */
export class XALockEntry extends WaitedEntry {
  readonly kind = "xa_lock_entry";
  readonly index: number;

  constructor(world: World, ino: string, index: number, owner: Holder) {
    super(world, `xa_lock_entry(${ino},${index})`, owner);
    this.index = index;
  }
}

/** What an evicted page leaves. */
export interface Shadow {
  readonly kind: "shadow";
}

/** A block of persistent memory that is mapped or dirty. */
export interface DaxEntry {
  readonly kind: "dax";
  readonly pfn: number;
}

export type PageTreeEntry = Folio | Placeholder | XALockEntry | Shadow | DaxEntry;
