// Each kind of wait: a program that blocks on it and is woken, and one that deadlocks over it. The numbers of classes are
// derived by hand; where they are not plain, a comment says how.

import { assert, assertEquals } from "@std/assert";
import { BitLock } from "../../src/machine/bit_lock.ts";
import { Count } from "../../src/machine/count.ts";
import { EIOCBQUEUED, Kiocb } from "../../src/machine/kiocb.ts";
import type { Resource } from "../../src/machine/level.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { type Fairness, Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps } from "../../src/machine/task.ts";
import { WaitQueue } from "../../src/machine/wait_queue.ts";
import { Workqueue } from "../../src/machine/workqueue.ts";
import { everyClass, type Explored, type Stage } from "./every_class.ts";

/** Lock and unlock of something, as a task does them. */
interface Guard {
  lock(): Steps;
  unlock(): Steps;
}

function assertEnds({ complete, deadlocked }: Explored, expected: { complete: string[]; deadlocked: string[] }): void {
  assertEquals({ complete, deadlocked }, expected);
}

/** T1 changes x twice under one guard, T2 reads it under the other. */
function writerAndReader({ start, x, saw }: Stage, writer: Guard, reader: Guard = writer): void {
  start("T1", function* () {
    yield* writer.lock();
    yield* x.write(1);
    yield* x.write(2);
    yield* writer.unlock();
  });
  start("T2", function* () {
    yield* reader.lock();
    saw(yield* x.read());
    yield* reader.unlock();
  });
}

/** T1 locks one and then the other, T2 the other way round. */
function oppositeOrder({ start }: Stage, a: Guard, b: Guard): void {
  for (const [name, first, second] of [["T1", a, b], ["T2", b, a]] as const) {
    start(name, function* () {
      yield* first.lock();
      yield* second.lock();
      yield* second.unlock();
      yield* first.unlock();
    });
  }
}

const shared = (sem: Rwsem): Guard => ({ lock: () => sem.lockShared(), unlock: () => sem.unlockShared() });
const exclusive = (sem: Rwsem): Guard => ({ lock: () => sem.lockExclusive(), unlock: () => sem.unlockExclusive() });

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

Deno.test("an I/O that waits for a page stands in the cycle like a task", () => {
  const explored = everyClass(({ world, start, deadlockOptions }) => {
    const sem = new Rwsem(world, "i_alloc_sem(F)");
    const page = new BitLock(world, "page(F,0)");
    deadlockOptions.pseudoHolders = [{ name: "dio(1)", waitsFor: () => page.peek ? [page] : [] }];
    start("T1", function* () {
      yield* sem.lockShared();
      yield;
      sem.handOver(world.current!, "dio(1)");
    });
    start("T2", function* () {
      yield* page.lock();
      yield* sem.lockExclusive();
    });
  });
  // T2 first: T1 waits for what T2 leaves behind. T1 first: T2 comes before or after the handing over.
  const behind = "T1 waits i_alloc_sem(F) (owner T2, which has ended)";
  const cycle =
    "T2 holds page(F,0) waits i_alloc_sem(F) (owner dio(1))\ndio(1) holds i_alloc_sem(F,r) waits page(F,0) (owner T2)";
  assertEquals(explored.deadlocked, [behind, cycle, cycle]);
  assertEquals(explored.cycleLengths.filter(([length]) => length === 2).length, 2);
});

Deno.test("a page lock blocks, is released by an interrupt, and two in opposite order deadlock", () => {
  const blocked = everyClass(({ world, start, x, saw }) => {
    const page = new BitLock(world, "page(F,0)");
    start("T1", function* () {
      yield* page.lock();
      yield;
      page.handOver("bio(1)");
      start("bio(1)", function* () {
        yield* x.write(1);
        yield* page.unlock();
      }, { context: "irq" });
    });
    start("T2", function* () {
      yield* page.lock();
      saw(yield* x.read());
      yield* page.unlock();
    });
  });
  assertEnds(blocked, { complete: ["0", "1"], deadlocked: [] });
  const crossed = everyClass((stage) => {
    oppositeOrder(stage, new BitLock(stage.world, "page(F,0)"), new BitLock(stage.world, "page(F,1)"));
  });
  assertEnds(crossed, {
    complete: ["", ""],
    deadlocked: ["T1 holds page(F,0) waits page(F,1) (owner T2)\nT2 holds page(F,1) waits page(F,0) (owner T1)"],
  });
});

