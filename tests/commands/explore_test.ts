import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { rowsOf } from "../results/results_files.ts";
import { inFolder, runCli, spawnCli } from "./run_cli.ts";

const HANGS = `
title: buffered write from a mapping of the page that it writes, reclaimed in between
system: legacy-dio
steps: [A1, G1]
files: { F: { size: 1, cache: { 0: clean } } }
tasks: { T1: [{ pwrite: "F[0]", from: "map F[0]", name: w }] }
kernel: { reclaim: "F[0]" }
expect:
  - reachable: DEADLOCK
    attributes: self
    why: the copy faults the page in that the write has locked
    source: 10-39 [K]
`;

/** Each kind of expectation, once as it is and once as it is not. */
const KINDS = `
title: one direct write
system: legacy-dio
files: { F: { size: 1 } }
tasks: { T1: [{ pwrite: "F[0] O_DIRECT", name: w }] }
expect:
  - { absent: DEADLOCK, sibling: hangs, why: right, source: "10-1 [D]" }
  - { reachable: DEADLOCK, why: wrong, source: "10-2 [D]" }
  - { result: w, returns: all, why: right, source: "10-3 [D]" }
  - { result: w, returns: 0, why: wrong, source: "10-4 [D]" }
  - { final: done, files: { F: { size: 1 } }, why: right, source: "10-5 [D]" }
  - { final: done, files: { F: { size: 2 } }, why: wrong, source: "10-6 [D]" }
  - { cost: bios, of: w, equals: 1, why: right, source: "10-7 [D]" }
  - { cost: bios, of: w, more_than: 1, why: wrong, source: "10-8 [D]" }
  - { order: w, holds: i_mutex(F), at: A9, why: right, source: "10-9 [D]" }
  - { order: w, not_holds: i_mutex(F), at: A9, why: wrong, source: "10-10 [D]" }
  - { not_executable: it does not compile, why: right, source: "10-11 [D]" }
`;

const VERDICTS = [
  ["10-1", "absent", "agrees"],
  ["10-2", "reachable", "disagrees"],
  ["10-3", "result", "agrees"],
  ["10-4", "result", "disagrees"],
  ["10-5", "final", "agrees"],
  ["10-6", "final", "disagrees"],
  ["10-7", "cost", "agrees"],
  ["10-8", "cost", "disagrees"],
  ["10-9", "order", "agrees"],
  ["10-10", "order", "disagrees"],
  ["10-11", "not_executable", "agrees"],
];

