import { assertEquals } from "@std/assert";
import { Variable } from "../../src/machine/variable.ts";
import { Workqueue, type WorkqueueOrder } from "../../src/machine/workqueue.ts";
import { everyClass } from "./every_class.ts";

/** Items a and b, queued in this order by one task, each of which appends its name. */
function twoItems(order: WorkqueueOrder) {
  return everyClass(({ world, start, saw }) => {
    const queue = new Workqueue(world, "dio_done", order);
    const log = new Variable(world, "log", "");
    const append = (name: string) => log.update((text) => text + name);
    start("T1", function* () {
      yield;
      queue.queueWork("a", function* () {
        yield* append("a");
      }, undefined);
      yield;
      queue.queueWork("b", function* () {
        yield* append("b");
      }, undefined);
      yield* queue.flush();
      saw(yield* log.read());
    });
  });
}

Deno.test("items of an ordered queue run in the order of queueing, of a concurrent one in any", () => {
  // The flush looks before or after the end of the last item; ordered, that is the one that matters.
  assertEquals(twoItems("ordered").complete, ["ab", "ab"]);
  // Here it looks at both, and finds none, the first or both ended.
  assertEquals(twoItems("concurrent").complete, ["ab", "ab", "ab", "ba", "ba", "ba"]);
});

Deno.test("who queues first is run first, whichever that is", () => {
  const explored = everyClass(({ world, start, saw }) => {
    const queue = new Workqueue(world, "dio_done");
    const work = function* (name: string) {
      yield;
      saw(name);
    };
    for (const name of ["a", "b"]) {
      start(`irq of ${name}`, function* () {
        yield;
        queue.queueWork(name, work, name);
      }, { context: "irq" });
    }
  });
  assertEquals(explored.complete, ["a b", "b a"]);
  assertEquals(explored.findings, []);
});

Deno.test("an item may sleep, though an interrupt has queued it", () => {
  const explored = everyClass(({ world, start, saw }) => {
    const queue = new Workqueue(world, "dio_done");
    start("irq", function* () {
      yield;
      queue.queueWork("item", function* () {
        yield;
        saw(world.current!.context);
        world.mightSleep("item");
      }, undefined);
    }, { context: "irq" });
  });
  assertEquals(explored, { complete: ["workqueue"], deadlocked: [], cycleLengths: [], findings: [], blocked: 0 });
});

Deno.test("an item that flushes its own queue waits for itself, and who comes behind it waits too", () => {
  const explored = everyClass(({ world, start }) => {
    const queue = new Workqueue(world, "dio_done");
    start("T1", function* () {
      yield;
      queue.queueWork("a", () => queue.flush(), undefined);
      yield world.tasks[1].whenEnded;
      queue.queueWork("b", function* () {}, undefined);
    });
  });
  assertEquals(explored.deadlocked, [
    "a waits workqueue(dio_done) (owner self)\nT1 waits end(a) (owner a)",
  ]);
});
