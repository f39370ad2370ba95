import { assertEquals } from "@std/assert";
import { Count } from "../../src/machine/count.ts";
import { EIOCBQUEUED, Kiocb } from "../../src/machine/kiocb.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { type Accountable, checkQuiescence, checkReturn } from "../../src/machine/quiescence.ts";
import { Retries } from "../../src/machine/retries.ts";
import { Rwsem } from "../../src/machine/rwsem.ts";
import { everyClass } from "./every_class.ts";

Deno.test("a lock that a task has kept beyond its end is a leak, in the classes where it has", () => {
  const explored = everyClass((stage) => {
    const { world, start, x } = stage;
    const lock = new Rwsem(world, "IOLOCK(F)");
    stage.atEnd = () => checkQuiescence(world);
    start("T1", function* () {
      yield* lock.lockShared();
      // As a non-blocking write that finds a direct I/O in flight and forgets the lock as it gives up.
      if ((yield* x.read()) === 0) yield* lock.unlockShared();
    });
    start("T2", () => x.write(1));
  });
  assertEquals(explored.complete.length, 2);
  assertEquals(explored.findings, ["LEAK_LOCK: IOLOCK(F,r) is left over, held by T1"]);
});

Deno.test("what an I/O has is a leak when nobody is left to complete it", () => {
  const explored = everyClass((stage) => {
    const { world, start } = stage;
    const dioCount = new Count(world, "dio_count(F)");
    stage.atEnd = () => checkQuiescence(world);
    start("T1", function* () {
      yield;
      dioCount.increment("dio(1)");
      dioCount.increment("dio(2)");
      yield;
      dioCount.decrement("dio(1)");
    });
  });
  assertEquals(explored.findings, ["LEAK_LOCK: dio_count(F) is left over, held by dio(2)"]);
});

Deno.test("what a kernel thread has while it waits for work is no leak", () => {
  const explored = everyClass((stage) => {
    const { world, start } = stage;
    const [lock, never] = [new Mutex(world, "lock"), new Count(world, "never zero")];
    never.increment("nobody");
    stage.atEnd = () => checkQuiescence(world);
    start("flusher", function* () {
      yield* lock.lock();
      yield* never.waitZero();
    }, { daemon: "daemon" });
  });
  assertEquals(explored.findings, ["LEAK_LOCK: never zero is left over, held by nobody"]);
});

Deno.test("an operation that returns with a lock that it took is reported at once", () => {
  const explored = everyClass(({ world, start }) => {
    const [outer, inner] = [new Mutex(world, "freeze"), new Mutex(world, "IOLOCK(F)")];
    start("T1", function* () {
      yield* outer.lock();
      yield* inner.lock();
      checkReturn(world, world.current!, "pwrite", ["freeze"]);
      yield* inner.unlock();
      checkReturn(world, world.current!, "pwrite", ["freeze"]);
      yield* outer.unlock();
    });
  });
  assertEquals(explored.findings, ["LEAK_LOCK: T1(pwrite) returns and still holds IOLOCK(F)"]);
});

Deno.test("references that have not come back are a leak of memory", () => {
  const explored = everyClass((stage) => {
    const pins: Accountable = { leftOver: () => ["page(F,3) is pinned 2 times", "placeholder(F,[0,1],T1) is there"] };
    const nothing: Accountable = { leftOver: () => [] };
    stage.start("T1", () => stage.x.write(1));
    stage.atEnd = () => checkQuiescence(stage.world, [pins, nothing]);
  });
  assertEquals(explored.findings, [
    "LEAK_MEM: page(F,3) is pinned 2 times",
    "LEAK_MEM: placeholder(F,[0,1],T1) is there",
  ]);
});

Deno.test("an operation that returns its result and also completes is reported, whichever comes first", () => {
  const explored = everyClass((stage) => {
    const { world, start, saw } = stage;
    const kiocb = new Kiocb(world, "T1.0");
    stage.atEnd = () => checkQuiescence(world, [kiocb]);
    start("irq", function* () {
      yield;
      kiocb.complete(512);
    }, { context: "irq" });
    start("T1", function* () {
      yield;
      kiocb.returned(1024);
      saw(yield* kiocb.wait());
    });
  });
  assertEquals(explored.complete, ["1024", "512"]);
  assertEquals(explored.findings, [
    "DOUBLE_COMPLETE: kiocb(T1.0) is completed with 1024, and again with 512",
    "DOUBLE_COMPLETE: kiocb(T1.0) is completed with 512, and again with 1024",
  ]);
});

Deno.test("a queued operation completes once, and is left over when it never does", () => {
  const queued = (completes: "completes" | "is forgotten") =>
    everyClass((stage) => {
      const { world, start } = stage;
      const kiocb = new Kiocb(world, "T1.0");
      stage.atEnd = () => checkQuiescence(world, [kiocb]);
      start("T1", function* () {
        yield;
        kiocb.returned(-EIOCBQUEUED);
      });
      if (completes === "is forgotten") return;
      start("irq", function* () {
        yield;
        kiocb.complete(512);
      }, { context: "irq" });
    }).findings;
  assertEquals(queued("completes"), []);
  assertEquals(queued("is forgotten"), ["LEAK_MEM: kiocb(T1.0) has never been completed"]);
});

Deno.test("a loop that begins again too often without progress is a livelock, and ends its task", () => {
  const explored = everyClass((stage) => {
    const { world, start, saw } = stage;
    const lock = new Mutex(world, "i_mutex(F)");
    stage.atEnd = () => checkQuiescence(world);
    start("T1", function* () {
      yield* lock.lock();
      const rounds = new Retries(world, "find_or_insert");
      for (let round = 0;; round++) {
        rounds.next();
        saw(round);
        yield;
      }
    });
  });
  // The first time and three retries; the lock is not counted as leaked by who was stopped.
  assertEquals(explored.complete, ["0 1 2 3"]);
  assertEquals(explored.findings, ["LIVELOCK: find_or_insert began again 4 times without progress"]);
});

Deno.test("a loop that gets on may go round as often as it likes", () => {
  const explored = everyClass(({ world, start }) => {
    start("T1", function* () {
      const rounds = new Retries(world, "copy", 1);
      for (let i = 0; i < 10; i++) {
        rounds.next();
        yield;
        if (i % 2 === 1) rounds.progress();
      }
    });
  });
  assertEquals(explored.findings, []);
});
