/**
 * One run of a scenario: its tasks, and the system calls that they make.
 *
 * @module
 */

import { EFAULT, EIO, EOPNOTSUPP } from "../machine/errno.ts";
import { userLoad, userStore } from "../machine/fault.ts";
import type { Folio } from "../machine/folio.ts";
import { EIOCBQUEUED, type Kiocb } from "../machine/kiocb.ts";
import { invalidateMappingPages } from "../machine/page_cache_invalidate.ts";
import { checkReturn } from "../machine/quiescence.ts";
import type { Steps, Task } from "../machine/task.ts";
import { writeToken, ZERO } from "../machine/tokens.ts";
import type { World } from "../machine/world.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { diskLayout } from "./common/disk_layout.ts";
import { fadvise, syncFileRange } from "./common/range_calls.ts";
import { ptesOf } from "./file_records.ts";
import { CompletionRing, RecordedCall, RecordedKiocb } from "./operation_records.ts";
import type { ScenarioMemory } from "./scenario_memory.ts";
import { callBegins, callEnds } from "./system_call_events.ts";
import {
  type ActionPlan,
  iocbHistoryName,
  type IocbPlan,
  type OperationPlan,
  type ScenarioPlan,
  type TaskPlan,
  type TouchPlan,
  type TransferPlan,
} from "./scenario_plan.ts";
import type { MountedSystem, Transfer } from "./system.ts";

/** What a process gets instead of a result when a load or store goes wrong: SIGBUS as -EIO, SIGSEGV as -EFAULT. */
const SIGNALS = { sigbus: -EIO, segv: -EFAULT } as const;

export class ScenarioRun {
  readonly world: World;
  readonly scenario: Scenario;
  readonly plan: ScenarioPlan;
  readonly mounted: MountedSystem;
  readonly memory: ScenarioMemory;
  /** In the order in which they began. */
  readonly calls: RecordedCall[] = [];
  readonly #rings: CompletionRing[] = [];

  constructor(
    world: World,
    scenario: Scenario,
    plan: ScenarioPlan,
    mounted: MountedSystem,
    memory: ScenarioMemory,
  ) {
    this.world = world;
    this.scenario = scenario;
    this.plan = plan;
    this.mounted = mounted;
    this.memory = memory;
  }

  /** What a task submits asynchronously. */
  newRing(task: Task): CompletionRing {
    const ring = new CompletionRing(this.world, task.name);
    this.#rings.push(ring);
    return ring;
  }

  /** All asynchronous operations. */
  kiocbs(): readonly Kiocb[] {
    return this.#rings.flatMap(({ kiocbs }) => kiocbs);
  }

  /** What a reader of one run wants to see change: sizes, folios, mappings, extents, and what blocks hold. */
  *look(): Iterable<readonly [string, string]> {
    const { sectorsPerBlock } = diskLayout(this.scenario);
    for (const name of Object.keys(this.scenario.files)) {
      const { inode } = this.mounted.file(name);
      yield [`i_size(${name})`, String(inode.peekSize)];
      for (let index = 0; index < inode.bounds.pagesMax; index++) {
        const folio = inode.mapping.peekFolio(index);
        if (folio !== null) yield [folio.name, folioState(folio)];
      }
      const file = this.mounted.file(name);
      for (const mm of this.memory.mms) {
        for (const { vpn, maps } of ptesOf(file, mm)) {
          yield [`pte(${mm.name},${vpn})`, `${maps} ${mm.pte(vpn).peekMode}`];
        }
      }
      // Persistent memory is looked at line by line.
      const media = this.mounted.persistentLines === undefined ? file.media() : null;
      for (const { lblk, pblk, state } of file.blocks()) {
        yield [`map(${name},${lblk})`, pblk === null ? state : `${state} block ${pblk}`];
        if (media === null || state !== "written") continue;
        const first = lblk * sectorsPerBlock;
        yield [`block(${name},${lblk})`, media.slice(first, first + sectorsPerBlock).join(" ")];
      }
    }
    yield* this.mounted.look?.() ?? [];
  }
}

