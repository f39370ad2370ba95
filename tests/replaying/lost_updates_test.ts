import { assert, assertEquals, assertMatch } from "@std/assert";
import { programOf } from "../../src/commands/scenario_programs.ts";
import { minimise } from "../../src/exploring/minimise.ts";
import { parseToken } from "../../src/exploring/token.ts";
import { type Shape, shapesOf } from "../../src/replaying/shapes.ts";
import { traceRun } from "../../src/report/lanes/lane_trace.ts";
import { recordedRun } from "../../src/results/recorded_rows.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { flagValues, systemNamed } from "../../src/systems/index.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";
import { asked, type Row, type Rows } from "../results/analysed.ts";
import { engine } from "../results/results_files.ts";
import { exploreShapes } from "./explore_shapes.ts";

const trace = (path: string) => new URL(`../../traces/mmapdio-ext4-cut/${path}`, import.meta.url).pathname;

const mainline = systemNamed("mainline");
const flags = flagValues(mainline, { fs: "ext4", kver: "6.18" });
const CHOSEN = [{ system: mainline, flags, named: "" }];

function explored(shape: Shape, runs: number) {
  const [only] = exploreShapes([shape], CHOSEN, runs);
  return only;
}

async function checkFindings(rows: Rows): Promise<void> {
  const findings = await rows(
    "SELECT anomaly, severity, attributes, op_a, sectors, explanation FROM finding WHERE severity <> 'info'",
  );
  const by = (severity: string, word: string): Row[] =>
    findings.filter((row) => row.severity === severity && String(row.attributes).split(", ").includes(word));
  // What reads returned: each of them names the write that is gone, and how.
  const stamps = by("data_loss", "stamps");
  assertEquals([stamps.length, new Set(stamps.map(({ anomaly }) => anomaly)).size], [88, 1]);
  assertEquals(stamps.reduce((sum, { sectors }) => sum + Number(sectors), 0), 165);
  for (const { anomaly, explanation } of stamps) {
    assertEquals(anomaly, "LOST_UPDATE");
    assertMatch(
      String(explanation),
      /Page \d+ .*(being written back by bio 13 |written back over the newer data by bio 33 )/,
    );
  }
  // What events show by themselves: the folio, the failed invalidation's error, the writeback.
  const [lost, ...more] = by("data_loss", "state");
  assertEquals([lost.op_a, more], ["operation 78", []]);
  assertMatch(
    String(lost.explanation),
    /event 655, read of operation 70, .*EIO afterwards: operation 87.* Bio 33 wrote it/,
  );
  assertEquals(by("warning", "possible").map(({ anomaly }) => anomaly).sort(), ["LOST_UPDATE", "STALE_CACHE"]);
}

Deno.test("updates that a recording shows to be lost are lost in the model too, in a window cut from there", async () => {
  await inFolder(async (folder) => {
    const out = `${folder}/r.duckdb`;
    const { code, stderr } = await runCli([
      ...["analyse", trace("trace.txt.gz"), "--history", trace("history.jsonl.gz"), "--out", out],
      ...["--systems", "none", "--conformance", "none"],
    ]);
    assertEquals(code, 0, stderr);
    await asked(out, checkFindings);
    const reader = ResultsReader.open(await engine(), out);
    const { shapes } = shapesOf(recordedRun(reader.connection));
    reader.close();
    // The write whose data is gone, beside a store that dirtied the page again behind the first invalidation.
    const isOf78 = ({ windows }: Shape) => windows.some((ids) => ids.includes(78));
    const window = shapes.find((shape) => shape.title === "direct pwrite beside store" && isOf78(shape))!;
    const { findings, text } = explored(window, 400);
    const found = findings.find(({ anomaly }) => anomaly === "LOST_UPDATE");
    assert(found !== undefined, JSON.stringify(findings));
    // A smallest run of it: no writeback, or an invalidation that finds the page clean, and nothing is lost.
    const program = programOf({ scenario: readScenario("w.yaml", text), system: "mainline", flags });
    const isLost = (findings: readonly { anomaly: string }[]) =>
      findings.some(({ anomaly }) => anomaly === "LOST_UPDATE");
    const token = minimise(program, found.token, (outcome) => isLost(outcome.findings), { runsMax: 200 });
    assert(parseToken(token).steps.length <= parseToken(found.token).steps.length);
    assert(isLost(traceRun(program, token).findings));
    // The same write beside a load, which dirties nothing, loses none.
    const beside = explored(
      shapes.find((shape) => shape.title === "direct pwrite beside load" && isOf78(shape))!,
      5000,
    );
    assertEquals([beside.end, isLost(beside.findings)], ["closed", false]);
  });
});
