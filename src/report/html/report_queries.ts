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

/** Rows of a result as columns of doubles: text becomes codes of its dictionary. */
export interface NumberBatch {
  readonly rows: number;
  /** Valid until the next batch; NaN where there is none. */
  column(name: string): Float64Array;
}

/**
 * Runs a query whose columns are numbers or text, and hands its rows on as they are made: there are never more of them
 * in memory than those of a batch.
 *
 * @param sql numbers in it are cast to DOUBLE, so that they come as one array
 * @param dictionaries of the columns of text, by their names
 */
export async function* numberBatches(
  connection: EngineConnection,
  sql: string,
  dictionaries: Readonly<Record<string, Dictionary>>,
): AsyncGenerator<NumberBatch> {
  const { batches } = await connection.stream(sql, true);
  // Of all batches: memory that is not V8's own is let go of late, and there are thousands of them.
  const room = new Map<string, Float64Array>();
  for await (const batch of batches) {
    const { numRows: rows, schema: { fields } } = batch;
    const columns = new Map(fields.map((field, nth) => {
      let values = room.get(field.name);
      if (values === undefined || values.length < rows) room.set(field.name, values = new Float64Array(rows));
      return [field.name, numbersOf(batch, nth, dictionaries[field.name], values.subarray(0, rows))];
    }));
    yield { rows, column: (name) => columns.get(name)! };
  }
}

/** @param values what is filled, one a row */
function numbersOf(
  batch: RecordBatch,
  nth: number,
  dictionary: Dictionary | undefined,
  values: Float64Array,
): Float64Array {
  const rows = batch.numRows;
  const field = batch.schema.fields[nth];
  const vector = batch.getChildAt(nth)!;
  const data = vector.data[0];
  if (data !== undefined && dictionary === undefined && data.values instanceof Float64Array) {
    values.set(data.values.subarray(data.offset, data.offset + rows));
    for (let row = 0; data.nullCount > 0 && row < rows; row++) if (!data.getValid(row)) values[row] = NaN;
    return values;
  }
  const read = cellReader(vector, field);
  for (let row = 0; row < rows; row++) {
    const cell = read(row);
    values[row] = cell === null ? NaN : dictionary?.code(String(cell)) ?? Number(cell);
  }
  return values;
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
