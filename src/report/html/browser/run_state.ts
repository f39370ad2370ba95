/**
 * The state of a run after a step, put together from what the steps until then say.
 *
 * @module
 */
import type { ShownRun } from "../page_data.ts";

export interface TaskState {
  readonly holds: readonly string[];
  readonly waits: string | null;
}

export interface RunState {
  /** Of the tasks that have done something. */
  readonly tasks: ReadonlyMap<string, TaskState>;
  /** What has a state, by what it is a part of. */
  readonly groups: readonly (readonly [title: string, things: readonly Thing[]])[];
}

export type Thing = readonly [name: string, state: { readonly value: string; readonly isNew: boolean }];

/** Which of the panels something belongs to, by how its name begins. */
const GROUPS: readonly [title: string, names: RegExp][] = [
  ["Page cache", /^(page|folio|entry|pte|pmd|mapping)\b/],
  ["Blocks", /^(map|block|extent|delalloc)\b/],
  ["Persistent memory", /^pmem\b/],
  ["Disk", /^(sector|journal|txn|log)\b/],
  ["Others", /^/],
];

/** Bios and completions share a lane: there are many, and each lives for a moment. */
const INTERRUPTS = "bios, completions";

export function laneOf(task: string): string {
  return /^(bio|end|completion|work)\b.*\(/.test(task) ? INTERRUPTS : task;
}

/** Lanes of a run in the order in which their tasks begin, interrupts last. */
export function lanesOfRun({ tasks }: ShownRun): string[] {
  const lanes = [...new Set(tasks.map(laneOf))];
  return lanes.filter((lane) => lane !== INTERRUPTS).concat(lanes.filter((lane) => lane === INTERRUPTS));
}

/** @param at place of the step in the run's list */
export function stateAt(run: ShownRun, at: number): RunState {
  const tasks = new Map<string, TaskState>();
  const things = new Map<string, string>();
  // What changes later has been there before.
  for (const { changes } of run.steps) {
    for (const [thing, before] of changes) if (!things.has(thing) && before !== "absent") things.set(thing, before);
  }
  let changedNow = new Set<string>();
  for (const { task, holds, waits, others, changes } of run.steps.slice(0, at + 1)) {
    tasks.set(run.tasks[task], { holds, waits });
    for (const [other, holds, waits] of others) tasks.set(run.tasks[other], { holds, waits });
    changedNow = new Set(changes.map(([thing]) => thing));
    for (const [thing, , after] of changes) {
      if (after === "gone") things.delete(thing);
      else things.set(thing, after);
    }
  }
  const sorted = [...things].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const taken = new Set<string>();
  const groups = GROUPS.map(([title, names]) => {
    const own = sorted.filter(([thing]) => !taken.has(thing) && names.test(thing));
    for (const [thing] of own) taken.add(thing);
    return [title, own.map(([name, value]): Thing => [name, { value, isNew: changedNow.has(name) }])] as const;
  }).filter(([, own]) => own.length > 0);
  return { tasks, groups };
}
