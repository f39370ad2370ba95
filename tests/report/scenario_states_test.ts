import { assertEquals, assertMatch } from "@std/assert";
import { programOf } from "../../src/commands/scenario_programs.ts";
import { explore } from "../../src/exploring/explore.ts";
import { traceRun } from "../../src/report/lanes/lane_trace.ts";
import { lanesText } from "../../src/report/lanes/lanes.ts";
import { plain } from "../../src/report/paint.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { flagValues, systemNamed } from "../../src/systems/index.ts";

const SCENARIO = `title: a load, and then a direct write of another page
system: legacy-dio
flags: { fs: ext2 }
files: { F: { size: 2, cache: { 0: clean } } }
tasks:
  T1:
    - load: F[0:0]
    - pwrite: F[1] O_DIRECT
`;

Deno.test("what changes is told of sizes, pages, entries of page tables, extents and what blocks hold", () => {
  const legacy = systemNamed("legacy-dio");
  const scenario = readScenario("states.yaml", SCENARIO);
  const program = programOf({ scenario, system: "legacy-dio", flags: flagValues(legacy, { fs: "ext2" }) });
  const trace = traceRun(program, explore(program).outcomes[0].token);
  assertEquals(
    trace.steps.flatMap(({ changes }) => changes),
    [
      { thing: "pte(T1,0)", before: null, after: "page(F,0) read_only" },
      { thing: "block(F,1)", before: "I(F,2) I(F,3)", after: "W(T1#1,2) I(F,3)" },
      { thing: "block(F,1)", before: "W(T1#1,2) I(F,3)", after: "W(T1#1,2) W(T1#1,3)" },
    ],
  );
  // The lanes say it once.
  const text = lanesText(trace, { width: 100, paint: plain }).join("\n");
  assertMatch(text, /map page\(F,0\) read_only/);
  assertMatch(text, /sector\(2\) = W\(T1#1,2\)/);
  assertEquals(text.match(/pte\(|block\(/g), null);
});
