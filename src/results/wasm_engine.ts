/**
 * DuckDB in WebAssembly, in this process: the one file that knows how duckdb-wasm 1.32 (DuckDB 1.4.3) has to be
 * treated. Measured, and held by tests that tell when a new version has mended it:
 *
 * - A database attached by its plain path is lost: every write goes to the end of the file, also the header at a
 *   checkpoint. Registered for direct I/O it is right, but a new file cannot be created so: it is attached plainly
 *   once, which writes a valid empty database (three header writes in order), detached, and then registered.
 * - A path that ends in `.tmp` means another file to it, and one that begins like a URL is fetched: the engine gets
 *   names of our own making, never a user's path.
 * - The file functions of the package have faults of their own, see engine_files.ts.
 * - Extensions are downloaded on first use and without a network that hangs, so both ways to load one are switched off.
 * - A start walks over 75,000 exports that only extensions need, see wasm_exports.ts.
 * - An insert from a malformed Arrow stream is taken in silence, and so is every later one of the same connection:
 *   whoever inserts has to count rows afterwards.
 * - A piece of an Arrow stream is freed when it has been handed over, but the rows are left in it until the end of the
 *   stream comes: what is free by then may hold something else.
 *
 * @module
 */
import * as fs from "node:fs";
import type { DuckDBConnection } from "@duckdb/duckdb-wasm/blocking";
import { DataType, type RecordBatch, RecordBatchReader, tableFromIPC } from "apache-arrow";
import type { Field, Schema, Table } from "apache-arrow";
import { joined } from "./arrow_streams.ts";
import { enginePath } from "./assets.ts";
import { EngineFiles, type FileFailure, type ModuleCalls, type Reach } from "./engine_files.ts";
import { isDamage } from "./results_error.ts";
import { literal, quote } from "./sql_text.ts";
import { withoutLinkerExports } from "./wasm_exports.ts";

type Package = typeof import("@duckdb/duckdb-wasm/blocking");
type Bindings = Awaited<ReturnType<Package["createDuckDB"]>>;

/** How a database file is attached; to be created and written: a log of it goes nowhere. */
export type Access = "read-only" | "create" | "write";

/** WebAssembly memory ends at 4 GB. */
const MEMORY_LIMIT = "3GB";

/** What the block cache shrinks to when it is released. */
const RELEASED_MEMORY = "32MB";

const SETTINGS = [
  "SET autoinstall_known_extensions = false",
  "SET autoload_known_extensions = false",
  // Rows are committed once, at the end: a commit that is a checkpoint does not write them to a log as well.
  "SET wal_autocheckpoint = '1B'",
  `SET memory_limit = '${MEMORY_LIMIT}'`,
];

/**
 * Bytes a block of a new file: every table has one of its own at least, and there is a table for each event type. The
 * default of four times as much makes the file of a small recording three times as large and is no faster; with less,
 * integers are stored uncompressed.
 */
const NEW_FILE_OPTIONS = "BLOCK_SIZE 65536";

/** One DuckDB instance. */
export class WasmEngine {
  readonly #bindings: Bindings;
  readonly #files: EngineFiles;
  /** What the engine calls the file of each attached database. */
  readonly #fileNames = new Map<string, string>();
  #attached = 0;
  #housekeeping: EngineConnection | null = null;

  private constructor(bindings: Bindings, files: EngineFiles) {
    this.#bindings = bindings;
    this.#files = files;
  }

  /**
   * Starts an engine; takes 0.6 to 0.9 s on a slow core, most of it compiling in V8's own threads, so call it before
   * the first bytes of input are read and await it late.
   *
   * The tasks' V8 flags are for it: most functions run a few times only, so that they are compiled again later than
   * usual, and none counts its calls for an inlining that then seldom comes, which costs as much as compiling.
   */
  static async start(reach: Reach = "any file"): Promise<WasmEngine> {
    const path = enginePath();
    const compiling = WebAssembly.compile(withoutLinkerExports(fs.readFileSync(path)));
    const duckdb: Package = await import("@duckdb/duckdb-wasm/blocking");
    const files = new EngineFiles(duckdb as unknown as ModuleCalls, reach);
    const bundle = { mainModule: path, mainWorker: "" }; // the blocking build has no worker
    const bindings = await duckdb.createDuckDB({ mvp: bundle, eh: bundle }, new duckdb.VoidLogger(), files.runtime());
    await instantiate(bindings, compiling, files.runtime());
    bindings.open({ query: { castBigIntToDouble: false, castDecimalToDouble: false } });
    return new WasmEngine(bindings, files);
  }

  /** DuckDB's own version, `v1.4.3`. */
  get version(): string {
    return this.#bindings.getVersion();
  }

