/** Runs that are killed or stopped, by whatever does it and whenever it comes. */
import { assertEquals } from "@std/assert";
import { readResults } from "../commands/made_results.ts";
import { inFolder, runCli, trace } from "../commands/run_cli.ts";
import { killAgainAndAgain, type KilledRun, stopAgainAndAgain, undisturbed } from "./killed.ts";

/** How often each run is killed, and stopped: `DIOSCOPE_KILLS=25 deno task test` kills 150 times in all. */
const TIMES = Number(Deno.env.get("DIOSCOPE_KILLS") ?? "1");

const HELLO = trace("hello-ext4/trace.dat");
const SCENARIO = `${trace("..")}/fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;

const RUNS: KilledRun[] = [
  { args: ["analyse", HELLO, "--systems", "none", "--out", "out.duckdb"], out: "out.duckdb", replaces: "its own" },
  { args: ["explore", SCENARIO, "--out", "explored.duckdb"], out: "explored.duckdb", replaces: "its own" },
  { args: ["export", "in.duckdb", "--csv", "csv"], out: "csv", replaces: "nothing" },
  { args: ["export", "in.duckdb", "--parquet", "parquet"], out: "parquet", replaces: "nothing" },
  { args: ["export", "in.duckdb", "--chrome-trace", "trace.json"], out: "trace.json", replaces: "nothing" },
  { args: ["report", "in.duckdb", "--out", "report.html"], out: "report.html", replaces: "its own" },
  {
    args: ["generate", `${trace("..")}/fixtures/generated/planted.json`, "--out", "made"],
    out: "made",
    replaces: "nothing",
  },
];
/** Ends as `explore` does, and is stopped only. */
const MERGE: KilledRun = {
  args: ["merge", "1.duckdb", "2.duckdb", "--out", "merged.duckdb"],
  out: "merged.duckdb",
  replaces: "its own",
};

Deno.test("what is killed leaves what was there, what is stopped is done or leaves nothing, at any moment", async (test) => {
  await inFolder(async (folder) => {
    await Deno.copyFile(await readResults("hello-ext4/trace.dat"), `${folder}/in.duckdb`);
    const made = await Promise.all(
      ["1", "2"].map((nth) =>
        runCli(["explore", SCENARIO, "--shard", `${nth}/2`, "--out", `${nth}.duckdb`], { folder })
      ),
    );
    assertEquals(made.map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""]]);
    for (const run of [...RUNS, MERGE]) {
      await test.step(`${run.args[0]} ${run.out}`, async () => {
        const alone = await undisturbed(run, folder);
        const killed = run === MERGE ? null : await killAgainAndAgain(run, folder, alone, { times: TIMES, seed: 7 });
        const ends = await stopAgainAndAgain(run, folder, alone, { times: TIMES, seed: 11 });
        if (TIMES > 1) console.log(run.args[0], run.out, killed, ends);
      });
    }
  });
});
