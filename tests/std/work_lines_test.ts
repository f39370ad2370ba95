import { assertEquals } from "@std/assert";
import { placeOfMost, WorkLines } from "../../src/std/work_lines.ts";

/** Words in lines by their first letters, begun in turn by so many workers. */
function dealt(words: readonly string[], workers: number, choose?: (left: readonly string[]) => number): string[][] {
  const lines = new WorkLines(words, ([first]) => first);
  const taken: string[][] = Array.from({ length: workers }, () => []);
  for (;;) {
    let any = false;
    for (const [worker, own] of taken.entries()) {
      const next = lines.next(worker, choose);
      if (next === null) continue;
      own.push(next);
      any = true;
    }
    if (!any) return taken;
  }
}

Deno.test("each worker stays in a line, and then helps where most is left", () => {
  assertEquals(dealt(["a1", "b1", "a2", "c1", "b2", "a3", "a4", "c2", "c3"], 2), [
    ["a1", "a2", "a3", "a4", "c3"],
    ["b1", "b2", "c1", "c2"],
  ]);
});

Deno.test("a single worker does one line after another, each in its order", () => {
  assertEquals(dealt(["a1", "b1", "a2", "b2"], 1), [["a1", "a2", "b1", "b2"]]);
});

Deno.test("workers share a line when there is no other, and all is done once", () => {
  assertEquals(dealt(["a1", "a2", "a3"], 2), [["a1", "a3"], ["a2"]]);
  assertEquals(dealt([], 2), [[], []]);
});

Deno.test("what comes next of a line can be chosen: the first of those that have most of something", () => {
  const most = (left: readonly string[]) => placeOfMost(left, (word) => word.length);
  assertEquals(dealt(["a", "accc", "addd", "abb"], 1, most), [["accc", "addd", "abb", "a"]]);
});
