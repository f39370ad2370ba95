/**
 * Results files of shards: what a part of some work has found, for `merge` to put together.
 *
 * @module
 */

import { ResultsError } from "./results_error.ts";
import { ResultsReader } from "./results_reader.ts";
import { NOTHING_READ, ResultsWriter } from "./results_writer.ts";
import type { TableRow } from "./row_inserts.ts";
import { SHARD_TABLE } from "./shard_table.ts";
import type { WasmEngine } from "./wasm_engine.ts";

/** A shard's file. */
export interface ShardFile {
  readonly path: string;
  /** Facts of table `meta`: `shard`, `work` and others. */
  readonly meta: ReadonlyMap<string, string>;
  readonly rows: readonly TableRow[];
}

/** Writes a shard's file, all of it or nothing. */
export function writeShardFile(engine: WasmEngine, { path, meta, rows }: ShardFile): void {
  ResultsWriter.create(engine, path).finish({ ...NOTHING_READ, shardParts: rows, meta: Object.fromEntries(meta) });
}

/** @throws {ResultsError} when it cannot be read, or is no shard */
export function readShardFile(engine: WasmEngine, path: string): ShardFile {
  const reader = ResultsReader.open(engine, path);
  try {
    if (!reader.meta.has("shard")) {
      throw new ResultsError("not-ours", `${path} is no shard: it was made without --shard, and has all there is`);
    }
    const columns = SHARD_TABLE.columns.map(({ name }) => name).join(", ");
    const found = reader.connection.query(`SELECT ${columns} FROM ${SHARD_TABLE.name}`).toArray();
    return { path, meta: reader.meta, rows: found.map((row) => ({ ...row } as TableRow)) };
  } finally {
    reader.close();
  }
}
