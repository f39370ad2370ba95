import { assertEquals, assertStrictEquals } from "@std/assert";
import { onceFor } from "../../src/std/once_for.ts";

Deno.test("what is made of an object is made once, and of another one for itself", () => {
  let made = 0;
  const sizeOf = onceFor((list: readonly number[]) => ({ size: list.length, made: ++made }));
  const [short, long] = [[1], [1, 2]];
  assertEquals(sizeOf(short), { size: 1, made: 1 });
  assertEquals(sizeOf(long), { size: 2, made: 2 });
  assertStrictEquals(sizeOf(short), sizeOf(short));
  assertEquals(sizeOf([1]), { size: 1, made: 3 });
});
