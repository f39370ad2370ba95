/**
 * What tests of the machine's parts ask of a small program: how its classes end, and what crashes leave.
 *
 * @module
 */

import { AssertionError } from "@std/assert";
import { type ClassEnd, Exhaustive } from "../../src/exploring/exhaustive.ts";
import type { Execution } from "../../src/exploring/execution.ts";
import { Identities } from "../../src/machine/identities.ts";
import type { Prepared } from "../../src/machine/program.ts";
import { isWait, type Task } from "../../src/machine/task.ts";
import { World } from "../../src/machine/world.ts";

export interface Ends {
  /** Classes by final state. */
  complete: Record<string, number>;
  /** Classes that deadlock, by who waits for what and who has it. */
  deadlocked: Record<string, number>;
  /** Classes with a finding, by finding. */
  findings: Record<string, number>;
  classes: number;
}

function count(table: Record<string, number>, key: string): void {
  table[key] = (table[key] ?? 0) + 1;
}

/** `T1 waits bio(T1.0) (T1)` for every task that waits for ever; daemons too when somebody waits for them. */
export function describeWaiting(tasks: readonly Task[]): string {
  return tasks.flatMap((task) =>
    task.generator !== null && isWait(task.pause)
      ? [`${task.name} waits ${task.pause.resource.name} (${task.pause.resource.holders().join(", ")})`]
      : []
  ).join("; ");
}

/** Runs every class of a program. */
export function explore(setUp: (world: World) => Prepared | void): Ends {
  const none = (): Ends => ({ complete: {}, deadlocked: {}, findings: {}, classes: 0 });
  let ends = none();
  const explorer = new Exhaustive({ name: "test", setUp });
  explorer.onRestart = () => ends = none();
  explorer.run((end: ClassEnd, { prepared, world }) => {
    ends.classes++;
    prepared.atEnd?.();
    // What a test asserts within a task ends only that task.
    for (const { failure } of world.tasks) if (failure instanceof AssertionError) throw failure;
    for (const text of new Set(world.findings.map(({ anomaly, text }) => `${anomaly}: ${text}`))) {
      count(ends.findings, text);
    }
    if (end === "complete") count(ends.complete, prepared.finalState?.() ?? "");
    else count(ends.deadlocked, describeWaiting(world.tasks));
  }, () => false);
  return ends;
}

/** All that may be found after a crash at one moment: every answer to every question that recovery asks. */
function images(prepared: Prepared): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const answers: number[] = [];
  for (;;) {
    let asked = 0;
    const counts: number[] = [];
    const reports: string[] = [];
    const text = prepared.crash!.recover(
      (count) => {
        counts[asked] = count;
        if (asked === answers.length) answers.push(0);
        return answers[asked++];
      },
      (anomaly, text) => reports.push(`${anomaly}: ${text}`),
      () => {},
    );
    found.set(text, reports);
    answers.length = asked;
    while (answers.length > 0 && answers[answers.length - 1] + 1 === counts[answers.length - 1]) answers.pop();
    if (answers.length === 0) return found;
    answers[answers.length - 1]++;
  }
}

/** Every distinct outcome of a crash after any step of the one run of each class, sorted: see `CrashOrder`. */
export function crash(setUp: (world: World) => Prepared): string[] {
  const found = new Set<string>();
  const explorer = new Exhaustive({ name: "test", setUp });
  explorer.onRestart = () => found.clear();
  explorer.run((_end: ClassEnd, { identities, task, outcome, length }: Execution) => {
    const world = new World(identities);
    const prepared = setUp(world);
    for (let event = 0;; event++) {
      for (const text of images(prepared).keys()) found.add(text);
      if (event === length) break;
      world.step(world.task(task[event]), outcome[event]);
    }
  }, () => false);
  return [...found].sort();
}

/** What plain enumeration of all interleavings finds, without any reduction. */
export interface Enumerated {
  /** Final states, and who waits for whom where tasks are left: sorted, each once. */
  ends: string[];
  /** Distinct outcomes of crashes, sorted; empty where the program cannot crash. */
  crashes: string[];
  runs: number;
}

/** Runs every interleaving of a program, up to `runsMax` of them; null when there are more. */
export function everyInterleaving(setUp: (world: World) => Prepared | void, runsMax: number): Enumerated | null {
  const identities = new Identities();
  const ends = new Set<string>();
  const crashes = new Set<string>();
  const path: { chosen: number; count: number }[] = [];
  for (let runs = 1; runs <= runsMax; runs++) {
    const world = new World(identities);
    const prepared = setUp(world) ?? {};
    let version = NaN;
    let left = "";
    for (let depth = 0;; depth++) {
      if (prepared.crash !== undefined) {
        const now = prepared.crash.durableVersion();
        const found = [...images(prepared).keys()].sort();
        for (const text of found) crashes.add(text);
        if (now === version && found.join() !== left) throw new Error(`version ${now} stands for ${left} and ${found}`);
        version = now;
        left = found.join();
      }
      const moves = world.tasks.filter((task) => world.isEnabled(task)).flatMap((task) =>
        Array.from({ length: world.outcomes(task) }, (_, outcome) => ({ task, outcome }))
      );
      if (moves.length === 0) break;
      if (depth === path.length) path.push({ chosen: 0, count: moves.length });
      const { task, outcome } = moves[path[depth].chosen];
      world.step(task, outcome);
    }
    const isDeadlock = world.tasks.some((task) => task.generator !== null && !task.daemon);
    ends.add(isDeadlock ? describeWaiting(world.tasks) : prepared.finalState?.() ?? "");
    while (path.length > 0 && path[path.length - 1].chosen + 1 === path[path.length - 1].count) path.pop();
    if (path.length === 0) return { ends: [...ends].sort(), crashes: [...crashes].sort(), runs };
    path[path.length - 1].chosen++;
  }
  return null;
}
