/**
 * An asynchronous operation as its submitter sees it: it returns at once or is queued, and its result is delivered once.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Accountable } from "./quiescence.ts";
import type { Steps } from "./task.ts";
import type { World } from "./world.ts";

/** What a read or write returns, negated, when its result will be delivered later. */
export const EIOCBQUEUED = 529;

export class Kiocb implements Resource, Accountable {
  /** As reports print it: `kiocb(T1.0)`. */
  readonly name: string;
  readonly #world: World;
  readonly #level: Level;
  readonly #whenDelivered: Wait;
  #holder: Holder | null = null;
  #result = 0;

  constructor(world: World, name: string) {
    this.name = `kiocb(${name})`;
    this.#world = world;
    this.#level = new Level(world);
    this.#whenDelivered = { level: this.#level, min: 1, max: 1, access: Access.Read, resource: this };
  }

  /** Who will deliver the result, where it is known: see {@linkcode handOver}. */
  holders(): readonly Holder[] {
    return this.#holder === null || this.#level.peek === 1 ? [] : [this.#holder];
  }

  /** Names who will deliver the result, for reports. */
  handOver(to: Holder): void {
    this.#holder = to;
  }

  /** The result, undefined before it is delivered; not looked at by any step. */
  get peek(): number | undefined {
    return this.#level.peek === 1 ? this.#result : undefined;
  }

  /** Delivers the result as part of the current step, as `aio_complete` does; a second time is DOUBLE_COMPLETE. */
  complete(result: number): void {
    if (this.#level.read() === 1) {
      this.#world.report("DOUBLE_COMPLETE", `${this.name} is completed with ${this.#result}, and again with ${result}`);
      return;
    }
    this.#result = result;
    this.#level.add(1, Access.Write);
    this.#world.note("complete", this.name, String(result));
  }

  /** Takes what the operation returns to `io_submit`, as part of the current step: a result, unless it is queued. */
  returned(value: number): void {
    if (value !== -EIOCBQUEUED) this.complete(value);
  }

  /** Waits for the result, as `io_getevents` does. */
  *wait(): Steps<number> {
    this.#world.mightSleep("io_getevents of", this.name);
    yield this.#whenDelivered;
    return this.#result;
  }

  leftOver(): readonly string[] {
    return this.#level.peek === 1 ? [] : [`${this.name} has never been completed`];
  }
}
