/**
 * Small results files for tests, made by the writer itself.
 *
 * @module
 */
import type { RawEventDescription } from "../../src/recording/raw_registry.ts";
import type { TableBatch } from "../../src/recording/batch.ts";
import { BatchEncoder } from "../../src/results/arrow_encoding.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { NOTHING_READ, type ResultsEnd, ResultsWriter } from "../../src/results/results_writer.ts";
import { pinnedColumns } from "../../src/results/schema.ts";
import { WasmEngine } from "../../src/results/wasm_engine.ts";
import { batchOf } from "./batches.ts";

let running: Promise<WasmEngine> | null = null;

/** One engine for all tests of a file: a start takes most of a second. */
export function engine(): Promise<WasmEngine> {
  return running ??= WasmEngine.start();
}

/** What a recording without events ends with. */
export function emptyEnd(): ResultsEnd {
  return { ...NOTHING_READ, meta: {} };
}

export interface FileContent {
  batches: TableBatch[];
  rawEvents?: RawEventDescription[];
  end?: Partial<ResultsEnd>;
}

/** Writes a results file. @param by the engine that does; usually the one that all tests have */
export async function writeResults(
  path: string,
  { batches, rawEvents = [], end = {} }: FileContent,
  by?: WasmEngine,
): Promise<void> {
  const writer = ResultsWriter.create(by ?? await engine(), path);
  const encoder = new BatchEncoder(pinnedColumns);
  for (const batch of batches) {
    const encoded = encoder.encode(batch);
    if (encoded) writer.write(encoded);
  }
  writer.finish({ ...emptyEnd(), rawEvents, ...end, tables: encoder.finish() });
}

/** Runs `body` with the path of a results file of this content. */
export async function withResults(content: FileContent, body: (path: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dioscope-test-" });
  try {
    const path = `${folder}/results.duckdb`;
    await writeResults(path, content);
    await body(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `body` with a fresh folder that is removed afterwards. */
export async function withFolder(body: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dioscope-test-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `body` with a results file open for questions. */
export async function withReader<T>(path: string, body: (reader: ResultsReader) => T): Promise<T> {
  const reader = ResultsReader.open(await engine(), path);
  try {
    return body(reader);
  } finally {
    reader.close();
  }
}

/** The rows of a query as arrays of text, the form in which expectations are easiest to read. */
export async function rowsOf(path: string, sql: string): Promise<string[][]> {
  return await withReader(path, ({ connection }) => {
    const table = connection.query(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${sql})`);
    return table.toArray().map((row) => table.schema.fields.map(({ name }) => row[name] ?? "NULL"));
  });
}

/** Kinds and contexts that small files share: kind 0 is block_rq_issue on 8:0, kind 1 an ext4 event in blocks. */
const KINDS = 3;
const CONTEXTS = 2;

/** Code of a kind and a context of {@linkcode dimensionBatches} together. */
export function tagOf(kind: number, context: number): number {
  return context * KINDS + kind;
}

/** Rows of `store.tag` for all combinations, in the order of {@linkcode tagOf}. */
export function tagBatch(kinds: number, contexts: number): TableBatch {
  const tags = Array.from({ length: kinds * contexts }, (_, tag) => tag);
  return batchOf("store", "tag", {
    tag_id: ["UINTEGER", tags],
    kind_id: ["UINTEGER", tags.map((tag) => tag % kinds)],
    context_id: ["UINTEGER", tags.map((tag) => Math.floor(tag / kinds))],
  });
}

export function dimensionBatches(): TableBatch[] {
  return [
    tagBatch(KINDS, CONTEXTS),
    batchOf("store", "context", {
      context_id: ["UINTEGER", [0, 1]],
      recording_id: ["SMALLINT", [1, 1]],
      cpu: ["SMALLINT", [0, 1]],
      pid: ["INTEGER", [100, 200]],
      tgid: ["INTEGER", [100, null]],
      comm: ["VARCHAR", ["fio", "kworker/0:1"]],
      irq_flags: ["VARCHAR", ["d..1.", null]],
    }),
    batchOf("store", "kind", {
      kind_id: ["UINTEGER", [0, 1, 2]],
      recording_id: ["SMALLINT", [1, 1, 1]],
      source: ["VARCHAR", ["ftrace", "ftrace", "ftrace"]],
      system: ["VARCHAR", ["block", "ext4", "filemap"]],
      name: ["VARCHAR", ["block_rq_issue", "ext4_ext_map_blocks", "mm_filemap_add_to_page_cache"]],
      action: ["VARCHAR", ["D", null, null]],
      buffer: ["VARCHAR", [null, null, null]],
      dev: ["VARCHAR", ["8:0", "8:0", "8:0"]],
      rwbs: ["VARCHAR", ["WS", null, null]],
      ino: ["BIGINT", [null, null, 12]],
      offset_unit: ["BIGINT", [null, 4096, 1]],
      sector_unit: ["BIGINT", [1, null, null]],
      bytes_unit: ["BIGINT", [1, 4096, 1]],
      page_kind: ["VARCHAR", [null, null, "add"]],
    }),
  ];
}
