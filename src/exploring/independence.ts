/**
 * Checks that a program keeps to the rules that exploration relies on: what tasks share is touched where it is looked at
 * or changed, and nothing else decides what a step does.
 *
 * Runs of one class differ only in the order of steps that touch nothing in common. If the program keeps to the rules,
 * each of them does the same: the same steps are possible, touch the same, cost the same, and lead to the same end.
 * Random runs are compared with others of their class. State that is shared behind the machine's back, a clock, or a
 * random number show as a difference.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import { Execution } from "./execution.ts";
import { RandomSource } from "./random_source.ts";
import { outcomeOf, Run, type ScheduledStep } from "./run.ts";
import { taskPath } from "./token.ts";

/** How much is compared. */
export interface IndependenceOptions {
  /** Random runs to look at. Default 200. */
  runs?: number;
  /** Other runs of the class of each. Default 3. */
  variants?: number;
  /** Of the first random run; the others have the numbers behind it. Default 1. */
  seed?: number;
  /** Steps after which a run is compared as far as it has come. Default 1,000. */
  stepsMax?: number;
}

/** Two runs of one class that are not alike. */
export interface Dependence {
  /** What is different, in one line. */
  readonly text: string;
  /** Of the random run that shows it. */
  readonly seed: number;
}

/** A run of the same class: its steps in another order that keeps all that depend on each other in theirs. */
function shuffled(execution: Execution, random: RandomSource): number[] {
  const done = new Map<number, number>();
  const left = Array.from({ length: execution.length }, (_, event) => event);
  const order: number[] = [];
  const tasks = [...new Set(execution.task.subarray(0, execution.length))];
  const isReady = (event: number) =>
    tasks.every((task) =>
      execution.clock(event, task) - (task === execution.task[event] ? 1 : 0) <= (done.get(task) ?? 0)
    );
  while (left.length > 0) {
    const ready = left.filter(isReady);
    const event = ready[random.below(ready.length)];
    left.splice(left.indexOf(event), 1);
    done.set(execution.task[event], execution.nth[event]);
    order.push(event);
  }
  return order;
}

function endOf(run: Run): string {
  const findings = run.world.findings.map(({ anomaly, text, task }) => `${anomaly} ${text} ${task}`).sort();
  const end = outcomeOf(run.world);
  const state = end === null ? "" : run.prepared.finalState?.() ?? "";
  return JSON.stringify([end, state, findings, run.world.costs]);
}

/**
 * Looks for runs that should be alike and are not.
 *
 * @returns null when none was found among as many random runs as were asked for
 */
export function checkIndependence(program: Program, options: IndependenceOptions = {}): Dependence | null {
  const { runs = 200, variants = 3, seed = 1, stepsMax = 1000 } = options;
  const execution = new Execution(program);
  for (let number = 0; number < runs; number++) {
    const random = new RandomSource(seed + number);
    execution.truncate(0);
    execution.restart();
    const { world } = execution;
    while (execution.length < stepsMax) {
      const tasks = world.tasks.filter((task) => world.isEnabled(task));
      if (tasks.length === 0) break;
      const task = tasks[random.below(tasks.length)];
      execution.extend(task, random.below(world.outcomes(task)));
    }
    const name = (event: number) =>
      `step ${execution.nth[event]} of ${world.task(execution.task[event]).name} ` +
      `(task ${taskPath(execution.identities, execution.task[event])})`;
    const same: ScheduledStep[] = Array.from({ length: execution.length }, (_, event) => execution.move(event));
    const again = new Run(program, execution.identities);
    for (const { task, outcome } of same) again.step(again.world.task(task), outcome);
    const end = endOf(again);
    for (let variant = 0; variant < variants; variant++) {
      const run = new Run(program, execution.identities);
      for (const event of shuffled(execution, random)) {
        const found = (what: string): Dependence => ({ text: `${name(event)} ${what}`, seed: seed + number });
        const task = run.world.task(execution.task[event]);
        if (task === undefined || !run.world.isEnabled(task)) {
          return found("is possible in one order of independent steps and not in another");
        }
        run.step(task, execution.outcome[event]);
        const { objects, kinds, count } = run.log;
        if (execution.footprints.of(objects, kinds, count) !== execution.footprint[event]) {
          return found("touches other things when independent steps come in another order");
        }
      }
      const other = endOf(run);
      if (other !== end) {
        return { text: `orders of independent steps lead to different ends: ${end} and ${other}`, seed: seed + number };
      }
    }
  }
  return null;
}
