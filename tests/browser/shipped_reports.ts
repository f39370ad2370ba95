/**
 * Results of recordings that come along, made once for a test file.
 *
 * @module
 */
import { madeResults } from "../commands/made_results.ts";
import { trace } from "../commands/run_cli.ts";
import { writeReport } from "./report_files.ts";

/** A report and the results file that it is of. */
export interface Shipped {
  readonly report: string;
  readonly database: string;
}

/** Paths below `traces/`, and more of what analyse is given; what names a file there becomes its path. */
export interface Analysed {
  readonly inputs: readonly string[];
  readonly options: readonly string[];
}

const made = new Map<Analysed, Promise<Shipped>>();

async function make({ inputs, options }: Analysed): Promise<Shipped> {
  const folder = await Deno.makeTempDir({ prefix: "dioscope-test-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const database = `${folder}/results.duckdb`;
  const made = await madeResults([
    "analyse",
    ...inputs.map(trace),
    ...options.map((option) => /\.gz$/.test(option) ? trace(option) : option),
  ]);
  await Deno.copyFile(made, database);
  return { report: await writeReport(database), database };
}

/** The report of a shipped recording: made once for a test file, and gone when that ends. */
export function shippedReport(recording: Analysed): Promise<Shipped> {
  const known = made.get(recording) ?? make(recording);
  made.set(recording, known);
  return known;
}
