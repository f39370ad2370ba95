/**
 * Does a run again and writes down what a reader needs to follow it: what each step does, in which task, what the task
 * then holds and waits for, and what state has changed.
 *
 * @module
 */

import { deadlockFindings } from "../../exploring/class_recorder.ts";
import { Run } from "../../exploring/run.ts";
import { replay, taskOfPath, type TokenEnd } from "../../exploring/token.ts";
import { heldName } from "../../machine/deadlock.ts";
import { type Holder, Level } from "../../machine/level.ts";
import type { PersistentLine, Program } from "../../machine/program.ts";
import { isChoice, isWait, Task } from "../../machine/task.ts";
import { type EmittedEvent, traced } from "../../machine/tracepoint_log.ts";
import type { Finding, World } from "../../machine/world.ts";

/** What a step says of itself, see `World.note`. */
export interface LaneNote {
  readonly action: string;
  readonly resource: string;
  readonly detail: string;
}

/** Something with a state, after the step that changed it; the state is null when it is gone. */
export interface StateChange {
  readonly thing: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A task after a step. */
export interface LaneState {
  /** `i_mutex(F)`, `mmap_sem(mm1,r)`, in the order in which they were made. */
  readonly holds: readonly string[];
  /** What keeps it from going on: `page(F,3) (owner T2)`; null when nothing does. */
  readonly waits: string | null;
  /** `begun` after its first step, `ended` after its last. */
  readonly phase: "new" | "begun" | "ended";
}

export interface LaneStep {
  /** Number in the run, from 0. */
  readonly step: number;
  readonly task: string;
  /** Notes by task: of the one that did the step, and of those that it started. */
  readonly notes: ReadonlyMap<string, readonly LaneNote[]>;
  /** What was chosen: `error of sector 3: 1`; null where there was nothing to choose. */
  readonly choice: string | null;
  readonly changes: readonly StateChange[];
  /** Of every task that has been started, after the step. */
  readonly after: ReadonlyMap<string, LaneState>;
  /** Lines of persistent memory that are not as they were, after the step. */
  readonly lines: readonly PersistentLine[];
  /** Findings that this step itself reported. */
  readonly findings: readonly Finding[];
}

/** A task that has a lane. */
export interface LaneTask {
  readonly name: string;
  /** `kernel`: a kernel thread; `interrupt`: a bio, a completion. */
  readonly kind: "task" | "kernel" | "interrupt";
}

export interface LaneTrace {
  /** Tasks, then kernel threads, then interrupts; each in the order in which they were started. */
  readonly tasks: readonly LaneTask[];
  /** Of every task before the first step. */
  readonly before: ReadonlyMap<string, LaneState>;
  readonly steps: readonly LaneStep[];
  /** Lines of persistent memory that have been written, at the end; after a crash with what its image has of them. */
  readonly lines: readonly PersistentLine[];
  readonly end: TokenEnd;
  /** Of the whole run, what its judge says of it and what recovery found included. */
  readonly findings: readonly Finding[];
  /** Events of tracepoints that its steps fire; none where the system has none. */
  readonly events: readonly EmittedEvent[];
  /** What recovery made of the crash; null when there was none. */
  readonly recovered: string | null;
  /** Where the program left the way of its token; null: it did not. */
  readonly divergence: string | null;
}

/**
 * Replays a token and traces the run, up to where the program diverges from it.
 *
 * @throws {TokenError} when the text is no token
 */
export function traceRun(program: Program, token: string): LaneTrace {
  const replayed = replay(program, token);
  const stepsDone = replayed.run.steps.length;
  const run = new Run(traced(program));
  const { world, prepared } = run;
  const notes: [task: string, note: LaneNote][] = [];
  world.observer = {
    note: (task, action, resource, detail) => notes.push([task?.name ?? "", { action, resource, detail }]),
  };
  const look = () => new Map(prepared.look?.() ?? []);
  const before = statesOf(world);
  const steps: LaneStep[] = [];
  const linesNow = () => new Map([...prepared.persistentLines?.() ?? []].map((line) => [line.name, line]));
  let state = look();
  let lines = linesNow();
  for (const { task: path, outcome } of replayed.token.steps.slice(0, stepsDone)) {
    const task = world.task(taskOfPath(world.identities, path));
    const found = world.findings.length;
    const { pause } = task;
    const choice = isChoice(pause) ? `${pause.what}: ${pause.outcomes?.[outcome] ?? outcome}` : null;
    notes.length = 0;
    run.step(task, outcome);
    const next = look();
    const nextLines = linesNow();
    steps.push({
      step: steps.length,
      task: task.name,
      notes: byTask(notes),
      choice,
      changes: changesBetween(state, next),
      after: statesOf(world),
      lines: [...nextLines.values()].filter((line) => !isSameLine(line, lines.get(line.name))),
      findings: world.findings.slice(found),
    });
    state = next;
    lines = nextLines;
  }
  const { end } = replayed.token;
  const findings = [
    ...replayed.run.world.findings,
    ...(end === "deadlock" && replayed.divergence === null ? deadlockFindings(replayed.run.world) : []),
    ...(replayed.recovered?.findings ?? []),
  ];
  return {
    tasks: world.tasks.map((task): LaneTask => ({ name: task.name, kind: kindOf(task) }))
      .toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)),
    before,
    steps,
    lines: [...replayed.run.prepared.persistentLines?.() ?? []],
    end,
    findings: end === "crash" ? replayed.recovered?.findings ?? [] : findings,
    events: world.tracepoints?.events ?? [],
    recovered: replayed.recovered?.text ?? null,
    divergence: replayed.divergence?.text ?? null,
  };
}

