/**
 * What must not be left over: locks when an operation returns or its task ends, references when all has ended.
 *
 * @module
 */

import { heldBy, heldName } from "./deadlock.ts";
import type { Holder } from "./level.ts";
import { Task } from "./task.ts";
import type { World } from "./world.ts";

/** Something that counts what it has given out: references of pages, pins, placeholders, I/O descriptors. */
export interface Accountable {
  /** What has not come back, as the reader of a report should see it; not looked at by any step. */
  leftOver(): readonly string[];
}

/**
 * Reports what an operation still holds as it returns to its caller: LEAK_LOCK.
 *
 * Belongs to the step that returns. What a task holds is its own doing, so looking at it depends on nobody else; what has
 * been handed over to an I/O is no longer the task's.
 *
 * @param kept what it may keep: locks that the task took before the operation
 */
export function checkReturn(world: World, task: Task, operation: string, kept: readonly string[] = []): void {
  for (const resource of heldBy(world, task)) {
    if (kept.includes(resource.name)) continue;
    const text = `${task}(${operation}) returns and still holds ${heldName(resource)}`;
    world.report("LEAK_LOCK", text, { tasks: [task.name], resources: [resource.name] });
  }
}

/**
 * Reports what is left at the end of a complete run: LEAK_LOCK for what is held by a task that has ended or by an I/O that
 * nobody will complete any more, LEAK_MEM for references that have not been given back.
 *
 * A task that an assertion or a bound has stopped never came to its unlocking; what it has is no leak.
 */
export function checkQuiescence(world: World, accountables: readonly Accountable[] = []): void {
  for (const resource of world.resources) {
    const holders = resource.holders();
    if (holders.length === 0) continue;
    for (const holder of new Set(holders)) {
      if (!hasLeaked(holder)) continue;
      const tasks = holder instanceof Task ? [holder.name] : [];
      const subject = { tasks, resources: [resource.name] };
      world.report("LEAK_LOCK", `${heldName(resource)} is left over, held by ${holder}`, subject);
    }
  }
  for (const accountable of accountables) {
    for (const text of accountable.leftOver()) world.report("LEAK_MEM", text, { resources: resourcesIn(text) });
  }
}

function hasLeaked(holder: Holder): boolean {
  return !(holder instanceof Task) || (holder.generator === null && holder.failure === undefined);
}

/** Names of resources in what is said of something left over: `page(F,3) has 1 references that nobody gives back`. */
function resourcesIn(text: string): readonly string[] {
  return [...text.matchAll(/\b[A-Za-z_]+\((?:[^()]|\([^()]*\))*\)/g)].map(([name]) => name);
}
