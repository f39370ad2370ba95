/**
 * A bound on going round in circles: the form of LIVELOCK that one run can show.
 *
 * @module
 */

import { AssertionFailed, type World } from "./world.ts";

/** Rounds without progress before a loop counts as endless, where a scenario says nothing else. */
export const RETRIES_MAX_DEFAULT = 3;

/** Ends the task that has gone round too often; the locks that it has are not leaked. */
export class Livelock extends AssertionFailed {
  override name = "Livelock";
}

/** Counts how often one loop of one task begins anew without having got anywhere. */
export class Retries {
  readonly #world: World;
  readonly #loop: string;
  readonly #max: number;
  #since = -1;

  /** @param loop names the loop's head, e.g. `find_or_insert` */
  constructor(world: World, loop: string, max = RETRIES_MAX_DEFAULT) {
    this.#world = world;
    this.#loop = loop;
    this.#max = max;
  }

  /**
   * Called at the head of the loop, also the first time.
   *
   * @throws {Livelock} which ends the task, at the retry after `max` of them
   */
  next(): void {
    if (++this.#since <= this.#max) return;
    const text = `${this.#loop} began again ${this.#since} times without progress`;
    this.#world.report("LIVELOCK", text);
    throw new Livelock(text);
  }

  /** The loop has got on: what comes is not a retry. */
  progress(): void {
    this.#since = -1;
  }
}