  /** How files are that {@linkcode attach} creates. */
  get newFileOptions(): string {
    return NEW_FILE_OPTIONS;
  }

  /**
   * The last file operation that failed since the last call; an engine's own message does not always name it.
   *
   * @param error what the engine threw, which may be that it did not like what it has read
   */
  takeFileFailure(error: unknown): FileFailure | null {
    const { failure, lastRead } = this.#files;
    this.#files.failure = null;
    if (failure !== null || lastRead === null || !isDamage(error)) return failure;
    return { code: "DAMAGED", operation: "read", path: lastRead };
  }

  /** Called before statements read from a file or write to one; may end the program, and not ask this engine anything. */
  set onFileUse(call: () => void) {
    this.#files.onUse = call;
  }

  connect(): EngineConnection {
    const connection = this.#bindings.connect();
    const result = new EngineConnection(this.#bindings, connection);
    for (const setting of SETTINGS) result.run(setting);
    return result;
  }

  /**
   * Attaches a database file under a name.
   *
   * @param path an absolute path; with "create" nothing must be there yet
   * @throws Error when the file is no database, or cannot be read or written
   */
  attach(connection: EngineConnection, path: string, name: string, access: Access): void {
    // An open that fails inside the engine leaves the file in use there for good: here it fails before.
    fs.closeSync(fs.openSync(path, access === "create" ? "wx" : "r"));
    if (access === "create") fs.rmSync(path);
    const file = `${++this.#attached}.${name}.duckdb`;
    this.#files.name(file, path);
    this.#files.database(file);
    this.#files.name(file + ".wal", path + ".wal");
    try {
      if (access !== "read-only") this.#files.discard(file + ".wal");
      if (access === "create") {
        connection.run(`ATTACH ${literal(file)} AS new_file (${NEW_FILE_OPTIONS}); DETACH new_file`);
        this.#drop(file);
      }
      this.#bindings.registerFileURL(file, file, DIRECT_FILE_PROTOCOL, true);
      const options = access === "read-only" ? " (READ_ONLY)" : "";
      connection.run(`ATTACH ${literal(file)} AS ${quote(name)}${options}`);
      this.#fileNames.set(name, file);
    } catch (error) {
      this.#drop(file);
      throw new Error((error as Error).message.replaceAll(file, path), { cause: error });
    }
  }

  /** Makes the engine forget a file, as far as it lets go of it. */
  #drop(file: string): void {
    try {
      this.#bindings.dropFile(file);
    } catch {
      // Still in use after a failure; no other file ever gets the name.
    }
  }

  /**
   * Lets go of the blocks that are in memory only because they were read or written before. What cannot be let go of
   * stays, so nothing fails: the limit is lowered for a moment and then lifted again. It is done on a connection of its
   * own because the failure would end a transaction.
   */
  releaseCache(): void {
    const connection = this.#housekeeping ??= this.connect();
    try {
      connection.run(`SET memory_limit = '${RELEASED_MEMORY}'`);
    } catch {
      // Everything that could go is gone; rows not yet written are more than that.
    }
    connection.run(`SET memory_limit = '${MEMORY_LIMIT}'`);
  }

  /** Detaches a database and lets go of its file. */
  detach(connection: EngineConnection, name: string): void {
    connection.run(`DETACH ${quote(name)}`);
    this.#drop(this.#fileNames.get(name)!);
    this.#fileNames.delete(name);
  }
}

/** DuckDBDataProtocol.NODE_FS; the package declares it as an enum that exists only once it is loaded. */
const DIRECT_FILE_PROTOCOL = 1;

/**
 * Instantiates the module that is already being compiled: the package would read and compile it again, and only after
 * its own scripts are loaded.
 */
async function instantiate(bindings: Bindings, compiling: Promise<WebAssembly.Module>, runtime: object): Promise<void> {
  const own = bindings as unknown as {
    instantiateWasm(
      imports: WebAssembly.Imports,
      success: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ): unknown;
  };
  const module = await compiling;
  own.instantiateWasm = (imports, success) => {
    // The module's imports look the file functions up here.
    (globalThis as { DUCKDB_RUNTIME?: object }).DUCKDB_RUNTIME = { ...runtime };
    // Not at once: the glue code is not whole until this function has returned.
    queueMicrotask(() => success(new WebAssembly.Instance(module, imports), module));
    return {};
  };
  await bindings.instantiate(() => {});
}

/** Where an Arrow stream is inserted. */
export interface InsertTarget {
  schema: string;
  table: string;
}

/** Rows as they are made. */
export interface ResultStream {
  schema: Schema;
  batches: AsyncIterable<RecordBatch>;
}

