import { assert, assertEquals } from "@std/assert";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { FlagValue, Scenario } from "../../src/scenarios/scenario.ts";
import type { RunRecord } from "../../src/systems/run_record.ts";
import type { World } from "../../src/machine/world.ts";
import type { Prepared } from "../../src/machine/program.ts";
import { crash, everyInterleaving } from "../machine/exploring.ts";
import { programOf, recordsOf } from "./explored.ts";

function scenarioOf(system: string, body: string): Scenario {
  return readScenario(
    "test.yaml",
    `title: test\nsystem: ${system}\n${body}\nexpect:\n  - reachable: DEADLOCK\n    why: none\n    source: test\n`,
  );
}

/** What F holds after recovery, by crash image. */
function contents(records: readonly RunRecord[]): string[] {
  const found = records.filter(({ end }) => end === "crash").map(({ files }) => files[0].media.join(" "));
  return [...new Set(found)].sort();
}

const WRITE = `
files: { F: { size: 1 } }
tasks: { T1: [{ pwrite: "F[0]", name: w }] }
crash: { after: w }`;

Deno.test("a crash behind a plain copy of two lines of two words leaves three contents of each line", () => {
  // Of the two stores to a line none, the first, or both have been evicted.
  const line = (sector: number) => [`I(F,${sector})`, `TORN(W(w,${sector})|I(F,${sector}))`, `W(w,${sector})`];
  const expected = line(0).flatMap((first) => line(1).map((second) => `${first} ${second}`)).sort();
  assertEquals(contents(recordsOf(scenarioOf("dax", WRITE))), expected);
  assertEquals(contents(recordsOf(scenarioOf("xip-io", WRITE), { store: "cached" })), expected);
});

Deno.test("nothing but the new data is left where caches survive, or where the copy went past them and was fenced", () => {
  const expected = ["W(w,0) W(w,1)"];
  assertEquals(contents(recordsOf(scenarioOf("dax", WRITE), { pmem_domain: "eadr" })), expected);
  assertEquals(contents(recordsOf(scenarioOf("xip-io", WRITE))), expected);
});

Deno.test("of an extending write a crash leaves the old size, or the new one with any part of the data", () => {
  const scenario = scenarioOf(
    "dax",
    `
files: { F: { size: 1 } }
bounds: { SECTORS_PER_PAGE: 1, pages: 2 }
tasks: { T1: [{ pwrite: "F[1] O_DSYNC", name: w }] }
crash: anywhere`,
  );
  const found = (flags: Record<string, FlagValue>) => {
    const states = recordsOf(scenario, flags).filter(({ end }) => end === "crash")
      .map(({ files }) => `${files[0].size}: ${files[0].media.join(" ")}`);
    return [...new Set(states)].sort();
  };
  // The transaction with the size commits whether or not the line has been written back: what a former owner left is seen.
  assertEquals(found({}), [
    "1: I(F,0)",
    "2: I(F,0) STALE(1,0)",
    "2: I(F,0) TORN(W(w,1)|STALE(1,0))",
    "2: I(F,0) W(w,1)",
  ]);
  assertEquals(found({ dax_fsync_flushes: "on" }), ["1: I(F,0)", "2: I(F,0) W(w,1)"]);
});

/** A store and what makes it durable. */
function storeAnd(sync: string): string {
  return `
bounds: { SECTORS_PER_PAGE: 1, pages: 1 }
files: { F: { size: 1 } }
tasks: { T1: [{ store: "F[0:0]" }, { ${sync} }] }
crash: anywhere`;
}

const ODD = `
bounds: { SECTORS_PER_PAGE: 1, pages: 1 }
files: { F: { size: 1 } }
tasks: { T1: [{ pwrite: "F[0]", bytes: 300 }] }
crash: anywhere`;

const MSYNC = 'msync: "F[0] MS_SYNC"';

/** Programs that are small enough to run every interleaving of. */
const SMALL: readonly [name: string, system: string, body: string, flags: Record<string, FlagValue>][] = [
  ["store and msync", "dax", storeAnd(MSYNC), {}],
  ["store and msync that flushes", "dax", storeAnd(MSYNC), { dax_fsync_flushes: "on" }],
  ["store and fsync of ext2", "xip-io", storeAnd("fsync: F"), { path: "old_xip" }],
  ["write of odd length", "xip-io", ODD, {}],
];

Deno.test("exploring finds every state that a crash in any interleaving leaves, and no other", () => {
  for (const [name, system, body, flags] of SMALL) {
    const program = programOf(scenarioOf(system, body), flags);
    const setUp = (world: World): Prepared => program.setUp(world)!;
    const all = everyInterleaving(setUp, 20_000);
    assert(all !== null, `${name}: too many interleavings`);
    assert(all.crashes.length > 1, `${name}: crashes leave ${all.crashes}`);
    assertEquals([name, crash(setUp)], [name, all.crashes]);
  }
});
