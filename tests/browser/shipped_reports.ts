/**
 * Results of recordings that come along, made once for a test file.
 *
 * @module
 */
import { runCli, trace } from "../commands/run_cli.ts";
import { writeReport } from "./report_files.ts";

/** Analyses a shipped recording, writes its report, and runs `body` with the paths of both. */
export async function withShipped(
  recording: string,
  body: (report: string, database: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dioscope-test-" });
  try {
    const database = `${folder}/results.duckdb`;
    const { code, stderr } = await runCli(["analyse", trace(recording), "--out", database]);
    if (code !== 0) throw new Error(stderr);
    await body(await writeReport(database), database);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
