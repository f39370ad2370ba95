import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkSizes } from "../../src/checking/file_sizes.ts";
import type { OperationRecord } from "../../src/systems/run_record.ts";
import { untouchedFile } from "./planted/runner.ts";
import { operation, record } from "./records.ts";

const texts = (operations: OperationRecord[], size: number, initial = 4) =>
  checkSizes(record(operations, untouchedFile(size), {}, initial)).map(({ text }) => text);

Deno.test("the size is that of some order of what was done to it", () => {
  const extend = operation({ name: "a", pos: 4, len: 2, begun: 0, returned: 4 });
  const truncate = operation({ name: "t", kind: "ftruncate", pos: 1, len: 0, result: 0, begun: 1, returned: 5 });
  assertEquals(texts([extend, truncate], 6), []);
  assertEquals(texts([extend, truncate], 1), []);
  assertEquals(texts([extend, truncate], 4), [
    "F is 4 sectors long when all is done, and 1 or 6 by every order of what was done to it: an extending write is cut off",
  ]);
  assertEquals(texts([extend, { ...truncate, begun: 5, returned: 6 }], 6).length, 1);
});

Deno.test("what has failed may have grown the file or not, and a short write as far as it was asked for", () => {
  const failed = operation({ pos: 4, len: 2, result: -5 });
  for (const size of [4, 5, 6]) assertEquals(texts([failed], size), []);
  assertEquals(texts([failed], 7).length, 1);
  assertEquals(texts([operation({ pos: 4, len: 3, result: 2 })], 5).length, 1);
  assertEquals(texts([operation({ pos: 4, len: 3, result: 2 })], 6), []);
  assertEquals(texts([operation({ pos: 4, len: 3, result: 0 })], 4), []);
});

Deno.test("preallocation that keeps the size does not change it", () => {
  const falloc = (flags: string[]) => operation({ kind: "fallocate", pos: 4, len: 2, result: 0, flags });
  assertEquals(texts([falloc(["FALLOC_FL_KEEP_SIZE"])], 4), []);
  assertEquals(texts([falloc([])], 6), []);
  assertEquals(texts([falloc([])], 4).length, 1);
  assertEquals(texts([falloc(["FALLOC_FL_COLLAPSE_RANGE"])], 2), []);
});

Deno.test("a size on disk beyond the size in core is wrong at once, one below it when nothing will raise it", () => {
  const of = (more: Parameters<typeof untouchedFile>[1]) =>
    checkSizes(record([operation()], untouchedFile(4, more))).map(({ anomaly }) => anomaly);
  assertEquals(of({ diskSize: 5 }), ["WRONG_SIZE"]);
  assertEquals(of({ diskSize: 3 }), ["WRONG_DISKSIZE"]);
  const block = { lblk: 3, pblk: null, state: "delalloc" as const, preallocated: false, conversionQueued: false };
  assertEquals(of({ diskSize: 3, blocks: [block] }), []);
  assertEquals(of({ diskSize: 3, blocks: [{ ...block, pblk: 7, state: "unwritten", conversionQueued: true }] }), []);
});

/** Every order that real time allows, tried one after the other. */
function sizesByEnumeration(operations: readonly OperationRecord[], initial: number): Set<number> {
  const found = new Set<number>();
  const go = (left: readonly OperationRecord[], size: number): void => {
    if (left.length === 0) found.add(size);
    left.forEach((next, at) => {
      if (left.some((other) => other !== next && other.returned !== null && other.returned < next.begun)) return;
      const rest = left.filter((_, each) => each !== at);
      if (next.kind === "ftruncate") {
        go(rest, next.pos);
        if (next.result! < 0) go(rest, size);
        return;
      }
      const moved = Math.max(0, next.result!);
      const most = next.result! < 0 ? next.len : moved;
      for (let sectors = moved; sectors <= most; sectors++) {
        go(rest, sectors === 0 ? size : Math.max(size, next.pos + sectors));
      }
    });
  };
  go(operations, initial);
  return found;
}

Deno.test("legal sizes are those that plain enumeration finds", () => {
  const anyOperation = fc.record({
    truncates: fc.boolean(),
    pos: fc.nat(5),
    len: fc.integer({ min: 1, max: 3 }),
    begun: fc.nat(8),
    lasts: fc.nat(5),
    outcome: fc.constantFrom("all", "short", "fails"),
  });
  let wrong = 0;
  let right = 0;
  fc.assert(
    fc.property(fc.array(anyOperation, { minLength: 1, maxLength: 4 }), fc.nat(8), (some, size) => {
      const operations = some.map(({ truncates, pos, len, begun, lasts, outcome }, nth) =>
        operation({
          name: `o${nth}`,
          kind: truncates ? "ftruncate" : "pwrite",
          pos,
          len: truncates ? 0 : len,
          begun,
          returned: begun + lasts,
          result: outcome === "fails" ? -5 : truncates ? 0 : outcome === "all" ? len : len - 1,
        })
      );
      const legal = sizesByEnumeration(operations, 4).has(size);
      if (legal) right++;
      else wrong++;
      assertEquals(texts(operations, size).length === 0, legal);
    }),
    { numRuns: 2000, seed: 4 },
  );
  assert(wrong > 200 && right > 200, `${wrong} wrong, ${right} right`);
});
