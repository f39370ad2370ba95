/**
 * Keeps the records of a run's operations while it goes on.
 *
 * @module
 */

import { Account } from "../machine/costs.ts";
import type { Operation } from "../machine/history.ts";
import { EIOCBQUEUED, Kiocb } from "../machine/kiocb.ts";
import { Access } from "../machine/access.ts";
import { type Holder, Level, type Resource, type Wait } from "../machine/level.ts";
import type { SectorMemory } from "../machine/page_memory.ts";
import type { Task } from "../machine/task.ts";
import type { Token } from "../machine/tokens.ts";
import type { World } from "../machine/world.ts";
import { stepCheck } from "./path.ts";
import type { OperationRecord, SectorAccess, Way } from "./run_record.ts";
import type { RecordPlan } from "./scenario_plan.ts";
import type { Call, ZeroFrom } from "./system.ts";

/** What a call does, while it goes on. */
export class RecordedCall implements Call {
  readonly task: Task;
  readonly record: OperationRecord;
  /** The machine's own entry of it. */
  readonly operation: Operation;
  readonly account: Account;
  readonly #world: World;
  readonly #checkStep: ((step: string) => void) | null;

  constructor(world: World, task: Task, plan: RecordPlan, operation: Operation) {
    this.#world = world;
    this.#checkStep = stepCheck(world);
    this.task = task;
    this.operation = operation;
    this.account = new Account(plan.name);
    this.record = {
      name: plan.name,
      task: task.name,
      kind: plan.kind,
      call: plan.call,
      what: plan.what,
      file: plan.file,
      pos: plan.pos,
      len: plan.len,
      direct: plan.direct,
      flags: plan.flags,
      begun: operation.begun,
      returned: null,
      result: null,
      submitted: null,
      reads: [],
      writes: [],
      steps: this.account.steps,
      costs: this.account.costs,
    };
  }

  get name(): string {
    return this.record.name;
  }

  at(step: string): void {
    this.#checkStep?.(step);
    this.record.steps.push(step);
    this.#world.note("step", step, this.record.name);
    this.#world.resourceLog?.reached(this.task, this.record.name, step);
  }

  cost(metric: string, count = 1): void {
    const { costs } = this.record;
    costs[metric] = (costs[metric] ?? 0) + count;
  }

  positioned(pos: number): void {
    this.record.pos = pos;
  }

  stopped(by: "fault" | "error"): void {
    this.record.stoppedBy = by;
  }

  saw(sector: number, token: Token, way: Way, zeroFrom?: ZeroFrom): void {
    this.record.reads.push(zeroFrom === undefined ? { sector, token, way } : { sector, token, way, zeroFrom });
  }

  wrote(sector: number, token: Token, way: Way): void {
    this.record.writes.push({ sector, token, way });
  }

  observed(memory: SectorMemory, sector: number, op: "read" | "write"): SectorMemory {
    return new ObservedSector(memory, sector, op === "read" ? this.record.reads : this.record.writes);
  }

  /** Takes note, as part of the current step, that it has returned or, asynchronous, has been completed. */
  end(result: number): void {
    const { record } = this;
    record.returned = this.#world.steps;
    record.result = result;
    this.#world.history.end(this.operation, result);
  }
}

/** Memory whose traffic with a device is what the operation reads or writes. */
class ObservedSector implements SectorMemory {
  readonly #memory: SectorMemory;
  readonly #sector: number;
  readonly #accesses: SectorAccess[];

  constructor(memory: SectorMemory, sector: number, accesses: SectorAccess[]) {
    this.#memory = memory;
    this.#sector = sector;
    this.#accesses = accesses;
  }

  get peek(): Token {
    return this.#memory.peek;
  }

  load(): Token {
    const token = this.#memory.load();
    this.#accesses.push({ sector: this.#sector, token, way: "direct" });
    return token;
  }

  store(token: Token): void {
    this.#memory.store(token);
    this.#accesses.push({ sector: this.#sector, token, way: "direct" });
  }
}

/** What a task has submitted, and waits for in io_getevents. */
export class CompletionRing implements Resource {
  readonly name: string;
  readonly kiocbs: RecordedKiocb[] = [];
  readonly #completed: Level;
  #reaped = 0;

  constructor(world: World, task: string) {
    this.name = `completions(${task})`;
    this.#completed = new Level(world);
  }

  /** Who keeps it from going on: whoever has the I/O that is not complete. */
  holders(): readonly Holder[] {
    return this.kiocbs.flatMap((kiocb) => kiocb.holders());
  }

  /** Notes a completion, as part of the current step. */
  add(): void {
    this.#completed.add(1, Access.Add);
  }

  /** How many can be waited for. */
  get outstanding(): number {
    return this.kiocbs.length - this.#reaped;
  }

  /** Waits for the next `count` completions. */
  reap(count: number): Wait {
    this.#reaped += count;
    return { level: this.#completed, min: this.#reaped, max: COMPLETIONS_MAX, access: Access.Read, resource: this };
  }
}

const COMPLETIONS_MAX = 1 << 20;

/** An asynchronous operation whose completion is its end in the record. */
export class RecordedKiocb extends Kiocb {
  readonly #call: RecordedCall;
  readonly #ring: CompletionRing;

  constructor(world: World, call: RecordedCall, ring: CompletionRing) {
    super(world, call.name);
    this.#call = call;
    this.#ring = ring;
  }

  override complete(result: number): void {
    const first = this.peek === undefined;
    super.complete(result);
    if (!first) return;
    this.#call.end(result);
    this.#ring.add();
  }

  /** What the path returned to io_submit, as part of the current step. */
  override returned(value: number): void {
    if (value !== -EIOCBQUEUED) this.complete(value);
  }
}

/** The record as those see it who judge: sectors that were not returned are no reads. */
export function finishedRecord(record: OperationRecord): OperationRecord {
  const reads = record.reads.toSorted((a, b) => a.sector - b.sector);
  const writes = record.writes.toSorted((a, b) => a.sector - b.sector);
  if (record.kind !== "pread" || record.result === null) return { ...record, reads, writes };
  const end = record.pos + Math.max(0, record.result);
  return { ...record, reads: reads.filter(({ sector }) => sector < end), writes };
}
