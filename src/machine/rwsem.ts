/**
 * A reader-writer semaphore, as kernel code uses it: shared and exclusive holders, release by another task or by an
 * interrupt, downgrade, and the question whether a waiting writer keeps later readers out.
 *
 * A fair one has a queue. Who cannot be let in, or comes while others wait, queues up; a release that empties the lock
 * hands it to the head of the queue, and to all readers behind a reader up to the next writer. An unfair one has no queue:
 * whoever finds it free may take it. A stealing one is that of kernels from 5.3 on (kernel/locking/rwsem.c), but for the
 * hand-off to writers that have waited for 4 ms: whoever finds it free takes it, also with a queue, and a reader that finds
 * other readers has to queue up behind whoever waits. Readers at the head of the queue are let in together with all readers
 * of the queue; writers take it as they come. It is made for those who follow a recording's times: who may have it has it
 * when it goes on, and others may be faster.
 *
 * @module
 */

import { Access } from "./access.ts";
import { EXCLUSIVE, type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Acquisition, HoldMode } from "./resource_log.ts";
import { AT_ONCE, SPINS, type Steps, type Task } from "./task.ts";
import type { World } from "./world.ts";

/**
 * `fair`: a queued writer blocks later readers, also a reader of a task that already reads. `stealing`: so it does while
 * readers hold the lock.
 */
export type Fairness = "fair" | "unfair" | "stealing";

type Mode = HoldMode;

const FREE = 1;
const GRANTED = 2;

interface Waiter {
  readonly task: Task;
  readonly mode: Mode;
  /** {@linkcode GRANTED} when it has been let in; {@linkcode FREE} as long as it may take what it has found free. */
  readonly granted: Level;
}

/** A reader-writer semaphore. Its methods act for the current task; taking it and giving it back are a step each. */
export class Rwsem implements Resource {
  readonly name: string;
  /** Who gets it first of those who may. */
  readonly fairness: Fairness;
  readonly #world: World;
  readonly #level: Level;
  readonly #whenShared: Wait;
  readonly #whenFree: Wait;
  readonly #whenAlone: Wait;
  #holders: Holder[] = [];
  #queue: Waiter[] = [];
  /** Readers of a stealing one that have been let in and have not gone on. */
  readonly #admitted = new Set<Waiter>();

  /**
   * Makes a semaphore that is free.
   *
   * @param name as reports print it: `mmap_sem(mm1)`
   * @param fairness default: the world's
   */
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

  /** Who has it; what a waiter waits for are those in the queue before it as well. */
  holders(): readonly Holder[] {
    return this.#holders;
  }

  /** How it is held, not looked at by any step. */
  get heldAs(): Mode | "free" {
    if (this.#level.peek === 0) return "free";
    return this.#level.peek >= EXCLUSIVE ? "exclusive" : "shared";
  }

  /** `down_read`: waits until it can be had beside other readers. */
  *lockShared(): Steps {
    yield* this.#lock("shared");
  }

  /** `down_write`: waits until it can be had alone. */
  *lockExclusive(): Steps {
    yield* this.#lock("exclusive");
  }

  *#lock(mode: Mode): Steps {
    this.#world.mightSleep(mode === "shared" ? "down_read of" : "down_write of", this.name);
    if (this.fairness === "unfair") {
      yield mode === "shared" ? this.#whenShared : this.#whenFree;
      this.#acquire(mode, this.#world.current!, "waited");
      return;
    }
    if (this.fairness === "stealing") {
      yield* this.#lockStealing(mode);
      return;
    }
    yield;
    const task = this.#world.current!;
    if (this.#queue.length === 0 && this.#isOpen(mode)) {
      this.#acquire(mode, task, "waited");
      return;
    }
    yield* this.#sleepUntilGranted(this.#queueUp(task, mode));
  }

