/**
 * A shared variable of a program.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { Steps } from "./task.ts";
import type { World } from "./world.ts";

/** A variable that tasks share; each of the generator methods is one step. */
export class Variable<T> {
  /** As reports print it. */
  readonly name: string;
  readonly #world: World;
  readonly #object: number;
  #value: T;

  /**
   * Makes a variable.
   *
   * @param value what it has at the beginning
   */
  constructor(world: World, name: string, value: T) {
    this.#world = world;
    this.name = name;
    this.#object = world.newObject();
    this.#value = value;
  }

  /** The value, not looked at by any step: for the end of a run. */
  get peek(): T {
    return this.#value;
  }

  /** Looks at the value, as part of the current step. */
  get(): T {
    this.#world.touch(this.#object, Access.Read, 0);
    return this.#value;
  }

  /** Sets the value, as part of the current step. */
  set(value: T): void {
    this.#world.touch(this.#object, Access.Write, 0);
    this.#value = value;
  }

  /** {@linkcode get} in a step of its own. */
  *read(): Steps<T> {
    yield;
    return this.get();
  }

  /** {@linkcode set} in a step of its own. */
  *write(value: T): Steps {
    yield;
    this.set(value);
  }

  /** Sets the value when it is `expected`; a failed attempt only reads. */
  *compareAndSwap(expected: T, value: T): Steps<boolean> {
    yield;
    if (this.get() !== expected) return false;
    this.set(value);
    return true;
  }

  /** Sets the value to what `change` makes of it, and returns what it was. */
  *update(change: (value: T) => T): Steps<T> {
    yield;
    const before = this.get();
    this.set(change(before));
    return before;
  }
}

/** A shared number that is also counted up and down by tasks that do not look at it. */
export class Counter {
  /** As reports print it. */
  readonly name: string;
  readonly #world: World;
  readonly #object: number;
  #value: number;

  /**
   * Makes a counter.
   *
   * @param value what it is at the beginning
   */
  constructor(world: World, name: string, value = 0) {
    this.#world = world;
    this.name = name;
    this.#object = world.newObject();
    this.#value = value;
  }

  /** The number, not looked at by any step: for the end of a run. */
  get peek(): number {
    return this.#value;
  }

  /** Looks at the number, as part of the current step. */
  get(): number {
    this.#world.touch(this.#object, Access.Read, 0);
    return this.#value;
  }

  /** Sets the number, as part of the current step. */
  set(value: number): void {
    this.#world.touch(this.#object, Access.Write, 0);
    this.#value = value;
  }

  /** Adds without looking, which commutes with other additions. */
  add(delta: number): void {
    this.#world.touch(this.#object, Access.Add, 0);
    this.#value += delta;
  }

  /** {@linkcode get} in a step of its own. */
  *read(): Steps<number> {
    yield;
    return this.get();
  }

  /** {@linkcode set} in a step of its own. */
  *write(value: number): Steps {
    yield;
    this.set(value);
  }

  /** {@linkcode add} in a step of its own. */
  *increment(delta = 1): Steps {
    yield;
    this.add(delta);
  }

  /** Adds and returns what the value was before, which no other addition commutes with. */
  *fetchAdd(delta: number): Steps<number> {
    yield;
    const before = this.#value;
    this.set(before + delta);
    return before;
  }
}
