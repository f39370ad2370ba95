/**
 * What the steps of a run would have written into a trace: its events, in order, as long as somebody wants them.
 *
 * Paths emit with `world.tracepoints?.emit(name, fields)`: without a log neither the call is made nor its fields. An event
 * is no step and touches nothing; what it tells must be looked at with `peek` or be known to the step anyway.
 *
 * @module
 */

import type { Bio } from "./bio.ts";
import { BlockTracepoints } from "./block_tracepoints.ts";
import type { Prepared, Program } from "./program.ts";
import type { TaskContext } from "./task.ts";
import type { TracepointName, Tracepoints } from "./tracepoints.ts";
import type { World } from "./world.ts";

/** Values of an event's fields, by name. */
export type EventFields = Readonly<Record<string, string | number | null>>;

/** An event of a run. */
export interface EmittedEvent {
  /** Step of the run that fired it, from 0; -1: set-up. */
  readonly step: number;
  /** Task, kernel thread or bio that fired it; empty: none. */
  readonly task: string;
  readonly context: TaskContext;
  /** Operation that the step was done for, `T1#0`; empty: none. */
  readonly operation: string;
  /** As the kernel at hand calls it. */
  readonly name: string;
  readonly fields: EventFields;
}

/** Which events a kernel has. */
export interface KernelTracepoints {
  /** What it calls an event; null: it has not got it. */
  nameOf(name: TracepointName): string | null;
  /** What it writes into the fields of an event. Missing: what is handed in. */
  fieldsOf?(name: TracepointName, fields: EventFields): EventFields;
  /** `bio`: the disk's driver takes bios as they are, and there are no requests, as with pmem. */
  readonly disk: "requests" | "bio";
  /** `each_bio`: a bio that is submitted outside of any plug has one of its own (`__submit_bio` since 6.11). */
  readonly plugs: "as_started" | "each_bio";
}

export class TracepointLog {
  readonly events: EmittedEvent[] = [];
  readonly world: World;
  /** Null: the system does not say which events its kernel has, and nothing is kept. */
  kernel: KernelTracepoints | null = null;
  readonly #block: BlockTracepoints;

  constructor(world: World) {
    this.world = world;
    this.#block = new BlockTracepoints(this);
  }

  /** Notes that the current step fires an event. */
  emit<Name extends TracepointName>(name: Name, fields: Tracepoints[Name]): void {
    const { current, steps } = this.world;
    const named = this.kernel?.nameOf(name) ?? null;
    if (named === null) return;
    this.events.push({
      step: current === null ? -1 : steps,
      task: current?.name ?? "",
      context: current?.context ?? "process",
      operation: current?.account?.operation ?? "",
      name: named,
      fields: this.kernel?.fieldsOf?.(name, fields as EventFields) ?? fields as EventFields,
    });
  }

  // The block layer's events, which the device calls for: see BlockTracepoints.

  bioSubmitted(bio: Bio): void {
    if (this.kernel !== null) this.#block.submitted(bio);
  }

  bioEnded(bio: Bio): void {
    if (this.kernel !== null) this.#block.ended(bio);
  }

  /** `blk_start_plug`: requests of the current task wait for each other until the plug is finished. */
  startPlug(): void {
    this.#block.startPlug();
  }

  /** `blk_finish_plug`. */
  finishPlug(): void {
    this.#block.finishPlug();
  }
}

/** The program with a log of its events, which stands in `world.tracepoints`. */
export function traced(program: Program): Program {
  return {
    get name() {
      return program.name;
    },
    setUp(world: World): Prepared | void {
      world.tracepoints = new TracepointLog(world);
      return program.setUp(world);
    },
  };
}
