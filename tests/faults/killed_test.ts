/** Runs that are killed, by whatever kills them. */
import { assertEquals } from "@std/assert";
import { inFolder, runCli, trace } from "../commands/run_cli.ts";
import { killAgainAndAgain, type KilledRun } from "./killed.ts";

/** How often each run is killed: `DIOSCOPE_KILLS=25 deno task test` is a hundred times in all. */
const KILLS = Number(Deno.env.get("DIOSCOPE_KILLS") ?? "2");

const HELLO = trace("hello-ext4/trace.dat");
const SCENARIO = `${trace("..")}/fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;

const RUNS: KilledRun[] = [
  { args: ["analyse", HELLO, "--out", "out.duckdb"], out: "out.duckdb", replaces: "its own" },
  { args: ["explore", SCENARIO, "--out", "explored.duckdb"], out: "explored.duckdb", replaces: "its own" },
  { args: ["export", "in.duckdb", "--csv", "csv"], out: "csv", replaces: "nothing" },
  { args: ["report", "in.duckdb", "--out", "report.html"], out: "report.html", replaces: "its own" },
];

for (const run of RUNS) {
  Deno.test(`${run.args[0]}, killed at any moment, leaves what was there, and its leftovers go with the next run`, async () => {
    await inFolder(async (folder) => {
      if (run.args.includes("in.duckdb")) {
        assertEquals((await runCli(["analyse", HELLO, "--out", "in.duckdb"], { folder })).code, 0);
      }
      const counts = await killAgainAndAgain(run, folder, KILLS, 7);
      if (KILLS > 2) console.log(`${run.args[0]}: ${JSON.stringify(counts)}`);
    });
  });
}
