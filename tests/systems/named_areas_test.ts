import { assertEquals } from "@std/assert";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { OperationRecord } from "../../src/systems/run_record.ts";
import { recordsOf } from "./explored.ts";

function operationsOf(body: string): readonly OperationRecord[] {
  const expect = "expect:\n  - reachable: DEADLOCK\n    why: none\n    source: test\n";
  const [record] = recordsOf(readScenario("test.yaml", `title: test\nsystem: dax-iomap\n${body}\n${expect}`));
  return record.operations;
}

Deno.test("a load through a named area is one of the file that it maps, where it maps it", () => {
  const [load, store] = operationsOf(`
bounds: { SECTORS_PER_PAGE: 1, pages: 3 }
files: { F: { size: 3 } }
maps: { m: "F[1..2] MAP_SHARED" }
tasks: { T1: [{ load: "m[1:0]" }, { store: "m[0:0]" }] }`);
  assertEquals([load.file, load.pos, load.len, load.reads.map(({ token }) => token)], ["F", 2, 1, ["I(F,2)"]]);
  assertEquals([store.file, store.pos, store.writes.map(({ sector }) => sector)], ["F", 1, [1]]);
});

Deno.test("a file that shares blocks with another one begins with what that one has", () => {
  const [first, second] = operationsOf(`
bounds: { SECTORS_PER_PAGE: 1, pages: 2 }
flags: { fs: xfs }
files:
  F: { size: 2, blocks: { 0: "shared G[1]", 1: written } }
  G: { size: 2 }
tasks: { T1: [{ pread: "F[0..1]" }, { pread: "G[1]" }] }`);
  assertEquals(first.reads.map(({ token }) => token), ["I(G,1)", "I(F,1)"]);
  assertEquals(second.reads.map(({ token }) => token), ["I(G,1)"]);
});