Deno.test("writeback is waited for without being taken, and a deadlock over it is found", () => {
  const blocked = everyClass(({ world, start, x, saw }) => {
    const writeback = new BitLock(world, "writeback(F,0)");
    start("T1", function* () {
      yield;
      writeback.set("bio(1)");
      start("bio(1)", function* () {
        yield* x.write(1);
        yield* writeback.unlock();
      }, { context: "irq" });
    });
    start("T2", function* () {
      yield* writeback.waitClear();
      saw(yield* x.read());
    });
  });
  // Looked at before it is set, with x read before or after its change; or after it is cleared.
  assertEnds(blocked, { complete: ["0", "1", "1"], deadlocked: [] });
  const stuck = everyClass(({ world, start }) => {
    const page = new BitLock(world, "page(F,0)");
    const writeback = new BitLock(world, "writeback(F,0)");
    start("T1", function* () {
      yield;
      writeback.set(world.current!);
      yield* page.lock();
      yield* writeback.unlock();
      yield* page.unlock();
    });
    start("T2", function* () {
      yield* page.lock();
      yield* writeback.waitClear();
      yield* page.unlock();
    });
  });
  assertEquals(stuck.deadlocked, [
    "T1 holds writeback(F,0) waits page(F,0) (owner T2)\nT2 holds page(F,0) waits writeback(F,0) (owner T1)",
  ]);
  // T1 has the page first; or T2 has it first, and finds no writeback.
  assertEquals(stuck.complete.length, 2);
});

/** T1 has something in the way of T2 and takes it away, with a wake-up; `wait` is how T2 waits. */
function wakerAndWaiter(
  { world, start, x, saw }: Stage,
  wakes: "wakes at once" | "wakes later",
  wait: (queue: WaitQueue, isClear: () => boolean, placeholder: Resource) => Steps,
): void {
  const queue = new WaitQueue(world, "wait queue of F");
  const waker = start("T1", function* () {
    yield;
    x.set(1);
    if (wakes === "wakes later") yield;
    queue.wakeUpAll();
  });
  const placeholder: Resource = { name: "placeholder(F,[0,1],T1)", holders: () => [waker] };
  start("T2", function* () {
    yield* wait(queue, () => x.get() === 1, placeholder);
    saw(x.peek);
  });
}

Deno.test("who looks under the lock and gets into the queue before dropping it is always woken", () => {
  for (const wakes of ["wakes at once", "wakes later"] as const) {
    const explored = everyClass((stage) => {
      wakerAndWaiter(
        stage,
        wakes,
        (queue, isClear, placeholder) => queue.waitUnderLock(() => isClear() ? null : placeholder),
      );
    });
    assertEnds(explored, { complete: ["1", "1"], deadlocked: [] });
  }
});

Deno.test("who looks and then gets into the queue can sleep for ever", () => {
  const explored = everyClass((stage) => {
    wakerAndWaiter(stage, "wakes at once", function* (queue, isClear, placeholder) {
      for (;;) {
        yield;
        if (isClear()) return;
        yield;
        yield* queue.sleep(queue.prepareToWait(placeholder));
      }
    });
  });
  assertEnds(explored, {
    complete: ["1", "1"],
    deadlocked: ["T2 waits placeholder(F,[0,1],T1) (owner T1, which has ended)"],
  });
  assertEquals(explored.cycleLengths, [[]]);
});

