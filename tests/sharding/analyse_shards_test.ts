import { assert, assertEquals, assertRejects } from "@std/assert";
import { analyseCommand } from "../../src/commands/analyse.ts";
import { UsageError } from "../../src/commands/command.ts";
import { dealtBySize } from "../../src/commands/shard.ts";
import { inFolder, runCli, trace } from "../commands/run_cli.ts";
import { rowsOf } from "./rows_of.ts";

const RECORDINGS = [trace("coherence-bw-ext4/trace.dat"), trace("hello-xfs/trace.dat")];
const TABLES = [
  "recording",
  "run",
  "finding",
  "window_shape",
  "conformance",
  "conformance_call",
  "operation",
  "bio",
  "event",
];

Deno.test("recordings and windows that shards have looked at are merged into what one run writes, row for row", async () => {
  await inFolder(async (folder) => {
    const analyse = ["analyse", ...RECORDINGS, "--systems", "legacy-dio", "--budget", "4", "--format", "json"];
    const alone = await runCli([...analyse, "--jobs", "1", "--out", "one.duckdb"], { folder });
    const shards = await Promise.all(
      [1, 2].map((nth) => runCli([...analyse, "--shard", `${nth}/2`, "--out", `${nth}.duckdb`], { folder })),
    );
    assertEquals([alone, ...shards].map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""], [0, ""]]);
    for (const { stdout } of shards) {
      assert(/: 1 recording beside the model, [1-9]\d* explorations/.test(stdout), stdout);
    }
    const merged = await runCli(["merge", "1.duckdb", "2.duckdb", "--out", "merged.duckdb"], { folder });
    assertEquals([merged.code, merged.stderr], [0, ""]);
    assertEquals(JSON.parse(merged.stdout), { ...JSON.parse(alone.stdout), results: "merged.duckdb" });
    const one = await rowsOf(`${folder}/one.duckdb`, TABLES);
    for (const table of TABLES) assert(one[table].length >= 2, `${table}: ${one[table].length} rows`);
    assertEquals(await rowsOf(`${folder}/merged.duckdb`, TABLES), one);
  });
});

Deno.test("recordings of any sizes are dealt out evenly, each to one shard, and always to the same", () => {
  assertEquals(dealtBySize([5, 9, 5, 1], 2), [2, 1, 2, 1]);
  assertEquals(dealtBySize([7, 7, 7], 2), [1, 2, 1]);
  assertEquals(dealtBySize([3], 4), [1]);
  assertEquals(dealtBySize([], 4), []);
  const sizes = Array.from({ length: 40 }, (_, n) => (n * 7919) % 101);
  const loads = [1, 2, 3].map((shard) =>
    sizes.filter((_, n) => dealtBySize(sizes, 3)[n] === shard).reduce((sum, size) => sum + size, 0)
  );
  assertEquals(loads.reduce((sum, load) => sum + load, 0), sizes.reduce((sum, size) => sum + size, 0));
  assert(Math.max(...loads) - Math.min(...loads) <= 5, loads.join(" "));
});

Deno.test("shards of analyse are of what takes long, and for merge", async () => {
  const refusals: [string[], string][] = [
    [
      ["--systems", "none", "--conformance", "none", "--shard", "1/2", "--out", "a"],
      "--jobs and --shard are for what --systems and --conformance ask for, and both are none",
    ],
    [["--shard", "1/2"], "--shard needs --out FILE, for deno task merge"],
    [["--shard", "3/2", "--out", "a"], "--shard 3/2: expected I/N with I from 1 to N, such as 2/8"],
    [["--shard", "1/2", "--out", "a", "-"], "--shard: standard input can be read once only"],
  ];
  for (const [args, message] of refusals) {
    const error = await assertRejects(() => analyseCommand.main([RECORDINGS[0], ...args]), UsageError);
    assertEquals(error.message, message);
  }
});
