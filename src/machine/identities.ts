/**
 * Numbers for shared objects and tasks that do not depend on the interleaving.
 *
 * What a task makes is known by its maker and by how many it has made before, both of which follow from the task's own
 * past. Two runs that differ only in the order of independent steps therefore give every object the same number, which
 * is what lets footprints of one run be compared with those of another. One table serves all runs of an exploration.
 *
 * @module
 */

/** What made an object or a task while the program was being set up. */
export const SETUP = -1;

/** A number, with what it stands for. */
export type Identity = readonly [maker: number, nth: number];

class Numbering {
  readonly #byMaker: number[][] = [];
  // Two lists of numbers: a pair each would be most of what a long run of a large model keeps.
  readonly #makers: number[] = [];
  readonly #nths: number[] = [];

  get count(): number {
    return this.#makers.length;
  }

  number(maker: number, nth: number): number {
    const row = this.#byMaker[maker + 1] ??= [];
    let number = row[nth];
    if (number === undefined) {
      number = row[nth] = this.#makers.length;
      this.#makers.push(maker);
      this.#nths.push(nth);
    }
    return number;
  }

  identity(number: number): Identity {
    return [this.#makers[number], this.#nths[number]];
  }
}

/** The numbers given out so far. */
export class Identities {
  readonly #objects = new Numbering();
  readonly #tasks = new Numbering();

  /** Objects known; their numbers are below this. */
  get objectCount(): number {
    return this.#objects.count;
  }

  get taskCount(): number {
    return this.#tasks.count;
  }

  /** Number of the `nth` object (from 0) that task `maker` makes. */
  object(maker: number, nth: number): number {
    return this.#objects.number(maker, nth);
  }

  /** Number of the `nth` task (from 0) that task `maker` starts. */
  task(maker: number, nth: number): number {
    return this.#tasks.number(maker, nth);
  }

  /** What the number of an object stands for. */
  objectIdentity(object: number): Identity {
    return this.#objects.identity(object);
  }

  taskIdentity(task: number): Identity {
    return this.#tasks.identity(task);
  }

  /** Puts tasks in an order that does not depend on the interleaving: makers before what they make, first ones first. */
  compareTasks(a: number, b: number): number {
    const [left, right] = [this.#descent(a), this.#descent(b)];
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      if (left[i] !== right[i]) return left[i] - right[i];
    }
    return left.length - right.length;
  }

  /** How many-th of its maker the task is, and its maker, and so on: from the set-up down. */
  #descent(task: number): number[] {
    const descent: number[] = [];
    for (let at = task; at !== SETUP;) {
      const [maker, nth] = this.#tasks.identity(at);
      descent.unshift(nth);
      at = maker;
    }
    return descent;
  }
}