Deno.test("wait_event looks again after getting into the queue, and is always woken", () => {
  const explored = everyClass((stage) => {
    wakerAndWaiter(stage, "wakes later", (queue, isClear) => queue.waitEvent(isClear));
  });
  // The condition holds at the first look; or it comes before the second look, with the wake-up before getting into the
  // queue, between that and the look, or after the look; or it comes after the second look.
  assertEnds(explored, { complete: ["1", "1", "1", "1", "1"], deadlocked: [] });
});

Deno.test("who removes what is waited for and does not wake leaves the waiter asleep", () => {
  const explored = everyClass(({ world, start, x }) => {
    const queue = new WaitQueue(world, "wait queue of F");
    start("T1", function* () {
      yield* x.write(1);
    });
    start("T2", () => queue.waitUnderLock(() => x.get() === 1 ? null : queue));
  });
  assertEnds(explored, { complete: [""], deadlocked: ["T2 waits wait queue of F (no owner)"] });
});

Deno.test("two that wait for each other's placeholder are a cycle", () => {
  const explored = everyClass(({ world, start }) => {
    const queue = new WaitQueue(world, "wait queue of F");
    const placeholders = [new BitLock(world, "placeholder(F,[0,0],T1)"), new BitLock(world, "placeholder(F,[1,1],T2)")];
    for (const [name, own, other] of [["T1", 0, 1], ["T2", 1, 0]] as const) {
      start(name, function* () {
        yield;
        placeholders[own].set(world.current!);
        yield* queue.waitUnderLock(() => placeholders[other].isSet() ? placeholders[other] : null);
        yield;
        placeholders[own].clear();
        queue.wakeUpAll();
      });
    }
  });
  assertEquals(explored.deadlocked, [
    "T1 holds placeholder(F,[0,0],T1) waits placeholder(F,[1,1],T2) (owner T2)\n" +
    "T2 holds placeholder(F,[1,1],T2) waits placeholder(F,[0,0],T1) (owner T1)",
  ]);
});

Deno.test("a count is waited to zero, and a deadlock over it is found", () => {
  const blocked = everyClass(({ world, start, x, saw }) => {
    const dioCount = new Count(world, "dio_count(F)");
    start("T1", function* () {
      yield;
      dioCount.increment("dio(1)");
      start("dio(1)", function* () {
        yield* x.write(1);
        yield;
        dioCount.decrement("dio(1)");
      }, { context: "irq" });
    });
    start("T2", function* () {
      yield* dioCount.waitZero();
      saw(yield* x.read());
    });
  });
  assertEnds(blocked, { complete: ["0", "1", "1"], deadlocked: [] });
  const stuck = everyClass(({ world, start }) => {
    const mutex = new Mutex(world, "i_mutex(F)");
    const dioCount = new Count(world, "dio_count(F)");
    start("T1", function* () {
      const task = world.current!;
      yield;
      dioCount.increment(task);
      yield* mutex.lock();
      yield* mutex.unlock();
      yield;
      dioCount.decrement(task);
    });
    start("T2", function* () {
      yield* mutex.lock();
      yield* dioCount.waitZero();
      yield* mutex.unlock();
    });
  });
  assertEquals(stuck.deadlocked, [
    "T1 holds dio_count(F) waits i_mutex(F) (owner T2)\nT2 holds i_mutex(F) waits dio_count(F) (owner T1)",
  ]);
  // T2 first and done before T1 counts, or counting comes between its look and its unlock; or T1 has the mutex first.
  assertEquals(stuck.complete.length, 2);
});

Deno.test("the end of a task is waited for, and a deadlock over it is found", () => {
  const blocked = everyClass(({ start, x, saw }) => {
    const first = start("T1", () => x.write(1));
    start("T2", function* () {
      yield first.whenEnded;
      saw(yield* x.read());
    });
  });
  assertEnds(blocked, { complete: ["1"], deadlocked: [] });
  const stuck = everyClass(({ world, start }) => {
    const mutex = new Mutex(world, "i_mutex(F)");
    const first = start("T1", function* () {
      yield* mutex.lock();
      yield* mutex.unlock();
    });
    start("T2", function* () {
      yield* mutex.lock();
      yield first.whenEnded;
      yield* mutex.unlock();
    });
  });
  assertEnds(stuck, {
    complete: [""],
    deadlocked: ["T1 waits i_mutex(F) (owner T2)\nT2 holds i_mutex(F) waits end(T1) (owner T1)"],
  });
});

