/**
 * What operations of a scenario are called, and which of them wait for which by these names.
 *
 * @module
 */

import type { KeyPath } from "./problems.ts";
import { ORIGINS } from "./read_expectations.ts";
import { operationNames } from "./read_operations.ts";
import { didYouMean, type Reader } from "./reader.ts";
import type { ScenarioTask } from "./scenario.ts";
import { type AllItems, type Items, operationsOf } from "./scenario_items.ts";

/** Words of expectations that no operation may be called. */
const RESERVED: readonly string[] = [...ORIGINS, "flusher", "reclaim", "journal_commit", "all", "short"];

/** All names that may stand for an operation. Names of operations that could not be read count. */
export function checkOperationNames(
  reader: Reader,
  items: AllItems,
  tasks: Readonly<Record<string, ScenarioTask>>,
  recovery: readonly string[],
): Set<string> {
  const all = new Set<string>(recovery);
  const given = new Map<string, KeyPath>();
  const add = (operation: unknown, path: KeyPath) => {
    const name = (operation as Items | null)?.name;
    if (typeof name === "string") {
      if (given.has(name)) reader.problem([...path, "name"], `another operation is called ${name} as well`);
      else if (RESERVED.includes(name)) reader.problem([...path, "name"], `${name} means something else in expect`);
      else if (Object.hasOwn(items.tasks, name)) reader.problem([...path, "name"], `${name} is the name of a task`);
      given.set(name, path);
      all.add(name);
    }
    for (const key of ["io_submit", "uring_submit"]) {
      const batch = (operation as Items | null)?.[key];
      if (Array.isArray(batch)) batch.forEach((iocb, nth) => add(iocb, [...path, key, nth]));
    }
  };
  for (const [task, value] of Object.entries(items.tasks)) {
    const below = Array.isArray(value) ? ["tasks", task] : ["tasks", task, "do"];
    operationsOf(value).forEach((operation, nth) => {
      add(operation, [...below, nth]);
      if ((operation as Items | null)?.name === undefined) all.add(`${task}#${nth}`);
    });
  }
  items.after_recovery.forEach((operation, nth) => add(operation, ["after_recovery", nth]));
  for (const { operations } of Object.values(tasks)) for (const name of operationNames(operations)) all.add(name);
  return all;
}

/** Checks that what is waited for is there, and that nobody waits in a circle. */
export function checkAfter(
  reader: Reader,
  items: AllItems,
  tasks: Readonly<Record<string, ScenarioTask>>,
  names: ReadonlySet<string>,
): void {
  for (const [task, value] of Object.entries(items.tasks)) {
    const below = Array.isArray(value) ? ["tasks", task] : ["tasks", task, "do"];
    operationsOf(value).forEach((operation, nth) => {
      const after = (operation as Items | null)?.after;
      for (const name of Array.isArray(after) ? after : [after]) {
        if (typeof name !== "string" || names.has(name)) continue;
        reader.problem([...below, nth, "after"], `no operation ${name}${didYouMean(name, names)}`);
      }
    });
  }
  const before = new Map<string, readonly string[]>();
  for (const { operations } of Object.values(tasks)) {
    let previous: string | null = null;
    for (const { name, after } of operations) {
      // Two of one name, which has been told: who waits for which of them nobody can say.
      if (before.has(name)) return;
      before.set(name, previous === null ? after : [...after, previous]);
      previous = name;
    }
  }
  const state = new Map<string, "open" | "done">();
  const visit = (name: string): boolean => {
    if (state.get(name) === "done") return false;
    if (state.get(name) === "open") return true;
    state.set(name, "open");
    const circular = (before.get(name) ?? []).some(visit);
    state.set(name, "done");
    return circular;
  };
  for (const name of before.keys()) {
    if (visit(name)) {
      reader.keyProblem(["tasks"], `operations wait for each other in a circle: look at the after of ${name}`);
    }
  }
}
