/**
 * A bit that tasks wait on: a page's lock, its writeback bit, the lock bit of an exceptional entry.
 *
 * Whoever sets it need not be who clears it: I/O completion unlocks the page that a reader has locked.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Acquisition } from "./resource_log.ts";
import { AT_ONCE, type Steps } from "./task.ts";
import type { World } from "./world.ts";

/** A bit that is set by one and waited for by others; it may be cleared by another task than the one that has set it. */
export class BitLock implements Resource {
  readonly name: string;
  /** Open while the bit is clear; the waiting step only looks at it. */
  readonly whenClear: Wait;
  readonly #world: World;
  readonly #level: Level;
  readonly #whenFree: Wait;
  #holder: Holder | null = null;
  #timesSet = 0;

  /**
   * Makes a lock that is free.
   *
   * @param name as reports print it: `page(F,0)`
   */
  constructor(world: World, name: string) {
    this.name = name;
    world.resources.push(this);
    this.#world = world;
    const level = this.#level = new Level(world);
    this.#whenFree = { level, min: 0, max: 0, access: Access.Write, resource: this };
    this.whenClear = { level, min: 0, max: 0, access: Access.Read, resource: this };
  }

  holders(): readonly Holder[] {
    return this.#holder === null ? [] : [this.#holder];
  }

  /** Looks at the bit, as part of the current step. */
  isSet(): boolean {
    return this.#level.read() !== 0;
  }

  /** The bit, not looked at by any step: for reports and checks. */
  get peek(): boolean {
    return this.#level.peek !== 0;
  }

  /** How often it has been set, not looked at by any step. */
  get timesSet(): number {
    return this.#timesSet;
  }

  /** Waits until the bit is clear and sets it, in one step. */
  *lock(): Steps {
    this.#world.mightSleep("lock of", this.name);
    yield this.#whenFree;
    this.set(this.#world.current!, "waited");
  }

  /** Sets the bit when it is clear; a failed attempt only reads. */
  *tryLock(): Steps<boolean> {
    yield;
    return this.trySet();
  }

  /** {@linkcode tryLock} as part of the current step. */
  trySet(): boolean {
    if (this.#level.read() !== 0) return false;
    this.set(this.#world.current!);
    return true;
  }

  /**
   * Waits until the bit is clear, and leaves it so.
   *
   * @param then what comes behind the wait: default something that may be seen
   */
  *waitClear(then?: "what_is_not_seen"): Steps {
    this.#world.mightSleep("wait for", this.name);
    yield then === undefined ? this.whenClear : { ...this.whenClear, ...AT_ONCE };
  }

  /** {@linkcode clear} in a step of its own. */
  *unlock(): Steps {
    yield AT_ONCE;
    this.clear();
  }

  /**
   * Sets the bit as part of the current step; it must be clear.
   *
   * @param acquisition `tried` where nobody has waited for it
   */
  set(holder: Holder, acquisition: Acquisition = "tried"): void {
    if (this.#level.peek !== 0) {
      this.#level.read();
      this.#world.report("BUG_CONTEXT", `${this.name} is set, and set again by ${holder}`);
      return;
    }
    this.#holder = holder;
    this.#timesSet++;
    this.#world.resourceLog?.acquired(this, holder, "exclusive", acquisition);
    this.#world.count("cacheline_writes");
    this.#level.add(1, Access.Write);
    this.#world.note("set", this.name);
  }

  /** Clears the bit as part of the current step: whoever waits may go on. */
  clear(): void {
    if (this.#level.peek === 0) {
      this.#level.read();
      this.#world.report("BUG_CONTEXT", `${this.name} is clear, and cleared again`);
      return;
    }
    if (this.#holder !== null) this.#world.resourceLog?.released(this, this.#holder);
    this.#world.count("cacheline_writes");
    this.#holder = null;
    this.#level.add(-1, Access.Write);
    this.#world.note("clear", this.name);
  }

  /** Makes another one answer for the bit: the bio that will clear it. */
  handOver(to: Holder): void {
    if (this.#holder !== null) this.#world.resourceLog?.handedOver(this, this.#holder, to);
    this.#holder = to;
    this.#level.add(0, Access.Write);
  }
}
