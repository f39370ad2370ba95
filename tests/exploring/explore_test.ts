import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  contextSwitches,
  Counter,
  explore,
  exploreParallel,
  type ExploreReport,
  inRecordedOrder,
  minimise,
  Mutex,
  NothingExplored,
  type Operation,
  parseToken,
  type Program,
  progressText,
  replay,
  Run,
  shrink,
  type Steps,
  type Task,
  TokenError,
} from "../../src/mod.ts";
import { NoSuchThing } from "../../src/machine/world.ts";
import { RandomSource } from "../../src/exploring/random_source.ts";
import { tokenOf } from "../../src/exploring/token.ts";
import { lastZero, race, readers, storeBuffering, twoLocks } from "./programs.ts";
import { machineProgram, type SmallProgram } from "./small_programs.ts";

const MODULE = new URL("./programs.ts", import.meta.url).href;

/** What has been found, without what depends on the way there: steps, and runs that were stopped early. */
function found({ counts, crashPoints, crashImages, outcomes, claim }: ExploreReport) {
  const { complete, deadlocked, cutOff } = counts;
  return { complete, deadlocked, cutOff, crashPoints, crashImages, outcomes, claim };
}

/** Two tasks that take two locks in two orders, with a counter between. */
const CROSSED: SmallProgram = {
  variables: 2,
  mutexes: 2,
  rwsems: 1,
  tasks: [
    [
      { op: "lock", on: 0 },
      { op: "fetch_add", on: 0, delta: 1 },
      { op: "lock", on: 1 },
      { op: "unlock", on: 1 },
      { op: "unlock", on: 0 },
    ],
    [
      { op: "lock", on: 1 },
      { op: "fetch_add", on: 0, delta: 2 },
      { op: "lock", on: 0 },
      { op: "unlock", on: 0 },
      { op: "unlock", on: 1 },
    ],
    [{ op: "choose", on: 1, count: 3 }, { op: "spawn", task: 3 }, { op: "join", task: 3 }],
    [{ op: "read", on: 1 }, { op: "increment", on: 0 }],
  ],
};

Deno.test("a thousand random runs of every outcome replay to the byte", () => {
  const ends = new Map<string, number>();
  const program = machineProgram(CROSSED);
  const random = new RandomSource(7);
  for (let number = 0; number < 1000; number++) {
    const run = new Run(program);
    const stepsMax = number % 3 === 0 ? 8 : 100;
    while (run.outcome === null && run.steps.length < stepsMax) {
      const tasks = run.enabled();
      const task = tasks[random.below(tasks.length)];
      run.step(task, random.below(run.world.outcomes(task)));
    }
    const end = run.outcome ?? "cut_off";
    ends.set(end, (ends.get(end) ?? 0) + 1);
    const token = tokenOf(program, run.world.identities, run.steps, end);
    assert(/^[A-Za-z0-9_.,=*~-]+$/.test(token), token);
    const again = replay(program, token);
    assertEquals(again.divergence, null);
    assertEquals(again.run.steps.length, run.steps.length);
    assertEquals(again.run.prepared.finalState!(), run.prepared.finalState!());
    assertEquals(tokenOf(program, again.run.world.identities, again.run.steps, parseToken(token).end), token);
  }
  assert(ends.size === 3 && [...ends.values()].every((count) => count > 50), JSON.stringify([...ends]));
});

Deno.test("the token of every outcome of an exploration leads to it", () => {
  const program = machineProgram(CROSSED);
  const { outcomes } = explore(program);
  assert(outcomes.length > 5);
  for (const { end, finalState, token } of outcomes) {
    const { run, divergence } = replay(program, token);
    assertEquals(divergence, null);
    assertEquals(run.outcome, end);
    assertEquals(run.prepared.finalState!(), finalState);
  }
});

