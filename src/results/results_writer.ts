/**
 * Builds a results file beside its place, verifies it by opening it again, and renames it in.
 *
 * @module
 */
import * as fs from "node:fs";
import { Buffer } from "node:buffer";
import * as path from "node:path";
import type { RawEventDescription } from "../recording/raw_registry.ts";
import type { ConstantColumn, EncodedBatch, EncodedTableEnd } from "./arrow_encoding.ts";
import { haveSameColumns, STREAMS_KEPT_MAX } from "./arrow_streams.ts";
import { NULL_CONSTANT } from "./column_constant.ts";
import { createTable, qualified, type TableShape } from "./ddl.ts";
import { emptyResults } from "./empty_results.ts";
import { storedRawFields } from "./raw_full_views.ts";
import { createRawView, hasRawRows, RAW_ROWS } from "./raw_rows.ts";
import { PlaceClaim, placeNamed } from "./place_claim.ts";
import { failureText, ResultsError } from "./results_error.ts";
import { attachResults } from "./results_file.ts";
import { rowInserts, type TableRow } from "./row_inserts.ts";
import type { Relation } from "./relation.ts";
import { MAIN_TABLES, SCHEMA_VERSION, TOOL_NAME } from "./schema.ts";
import { ROW_TABLES, rowsView, STORE_TABLES } from "./store_tables.ts";
import { decidedSchema, emptySchema } from "./schema_statements.ts";
import { SHARD_TABLE } from "./shard_table.ts";
import { literal, quote } from "./sql_text.ts";
import type { EngineConnection, WasmEngine } from "./wasm_engine.ts";

/** What the model showed: rows of the tables of the same names. */
export interface ModelRows {
  run: readonly TableRow[];
  step: readonly TableRow[];
  run_event: readonly TableRow[];
  finding: readonly TableRow[];
  verdict: readonly TableRow[];
}

/** Everything that is known only when the last event is read. */
export interface ResultsEnd {
  /** What the encoder says of each table at the end. */
  tables: EncodedTableEnd[];
  recordings: readonly TableRow[];
  diagnostics: readonly TableRow[];
  devices: readonly TableRow[];
  deviceStack: readonly TableRow[];
  symbols?: readonly TableRow[];
  rawEvents: RawEventDescription[];
  /** Nothing: no model has been run. */
  model?: ModelRows;
  /** Rows of {@linkcode SHARD_TABLE}; nothing: it is no shard, and has no such table. */
  shardParts?: readonly TableRow[];
  /** Beside schema_version and tool, which are added here. */
  meta: Record<string, string>;
}

/** What there is at the end where no recording was read. */
export const NOTHING_READ: Omit<ResultsEnd, "meta"> = {
  tables: [],
  recordings: [],
  diagnostics: [],
  devices: [],
  deviceStack: [],
  rawEvents: [],
};

/** Tables that are written from what has been written before. */
export type ShownTable = "run" | "step" | "run_event" | "finding" | "window_shape" | "conformance" | "conformance_call";

/** Rows from what has been written: all tables and views are there. */
export type ShownBy = (connection: EngineConnection) => Partial<Record<ShownTable, readonly TableRow[]>>;

const NO_MODEL_ROWS: ModelRows = { run: [], step: [], run_event: [], finding: [], verdict: [] };

/** What the file's database is called inside the engine. */
const DATABASE = "results";

const NOT_COMPRESSED = "USING COMPRESSION uncompressed";

/** Rows after which blocks already written are let go of; their memory does not grow with the recording then. */
const ROWS_PER_RELEASE = 1_000_000;

/** Values of columns added to tables that have rows, after which they are written: until then they are in memory. */
const ADDED_VALUES_MAX = 4_000_000;

/** Batches of one table that one statement inserts, at most. */
const BATCHES_PER_INSERT = 4;

interface WrittenTable {
  schema: string;
  name: string;
  rows: number;
  /** Batches that are yet to be inserted, all of the same columns. */
  kept: EncodedBatch[];
  /** Lower-case names of the columns the table has. */
  columns: Set<string>;
  /** Whether it still is the table of the empty results file, with its descriptions. */
  isAsDeclared: boolean;
}

