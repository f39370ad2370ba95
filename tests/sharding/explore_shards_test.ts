import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { exploreSlice, joinSlices, type Sliced, type SliceRequest } from "../../src/commands/explore_slices.ts";
import { exploreRun, type ExploreSettings } from "../../src/commands/explore_jobs.ts";
import { planRuns } from "../../src/commands/explore_plan.ts";
import { settingsFor } from "../../src/commands/explore_all.ts";
import { parseExploreOptions } from "../../src/commands/explore_options.ts";
import { shareOf } from "../../src/commands/explore_shard.ts";
import { JobMemory } from "../../src/commands/job_memory.ts";
import { programOf } from "../../src/commands/scenario_programs.ts";
import { parseShard, withoutOptions, workOf } from "../../src/commands/shard.ts";
import { joinShards, readShards, shardFile } from "../../src/commands/shard_files.ts";
import type { ShardFile } from "../../src/results/shard_file.ts";
import { loadScenarios } from "../../src/scenarios/load.ts";
import { allSystems, knownSystems } from "../../src/systems/index.ts";
import { runCli } from "../commands/run_cli.ts";
import { rowsOf } from "./rows_of.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url).pathname;
const LARGE = `${FIXTURES}legacy-dio/10-1-truncate-waits-for-an-asynchronous-read.yaml`;

/** What the command line makes of scenarios. */
function planned(paths: string[], more: string[] = []) {
  const options = parseExploreOptions([...paths, ...more]);
  if (options === "help") throw new Error("help");
  const loaded = loadScenarios(paths, { systems: knownSystems() });
  const plan = planRuns(loaded, allSystems(), options);
  return { options, loaded, plan, settingsOf: settingsFor(plan, options) };
}

Deno.test("what --shard says", () => {
  assertEquals(parseShard("2/8"), { nth: 2, of: 8 });
  assertEquals(parseShard(undefined), null);
  for (const wrong of ["0/4", "5/4", "1", "1/0", "a/b", "1/99999", "-1/4"]) {
    let message = "";
    try {
      parseShard(wrong);
    } catch (error) {
      message = (error as Error).message;
    }
    assertEquals(message, `--shard ${wrong}: expected I/N with I from 1 to N, such as 2/8`);
  }
});

Deno.test("the same work is known by what it asks for, not by where it is done", () => {
  assertEquals(withoutOptions(["a", "--shard", "1/2", "--out=x", "--set", "b=c", "--jobs", "3"]), [
    "a",
    "--set",
    "b=c",
  ]);
  const digest = (args: string[], shards = 2) => workOf("explore", args, { inputs: [LARGE], shards }).digest;
  assertEquals(digest(["a", "--shard", "1/2", "--jobs", "1"]), digest(["a", "--shard", "2/2", "--out", "b"]));
  assert(digest(["a"]) !== digest(["a", "--brief"]));
  assert(digest(["a"]) !== digest(["a"], 3));
});

Deno.test("each scenario, run and slice is in the share of one shard", () => {
  const names = (shares: ReturnType<typeof shareOf>[]) => ({
    scenarios: shares.flatMap(({ scenarios }) => scenarios.map(({ path }) => path)).sort(),
    runs: shares.flatMap(({ runs }) => runs.map(({ id }) => id)).sort((a, b) => a - b),
    slices: shares.flatMap(({ slices }) => slices.map(({ run, nth }) => JSON.stringify([run, nth]))),
  });
  for (const [folder, of] of [["xip-io", 2], ["xip-io", 50], ["placeholder-dio", 3]] as const) {
    const { loaded, plan, settingsOf } = planned([`${FIXTURES}${folder}`]);
    const shares = Array.from({ length: of }, (_, nth) => shareOf({ nth: nth + 1, of }, loaded, plan, settingsOf));
    const all = names(shares);
    assertEquals(new Set(all.scenarios).size, all.scenarios.length);
    assertEquals(new Set(all.runs).size, all.runs.length);
    assertEquals(new Set(all.slices).size, all.slices.length);
    const whole = new Set(all.scenarios);
    const rest = plan.runs.filter(({ path }) => !whole.has(path));
    assertEquals(all.slices.length / (4 * of) + all.runs.length, rest.length, folder);
    const sizes = shares.map(({ scenarios, runs, slices }) => scenarios.length + runs.length + slices.length);
    assert(Math.max(...sizes) - Math.min(...sizes) <= 2, sizes.join(" "));
  }
});

Deno.test("slices of a large run come to what the run alone comes to", () => {
  const { plan, settingsOf } = planned([LARGE]);
  const run = plan.runs.find((each) => settingsOf(each).witnesses.length === 0)!;
  const settings: ExploreSettings = settingsOf(run);
  const { scenario, system, flags } = run;
  const hooks = { isStopped: () => false };
  const whole = exploreRun(programOf, { scenario, system, flags }, settings, hooks);
  assertEquals(whole.report.counts.complete, 1207);
  const requests = Array.from({ length: 5 }, (_, nth): SliceRequest => ({
    run: { scenario, system, flags },
    settings,
    nth,
    of: 5,
    variable: [],
  }));
  const slices = requests.map((request) => exploreSlice(programOf, request, hooks));
  const classes = slices.map((slice) => slice.kind === "parts" ? slice.found.counts.complete : 0);
  assert(Math.max(...classes) < 1207 / 2, classes.join(" "));
  const joined = joinSlices(programOf, slices);
  assert(joined.kind === "explored");
  assertEquals(joined.explored.flagsRead, whole.flagsRead);
  const { steps: _, ...counts } = joined.explored.report.counts;
  const { steps: __, ...expected } = whole.report.counts;
  assertEquals(counts, expected);
  assertEquals({ ...joined.explored.report, counts }, { ...whole.report, counts: expected });
});

