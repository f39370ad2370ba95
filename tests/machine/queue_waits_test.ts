// Wait queues: who is woken, who sleeps for ever. The numbers of classes are derived by hand; where they are not plain, a
// comment says how.

import { assertEquals } from "@std/assert";
import { BitLock } from "../../src/machine/bit_lock.ts";
import type { Resource } from "../../src/machine/level.ts";
import type { Steps } from "../../src/machine/task.ts";
import { WaitQueue } from "../../src/machine/wait_queue.ts";
import { everyClass, type Stage } from "./every_class.ts";
import { assertEnds } from "./wait_programs.ts";

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
