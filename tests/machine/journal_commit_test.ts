// Handles, the commit, and who waits for whom.

import { assert, assertEquals } from "@std/assert";
import { setDiskSize } from "../../src/machine/inode_metadata.ts";
import type { Journal, JournalOptions } from "../../src/machine/journal.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import type { World } from "../../src/machine/world.ts";
import { crash, explore } from "./exploring.ts";
import { build, model, tellFile } from "./journal_parts.ts";

Deno.test("handles of two tasks join one transaction, in any order and without a difference", () => {
  const { complete, classes } = explore((world) => {
    const { journal } = build(world);
    for (const name of ["T1", "T2"]) {
      world.spawn(name, function* () {
        const handle = yield* journal.start();
        yield* journal.stop(handle);
      });
    }
    return { finalState: () => `${journal.running.tid} ${journal.running.handles.peek}` };
  });
  assertEquals(complete, { "1 0": 1 });
  assertEquals(classes, 1);
});

Deno.test("a commit waits for open handles, and a handle that comes late joins the next transaction", () => {
  const { complete } = explore((world) => {
    const { journal } = build(world);
    let joined = 0;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      joined = handle.transaction!.tid;
      yield* journal.stop(handle);
    });
    world.spawn("T2", function* () {
      assertEquals(yield* journal.commit(1), 0);
    });
    return { finalState: () => `${joined} ${journal.transactions.map(({ state }) => state).join(" ")}` };
  });
  assertEquals(complete, { "1 committed running": 1, "2 committed running": 1 });
});

/** A handle that takes a page, beside a handle of so many credits that is started with the page held. */
function crossed(world: World, journal: Journal, { credits }: { credits: number }): void {
  const mutex = new Mutex(world, "page(F,0)");
  world.spawn("T1", function* () {
    const handle = yield* journal.start();
    yield* mutex.lock();
    yield* mutex.unlock();
    yield* journal.stop(handle);
  });
  world.spawn("T2", function* () {
    yield* mutex.lock();
    yield* journal.stop(yield* journal.start(credits));
    yield* mutex.unlock();
  });
}

Deno.test("who waits in a handle for who waits to start one waits for ever", () => {
  const program = (options: Partial<JournalOptions>) => (world: World) => {
    const { journal } = build(world, options);
    crossed(world, journal, { credits: 1 });
    world.spawn("T3", function* () {
      yield;
      journal.requestCommit(1);
    });
  };
  const joinsAtStart = explore(program({}));
  assertEquals(joinsAtStart.deadlocked, {
    "jbd2 waits txn (T1); T1 waits page(F,0) (T2); T2 waits commit(1) (jbd2)": 1,
  });
  const joinsAtStop = explore(program({ handlesJoinAt: "stop" }));
  assertEquals(joinsAtStop.deadlocked, {});
});

Deno.test("who waits in a handle for the commit of its own transaction waits for itself", () => {
  const { deadlocked, classes } = explore((world) => {
    const { journal } = build(world);
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield* journal.commit(handle.transaction!.tid);
    });
  });
  assertEquals(deadlocked, { "jbd2 waits txn (T1); T1 waits commit(1) (jbd2)": 1 });
  assertEquals(classes, 1);
});

Deno.test("a handle in a handle is the same one, and ends with the outer one", () => {
  const { complete } = explore((world) => {
    const { journal } = build(world);
    const seen: unknown[] = [];
    world.spawn("T1", function* () {
      const outer = yield* journal.start();
      const inner = yield* journal.start();
      seen.push(inner === outer, journal.currentHandle === outer);
      yield* journal.stop(inner);
      seen.push(journal.running.handles.peek);
      yield* journal.stop(outer);
      seen.push(journal.running.handles.peek, journal.currentHandle);
    });
    return { finalState: () => seen.join(" ") };
  });
  assertEquals(complete, { "true true 1 0 ": 1 });
});

Deno.test("a full log keeps a handle waiting until a commit has given space back", () => {
  const { complete, deadlocked } = explore((world) => {
    const { journal } = build(world, { logCredits: 2 });
    const tids: number[] = [];
    for (const name of ["T1", "T2"]) {
      world.spawn(name, function* () {
        const handle = yield* journal.start(2);
        tids.push(handle.transaction!.tid);
        yield* journal.stop(handle);
      });
    }
    return { finalState: () => tids.join(" ") };
  });
  assertEquals(deadlocked, {});
  assertEquals(Object.keys(complete), ["1 2"]);
});

Deno.test("a full log that nobody checkpoints is a deadlock over log_space", () => {
  const { deadlocked, complete } = explore((world) => {
    const { journal } = build(world, { logCredits: 1, checkpoints: "on_demand" });
    world.spawn("T1", function* () {
      const tid = yield* journal.stop(yield* journal.start());
      yield* journal.commit(tid);
      yield* journal.start();
    });
  });
  assertEquals(complete, {});
  assertEquals(deadlocked, {
    "jbd2 waits commit_request (); T1 waits log_space (checkpoint(1))": 1,
  });
});

