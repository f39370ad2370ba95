/**
 * Steps that do not always touch the same: a compare-and-swap that may succeed or fail, a path that looks before it acts.
 *
 * What a step would touch in another order is known when it always touches the same. Else it has to be tried, which takes
 * a run; so it matters which steps those are. A step counts as steady until it has been seen to differ.
 *
 * That a step differs is always seen where it matters: whoever covers a run in which the step would touch something else
 * has a run of its own in which the step comes upon the same state.
 *
 * @module
 */

const STEPS_PER_TASK = 1 << 20;

function keyOf(task: number, nth: number): number {
  return task * STEPS_PER_TASK + nth;
}

export class VariableSteps {
  readonly #seen = new Map<number, number>();
  readonly #variable = new Set<number>();
  /** Grows with every step found to be variable. */
  version = 0;

  /** Takes note of what the `nth` step (from 1) of a task has touched. */
  note(task: number, nth: number, footprint: number): void {
    const key = keyOf(task, nth);
    const seen = this.#seen.get(key);
    if (seen === footprint) return;
    if (seen === undefined) this.#seen.set(key, footprint);
    else if (!this.#variable.has(key)) {
      this.#variable.add(key);
      this.version++;
    }
  }

  isVariable(task: number, nth: number): boolean {
    return this.#variable.has(keyOf(task, nth));
  }

  /** The variable steps, as pairs of task and number. */
  *steps(): Iterable<[task: number, nth: number]> {
    for (const key of this.#variable) yield [Math.floor(key / STEPS_PER_TASK), key % STEPS_PER_TASK];
  }

  add(task: number, nth: number): void {
    const key = keyOf(task, nth);
    if (this.#variable.has(key)) return;
    this.#variable.add(key);
    this.version++;
  }
}