Deno.test("replay of a program that has changed stops where it first does something else, and shows it", () => {
  const changed = (change: (tasks: SmallProgram["tasks"]) => void): Program => {
    const tasks = structuredClone(CROSSED.tasks);
    change(tasks);
    return machineProgram({ ...CROSSED, tasks });
  };
  const program = machineProgram(CROSSED);
  const { token } = explore(program).outcomes.find(({ end }) => end === "deadlock")!;
  const steps = parseToken(token).steps.map(({ task }) => task);
  const second = (task: string) => steps.indexOf(task, steps.indexOf(task) + 1);
  // The second step of task 0 counts another variable.
  const other = replay(changed((tasks) => tasks[0][1] = { op: "fetch_add", on: 1, delta: 1 }), token);
  assertEquals(other.divergence, {
    step: second("0"),
    text: `step ${second("0")}: t0 touches something else than when the token was made`,
  });
  assertEquals(other.run.steps.length, second("0") + 1);
  // Task 1 does nothing.
  const ended = replay(changed((tasks) => tasks[1] = []), token);
  const first = steps.indexOf("1");
  assertEquals(ended.divergence?.step, first, ended.divergence?.text);
  assert(
    ended.divergence!.text.startsWith(`step ${first}: t1 has ended; tasks that can go on: t0`),
    ended.divergence!.text,
  );
  // There is no task that another one starts.
  const gone = replay(changed((tasks) => tasks[2].splice(1)), token);
  assert(gone.divergence !== null);
  // What comes after the deadlock was never reached.
  assertEquals(replay(changed((tasks) => tasks[0].push({ op: "read", on: 0 })), token).divergence, null);
});

Deno.test("text that is no token is refused in a line that says why", () => {
  const good = explore(storeBuffering).outcomes[0].token;
  const cases: [string, RegExp][] = [
    ["", /begins with ""/],
    [good.replace("d1", "d9"), /d1 is the version/],
    [good.slice(0, good.lastIndexOf("~")), /3 parts, not 4/],
    [good.replace(/~complete$/, "~happy"), /ends with "happy"/],
    [good.replace(/~complete$/, "~crash"), /ends with "crash"/],
    [good.replace(/^d1~[^~]*/, "d1~0;1"), /a step "0;1"/],
    [good.replace(/^d1~[^~]*/, "d1~0*999999999"), /more steps than check characters/],
    [good.replace(/^d1~[^~]*/, "d1~0"), /1 steps and 4 check characters/],
  ];
  for (const [text, expected] of cases) {
    const error = assertThrows(() => parseToken(text), TokenError);
    assert(expected.test(error.message), `${text}: ${error.message}`);
  }
});

Deno.test("stopping at any point and going on from the checkpoint finds what one go finds", () => {
  const programs = [machineProgram(CROSSED), readers(6), twoLocks(3, 2), lastZero(5)];
  for (const program of programs) {
    const whole = found(explore(program));
    for (const runs of [1, 2, 7, 20]) {
      let report = explore(program, { budget: { runs } });
      let stops = 0;
      while (report.checkpoint !== null) {
        stops++;
        assertEquals(report.finished, false);
        assert(report.claim.startsWith("stopped after"), report.claim);
        const from = JSON.parse(JSON.stringify(report.checkpoint));
        report = explore(program, { from, budget: { runs } });
      }
      assertEquals(found(report), whole);
      if (program !== programs[0]) assertEquals(report.counts.blocked, 0);
      assert(stops >= Math.floor((whole.complete + whole.deadlocked) / runs) - 1);
    }
  }
});

Deno.test("an exploration that is a long way from its end when it is asked ends there, and others go on", () => {
  const runsOf = (part: number) => {
    const { finished, counts } = explore(readers(6), { budget: { runs: 1000, hopeless: { runs: 5, part } } });
    return [finished, counts.complete];
  };
  assertEquals(runsOf(1), [false, 5]);
  assertEquals(runsOf(0), [true, 64]);
});

Deno.test("an exploration of which enough is done goes on behind its budget, as far as it may", () => {
  const runsOf = (part: number, runs: number) => {
    const { finished, counts } = explore(readers(6), { budget: { runs: 40, nearly: { runs, part } } });
    return [finished, counts.complete];
  };
  // More than half of the 64 classes have been run by then.
  assertEquals(runsOf(0.25, 1000), [true, 64]);
  assertEquals(runsOf(0.25, 50), [false, 50]);
  assertEquals(runsOf(1, 1000), [false, 40]);
});

