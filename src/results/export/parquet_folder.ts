/**
 * `export --parquet DIR`: a folder a table, and a `load.sql` that any DuckDB makes views of them with.
 *
 *     DIR/load.sql
 *     DIR/event/part-0.parquet                    or with --partition: DIR/event/recording_id=1/part-0.parquet
 *     DIR/raw/block_rq_issue/part-0.parquet
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { DataType, makeData, RecordBatch, Table, tableToIPC, Uint8 } from "apache-arrow";
import type { Compression } from "parquet-wasm/node";
import { qualified } from "../ddl.ts";
import { type QueryConnection, rowObjects } from "../query/result_rows.ts";
import { quote } from "../sql_text.ts";
import type { EngineConnection } from "../wasm_engine.ts";
import { type ExportedRelation, exportedRelations, orderOf } from "./exported_relations.ts";
import { loadSql } from "./load_sql.ts";
import { makeWhole } from "./output_place.ts";
import { folderOf, isPartitioned, type ParquetLayout, PARTITION_COLUMN } from "./parquet_layout.ts";

/** What the folder of rows without a recording is called by everybody who reads such folders. */
const NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__";

/** Rows of a file: what is in memory of a table at one time. */
const FILE_ROWS = 1_000_000;

/** Rows that readers can skip together. */
const GROUP_ROWS = 122_880;

/** The package, as it is once it is loaded. */
type ParquetPackage = typeof import("parquet-wasm/node");

/**
 * @param own the engine's own connection: Parquet is made of its Arrow batches
 * @returns the number of tables written
 */
export async function exportParquet(
  connection: QueryConnection,
  own: EngineConnection,
  place: string,
  layout: ParquetLayout,
): Promise<number> {
  const parquet = await import("parquet-wasm/node");
  return await makeWhole(place, async (folder) => {
    const relations = await exportedRelations(connection);
    for (const relation of relations) {
      const into = path.join(folder, folderOf(relation));
      if (layout === "plain" || !isPartitioned(relation)) {
        await writeRows(parquet, own, `SELECT * FROM ${qualified(relation)}${orderOf(relation)}`, into);
        continue;
      }
      const values = await partitionsOf(connection, relation);
      // A table without rows needs one file all the same, for its columns.
      for (const value of values.length === 0 ? [null] : values) {
        const name = `${PARTITION_COLUMN}=${value ?? NULL_PARTITION}`;
        const sql = `SELECT * EXCLUDE (${PARTITION_COLUMN}) FROM ${qualified(relation)} ` +
          `WHERE ${PARTITION_COLUMN} IS NOT DISTINCT FROM ${value ?? "NULL"}${orderOf(relation)}`;
        await writeRows(parquet, own, sql, path.join(into, name));
      }
    }
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "load.sql"), loadSql(relations, layout));
    return relations.length;
  });
}

async function partitionsOf(connection: QueryConnection, relation: ExportedRelation): Promise<(string | null)[]> {
  const sql = `SELECT DISTINCT ${quote(PARTITION_COLUMN)} AS value FROM ${
    qualified(relation)
  } ORDER BY value NULLS LAST`;
  return (await rowObjects(connection, sql)).map(({ value }) => (value === null ? null : String(value)));
}

async function writeRows(parquet: ParquetPackage, own: EngineConnection, sql: string, folder: string): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  const { schema, batches } = await own.stream(sql);
  let waiting: RecordBatch[] = [];
  let rows = 0;
  let part = 0;
  const writePart = () => {
    const table = waiting.length === 0 ? new Table(schema) : new Table(waiting.map(withBooleans));
    const bytes = parquetBytes(parquet, tableToIPC(table, "stream"));
    fs.writeFileSync(path.join(folder, `part-${part++}.parquet`), bytes);
    waiting = [];
    rows = 0;
  };
  for await (const batch of batches) {
    if (batch.numRows === 0) continue;
    waiting.push(batch);
    rows += batch.numRows;
    if (rows >= FILE_ROWS) writePart();
  }
  if (rows > 0 || part === 0) writePart();
}

/**
 * A batch whose boolean columns all have values to write. Of one of nothing but NULLs apache-arrow (17) writes none, and
 * who reads that refuses it: it goes as bytes, of which there are more than the bits that the schema promises.
 */
function withBooleans(batch: RecordBatch): RecordBatch {
  const { schema, data } = batch;
  const children = data.children.map((child) => {
    const { type, length, nullCount, nullBitmap } = child;
    if (!DataType.isBool(type) || nullCount < length) return child;
    return makeData({ type: new Uint8(), length, nullCount, nullBitmap, data: new Uint8Array(length) });
  });
  return new RecordBatch(schema, data.clone(data.type, data.offset, data.length, data.nullCount, undefined, children));
}

function parquetBytes(parquet: ParquetPackage, ipc: Uint8Array): Uint8Array {
  const zstd: Compression = parquet.Compression.ZSTD;
  const properties = new parquet.WriterPropertiesBuilder().setCompression(zstd).setMaxRowGroupSize(GROUP_ROWS)
    .setCreatedBy("dioscope").build();
  return parquet.writeParquet(parquet.Table.fromIPCStream(ipc), properties);
}
