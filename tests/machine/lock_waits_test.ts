// Mutexes and rwsems: programs that block on them and are woken, and some that deadlock over them. The numbers of classes
// are derived by hand; where they are not plain, a comment says how.

import { assert, assertEquals } from "@std/assert";
import { BitLock } from "../../src/machine/bit_lock.ts";
import { Identities } from "../../src/machine/identities.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { type Fairness, Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps, Task } from "../../src/machine/task.ts";
import { World } from "../../src/machine/world.ts";
import { everyClass } from "./every_class.ts";
import { MemoryFile } from "./memory_file.ts";
import { assertEnds, exclusive, type Guard, oppositeOrder, shared, writerAndReader } from "./wait_programs.ts";

Deno.test("a mutex blocks, wakes, and two taken in opposite order deadlock", () => {
  const blocked = everyClass((stage) => writerAndReader(stage, new Mutex(stage.world, "i_mutex(F)")));
  assertEnds(blocked, { complete: ["0", "2"], deadlocked: [] });
  const crossed = everyClass((stage) => {
    oppositeOrder(stage, new Mutex(stage.world, "i_mutex(F)"), new Mutex(stage.world, "i_mutex(G)"));
  });
  assertEnds(crossed, {
    complete: ["", ""],
    deadlocked: [
      "T1 holds i_mutex(F) waits i_mutex(G) (owner T2)\nT2 holds i_mutex(G) waits i_mutex(F) (owner T1)",
    ],
  });
});

Deno.test("a mutex taken twice by one task is a deadlock of one", () => {
  const explored = everyClass(({ world, start, deadlockOptions }) => {
    const mutex = new Mutex(world, "i_mutex(F)");
    deadlockOptions.operation = (task) => `pwrite of ${task.name}`;
    start("T1", function* () {
      yield* mutex.lock();
      yield* mutex.lock();
    });
  });
  assertEnds(explored, {
    complete: [],
    deadlocked: ["T1(pwrite of T1) holds i_mutex(F) waits i_mutex(F) (owner self)"],
  });
  assertEquals(explored.cycleLengths, [[1]]);
});

Deno.test("who gives back what is not his has seen whose it is: behind its taking, before it or behind its giving back", () => {
  const locks = {
    mutex: (world: World) => new Mutex(world, "i_mutex(F)"),
    bit(world: World) {
      const bit = new BitLock(world, "page(F,0)");
      return { lock: () => bit.lock(), unlock: () => bit.unlock(), release: () => bit.clear() };
    },
  };
  for (const [name, made] of Object.entries(locks)) {
    for (const first of ["T1", "T2"]) {
      const explored = everyClass(({ world, start, saw }) => {
        const lock = made(world);
        const tasks: Record<string, () => Steps> = {
          *T1() {
            yield;
            lock.release();
          },
          *T2() {
            yield* lock.lock();
            yield* lock.unlock();
            saw(world.findings.map(({ task }) => task).join());
          },
        };
        for (const task of [first, first === "T1" ? "T2" : "T1"]) start(task, tasks[task]);
      });
      // A mutex has an owner, a bit has none.
      const meanwhile = name === "mutex" ? "T1,T2" : "T2";
      assertEquals([name, first, explored.complete], [name, first, ["", "T1", meanwhile]]);
    }
  }
});

Deno.test("a rwsem blocks and wakes readers and writers", () => {
  const between = (fairness: Fairness, reader: (sem: Rwsem) => Guard) =>
    everyClass((stage) => {
      const sem = new Rwsem(stage.world, "i_rwsem(F)", fairness);
      writerAndReader(stage, exclusive(sem), reader(sem));
    });
  for (const reader of [shared, exclusive]) {
    assertEnds(between("unfair", reader), { complete: ["0", "2"], deadlocked: [] });
    // Whoever comes second may come before the first has released, and queue up, or after that.
    assertEnds(between("fair", reader), { complete: ["0", "0", "2", "2"], deadlocked: [] });
  }
});

/** What tasks that take a stealing semaphore one after the other have got, in order. */
function stealing(script: (act: (task: string, what: "shared" | "exclusive" | "unlock" | "goes on") => void) => void) {
  const world = new World(new Identities());
  const sem = new Rwsem(world, "i_rwsem(F)", "stealing");
  const taken: string[] = [];
  const tasks = new Map<string, { task: Task; mode: "shared" | "exclusive" }>();
  const run = (name: string) => {
    const { task } = tasks.get(name)!;
    const had = taken.length;
    while (taken.length === had && task.generator !== null && world.isEnabled(task)) world.step(task, 0);
  };
  script((name, what) => {
    const known = tasks.get(name);
    if (what === "shared" || what === "exclusive") {
      const task = world.spawn(name, function* () {
        yield* what === "shared" ? sem.lockShared() : sem.lockExclusive();
        taken.push(name);
        yield;
      });
      tasks.set(name, { task, mode: what });
      run(name);
    } else if (what === "goes on") run(name);
    else if (known!.mode === "shared") sem.releaseShared(known!.task);
    else sem.releaseExclusive(known!.task);
  });
  assertEquals(world.findings, []);
  return taken;
}