function folioState(folio: Folio): string {
  const words = [folio.uptodate.peek ? folio.dirty.peek ? "dirty" : "clean" : "not uptodate"];
  if (folio.writeback.peek) words.push("writeback");
  return [...words, ...folio.uptodate.peek ? folio.tokens : []].join(" ");
}

/** What a task of a scenario does: its operations, one after the other. */
export function* runTask(task: Task, { run, task: plan }: { run: ScenarioRun; task: TaskPlan }): Steps {
  const ring = run.newRing(task);
  for (const operation of plan.operations) yield* perform(run, task, ring, operation);
}

function* perform(run: ScenarioRun, task: Task, ring: CompletionRing, { record, action }: OperationPlan): Steps {
  const { world } = run;
  const operation = yield* world.history.begin(task, record.what);
  const call = new RecordedCall(world, task, record, operation);
  task.account = call.account;
  run.calls.push(call);
  callBegins(world, record);
  if (action.kind === "submit") {
    yield* submit(run, task, ring, call, action);
    callEnds(world, record, action.iocbs.length);
    task.account = null;
    return;
  }
  const result = yield* callSystem(run, ring, call, action);
  callEnds(world, record, result);
  checkReturn(world, task, record.what);
  call.end(result);
  task.account = null;
}

function* callSystem(run: ScenarioRun, ring: CompletionRing, call: RecordedCall, action: ActionPlan): Steps<number> {
  const { record } = call;
  const { mounted } = run;
  switch (action.kind) {
    case "transfer":
      return yield* transferOf(run, call, action.transfer, null);
    case "sync":
      return yield* mounted.file(record.file!).fsync(action.sync.scope, call);
    case "touch":
      return action.access === "load"
        ? yield* load(run, call, action.touches)
        : yield* store(run, call, action.touches);
    case "reap": {
      const count = Math.min(action.count ?? ring.outstanding, ring.outstanding);
      yield ring.reap(count);
      return count;
    }
    case "mmap": {
      const { mm } = run.memory.areas[action.at.area];
      const { maps } = action;
      const mapping = maps === null ? null : mounted.file(maps.file).inode.mapping;
      const { pgoff = 0, mode = "private", sync = "none" } = maps ?? {};
      yield* mm.mmap(run.memory.segment(action.at), mapping, pgoff, mode, sync);
      return 0;
    }
    case "munmap":
      for (const part of action.parts) {
        yield* run.memory.areas[part.area].mm.munmap(run.memory.segment(part));
      }
      return 0;
    case "msync":
      yield;
      return action.sync && record.file !== null ? yield* mounted.file(record.file).fsync("all", call) : 0;
    case "sync_file_range":
      return yield* syncFileRange(
        mounted.file(record.file!).inode,
        record.pos,
        record.pos + record.len - 1,
        action.flags,
      );
    case "syncfs": {
      let error = 0;
      for (const name of Object.keys(run.scenario.files)) {
        error = (yield* mounted.file(name).fsync("all", call)) || error;
      }
      return error;
    }
    case "truncate":
      return yield* mounted.file(record.file!).truncate(action.size, call);
    case "fallocate": {
      const file = mounted.file(record.file!);
      if (file.fallocate !== undefined) return yield* file.fallocate(record.pos, record.len, record.flags, call);
      yield;
      return -EOPNOTSUPP;
    }
    case "fadvise":
      return yield* fadvise(mounted.file(record.file!), action.advice, record.pos, record.pos + record.len);
    case "drop_caches":
      for (const name of Object.keys(run.scenario.files)) {
        const { mapping, bounds } = mounted.file(name).inode;
        if ((action.what & 1) !== 0) yield* invalidateMappingPages(mapping, 0, bounds.pagesMax - 1);
      }
      return 0;
    case "fstat":
      yield;
      return mounted.file(record.file!).inode.readSize();
    case "close":
      yield;
      return 0;
    case "submit":
      throw new Error("io_submit is no plain call");
  }
}

