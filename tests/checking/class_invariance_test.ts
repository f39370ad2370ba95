import { assert, assertEquals } from "@std/assert";
import { Execution } from "../../src/exploring/execution.ts";
import { firstLinearization } from "../../src/exploring/linearization.ts";
import { RandomWalk } from "../../src/exploring/random_walk.ts";
import { Run } from "../../src/exploring/run.ts";
import { tellEnd } from "../../src/exploring/run_end.ts";
import { BitLock } from "../../src/machine/bit_lock.ts";
import { BlockDevice } from "../../src/machine/block_device.ts";
import { Count } from "../../src/machine/count.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import type { Program } from "../../src/machine/program.ts";
import { type Fairness, Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps } from "../../src/machine/task.ts";
import { initialToken, ZERO } from "../../src/machine/tokens.ts";
import { programOf } from "../../src/commands/scenario_programs.ts";
import { loadScenarios } from "../../src/scenarios/load.ts";
import type { Scenario } from "../../src/scenarios/scenario.ts";
import { systemNamed } from "../../src/systems/index.ts";
import { type ToyOperation, toyProgram } from "./planted/runner.ts";
import { scenarioOf } from "./scenario_of.ts";

const SCENARIO: Scenario = scenarioOf(
  'tasks:\n  T1:\n    - pwrite: "F[0]"\n  T2:\n    - pread: "F[1]"\n  T3:\n    - pread: "F[2]"\n',
  [
    "expect:",
    "  - { order: T1#0, in: some, waits_for: T2#0, why: w, source: ours }",
    "  - { order: T2, in: some, waits_for: T1, holds: i_mutex(F), why: w, source: ours }",
    "  - { cost: max_parallel, equals: 2, why: w, source: ours }",
    "  - { cost: lock_hold_steps, resource: IOLOCK, of: T1#0, equals: 2, why: w, source: ours }",
    "  - { cost: steps, of: T2#0, equals: 2, why: w, source: ours }",
    "",
  ].join("\n"),
);

/** Two writes and reads under a lock of readers and writers, in turn with a mutex that one of them gives to an interrupt. */
function mixed(fairness: Fairness): Program {
  return toyProgram(`mixed ${fairness}`, (toy) => {
    const { world } = toy;
    const sem = new Rwsem(world, "IOLOCK(F)", fairness);
    const mutex = new Mutex(world, "i_mutex(F)");
    const page = new BitLock(world, "page(F,1)");
    const dios = new Count(world, "dio_count(F)");
    const device = new BlockDevice(world, { sectors: 3, sectorsPerBlock: 1, initial: (at) => initialToken("F", at) });
    const read = (sector: number): ToyOperation => ({
      kind: "pread",
      pos: sector,
      direct: "direct",
      *body(call): Steps<number> {
        yield* sem.lockShared();
        yield;
        call.at("R1");
        dios.increment(call.record.name);
        yield* device.submitAndWait({ op: "read", sector, file: "F", memory: [new Sector(world, ZERO)] });
        yield;
        dios.decrement(call.record.name);
        yield* sem.unlockShared();
        return 1;
      },
    });
    toy.task("T1", {
      kind: "pwrite",
      *body(call): Steps<number> {
        yield* sem.lockExclusive();
        yield* dios.waitZero();
        yield* page.lock();
        call.at("W1");
        yield;
        page.handOver("bio(T1.9)");
        world.spawn("bio(T1.9)", function* () {
          yield;
          page.clear();
        }, { context: "irq", daemon: "daemon" });
        yield* mutex.lock();
        yield* mutex.unlock();
        yield* sem.unlockExclusive();
        return 1;
      },
    });
    toy.task("T2", {
      kind: "pread",
      pos: 1,
      *body(): Steps<number> {
        yield* page.lock();
        yield;
        const unlocker = world.spawn("unlocker", function* () {
          yield;
          page.clear();
        }, { context: "irq" });
        yield* mutex.lock();
        yield* mutex.unlock();
        yield* unlocker.join();
        return 1;
      },
    });
    toy.task("T3", read(2), read(0));
  }, { scenario: SCENARIO });
}

/** What a run tells, and its class: the run that stands for all of the class. */
function told(program: Program, walk: RandomWalk): { readonly key: string; readonly told: string } {
  const run = new Run(program);
  while (run.outcome === null) {
    const { task, outcome } = walk.choose(run, run.enabled());
    run.step(run.world.task(task), outcome);
  }
  tellEnd(run, run.outcome);
  const { identities } = run.world;
  const execution = new Execution(program);
  for (const { task, outcome } of run.steps) {
    // The same names as in the run: both take them in the order of the same steps.
    assertEquals(execution.identities.taskIdentity(task), identities.taskIdentity(task));
    execution.extend(execution.world.task(task), outcome);
  }
  const name = (task: number): string => {
    const [maker, nth] = execution.identities.taskIdentity(task);
    return maker < 0 ? `${nth}` : `${name(maker)}.${nth}`;
  };
  const key = firstLinearization(execution).map(({ task, outcome }) => `${name(task)}/${outcome}`).join(" ");
  const findings = run.world.findings
    .map(({ anomaly, text, subject }) => `${anomaly} ${text} ${JSON.stringify(subject)}`).sort();
  return {
    key,
    told: [run.prepared.finalState?.() ?? "", ...findings, ...[...run.prepared.facts?.() ?? []].sort()].join("\n"),
  };
}

/**
 * Checks that random runs of one class tell the same.
 *
 * @returns how many runs were of a class that was known, and how many different things classes tell
 */
function checkClasses(program: Program, runs: number): { readonly again: number; readonly different: number } {
  const walk = new RandomWalk(7);
  const classes = new Map<string, string>();
  let again = 0;
  for (let run = 0; run < runs; run++) {
    walk.begin(run);
    const { key, told: text } = told(program, walk);
    const known = classes.get(key);
    if (known === undefined) classes.set(key, text);
    else {
      again++;
      assertEquals(text, known);
    }
  }
  return { again, different: new Set(classes.values()).size };
}

for (const fairness of ["fair", "unfair"] as const) {
  Deno.test(`all runs of a class tell the same, with a lock that is ${fairness}`, () => {
    const { again, different } = checkClasses(mixed(fairness), 250);
    assert(again > 50 && different > 3, `${again} runs of known classes, ${different} different ones`);
  });
}

/** The scenario of a fixture on its system with the first of the flags that it names. */
function fixture(path: string): Program {
  const [{ scenario }] = loadScenarios([new URL(`../../fixtures/${path}`, import.meta.url).pathname]);
  const [system] = scenario.selection.systems;
  const flags = Object.fromEntries(systemNamed(system).flags.map((flag) => [flag.name, flag.default]));
  for (const [name, [value]] of Object.entries(scenario.selection.flags)) flags[name] = value;
  return programOf({ scenario, system, flags });
}

for (
  const path of [
    "legacy-dio/10-21-two-asynchronous-writes.yaml",
    "legacy-dio/10-36-long-write-holds-the-commit-off.yaml",
    "legacy-dio/10-39-buffered-write-from-its-own-page.yaml",
  ]
) {
  Deno.test(`all runs of a class tell the same: ${path}`, () => {
    const { again, different } = checkClasses(fixture(path), 60);
    assert(again > 20 && different > 1, `${again} runs of known classes, ${different} different ones`);
  });
}
