/**
 * Operations as their callers see them: when each was begun and when it returned.
 *
 * Which operation had returned before which began is what coherence is judged by, so it is part of what tells runs apart:
 * a beginning and a return do not commute, beginnings commute with each other, and so do returns. An operation begins with
 * its first step and returns with its last, which orders as many operations as any run can.
 *
 * @module
 */

import { Access } from "./access.ts";
import { Account } from "./costs.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Steps, Task } from "./task.ts";
import type { World } from "./world.ts";

/** One call of a task. */
export interface Operation {
  /** `T1#0`: the first operation of task T1. */
  readonly name: string;
  /** Name of the task that has called it. */
  readonly task: string;
  /** What it does, e.g. `pwrite dio F[0..1]`. */
  readonly what: string;
  /** Step of the run at which it began. */
  readonly begun: number;
  /** Step at which it returned; null while it has not. */
  returned: number | null;
  /** What it returned; undefined while it has not. */
  result: unknown;
}

/** That an operation had returned before another one began, by their names. */
export interface OrderedPair {
  /** Name of the operation that has to have returned. */
  readonly before: string;
  /** Name of the one that waits for that. */
  readonly after: string;
}

class Turn implements Resource {
  readonly name: string;
  readonly level: Level;
  readonly wait: Wait;

  constructor(world: World, after: string, count: number) {
    this.name = `turn of ${after}`;
    this.level = new Level(world);
    this.wait = { level: this.level, min: count, max: count, access: Access.Read, resource: this };
  }

  holders(): readonly Holder[] {
    return [];
  }
}

/** The operations of one run, by whom they were called and what they returned. */
export class History {
  /** In the order in which they began. */
  readonly operations: Operation[] = [];
  readonly #world: World;
  readonly #object: number;
  readonly #counts = new Map<Task, number>();
  readonly #turns = new Map<string, Turn>();
  readonly #followers = new Map<string, Turn[]>();

  /** Made by the world when it is first asked for: {@linkcode World.history}. */
  constructor(world: World) {
    this.#world = world;
    this.#object = world.newObject();
  }

  /**
   * Makes operations begin only after those that went before them have returned. Call before any task is started.
   *
   * @param pairs for each operation, all those that go directly before it
   */
  setOrder(pairs: readonly OrderedPair[]): void {
    const counts = new Map<string, number>();
    for (const { after } of pairs) counts.set(after, (counts.get(after) ?? 0) + 1);
    for (const [after, count] of counts) this.#turns.set(after, new Turn(this.#world, after, count));
    for (const { before, after } of pairs) {
      const followers = this.#followers.get(before) ?? [];
      followers.push(this.#turns.get(after)!);
      this.#followers.set(before, followers);
    }
  }

  /** Begins an operation of the current task, for which its steps are done from now on; its first goes on behind this. */
  *begin(task: Task, what: string): Steps<Operation> {
    const nth = this.#counts.get(task) ?? 0;
    this.#counts.set(task, nth + 1);
    const name = `${task.name}#${nth}`;
    yield this.#turns.get(name)?.wait;
    this.#world.touch(this.#object, Access.Add, 0);
    const operation: Operation = {
      name,
      task: task.name,
      what,
      begun: this.#world.steps,
      returned: null,
      result: undefined,
    };
    this.operations.push(operation);
    task.account = new Account(name);
    this.#world.note("begin", name, what);
    return operation;
  }

  /**
   * Begins another operation of a task, as part of the current step: one of several that a call submits, which end each for
   * itself. Nothing can be told to go before it.
   *
   * @param name `T1#0.1`: the second of what the first call of T1 submits
   */
  add(task: Task, name: string, what: string): Operation {
    this.#world.touch(this.#object, Access.Add, 0);
    const begun = this.#world.steps;
    const operation: Operation = { name, task: task.name, what, begun, returned: null, result: undefined };
    this.operations.push(operation);
    this.#world.note("begin", name, what);
    return operation;
  }

  /** Notes, as part of the current step, that an operation has returned. */
  end(operation: Operation, result: unknown): void {
    this.#world.touch(this.#object, Access.Share, 0);
    operation.returned = this.#world.steps;
    operation.result = result;
    const task = this.#world.current;
    if (task !== null && task.name === operation.task && task.account?.operation === operation.name) {
      task.account = null;
    }
    for (const turn of this.#followers.get(operation.name) ?? []) turn.level.add(1, Access.Add);
    this.#world.note("return", operation.name, String(result));
  }
}
