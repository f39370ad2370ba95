/**
 * What tests of the machine's parts ask of a small program: how its classes end, and what crashes leave.
 *
 * @module
 */

import { type ClassEnd, Exhaustive } from "../../src/exploring/exhaustive.ts";
import type { Execution } from "../../src/exploring/execution.ts";
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
  const ends: Ends = { complete: {}, deadlocked: {}, findings: {}, classes: 0 };
  const explorer = new Exhaustive({ name: "test", setUp });
  explorer.run((end: ClassEnd, { prepared, world }) => {
    ends.classes++;
    prepared.atEnd?.();
    for (const text of new Set(world.findings.map(({ anomaly, text }) => `${anomaly}: ${text}`))) {
      count(ends.findings, text);
    }
    if (end === "complete") count(ends.complete, prepared.finalState?.() ?? "");
    else count(ends.deadlocked, describeWaiting(world.tasks));
  }, () => false);
  return ends;
}

/** All that may be found after a crash at one moment: every answer to every question that recovery asks. */
export function images(prepared: Prepared): Map<string, string[]> {
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
    );
    found.set(text, reports);
    answers.length = asked;
    while (answers.length > 0 && answers[answers.length - 1] + 1 === counts[answers.length - 1]) answers.pop();
    if (answers.length === 0) return found;
    answers[answers.length - 1]++;
  }
}

/** Every distinct outcome of a crash after any step of any class, sorted. */
export function crash(setUp: (world: World) => Prepared): string[] {
  const found = new Set<string>();
  const explorer = new Exhaustive({ name: "test", setUp });
  explorer.run((_end: ClassEnd, execution: Execution) => {
    const world = new World(execution.identities);
    const prepared = setUp(world);
    let version = NaN;
    for (let i = 0; i <= execution.length; i++) {
      const now = prepared.crash!.durableVersion();
      if (now !== version) { for (const text of images(prepared).keys()) found.add(text); }
      version = now;
      if (i < execution.length) world.step(world.task(execution.task[i]), execution.outcome[i]);
    }
  }, () => false);
  return [...found].sort();
}
