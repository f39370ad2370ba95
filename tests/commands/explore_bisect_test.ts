import { assertEquals, assertStringIncludes } from "@std/assert";
import { legalSetsOf, planSets } from "../../src/commands/explore_bisect.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { systemNamed, SYSTEMS } from "../../src/systems/index.ts";
import { runCli } from "./run_cli.ts";

function planned(text: string, systems: readonly string[] | null = null) {
  const scenario = readScenario(
    "a.yaml",
    `title: t\nsystem: legacy-dio\n${text}\ntasks: { T1: [{ pread: "F[0]", name: r }] }\n` +
      `expect: [{ result: r, returns: all, why: w, source: "10-1 [D]" }]`,
  );
  return planSets([{ path: "a.yaml", scenario }], SYSTEMS, { systems, set: {} }).runs;
}

Deno.test("where a system names no sets, they are its defaults and each single flag with each of its other values", () => {
  const sets = legalSetsOf(systemNamed("legacy-dio")).map(({ name }) => name);
  assertEquals(sets.slice(0, 5), ["defaults", "fs=ext2", "fs=xfs", "fs=bdev", "post_inval_only=off"]);
  const runs = planned("flags: { fs: ext2 }");
  // What the scenario sets stays set; fs itself is one of those that are gone through.
  assertEquals(runs.slice(0, 3).map(({ set, flagsText }) => [set, flagsText]), [
    ["defaults", "fs=ext2"],
    ["fs=xfs", "fs=xfs"],
    ["fs=bdev", "fs=bdev"],
  ]);
  assertEquals(new Set(runs.map(({ flagsText }) => flagsText)).size, runs.length);
});

Deno.test("a series is gone through from none of its patches to all of them, whatever the scenario says of them", () => {
  const sets = planned("flags: { p4: off }", ["placeholder-dio"]).map(({ set }) => set!);
  assertEquals([sets.length, sets[0], sets.at(-1)], [24, "none", "p1 p2 p3 p4 p5 p6 p7 p8"]);
});

Deno.test("the write from its own mapping hangs with the patch that locks pages before it pins them", async () => {
  const [path] = ["fixtures/placeholder-dio/20-1-write-from-a-mapping-of-the-range.yaml"];
  const run = await runCli(["explore", path, "--bisect"]);
  assertEquals([run.code, run.stderr], [0, ""]);
  assertStringIncludes(run.stdout, "p2 brings DEADLOCK (2 of 2 pairs of sets)");
});
