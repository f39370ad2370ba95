/**
 * Classes of equivalent runs by the plain definition: all interleavings are run, and each is brought into a normal form
 * by what its steps have touched. The normal form of a run is the same for every order of steps that may change places.
 *
 * That needs more than an honest footprint. What a step touches must not depend on steps that it changes places with;
 * where it does, an explorer that thinks in footprints leaves classes out.
 *
 * @module
 */

import { commute } from "../../src/machine/access.ts";
import { AccessLog } from "../../src/machine/access_log.ts";
import { Exhaustive } from "../../src/exploring/exhaustive.ts";
import type { Identities } from "../../src/machine/identities.ts";
import type { Prepared } from "../../src/machine/program.ts";
import type { Task } from "../../src/machine/task.ts";
import { World } from "../../src/machine/world.ts";

type SetUp = (world: World) => Prepared | void;

interface Event {
  task: number;
  outcome: number;
  /** Numbers of shared objects, with how they were touched. */
  accesses: [object: number, kind: number][];
  /** Tasks that the step started. */
  started: number[];
}

/** A world that keeps the events of its run. */
class RecordedRun {
  readonly world: World;
  readonly events: Event[] = [];
  readonly #log = new AccessLog();

  constructor(setUp: SetUp, identities: Identities) {
    this.world = new World(identities);
    setUp(this.world);
    this.world.log = this.#log;
  }

  step(task: Task, outcome: number): void {
    const { world } = this;
    const tasks = world.tasks.length;
    world.step(task, outcome);
    const { objects, kinds, count } = this.#log;
    this.events.push({
      task: task.index,
      outcome,
      accesses: Array.from({ length: count }, (_, i) => [objects[i], kinds[i]]),
      started: world.tasks.slice(tasks).map(({ index }) => index),
    });
  }
}

function areDependent(a: Event, b: Event): boolean {
  return a.task === b.task || a.started.includes(b.task) ||
    a.accesses.some(([object, kind]) => b.accesses.some(([other, way]) => object === other && !commute(kind, way)));
}

/** The first of all equivalent runs, comparing tasks by number, with what each step touched. */
function normalForm(events: readonly Event[]): string {
  const before = events.map((event, i) => events.flatMap((other, j) => j < i && areDependent(other, event) ? [j] : []));
  const done = events.map(() => false);
  const texts: string[] = [];
  while (texts.length < events.length) {
    let next = -1;
    for (let i = 0; i < events.length; i++) {
      if (done[i] || before[i].some((j) => !done[j])) continue;
      if (next < 0 || events[i].task < events[next].task) next = i;
    }
    done[next] = true;
    const { task, outcome, accesses } = events[next];
    texts.push(`${task}.${outcome}[${accesses.map((access) => access.join("/")).sort()}]`);
  }
  return texts.join(" ");
}

/** Normal forms of all interleavings; null when there are more than `runsMax`. */
export function classesByEnumeration(setUp: SetUp, identities: Identities, runsMax: number): Set<string> | null {
  const classes = new Set<string>();
  const path: { chosen: number; count: number }[] = [];
  for (let runs = 0; runs < runsMax; runs++) {
    const run = new RecordedRun(setUp, identities);
    const { world } = run;
    for (let depth = 0;; depth++) {
      const moves = world.tasks.filter((task) => world.isEnabled(task)).flatMap((task) =>
        Array.from({ length: world.outcomes(task) }, (_, outcome) => ({ task, outcome }))
      );
      if (moves.length === 0) break;
      if (depth === path.length) path.push({ chosen: 0, count: moves.length });
      const { task, outcome } = moves[path[depth].chosen];
      run.step(task, outcome);
    }
    classes.add(normalForm(run.events));
    while (path.length > 0 && path[path.length - 1].chosen + 1 === path[path.length - 1].count) path.pop();
    if (path.length === 0) return classes;
    path[path.length - 1].chosen++;
  }
  return null;
}

export interface ExploredClasses {
  /** Normal forms of the runs, one for each. */
  classes: string[];
  /** Runs given up because their class had been run before. */
  blocked: number;
  identities: Identities;
}

/** Normal forms of the runs that the explorer makes. */
export function classesByExploring(setUp: SetUp): ExploredClasses {
  const classes: string[] = [];
  const explorer = new Exhaustive({ name: "test", setUp });
  explorer.onRestart = () => void classes.splice(0);
  explorer.run((_end, { identities, task, outcome, length }) => {
    const run = new RecordedRun(setUp, identities);
    for (let event = 0; event < length; event++) run.step(run.world.task(task[event]), outcome[event]);
    classes.push(normalForm(run.events));
  }, () => false);
  return { classes, blocked: explorer.counts.blocked, identities: explorer.execution.identities };
}
