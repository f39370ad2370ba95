import { assert, assertEquals } from "@std/assert";
import {
  exploreRun,
  type ExploreSettings,
  makeCounterexample,
  type ProgramOf,
  type ScenarioRun,
} from "../../src/commands/explore_jobs.ts";
import type { PlannedRun } from "../../src/commands/explore_plan.ts";
import type { JobResult } from "../../src/commands/explore_pool.ts";
import type { Job } from "../../src/commands/explore_runner_messages.ts";
import { exploreRuns } from "../../src/commands/explore_runs.ts";
import { explore } from "../../src/exploring/explore.ts";
import { contextSwitches } from "../../src/exploring/minimise.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import type { Steps, Task } from "../../src/machine/task.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";

const SCENARIO = readScenario(
  "a.yaml",
  `title: two tasks that cross, and others
system: legacy-dio
tasks:
  T1: [{ pread: "F[0]" }]
  T2: [{ pread: "F[1]" }]
  T3: [{ pread: "F[0]" }, { pread: "F[1]" }]
expect: [{ reachable: DEADLOCK, why: w, source: "10-1 [D]" }]
`,
);

/** Tasks T1 and T2 take two locks in opposite order; what others do is in nobody's way. */
const programOf: ProgramOf = ({ scenario, flags }) => ({
  name: "crossing",
  setUp(world) {
    const locks = [new Mutex(world, "a"), new Mutex(world, "b"), new Mutex(world, "c")];
    const order = { T1: [0, 1], T2: flags.crossed === "on" ? [1, 0] : [0, 1] } as Record<string, number[]>;
    function* body(task: Task, [name, operations]: readonly [string, number]): Steps {
      for (let nth = 0; nth < operations; nth++) {
        const operation = yield* world.history.begin(task, "op");
        const taken = (order[name] ?? [2]).map((lock) => locks[lock]);
        for (const lock of taken) yield* lock.lock();
        for (const lock of taken.toReversed()) yield* lock.unlock();
        world.history.end(operation, 0);
      }
    }
    for (const [name, { operations }] of Object.entries(scenario.tasks)) {
      world.spawn(name, body, { argument: [name, operations.length] as const });
    }
    return {};
  },
});

const HOOKS = { isStopped: () => false };
const RUN: ScenarioRun = { scenario: SCENARIO, system: "legacy-dio", flags: { crossed: "on", unread: "x" } };
const SETTINGS: ExploreSettings = { strategy: { kind: "exhaustive" }, witnesses: [] };

Deno.test("a counterexample loses the tasks that have no part in it, and all needless switches", () => {
  const { outcomes } = explore(programOf(RUN));
  const { token } = outcomes.find(({ end }) => end === "deadlock")!;
  const wanted = { anomaly: "DEADLOCK", attributes: [] };
  const made = makeCounterexample(programOf, { run: RUN, token, wanted, nth: 0, minimising: "on" }, HOOKS);
  assertEquals(Object.keys(made.smaller!.scenario.tasks), ["T1", "T2"]);
  assertEquals(made.trace.end, "deadlock");
  // Begin and lock, and the same again: nobody finds a shorter one.
  assertEquals(made.trace.steps.map(({ task }) => task), ["T1", "T1", "T2", "T2"]);
  assertEquals(made.caveat, null);
  // The scenario as it is has a token of its own, which ends in the same deadlock.
  const whole = makeCounterexample(
    programOf,
    { run: RUN, token: made.token, wanted, nth: 0, minimising: "off" },
    HOOKS,
  );
  assertEquals([whole.smaller, whole.trace.end], [null, "deadlock"]);
  assertEquals(contextSwitches(whole.trace.steps.map(({ task }) => ({ task }))) <= 2, true);
});

Deno.test("what is not to be made smaller is shown as it was found", () => {
  const { outcomes } = explore(programOf(RUN));
  const { token } = outcomes.find(({ end }) => end === "complete")!;
  const made = makeCounterexample(programOf, { run: RUN, token, wanted: null, nth: null, minimising: "on" }, HOOKS);
  assertEquals([made.token, made.smaller, made.trace.end], [token, null, "complete"]);
});

Deno.test("an exploration tells which flags its runs have looked at", () => {
  const { flagsRead, report } = exploreRun(programOf, RUN, SETTINGS, HOOKS);
  assertEquals(flagsRead, ["crossed"]);
  assert(report.finished);
});

/** Does jobs one after another, or pretends to do all of them at the same time. */
class Jobs {
  readonly isStopped = false;
  done = 0;
  readonly #how: "in turn" | "at once";

  constructor(how: "in turn" | "at once") {
    this.#how = how;
  }

  run<T>(
    next: (worker: number) => { key: T; job: Job } | null,
    onResult: (key: T, result: JobResult) => void,
  ): Promise<void> {
    const items: { key: T; job: Job }[] = [];
    for (let item = next(0); item !== null; item = next(0)) {
      items.push(item);
      if (this.#how === "in turn") this.#finish(items.splice(0), onResult);
    }
    this.#finish(items, onResult);
    return Promise.resolve();
  }

  #finish<T>(items: { key: T; job: Job }[], onResult: (key: T, result: JobResult) => void): void {
    for (const { key, job } of items) {
      if (job.kind !== "explore") throw new Error("only explorations are asked for here");
      this.done++;
      onResult(key, { kind: "explored", explored: exploreRun(programOf, job.run, job.settings, HOOKS) });
    }
  }
}

function planned(id: number, flags: Record<string, string>): PlannedRun {
  return { id, path: "a.yaml", scenario: SCENARIO, system: "legacy-dio", flags, flagsText: "", origin: "scenario" };
}

Deno.test("runs that differ only in flags that nothing looks at are explored once, however many cores there are", async () => {
  const runs = [
    planned(0, { crossed: "on", unread: "x" }),
    planned(1, { crossed: "off", unread: "x" }),
    planned(2, { crossed: "on", unread: "y" }),
    planned(3, { crossed: "off", unread: "y" }),
  ];
  for (const [how, done] of [["in turn", 2], ["at once", 4]] as const) {
    const jobs = new Jobs(how);
    const ends = await exploreRuns(runs, jobs, () => SETTINGS, () => {});
    const shared = runs.map(({ id }) => {
      const end = ends.get(id)!;
      return end.kind === "explored" ? [end.sameAs?.id ?? null, end.report.counts.deadlocked > 0] : end;
    });
    assertEquals(shared, [[null, true], [null, false], [0, true], [1, false]]);
    assertEquals(jobs.done, done);
  }
});