  /** Who waits is in the queue from the beginning; who of those that may have it takes it is who goes on first. */
  *#lockStealing(mode: Mode): Steps {
    yield AT_ONCE;
    const task = this.#world.current!;
    if (mode === "exclusive") {
      // RWSEM_NONSPINNABLE: who has spun in vain on readers keeps later writers from it.
      const hasSpun = this.#queue.some((waiter) => waiter.mode === "exclusive");
      if (this.heldAs === "shared" && !hasSpun) yield SPINS;
      const waiter = this.#queueUp(task, mode);
      yield this.#whenFree;
      this.#queue.splice(this.#queue.indexOf(waiter), 1);
      this.#acquire(mode, task, "waited");
      return;
    }
    const isFirst = this.#queue.length === 0 && this.#isOpen(mode);
    const waiter = this.#queueUp(task, mode);
    if (isFirst) this.#letIn();
    else if (this.#level.peek === 0 && this.#admitted.size === 0) waiter.granted.add(FREE, Access.Write);
    yield* this.#sleepUntilGranted(waiter);
    if (!this.#admitted.delete(waiter)) this.#queue.splice(this.#queue.indexOf(waiter), 1);
    this.#acquire(mode, task, "waited");
    this.#letIn();
  }

  #queueUp(task: Task, mode: Mode): Waiter {
    this.#level.add(0, Access.Write);
    const waiter: Waiter = { task, mode, granted: new Level(this.#world) };
    this.#queue.push(waiter);
    this.#world.note("queue up", this.name, mode);
    return waiter;
  }

  *#sleepUntilGranted(waiter: Waiter): Steps {
    yield { level: waiter.granted, min: FREE, max: GRANTED, access: Access.Read, resource: this.#waitOf(waiter) };
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
    if (mode === "exclusive" && this.fairness === "stealing") {
      for (const { granted } of this.#queue) if (granted.peek === FREE) granted.add(-FREE, Access.Write);
      this.#queue.unshift(...this.#admitted);
      for (const { granted } of this.#admitted) granted.add(-GRANTED, Access.Write);
      this.#admitted.clear();
    }
    this.#world.note(mode === "shared" ? "lock shared" : "lock exclusive", this.name);
  }

  /** Takes it shared when that is possible at once; a failed attempt only reads. */
  *tryLockShared(): Steps<boolean> {
    yield;
    return this.#try("shared");
  }

  /** `down_write_trylock`: false, having only looked, where it cannot be had now. */
  *tryLockExclusive(): Steps<boolean> {
    yield;
    return this.#try("exclusive");
  }

  #try(mode: Mode): boolean {
    const isTaken = mode === "exclusive" && this.#admitted.size > 0;
    if (this.#queue.length > 0 || !this.#isOpen(mode) || isTaken) {
      this.#level.read();
      return false;
    }
    this.#acquire(mode, this.#world.current!, "tried");
    return true;
  }

  /** `up_read`. */
  *unlockShared(): Steps {
    yield AT_ONCE;
    this.releaseShared(this.#world.current!);
  }

  /** `up_write`. */
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

  /** Ends an exclusive hold and lets in who waits at the head; of somebody who holds nothing a BUG_CONTEXT is reported. */
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
    this.#world.mightSleep("upgrade of", this.name);
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
    if (this.fairness === "stealing") {
      if (this.#queue.at(0)?.mode !== "shared" || !this.#isOpen("shared")) return;
      const readers = this.#queue.filter(({ mode }) => mode === "shared");
      this.#queue = this.#queue.filter(({ mode }) => mode === "exclusive");
      for (const reader of readers) {
        this.#admitted.add(reader);
        reader.granted.add(GRANTED - reader.granted.peek, Access.Write);
      }
      return;
    }
    while (this.#queue.length > 0 && this.#isOpen(this.#queue[0].mode)) this.#grant(this.#queue.shift()!);
  }

  #grant({ task, mode, granted }: Waiter): void {
    this.#holders.push(task);
    this.#world.resourceLog?.acquired(this, task, mode, "waited");
    this.#world.count("cacheline_writes");
    this.#level.add(mode === "shared" ? 1 : EXCLUSIVE, Access.Write);
    granted.add(GRANTED - granted.peek, Access.Write);
    this.#world.note(mode === "shared" ? "lock shared" : "lock exclusive", this.name, task.name);
  }
}
