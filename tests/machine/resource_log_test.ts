import { assertEquals } from "@std/assert";
import { BitLock } from "../../src/machine/bit_lock.ts";
import { BlockDevice } from "../../src/machine/block_device.ts";
import { Account } from "../../src/machine/costs.ts";
import { Count } from "../../src/machine/count.ts";
import { Identities } from "../../src/machine/identities.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import { Placeholder } from "../../src/machine/page_tree_entry.ts";
import { ResourceLog } from "../../src/machine/resource_log.ts";
import { Rwsem } from "../../src/machine/rwsem.ts";
import type { Steps } from "../../src/machine/task.ts";
import { ZERO } from "../../src/machine/tokens.ts";
import { World } from "../../src/machine/world.ts";

function world(): { world: World; told: () => string[] } {
  const world = new World(new Identities());
  const log = world.resourceLog = new ResourceLog();
  const told = () =>
    log.events().map(({ kind, name, who, by, to, mode, acquisition }) => {
      const how = kind === "acquire" ? ` ${mode} ${acquisition}` : "";
      return `${kind} ${name} ${who}${to === "" ? "" : `>${to}`}${by === who ? "" : ` by ${by}`}${how}`;
    }).filter((text) => !text.includes("end("));
  return { world, told };
}

/** Runs the first task that can go on, until none can. */
function run(world: World): void {
  for (;;) {
    const task = world.tasks.find((each) => world.isEnabled(each));
    if (task === undefined) return;
    world.step(task, 0);
  }
}

Deno.test("locks tell who has taken them, how, and who gives them back", () => {
  const { world: own, told } = world();
  const mutex = new Mutex(own, "m");
  const bit = new BitLock(own, "b");
  const count = new Count(own, "c");
  own.spawn("T1", function* (): Steps {
    yield* mutex.lock();
    yield* bit.tryLock();
    bit.handOver("bio(1)");
    count.increment("dio(1)");
    yield;
    bit.clear();
    count.decrement("dio(1)");
    yield* mutex.unlock();
    const entry = new Placeholder(own, "F", 0, 1, own.current!);
    entry.wake();
  });
  run(own);
  assertEquals(told(), [
    "arrive m T1",
    "pass m T1",
    "acquire m T1 exclusive waited",
    "acquire b T1 exclusive tried",
    "hand_over b T1>bio(1)",
    "acquire c dio(1) by T1 shared tried",
    "release b bio(1) by T1",
    "release c dio(1) by T1",
    "release m T1",
    "acquire placeholder(F,[0,1]) T1 exclusive waited",
    "release placeholder(F,[0,1]) T1",
  ]);
});

Deno.test("who is let in by a release has the lock from that step on", () => {
  const { world: own, told } = world();
  const sem = new Rwsem(own, "s");
  own.spawn("T1", function* (): Steps {
    yield* sem.lockExclusive();
    yield;
    yield* sem.unlockExclusive();
  });
  own.spawn("T2", function* (): Steps {
    yield* sem.lockShared();
    yield* sem.upgrade();
    yield* sem.downgrade();
    yield* sem.unlockShared();
  });
  const [first, second] = own.tasks;
  for (const task of [first, second, first, first]) own.step(task, 0);
  run(own);
  assertEquals(told(), [
    "acquire s T1 exclusive waited",
    "arrive s T2",
    "release s T1",
    "acquire s T2 by T1 shared waited",
    "pass s T2",
    "arrive s T2",
    "pass s T2",
    "release s T2",
    "acquire s T2 exclusive waited",
    "release s T2",
    "acquire s T2 shared tried",
    "release s T2",
  ]);
});

Deno.test("an operation is charged for the I/O that it submits, also for what goes on without it", () => {
  const { world: own } = world();
  const device = new BlockDevice(own, { sectors: 2, sectorsPerBlock: 1 });
  const accounts = [new Account("a"), new Account("b")];
  own.spawn("T1", function* (task): Steps {
    for (const account of accounts) {
      yield;
      task.account = account;
      const memory = [new Sector(own, ZERO), new Sector(own, ZERO)];
      device.submit(device.bio({ op: "read", sector: 0, file: "F", memory }));
      device.submit(device.bio({ op: "flush" }));
    }
    task.account = null;
    yield;
  });
  run(own);
  // A bio of two sectors takes three steps, a flush one; a step is charged to the account with which its task comes to it.
  assertEquals(accounts.map(({ costs }) => [costs.bios, costs.steps]), [[1, 5], [1, 4]]);
  assertEquals(own.costs.bios, 2);
});
