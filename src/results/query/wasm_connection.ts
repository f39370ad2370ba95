/**
 * The WebAssembly engine behind the interface that both engines have: Arrow batches as rows.
 *
 * @module
 */
import { DataType, type RecordBatch } from "apache-arrow";
import { reasonOf, ResultsError } from "../results_error.ts";
import { ResultsReader } from "../results_reader.ts";
import { type EngineConnection, WasmEngine } from "../wasm_engine.ts";
import { cellReader } from "./cells.ts";
import type { OpenResults, QueryConnection, ResultRows, RowStream } from "./result_rows.ts";

/** Statements of the WebAssembly engine. */
export class WasmConnection implements QueryConnection {
  readonly #connection: EngineConnection;

  constructor(connection: EngineConnection) {
    this.#connection = connection;
  }

  async stream(sql: string): Promise<RowStream> {
    const { schema, batches } = await this.#connection.stream(sql);
    const columns = schema.fields.map(({ name, type }) => ({
      name,
      kind: DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type)
        ? "number" as const
        : "other" as const,
    }));
    return { columns, batches: rowsOfBatches(batches) };
  }

  cancel(): void {
    this.#connection.cancel();
  }
}

async function* rowsOfBatches(batches: AsyncIterable<RecordBatch>): AsyncGenerator<ResultRows> {
  for await (const batch of batches) {
    if (batch.numRows === 0) continue;
    yield {
      count: batch.numRows,
      readers: batch.schema.fields.map((field, index) => cellReader(batch.getChildAt(index)!, field)),
    };
  }
}

/**
 * Opens a results file with the WebAssembly engine.
 *
 * @param engine one that is already starting, where there is one
 * @throws ResultsError when the file is missing, unreadable, not ours or of a newer schema
 */
export async function openWithWasm(
  path: string,
  engine: Promise<WasmEngine> = WasmEngine.start(),
): Promise<OpenResults> {
  const started = await engine;
  const reader = ResultsReader.open(started, path);
  return {
    connection: new WasmConnection(reader.connection),
    meta: reader.meta,
    explain(error) {
      const failure = started.takeFileFailure(error);
      if (!failure) return error;
      return new ResultsError("unreadable", `cannot ${failure.operation} ${failure.path}: ${reasonOf(failure.code)}`);
    },
    close: () => reader.close(),
  };
}
