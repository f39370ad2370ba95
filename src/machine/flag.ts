/**
 * A bit of state that nobody waits for: a page is up to date, is dirty, an inode is on the orphan list.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { World } from "./world.ts";

/** Setting what is set, and clearing what is clear, only looks: as a failed test-and-set does. */
export class Flag {
  readonly #world: World;
  readonly #object: number;
  #value: boolean;

  constructor(world: World, initial: "set" | "clear" = "clear") {
    this.#world = world;
    this.#object = world.newObject();
    this.#value = initial === "set";
  }

  /** The bit, not looked at by any step: for checks and reports. */
  get peek(): boolean {
    return this.#value;
  }

  /** Looks at the bit, as part of the current step. */
  test(): boolean {
    this.#world.touch(this.#object, Access.Read, 0);
    return this.#value;
  }

  /** Sets the bit, as part of the current step; returns what it was. */
  testAndSet(): boolean {
    return this.#change(true);
  }

  /** Clears the bit, as part of the current step; returns what it was. */
  testAndClear(): boolean {
    return this.#change(false);
  }

  #change(value: boolean): boolean {
    const before = this.#value;
    this.#world.touch(this.#object, before === value ? Access.Read : Access.Write, 0);
    this.#value = value;
    return before;
  }
}
