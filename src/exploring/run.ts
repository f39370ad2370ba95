/**
 * One run of a program, step by step, with the moves that led there. Strategies that look at one run after another work
 * on this; the exhaustive one has its own way.
 *
 * @module
 */

import { AccessLog } from "../machine/access_log.ts";
import { Identities } from "../machine/identities.ts";
import { isWait, type Task } from "../machine/task.ts";
import type { Outcome, Prepared, Program } from "../machine/program.ts";
import { World } from "../machine/world.ts";

/** Which task did the next step, and which outcome the step's choice had. */
export interface ScheduledStep {
  /** Number of the task, as `Task.index`: the same in all runs of a program. */
  readonly task: number;
  /** From 0; always 0 where there is nothing to choose. */
  readonly outcome: number;
}

/** A run under way or at its end. */
export class Run {
  /** What is run. */
  readonly program: Program;
  /** Where it is run; its own. */
  readonly world: World;
  /** What the program's set-up offers to who runs it. */
  readonly prepared: Prepared;
  /** Steps done, in order. */
  readonly steps: ScheduledStep[] = [];
  /** What the last step touched. */
  readonly log: AccessLog = new AccessLog();

  /**
   * Sets the program up.
   *
   * @param identities those of other runs of the same program, where tasks are to have the same numbers
   */
  constructor(program: Program, identities: Identities = new Identities()) {
    this.program = program;
    this.world = new World(identities);
    this.prepared = program.setUp(this.world) ?? {};
    this.world.log = this.log;
  }

  /** Tasks that can do a step, in the order in which they were started. */
  enabled(): Task[] {
    return this.world.tasks.filter((task) => this.world.isEnabled(task));
  }

  /**
   * Lets a task that can go on do its next step.
   *
   * @param outcome of the step's choice, from 0 to below `world.outcomes(task)`
   */
  step(task: Task, outcome: number): void {
    this.world.step(task, outcome);
    this.steps.push({ task: task.index, outcome });
  }

  /** How the run has ended; null while there is something to do. */
  get outcome(): Outcome | null {
    return outcomeOf(this.world);
  }
}

/** How a run has ended: null while a task can go on. Kernel threads that wait for work do not keep a run from ending. */
export function outcomeOf(world: World): Outcome | null {
  let waits = false;
  for (const task of world.tasks) {
    if (world.isEnabled(task)) return null;
    if (task.generator !== null && isWait(task.pause) && !task.daemon) waits = true;
  }
  return waits ? "deadlock" : "complete";
}
