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

/** What a loop that does not get on is: nobody gets anywhere, or others do at its cost. */
export type RetryKind = "LIVELOCK" | "STARVATION";

/** Counts how often one loop of one task begins anew without having got anywhere. */
export class Retries {
  readonly #world: World;
  readonly #loop: string;
  readonly #max: number;
  readonly #kind: RetryKind;
  #since = -1;

  /**
   * @param loop names the loop's head, e.g. `find_or_insert`
   * @param kind `STARVATION` where each round is one whole operation of somebody else's
   */
  constructor(world: World, loop: string, max = RETRIES_MAX_DEFAULT, kind: RetryKind = "LIVELOCK") {
    this.#world = world;
    this.#loop = loop;
    this.#max = max;
    this.#kind = kind;
  }

  /**
   * Called at the head of the loop, also the first time.
   *
   * @throws {Livelock} which ends the task, at the retry after `max` of them
   */
  next(): void {
    if (++this.#since <= this.#max) return;
    const text = `${this.#loop} began again ${this.#since} times without progress`;
    this.#world.report(this.#kind, text);
    throw new Livelock(text);
  }

  /** The loop has got on: what comes is not a retry. */
  progress(): void {
    this.#since = -1;
  }
}
