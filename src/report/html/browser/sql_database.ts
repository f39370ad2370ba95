/**
 * DuckDB in the browser, with the results file open in it for reading.
 *
 * @module
 */
import { DataType, type RecordBatch, type Schema } from "apache-arrow";
import { cellReader } from "../../../results/query/cells.ts";
import type { QueryConnection, ResultRows, RowStream } from "../../../results/query/result_rows.ts";

/** What is used of the package's connection. */
interface WasmConnection {
  query(sql: string): Promise<{ readonly schema: Schema; readonly batches: RecordBatch[] }>;
  send(sql: string): Promise<AsyncIterable<RecordBatch> & { readonly schema: Schema; open(): Promise<unknown> }>;
  cancelSent(): Promise<boolean>;
}

interface Package {
  readonly AsyncDuckDB: new (logger: unknown, worker: Worker) => {
    instantiate(module: string): Promise<unknown>;
    open(config: object): Promise<void>;
    registerFileBuffer(name: string, bytes: Uint8Array): Promise<void>;
    connect(): Promise<WasmConnection>;
  };
  readonly VoidLogger: new () => unknown;
}

/** As results_reader.ts has it for the command line. */
const SEARCH_PATH = ["memory.main", ...["main", "store", "raw_full", "raw"].map((name) => `results.${name}`)];

const FILE = "results.duckdb";

export class SqlDatabase implements QueryConnection {
  private constructor(private readonly connection: WasmConnection) {}

  /** @param onProgress is told of the share of the results file that has come, from 0 to 1 */
  static async open(bytes: number, onProgress: (share: number) => void): Promise<SqlDatabase> {
    const address = (path: string) => new URL(path, location.origin).href;
    const duckdb = await import(address("/duckdb.js")) as Package;
    const database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), new Worker(address("/duckdb-worker.js")));
    const [file] = await Promise.all([
      fetched(address("/results.duckdb"), bytes, onProgress),
      database.instantiate(address("/duckdb.wasm")),
    ]);
    await database.open({ query: { castBigIntToDouble: false, castDecimalToDouble: false } });
    await database.registerFileBuffer(FILE, file);
    const connection = await database.connect();
    for (
      const sql of [
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        `ATTACH '${FILE}' AS results (READ_ONLY)`,
        `SET search_path = '${SEARCH_PATH.join(",")}'`,
      ]
    ) await connection.query(sql);
    return new SqlDatabase(connection);
  }

  async stream(sql: string): Promise<RowStream> {
    const reader = await this.connection.send(sql);
    await reader.open();
    const { schema } = reader;
    const columns = schema.fields.map(({ name, type }) => ({
      name,
      kind: DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type)
        ? "number" as const
        : "other" as const,
    }));
    // A stream lacks the dictionaries of ENUM columns, and all their values would be NULL.
    if (!schema.fields.some(({ type }) => DataType.isDictionary(type))) return { columns, batches: rowsOf(reader) };
    await this.connection.cancelSent();
    const { batches } = await this.connection.query(sql);
    return { columns, batches: rowsOf(batches) };
  }

  cancel(): void {
    void this.connection.cancelSent();
  }
}

async function* rowsOf(batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>): AsyncGenerator<ResultRows> {
  for await (const batch of batches) {
    if (batch.numRows === 0) continue;
    const readers = batch.schema.fields.map((field, nth) => cellReader(batch.getChildAt(nth)!, field));
    yield { count: batch.numRows, readers };
  }
}

async function fetched(address: string, size: number, onProgress: (share: number) => void): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the results file did not come: ${response.status}`);
  const bytes = new Uint8Array(size);
  let length = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > size) throw new Error("the results file has changed: load the page anew");
    bytes.set(chunk, length);
    length += chunk.length;
    onProgress(length / size);
  }
  if (length !== size) throw new Error("the results file did not come as a whole: load the page anew");
  return bytes;
}
