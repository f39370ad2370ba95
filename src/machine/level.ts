/**
 * The one thing that a task can wait on: a shared integer, and the range in which the waiting task may go on.
 *
 * A lock is a level (0 free, shared holders counted, {@linkcode EXCLUSIVE} for an exclusive one), so are a page's lock
 * bit, a count of I/O in flight, the end of a task. That a wait is a plain range of a sum is what lets an explorer tell,
 * without running anything, whether a task could have gone on had certain other steps not happened yet.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { Task } from "./task.ts";
import type { World } from "./world.ts";

/** What an exclusive holder adds to the level of a lock: more than there can be shared ones. */
export const EXCLUSIVE = 1 << 20;

/** Who keeps others waiting: a task, or something that will finish by itself, such as a direct I/O in flight. */
export type Holder = Task | string;

/** What a deadlock report names: a lock, a bit, an event that is waited for. */
export interface Resource {
  /** As vocabulary and deadlock reports print it, e.g. `i_mutex(F)`. */
  readonly name: string;
  /** Who has it now, in the order in which they got it. */
  holders(): readonly Holder[];
}

/** A wait until `min <= level <= max`; the waiting step touches the level in the way that `access` says. */
export interface Wait {
  /** What is waited on. */
  readonly level: Level;
  /** The least value with which the task may go on. */
  readonly min: number;
  /** The greatest. */
  readonly max: number;
  /** How the step touches the level that goes on then. */
  readonly access: Access;
  /** What is waited for, and who has it: for reports. */
  readonly resource: Resource;
  /** As {@linkcode AT_ONCE}: who is woken goes on with what no event tells of. */
  readonly pace?: "at_once";
}

/** A shared integer; every look at it and every change of it belongs to the step that does it. */
export class Level {
  /** Number of this shared object. */
  readonly object: number;
  readonly #world: World;
  #value: number;

  /**
   * Makes a level of that value.
   *
   * @param object number of the shared object, where it has one already
   */
  constructor(world: World, value = 0, object: number = world.newObject()) {
    this.#world = world;
    this.object = object;
    this.#value = value;
  }

  /** The value, not looked at by any step: for waits and reports. */
  get peek(): number {
    return this.#value;
  }

  /** Looks at the value. */
  read(): number {
    this.#world.touch(this.object, Access.Read, 0);
    return this.#value;
  }

  /** Changes the value by `delta`, in a way that commutes as `access` says. */
  add(delta: number, access: Access): void {
    this.#world.touch(this.object, access, delta);
    this.#value += delta;
  }

  /** Sets the value. */
  set(value: number): void {
    this.add(value - this.#value, Access.Write);
  }

  /** True when a task that waits for this may go on. */
  static isOpen(wait: Wait): boolean {
    const value = wait.level.#value;
    return value >= wait.min && value <= wait.max;
  }
}