/** Writes one results file: create, write for each batch, then finish, or abort at any time. */
export class ResultsWriter {
  readonly #engine: WasmEngine;
  readonly #connection: EngineConnection;
  readonly #outPath: string;
  #claim: PlaceClaim | null = null;
  readonly #tables = new Map<string, WrittenTable>();
  /** Batches that are yet to be inserted, of all tables. */
  #kept = 0;
  #rowsSinceRelease = 0;
  #valuesAdded = 0;
  #attached = false;
  #open = true;

  private constructor(engine: WasmEngine, outPath: string) {
    this.#engine = engine;
    this.#connection = engine.connect();
    this.#outPath = outPath;
  }

  /**
   * Begins a results file.
   *
   * @param engine a running engine, which may serve others meanwhile
   * @param outPath where the file is to be; results of ours that are there are replaced at the end
   * @throws ResultsError when something else is there, or nothing can be written there
   */
  static create(engine: WasmEngine, outPath: string): ResultsWriter {
    const writer = new ResultsWriter(engine, placeNamed(outPath));
    writer.#guarded(() => writer.#begin());
    return writer;
  }

  #begin(): void {
    // The database looks for a log of this name, also when it only reads.
    if (Buffer.byteLength(path.basename(this.#outPath)) > NAME_BYTES_MAX - LOG_ENDING.length) {
      throw new ResultsError("unwritable", `cannot write results to ${this.#outPath}: the name is too long`);
    }
    if (fs.existsSync(this.#outPath)) {
      this.#checkReplaceable();
    }
    this.#claim = PlaceClaim.take(this.#outPath);
    const empty = emptyResults(this.#engine);
    if (empty !== null) fs.writeFileSync(this.#claim.path, empty);
    this.#engine.attach(this.#connection, this.#claim.path, DATABASE, empty === null ? "create" : "write");
    this.#attached = true;
    // Bitpacking is what suits these columns in the end; trying the others costs a tenth of the time.
    this.#connection.run("SET force_compression = 'bitpacking'");
    // Bitmaps of NULLs: analysing them for roaring costs a fifth of the insert and saves a bit a row.
    this.#connection.run("SET disabled_compression_methods = 'roaring'");
    this.#connection.run(`USE ${DATABASE}; BEGIN`);
    if (empty === null) this.#runAll(emptySchema());
  }

  /** Only results of ours are ever replaced. */
  #checkReplaceable(): void {
    const old = "replaced";
    try {
      attachResults(this.#engine, this.#connection, this.#outPath, old);
    } catch (error) {
      const { message, problem } = error as ResultsError;
      if (problem === "newer") return;
      throw new ResultsError("not-ours", `not overwritten: ${message}; choose another place with --out`);
    }
    this.#engine.detach(this.#connection, old);
  }

  /**
   * Takes a batch, and inserts it now or later.
   *
   * @returns those that have been inserted: what they are in is free
   * @throws ResultsError when the file cannot be written; everything of it is removed then
   */
  write(batch: EncodedBatch): EncodedBatch[] {
    return this.#guarded(() => {
      const { schema, table, added, retyped } = batch;
      const known = this.#tables.get(keyOf(schema, table));
      const written = known ?? this.#create({ schema, name: table, columns: added }, placeOf(batch));
      const inserted: EncodedBatch[] = [];
      const [first] = written.kept;
      if (first && (added.length > 0 || retyped.length > 0 || !haveSameColumns(first.ipc, batch.ipc))) {
        inserted.push(...this.#insert(written));
      }
      if (known) this.#change(known, batch);
      written.kept.push(batch);
      this.#kept++;
      if (written.kept.length === BATCHES_PER_INSERT) inserted.push(...this.#insert(written));
      else if (this.#kept > STREAMS_KEPT_MAX) inserted.push(...this.#insert(this.#fullest()));
      return inserted;
    });
  }

  /** Makes the changes to a table's columns that a batch needs. */
  #change(written: WrittenTable, { added, retyped }: EncodedBatch): void {
    for (const { name, type } of retyped) {
      this.#connection.run(`ALTER TABLE ${qualified(written)} ALTER ${quote(name)} TYPE ${type}`);
      written.isAsDeclared = false;
    }
    for (const column of added) this.#addColumn(written, column);
  }

  /** The table with the most batches kept; of several, the one that has been there longest. */
  #fullest(): WrittenTable {
    const tables = [...this.#tables.values()];
    return tables.reduce((most, table) => table.kept.length > most.kept.length ? table : most);
  }

  /** Inserts what is kept of a table. */
  #insert(written: WrittenTable): EncodedBatch[] {
    const { kept } = written;
    if (kept.length === 0) return kept;
    const target = { schema: written.schema, table: written.name };
    this.#connection.insertArrow(kept.map(({ ipc }) => ipc), target);
    const rows = kept.reduce((sum, batch) => sum + batch.rows, 0);
    written.rows += rows;
    written.kept = [];
    this.#kept -= kept.length;
    this.#rowsSinceRelease += rows;
    if (this.#rowsSinceRelease >= ROWS_PER_RELEASE) {
      this.#rowsSinceRelease = 0;
      this.#engine.releaseCache();
    }
    return kept;
  }

  /**
   * Writes the rest: {@linkcode store} and {@linkcode complete}.
   *
   * @throws ResultsError as they do
   */
  finish(end: ResultsEnd, shown: ShownBy = () => ({})): void {
    this.complete(shown(this.store(end)));
  }

  /**
   * Writes all that reading has brought: then everything is there to be asked.
   *
   * @throws ResultsError when the file cannot be written; everything of it is removed then
   */
  store(end: ResultsEnd): EngineConnection {
    this.#guarded(() => {
      for (const table of this.#tables.values()) this.#insert(table);
      this.#writeSmallTables(end);
      this.#checkArrived(end);
      this.#completeTables(end);
      const rowTables = ROW_TABLES.filter((table) => this.#isChanged(table));
      this.#runAll(decidedSchema({
        tables: [
          ...STORE_TABLES.filter((table) => this.#isChanged(table)),
          ...rowTables.map((table) => this.#stored(table)),
          ...end.shardParts === undefined ? [] : [SHARD_TABLE],
        ],
        rowViews: rowTables.map((table) => rowsView(table, this.#notStored(table, end))),
        rawViews: this.#rawViews(end),
        rawEvents: end.rawEvents,
      }));
      // Numbers of rows, which are seq, are true when rows are committed.
      this.#connection.run("COMMIT; BEGIN");
    });
    return this.#connection;
  }

  /**
   * Adds what the rows that are stored have shown, verifies the file by opening it again, and renames it into place.
   *
   * @throws ResultsError when the file cannot be written; everything of it is removed then, and whatever was in its
   * place is untouched
   */
  complete(shown: ReturnType<ShownBy>): void {
    this.#guarded(() => {
      this.#addShown(shown);
      this.#commit();
      this.#verify();
      this.#moveIn();
    });
  }

  /** Gives up: removes what was written. Safe to call at any time, also after finish. */
  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#attached) {
      try {
        this.#connection.run("ROLLBACK");
      } catch {
        // There may be no transaction any more.
      }
      try {
        this.#connection.run("USE memory");
        this.#engine.detach(this.#connection, DATABASE);
      } catch {
        // A database that failed to write may refuse everything; its file goes all the same.
      }
    }
    this.#connection.close();
    this.#claim?.release();
  }

