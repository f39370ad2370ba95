/**
 * Opens a results file for questions: read-only, with an in-memory database beside it for what the user creates.
 *
 * @module
 */
import * as path from "node:path";
import { attachResults, readMeta } from "./results_file.ts";
import type { EngineConnection, WasmEngine } from "./wasm_engine.ts";

/** What the results file is called in SQL. */
export const RESULTS_DATABASE = "results";

/**
 * Unqualified names mean what the user created, then the results; `raw.NAME` and `raw_full.NAME` are found because
 * their schemas are on the path too. New tables go to the first entry.
 */
export const SEARCH_PATH = [
  "memory.main",
  ...["main", "store", "raw_full", "raw"].map((name) => `${RESULTS_DATABASE}.${name}`),
];

/** An open results file. */
export class ResultsReader {
  readonly connection: EngineConnection;
  /** Table `meta`. */
  readonly meta: ReadonlyMap<string, string>;
  readonly #engine: WasmEngine;

  private constructor(engine: WasmEngine, connection: EngineConnection) {
    this.#engine = engine;
    this.connection = connection;
    this.meta = readMeta(connection, RESULTS_DATABASE);
  }

  /**
   * @param file path of a results file
   * @throws ResultsError when the file is missing, unreadable, not ours or of a newer schema
   */
  static open(engine: WasmEngine, file: string): ResultsReader {
    const connection = engine.connect();
    attachResults(engine, connection, path.resolve(file), RESULTS_DATABASE);
    connection.run(`SET search_path = '${SEARCH_PATH.join(",")}'`);
    return new ResultsReader(engine, connection);
  }

  /** Lets go of the blocks of the file that are in memory only because they were read. */
  releaseCache(): void {
    this.#engine.releaseCache();
  }

  close(): void {
    this.connection.run("USE memory");
    this.#engine.detach(this.connection, RESULTS_DATABASE);
    this.connection.close();
  }
}