/** Runs `body` in a folder with scenarios. */
async function withScenarios(files: Record<string, string>, body: (folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}.yaml`, text);
    await body(folder);
  });
}

/** The scenario with some of its expectations. */
function withExpectations(text: string, keep: (line: string) => boolean): string {
  return text.split("\n").filter((line) => !line.startsWith("  - ") || keep(line)).join("\n");
}

Deno.test("every kind of expectation holds and fails, in the matrix, the JSON, the verdict table and the status", async () => {
  await withScenarios({ hangs: HANGS, kinds: KINDS }, async (folder) => {
    const run = await runCli(["explore", "kinds.yaml", "--format", "json", "--out", "k.duckdb"], { folder });
    assertEquals([run.code, run.stderr], [1, ""]);
    const { scenarios: [{ expectations }] } = JSON.parse(run.stdout);
    const verdicts = expectations.map((each: { row: string; kind: string; agreement: string }) => [
      each.row,
      each.kind,
      each.agreement,
    ]);
    assertEquals(verdicts, VERDICTS);

    const rows = await rowsOf(`${folder}/k.duckdb`, "SELECT row, kind, verdict FROM verdict_matrix");
    assertEquals(rows.toSorted(([a], [b]) => Number(a.slice(3)) - Number(b.slice(3))), VERDICTS);

    const text = await runCli(["explore", "kinds.yaml"], { folder });
    assertEquals(text.code, 1);
    const marks = { agrees: "✓", disagrees: "✗" } as Record<string, string>;
    const matrix = text.stdout.split("\n").filter((line) => /^[✓✗?] 10-/.test(line));
    assertEquals(matrix.map((line) => line.split(/ +/, 2)), VERDICTS.map(([row, , verdict]) => [marks[verdict], row]));
    assertStringIncludes(text.stdout, "6 of 11 expectations agree, 5 disagree");
  });
});

Deno.test("where all agree the status is 0; where one is left open it is not", async () => {
  const right = withExpectations(KINDS, (line) => line.includes("right"));
  const open = HANGS.replace("DEADLOCK\n    attributes: self", "STALE_DATA");
  await withScenarios({ hangs: HANGS, right, open }, async (folder) => {
    const agreed = await runCli(["explore", "right.yaml"], { folder });
    assertEquals([agreed.code, agreed.stderr], [0, ""]);
    assertStringIncludes(agreed.stdout, "6 of 6 expectations agree");
    const left = await runCli(["explore", "open.yaml", "--budget", "3", "--no-minimise"], { folder });
    assertEquals(left.code, 1);
    assertStringIncludes(left.stdout, "not seen, and the exploration was not finished");
    assertStringIncludes(left.stdout, "1 left open");
  });
});

Deno.test("a counterexample is shown, its token replays, and text does not depend on the number of jobs", async () => {
  const other = withExpectations(KINDS, (line) => line.includes("right"));
  await withScenarios({ hangs: HANGS, other }, async (folder) => {
    const [one, two] = await Promise.all(
      ["1", "2"].map((jobs) => runCli(["explore", ".", "--jobs", jobs, "--out", `${jobs}.duckdb`], { folder })),
    );
    assertEquals([one.code, one.stderr], [0, ""]);
    assertEquals(two.stdout, one.stdout);
    assertStringIncludes(one.stdout, "── DEADLOCK, self");
    assertStringIncludes(one.stdout, "waits page(F,0) (owner self)");
    assertStringIncludes(one.stdout, "steps reached: A1; not reached: G1");

    const token = /^replay: (\S+)/m.exec(one.stdout)![1];
    const replay = await runCli(["explore", "hangs.yaml", "--token", token], { folder });
    assertEquals([replay.code, replay.stderr], [0, ""]);
    assertStringIncludes(replay.stdout, "── replay (deadlock)");
    assertStringIncludes(replay.stdout, "waits page(F,0) (owner self)");

    const path = `${folder}/1.duckdb`;
    const runs = await rowsOf(
      path,
      "SELECT kind, scenario, outcome, classes IS NULL AS single FROM run ORDER BY run_id",
    );
    assertEquals(runs, [
      ["exploration", "hangs", "NULL", "false"],
      ["exploration", "other", "NULL", "false"],
      ["counterexample", "hangs", "deadlock", "true"],
    ]);
    const waits = await rowsOf(
      path,
      "SELECT DISTINCT task, resource FROM step WHERE run_id = 3 AND action = 'waits' AND resource LIKE '%self%'",
    );
    assertEquals(waits, [["T1", "page(F,0) (owner self)"]]);
    // Operations have the names that the scenario gives them.
    const begun = await rowsOf(path, "SELECT resource FROM step WHERE run_id = 3 AND action = 'begin'");
    assertEquals(begun, [["w"]]);
    const findings = await rowsOf(path, "SELECT anomaly, attributes, severity FROM finding WHERE anomaly = 'DEADLOCK'");
    assertEquals(findings, [["DEADLOCK", "self", "error"]]);
    // What a file says does not depend on the number of jobs either.
    const all = (name: string) => rowsOf(`${folder}/${name}.duckdb`, "SELECT * FROM run ORDER BY run_id");
    assertEquals(await all("2"), await all("1"));
  });
});

Deno.test("a token of other steps is shown up to where the run goes another way, and the status tells", async () => {
  await withScenarios({ hangs: HANGS }, async (folder) => {
    const diverges = await runCli(["explore", "hangs.yaml", "--token", "d1~1*3~3AA~complete"], { folder });
    assertEquals(diverges.code, 1);
    assertStringIncludes(diverges.stdout, "the run goes another way here: step ");
  });
});

Deno.test("the smaller scenario of a counterexample is kept on request, and its token replays there", async () => {
  await withScenarios({ hangs: HANGS.replace("size: 1, ", "") }, async (folder) => {
    const run = await runCli(["explore", "hangs.yaml", "--save", "small"], { folder });
    assertEquals(run.code, 0, run.stderr);
    const token = /^replay of this smaller scenario: (\S+)/m.exec(run.stdout)![1];
    const replay = await runCli(["explore", "small/hangs-DEADLOCK-self.yaml", "--token", token], { folder });
    assertEquals(replay.code, 0, replay.stderr);
    assert(/F: size\s+1, cache 0: clean/.test(replay.stdout), replay.stdout);
    assertStringIncludes(replay.stdout, "── replay (deadlock)");
  });
});

Deno.test("other systems run the scenario too, and expectations are about its own", async () => {
  await withScenarios({ hangs: HANGS }, async (folder) => {
    const run = await runCli(["explore", "hangs.yaml", "--systems", "legacy-dio,dax", "--no-minimise"], { folder });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertStringIncludes(run.stdout, "run 1: legacy-dio: all ");
    assertStringIncludes(run.stdout, "run 2: dax: not run: ");
    assertStringIncludes(run.stdout, "1 of 1 expectations agree");
  });
});

Deno.test("--fail-on fails on what no expectation tells of", async () => {
  const quiet = HANGS.replace("reachable: DEADLOCK\n    attributes: self", "not_executable: nothing is asked");
  const asked = quiet.replace("expect:", 'expect:\n  - { cost: steps, at_least: 1, why: w, source: "10-1 [D]" }');
  await withScenarios({ asked, hangs: HANGS }, async (folder) => {
    const status = async (...args: string[]) => (await runCli(["explore", ...args, "--no-minimise"], { folder })).code;
    const codes = [
      await status("asked.yaml"),
      await status("asked.yaml", "--fail-on", "DEADLOCK"),
      await status("asked.yaml", "--fail-on", "error"),
      await status("hangs.yaml", "--fail-on", "error"),
      await status("hangs.yaml", "--fail-on", "nonsense"),
    ];
    assertEquals(codes, [0, 1, 1, 0, 2]);
  });
});

Deno.test("random schedules claim what they are and prove no absence", async () => {
  const absent = withExpectations(KINDS, (line) => line.includes("absent"));
  await withScenarios({ hangs: HANGS, absent }, async (folder) => {
    const run = await runCli(["explore", "hangs.yaml", "--strategy", "random", "--runs", "20", "--seed", "3"], {
      folder,
    });
    assertStringIncludes(run.stdout, "20 random schedules, seed 3");
    const stopped = await runCli(["explore", "hangs.yaml", "--budget", "3", "--no-minimise"], { folder });
    assertStringIncludes(stopped.stdout, "there may be more");
  });
});

Deno.test("scenarios that cannot be read are all told of, one line each, and nothing is written", async () => {
  const wrong = HANGS.replace("size: 1", "size: many").replace("legacy-dio", "legacy-dia");
  await withScenarios({ wrong }, async (folder) => {
    const run = await runCli(["explore", "wrong.yaml", "missing.yaml", "--out", "w.duckdb"], { folder });
    assertEquals([run.code, run.stdout], [3, ""]);
    const lines = run.stderr.trimEnd().split("\n");
    assert(lines.length >= 3 && lines.every((line) => line.startsWith("dioscope: ")), run.stderr);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["wrong.yaml"]);
  });
});

Deno.test("a file that is not ours is not overwritten, and what was found is printed all the same", async () => {
  await withScenarios({ hangs: HANGS }, async (folder) => {
    await Deno.writeTextFile(`${folder}/mine.txt`, "mine");
    const run = await runCli(["explore", "hangs.yaml", "--no-minimise", "--out", "mine.txt"], { folder });
    assertEquals(run.code, 3);
    assertStringIncludes(run.stderr, "not overwritten");
    assertStringIncludes(run.stdout, "1 of 1 expectations agree");
    assertEquals(await Deno.readTextFile(`${folder}/mine.txt`), "mine");
  });
});

/** Three tasks: more interleavings than anybody waits for. */
const LARGE = `
title: three direct writes beside stores
system: legacy-dio
tasks:
  T1: [{ pwrite: "F[0..1] O_DIRECT" }, { pread: "F[0..1]" }]
  T2: [{ store: "F[0]" }, { pwrite: "F[0..1] O_DIRECT" }]
  T3: [{ store: "F[1]" }, { pread: "F[0..1] O_DIRECT" }]
kernel: { flusher: "F[0..1]" }
expect:
  - { absent: LIVELOCK, sibling: small, why: w, source: "10-1 [D]" }
`;

Deno.test("Ctrl-C stops cleanly, with what was found until then", async () => {
  const small = HANGS.replace("reachable: DEADLOCK\n    attributes: self", "reachable: LIVELOCK");
  await withScenarios({ large: LARGE, small }, async (folder) => {
    let text = "";
    // On a busy machine the program may be stopped before it has begun to explore: nothing has been found then.
    for (const delay of [2500, 10_000, 40_000]) {
      const child = spawnCli(["explore", "large.yaml", "--jobs", "1"], { folder });
      await child.stdin.close();
      const output = child.output();
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGINT");
      const { code, stdout, stderr } = await output;
      text = new TextDecoder().decode(stdout);
      assertEquals([code, new TextDecoder().decode(stderr)], [130, ""]);
      if (text !== "") break;
    }
    assertStringIncludes(text, "stopped: this is what had been found until then");
    assertStringIncludes(text, "? 1. open: LIVELOCK is absent");
  });
});
