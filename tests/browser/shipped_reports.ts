/**
 * Results of recordings that come along, made once for a test file.
 *
 * @module
 */
import { runCli, trace } from "../commands/run_cli.ts";
import { writeReport } from "./report_files.ts";

/** A report and the results file that it is of. */
export interface Shipped {
  readonly report: string;
  readonly database: string;
}

const made = new Map<string, Promise<Shipped>>();

async function make(recording: string): Promise<Shipped> {
  const folder = await Deno.makeTempDir({ prefix: "dioscope-test-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const database = `${folder}/results.duckdb`;
  const { code, stderr } = await runCli(["analyse", trace(recording), "--out", database]);
  if (code !== 0) throw new Error(stderr);
  return { report: await writeReport(database), database };
}

/** The report of a shipped recording: made once for a test file, and gone when that ends. */
export function shippedReport(recording: string): Promise<Shipped> {
  const known = made.get(recording) ?? make(recording);
  made.set(recording, known);
  return known;
}