Deno.test("a checkpoint of another program is refused", () => {
  const { checkpoint } = explore(readers(4), { budget: { runs: 2 } });
  assertThrows(() => explore(readers(5), { from: checkpoint! }), TypeError, "readers(4)");
});

Deno.test("one worker and two find what a single thread finds", async () => {
  const cases: [Program, string, unknown][] = [
    [machineProgram(CROSSED), "small", CROSSED],
    [lastZero(12), "lastZero", 12],
    [race(4), "race", 4],
  ];
  for (const [program, name, argument] of cases) {
    const alone = found(explore(program));
    for (const jobs of [1, 2]) {
      const report = await exploreParallel(program, { module: MODULE, name, argument }, { jobs });
      assertEquals(found(report), alone, `${program.name}, ${jobs} jobs`);
    }
  }
});

Deno.test("a worker that cannot make the program is an error, not silence", async () => {
  let message = "";
  await exploreParallel(lastZero(12), { module: MODULE, name: "noSuchProgram" }, { jobs: 2 }).catch((error) => {
    message = error.message;
  });
  assert(message.includes("noSuchProgram is no program"), message);
});

Deno.test("what a worker's program asks for and there is not is told as it is said, without a place", async () => {
  const refused = exploreParallel(lastZero(12), { module: MODULE, name: "asksForNothing", argument: 12 }, { jobs: 2 });
  const error = await assertRejects(() => refused, NoSuchThing);
  assertEquals(error.message, "there is no step Z9");
});

Deno.test("the same seed gives the same runs, another seed others", () => {
  const program = machineProgram(CROSSED);
  const tokens = (seed: number) =>
    explore(program, { strategy: { kind: "random", seed, runs: 20 } }).outcomes.map(({ token }) => token);
  assertEquals(tokens(1), tokens(1));
  assert(JSON.stringify(tokens(1)) !== JSON.stringify(tokens(2)));
  const pct = (seed: number) => explore(program, { strategy: { kind: "pct", seed, runs: 20, depth: 2 } }).outcomes;
  assertEquals(pct(3), pct(3));
});

Deno.test("the numbers of a seed are pinned", () => {
  const random = new RandomSource(42);
  const first = Array.from({ length: 4 }, () => random.next());
  const again = new RandomSource(42);
  assertEquals(Array.from({ length: 4 }, () => again.next()), first);
  assertEquals(first, PINNED);
  const counts = [0, 0, 0];
  for (let i = 0; i < 30_000; i++) counts[random.below(3)]++;
  assert(counts.every((count) => Math.abs(count - 10_000) < 400), counts.join());
});

const PINNED = [1959603763, 2423114712, 2466933512, 4144396390];

Deno.test("a strategy finds nothing that exhaustive exploration does not, and says what it may claim", () => {
  const program = machineProgram({ ...CROSSED, tasks: CROSSED.tasks.slice(0, 2) });
  const all = new Set(explore(program).outcomes.map(({ end, finalState }) => end + finalState));
  const random = explore(program, { strategy: { kind: "random", seed: 7, runs: 1000 } });
  const pct = explore(program, { strategy: { kind: "pct", seed: 7, runs: 1000, depth: 3 } });
  const none = explore(program, { strategy: { kind: "preemptions", most: 0 } });
  const every = explore(program, { strategy: { kind: "preemptions", most: 99 } });
  for (const { outcomes } of [random, pct, none]) {
    for (const { end, finalState } of outcomes) assert(all.has(end + finalState));
  }
  assertEquals(new Set(every.outcomes.map(({ end, finalState }) => end + finalState)), all);
  assert(none.outcomes.length < all.size);
  assertEquals(random.claim, "1,000 random schedules, seed 7");
  assert(
    /^1,000 schedules of PCT, depth 3, seed 7: a defect of that depth is found by one run with probability/.test(
      pct.claim,
    ),
  );
  assertEquals(none.claim, `all ${none.counts.complete + none.counts.deadlocked} schedules with at most 0 preemptions`);
});