function* transferOf(run: ScenarioRun, call: RecordedCall, plan: TransferPlan, kiocb: Kiocb | null): Steps<number> {
  const { record } = plan;
  const file = run.mounted.file(record.file!);
  const transfer: Transfer = {
    pos: record.pos,
    len: record.len,
    buffer: run.memory.buffer(plan.buffer),
    direct: record.direct,
    aligned: plan.aligned,
    ...(plan.part === null ? {} : { part: plan.part }),
    append: plan.append,
    nowait: plan.nowait,
    sync: plan.sync,
    submitter: kiocb === null ? "task" : record.call.startsWith("uring") ? "io_uring" : "io_submit",
    kiocb,
    flags: record.flags,
    call,
  };
  return plan.write ? yield* file.write(transfer) : yield* file.read(transfer);
}

/** io_submit: what is submitted goes its way until it is queued, one after the other. */
function* submit(
  run: ScenarioRun,
  task: Task,
  ring: CompletionRing,
  batch: RecordedCall,
  { iocbs, single }: Extract<ActionPlan, { kind: "submit" }>,
): Steps {
  // io_submit plugs what it submits together.
  const { tracepoints } = run.world;
  if (iocbs.length > 1) tracepoints?.startPlug();
  for (let nth = 0; nth < iocbs.length; nth++) {
    const call = single ? batch : added(run, task, batch, iocbs[nth], nth);
    const kiocb = new RecordedKiocb(run.world, call, ring);
    ring.kiocbs.push(kiocb);
    task.account = call.account;
    const plan = iocbs[nth];
    const value = "transfer" in plan
      ? yield* transferOf(run, call, plan.transfer, kiocb)
      : yield* run.mounted.file(plan.sync.record.file!).fsync(plan.sync.scope, call);
    call.record.submitted = { step: run.world.steps, result: value };
    checkReturn(run.world, task, call.record.what);
    if (value !== -EIOCBQUEUED) kiocb.returned(value);
    task.account = batch.account;
    if (nth + 1 < iocbs.length) yield;
  }
  if (iocbs.length > 1) tracepoints?.finishPlug();
  if (!single) batch.end(iocbs.length);
}

function added(run: ScenarioRun, task: Task, batch: RecordedCall, plan: IocbPlan, nth: number): RecordedCall {
  const record = "transfer" in plan ? plan.transfer.record : plan.sync.record;
  const operation = run.world.history.add(task, iocbHistoryName(batch.operation.name, nth), record.what);
  const call = new RecordedCall(run.world, task, record, operation);
  run.calls.push(call);
  return call;
}

function* load(run: ScenarioRun, call: RecordedCall, touches: readonly TouchPlan[]): Steps<number> {
  let done = 0;
  for (const { area, page, within, sector } of touches) {
    const { mm, segment } = run.memory.areas[area];
    const vpn = segment.vpn + page;
    const token = yield* userLoad(mm, vpn, within);
    if (token === "sigbus" || token === "segv") return SIGNALS[token];
    const target = mm.pte(vpn).peek;
    if (target?.kind === "zero" && token === ZERO) call.saw(sector, token, "mapped", "zero_page");
    else if (target !== null && target.kind !== "anonymous") call.saw(sector, token, "mapped");
    done++;
  }
  return done;
}

function* store(run: ScenarioRun, call: RecordedCall, touches: readonly TouchPlan[]): Steps<number> {
  let done = 0;
  for (const { area, page, within, sector } of touches) {
    const { mm, segment } = run.memory.areas[area];
    const vpn = segment.vpn + page;
    const token = writeToken(call.name, sector);
    const failed = yield* userStore(mm, vpn, within, token);
    if (failed !== undefined) return SIGNALS[failed];
    const target = mm.pte(vpn).peek;
    if (target !== null && target.kind !== "anonymous") call.wrote(sector, token, "mapped");
    done++;
  }
  return done;
}