Deno.test("a stealing rwsem lets no reader in beside readers when a writer waits, and all of them behind it", () => {
  const taken = stealing((act) => {
    act("R1", "shared");
    act("W", "exclusive");
    act("R2", "shared");
    act("R3", "shared");
    act("R1", "unlock");
    act("R2", "goes on");
    act("W", "goes on");
    act("W", "unlock");
    act("R3", "goes on");
    act("R2", "goes on");
  });
  assertEquals(taken, ["R1", "W", "R3", "R2"]);
});

Deno.test("a stealing rwsem that is free goes to who comes first, waiting or new", () => {
  for (const mode of ["shared", "exclusive"] as const) {
    const taken = stealing((act) => {
      act("W1", "exclusive");
      act("W2", "exclusive");
      act("W1", "unlock");
      act("N", mode);
      act("W2", "goes on");
      act("N", "unlock");
      act("W2", "goes on");
    });
    assertEquals(taken, ["W1", "N", "W2"]);
  }
});

Deno.test("a reader that has been let in and has not gone on waits again when a writer is faster", () => {
  const taken = stealing((act) => {
    act("W1", "exclusive");
    act("R", "shared");
    act("W2", "exclusive");
    act("W1", "unlock");
    act("W2", "goes on");
    act("R", "goes on");
    act("W2", "unlock");
    act("R", "goes on");
  });
  assertEquals(taken, ["W1", "W2", "R"]);
});

Deno.test("rwsems taken in opposite order deadlock, exclusive and shared, unless both are shared", () => {
  const crossed = (fairness: Fairness, a: (sem: Rwsem) => Guard, b: (sem: Rwsem) => Guard) =>
    everyClass((stage) => {
      const [f, g] = ["F", "G"].map((file) => new Rwsem(stage.world, `IOLOCK(${file})`, fairness));
      for (const [name, first, second] of [["T1", f, g], ["T2", g, f]] as const) {
        stage.start(name, function* () {
          yield* a(first).lock();
          yield* b(second).lock();
          yield* b(second).unlock();
          yield* a(first).unlock();
        });
      }
    });
  for (const fairness of ["fair", "unfair"] as const) {
    const [text] = crossed(fairness, exclusive, exclusive).deadlocked;
    assertEquals(
      text,
      "T1 holds IOLOCK(F,w) waits IOLOCK(G) (owner T2)\nT2 holds IOLOCK(G,w) waits IOLOCK(F) (owner T1)",
    );
    const [mixed] = crossed(fairness, shared, exclusive).deadlocked;
    assertEquals(
      mixed,
      "T1 holds IOLOCK(F,r) waits IOLOCK(G) (owner T2)\nT2 holds IOLOCK(G,r) waits IOLOCK(F) (owner T1)",
    );
    assertEnds(crossed(fairness, shared, shared), { complete: [""], deadlocked: [] });
  }
  assertEnds(crossed("unfair", exclusive, exclusive), {
    complete: ["", ""],
    deadlocked: crossed("fair", exclusive, exclusive).deadlocked,
  });
});

Deno.test("a reader that reads again deadlocks with a queued writer, when the rwsem is fair", () => {
  const readTwice = (fairness: Fairness) =>
    everyClass(({ world, start }) => {
      const sem = new Rwsem(world, "mmap_sem(mm1)", fairness);
      start("T1", function* () {
        yield* sem.lockShared();
        yield* sem.lockShared();
        yield* sem.unlockShared();
        yield* sem.unlockShared();
      });
      start("T2", function* () {
        yield* sem.lockExclusive();
        yield* sem.unlockExclusive();
      });
    });
  const fair = readTwice("fair");
  // The writer comes first, and the reader before or after it has released; or the writer comes after both locks: before,
  // between or after the unlocks.
  assertEquals(fair.complete.length, 2 + 3);
  assertEquals(fair.deadlocked.length, 1);
  assert(fair.cycleLengths[0].includes(2), fair.deadlocked[0]);
  assert(fair.deadlocked[0].includes("T2 waits mmap_sem(mm1) (owner T1)"), fair.deadlocked[0]);
  assertEnds(readTwice("unfair"), { complete: ["", ""], deadlocked: [] });
});

