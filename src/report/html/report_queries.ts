/**
 * Rows of a results file as the report needs them: columns of doubles and codes, never an object a row.
 *
 * @module
 */
import type { RecordBatch } from "apache-arrow";
import { cellReader } from "../../results/query/cells.ts";
import type { Cell } from "../../results/query/cells.ts";
import type { EngineConnection } from "../../results/wasm_engine.ts";
import type { Dictionary } from "./dictionary.ts";

/** How grave a finding or diagnostic is, in SQL: 1 is the gravest. */
export const SEVERITY = "list_position(['data_loss', 'error', 'warning', 'info'], severity)";

/** All rows of a small result as objects. */
export function objects(connection: EngineConnection, sql: string): Record<string, Cell>[] {
  const table = connection.query(sql);
  return table.batches.flatMap((batch: RecordBatch) => {
    if (batch.numRows === 0) return [];
    const readers = batch.schema.fields.map((field, nth) => cellReader(batch.getChildAt(nth)!, field));
    return Array.from(
      { length: batch.numRows },
      (_, row) => Object.fromEntries(batch.schema.fields.map(({ name }, nth) => [name, readers[nth](row)])),
    );
  });
}

/** Columns of a result, each one of doubles: text becomes codes of its dictionary. */
export interface NumberColumns {
  readonly rows: number;
  column(name: string): Float64Array;
}

/**
 * Runs a query whose columns are numbers or text.
 *
 * @param sql numbers in it are cast to DOUBLE, so that they come as one array
 * @param dictionaries of the columns of text, by their names
 */
export function numberColumns(
  connection: EngineConnection,
  sql: string,
  dictionaries: Readonly<Record<string, Dictionary>>,
): NumberColumns {
  const table = connection.query(sql);
  const columns = new Map(table.schema.fields.map(({ name }) => [name, new Float64Array(table.numRows)]));
  let first = 0;
  for (const batch of table.batches) {
    if (batch.numRows === 0) continue;
    batch.schema.fields.forEach((field, nth) => {
      const values = columns.get(field.name)!;
      const vector = batch.getChildAt(nth)!;
      const read = cellReader(vector, field);
      const dictionary = dictionaries[field.name];
      const data = vector.data[0];
      if (data !== undefined && dictionary === undefined && data.values instanceof Float64Array) {
        values.set(data.values.subarray(0, batch.numRows), first);
        if (data.nullCount > 0) {
          for (let row = 0; row < batch.numRows; row++) if (!data.getValid(row)) values[first + row] = NaN;
        }
        return;
      }
      for (let row = 0; row < batch.numRows; row++) {
        const cell = read(row);
        values[first + row] = cell === null ? NaN : dictionary?.code(String(cell)) ?? Number(cell);
      }
    });
    first += batch.numRows;
  }
  return { rows: table.numRows, column: (name) => columns.get(name)! };
}

/** Whether a table or view of the results is there; older files lack the newer ones. */
export function hasRelation(connection: EngineConnection, name: string): boolean {
  const [{ count }] = objects(
    connection,
    `SELECT count(*)::INTEGER AS count FROM (
       SELECT table_name AS name, schema_name, database_name FROM duckdb_tables()
       UNION ALL SELECT view_name, schema_name, database_name FROM duckdb_views()
     ) WHERE database_name = 'results' AND schema_name = 'main' AND name = '${name}'`,
  );
  return count !== 0;
}
