import { assertEquals } from "@std/assert";
import { Identities } from "../../src/machine/identities.ts";
import { type Exclusiveness, WaitQueue } from "../../src/machine/wait_queue.ts";
import type { Steps } from "../../src/machine/task.ts";
import { World } from "../../src/machine/world.ts";
import { everyClass } from "./every_class.ts";

/** Lets every task do what it can, in the order in which they were started. */
function run(world: World): void {
  for (;;) {
    const task = world.tasks.find((each) => world.isEnabled(each));
    if (task === undefined) return;
    world.step(task, 0);
  }
}

Deno.test("a wake-up wakes all that wait non-exclusively and the first that waits exclusively", () => {
  const world = new World(new Identities());
  const queue = new WaitQueue(world, "queue");
  const log: string[] = [];
  function* waiter(name: string, exclusiveness: Exclusiveness): Steps {
    yield;
    const entry = exclusiveness === "exclusive" ? queue.prepareToWaitExclusive() : queue.prepareToWait();
    yield* queue.sleep(entry);
    log.push(name);
  }
  for (
    const [name, exclusiveness] of [
      ["E1", "exclusive"],
      ["N1", "nonexclusive"],
      ["E2", "exclusive"],
      ["N2", "nonexclusive"],
      ["E3", "exclusive"],
    ] as const
  ) world.spawn(name, () => waiter(name, exclusiveness));
  run(world);
  assertEquals(queue.wakeUp(), 3);
  run(world);
  assertEquals(log, ["E1", "N1", "N2"]);
  assertEquals(queue.peek.map(({ name }) => name), ["E2", "E3"]);
  assertEquals(queue.wakeUpAll(), 2);
  run(world);
  assertEquals(log, ["E1", "N1", "N2", "E2", "E3"]);
  assertEquals(queue.wakeUp(), 0);
});

Deno.test("a wake-up between getting into the queue and going to sleep is not lost, one before is", () => {
  const explored = everyClass(({ world, start }) => {
    const queue = new WaitQueue(world, "queue");
    start("T1", function* () {
      yield;
      const entry = queue.prepareToWait();
      yield;
      yield* queue.sleep(entry);
    });
    start("T2", function* () {
      yield;
      queue.wakeUp();
    });
  });
  assertEquals(explored, {
    complete: [""],
    deadlocked: ["T1 waits queue (no owner)"],
    cycleLengths: [[]],
    findings: [],
    blocked: 0,
  });
});

Deno.test("who leaves the queue is not woken: an exclusive wake-up goes to the next", () => {
  const explored = everyClass(({ world, start, saw }) => {
    const queue = new WaitQueue(world, "queue");
    const second = start("T2", function* () {
      yield;
      const own = queue.prepareToWaitExclusive();
      yield;
      queue.finishWait(own);
      saw("left");
    });
    start("T3", function* () {
      yield second.whenEnded;
      const entry = queue.prepareToWaitExclusive();
      start("T4", function* () {
        yield;
        saw(queue.wakeUp());
      });
      yield* queue.sleep(entry);
      saw("woken");
    });
  });
  assertEquals(explored.complete, ["left 1 woken"]);
  assertEquals(explored.deadlocked, []);
});

Deno.test("getting into a queue commutes for non-exclusive waiters, not for exclusive ones", () => {
  const classes = (exclusiveness: Exclusiveness) =>
    everyClass(({ world, start }) => {
      const queue = new WaitQueue(world, "queue");
      for (const name of ["T1", "T2"]) {
        start(name, function* () {
          yield;
          if (exclusiveness === "exclusive") queue.prepareToWaitExclusive();
          else queue.prepareToWait();
        });
      }
    }).complete.length;
  assertEquals(classes("nonexclusive"), 1);
  assertEquals(classes("exclusive"), 2);
});

Deno.test("wake-ups of an empty queue commute", () => {
  const explored = everyClass(({ world, start }) => {
    const queue = new WaitQueue(world, "queue");
    for (const name of ["T1", "T2"]) {
      start(name, function* () {
        yield;
        queue.wakeUpAll();
      });
    }
  });
  assertEquals(explored.complete.length, 1);
});

Deno.test("what was done before a wake-up is seen by who is woken", () => {
  const explored = everyClass(({ world, start, x, saw }) => {
    const queue = new WaitQueue(world, "queue");
    start("T1", function* () {
      yield;
      yield* queue.sleep(queue.prepareToWait());
      saw(yield* x.read());
    });
    start("T2", function* () {
      yield* x.write(1);
      yield;
      queue.wakeUp();
    });
  });
  assertEquals(explored.complete, ["1"]);
  assertEquals(explored.deadlocked, ["T1 waits queue (no owner)"]);
  assertEquals(explored.blocked, 0);
});