Deno.test("schedules without preemption are the orders of the tasks", () => {
  const { counts, claim } = explore(readers(3), { strategy: { kind: "preemptions", most: 0 } });
  assertEquals(counts.complete, 24);
  assertEquals(claim, "all 24 schedules with at most 0 preemptions");
});

Deno.test("an exploration that has run nothing is an error", () => {
  assertThrows(() => explore(readers(1), { strategy: { kind: "random", seed: 1, runs: 0 } }), NothingExplored);
});

function* spin(_task: Task, flag: Counter): Steps {
  while ((yield* flag.read()) === 0);
}

function* set(_task: Task, flag: Counter): Steps {
  yield* flag.write(1);
}

Deno.test("runs that come to the bound on steps are counted apart, and the claim says so", () => {
  const program: Program = {
    name: "spinning",
    setUp(world) {
      const argument = new Counter(world, "flag");
      world.spawn("spinner", spin, { argument });
      world.spawn("setter", set, { argument });
    },
  };
  const report = explore(program, { stepsMax: 10 });
  // The flag is set before the k-th look, for k from 1 to 10; or ten looks have been made without that.
  assertEquals([report.counts.complete, report.counts.cutOff], [10, 1]);
  assert(report.claim.includes("1 more were cut off with a task at 10 steps"), report.claim);
  const cut = report.outcomes.find(({ end }) => end === "cut_off")!;
  assertEquals(replay(program, cut.token).divergence, null);
});

function* operate(task: Task, counter: Counter): Steps {
  for (let i = 0; i < 2; i++) {
    const operation: Operation = yield* task.world.history.begin(task, "increment");
    const before = counter.get();
    yield* counter.write(before + 1);
    task.world.history.end(operation, before);
  }
}

Deno.test("a recorded order of operations is kept, and what it leaves open is explored", () => {
  const program: Program = {
    name: "increments",
    setUp(world) {
      const counter = new Counter(world, "counter");
      for (const name of ["T1", "T2"]) world.spawn(name, operate, { argument: counter });
      return {
        finalState: () =>
          world.history.operations.map(({ name, result }) => `${name}:${result}`).sort().join(" ") + `=${counter.peek}`,
      };
    },
  };
  const interval = (operation: string, begun: number, returned: number) => ({
    operation,
    begunNs: BigInt(begun),
    returnedNs: BigInt(returned),
  });
  const one = inRecordedOrder(program, [
    interval("T1#0", 0, 10),
    interval("T2#0", 11, 20),
    interval("T1#1", 21, 30),
    interval("T2#1", 31, 40),
  ]);
  assertEquals(explore(one).outcomes.map(({ finalState }) => finalState), ["T1#0:0 T1#1:2 T2#0:1 T2#1:3=4"]);
  assertEquals(explore(one).counts.complete, 1);
  // The second operations overlap: either one, or both at once.
  const two = inRecordedOrder(program, [
    interval("T1#0", 0, 10),
    interval("T2#0", 11, 20),
    interval("T1#1", 21, 40),
    interval("T2#1", 31, 50),
  ]);
  assertEquals(explore(two).outcomes.map(({ finalState }) => finalState), [
    "T1#0:0 T1#1:2 T2#0:1 T2#1:2=3",
    "T1#0:0 T1#1:2 T2#0:1 T2#1:3=4",
    "T1#0:0 T1#1:3 T2#0:1 T2#1:2=4",
  ]);
  assert(explore(program).counts.complete > explore(two).counts.complete);
});

function* increment(_task: Task, counter: Counter): Steps {
  for (let i = 0; i < 2; i++) {
    const before = yield* counter.read();
    yield* counter.write(before + 1);
  }
}

