/**
 * A reader-writer semaphore, as kernel code uses it: shared and exclusive holders, release by another task or by an
 * interrupt, downgrade, and the question whether a waiting writer keeps later readers out.
 *
 * A fair one has a queue. Who cannot be let in, or comes while others wait, queues up; a release that empties the lock
 * hands it to the head of the queue, and to all readers behind a reader up to the next writer. An unfair one has no queue:
 * whoever finds it free may take it.
 *
 * @module
 */

import { Access } from "./access.ts";
import { EXCLUSIVE, type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Acquisition, HoldMode } from "./resource_log.ts";
import { AT_ONCE, type Steps, type Task } from "./task.ts";
import type { World } from "./world.ts";

/** `fair`: a queued writer blocks later readers, also a reader of a task that already reads. */
export type Fairness = "fair" | "unfair";

type Mode = HoldMode;

interface Waiter {
  readonly task: Task;
  readonly mode: Mode;
  /** 1 when it has been let in. */
  readonly granted: Level;
}

export class Rwsem implements Resource {
  readonly name: string;
  readonly fairness: Fairness;
  readonly #world: World;
  readonly #level: Level;
  readonly #whenShared: Wait;
  readonly #whenFree: Wait;
  readonly #whenAlone: Wait;
  #holders: Holder[] = [];
  #queue: Waiter[] = [];

  /** @param fairness default: the world's */
  constructor(world: World, name: string, fairness: Fairness = world.lockFairness) {
    this.name = name;
    world.resources.push(this);
    this.fairness = fairness;
    this.#world = world;
    this.#level = new Level(world);
    const level = this.#level;
    this.#whenShared = { level, min: 0, max: EXCLUSIVE - 1, access: Access.Share, resource: this };
    this.#whenFree = { level, min: 0, max: 0, access: Access.Write, resource: this };
    this.#whenAlone = { level, min: 1, max: 1, access: Access.Write, resource: this };
  }

  /** Holders, and those in the queue before a waiter count as what it waits for too: see {@linkcode queued}. */
  holders(): readonly Holder[] {
    return this.#holders;
  }

  /** Tasks in the queue, first come first. */
  queued(): readonly Task[] {
    return this.#queue.map(({ task }) => task);
  }

  /** How it is held, not looked at by any step. */
  get heldAs(): Mode | "free" {
    if (this.#level.peek === 0) return "free";
    return this.#level.peek >= EXCLUSIVE ? "exclusive" : "shared";
  }

  *lockShared(): Steps {
    yield* this.#lock("shared");
  }

  *lockExclusive(): Steps {
    yield* this.#lock("exclusive");
  }

  *#lock(mode: Mode): Steps {
    this.#world.mightSleep(`down_${mode === "shared" ? "read" : "write"} of ${this.name}`);
    if (this.fairness === "unfair") {
      yield mode === "shared" ? this.#whenShared : this.#whenFree;
      this.#acquire(mode, this.#world.current!, "waited");
      return;
    }
    yield;
    const task = this.#world.current!;
    if (this.#queue.length === 0 && this.#isOpen(mode)) {
      this.#acquire(mode, task, "waited");
      return;
    }
    this.#level.add(0, Access.Write);
    const granted = new Level(this.#world);
    const waiter: Waiter = { task, mode, granted };
    this.#queue.push(waiter);
    this.#world.note("queue up", this.name, mode);
    yield { level: granted, min: 1, max: 1, access: Access.Read, resource: this.#waitOf(waiter) };
  }

  /** What a queued task waits for: whoever holds it in a way that keeps the task out, and is before it in the queue. */
  #waitOf(waiter: Waiter): Resource {
    return {
      name: this.name,
      holders: () => {
        const before = this.#queue.slice(0, this.#queue.indexOf(waiter));
        if (waiter.mode === "exclusive") return [...this.#holders, ...before.map(({ task }) => task)];
        const writers = before.filter(({ mode }) => mode === "exclusive").map(({ task }) => task);
        return this.heldAs === "exclusive" ? [...this.#holders, ...writers] : writers;
      },
    };
  }

  #isOpen(mode: Mode): boolean {
    return mode === "shared" ? this.#level.peek < EXCLUSIVE : this.#level.peek === 0;
  }

  #acquire(mode: Mode, holder: Holder, acquisition: Acquisition): void {
    this.#holders.push(holder);
    this.#world.resourceLog?.acquired(this, holder, mode, acquisition);
    this.#world.count("cacheline_writes");
    if (mode === "shared") this.#level.add(1, Access.Share);
    else this.#level.add(EXCLUSIVE, Access.Write);
    this.#world.note(mode === "shared" ? "lock shared" : "lock exclusive", this.name);
  }

  /** Takes it shared when that is possible at once; a failed attempt only reads. */
  *tryLockShared(): Steps<boolean> {
    yield;
    return this.#try("shared");
  }

  *tryLockExclusive(): Steps<boolean> {
    yield;
    return this.#try("exclusive");
  }

  #try(mode: Mode): boolean {
    if (this.#queue.length > 0 || !this.#isOpen(mode)) {
      this.#level.read();
      return false;
    }
    this.#acquire(mode, this.#world.current!, "tried");
    return true;
  }

