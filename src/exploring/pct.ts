/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs", ASPLOS 2010): random priorities, and `depth - 1` random steps at which the
 * running task falls behind all others.
 *
 * With at most n tasks and k steps a defect that needs d ordering constraints is found by a run with a probability of at
 * least 1 / (n k^(d-1)). n and k are those of the longest run so far; the first run does nothing but measure them.
 *
 * @module
 */

import type { Task } from "../machine/task.ts";
import { RandomSource } from "./random_source.ts";
import type { Run, ScheduledStep } from "./run.ts";
import type { Strategy } from "./strategy.ts";

export class Pct implements Strategy {
  readonly #seed: number;
  readonly #depth: number;
  #random = new RandomSource(0);
  #tasksMax = 1;
  #stepsMax = 1;
  /** Of tasks that have run: higher goes first. */
  readonly #priorities = new Map<number, number>();
  /** Steps before which the running task falls behind; the first of them lowest. */
  #changes: number[] = [];

  /** @param depth ordering constraints that a defect may need, from 1 */
  constructor(seed: number, depth: number) {
    this.#seed = seed;
    this.#depth = depth;
  }

  begin(run: number): boolean {
    this.#random = new RandomSource(this.#seed + Math.imul(run, 0x9e3779b1));
    this.#priorities.clear();
    this.#changes = Array.from({ length: this.#depth - 1 }, () => this.#random.below(this.#stepsMax));
    return true;
  }

  /** Least probability with which one run finds a defect of the depth. */
  get bound(): number {
    return 1 / (this.#tasksMax * this.#stepsMax ** (this.#depth - 1));
  }

  choose(run: Run, enabled: readonly Task[]): ScheduledStep {
    const step = run.steps.length;
    this.#stepsMax = Math.max(this.#stepsMax, step + 1);
    this.#tasksMax = Math.max(this.#tasksMax, run.world.tasks.length);
    let first = this.#first(enabled);
    this.#changes.forEach((at, change) => {
      if (at !== step) return;
      this.#priorities.set(first.index, change - this.#depth);
      first = this.#first(enabled);
    });
    return { task: first.index, outcome: this.#random.below(run.world.outcomes(first)) };
  }

  #first(enabled: readonly Task[]): Task {
    let best = enabled[0];
    for (const task of enabled) if (this.#priority(task) > this.#priority(best)) best = task;
    return best;
  }

  #priority({ index }: Task): number {
    let priority = this.#priorities.get(index);
    if (priority === undefined) this.#priorities.set(index, priority = 1 + this.#random.next());
    return priority;
  }

  claim(runs: number): string {
    // The first run only measures.
    const found = 1 - (1 - this.bound) ** (runs - 1);
    return `${
      runs.toLocaleString("en")
    } schedules of PCT, depth ${this.#depth}, seed ${this.#seed}: a defect of that ` +
      `depth is found by one run with probability ${this.bound.toPrecision(2)} or more ` +
      `(${this.#tasksMax} tasks, ${this.#stepsMax} steps), by all with ${found.toPrecision(2)} or more`;
  }
}
