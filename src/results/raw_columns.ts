/**
 * What a results file has of single event types.
 *
 * @module
 */
import { rowObjects } from "./row_objects.ts";
import type { EngineConnection } from "./wasm_engine.ts";

/** @returns names of columns by `raw.EVENT` and `raw_full.EVENT` */
export function rawColumns(connection: EngineConnection): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const list = rowObjects(connection.query(
    // Faster than information_schema, which looks at every database.
    `SELECT table_name AS name, column_name AS column, schema_name AS schema FROM duckdb_columns()
     WHERE schema_name IN ('raw', 'raw_full')`,
  ));
  for (const { name, column, schema } of list) {
    const key = `${schema}.${name}`;
    const own = found.get(key);
    if (own === undefined) found.set(key, new Set([column]));
    else own.add(column);
  }
  return found;
}
