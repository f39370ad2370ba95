/**
 * What the tasks of one run took, gave back and waited for, in the order of the run: what lock order, waits and costs are
 * judged by afterwards.
 *
 * Locks, bits, counts and entries of the page tree tell of themselves; nothing of it is shared state, so that no step
 * depends on another one because of it. Names are asked for when the run is judged, not while it goes on.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import { Task } from "./task.ts";

/**
 * `acquire`, `release`: a hold begins and ends. `hand_over`: another one answers for a hold from now on. `arrive`: a task
 * comes to a wait, `pass`: it goes on behind it. `reach`: an operation is at a step that its system has a name for.
 */
export type ResourceEventKind = "acquire" | "release" | "hand_over" | "arrive" | "pass" | "reach";

export type HoldMode = "shared" | "exclusive";

/** `waited`: who finds it taken waits. `tried`: by a try-lock, or where nobody else can have it. */
export type Acquisition = "waited" | "tried";

/** Before the first step of a run. */
export const SETUP_STEP = -1;

export interface ResourceEvent {
  readonly kind: ResourceEventKind;
  /** Number of the step in the run; {@linkcode SETUP_STEP} for what a task finds done. */
  readonly step: number;
  /** Name of the resource, of the named step for `reach`. */
  readonly name: string;
  /** Who has or had it, who waits: name of a task or of an I/O. */
  readonly who: string;
  /** True for a task, false for an I/O. */
  readonly isTask: boolean;
  /** Task whose step it was; "" in the set-up. */
  readonly by: string;
  /** Of `hand_over`: who answers for it now. */
  readonly to: string;
  /** Of `acquire` and `arrive`. */
  readonly mode: HoldMode;
  readonly acquisition: Acquisition;
  /** Operation that the step is done for; "" where there is none. Of `reach`: the operation that is there. */
  readonly operation: string;
}

/** An event as it is kept while the run goes on. */
interface Entry {
  readonly kind: ResourceEventKind;
  readonly step: number;
  readonly resource: Resource | string;
  readonly who: Holder;
  readonly by: Task | null;
  readonly to: Holder | null;
  readonly mode: HoldMode;
  readonly acquisition: Acquisition;
  readonly operation: string;
}

export class ResourceLog {
  /** Step being done. */
  step: number = SETUP_STEP;
  /** Whose step it is. */
  current: Task | null = null;
  readonly #entries: Entry[] = [];

  acquired(resource: Resource, holder: Holder, mode: HoldMode, acquisition: Acquisition): void {
    const operation = holder instanceof Task ? holder.account?.operation : this.current?.account?.operation;
    this.#add("acquire", resource, holder, null, mode, acquisition, operation ?? "");
  }

  released(resource: Resource, holder: Holder): void {
    this.#add("release", resource, holder, null, "exclusive", "waited", this.current?.account?.operation ?? "");
  }

  handedOver(resource: Resource, from: Holder, to: Holder): void {
    this.#add("hand_over", resource, from, to, "exclusive", "waited", this.current?.account?.operation ?? "");
  }

  /** A task has come to a wait, which may be open. One in a queue is never shared: whoever is before it keeps it out. */
  arrived(task: Task, wait: Wait): void {
    const mode = wait.access === Access.Share ? "shared" : "exclusive";
    const acquisition = Level.isOpen(wait) ? "tried" : "waited";
    this.#add("arrive", wait.resource, task, null, mode, acquisition, task.account?.operation ?? "");
  }

  passed(task: Task, wait: Wait): void {
    this.#add("pass", wait.resource, task, null, "exclusive", "waited", task.account?.operation ?? "");
  }

  /** An operation is at a named step. */
  reached(task: Task, operation: string, name: string): void {
    this.#add("reach", name, task, null, "exclusive", "tried", operation);
  }

  #add(
    kind: ResourceEventKind,
    resource: Resource | string,
    who: Holder,
    to: Holder | null,
    mode: HoldMode,
    acquisition: Acquisition,
    operation: string,
  ): void {
    const { step, current } = this;
    this.#entries.push({ kind, step, resource, who, by: current, to, mode, acquisition, operation });
  }

  /** The events so far. */
  events(): ResourceEvent[] {
    return this.#entries.map(({ kind, step, resource, who, by, to, mode, acquisition, operation }) => ({
      kind,
      step,
      name: typeof resource === "string" ? resource : resourceName(resource),
      who: nameOf(who),
      isTask: who instanceof Task,
      by: by === null ? "" : by.name,
      to: to === null ? "" : nameOf(to),
      mode,
      acquisition,
      operation,
    }));
  }
}

function nameOf(holder: Holder): string {
  return typeof holder === "string" ? holder : holder.name;
}

/** As reports name a resource: the end of a task is one, too. */
export function resourceName(resource: Resource): string {
  return resource instanceof Task ? `end(${resource.name})` : resource.name;
}
