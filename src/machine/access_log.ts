/**
 * What the current step has touched: one entry an object. One log serves all runs of an exploration.
 *
 * @module
 */

import { Access } from "./access.ts";

/** So few that V8 keeps them in its own heap: every single run has a log. */
const FIRST = 16;

export class AccessLog {
  /** Entries. */
  count = 0;
  objects: Int32Array = new Int32Array(FIRST);
  kinds: Uint8Array = new Uint8Array(FIRST);
  /** What the step added to the object's level. */
  deltas: Int32Array = new Int32Array(FIRST);

  /** Adds an access; several of one object in different ways are a write. */
  add(object: number, access: Access, delta: number): void {
    const { objects, count } = this;
    for (let i = 0; i < count; i++) {
      if (objects[i] !== object) continue;
      if (this.kinds[i] !== access) this.kinds[i] = Access.Write;
      this.deltas[i] += delta;
      return;
    }
    if (count === objects.length) this.#grow();
    this.objects[count] = object;
    this.kinds[count] = access;
    this.deltas[count] = delta;
    this.count = count + 1;
  }

  #grow(): void {
    const { objects, kinds, deltas } = this;
    const length = objects.length * 2;
    (this.objects = new Int32Array(length)).set(objects);
    (this.kinds = new Uint8Array(length)).set(kinds);
    (this.deltas = new Int32Array(length)).set(deltas);
  }
}
