import { assert, assertEquals } from "@std/assert";
import { emptyResults } from "../../src/results/empty_results.ts";
import { makeEmptyResults } from "../../src/results/keep_empty_results.ts";
import type { EngineConnection, WasmEngine } from "../../src/results/wasm_engine.ts";
import { batchOf } from "./batches.ts";
import { dimensionBatches, engine, withFolder, writeResults } from "./results_files.ts";

/** What a file has, in the order in which the database lists it. */
const CATALOG = {
  tables: "SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = 'asked'",
  views: "SELECT schema_name, view_name, sql, comment FROM duckdb_views() WHERE database_name = 'asked'",
  columns: `SELECT schema_name, table_name, column_name, column_index, data_type, comment FROM duckdb_columns()
    WHERE database_name = 'asked' AND NOT internal`,
  macros: `SELECT schema_name, function_name, parameters::VARCHAR AS parameters, macro_definition, comment
    FROM duckdb_functions() WHERE database_name = 'asked' AND NOT internal`,
};

/** Rows of the catalog, in order by name or as they come. */
function catalogOf(running: WasmEngine, path: string, order = ""): Record<keyof typeof CATALOG, unknown[]> {
  const connection = running.connect();
  running.attach(connection, path, "asked", "read-only");
  const rows = (sql: string) => rowsOf(connection, sql + order);
  const found = {
    tables: rows(CATALOG.tables),
    views: rows(CATALOG.views),
    columns: rows(CATALOG.columns),
    macros: rows(CATALOG.macros),
  };
  running.detach(connection, "asked");
  connection.close();
  return found;
}

function rowsOf(connection: EngineConnection, sql: string): unknown[] {
  return connection.query(sql).toArray().map((row) => ({ ...row }));
}

/** The engine, with another value of one of its properties. */
function posingWith(engine: WasmEngine, property: "version" | "newFileOptions", value: string): WasmEngine {
  return new Proxy(engine, {
    get(target, name) {
      if (name === property) return value;
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}

Deno.test("the empty results file that is kept is what its statements make; else run deno task empty-results", async () => {
  await withFolder(async (folder) => {
    const running = await engine();
    const kept = emptyResults(running);
    assert(kept !== null, "it is of other statements, or of another version of the database");
    Deno.writeFileSync(`${folder}/kept.duckdb`, kept);
    makeEmptyResults(running, `${folder}/made.duckdb`);
    const made = catalogOf(running, `${folder}/made.duckdb`);
    assertEquals(catalogOf(running, `${folder}/kept.duckdb`), made);
    assert(made.views.length > 40 && made.macros.length > 5, `${made.views.length} views`);
  });
});

Deno.test("the kept one is known to be out of date when a statement or the database is another one", async () => {
  const running = await engine();
  assertEquals(emptyResults(posingWith(running, "version", "v9.9.9")), null);
  assertEquals(emptyResults(posingWith(running, "newFileOptions", "BLOCK_SIZE 16384")), null);
});

Deno.test("where the kept one is out of date, the file that is made from statements is the same", async () => {
  await withFolder(async (folder) => {
    const running = await engine();
    const stale = posingWith(running, "version", "v9.9.9");
    const events = batchOf("store", "event", {
      ts_ns: ["BIGINT", [1n, 2n]],
      tag_id: ["UINTEGER", [0, 1]],
      ino: ["BIGINT", [null, null]],
    });
    const content = { batches: [...dimensionBatches(), events] };
    await writeResults(`${folder}/copied.duckdb`, content);
    await writeResults(`${folder}/made.duckdb`, content, stale);
    const copied = catalogOf(running, `${folder}/copied.duckdb`);
    assertEquals(copied, catalogOf(running, `${folder}/made.duckdb`));
    const stored = copied.columns.filter((row) => (row as { table_name: string }).table_name === "event");
    assertEquals(stored.filter((row) => (row as { schema_name: string }).schema_name === "store").length, 2);
    assertEquals(copied.columns.filter((row) => (row as { comment: string | null }).comment === null), []);
  });
});