Deno.test("slices that did not know of a step that varies are explored again", () => {
  const { plan, settingsOf } = planned([LARGE]);
  const [run] = plan.runs;
  const settings = settingsOf(run);
  const slice = (nth: number, variable: number[]): Sliced => ({
    kind: "parts",
    request: { run, settings, nth, of: 2, variable: [] },
    found: {
      counts: { complete: 1, deadlocked: 0, cutOff: 0, blocked: 0, steps: 1, runSteps: 1 },
      crashPoints: 0,
      crashImagesPossible: 0,
      crashImages: 0,
      outcomes: [],
      facts: [],
      variable,
    },
    flagsRead: [],
    milliseconds: 0,
  });
  const joined = joinSlices(programOf, [slice(0, [7]), slice(1, [])]);
  assert(joined.kind === "again");
  assertEquals(joined.requests.map(({ nth, variable }) => ({ nth, variable })), [{ nth: 1, variable: [7] }]);
});

Deno.test("shards that are missing, given twice, or of other work are refused in a line", () => {
  const file = (path: string, nth: number, args: string[], of = 2) => {
    const memory = new JobMemory();
    memory.learn("explore", { nth }, { kind: "explored", map: new Map([["a", nth]]) });
    return shardFile(path, { shard: { nth, of }, work: workOf("explore", args, { inputs: [], shards: of }), memory });
  };
  const [one, two] = [file("one", 1, ["a"]), file("two", 2, ["a"])];
  const again = file("again", 1, ["a"]);
  assertEquals({ ...again, path: "one" }, one);
  const joined = joinShards([two, one]);
  assertEquals(joined.memory.recall("explore", { nth: 2 }), { kind: "explored", map: new Map([["a", 2]]) });
  assertEquals(joined.args, ["a"]);
  const refused = (files: ShardFile[], message: string) => {
    assertEquals(assertThrows(() => joinShards(files), Error).message, message);
  };
  refused([one], "of 2 shards 2 is missing");
  refused([one, again, two], "shard 1/2 is given twice: one and again");
  refused([one, file("other", 2, ["b"])], "other is of other work than one: explore b; not explore a");
  refused([one, file("three", 2, ["a"], 3)], "three is of other work than one: one of 3 shards, not of 2");
  refused(
    Array.from({ length: 3 }, (_, nth) => file(`of 50: ${nth}`, nth + 1, ["a"], 50)),
    "of 50 shards 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 37 more are missing",
  );
});

Deno.test("shards that say of themselves what no shard says are refused in a line", () => {
  const work = workOf("explore", ["a"], { inputs: [], shards: 1 });
  const good = shardFile("one", { shard: { nth: 1, of: 1 }, work, memory: new JobMemory() });
  joinShards([good]);
  const lies: [fact: string, value: string | null][] = [
    ["shard", "1/999999999"],
    ["shard", "2/1"],
    ["shard", "x"],
    ["work", null],
    ["work_command", "constructor"],
    ["work_command", null],
    ["work_args", "{"],
    ["work_args", '{"length": 1}'],
    ["work_args", "[1]"],
    ["work_args", null],
  ];
  for (const [fact, value] of lies) {
    const meta = new Map([...good.meta, [fact, value ?? ""]]);
    if (value === null) meta.delete(fact);
    assertEquals(
      assertThrows(() => joinShards([{ ...good, meta }]), Error).message,
      "one does not say which shard of which work it is: make this shard again",
    );
  }
});

Deno.test("merged shards say and store what one run does, row for row", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const scenarios = ["30-26-read-that-begins-in-a-hole", "30-11-part-of-a-new-block"].map((name) =>
      `${FIXTURES}xip-io/${name}.yaml`
    );
    const explore = ["explore", ...scenarios, "--no-minimise", "--jobs", "2"];
    const results = await Promise.all([
      runCli([...explore, "--out", "one.duckdb"], { folder }),
      ...[1, 2].map((nth) => runCli([...explore, "--shard", `${nth}/2`, "--out", `${nth}.duckdb`], { folder })),
    ]);
    assertEquals(results.map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""], [0, ""]]);
    const merged = await runCli(["merge", "2.duckdb", "1.duckdb", "--out", "merged.duckdb"], { folder });
    assertEquals([merged.code, merged.stderr], [0, ""]);
    assertEquals(merged.stdout, results[0].stdout);
    const over = await runCli(["merge", "1.duckdb", "2.duckdb", "--out", "./1.duckdb"], { folder });
    assertEquals([over.code, over.stderr], [
      2,
      "dioscope: --out ./1.duckdb is one of the shards: name another place\n",
    ]);
    const tables = ["run", "step", "run_event", "finding", "verdict"];
    const [one, two] = await Promise.all(
      ["one", "merged"].map((name) => rowsOf(`${folder}/${name}.duckdb`, tables)),
    );
    assert(one.run.length > 1 && one.verdict.length > 1);
    assertEquals(two, one);
    const { message } = await assertRejects(() => readShards([`${folder}/one.duckdb`]), Error);
    assertEquals(message.includes("is no shard: it was made without --shard"), true);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