Deno.test("flushing a workqueue waits for its items, and a deadlock over it is found", () => {
  for (const order of ["ordered", "concurrent"] as const) {
    const blocked = everyClass(({ world, start, x, saw }) => {
      const queue = new Workqueue(world, "dio_done", order);
      start("irq", function* () {
        yield;
        queue.queueWork("end_io(dio 1)", () => x.write(1), undefined);
      }, { context: "irq" });
      start("T1", function* () {
        yield* queue.flush();
        saw(yield* x.read());
      });
    });
    // Flushed before there is an item, with x read before or after its change; or before or after the item's end.
    assertEnds(blocked, { complete: ["0", "1", "1", "1"], deadlocked: [] });
    const stuck = everyClass(({ world, start }) => {
      const queue = new Workqueue(world, "dio_done", order);
      const sem = new Rwsem(world, "i_rwsem(F)", "unfair");
      start("T1", function* () {
        yield* sem.lockExclusive();
        yield;
        queue.queueWork("end_io(dio 1)", function* () {
          yield* sem.lockShared();
          yield* sem.unlockShared();
        }, undefined);
        yield* queue.flush();
        yield* sem.unlockExclusive();
      });
    });
    assertEnds(stuck, {
      complete: [],
      deadlocked: [
        "T1 holds i_rwsem(F,w) waits workqueue(dio_done) (owner end_io(dio 1))\n" +
        "end_io(dio 1) waits i_rwsem(F) (owner T1)",
      ],
    });
  }
});

Deno.test("an asynchronous operation's result is waited for, and a deadlock over it is found", () => {
  const submit = (whileHolding: "nothing" | "i_rwsem") =>
    everyClass(({ world, start, saw }) => {
      const kiocb = new Kiocb(world, "T1.0");
      const queue = new Workqueue(world, "dio_done");
      const sem = new Rwsem(world, "i_rwsem(F)", "unfair");
      start("T1", function* () {
        if (whileHolding === "i_rwsem") yield* sem.lockExclusive();
        yield;
        const item = queue.queueWork("end_io(dio 1)", function* () {
          yield* sem.lockShared();
          yield* sem.unlockShared();
          yield;
          kiocb.complete(1024);
        }, undefined);
        kiocb.handOver(item);
        kiocb.returned(-EIOCBQUEUED);
        saw(yield* kiocb.wait());
        if (whileHolding === "i_rwsem") yield* sem.unlockExclusive();
      });
    });
  assertEnds(submit("nothing"), { complete: ["1024"], deadlocked: [] });
  assertEnds(submit("i_rwsem"), {
    complete: [],
    deadlocked: [
      "T1 holds i_rwsem(F,w) waits kiocb(T1.0) (owner end_io(dio 1))\nend_io(dio 1) waits i_rwsem(F) (owner T1)",
    ],
  });
});

Deno.test("every wait is a defect in an interrupt", () => {
  const explored = everyClass(({ world, start }) => {
    const waits: [string, () => Steps][] = [
      ["mutex", () => new Mutex(world, "i_mutex(F)").lock()],
      ["rwsem", () => new Rwsem(world, "i_rwsem(F)").lockShared()],
      ["page", () => new BitLock(world, "page(F,0)").lock()],
      ["writeback", () => new BitLock(world, "writeback(F,0)").waitClear()],
      ["count", () => new Count(world, "dio_count(F)").waitZero()],
      ["event", () => new WaitQueue(world, "wait queue of F").waitEvent(() => true)],
      ["flush", () => new Workqueue(world, "dio_done").flush()],
    ];
    for (const [name, wait] of waits) start(name, wait, { context: "irq" });
  });
  assertEquals(explored.findings.length, 7);
  assert(explored.findings.every((text) => text.startsWith("BUG_CONTEXT: ") && text.includes("in irq context")));
});
