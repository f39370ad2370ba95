/**
 * Fills the file system of the folder it is given by writing results there, and prints the error, the files left and
 * what the old results say. Run by results_writer_test.ts on a file system of 4 MB.
 *
 * @module
 */
import { BatchEncoder } from "../../src/results/arrow_encoding.ts";
import { ResultsWriter } from "../../src/results/results_writer.ts";
import { pinnedColumns } from "../../src/results/schema.ts";
import { batchOf } from "./batches.ts";
import { engine, rowsOf, writeResults } from "./results_files.ts";

const ROWS = 122_880;

const [folder] = Deno.args;
const path = `${folder}/out.duckdb`;
await writeResults(path, { batches: [], end: { meta: { command: "old" } } });
const writer = ResultsWriter.create(await engine(), path);
const encoder = new BatchEncoder(pinnedColumns);
try {
  for (let batch = 0; batch < 100; batch++) {
    const values = Array.from({ length: ROWS }, (_, row) => Math.imul(row + batch, 0x9e3779b1) | 0);
    const encoded = encoder.encode(batchOf("raw", "noise", {
      recording_id: ["SMALLINT", Array(ROWS).fill(1)],
      seq: ["UINTEGER", values],
      value: ["INTEGER", values],
    }))!;
    writer.write(encoded);
  }
} catch (error) {
  console.log((error as Error).message);
}
console.log([...Deno.readDirSync(folder)].map(({ name }) => name).join(" "));
console.log((await rowsOf(path, "SELECT value FROM meta WHERE key = 'command'"))[0][0]);
