/**
 * Programs of a few tasks, run in every class of interleavings.
 *
 * @module
 */

import { Exhaustive } from "../../src/exploring/exhaustive.ts";
import { type DeadlockOptions, describeDeadlock } from "../../src/machine/deadlock.ts";
import type { Steps, Task, TaskOptions } from "../../src/machine/task.ts";
import { Counter } from "../../src/machine/variable.ts";
import type { World } from "../../src/machine/world.ts";

/** What a small program is made of. */
export interface Stage {
  readonly world: World;
  /** A variable that starts with 0. */
  readonly x: Counter;
  /** Starts a task. */
  start(name: string, body: () => Steps, options?: TaskOptions): Task;
  /** Notes what a task saw: it becomes the final state. */
  saw(what: string | number): void;
  /** How deadlocks are to be described. */
  deadlockOptions: DeadlockOptions;
  /** Called at the end of every complete run. */
  atEnd?: () => void;
}

export interface Explored {
  /** What was seen in each complete class, sorted. */
  complete: string[];
  /** The report of each class that ends with tasks waiting, sorted. */
  deadlocked: string[];
  /** How long the cycles are in the classes that end with tasks waiting. */
  cycleLengths: number[][];
  /** Anomalies that steps reported, each once, with their texts. */
  findings: string[];
  /** Runs given up because their class had been run before. */
  blocked: number;
}

export function everyClass(setUp: (stage: Stage) => void): Explored {
  const explored: Explored = { complete: [], deadlocked: [], cycleLengths: [], findings: [], blocked: 0 };
  const findings = new Set<string>();
  const stages = new WeakMap<World, Stage>();
  const explorer = new Exhaustive({
    name: "small program",
    setUp(world) {
      const seen: (string | number)[] = [];
      const own: Stage = {
        world,
        x: new Counter(world, "x"),
        start: (name, body, options) => world.spawn(name, body, options),
        saw: (what) => void seen.push(what),
        deadlockOptions: {},
      };
      stages.set(world, own);
      setUp(own);
      return { finalState: () => seen.join(" "), atEnd: () => own.atEnd?.() };
    },
  });
  explorer.onRestart = () => {
    explored.complete = [];
    explored.deadlocked = [];
    explored.cycleLengths = [];
    findings.clear();
  };
  explorer.run((end, { prepared, world }) => {
    if (end === "complete") {
      prepared.atEnd!();
      explored.complete.push(prepared.finalState!());
    } else {
      const report = describeDeadlock(world, stages.get(world)!.deadlockOptions);
      explored.deadlocked.push(report!.text);
      explored.cycleLengths.push(report!.cycles.map((cycle) => cycle.length));
    }
    for (const { anomaly, text } of world.findings) findings.add(`${anomaly}: ${text}`);
  }, () => false);
  explored.blocked = explorer.counts.blocked;
  explored.complete.sort();
  explored.deadlocked.sort();
  explored.findings = [...findings].sort();
  return explored;
}
