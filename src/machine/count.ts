/**
 * A count of what is under way, which tasks wait to become zero: direct I/O of an inode, handles of a transaction.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Acquisition } from "./resource_log.ts";
import { AT_ONCE, type Steps } from "./task.ts";
import type { World } from "./world.ts";

/** Something under way, counted with who it is: counting up and down commutes, waiting for zero does not. */
export class Count implements Resource {
  readonly name: string;
  /** Open at zero; the waiting step only looks at the count. */
  readonly whenZero: Wait;
  readonly #world: World;
  readonly #level: Level;
  readonly #holders: Holder[] = [];

  /**
   * Makes a count of zero.
   *
   * @param name as reports print it: `dio_count(F)`
   */
  constructor(world: World, name: string) {
    this.name = name;
    world.resources.push(this);
    this.#world = world;
    this.#level = new Level(world);
    this.whenZero = { level: this.#level, min: 0, max: 0, access: Access.Read, resource: this };
  }

  /** What is under way. */
  holders(): readonly Holder[] {
    return this.#holders;
  }

  /** The count, not looked at by any step. */
  get peek(): number {
    return this.#level.peek;
  }

  /** Looks at the count, as part of the current step. */
  read(): number {
    return this.#level.read();
  }

  /**
   * One more, as part of the current step; counting commutes with counting.
   *
   * @param acquisition `waited` where whoever counts may have had to wait for that
   */
  increment(holder: Holder, acquisition: Acquisition = "tried"): void {
    this.#holders.push(holder);
    this.#world.resourceLog?.acquired(this, holder, "shared", acquisition);
    this.#world.count("cacheline_writes");
    this.#level.add(1, Access.Add);
  }

  /** One less. */
  decrement(holder: Holder): void {
    const at = this.#holders.indexOf(holder);
    if (at < 0) {
      this.#world.report("BUG_CONTEXT", `${this.name} counted down by ${holder}, which it does not count`);
      return;
    }
    this.#holders.splice(at, 1);
    this.#world.resourceLog?.released(this, holder);
    this.#world.count("cacheline_writes");
    this.#level.add(-1, Access.Add);
  }

  /**
   * Waits until nothing is under way.
   *
   * @param then what comes behind the wait: default something that may be seen
   */
  *waitZero(then?: "what_is_not_seen"): Steps {
    this.#world.mightSleep("wait for", this.name);
    yield then === undefined ? this.whenZero : { ...this.whenZero, ...AT_ONCE };
  }
}
