import { assertEquals } from "@std/assert";
import { ScenarioError } from "../../src/scenarios/problems.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { crossProduct, selectionsOf } from "../../src/scenarios/selection.ts";

Deno.test("an expectation replaces systems and presets of its scenario, and adds flags or replaces them one by one", () => {
  const scenario = readScenario(
    "a.yaml",
    `title: t
system: dax
preset: any
flags: { fs: ext2, fault_serial: none }
tasks: { T1: [{ fsync: F }] }
expect:
  - reachable: DEADLOCK
    preset: p4
    flags: { fs: [ext3, ext4] }
    again:
      - { flags: { fault_serial: mmaplock } }
      - { system: mainline, preset: [v61, v618] }
    why: w
    source: ours
`,
  );
  assertEquals(selectionsOf(scenario, scenario.expectations[0]), [
    { systems: ["dax"], presets: ["p4"], flags: { fs: ["ext3", "ext4"], fault_serial: ["none"] } },
    { systems: ["dax"], presets: ["p4"], flags: { fs: ["ext3", "ext4"], fault_serial: ["mmaplock"] } },
    { systems: ["mainline"], presets: ["v61", "v618"], flags: { fs: ["ext3", "ext4"], fault_serial: ["none"] } },
  ]);
});

Deno.test("each value of a flag is taken with each value of the others", () => {
  assertEquals([...crossProduct({ fs: ["ext2", "ext3"], wcache: ["off", "on"] })], [
    { fs: "ext2", wcache: "off" },
    { fs: "ext2", wcache: "on" },
    { fs: "ext3", wcache: "off" },
    { fs: "ext3", wcache: "on" },
  ]);
  assertEquals([...crossProduct({})], [{}]);
});

const DAX = { flags: { fs_alloc: ["ext4_ext", "ext2"], efault_at: [], even_cows: [0, 1] }, presets: ["v40"] };

/** What is said about systems, presets and flags when those of dax are known. */
function said(selection: string, again = ""): string[] {
  const text =
    `title: t\n${selection}tasks: { T1: [{ fsync: F }] }\nexpect:\n  - reachable: DEADLOCK\n    why: w\n    source: ours\n${again}`;
  try {
    readScenario("a.yaml", text, { systems: { dax: DAX, mine: null } });
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split("\n");
    throw error;
  }
}

Deno.test("flags and presets are checked by what their system has, where that is known", () => {
  assertEquals(
    said("system: dax\nflags: { fs_alloc: [ext2, any], efault_at: 7, even_cows: 1 }\npreset: [v40, any]\n"),
    [],
  );
  assertEquals(said("system: [dax, mainline]\nflags: { anything: 1 }\n"), []);
  assertEquals(said("system: mine\nflags: { anything: 1 }\npreset: p\n"), []);
  assertEquals(said("system: dax\nflags: { fs_aloc: ext2, even_cows: 2 }\npreset: v41\n"), [
    "a.yaml:3:10: flags.fs_aloc: no flag of dax, did you mean fs_alloc?",
    "a.yaml:3:36: flags.even_cows: expected one of 0, 1, found 2",
    "a.yaml:4:9: preset: no preset v41 of dax, did you mean v40?",
  ]);
  assertEquals(said("system: dax\n", "    again: { flags: { fs_alloc: ext3 } }\n"), [
    "a.yaml:8:33: expect[0].again.flags.fs_alloc: expected one of ext4_ext, ext2, found ext3, did you mean ext2?",
  ]);
});
