/**
 * Adds classes of runs, and their crashes, to what an exploration has found.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import { OutcomeCollector } from "./collector.ts";
import { exploreCrashes } from "./crash_points.ts";
import type { Execution } from "./execution.ts";
import type { ClassEnd } from "./exhaustive.ts";
import { firstLinearization } from "./linearization.ts";
import { describeDeadlock } from "../machine/deadlock.ts";
import type { Task } from "../machine/task.ts";
import type { Finding, FindingSubject, World } from "../machine/world.ts";
import { Run } from "./run.ts";
import { tellEnd } from "./run_end.ts";

/** `skipped`: do not look at crashes although the program has some. */
export type Crashes = "explored" | "skipped";

/** The cycles of a deadlock, or who waits for what never comes, with what each was doing. */
export function deadlockFindings(world: World): Finding[] {
  const operation = (task: Task) =>
    world.history.operations.findLast((each) => each.task === task.name && each.returned === null)?.what ?? "";
  const report = describeDeadlock(world, { operation });
  if (report === null) return [];
  const finding = (text: string, subject: FindingSubject): Finding => ({
    anomaly: "DEADLOCK",
    text,
    task: "",
    step: world.steps,
    subject,
  });
  const { cycles, cycleSubjects, others, otherSubject } = report;
  if (cycles.length === 0) return [finding(report.text, otherSubject)];
  // Who waits behind a cycle stands with each of them.
  return cycles.map((lines, nth) => finding([...lines, ...others].join("\n"), cycleSubjects[nth]));
}

export class ClassRecorder {
  collector: OutcomeCollector;
  /** Points in time at which a crash was looked at, images possible at them, and images that recovery was run on. */
  crashPoints = 0;
  crashImagesPossible = 0;
  crashImages = 0;
  readonly #crashes: Crashes;
  readonly #execution: Execution;

  /** @param execution of the program; its names are used, and runs that are no class's own go through it */
  constructor(program: Program, execution: Execution, crashes: Crashes) {
    this.collector = new OutcomeCollector(program, execution.identities);
    this.#crashes = crashes;
    this.#execution = execution;
  }

  add(end: ClassEnd, execution: Execution): void {
    const { prepared, world } = execution;
    if (end === "complete") prepared.atEnd?.();
    prepared.judge?.(end, (earlier, later) => execution.happensBefore(earlier, later));
    let { findings } = world;
    let steps = () => firstLinearization(execution);
    if (end === "deadlock") {
      // In the words of the run that stands for the class: what is made first in it comes first.
      const first = steps();
      const run = new Run(execution.program, execution.identities);
      for (const { task, outcome } of first) run.step(run.world.task(task), outcome);
      findings = [...findings, ...deadlockFindings(run.world)];
      steps = () => first;
    }
    this.collector.add({
      end,
      finalState: end === "cut_off" ? "" : prepared.finalState?.() ?? "",
      findings,
      length: execution.length,
      steps,
      facts: prepared.facts?.(),
    });
    if (prepared.crash !== undefined && this.#crashes === "explored") this.#addCrashes(execution);
  }

  /** Forgets all that was found: the exploration begins anew. */
  forget(): void {
    this.collector = new OutcomeCollector(this.#execution.program, this.#execution.identities);
    this.crashPoints = this.crashImagesPossible = this.crashImages = 0;
  }

  /** Adds a single run that is no class's own. */
  addRun(end: ClassEnd, run: Run): void {
    tellEnd(run, end);
    this.collector.add({
      end,
      finalState: end === "cut_off" ? "" : run.prepared.finalState?.() ?? "",
      findings: end === "deadlock" ? [...run.world.findings, ...deadlockFindings(run.world)] : run.world.findings,
      length: run.steps.length,
      steps: () => run.steps,
      facts: run.prepared.facts?.(),
    });
    if (run.prepared.crash === undefined || this.#crashes === "skipped") return;
    const execution = this.#execution;
    execution.truncate(0);
    execution.restart();
    for (const { task, outcome } of run.steps) execution.extend(execution.world.task(task), outcome);
    this.#addCrashes(execution);
  }

  #addCrashes(execution: Execution): void {
    const { points, imagesPossible } = exploreCrashes(execution, ({ steps, picks, recovered, findings, facts }) => {
      this.crashImages++;
      this.collector.add({
        end: "crash",
        finalState: recovered,
        findings,
        length: steps.length,
        steps: () => steps,
        picks,
        facts,
      });
    });
    this.crashPoints += points;
    this.crashImagesPossible += imagesPossible;
  }
}