function isSameLine(a: PersistentLine, b: PersistentLine | undefined): boolean {
  return b !== undefined && a.visible === b.visible && a.durable === b.durable && a.cached === b.cached &&
    a.inFlight === b.inFlight;
}

const KINDS: readonly LaneTask["kind"][] = ["task", "kernel", "interrupt"];

function kindOf({ maySleep, daemon, context }: Task): LaneTask["kind"] {
  if (!maySleep) return "interrupt";
  return daemon || context !== "process" ? "kernel" : "task";
}

function byTask(notes: readonly [task: string, note: LaneNote][]): Map<string, LaneNote[]> {
  const lanes = new Map<string, LaneNote[]>();
  for (const [task, note] of notes) {
    const own = lanes.get(task);
    if (own === undefined) lanes.set(task, [note]);
    else own.push(note);
  }
  return lanes;
}

function changesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): StateChange[] {
  const changes: StateChange[] = [];
  for (const [thing, state] of after) {
    const old = before.get(thing) ?? null;
    if (old !== state) changes.push({ thing, before: old, after: state });
  }
  for (const [thing, state] of before) {
    if (!after.has(thing)) changes.push({ thing, before: state, after: null });
  }
  return changes;
}

function statesOf(world: World): Map<string, LaneState> {
  const held = new Map<Holder, string[]>();
  for (const resource of world.resources) {
    for (const holder of new Set(resource.holders())) {
      const own = held.get(holder);
      if (own === undefined) held.set(holder, [heldName(resource)]);
      else own.push(heldName(resource));
    }
  }
  return new Map(
    world.tasks.map((task) => [task.name, {
      holds: held.get(task) ?? [],
      waits: waitOf(task),
      phase: task.generator === null ? "ended" : task.steps === 0 ? "new" : "begun",
    }]),
  );
}

function waitOf(task: Task): string | null {
  const { pause, generator } = task;
  if (generator === null || !isWait(pause) || Level.isOpen(pause)) return null;
  const { resource } = pause;
  const name = resource instanceof Task ? `end(${resource.name})` : resource.name;
  const owners = [...new Set(resource.holders())].map((holder) => holder === task ? "self" : String(holder))
    .filter((owner) => owner !== name);
  if (owners.length === 0) return name;
  return `${name} (${owners.length === 1 ? "owner" : "owners"} ${owners.join(", ")})`;
}
