import { withEngine } from "../../src/commands/with_engine.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";

/** All rows of tables of a results file, in the order in which they are there. */
export async function rowsOf(file: string, tables: readonly string[]): Promise<Record<string, unknown[]>> {
  return await withEngine((engine) => {
    const reader = ResultsReader.open(engine, file);
    try {
      return Object.fromEntries(
        tables.map((table) => [
          table,
          reader.connection.query(`SELECT * FROM ${table}`).toArray().map((row) => String(row)),
        ]),
      );
    } finally {
      reader.close();
    }
  });
}