/** One connection; all calls are synchronous except where an iteration lets others run. */
export class EngineConnection {
  readonly #bindings: Bindings;
  readonly #connection: DuckDBConnection;
  readonly #id: number;
  /** Of all its statements: a thousand short ones are a long time, too. */
  readonly #turn = new Turn();

  constructor(bindings: Bindings, connection: DuckDBConnection) {
    this.#bindings = bindings;
    this.#connection = connection;
    this.#id = connection.useUnsafe((_bindings, id) => id);
  }

  /** Runs one or several statements whose rows nobody wants. */
  run(sql: string): void {
    this.#bindings.runQuery(this.#id, sql);
  }

  /** Runs SQL and returns the rows of its last statement, all in memory. */
  query(sql: string): Table {
    return tableFromIPC(this.#bindings.runQuery(this.#id, sql));
  }

  /**
   * Runs one statement and hands its rows on in batches as they are made. Other tasks of this thread run between two
   * steps of the work, and one of them may call {@link cancel}.
   *
   * @param isLent batches are used no more when the next is asked for: their memory is let go of then, and not when V8
   * looks for what nobody has any more, which is late
   */
  async stream(sql: string, isLent = false): Promise<ResultStream> {
    const streaming = true;
    let header = this.#bindings.startPendingQuery(this.#id, sql, streaming);
    await this.#turn.give();
    while (header === null) {
      await this.#turn.give();
      header = this.#bindings.pollPendingQuery(this.#id);
    }
    const messages = new Messages(header);
    const reader = RecordBatchReader.from(messages);
    reader.open();
    const { schema } = reader;
    if (!schema.fields.some(({ type }) => hasDictionary(type))) {
      return { schema, batches: this.#batches(messages, reader, isLent) };
    }
    // A stream lacks the dictionaries of ENUM columns, and all their values would be NULL.
    this.cancel();
    return { schema, batches: inTurn(this.query(sql).batches) };
  }

  async *#batches(messages: Messages, reader: RecordBatchReader, isLent: boolean): AsyncGenerator<RecordBatch> {
    while (true) {
      const message = this.#bindings.fetchQueryResults(this.#id);
      if (message !== null && message.length === 0) return;
      if (message !== null) {
        messages.next = message;
        const { value } = reader.next() as IteratorResult<RecordBatch>;
        yield value;
        if (isLent) (message.buffer as ArrayBuffer).transfer(0);
      }
      await this.#turn.give();
    }
  }

  /** Ends the statement that {@link stream} is running. */
  cancel(): void {
    this.#bindings.cancelPendingQuery(this.#id);
  }

  /**
   * Appends the rows of Arrow IPC streams to a table, column by position, cast to the column's type.
   *
   * A malformed stream is not noticed; count the rows afterwards.
   *
   * @param streams of the same columns
   */
  insertArrow(streams: readonly Uint8Array[], target: InsertTarget): void {
    const options = { schema: target.schema, name: target.table, create: false };
    const { mod } = this.#bindings as unknown as { mod: { _free(address: number): void } };
    const free = mod._free;
    const used: number[] = [];
    mod._free = (address) => used.push(address);
    try {
      for (const piece of joined(streams)) this.#connection.insertArrowFromIPCStream(piece, options);
    } finally {
      mod._free = free;
      for (const address of used) free(address);
    }
  }

  close(): void {
    this.#connection.close();
  }
}

/**
 * The messages of an Arrow stream, each handed over when the reader has come to it. A reader that waits for them itself
 * keeps memory of each until V8 looks at all of its own, and makes three times the work.
 */
class Messages implements Iterable<Uint8Array> {
  next: Uint8Array | null;

  constructor(head: Uint8Array) {
    this.next = head;
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    // The reader looks for more before it takes the last part of a message; if it needs more, the message is cut off.
    for (let looks = 0; looks < Messages.#LOOKS_MAX; looks++) {
      const message = this.next;
      this.next = null;
      if (message !== null) looks = 0;
      yield message ?? Messages.#NOTHING;
    }
  }

  static readonly #NOTHING = new Uint8Array(0);
  static readonly #LOOKS_MAX = 4;
}

function hasDictionary(type: DataType): boolean {
  return DataType.isDictionary(type) || (type.children ?? []).some((child: Field) => hasDictionary(child.type));
}

async function* inTurn<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** Lets timers, signals and input have their turn, but not at every small step: a turn costs a millisecond. */
class Turn {
  static readonly #INTERVAL_MS = 20;
  #last = performance.now();

  async give(): Promise<void> {
    if (performance.now() - this.#last < Turn.#INTERVAL_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#last = performance.now();
  }
}
