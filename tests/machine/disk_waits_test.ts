// Waits of the disk: for a bio, for the handles of a transaction, for a commit, for log space. Each blocks and is woken in
// a small program, and deadlocks in another one, with the cycle named. Numbers of classes are derived in comments.

import { assertEquals } from "@std/assert";
import { BitLock } from "../../src/machine/bit_lock.ts";
import { BlockAllocator } from "../../src/machine/block_allocator.ts";
import { BlockDevice } from "../../src/machine/block_device.ts";
import { Journal, type JournalOptions } from "../../src/machine/journal.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import { ZERO } from "../../src/machine/tokens.ts";
import type { World } from "../../src/machine/world.ts";
import { everyClass } from "./every_class.ts";

function disk(world: World): BlockDevice {
  return new BlockDevice(world, { sectors: 2, sectorsPerBlock: 1, initial: (sector) => `I(F,${sector})` });
}

/** A journal without a log on a device: a commit is three steps of its thread. */
function journal(world: World, options: Partial<JournalOptions> = {}): Journal {
  const allocator = new BlockAllocator(world, disk(world), { free: [] });
  return new Journal(world, { files: [], device: null, allocator, ...options });
}

Deno.test("a bio keeps its waiter until it has ended", () => {
  // The read is before or after the write of its sector. Waiting for the read adds no class.
  const { complete, deadlocked } = everyClass(({ world, start, saw }) => {
    const device = disk(world);
    const into = new Sector(world, ZERO);
    start("T1", function* () {
      yield* device.submitAndWait({ op: "read", memory: [into] });
      yield;
      saw(into.load());
    });
    device.submit(device.bio({ op: "write", memory: [new Sector(world, "W")] }));
  });
  assertEquals({ complete, deadlocked }, { complete: ["I(F,0)", "W"], deadlocked: [] });
});

Deno.test("a page that a bio unlocks keeps its waiter until the end of the bio", () => {
  // The lock is taken before the bio is submitted: T2 gets it before T1, or after the read.
  const { complete, deadlocked } = everyClass(({ world, start, saw }) => {
    const device = disk(world);
    const into = new Sector(world, ZERO);
    const page = new BitLock(world, "page(F,0)");
    start("T1", function* () {
      yield* page.lock();
      yield;
      const bio = device.bio({ op: "read", memory: [into], endIo: () => page.clear() });
      page.handOver(bio.name);
      device.submit(bio);
    });
    start("T2", function* () {
      yield* page.lock();
      saw(into.load());
      yield* page.unlock();
    });
  });
  assertEquals({ complete, deadlocked }, { complete: ["0", "I(F,0)"], deadlocked: [] });
});

Deno.test("a bio that is submitted only behind a lock that its waiter has never ends", () => {
  // Whoever locks the page first decides.
  const { complete, deadlocked } = everyClass(({ world, start }) => {
    const device = disk(world);
    const bio = device.bio({ op: "read", memory: [new Sector(world, ZERO), new Sector(world, ZERO)] });
    const page = new BitLock(world, "page(F,1)");
    start("T1", function* () {
      yield* page.lock();
      yield;
      device.submit(bio);
      yield* page.unlock();
    });
    start("T2", function* () {
      yield* page.lock();
      yield* device.wait(bio);
      yield* page.unlock();
    });
  });
  assertEquals({ complete, deadlocked }, {
    complete: [""],
    deadlocked: ["T1 waits page(F,1) (owner T2)\nT2 holds page(F,1) waits bio(setup.0) (no owner)"],
  });
});

Deno.test("who waits for its own bio that it has not submitted is a cycle of one", () => {
  const { deadlocked, cycleLengths } = everyClass(({ world, start }) => {
    const device = disk(world);
    start("T1", function* () {
      yield;
      yield* device.wait(device.bio({ op: "flush" }));
    });
  });
  assertEquals(deadlocked, ["T1 waits bio(T1.0) (owner self)"]);
  assertEquals(cycleLengths, [[1]]);
});

