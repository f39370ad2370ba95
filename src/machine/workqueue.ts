/**
 * A workqueue: what an interrupt leaves to a context that may sleep.
 *
 * Every item is a task of its own, and one of an ordered queue begins by waiting for the end of the item before it. So no
 * worker is left over when there is nothing to do, and an item that is stuck keeps a run from being complete.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { Holder, Resource } from "./level.ts";
import type { Steps, Task } from "./task.ts";
import type { World } from "./world.ts";

/** `ordered`: one item after the other, as with one worker; `concurrent`: each as soon as it likes, with workers enough. */
export type WorkqueueOrder = "ordered" | "concurrent";

/** Code of an item; like a task's body it should be made once. */
export type WorkFunction<A> = (argument: A) => Steps;

interface Item<A> {
  readonly work: WorkFunction<A>;
  readonly argument: A;
  readonly queue: Workqueue;
  readonly previous: Task | null;
}

function* runItem(_task: Task, { work, argument, queue, previous }: Item<unknown>): Steps {
  if (previous === null) yield;
  else yield { ...previous.whenEnded, resource: new Unfinished(queue.name, [previous]) };
  yield* work(argument);
}

/** A queue as one waits for it: until certain items have ended. */
class Unfinished implements Resource {
  readonly name: string;
  readonly #items: readonly Task[];

  constructor(name: string, items: readonly Task[]) {
    this.name = name;
    this.#items = items;
  }

  holders(): readonly Holder[] {
    return this.#items.filter((item) => item.generator !== null);
  }
}

export class Workqueue {
  /** As reports print it: `workqueue(dio_done)`. */
  readonly name: string;
  readonly order: WorkqueueOrder;
  /** Number of this shared object. */
  readonly object: number;
  readonly #world: World;
  readonly #items: Task[] = [];

  /** @param object number of the shared object, where it has one already */
  constructor(world: World, name: string, order: WorkqueueOrder = "ordered", object: number = world.newObject()) {
    this.name = `workqueue(${name})`;
    this.order = order;
    this.object = object;
    this.#world = world;
  }

  /**
   * Queues an item, as part of the current step; any context may.
   *
   * @param what name of its task, such as `end_io(dio 3)`
   */
  queueWork<A>(what: string, work: WorkFunction<A>, argument: A): Task {
    const isOrdered = this.order === "ordered";
    this.#world.touch(this.object, isOrdered ? Access.Write : Access.Add, 0);
    const previous = isOrdered ? this.#items.at(-1) ?? null : null;
    const item: Item<A> = { work, argument, queue: this, previous };
    const task = this.#world.spawn(what, runItem, { argument: item as Item<unknown>, context: "workqueue" });
    this.#items.push(task);
    this.#world.note("queue work", this.name, what);
    return task;
  }

  /** Waits for the end of every item queued so far: `flush_workqueue`. */
  *flush(): Steps {
    this.#world.mightSleep("flush of", this.name);
    yield;
    this.#world.touch(this.object, Access.Read, 0);
    const items = this.order === "ordered" ? this.#items.slice(-1) : this.#items;
    const unfinished = items.filter((item) => item.whenEnded.level.read() === 0);
    // Who queued first makes no difference to items without an order, and must not make one here.
    unfinished.sort((a, b) => this.#world.identities.compareTasks(a.index, b.index));
    const resource = new Unfinished(this.name, unfinished);
    for (const item of unfinished) yield { ...item.whenEnded, resource };
  }
}
