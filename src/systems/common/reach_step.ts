/**
 * Named steps of paths that no call of the scenario goes into by itself: faults, also those of a copy.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";

/** Notes, as part of the current step, that its task has come to a named step. */
export function reachStep(world: World, step: string): void {
  const task = world.current;
  const operation = task?.account?.operation ?? "";
  world.note("step", step, operation);
  if (task !== null) world.resourceLog?.reached(task, operation, step);
}
