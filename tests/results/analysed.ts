/**
 * Results of real recordings for the tests of views, and what plain computations over their rows need.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { rowObjects } from "../../src/results/query/result_rows.ts";
import { openWithWasm } from "../../src/results/query/wasm_connection.ts";
import { madeResults, READ_ONLY } from "../commands/made_results.ts";
import { inFolder, runCli, trace } from "../commands/run_cli.ts";
import { engine } from "./results_files.ts";

export type Row = Record<string, bigint | number | string | boolean | null>;
export type Rows = (sql: string) => Promise<Row[]>;

/** Runs `body` with questions to a results file. */
export async function asked(path: string, body: (rows: Rows) => Promise<void>): Promise<void> {
  const results = await openWithWasm(path, engine());
  try {
    await body((sql) => rowObjects(results.connection, sql) as ReturnType<Rows>);
  } finally {
    results.close();
  }
}

/** Runs `body` with questions to what a command, `analyse` or `explore`, makes of some inputs. */
export async function madeBy(
  command: "analyse" | "explore",
  inputs: readonly string[],
  body: (rows: Rows) => Promise<void>,
): Promise<void> {
  const isShipped = (word: string) => !word.startsWith("/") || word.startsWith(trace(".."));
  if (inputs.every(isShipped)) return await asked(await madeResults([command, ...inputs]), body);
  await inFolder(async (folder) => {
    const path = `${folder}/r.duckdb`;
    const { code, stderr } = await runCli([command, ...inputs, "--out", path]);
    assertEquals(code, 0, stderr);
    await asked(path, body);
  });
}

/** Runs `body` with questions to what analyse makes of some inputs, but for conformance and what could have happened: they take as long as the rest and longer. */
export function analysed(inputs: readonly string[], body: (rows: Rows) => Promise<void>): Promise<void> {
  return madeBy("analyse", [...inputs, ...READ_ONLY], body);
}

/** Values that occurred, as the views take their percentiles. */
export function quantile(sorted: readonly bigint[], share: number): bigint {
  return sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1];
}

export const ascending = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

export function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const own = found.get(key);
    if (own) own.push(item);
    else found.set(key, [item]);
  }
  return found;
}

/** Rows as lines of text, in order of that text: what is compared. */
export function lines(rows: readonly Row[], ...columns: readonly string[]): string[] {
  return rows.map((row) => columns.map((column) => String(row[column])).join(" ")).sort();
}

/** Stages of a bio, each with the columns of the times at its ends. */
export const STAGES: readonly (readonly [stage: string, from: string, to: string])[] = [
  ["Q2G", "queue_ns", "getrq_ns"],
  ["G2I", "getrq_ns", "insert_ns"],
  ["I2D", "insert_ns", "issue_ns"],
  ["D2C", "issue_ns", "complete_ns"],
  ["Q2C", "queue_ns", "complete_ns"],
];
