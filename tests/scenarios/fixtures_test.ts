import { assert, assertEquals } from "@std/assert";
import { withKept } from "../../src/scenarios/kept.ts";
import { loadScenarios } from "../../src/scenarios/load.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { scenarioText } from "../../src/scenarios/scenario_text.ts";
import { SCHEMA_FILE, schemaText } from "./write_schema.ts";

const FIXTURES = new URL("../../fixtures", import.meta.url).pathname;

const loaded = loadScenarios([FIXTURES]);

/** Number of the rows of each system. */
const ROWS: Record<string, string> = {
  "legacy-dio": "10",
  "placeholder-dio": "20",
  "xip-io": "30",
  "dax": "40",
  "page-cache-dio": "50",
  "ext4-iomap-dio": "60",
  "xfs-iomap-dio": "70",
  "mainline": "80",
};

Deno.test("every fixture is named for its row, or own- or cost-, and lies in the folder of its system", () => {
  for (const { path, scenario } of loaded) {
    const folder = path.split("/").at(-2)!;
    const rows = ROWS[folder];
    if (rows === undefined) continue;
    assertEquals(scenario.selection.systems, [folder], path);
    if (/^(own|cost)-/.test(scenario.name)) continue;
    assert(scenario.name.startsWith(`${rows}-`), path);
    const [own] = /^\d{2}-\d+[a-z]?/.exec(scenario.name)!;
    const sources = scenario.expectations.map(({ source }) => source.row ?? "");
    assert(sources.some((row) => row.replace(/[a-z]$/, "") === own.replace(/[a-z]$/, "")), `${path}: ${sources}`);
  }
});

Deno.test("every fixture is written to text that loads to the same", () => {
  for (const { path, scenario } of loaded) {
    assertEquals(readScenario(path, scenarioText(scenario)), scenario, path);
  }
});

Deno.test("what explore keeps is written into a fixture and taken out again without touching the rest", () => {
  for (const { path, scenario } of loaded) {
    const text = Deno.readTextFileSync(path);
    const nth = scenario.expectations.length - 1;
    if (nth < 0) continue;
    const kept = [{
      run: "placeholder-dio p4",
      token: "d1~0,1*2,0",
      classes: null,
      shown: "DEADLOCK reachable: T1 waits",
    }, {
      run: "placeholder-dio p5",
      token: null,
      classes: 12,
      shown: "absent",
    }];
    const written = withKept(text, nth, kept);
    assertEquals(readScenario(path, written).expectations[nth].kept, kept);
    assertEquals(withKept(written, nth, []), withKept(text, nth, []), path);
    // What has been kept once stands in the same place when it is kept again.
    assertEquals(withKept(written, nth, kept), written, path);
  }
});

Deno.test("one scenario is loaded with its siblings looked up in its folder", () => {
  const [{ scenario }] = loadScenarios([`${FIXTURES}/dax/40-37-hole-page-mapped-after-the-write.yaml`]);
  assertEquals(scenario.expectations.map(({ kind }) => kind), ["reachable", "absent"]);
});

Deno.test("the JSON Schema in fixtures is that of the code; else run tests/scenarios/write_schema.ts", () => {
  assertEquals(Deno.readTextFileSync(SCHEMA_FILE), schemaText());
});
