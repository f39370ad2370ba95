/**
 * Crashes of a class of runs: after each step that changes what may be found after a crash, and before the first.
 *
 * The crash comes as late as it can: everything is done that does not come after one of the later durable steps. What an
 * operation has promised by then is as much as it can be for this state of the medium, so that no other moment between
 * the two durable steps shows more.
 *
 * What is left open by the crash (which unflushed sector, which line of a cache has reached the medium) is picked when
 * recovery first looks at it, each possibility in turn: images that differ only in what nobody looks at are one.
 *
 * @module
 */

import type { CrashModel, CrashPick } from "../machine/program.ts";
import type { Finding } from "../machine/world.ts";
import type { Execution } from "./execution.ts";
import { firstLinearization } from "./linearization.ts";
import { Run, type ScheduledStep } from "./run.ts";

/** A crash image that recovery has been run on. */
export interface CrashImage {
  /** Steps before the crash. */
  steps: readonly ScheduledStep[];
  picks: readonly number[];
  /** What recovery made of it. */
  recovered: string;
  findings: Finding[];
  facts: string[];
}

/** Runs recovery on every image of a crash in the state that the world is in. */
export function* crashImages(model: CrashModel, step: number): Iterable<Omit<CrashImage, "steps">> {
  const picks: number[] = [];
  const counts: number[] = [];
  for (;;) {
    let asked = 0;
    const findings: Finding[] = [];
    const pick: CrashPick = (count) => {
      if (asked === picks.length) {
        picks.push(0);
        counts.push(count);
      }
      return picks[asked++];
    };
    const facts: string[] = [];
    const recovered = model.recover(
      pick,
      (anomaly, text, subject = {}) => findings.push({ anomaly, text, task: "recovery", step, subject }),
      (text) => facts.push(text),
    );
    yield { picks: picks.slice(0, asked), recovered, findings, facts };
    // The last pick that has another possibility comes next.
    while (picks.length > 0 && picks[picks.length - 1] + 1 >= counts[picks.length - 1]) {
      picks.pop();
      counts.pop();
    }
    if (picks.length === 0) return;
    picks[picks.length - 1]++;
  }
}

/** What was there to look at in the crashes of one class. */
export interface CrashesOfClass {
  /** Moments that a crash was looked at. */
  readonly points: number;
  /** Images of all that is durable, over all of them: before those are one that recovery cannot tell apart. 0: not counted. */
  readonly imagesPossible: number;
}

/** Every crash of the class that the execution has just come to the end of. */
export function exploreCrashes(execution: Execution, onImage: (image: CrashImage) => void): CrashesOfClass {
  let imagesPossible = 0;
  const durable = execution.durableEvents();
  // What comes before one crash comes before the next, too: the run goes on from one to the other.
  const run = new Run(execution.program, execution.identities);
  const model = run.prepared.crash!;
  for (let point = 0; point <= durable.length; point++) {
    const later = durable.slice(point);
    const steps = firstLinearization(
      execution,
      (event) => !later.some((each) => execution.happensBefore(each, event)),
    );
    goOnTo(run, steps);
    imagesPossible += model.imagesPossible?.() ?? 0;
    for (const image of crashImages(model, steps.length)) onImage({ steps, ...image });
  }
  return { points: durable.length + 1, imagesPossible };
}

/** Does those of the steps that the run has not done, in their order: it comes to where all of them in order lead to. */
function goOnTo(run: Run, steps: readonly ScheduledStep[]): void {
  const left = new Map<number, number>();
  for (const { index, steps } of run.world.tasks) left.set(index, steps);
  for (const { task, outcome } of steps) {
    const done = left.get(task) ?? 0;
    if (done > 0) left.set(task, done - 1);
    else run.step(run.world.task(task), outcome);
  }
}