Deno.test("a handle that needs more space than the others leave waits for them", () => {
  const { deadlocked } = explore((world) => {
    const { journal } = build(world, { logCredits: 2 });
    crossed(world, journal, { credits: 2 });
  });
  // T2 has asked for a commit, for which T1 has to stop. Whether the thread has locked the transaction by then makes no
  // difference: it waits for T1 in the end.
  assertEquals(deadlocked, {
    "jbd2 waits txn (T1); T1 waits page(F,0) (T2); T2 waits log_space (T1)": 1,
  });
});

Deno.test("a commit block that cannot be written aborts the journal: who waits gets the error, nothing survives", () => {
  const { complete } = explore((world) => {
    const { journal, f, allocator, inodes } = build(world, {}, { errors: [{ bio: "jbd2.1" }] });
    const errors: number[] = [];
    world.spawn("T1", function* () {
      for (let i = 0; i < 2; i++) {
        const handle = yield* journal.start();
        yield;
        f.trim(0, handle);
        setDiskSize(inodes.F, 0, handle);
        errors.push(yield* journal.commit(yield* journal.stop(handle)));
      }
    });
    return { finalState: () => `${errors} ${journal.recover(null).get("F")?.size} ${allocator.ownerOf(0)}` };
  });
  assertEquals(complete, { "-5,-5 1 pending": 1 });
});

Deno.test("a forced commit takes what is running, or waits for what is committing", () => {
  const { complete } = explore((world) => {
    const { journal, inodes } = build(world, { device: null });
    world.spawn("T1", function* () {
      yield* journal.forceCommit();
      const handle = yield* journal.start();
      yield;
      setDiskSize(inodes.F, 2, handle);
      yield* journal.stop(handle);
      yield* journal.forceCommit();
      yield* journal.forceCommit();
    });
    return { finalState: () => `${journal.recover(null).get("F")?.size} ${journal.running.tid}` };
  });
  assertEquals(complete, { "2 2": 1 });
});

Deno.test("a handle sees that a commit waits for it", () => {
  const { complete } = explore((world) => {
    const { journal } = build(world);
    const seen: boolean[] = [];
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      seen.push(journal.isLocked(handle));
      if (seen[0]) yield* journal.restart(handle);
      seen.push(handle.transaction!.tid === 2);
      yield* journal.stop(handle);
    });
    world.spawn("T2", function* () {
      yield;
      journal.requestCommit(1);
    });
    return { finalState: () => seen.join(" ") };
  });
  assertEquals(Object.keys(complete).sort(), ["false false", "false true", "true true"]);
});

Deno.test("whether a commit still has to send its barrier decides who flushes the device for fsync", () => {
  const seen: Record<string, number> = {};
  const found = crash((world) => {
    const parts = build(world, {}, { volatileCache: "volatile" });
    const { journal, device, write, inodes } = parts;
    let synced = 0;
    world.spawn("T1", function* () {
      const handle = yield* journal.start();
      yield;
      setDiskSize(inodes.F, 1, handle);
      const tid = yield* journal.stop(handle);
      yield* write(0, "W");
      yield;
      const flushes = !journal.willSendBarrier(tid);
      seen[flushes ? "flushes" : "leaves it to the commit"] = 1;
      yield* journal.commit(tid);
      if (flushes) yield* device.submitAndWait({ op: "flush" });
      synced = 1;
    });
    world.spawn("T2", function* () {
      yield;
      journal.requestCommit(1);
    });
    return { crash: model(parts, (disk) => synced === 1 ? tellFile(disk, "F") : "early", () => synced) };
  });
  assertEquals(Object.keys(seen).sort(), ["flushes", "leaves it to the commit"]);
  assertEquals(found, ["F 1 W", "early"]);
});

Deno.test("files with ordered data are written in one order, whoever comes first", () => {
  const lists = new Set<string>();
  const { classes } = explore((world) => {
    const { journal } = build(world, {
      device: null,
      *writeOrdered(files) {
        lists.add(files.join(" "));
        yield;
      },
    });
    for (const file of ["G", "F"]) {
      world.spawn(`T${file}`, function* () {
        const handle = yield* journal.start();
        yield;
        handle.orderData(file);
        yield* journal.commit(yield* journal.stop(handle));
      });
    }
  });
  // Both in one transaction, or one of them in each of two.
  assertEquals([...lists].sort(), ["F", "F G", "G"]);
  assert(classes > 0);
});

Deno.test("a transaction whose blocks cannot be written gets no commit block, and no later one commits", () => {
  const { complete } = explore((world) => {
    const { journal, device, inodes } = build(world, {}, { errors: [{ bio: "jbd2.0" }] });
    const errors: number[] = [];
    world.spawn("T1", function* () {
      for (const size of [0, 1]) {
        const handle = yield* journal.start();
        yield;
        setDiskSize(inodes.F, size, handle);
        errors.push(yield* journal.commit(yield* journal.stop(handle)));
      }
    });
    return { finalState: () => `${errors} ${[3, 4].map((sector) => device.peek(sector))}` };
  });
  assertEquals(complete, { "-5,-5 STALE(3,0),STALE(4,0)": 1 });
});
