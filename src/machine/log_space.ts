/**
 * Room in a journal's log: handles reserve it when they start, checkpoints give it back.
 *
 * Who finds too little asks for a commit and looks again whenever something has changed, as `jbd2_log_wait_for_space` does:
 * others may have been quicker.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { World } from "./world.ts";

const CHANGES_MAX = 1 << 30;

/** Knows who has log space. */
export interface LogUsers {
  logHolders(): readonly Holder[];
}

export class LogSpace implements Resource {
  readonly name = "log_space";
  readonly capacity: number;
  readonly #users: LogUsers;
  /** Credits. */
  readonly #free: Level;
  /** How often there may have been a reason to look again. */
  readonly #changes: Level;

  constructor(world: World, capacity: number, users: LogUsers) {
    this.capacity = capacity;
    this.#users = users;
    this.#free = new Level(world, capacity);
    this.#changes = new Level(world);
  }

  holders(): readonly Holder[] {
    return this.#users.logHolders();
  }

  /**
   * Takes credits if there are as many, as part of the current step.
   *
   * @throws when there can never be as many
   */
  tryTake(credits: number): boolean {
    if (credits > this.capacity) throw new Error(`a handle of ${credits} credits in a log of ${this.capacity}`);
    if (this.#free.read() < credits) return false;
    this.#free.add(-credits, Access.Write);
    return true;
  }

  /** Waits for the next change from the current step on. */
  whenChanged(): Wait {
    const min = this.#changes.read() + 1;
    return { level: this.#changes, min, max: CHANGES_MAX, access: Access.Read, resource: this };
  }

  giveBack(credits: number): void {
    this.#free.add(credits, Access.Write);
    this.noteChange();
  }

  /** Has those look again who wait: a handle has joined a transaction, whose commit will give its credits back. */
  noteChange(): void {
    this.#changes.add(1, Access.Add);
  }
}
