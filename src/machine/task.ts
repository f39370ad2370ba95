/**
 * A task: a generator function whose every `yield` is one scheduling point.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { Account } from "./costs.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { World } from "./world.ts";

/** Where a task runs; only the first three may sleep. */
export type TaskContext = "process" | "workqueue" | "flusher" | "softirq" | "irq" | "recovery";

/**
 * A point at which one of `count` outcomes is chosen by nobody in the program. Choosing is a step of its own, which touches
 * nothing; the step behind it gets the number of the outcome.
 */
export interface Choice {
  /** Outcomes that there are: what the `yield` gives is one of 0 to this less 1. */
  readonly count: number;
  /** What is chosen, for the reader of a trace: `completion of bio 3`. */
  readonly what: string;
  /** Names of the outcomes, where they have any. */
  readonly outcomes?: readonly string[];
}

/**
 * Nothing stands between, and no event tells when the step is done: a task that has a CPU does it at once. To all but those
 * who follow a recording's times it is the same as nothing.
 */
export const AT_ONCE = { pace: "at_once" } as const;

/**
 * Somebody looks again and again for a while whether a semaphore is free, before it queues up. To all but those who follow a
 * recording's times it is the same as nothing.
 */
export const SPINS = { pace: "spins" } as const;

/** What stands between a task and its next step: nothing, a wait, or a choice. */
export type Pause = Wait | Choice | typeof AT_ONCE | typeof SPINS | undefined | void;

/** Code of a task. `yield` is answered by the number of the outcome chosen, 0 where there was none to choose. */
export type Steps<T = void> = Generator<Pause, T, number>;

/**
 * Code of a task; it gets what it works on as its argument.
 *
 * A body should be made once, not for every run: V8 makes a hidden class for every generator function that is called, which
 * takes thirty times as long as starting the task.
 */
export type TaskBody<A = undefined> = (task: Task, argument: A) => Steps<unknown>;

/** How a task is started: see {@linkcode World.spawn}. */
export interface TaskOptions<A = undefined> {
  /** Handed to the body. */
  argument?: A;
  /** Default `process`. */
  context?: TaskContext;
  /** A kernel thread that never ends: it may wait for ever without there being a deadlock. */
  daemon?: "daemon";
}

/** A task of one run. It is also the resource that those wait for who join it. */
export class Task implements Resource {
  /** Number among all tasks of all runs, see `Identities`. */
  readonly index: number;
  readonly name: string;
  /** Where it runs: interrupts may not sleep. */
  readonly context: TaskContext;
  /** True for a kernel thread that may wait for ever. */
  readonly daemon: boolean;
  /** What it returned; undefined while it has not. */
  result: unknown = undefined;
  /** What it threw; undefined where it did not. */
  failure: unknown = undefined;

  /** What its steps are done for now: tasks that it starts meanwhile work for the same. */
  account: Account | null = null;

  // The world's own.
  /** What is left of it to be done; null when it has ended. */
  generator: Steps<unknown> | null = null;
  /** What it stands at: a wait, a choice, or nothing in its way. */
  pause: Pause = undefined;
  /** Outcome of a choice that has been made and not been answered yet. */
  chosen = 0;
  /** Shared objects that it has made: they are numbered by their maker. */
  objectsMade = 0;
  /** Tasks that it has started: likewise. */
  tasksMade = 0;
  /** Steps that it has done. */
  steps = 0;

  /** The run it is in. */
  readonly world: World;
  /** Number of the shared object that its end is. */
  readonly endObject: number;
  /** 1 when the task has ended; made when somebody waits for it. */
  #ended: Level | null = null;
  #whenEnded: Wait | null = null;

  /** Made by {@linkcode World.spawn}. */
  constructor(world: World, index: number, name: string, options: TaskOptions<unknown>) {
    this.world = world;
    this.endObject = world.newObject();
    this.index = index;
    this.name = name;
    this.context = options.context ?? "process";
    this.daemon = options.daemon === "daemon";
  }

  /** Open when the task has ended. */
  get whenEnded(): Wait {
    if (this.#whenEnded === null) {
      const level = this.#ended = new Level(this.world, this.generator === null ? 1 : 0, this.endObject);
      this.#whenEnded = { level, min: 1, max: 1, access: Access.Read, resource: this };
    }
    return this.#whenEnded;
  }

  /** Waits until the task has ended, as a step. */
  *join(): Steps {
    yield this.whenEnded;
  }

  /** The resource that a task is to those who wait for its end. */
  holders(): readonly Holder[] {
    return this.generator === null ? [] : [this];
  }

  /** Takes note that the task has ended, as part of the current step. */
  end(): void {
    this.generator = null;
    this.pause = undefined;
    this.world.resourceLog?.released(this, this);
    if (this.#ended !== null) this.#ended.add(1, Access.Write);
    else this.world.touch(this.endObject, Access.Write, 1);
  }

  /** True when it may wait: interrupts may not. */
  get maySleep(): boolean {
    return this.context !== "irq" && this.context !== "softirq";
  }

  /** Its name. */
  toString(): string {
    return this.name;
  }
}

export function isWait(pause: Pause): pause is Wait {
  return pause !== undefined && (pause as Wait).level !== undefined;
}

export function isChoice(pause: Pause): pause is Choice {
  return pause !== undefined && (pause as Choice).count !== undefined;
}
