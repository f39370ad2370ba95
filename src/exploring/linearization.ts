/**
 * One run for a class of equivalent ones: the first of them when tasks are compared by name, step by step. Whoever
 * explores, in whatever order, gets the same run of the same class.
 *
 * @module
 */

import type { Identities } from "../machine/identities.ts";
import type { Execution } from "./execution.ts";
import type { ScheduledStep } from "./run.ts";

/** Tasks of a run by name. */
function tasksByName({ identities, world }: Execution): number[] {
  return world.tasks.map(({ index }) => index).sort((a, b) => identities.compareTasks(a, b));
}

/**
 * The first linearization of the events up to now, or of those for which `isWanted` holds.
 *
 * @param isWanted must hold for every event before one for which it holds
 */
export function firstLinearization(
  execution: Execution,
  isWanted: (event: number) => boolean = () => true,
): ScheduledStep[] {
  const tasks = tasksByName(execution);
  const events = new Map<number, number[]>(tasks.map((task) => [task, []]));
  let left = 0;
  for (let event = 0; event < execution.length; event++) {
    if (!isWanted(event)) continue;
    events.get(execution.task[event])!.push(event);
    left++;
  }
  const done = new Map<number, number>(tasks.map((task) => [task, 0]));
  const steps: ScheduledStep[] = [];
  const isReady = (event: number, own: number) =>
    tasks.every((task) => task === own || execution.clock(event, task) <= done.get(task)!);
  while (left > 0) {
    const task = tasks.find((each) => {
      const next = events.get(each)![done.get(each)!];
      return next !== undefined && isReady(next, each);
    })!;
    const event = events.get(task)![done.get(task)!];
    steps.push({ task, outcome: execution.outcome[event] });
    done.set(task, done.get(task)! + 1);
    left--;
  }
  return steps;
}

/** Compares runs: the shorter first, then by the names of tasks and the outcomes, step by step. */
export function compareRuns(
  a: readonly ScheduledStep[],
  b: readonly ScheduledStep[],
  identities: Identities,
): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    if (a[i].task !== b[i].task) return identities.compareTasks(a[i].task, b[i].task);
    if (a[i].outcome !== b[i].outcome) return a[i].outcome - b[i].outcome;
  }
  return 0;
}
