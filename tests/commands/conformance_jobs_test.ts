/** Recordings are laid beside the model by workers, of which there may be any number. */
import { assert, assertEquals } from "@std/assert";
import { Conformance } from "../../src/commands/analyse_conformance.ts";
import { RunnerPool } from "../../src/commands/explore_pool.ts";
import { programsWith } from "../../src/commands/program_module.ts";
import { withEngine } from "../../src/commands/with_engine.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { inFolder, runCli, trace } from "./run_cli.ts";

const RECORDINGS = [trace("hello-xfs/trace.dat"), trace("hello-ext4/trace.dat")];

Deno.test("what comes of recordings is the same for any number of workers, and Ctrl-C is heard while they work", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/two.duckdb`;
    const read = await runCli(["analyse", ...RECORDINGS, "--checks", "none", "--conformance", "none", "--out", path]);
    assertEquals([read.code, read.stderr], [0, ""]);
    await withEngine(async (engine) => {
      const reader = ResultsReader.open(engine, path);
      const rowsBy = async (jobs: number) => {
        const pool = new RunnerPool(programsWith([]), jobs);
        // Signals are heard between two turns of the event loop, as timers are.
        let turns = 0;
        const turning = setInterval(() => turns++, 1);
        try {
          const conformance = new Conformance("mainline", { said: { kernel: null, fs: null }, pool, shard: null });
          const rows = await conformance.rows(reader.connection, 1000);
          return { rows, summary: conformance.summary, turns };
        } finally {
          clearInterval(turning);
          pool.close();
        }
      };
      try {
        const [one, two] = [await rowsBy(1), await rowsBy(2)];
        assertEquals([two.rows, two.summary], [one.rows, one.summary]);
        assertEquals(one.summary?.map(({ recording_id, system }) => [recording_id, system]), [
          [1, "mainline 6.18 xfs"],
          [2, "mainline 6.18 ext4"],
        ]);
        assert(one.rows.conformance_call!.length > 10, `${one.rows.conformance_call!.length} calls`);
        assert(one.turns > 20, `the event loop went round ${one.turns} times only`);
      } finally {
        reader.close();
      }
    });
  });
});