  /** Removes what was written, also in the middle of a step, and leaves the engine as it is: for a program that ends. */
  abandon(): void {
    this.#claim?.release();
  }

  #runAll(texts: readonly string[]): void {
    for (const text of texts) this.#connection.run(text);
  }

  /**
   * The table of this shape and name; one of another shape that is there is empty, and goes.
   *
   * @param schema where it is stored
   */
  #create(table: TableShape, schema = table.schema): WrittenTable {
    const declared = DECLARED_TABLES.get(keyOf(table.schema, table.name));
    const isAsDeclared = declared !== undefined && isSameShape(declared, table);
    if (!isAsDeclared) this.#connection.run(createTable({ ...table, schema }));
    const names = new Set(table.columns.map(({ name }) => name.toLowerCase()));
    const written = { schema, name: table.name, rows: 0, kept: [], columns: names, isAsDeclared };
    this.#tables.set(keyOf(table.schema, table.name), written);
    return written;
  }

  #isChanged(table: Relation): boolean {
    return !this.#tables.get(keyOf(table.schema, table.name))!.isAsDeclared;
  }

  /**
   * @param compression usually what the database chooses; a column of NULLs takes no room whatever that is, but trying to
   * compress it takes longer than all else at the end
   */
  #addColumn(table: WrittenTable, { name, type, constant }: ConstantColumn, compression = ""): void {
    this.#connection.run(
      `ALTER TABLE ${qualified(table)} ADD COLUMN ${quote(name)} ${type} ${compression} DEFAULT ${constant}`,
    );
    table.columns.add(name.toLowerCase());
    table.isAsDeclared = false;
    this.#valuesAdded += table.rows;
    this.#writeAdded();
  }

  /** @throws Error when batches are missing */
  #checkArrived(end: ResultsEnd): void {
    for (const { schema, table, rows } of end.tables) {
      const written = this.#tables.get(keyOf(schema, table));
      if (written?.rows === rows) continue;
      throw new Error(`${schema}.${table}: ${rows} rows were encoded and ${written?.rows ?? 0} arrived`);
    }
  }

  /** Writes columns that have been added, when there is much of them. */
  #writeAdded(): void {
    if (this.#valuesAdded < ADDED_VALUES_MAX) return;
    this.#valuesAdded = 0;
    this.#connection.run("COMMIT; BEGIN");
    this.#engine.releaseCache();
  }

  /** Adds what no batch ever brought; what never varied is in views, or stored with the rest. */
  #completeTables(end: ResultsEnd): void {
    for (const table of STORE_TABLES) this.#completeTable(table);
    for (const table of ROW_TABLES) if (!this.#tables.has(keyOf(table.schema, table.name))) this.#create(table);
    for (const description of end.rawEvents) {
      this.#completeTable({ schema: "raw", name: description.name, columns: storedRawFields(description) });
    }
  }

  #completeTable(declared: TableShape): void {
    const written = this.#tables.get(keyOf(declared.schema, declared.name));
    if (!written) {
      this.#create(declared);
      return;
    }
    if (isShownByView(written)) return;
    for (const { name, type } of declared.columns) {
      if (written.columns.has(name.toLowerCase())) continue;
      this.#addColumn(written, { name, type, constant: NULL_CONSTANT }, NOT_COMPRESSED);
    }
  }

  #writeSmallTables(end: ResultsEnd): void {
    const own = { schema_version: String(SCHEMA_VERSION), tool: TOOL_NAME };
    const meta = { ...own, ...end.meta, ...own };
    const rows: Record<string, readonly TableRow[]> = {
      meta: Object.entries(meta).map(([key, value]) => ({ key, value })),
      recording: end.recordings,
      diagnostic: end.diagnostics,
      device: end.devices,
      device_stack: end.deviceStack,
      symbol: end.symbols ?? [],
      window_shape: [],
      conformance: [],
      conformance_call: [],
      ...end.model ?? NO_MODEL_ROWS,
    };
    for (const table of MAIN_TABLES) this.#appendRows(table, this.#create(table), rows[table.name]);
    if (end.shardParts !== undefined) this.#appendRows(SHARD_TABLE, this.#create(SHARD_TABLE), end.shardParts);
  }

  /** What the rows themselves showed, behind what was there of these tables. */
  #addShown(shown: ReturnType<ShownBy>): void {
    for (const [name, rows] of Object.entries(shown)) {
      const table = MAIN_TABLES.find((each) => each.name === name)!;
      if (rows.length > 0) this.#appendRows(table, this.#tables.get(keyOf(table.schema, table.name))!, rows);
    }
  }

  #appendRows(table: Relation, written: WrittenTable, rows: readonly TableRow[]): void {
    for (const statement of rowInserts(table, rows)) this.#connection.run(statement);
    written.rows += rows.length;
  }

  /** Of a row table: what is stored of it. */
  #stored(table: Relation): Relation {
    const { columns } = this.#tables.get(keyOf(table.schema, table.name))!;
    return { ...table, columns: table.columns.filter(({ name }) => columns.has(name.toLowerCase())) };
  }

  /** Views of event types whose rows are in {@linkcode RAW_ROWS}. */
  #rawViews(end: ResultsEnd): string[] {
    return end.rawEvents.flatMap((description) => {
      const whole = { schema: "raw", name: description.name, columns: storedRawFields(description) };
      if (this.#tables.get(keyOf(whole.schema, whole.name))!.schema !== RAW_ROWS) return [];
      return [createRawView(description, this.#notStored(whole, end))];
    });
  }

  /** Columns that a table does not store, with SQL of their value: what never varied, or NULL where nothing ever came. */
  #notStored({ schema, name, columns }: TableShape, end: ResultsEnd): Map<string, string> {
    const stored = this.#tables.get(keyOf(schema, name))!.columns;
    const known = end.tables.find((each) => each.schema === schema && each.table === name)?.constants ?? [];
    const missing = columns.filter((column) => !stored.has(column.name.toLowerCase()));
    return new Map(
      missing.map(({ name }) => [name, known.find((each) => each.name === name)?.constant ?? NULL_CONSTANT]),
    );
  }

  #commit(): void {
    // The commit is a checkpoint by the engine's settings, unless some other transaction is open.
    this.#connection.run(`COMMIT; CHECKPOINT ${DATABASE}; USE memory`);
    this.#engine.detach(this.#connection, DATABASE);
    this.#attached = false;
  }

  /** Opens the finished file and counts: a malformed batch or a write gone astray shows here and nowhere else. */
  #verify(): void {
    if (!fs.existsSync(this.#claim!.path)) {
      const text = `cannot write results to ${this.#outPath}: what was made of them is gone, as its folder was removed`;
      throw new ResultsError("unwritable", text);
    }
    attachResults(this.#engine, this.#connection, this.#claim!.path, DATABASE);
    this.#attached = true;
    // For a file just opened this is what its own table headers say, not an estimate.
    const found = this.#connection.query(
      `SELECT schema_name || '.' || table_name AS name, estimated_size::DOUBLE AS rows FROM duckdb_tables() ` +
        `WHERE database_name = ${literal(DATABASE)}`,
    );
    const rows = new Map(found.toArray().map((row) => [String(row.name), Number(row.rows)]));
    for (const table of this.#tables.values()) {
      const name = `${table.schema}.${table.name}`;
      if (rows.get(name) === table.rows) continue;
      throw new Error(`table ${name} has ${rows.get(name)} of ${table.rows} rows when read back`);
    }
    this.#engine.detach(this.#connection, DATABASE);
    this.#attached = false;
  }

  #moveIn(): void {
    synchronise(this.#claim!.path);
    // A log beside the old file belongs to it and would be applied to the new one.
    fs.rmSync(this.#outPath + ".wal", { force: true });
    this.#claim!.moveIn();
    this.#open = false;
    this.#connection.close();
    try {
      synchronise(path.dirname(this.#outPath));
    } catch {
      // Some file systems synchronise no directories; the file is in its place all the same.
    }
  }

  /** Runs a step; on failure removes what was written and says in one line why. */
  #guarded<Result>(step: () => Result): Result {
    if (!this.#open) throw new Error("the results file is closed");
    try {
      return step();
    } catch (error) {
      const failure = this.#engine.takeFileFailure(error);
      this.abort();
      this.#engine.takeFileFailure(null);
      if (error instanceof ResultsError) throw error;
      const reason = failureText(failure, error);
      throw new ResultsError("unwritable", `cannot write results to ${this.#outPath}: ${reason}`, { cause: error });
    }
  }
}

/** Of a name in a folder. */
const NAME_BYTES_MAX = 255;
const LOG_ENDING = ".wal";

/** Whether a view has the columns that the table does not store. */
function isShownByView({ schema, name }: { schema: string; name: string }): boolean {
  return schema === RAW_ROWS || ROW_TABLES.some((table) => table.schema === schema && table.name === name);
}

/** The schema in which the table is stored whose first batch this is. */
function placeOf({ schema, rows }: EncodedBatch): string {
  return schema === "raw" && hasRawRows(rows) ? RAW_ROWS : schema;
}

/** Tables of the empty results file. */
const DECLARED_TABLES: ReadonlyMap<string, TableShape> = new Map(
  [...MAIN_TABLES, ...STORE_TABLES, ...ROW_TABLES].map((table) => [keyOf(table.schema, table.name), table]),
);

function isSameShape(a: TableShape, b: TableShape): boolean {
  return a.columns.length === b.columns.length &&
    a.columns.every(({ name, type }, at) => name === b.columns[at].name && type === b.columns[at].type);
}

/** The database compares names without case. */
function keyOf(schema: string, table: string): string {
  return `${schema}.${table.toLowerCase()}`;
}

function synchronise(path: string): void {
  const descriptor = fs.openSync(path, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
