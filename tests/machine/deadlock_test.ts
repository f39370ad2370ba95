import { assertEquals } from "@std/assert";
import { BitLock } from "../../src/machine/bit_lock.ts";
import { describeDeadlock, heldBy, heldName } from "../../src/machine/deadlock.ts";
import { Identities } from "../../src/machine/identities.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps } from "../../src/machine/task.ts";
import { WaitQueue } from "../../src/machine/wait_queue.ts";
import { World } from "../../src/machine/world.ts";

/** Lets all tasks do one step after the other in turn, until none can go on. */
function run(world: World): void {
  for (let any = true; any;) {
    any = false;
    for (const task of [...world.tasks]) {
      if (!world.isEnabled(task)) continue;
      world.step(task, 0);
      any = true;
    }
  }
}

function* lockBoth(first: Mutex, second: Mutex): Steps {
  yield* first.lock();
  yield* second.lock();
}

Deno.test("nothing is reported when nobody waits, or kernel threads alone", () => {
  const world = new World(new Identities());
  world.spawn("T1", function* () {
    yield;
  });
  const queue = new WaitQueue(world, "work of the flusher");
  world.spawn("flusher", function* () {
    yield;
    yield* queue.sleep(queue.prepareToWait());
  }, { context: "flusher", daemon: "daemon" });
  run(world);
  assertEquals(describeDeadlock(world), null);
});

Deno.test("two cycles are told apart, and who waits behind one is named apart", () => {
  const world = new World(new Identities());
  const [a, b, c, d] = ["A", "B", "C", "D"].map((name) => new Mutex(world, name));
  world.spawn("T1", () => lockBoth(a, b));
  world.spawn("T2", () => lockBoth(b, a));
  world.spawn("T3", () => lockBoth(c, d));
  world.spawn("T4", () => lockBoth(d, c));
  world.spawn("T5", function* () {
    yield;
    yield;
    yield* a.lock();
  });
  run(world);
  assertEquals(describeDeadlock(world), {
    cycles: [
      ["T1 holds A waits B (owner T2)", "T2 holds B waits A (owner T1)"],
      ["T3 holds C waits D (owner T4)", "T4 holds D waits C (owner T3)"],
    ],
    others: ["T5 waits A (owner T1)"],
    text: [
      "T1 holds A waits B (owner T2)",
      "T2 holds B waits A (owner T1)",
      "T3 holds C waits D (owner T4)",
      "T4 holds D waits C (owner T3)",
      "T5 waits A (owner T1)",
    ].join("\n"),
    cycleSubjects: [
      { attributes: [], tasks: ["T1", "T2"], operations: [], resources: ["B", "A"] },
      { attributes: [], tasks: ["T3", "T4"], operations: [], resources: ["D", "C"] },
    ],
    otherSubject: { tasks: ["T5"], operations: [], resources: ["A"] },
  });
});

Deno.test("a cycle through a kernel thread is one, also when only kernel threads are in it", () => {
  const world = new World(new Identities());
  const [a, b] = ["A", "B"].map((name) => new Mutex(world, name));
  world.spawn("flusher", () => lockBoth(a, b), { context: "flusher", daemon: "daemon" });
  world.spawn("jbd2", () => lockBoth(b, a), { daemon: "daemon" });
  run(world);
  assertEquals(describeDeadlock(world)?.cycles, [
    ["flusher holds A waits B (owner jbd2)", "jbd2 holds B waits A (owner flusher)"],
  ]);
});

Deno.test("a report lists all that a task holds, in the words of the catalogue", () => {
  const world = new World(new Identities());
  const placeholder = new BitLock(world, "placeholder(F,[64,127])");
  const sem = new Rwsem(world, "mmap_sem(mm1)");
  const log = new Rwsem(world, "log");
  world.spawn("T1", function* () {
    yield* placeholder.lock();
    yield* log.lockExclusive();
    yield* sem.lockShared();
    yield* placeholder.lock();
  });
  run(world);
  const operation = () => "pwrite dio F[64..191], buf=mmap F[0..127]";
  assertEquals(
    describeDeadlock(world, { operation })?.text,
    "T1(pwrite dio F[64..191], buf=mmap F[0..127]) holds placeholder(F,[64,127]), mmap_sem(mm1,r), log(w) " +
      "waits placeholder(F,[64,127]) (owner self)",
  );
  assertEquals(heldBy(world, world.tasks[0]).map(heldName), ["placeholder(F,[64,127])", "mmap_sem(mm1,r)", "log(w)"]);
});

Deno.test("an I/O that will finish by itself closes no cycle", () => {
  const world = new World(new Identities());
  const sem = new Rwsem(world, "i_alloc_sem(F)");
  world.spawn("T1", function* () {
    yield* sem.lockShared();
    sem.handOver(world.current!, "dio(1)");
    yield* sem.lockExclusive();
  });
  run(world);
  const report = describeDeadlock(world, { pseudoHolders: [{ name: "dio(1)", waitsFor: () => [] }] });
  assertEquals(report, {
    cycles: [],
    others: ["T1 waits i_alloc_sem(F) (owner dio(1))"],
    text: "T1 waits i_alloc_sem(F) (owner dio(1))",
    cycleSubjects: [],
    otherSubject: { tasks: ["T1"], operations: [], resources: ["i_alloc_sem(F)"] },
  });
});

Deno.test("a report says what kind of cycle it is: of one task, or of two that want the same kind of thing", () => {
  const attributesOf = (name: string, other: string, tasks: number) => {
    const world = new World(new Identities());
    const [a, b] = [new Mutex(world, name), new Mutex(world, other)];
    if (tasks === 1) world.spawn("T1", () => lockBoth(a, a));
    else for (const [nth, pair] of [[a, b], [b, a]].entries()) world.spawn(`T${nth}`, () => lockBoth(pair[0], pair[1]));
    run(world);
    return describeDeadlock(world)?.cycleSubjects.map(({ attributes }) => attributes);
  };
  assertEquals(attributesOf("i_mutex(F)", "i_mutex(G)", 1), [["self"]]);
  assertEquals(attributesOf("i_mutex(F)", "i_mutex(G)", 2), [["AB-BA"]]);
  assertEquals(attributesOf("page(F,0)", "placeholder(F,[1,2])", 2), [["AB-BA"]]);
  assertEquals(attributesOf("i_mutex(F)", "mmap_sem(mm1)", 2), [[]]);
});

Deno.test("an I/O that its submitter has yet to finish with is in a cycle with it", () => {
  const world = new World(new Identities());
  const sem = new Rwsem(world, "i_alloc_sem(F)");
  const submitter = world.spawn("T1", function* () {
    yield* sem.lockShared();
    sem.handOver(world.current!, "dio(1)");
    yield* sem.lockExclusive();
  });
  run(world);
  const submission = { name: "submission of dio(1)", holders: () => [submitter] };
  const report = describeDeadlock(world, { pseudoHolders: [{ name: "dio(1)", waitsFor: () => [submission] }] });
  assertEquals(report?.cycles, [[
    "T1 waits i_alloc_sem(F) (owner dio(1))",
    "dio(1) holds i_alloc_sem(F,r) waits submission of dio(1) (owner T1)",
  ]]);
});
