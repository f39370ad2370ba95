import { assert, assertEquals } from "@std/assert";
import { runCli } from "../commands/run_cli.ts";
import { rowsOf } from "./rows_of.ts";

const TRACE = new URL("../../traces/coherence-bw-ext4/trace.dat", import.meta.url).pathname;

Deno.test("windows that shards have explored are merged into what one run writes, row for row", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const analyse = ["analyse", TRACE, "--systems", "legacy-dio", "--budget", "4"];
    const [alone, ...shards] = await Promise.all([
      runCli([...analyse, "--out", "one.duckdb", "--format", "json"], { folder }),
      ...[1, 2].map((nth) =>
        runCli([...analyse, "--format", "json", "--shard", `${nth}/2`, "--out", `${nth}.duckdb`], { folder })
      ),
    ]);
    assertEquals([alone, ...shards].map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""], [0, ""]]);
    const merged = await runCli(["merge", "1.duckdb", "2.duckdb", "--out", "merged.duckdb"], { folder });
    assertEquals([merged.code, merged.stderr], [0, ""]);
    const windows = (text: string) => JSON.parse(text).windows;
    assertEquals(windows(merged.stdout), windows(alone.stdout));
    const tables = ["run", "finding", "window_shape", "operation", "bio", "event"];
    const one = await rowsOf(`${folder}/one.duckdb`, tables);
    assert(one.run.length > 2 && one.window_shape.length > 2, `${one.run.length} runs`);
    assertEquals(await rowsOf(`${folder}/merged.duckdb`, tables), one);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("shards of analyse are of windows, and for merge", async () => {
  const refusals: [string[], string][] = [
    [["--systems", "none", "--shard", "1/2", "--out", "a"], "--shard parts what --systems explores, and it is none"],
    [["--systems", "mainline", "--shard", "1/2"], "--shard needs --out FILE, for deno task merge"],
    [["--systems", "mainline", "--shard", "3/2", "--out", "a"], "--shard 3/2: expected I/N"],
  ];
  const results = await Promise.all(refusals.map(([args]) => runCli(["analyse", TRACE, ...args])));
  for (const [at, { code, stderr }] of results.entries()) {
    assertEquals([code, stderr.startsWith(`dioscope: ${refusals[at][1]}`)], [2, true], stderr);
  }
});
