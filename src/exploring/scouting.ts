/**
 * A look at a program before it is explored, for the steps that do not always touch the same.
 *
 * @module
 */

import type { Task } from "../machine/task.ts";
import type { Execution } from "./execution.ts";
import { RandomSource } from "./random_source.ts";

/**
 * How long a program is looked at before it is explored in earnest, for steps that do not always touch the same. One that
 * is first seen later makes the exploration begin anew, so that this is about time alone, and never about what is found.
 */
export interface Scouting {
  /** So many runs in order without such a step are enough. */
  readonly runs: number;
  /** Before them, so many random runs in a row without one. */
  readonly walks: number;
}

/** Where nobody says otherwise. */
export const SCOUTING_DEFAULT: Scouting = { runs: 200, walks: 100 };

/** Random runs at most; steps of one task that may follow each other in them. */
const SCOUTING_WALKS_MAX = 2_000;
const SCOUTING_STRETCH = 24;
const SCOUTING_SEED = 1;

/**
 * Runs at random, which come to all parts of the program sooner than runs in order do. What the execution held is gone.
 *
 * @param enough so many in a row without a step that does not always touch the same
 * @param canGoOn whether a task may do another step
 */
export function walkAtRandom(execution: Execution, enough: number, canGoOn: (task: Task) => boolean): void {
  const random = new RandomSource(SCOUTING_SEED);
  for (let quiet = 0, walks = 0; quiet < enough && walks < SCOUTING_WALKS_MAX; walks++) {
    const { version } = execution.variable;
    execution.truncate(0);
    execution.restart();
    const { world } = execution;
    for (;;) {
      const tasks = world.tasks.filter(canGoOn);
      if (tasks.length === 0) break;
      const task = tasks[random.below(tasks.length)];
      // A task that goes on for a while brings the others into states that fair turns hardly ever do.
      for (let steps = 1 + random.below(SCOUTING_STRETCH); steps > 0 && canGoOn(task); steps--) {
        execution.extend(task, random.below(world.outcomes(task)));
      }
    }
    quiet = execution.variable.version === version ? quiet + 1 : 0;
  }
}
