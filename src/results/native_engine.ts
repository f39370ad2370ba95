/**
 * Stock DuckDB as a second engine, for questions whose answers or whose work do not fit into WebAssembly's memory.
 *
 * The package is loaded only when it is asked for: it is native code of one platform, and a platform without it has the
 * WebAssembly engine. What a question spills goes beside the results file, as stock DuckDB does it.
 *
 * @module
 */
import * as path from "node:path";
import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { NativeCells, type NativePackage } from "./query/native_cells.ts";
import type { OpenResults, QueryConnection, ResultRows, RowStream } from "./query/result_rows.ts";
import { rowObjects, runAll } from "./query/result_rows.ts";
import type { Reach } from "./engine_files.ts";
import { failureText, isDamage, reasonOf, ResultsError } from "./results_error.ts";
import { checkKind, problemOfFacts } from "./results_file.ts";
import { RESULTS_DATABASE, SEARCH_PATH } from "./results_reader.ts";
import { literal, quote } from "./sql_text.ts";

/** Loads the package; tests give one that cannot. */
export type PackageLoader = () => Promise<NativePackage>;

const loadPackage: PackageLoader = () => import("@duckdb/node-api");

/** How a file is opened. */
export interface NativeOptions {
  readonly load?: PackageLoader;
  /** Default: any file. */
  readonly reach?: Reach;
}

/** Statements of the native engine. */
class NativeConnection implements QueryConnection {
  readonly #connection: DuckDBConnection;
  readonly #cells: NativeCells;

  constructor(connection: DuckDBConnection, cells: NativeCells) {
    this.#connection = connection;
    this.#cells = cells;
  }

  async stream(sql: string): Promise<RowStream> {
    const result = await this.#connection.stream(sql);
    const columns = Array.from({ length: result.columnCount }, (_, column) => ({
      name: result.columnName(column),
      kind: this.#cells.isNumber(result.columnType(column)) ? "number" as const : "other" as const,
    }));
    return { columns, batches: this.#batches(result) };
  }

  async *#batches(result: DuckDBResult): AsyncGenerator<ResultRows> {
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      yield { count: chunk.rowCount, readers: this.#cells.readers(chunk) };
    }
  }

  cancel(): void {
    this.#connection.interrupt();
  }
}

/**
 * Opens a results file read-only with the native engine, with an in-memory database beside it for what the user creates.
 *
 * @throws ResultsError when the engine is not there, or the file is missing, unreadable, not ours or of a newer schema
 */
export async function openWithNative(
  file: string,
  { load = loadPackage, reach = "any file" }: NativeOptions = {},
): Promise<OpenResults> {
  const absolute = path.resolve(file);
  checkKind(absolute);
  const loaded = await nativePackage(load);
  const instance = await loaded.DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    temp_directory: `${absolute}.tmp`,
  });
  const own = await instance.connect();
  const connection = new NativeConnection(own, new NativeCells(loaded));
  const close = () => {
    own.closeSync();
    instance.closeSync();
  };
  try {
    await attach(connection, absolute);
    const meta = await readMeta(connection, absolute);
    const problem = problemOfFacts(absolute, meta);
    if (problem) throw problem;
    // Once and for all: it cannot be set back.
    if (reach === "attached files") await runAll(connection, ["SET enable_external_access = false"]);
    await runAll(connection, [`SET search_path = '${SEARCH_PATH.join(",")}'`]);
    const explain = (error: unknown) => isDamage(error) ? unreadable(absolute, error) : error;
    return { connection, meta: meta!, explain, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function nativePackage(load: PackageLoader): Promise<NativePackage> {
  try {
    return await load();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0];
    throw new ResultsError(
      "no-engine",
      `the native engine does not start on this machine (${reason}): leave --engine native out, or run "deno install"`,
      { cause: error },
    );
  }
}

async function attach(connection: QueryConnection, file: string): Promise<void> {
  try {
    await runAll(connection, [`ATTACH ${literal(file)} AS ${quote(RESULTS_DATABASE)} (READ_ONLY)`]);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(path: string, error: unknown): ResultsError {
  const reason = isDamage(error) ? reasonOf("DAMAGED") : failureText(null, error);
  return new ResultsError("unreadable", `cannot read ${path}: ${reason}`, { cause: error });
}

/** @returns null when there is no such table */
async function readMeta(connection: QueryConnection, file: string): Promise<Map<string, string> | null> {
  try {
    const rows = await rowObjects(connection, `SELECT key, value FROM ${quote(RESULTS_DATABASE)}.main.meta`);
    return new Map(rows.map(({ key, value }) => [String(key), String(value)]));
  } catch (error) {
    if (isDamage(error)) throw unreadable(file, error);
    return null;
  }
}
