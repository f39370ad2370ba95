/**
 * What makes the moment of a crash matter: which of two steps came first, when one adds to what may be found after a
 * crash and the other takes from it.
 *
 * Steps that touch nothing in common are run in one order only. For what tasks see that is enough; a crash, though, can
 * fall between them, and what it leaves would not come up in the order that is run: a file's data made durable by one
 * task, its journal record by another, and the record alone after a crash. So where there are crashes, a step after
 * which more may be found is dependent on a step after which less may be found. Two of one sort commute: what may be
 * found between them may also be found before or after both.
 *
 * Share one among all that is durable. Programs without crashes have none, and none of these dependences.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { World } from "./world.ts";

/** Makes steps depend on each other that may not change places for a crash between them. */
export class CrashOrder {
  readonly #world: World;
  readonly #object: number;

  /** One of a world: what is durable shares it. */
  constructor(world: World) {
    this.#world = world;
    this.#object = world.newObject();
  }

  /** The current step adds to what may be found: data that may become durable at any time from now on. */
  moreMayBeFound(): void {
    this.#world.touch(this.#object, Access.Add, 0);
  }

  /** The current step takes from what may be found: something has become durable for certain. */
  lessMayBeFound(): void {
    this.#world.touch(this.#object, Access.Read, 0);
  }
}
