import { assertEquals } from "@std/assert";
import { rowsOf } from "../results/results_files.ts";
import { inFolder, runCli } from "./run_cli.ts";

const SCENARIO = new URL("../../fixtures/legacy-dio/10-18-handle-and-page-lock.yaml", import.meta.url).pathname;
/** T1 waits for T2's page, T2 for the commit, and the commit, which begins last, for T1's handle. */
const TOKEN = "d1~1*13,2*5,1,3,0~bWXkMuABu-SSfbzI2KeYR~deadlock";

Deno.test("a task that another one's step keeps from going on is told in the steps, so that a circle is whole", async () => {
  await inFolder(async (folder) => {
    const out = `${folder}/r.duckdb`;
    const { code, stderr } = await runCli(["explore", SCENARIO, "--token", TOKEN, "--out", out]);
    assertEquals([code, stderr], [0, ""]);
    const waits = await rowsOf(
      out,
      "SELECT step, task, resource, detail FROM step WHERE action = 'waits' ORDER BY ALL",
    );
    assertEquals(waits, [
      ["18", "T1", "page(G,0) (owner T2)", ""],
      ["19", "journal_commit", "commit(1) (owner kjournald)", ""],
      ["20", "T2", "commit(1) (owner kjournald)", "by kjournald"],
      ["20", "kjournald", "txn (owner T1)", ""],
    ]);
    const held = await rowsOf(out, "SELECT resource FROM step WHERE action = 'holds' AND detail <> '' ORDER BY ALL");
    assertEquals(held, [["i_mutex(G)"], ["page(G,0)"]]);
  });
});
