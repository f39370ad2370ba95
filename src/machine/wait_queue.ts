/**
 * A wait queue: tasks that sleep until somebody changes what they wait for, and look again when they wake.
 *
 * The order that keeps a wake-up from being lost is the kernel's: get into the queue, then look (or look and get into the
 * queue under the lock that the waker takes), then sleep. Who looks first and gets into the queue afterwards can sleep for
 * ever.
 *
 * Waking takes a task out of the queue, as `autoremove_wake_function` does. A wake-up with nobody in the queue is gone.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Steps, Task } from "./task.ts";
import type { World } from "./world.ts";

/** `exclusive`: a wake-up wakes one of these only, first come first served (`prepare_to_wait_exclusive`). */
export type Exclusiveness = "nonexclusive" | "exclusive";

/** A task's place in a queue, from getting into it to being woken or leaving. */
export interface WaitEntry {
  /** Who waits. */
  readonly task: Task;
  /** Whether it is one of those of whom a wake-up wakes only so many. */
  readonly exclusiveness: Exclusiveness;
  /** Open once the task has been woken. */
  readonly whenWoken: Wait;
}

/** A wait queue, as `wait_queue_head_t`: waking and getting in are part of the step of who does it. */
export class WaitQueue implements Resource {
  readonly name: string;
  readonly #world: World;
  readonly #object: number;
  /** In the order of arrival. */
  readonly #entries: WaitEntry[] = [];

  /**
   * Makes a queue that nobody waits in.
   *
   * @param name as reports print it
   */
  constructor(world: World, name: string) {
    this.name = name;
    this.#world = world;
    this.#object = world.newObject();
  }

  /** Nobody is known to be about to wake a queue; a wait that knows better names its own resource. */
  holders(): readonly Holder[] {
    return [];
  }

  /** Tasks in the queue, not looked at by any step. */
  get peek(): readonly Task[] {
    return this.#entries.map(({ task }) => task);
  }

  /**
   * Gets the current task into the queue, as part of the current step: together with dropping the spinlock under which it
   * has looked, or before it looks.
   *
   * @param resource what the task waits for, for reports; default: the queue
   */
  prepareToWait(resource: Resource = this): WaitEntry {
    return this.#enter("nonexclusive", resource);
  }

  /** {@linkcode prepareToWait} as one of those of whom {@linkcode wakeUp} wakes only so many. */
  prepareToWaitExclusive(resource: Resource = this): WaitEntry {
    return this.#enter("exclusive", resource);
  }

  #enter(exclusiveness: Exclusiveness, resource: Resource): WaitEntry {
    const level = new Level(this.#world);
    const entry: WaitEntry = {
      task: this.#world.current!,
      exclusiveness,
      whenWoken: { level, min: 1, max: 1, access: Access.Read, resource },
    };
    // Only among exclusive waiters does it matter who came first.
    this.#world.touch(this.#object, exclusiveness === "exclusive" ? Access.Write : Access.Add, 0);
    this.#entries.push(entry);
    this.#world.note("prepare to wait", resource.name);
    return entry;
  }

  /** Sleeps until woken, which may have happened already. */
  *sleep(entry: WaitEntry): Steps {
    this.#world.mightSleep("schedule for", entry.whenWoken.resource.name);
    yield entry.whenWoken;
  }

  /** Leaves the queue as part of the current step, unless woken before: `finish_wait`. */
  finishWait(entry: WaitEntry): void {
    this.#world.touch(this.#object, Access.Add, 0);
    const at = this.#entries.indexOf(entry);
    if (at >= 0) this.#entries.splice(at, 1);
  }

  /**
   * Wakes all that wait non-exclusively, and the first `exclusive` of the others, as part of the current step.
   *
   * @returns tasks woken
   */
  wakeUp(exclusive = 1): number {
    if (this.#entries.length === 0) {
      this.#world.touch(this.#object, Access.Read, 0);
      return 0;
    }
    this.#world.touch(this.#object, Access.Write, 0);
    let left = exclusive;
    const woken = this.#entries.filter((entry) => entry.exclusiveness === "nonexclusive" || left-- > 0);
    for (const entry of woken) {
      this.#entries.splice(this.#entries.indexOf(entry), 1);
      entry.whenWoken.level.add(1, Access.Write);
      this.#world.note("wake", this.name, entry.task.name);
    }
    return woken.length;
  }

  /** {@linkcode wakeUp} of all, exclusive or not. */
  wakeUpAll(): number {
    return this.wakeUp(Infinity);
  }

  /**
   * Looks under a lock until nothing is in the way, sleeping in between.
   *
   * Looking, getting into the queue and dropping the lock are one step, waking and looking again are not. It returns within
   * the step that found the way free, so that what the caller does next is under the same lock.
   *
   * @param blockedBy what is in the way, null when nothing is; looks through the objects' own methods
   */
  *waitUnderLock(blockedBy: () => Resource | null): Steps {
    for (;;) {
      yield;
      const resource = blockedBy();
      if (resource === null) return;
      yield* this.sleep(this.prepareToWait(resource));
    }
  }

  /**
   * Waits for a condition that no lock guards, as `wait_event` does: looks; then gets into the queue, looks again, and
   * sleeps if it has to, until the condition holds.
   *
   * @param condition looks through the objects' own methods
   */
  *waitEvent(condition: () => boolean, resource: Resource = this): Steps {
    this.#world.mightSleep("wait_event for", resource.name);
    yield;
    if (condition()) return;
    for (;;) {
      yield;
      const entry = this.prepareToWait(resource);
      yield;
      if (condition()) {
        this.finishWait(entry);
        return;
      }
      yield* this.sleep(entry);
    }
  }
}