Deno.test("the schedule of a counterexample is made as short in context switches as any that shows it", () => {
  const program: Program = {
    name: "lost updates",
    setUp(world) {
      const counter = new Counter(world, "counter");
      for (const name of ["T1", "T2", "T3"]) world.spawn(name, increment, { argument: counter });
      return {
        atEnd: () => {
          if (counter.peek <= 2) world.report("LOST_UPDATE", `the counter is ${counter.peek}`);
        },
      };
    },
  };
  const isWanted = ({ findings }: { findings: readonly unknown[] }) => findings.length > 0;
  const { outcomes } = explore(program, { strategy: { kind: "random", seed: 5, runs: 3000 } });
  const worst = outcomes.find(({ findings }) => findings.length > 0)!.token;
  const small = minimise(program, worst, isWanted);
  // T1 reads 0; T2 and T3 run, one of them but for its last write; T1 writes 1 and T's last write follows a read of 1.
  assert(contextSwitches(parseToken(small).steps) < contextSwitches(parseToken(worst).steps));
  const best = explore(program).outcomes.filter(({ findings }) => findings.length > 0);
  assert(best.length > 0);
  assertEquals(replay(program, small).divergence, null);
  assert(contextSwitches(parseToken(small).steps) <= 5, small);
  assertThrows(() => minimise(program, explore(program).outcomes.at(-1)!.token, () => false), TokenError);
});

Deno.test("shrinking takes operations away for as long as the finding is there", () => {
  const isWanted = ({ end }: { end: string }) => end === "deadlock";
  const find = (subject: SmallProgram) => explore(machineProgram(subject)).outcomes.find(isWanted)?.token ?? null;
  const { subject, token } = shrink(CROSSED, find(CROSSED)!, {
    find,
    *reductions(subject) {
      for (let task = 0; task < subject.tasks.length; task++) {
        for (let at = 0; at < subject.tasks[task].length; at++) {
          const op = subject.tasks[task][at].op;
          if (op === "spawn" || op === "join") continue;
          yield { ...subject, tasks: subject.tasks.map((ops, i) => i === task ? ops.toSpliced(at, 1) : ops) };
        }
      }
    },
  });
  // A task that takes a lock for ever and another that wants it: two operations are enough.
  assertEquals(subject.tasks.slice(0, 2).flat().length, 2);
  assertEquals(replay(machineProgram(subject), token).run.outcome, "deadlock");
});

Deno.test("footprints of one program's runs do not depend on how random runs are scheduled", () => {
  // Tokens of random runs replay in a process that has seen other runs first.
  const program = machineProgram(CROSSED);
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { outcomes } = explore(program, { strategy: { kind: "random", seed, runs: 3 } });
      for (const { token } of outcomes) assertEquals(replay(program, token).divergence, null);
    }),
    { seed: 4, numRuns: 50 },
  );
});

Deno.test("an exploration that is asked to stop does so after the run, with what it has found", () => {
  let asked = 0;
  const report = explore(readers(8), { isStopped: () => ++asked === 10 });
  assertEquals(report.counts.complete, 10);
  assertEquals(report.finished, false);
  assertEquals(explore(readers(8), { from: report.checkpoint! }).counts.complete, 256);
  const seen: number[] = [];
  explore(readers(9), { onProgress: ({ done }) => seen.push(done!) });
  assertEquals(seen.length, 5);
  assert(seen.every((part) => part > 0 && part < 1), seen.join());
});

Deno.test("progress is told in a line", () => {
  const counts = { complete: 12_000, deadlocked: 300, cutOff: 0, blocked: 2, steps: 1, runSteps: 1 };
  const line = (done: number | null) => progressText({ counts, milliseconds: 1500, done });
  assertEquals(line(null), "12,300 classes, 2 blocked, 8,201 runs/s");
  assertEquals(line(0.5), "12,300 classes, 2 blocked, 8,201 runs/s, about 2 s left");
  assertEquals(line(0.0001), "12,300 classes, 2 blocked, 8,201 runs/s, about 5 h left");
});

Deno.test("a mutex that is held twice by one task is a deadlock of that task alone", () => {
  const program: Program = {
    name: "self",
    setUp(world) {
      const m = new Mutex(world, "m");
      world.spawn("T1", function* () {
        yield* m.lock();
        yield* m.lock();
      });
    },
  };
  assertEquals(explore(program).counts.deadlocked, 1);
});
