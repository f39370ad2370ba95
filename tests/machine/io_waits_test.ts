// Pages, counts, tasks, workqueues and asynchronous operations: programs that block on them and are woken, and some that
// deadlock over them. The numbers of classes are derived by hand; where they are not plain, a comment says how.

import { assert, assertEquals } from "@std/assert";
import { BitLock } from "../../src/machine/bit_lock.ts";
import { Count } from "../../src/machine/count.ts";
import { EIOCBQUEUED, Kiocb } from "../../src/machine/kiocb.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps } from "../../src/machine/task.ts";
import { WaitQueue } from "../../src/machine/wait_queue.ts";
import { Workqueue } from "../../src/machine/workqueue.ts";
import { everyClass } from "./every_class.ts";
import { assertEnds, oppositeOrder } from "./wait_programs.ts";

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