  *unlockShared(): Steps {
    yield AT_ONCE;
    this.releaseShared(this.#world.current!);
  }

  *unlockExclusive(): Steps {
    yield AT_ONCE;
    this.releaseExclusive(this.#world.current!);
  }

  /**
   * Gives back a shared hold as part of the current step.
   *
   * @param holder who has it: another than the current task where the kernel permits it, as for an I/O in flight
   */
  releaseShared(holder: Holder): void {
    if (!this.#forget(holder)) return;
    this.#world.resourceLog?.released(this, holder);
    // Which of several releases lets somebody in is a matter of their order, so that none of them commutes.
    const waited = this.#queue.length > 0;
    this.#level.add(-1, waited ? Access.Write : Access.Share);
    this.#world.note("unlock shared", this.name);
    if (waited) this.#letIn();
  }

  releaseExclusive(holder: Holder): void {
    if (!this.#forget(holder)) return;
    this.#world.resourceLog?.released(this, holder);
    this.#level.add(-EXCLUSIVE, Access.Write);
    this.#world.note("unlock exclusive", this.name);
    this.#letIn();
  }

  #forget(holder: Holder): boolean {
    const at = this.#holders.indexOf(holder);
    if (at < 0) {
      this.#world.report("BUG_CONTEXT", `release of ${this.name} by ${holder}, which does not hold it`);
      return false;
    }
    this.#holders.splice(at, 1);
    this.#world.count("cacheline_writes");
    return true;
  }

  /** Makes another one answer for a hold: an I/O that goes on after the task that took the lock has returned. */
  handOver(from: Holder, to: Holder): void {
    if (!this.#forget(from)) return;
    this.#holders.push(to);
    this.#world.resourceLog?.handedOver(this, from, to);
    this.#level.add(0, Access.Write);
  }

  /** Turns an exclusive hold into a shared one, and lets readers in that wait at the head of the queue. */
  *downgrade(): Steps {
    yield;
    this.#level.add(1 - EXCLUSIVE, Access.Write);
    this.#modeChanged("shared", "tried");
    this.#world.note("downgrade", this.name);
    this.#letIn();
  }

  /**
   * Turns a shared hold into an exclusive one when there is no other holder.
   *
   * @returns false, having only looked, when there is
   */
  *tryUpgrade(): Steps<boolean> {
    yield;
    if (this.#level.read() !== 1) return false;
    this.#level.add(EXCLUSIVE - 1, Access.Write);
    this.#modeChanged("exclusive", "tried");
    return true;
  }

  /** Turns a shared hold into an exclusive one once there is no other holder: two that try wait for each other. */
  *upgrade(): Steps {
    this.#world.mightSleep(`upgrade of ${this.name}`);
    yield this.#whenAlone;
    this.#level.add(EXCLUSIVE - 1, Access.Write);
    this.#modeChanged("exclusive", "waited");
    this.#world.note("upgrade", this.name);
  }

  /** The current task holds it in another way. */
  #modeChanged(mode: Mode, acquisition: Acquisition): void {
    const task = this.#world.current!;
    this.#world.count("cacheline_writes");
    this.#world.resourceLog?.released(this, task);
    this.#world.resourceLog?.acquired(this, task, mode, acquisition);
  }

  #letIn(): void {
    while (this.#queue.length > 0 && this.#isOpen(this.#queue[0].mode)) {
      const { task, mode, granted } = this.#queue.shift()!;
      this.#holders.push(task);
      this.#world.resourceLog?.acquired(this, task, mode, "waited");
      this.#world.count("cacheline_writes");
      this.#level.add(mode === "shared" ? 1 : EXCLUSIVE, Access.Write);
      granted.add(1, Access.Write);
      this.#world.note(mode === "shared" ? "lock shared" : "lock exclusive", this.name, task.name);
    }
  }
}
