/**
 * A mutex: one holder, and whoever waits may be next.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Acquisition } from "./resource_log.ts";
import type { Steps, Task } from "./task.ts";
import type { World } from "./world.ts";

/** A mutex. Its methods act for the current task; locking and unlocking are a step each. */
export class Mutex implements Resource {
  readonly name: string;
  readonly #world: World;
  readonly #level: Level;
  readonly #whenFree: Wait;
  #owner: Task | null = null;

  /**
   * Makes a mutex that is free.
   *
   * @param name as reports print it: `i_mutex(F)`
   */
  constructor(world: World, name: string) {
    this.name = name;
    world.resources.push(this);
    this.#world = world;
    this.#level = new Level(world);
    this.#whenFree = { level: this.#level, min: 0, max: 0, access: Access.Write, resource: this };
  }

  holders(): readonly Holder[] {
    return this.#owner === null ? [] : [this.#owner];
  }

  /** Who has it, not looked at by any step. */
  get owner(): Task | null {
    return this.#owner;
  }

  /** Waits until it is free and takes it. In an interrupt that is a BUG_CONTEXT. */
  *lock(): Steps {
    this.#world.mightSleep("mutex_lock of", this.name);
    yield this.#whenFree;
    this.#acquire("waited");
  }

  /** Takes it when it is free; a failed attempt only reads, and never waits. */
  *tryLock(): Steps<boolean> {
    yield;
    if (this.#level.read() !== 0) return false;
    this.#acquire("tried");
    return true;
  }

  /** {@linkcode release} in a step of its own. */
  *unlock(): Steps {
    yield;
    this.release();
  }

  /** Gives it back, as part of the current step. */
  release(): void {
    const task = this.#world.current;
    if (this.#owner !== task) {
      this.#level.read();
      const text = `unlock of ${this.name}, held by ${this.#owner?.name ?? "nobody"}`;
      this.#world.report("BUG_CONTEXT", text, { resources: [this.name] });
      if (this.#owner === null) return;
    }
    this.#world.resourceLog?.released(this, this.#owner!);
    this.#world.count("cacheline_writes");
    this.#owner = null;
    this.#level.add(-1, Access.Write);
    this.#world.note("unlock", this.name);
  }

  #acquire(acquisition: Acquisition): void {
    const task = this.#world.current!;
    this.#world.resourceLog?.acquired(this, task, "exclusive", acquisition);
    this.#world.count("cacheline_writes");
    this.#owner = task;
    this.#level.add(1, Access.Write);
    this.#world.note("lock", this.name);
  }
}
