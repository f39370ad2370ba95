import { assertEquals } from "@std/assert";
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
