import { assertEquals } from "@std/assert";
import { matchOperations, type Place } from "../../../src/results/comparison/operation_match.ts";

/** A place of two files whose inode numbers begin at `first`, each with one read that ended so. */
function places(first: number, outcomes: readonly string[]): Place[] {
  return outcomes.map((outcome, nth) => ({
    key: `wl-t1 1: pread inode ${first + nth} 0+4096`,
    rankedKey: `wl-t1 1: pread file ${1 + nth} 0+4096`,
    outcomes: [outcome],
  }));
}

Deno.test("files are known by their inode numbers, and by the order of these where more operations match so", () => {
  const matched = (first: number) => {
    const match = matchOperations(
      places(12, ["done direct", "done direct"]),
      places(first, ["done direct", "short direct"]),
    );
    return [match.matched, match.onlyA, match.onlyB, match.filesBy, match.changes.length];
  };
  assertEquals(matched(12), [2, 0, 0, "inode number", 1]);
  assertEquals(matched(131), [2, 0, 0, "order of inode numbers", 1]);
  // One number in common is less than all in order.
  assertEquals(matched(13), [2, 0, 0, "order of inode numbers", 1]);
  assertEquals(matchOperations(places(12, ["done"]), places(12, [])), {
    a: 1,
    b: 0,
    matched: 0,
    onlyA: 1,
    onlyB: 0,
    filesBy: "inode number",
    changes: [],
  });
});
