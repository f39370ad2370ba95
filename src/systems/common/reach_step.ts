/**
 * Named steps of paths that no call of the scenario goes into by itself: faults, also those of a copy, pages that are read
 * and written.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";

/** Notes, as part of the current step, that its task has come to a named step. */
export function reachStep(world: World, step: string): void {
  const task = world.current;
  const operation = task?.account?.operation ?? "";
  task?.account?.steps.push(step);
  world.note("step", step, operation);
  if (task !== null) world.resourceLog?.reached(task, operation, step);
}
