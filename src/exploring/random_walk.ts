/**
 * Runs in which every enabled task is as likely to go on as any other.
 *
 * @module
 */

import type { Task } from "../machine/task.ts";
import { RandomSource } from "./random_source.ts";
import type { Run, ScheduledStep } from "./run.ts";
import type { Strategy } from "./strategy.ts";

export class RandomWalk implements Strategy {
  readonly #seed: number;
  #random = new RandomSource(0);

  constructor(seed: number) {
    this.#seed = seed;
  }

  begin(run: number): boolean {
    this.#random = new RandomSource(this.#seed + Math.imul(run, 0x9e3779b1));
    return true;
  }

  choose(run: Run, enabled: readonly Task[]): ScheduledStep {
    const task = enabled[this.#random.below(enabled.length)];
    return { task: task.index, outcome: this.#random.below(run.world.outcomes(task)) };
  }

  claim(runs: number): string {
    return `${runs.toLocaleString("en")} random schedules, seed ${this.#seed}`;
  }
}
