/**
 * All schedules with at most so many preemptions: points at which a task that could go on is left for another.
 *
 * There is no reduction here: schedules are what is bounded, and of equivalent ones some have more preemptions than others.
 * Equivalent schedules are told apart from new ones only in the count of classes.
 *
 * @module
 */

import type { Task } from "../machine/task.ts";
import type { Run, ScheduledStep } from "./run.ts";
import type { Strategy } from "./strategy.ts";

interface Point {
  /** What has not been tried, the next one last. */
  left: ScheduledStep[];
  taken: ScheduledStep;
}

export class PreemptionBound implements Strategy {
  readonly #preemptionsMax: number;
  readonly #points: Point[] = [];
  #preemptions = 0;
  #isDone = false;

  constructor(preemptionsMax: number) {
    this.#preemptionsMax = preemptionsMax;
  }

  begin(run: number): boolean {
    this.#preemptions = 0;
    if (run === 0) return true;
    while (this.#points.length > 0 && this.#points.at(-1)!.left.length === 0) this.#points.pop();
    const last = this.#points.at(-1);
    if (last === undefined) {
      this.#isDone = true;
      return false;
    }
    last.taken = last.left.pop()!;
    return true;
  }

  choose(run: Run, enabled: readonly Task[]): ScheduledStep {
    const step = run.steps.length;
    const previous = run.steps.at(-1);
    const mayGoOn = previous !== undefined && enabled.some(({ index }) => index === previous.task);
    if (step === this.#points.length) {
      const left: ScheduledStep[] = [];
      for (const task of enabled) {
        const preempts = mayGoOn && task.index !== previous!.task;
        if (preempts && this.#preemptions === this.#preemptionsMax) continue;
        for (let outcome = 0; outcome < run.world.outcomes(task); outcome++) left.push({ task: task.index, outcome });
      }
      left.reverse();
      this.#points.push({ left, taken: left.pop()! });
    }
    const { taken } = this.#points[step];
    if (mayGoOn && taken.task !== previous!.task) this.#preemptions++;
    return taken;
  }

  claim(runs: number): string {
    const most = this.#preemptionsMax;
    const bound = `at most ${most} preemption${most === 1 ? "" : "s"}`;
    return this.#isDone
      ? `all ${runs.toLocaleString("en")} schedules with ${bound}`
      : `${runs.toLocaleString("en")} schedules with ${bound}, of more`;
  }
}
