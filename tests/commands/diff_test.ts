import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { withFolder, writeResults } from "../results/results_files.ts";
import { runCli, trace } from "./run_cli.ts";

/** What explore writes, as far as a comparison reads it. */
function explored(anomaly: string, agrees: boolean) {
  const run = { run_id: 1, scenario: "40-1-store", system: "dax", flags: "", kind: "exploration" };
  const finding = { finding_id: 1, run_id: 1, anomaly, severity: "error", attributes: "", explanation: `${anomaly}.` };
  const verdict = {
    scenario: "40-1-store",
    row: "40-1",
    system: "dax",
    flags: "",
    kind: "absent",
    subject: "STALE_DATA",
    expected: "STALE_DATA is absent",
    actual: agrees ? "absent" : "reachable",
    agrees,
  };
  return {
    batches: [],
    end: { model: { run: [run], step: [], run_event: [], finding: [finding], verdict: [verdict] } },
  };
}

Deno.test("what two explorations differ in is told, and --fail-on makes it the status", async () => {
  await withFolder(async (folder) => {
    const [a, b] = [`${folder}/a.duckdb`, `${folder}/b.duckdb`];
    await writeResults(a, explored("DEADLOCK", true));
    await writeResults(b, explored("STALE_DATA", false));
    const [told, failing, same, json] = [
      await runCli(["diff", a, b]),
      await runCli(["diff", a, b, "--fail-on", "regression"]),
      await runCli(["diff", a, a, "--fail-on", "regression"]),
      await runCli(["diff", a, b, "--format", "json"]),
    ];
    assertEquals(
      told.stdout.split("\n").slice(2).join("\n"),
      `operations: 0 matched by task and position, 0 only in A, 0 only in B
latency: 0 of 0 groups tested differ (Mann-Whitney U over medians of blocks, Holm, alpha 0.01, medians apart by 1.1 or more)
new findings: 1
  STALE_DATA, error, 1 at 40-1-store on dax: STALE_DATA.
vanished findings: 1
  DEADLOCK, error, 1 at 40-1-store on dax: DEADLOCK.
page cache: alike
bios an operation: alike
verdicts: 1 changed
  40-1-store (40-1) on dax: absent STALE_DATA, STALE_DATA is absent: agrees became disagrees
worse in B: 2
  STALE_DATA at 40-1-store on dax is new
  no longer agrees: 40-1-store (40-1) on dax: absent STALE_DATA, STALE_DATA is absent
`,
    );
    assertEquals([told, failing, same, json].map(({ code, stderr }) => [code, stderr]), [[0, ""], [1, ""], [0, ""], [
      0,
      "",
    ]]);
    assertEquals(failing.stdout, told.stdout);
    assertEquals(JSON.parse(json.stdout).regressions.length, 2);
    assertStringIncludes(same.stdout, "verdicts: 0 changed\nworse in B: 0\n");
  });
});

/** The same recording with calls of one kind that take longer, and one that fails. */
function edited(text: string): string {
  let seen = 0;
  return text.replaceAll(/sys_pread64 -> 0x[0-9a-f]+/g, (whole) => ++seen === 3 ? "sys_pread64 -> -5" : whole);
}

Deno.test("operations of a recording and of an edited copy are matched by task and position", async () => {
  await withFolder(async (folder) => {
    const packed = Deno.readFileSync(trace("coherence-bw-ext4/trace.txt.gz"));
    const plain = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    const [a, b] = ["a", "b"].map((name) => `${folder}/${name}.txt`);
    Deno.writeTextFileSync(a, plain);
    Deno.writeTextFileSync(b, edited(plain));
    for (const path of [a, b]) {
      assertEquals((await runCli(["analyse", path, "--systems", "none", "--out", `${path}.duckdb`])).code, 0);
    }
    const args = ["diff", `${a}.duckdb`, `${b}.duckdb`, "--fail-on", "regression"];
    const { code, stdout } = await runCli(args);
    assertMatch(stdout, /^operations: 3\d\d matched by task and position, 0 only in A, 0 only in B$/m);
    assertMatch(stdout, /^ {2}done buffered became error 5 buffered: 1, first wl-t\d 1: pread inode 12 \d+\+\d+$/m);
    assertMatch(stdout, /^latency: 0 of 10 groups tested differ /m);
    assertMatch(stdout, /^ {2}bio write direct +96 +96 .* 1\.00 +1\.0 {2}alike$/m);
    assertEquals(code, 1);
    assertEquals((await runCli([...args, "--engine", "native"])).stdout, stdout);
  });
});

Deno.test("what cannot be compared so is one line", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.duckdb`;
    await writeResults(path, { batches: [] });
    const wrong: [string[], number, RegExp][] = [
      [[path], 2, /takes two results files; it got 1/],
      [[path, path, "--fail-on", "x"], 2, /--fail-on x: regression is known/],
      [[path, path, "--alpha", "2"], 2, /--alpha 2: a number between 0 and 1/],
      [[path, path, "--ratio", "0.5"], 2, /--ratio 0.5: a number of at least 1/],
      [[path, path, "--frmat", "json"], 2, /no option --frmat/],
      [[path, `${folder}/none`], 3, /none/],
    ];
    for (const [args, status, message] of wrong) {
      const { code, stdout, stderr } = await runCli(["diff", ...args]);
      assertEquals([code, stdout], [status, ""], stderr);
      assertMatch(stderr, /^dioscope: [^\n]+\n$/);
      assertMatch(stderr, message);
    }
    assert((await runCli(["diff", "--help"])).stdout.startsWith("Usage: deno task diff A B"));
  });
});
