import { assert, assertEquals } from "@std/assert";
import { stripVTControlCharacters } from "node:util";
import { explore } from "../../src/exploring/explore.ts";
import type { Program } from "../../src/machine/program.ts";
import { traceRun } from "../../src/report/lanes/lane_trace.ts";
import { lanesText } from "../../src/report/lanes/lanes.ts";
import { lineTable } from "../../src/report/lanes/persistent_lines.ts";
import { coloured, type Paint, plain } from "../../src/report/paint.ts";
import { displayWidth } from "../../src/results/query/text_width.ts";
import { programOf, scenarioOf } from "../systems/explored.ts";

const SMALL = "bounds: { SECTORS_PER_PAGE: 1, pages: 1 }\nfiles: { F: { size: 1 } }\n";

function program(system: string, tasks: string, flags: Record<string, string> = {}, crash = "anywhere"): Program {
  const scenario = scenarioOf(`${SMALL}crash: ${crash}\ntasks:\n  ${tasks}`);
  return programOf({ ...scenario, selection: { ...scenario.selection, systems: [system], flags: {} } }, flags);
}

/** The picture of the shortest crash that recovers to a state. */
function pictureOf(own: Program, recovered: string, width: number, paint: Paint): string[] {
  const crash = explore(own).outcomes.find(({ end, finalState }) => end === "crash" && finalState === recovered);
  assert(crash !== undefined, `no crash recovers to ${recovered}`);
  const trace = traceRun(own, crash.token);
  return [...lanesText(trace, { width, paint }), ...lineTable(trace, width, paint)];
}

const STORE = program("dax", 'T1: [{ store: "F[0:0]" }, { msync: "F[0] MS_SYNC" }]', { dax_fsync_flushes: "on" });
const SYNCED = program(
  "dax",
  'T1: [{ store: "F[0:0]" }, { msync: "F[0] MS_SYNC", name: sync }]',
  { dax_fsync_flushes: "on" },
  "{ after: sync }",
);
const OLD = "F 1: I(F,0)";
const NEW = "F 1: W(T1#0,0)";

Deno.test("a store goes through the cache, a flush puts it on its way, a fence makes it durable", () => {
  const lines = pictureOf(SYNCED, NEW, 100, plain);
  const column = lines.filter((line) => /^ *\d+ /.test(line)).map((line) => /[○◐●]/.exec(line)?.[0] ?? " ").join("");
  assert(/^ +○+◐+●+$/.test(column), column);
  assertEquals(lines.filter((line) => line.startsWith("a ")), [
    "a pmem line 0 (F[0:0]): durable W(T1#0,0); survived W(T1#0,0)",
  ]);
});

Deno.test("behind the lanes stands what each line held when the power went, and what the image has of it", () => {
  const lost = pictureOf(STORE, OLD, 100, plain);
  // Before the store nothing has been written.
  assertEquals(lost.filter((line) => line.includes("pmem line")), []);
  const write = program("xip-io", 'T1: [{ pwrite: "F[0]", bytes: 300 }]');
  const torn = pictureOf(write, "F 1: TORN(W(T1#0,0)|I(F,0))", 100, plain).filter((line) => line.startsWith("a "));
  assertEquals(torn, [
    "a pmem line 0 (F[0:0]): cached W(T1#0,0), durable I(F,0); survived TORN(W(T1#0,0)|I(F,0)): lost",
  ]);
});

Deno.test("the picture fits in 80, 100 and 160 columns, and colours change nothing but colours", () => {
  for (const recovered of [NEW, OLD]) {
    for (const width of [80, 100, 160]) {
      const bare = pictureOf(STORE, recovered, width, plain);
      for (const line of bare) assert(displayWidth(line) <= width, `${width}: ${line}`);
      assertEquals(
        pictureOf(STORE, recovered, width, coloured).map((line) => stripVTControlCharacters(line).trimEnd()),
        bare,
      );
    }
  }
});
