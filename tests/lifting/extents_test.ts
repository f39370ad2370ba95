import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ExtentMap } from "../../src/lifting/extents.ts";

type Step = { kind: "set"; start: number; length: number; file: number; offset: number } | {
  kind: "remove";
  start: number;
  length: number;
};

const SIZE = 400;
const place = { start: fc.nat(SIZE - 1), length: fc.integer({ min: 1, max: 60 }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), ...place, file: fc.nat(2), offset: fc.nat(200) }),
  fc.record({ kind: fc.constant("remove" as const), ...place }),
);

Deno.test("an extent map knows of every place what was last set there, and nothing of what was removed", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new ExtentMap();
      const plain: ([number, number] | null)[] = Array(SIZE + 100).fill(null);
      steps.forEach((each, seq) => {
        const end = each.start + each.length;
        if (each.kind === "set") map.set(each.start, end, each.file, each.offset, seq);
        else map.remove(each.start, end);
        for (let at = each.start; at < end; at++) {
          plain[at] = each.kind === "set" ? [each.file, each.offset + at - each.start] : null;
        }
      });
      plain.forEach((expected, at) => {
        const found = map.find(at);
        assertEquals(found === null ? null : [found.file, found.offset + at - found.start], expected, `at ${at}`);
      });
    }),
    { seed: 20261121, numRuns: 300 },
  );
});

Deno.test("many extents stay findable over many pieces", () => {
  const map = new ExtentMap();
  for (let i = 0; i < 5000; i++) {
    const at = (i * 1237) % 5000;
    map.set(at * 10, at * 10 + 5, at, 0, i);
  }
  assertEquals(map.size, 5000);
  for (let at = 0; at < 5000; at++) {
    assertEquals(map.find(at * 10 + 4)?.file, at);
    assertEquals(map.find(at * 10 + 5), null);
  }
});

Deno.test("beyond its bound an extent map keeps what was confirmed last", () => {
  const map = new ExtentMap(100);
  for (let i = 0; i < 101; i++) map.set(i * 10, i * 10 + 5, i, 0, i);
  assertEquals(map.find(0), null);
  assertEquals(map.find(1000)?.file, 100);
  assertEquals(map.size <= 100, true);
});