Deno.test("an open handle keeps a commit waiting, and a commit a handle that wants to start", () => {
  // T1 starts before the transaction is locked (tid 1), or after it has been left (tid 2); its stop conflicts with nothing
  // else than the wait that it ends. T2 waits for the commit in both.
  const { complete, deadlocked } = everyClass(({ world, start, saw }) => {
    const log = journal(world);
    start("T1", function* () {
      const handle = yield* log.start();
      saw(yield* log.stop(handle));
    });
    start("T2", function* () {
      yield* log.commit(1);
    });
  });
  assertEquals({ complete, deadlocked }, { complete: ["1", "2"], deadlocked: [] });
});

Deno.test("handle before page in one task, page before handle in another: a deadlock once the transaction is locked", () => {
  const { deadlocked, cycleLengths } = everyClass(({ world, start }) => {
    const log = journal(world);
    const page = new BitLock(world, "page(F,0)");
    start("T1", function* () {
      const handle = yield* log.start();
      yield* page.lock();
      yield* page.unlock();
      yield* log.stop(handle);
    });
    start("T2", function* () {
      yield* page.lock();
      yield* log.stop(yield* log.start());
      yield* page.unlock();
    });
    start("T3", function* () {
      yield;
      log.requestCommit(1);
    });
  });
  assertEquals(deadlocked, [
    "jbd2 waits txn (owner T1)\n" +
    "T1 holds txn waits page(F,0) (owner T2)\n" +
    "T2 holds page(F,0) waits commit(1) (owner jbd2)",
  ]);
  assertEquals(cycleLengths, [[3]]);
});

Deno.test("a commit waited for in a handle of its own transaction is a deadlock", () => {
  const { complete, deadlocked } = everyClass(({ world, start }) => {
    const log = journal(world);
    start("T1", function* () {
      yield* log.start();
      yield* log.commit(1);
    });
  });
  assertEquals({ complete, deadlocked }, {
    complete: [],
    deadlocked: ["jbd2 waits txn (owner T1)\nT1 holds txn waits commit(1) (owner jbd2)"],
  });
});

Deno.test("a full log keeps handles waiting until a checkpoint has made room", () => {
  // Either of the two starts first. The other one always finds the log full: only its own request makes room.
  const { complete, deadlocked } = everyClass(({ world, start, saw }) => {
    const log = journal(world, { logCredits: 1 });
    for (const name of ["T1", "T2"]) {
      start(name, function* () {
        const handle = yield* log.start();
        saw(name);
        yield* log.stop(handle);
      });
    }
  });
  assertEquals({ complete, deadlocked }, { complete: ["T1 T2", "T2 T1"], deadlocked: [] });
});

Deno.test("log space that a handle has which waits for whoever needs the space: a deadlock", () => {
  const { complete, deadlocked } = everyClass(({ world, start }) => {
    const log = journal(world, { logCredits: 2, checkpoints: "on_demand" });
    const mutex = new Mutex(world, "i_mutex(F)");
    start("T1", function* () {
      yield* mutex.lock();
      const handle = yield* log.start(2);
      yield* mutex.unlock();
      yield* log.stop(handle);
    });
    start("T2", function* () {
      const handle = yield* log.start(1);
      yield* mutex.lock();
      yield* mutex.unlock();
      yield* log.stop(handle);
    });
  });
  // Nobody makes checkpoints here, so that whoever comes second waits for ever. T1 has the mutex and T2 the space: the
  // cycle. T2 may also have stopped before T1 takes the mutex, and T1 may have all the space first.
  assertEquals(complete, []);
  assertEquals(deadlocked, [
    "T1 holds i_mutex(F) waits log_space (owner T2)\nT2 holds txn waits i_mutex(F) (owner T1)",
    "T1 holds i_mutex(F) waits log_space (owner checkpoint(1))",
    "T2 waits log_space (owner checkpoint(1))",
  ]);
});

Deno.test("a log with room for one handle serves any number, also those that join at their stop", () => {
  for (const handlesJoinAt of ["start", "stop"] as const) {
    const { complete, deadlocked } = everyClass(({ world, start, saw }) => {
      const log = journal(world, { logCredits: 1, handlesJoinAt });
      for (const name of ["T1", "T2", "T3"]) {
        start(name, function* () {
          const handle = yield* log.start();
          saw(name);
          yield* log.stop(handle);
        });
      }
    });
    assertEquals(deadlocked, []);
    assertEquals([...new Set(complete)], ["T1 T2 T3", "T1 T3 T2", "T2 T1 T3", "T2 T3 T1", "T3 T1 T2", "T3 T2 T1"]);
  }
});