Deno.test("a cycle of three goes through the queue of a fair rwsem", () => {
  const explored = (fairness: Fairness) =>
    everyClass(({ world, start }) => {
      const sem = new Rwsem(world, "mmap_sem(mm1)", fairness);
      const placeholder = new Mutex(world, "placeholder(F,[0,1],T1)");
      start("T1", function* () {
        yield* placeholder.lock();
        yield* sem.lockShared();
        yield* sem.unlockShared();
        yield* placeholder.unlock();
      });
      start("T2", function* () {
        yield* sem.lockShared();
        yield* placeholder.lock();
        yield* placeholder.unlock();
        yield* sem.unlockShared();
      });
      start("T3", function* () {
        yield* sem.lockExclusive();
        yield* sem.unlockExclusive();
      });
    });
  const fair = explored("fair");
  assertEquals(fair.deadlocked.length, 1);
  assert(fair.cycleLengths[0].includes(3), fair.deadlocked[0]);
  for (
    const line of [
      "T2 holds mmap_sem(mm1,r) waits placeholder(F,[0,1],T1) (owner T1)",
      "T3 waits mmap_sem(mm1) (owner T2)",
    ]
  ) assert(fair.deadlocked[0].split("\n").includes(line), fair.deadlocked[0]);
  assertEquals(explored("unfair").deadlocked, []);
});

Deno.test("an upgrade waits for other readers, and two upgrades for each other", () => {
  const blocked = everyClass(({ world, start, x, saw }) => {
    const sem = new Rwsem(world, "i_rwsem(F)", "unfair");
    start("T1", function* () {
      yield* sem.lockShared();
      yield* sem.upgrade();
      yield* x.write(1);
      yield* sem.unlockExclusive();
    });
    start("T2", function* () {
      yield* sem.lockShared();
      saw(yield* x.read());
      yield* sem.unlockShared();
    });
  });
  assertEnds(blocked, { complete: ["0", "1"], deadlocked: [] });
  const both = everyClass(({ world, start }) => {
    const sem = new Rwsem(world, "i_rwsem(F)", "unfair");
    for (const name of ["T1", "T2"]) {
      start(name, function* () {
        yield* sem.lockShared();
        yield* sem.upgrade();
        yield* sem.unlockExclusive();
      });
    }
  });
  assertEnds(both, {
    complete: ["", ""],
    deadlocked: [
      "T1 holds i_rwsem(F,r) waits i_rwsem(F) (owner T2)\nT2 holds i_rwsem(F,r) waits i_rwsem(F) (owner T1)",
    ],
  });
});

Deno.test("a downgrade lets waiting readers in; without it, waiting for them is a deadlock", () => {
  const explored = (downgrades: "downgrades" | "stays exclusive") =>
    everyClass(({ world, start }) => {
      const sem = new Rwsem(world, "i_rwsem(F)");
      const reader = start("T2", function* () {
        yield* sem.lockShared();
        yield* sem.unlockShared();
      });
      start("T1", function* () {
        yield* sem.lockExclusive();
        if (downgrades === "downgrades") yield* sem.downgrade();
        yield reader.whenEnded;
        if (downgrades === "downgrades") yield* sem.unlockShared();
        else yield* sem.unlockExclusive();
      });
    });
  // The reader comes first and is or is not done when the writer comes; or it comes before or after the downgrade.
  assertEnds(explored("downgrades"), { complete: ["", "", "", ""], deadlocked: [] });
  assertEnds(explored("stays exclusive"), {
    complete: ["", ""],
    deadlocked: ["T2 waits i_rwsem(F) (owner T1)\nT1 holds i_rwsem(F,w) waits end(T2) (owner T2)"],
  });
});

Deno.test("a rwsem is released by an I/O in flight, and the I/O is its owner meanwhile", () => {
  const explored = everyClass(({ world, start, x, saw }) => {
    const sem = new Rwsem(world, "i_alloc_sem(F)");
    start("T1", function* () {
      yield* sem.lockShared();
      yield;
      sem.handOver(world.current!, "dio(1)");
      start("dio completion", function* () {
        yield* x.write(1);
        yield;
        sem.releaseShared("dio(1)");
      }, { context: "irq" });
    });
    start("T2", function* () {
      yield* sem.lockExclusive();
      saw(yield* x.read());
      yield* sem.unlockExclusive();
    });
  });
  // T2 first: T1 comes before or after its unlock. T1 first: T2 comes before or after the handing over, or when all is done.
  assertEnds(explored, { complete: ["0", "0", "1", "1", "1"], deadlocked: [] });
  assertEquals(explored.findings, []);
});

Deno.test("semaphores that nobody says otherwise of are as fair as their world", () => {
  const fairness = (own: Fairness) => {
    const world = new World(new Identities());
    world.lockFairness = own;
    return [new Rwsem(world, "lock").fairness, new MemoryFile(world).inode.fairness];
  };
  assertEquals([fairness("fair"), fairness("unfair")], [["fair", "fair"], ["unfair", "unfair"]]);
});
