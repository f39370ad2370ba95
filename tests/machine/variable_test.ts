import { assertEquals } from "@std/assert";
import { Counter, Variable } from "../../src/machine/variable.ts";
import { explore } from "./exploring.ts";

Deno.test("of two compare-and-swaps the first succeeds, and the one that fails has only read", () => {
  const swapping = (reader: "a reader" | "no reader") =>
    explore((world) => {
      const lock = new Variable(world, "lock", "free");
      const won: string[] = [];
      for (const name of ["T1", "T2"]) {
        world.spawn(name, function* () {
          if (yield* lock.compareAndSwap("free", name)) won.push(name);
        });
      }
      if (reader === "a reader") {
        world.spawn("R", function* () {
          yield* lock.read();
        });
      }
      return { finalState: () => `${won} ${lock.peek}` };
    });
  assertEquals(swapping("no reader").complete, { "T1 T1": 1, "T2 T2": 1 });
  // Before or behind the one that succeeds: beside the other one it makes no difference.
  assertEquals(swapping("a reader").complete, { "T1 T1": 2, "T2 T2": 2 });
});

Deno.test("what is counted without being looked at has one class, what is fetched has one for each order", () => {
  const counting = (how: "increment" | "fetchAdd") =>
    explore((world) => {
      const counter = new Counter(world, "counter");
      for (const name of ["T1", "T2"]) world.spawn(name, () => counter[how](1));
      return { finalState: () => String(counter.peek) };
    }).complete;
  assertEquals(counting("increment"), { "2": 1 });
  assertEquals(counting("fetchAdd"), { "2": 2 });
});
