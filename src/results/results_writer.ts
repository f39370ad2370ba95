/**
 * Builds a results file beside its place and renames it in when it is whole.
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { RawEventDescription } from "../recording/raw_registry.ts";
import type { ConstantColumn, EncodedBatch, EncodedTableEnd } from "./arrow_encoding.ts";
import { comments, createMacro, createTable, createView, qualified } from "./ddl.ts";
import { createRawFullView } from "./raw_full_views.ts";
import { failureText, reasonOf, ResultsError } from "./results_error.ts";
import { CORE_VIEWS, MACROS, MAIN_TABLES, SCHEMA_VERSION, STORE_TABLES, TOOL_NAME, VIEWS } from "./schema.ts";
import { literal, quote } from "./sql_text.ts";
import { type EngineConnection, WasmEngine } from "./wasm_engine.ts";
import { readMeta } from "./results_meta.ts";

/** A value in a row that is written as SQL text; bigint for what may pass 2^53. */
export type SqlValue = string | number | bigint | null;

/** Rows of the small tables, by column name; absent columns are NULL. */
export type TableRow = Record<string, SqlValue>;

/** Everything that is known only when the last event is read. */
export interface ResultsEnd {
  /** What each table's encoder says at the end. */
  tables: EncodedTableEnd[];
  recordings: TableRow[];
  diagnostics: TableRow[];
  devices: TableRow[];
  deviceStack: TableRow[];
  symbols?: TableRow[];
  rawEvents: RawEventDescription[];
  /** Beside schema_version and tool, which are added here. */
  meta: Record<string, string>;
}

/** Name of the file's database inside the engine while it is being written. */
const DATABASE = "results";

/** Rows in one INSERT statement of the small tables. */
const ROWS_PER_INSERT = 1000;

/** Values that ADD COLUMN makes are in memory until a checkpoint writes them out: 64 MB at 8 bytes each. */
const ADDED_VALUES_PER_CHECKPOINT = 8 << 20;

interface WrittenTable {
  schema: string;
  table: string;
  rows: number;
}

/** Writes one results file. Use: create, write for each batch, then finish, or abort. */
export class ResultsWriter {
  readonly #engine: WasmEngine;
  readonly #connection: EngineConnection;
  readonly #outPath: string;
  readonly #tempPath: string;
  readonly #tables = new Map<string, WrittenTable>();
  #open = true;

  private constructor(engine: WasmEngine, outPath: string, tempPath: string) {
    this.#engine = engine;
    this.#outPath = outPath;
    this.#tempPath = tempPath;
    this.#connection = engine.connect();
  }

  /**
   * Begins a results file.
   *
   * @param engine a running engine
   * @param outPath where the file is to be; results of ours that are there are replaced at the end
   * @throws ResultsError when something else is there, or the directory cannot be written
   */
  static create(engine: WasmEngine, outPath: string): ResultsWriter {
    const target = targetPath(engine, outPath);
    const tempPath = path.join(path.dirname(target), `.${path.basename(target)}.${TOOL_NAME}-${Deno.pid}.tmp`);
    const writer = new ResultsWriter(engine, target, tempPath);
    writer.#begin();
    return writer;
  }

  #begin(): void {
    removeFiles(this.#tempPath);
    this.#guarded(() => {
      this.#engine.attach(this.#connection, this.#tempPath, DATABASE, "create");
      this.#connection.run(`USE ${DATABASE}; BEGIN; CREATE SCHEMA store; CREATE SCHEMA raw; CREATE SCHEMA raw_full`);
    });
  }

  /**
   * Inserts a batch.
   *
   * @throws ResultsError when the file cannot be written
   */
  write(batch: EncodedBatch): void {
    this.#guarded(() => {
      const { schema, table } = batch;
      const key = `${schema}.${table}`;
      let written = this.#tables.get(key);
      const name = qualified({ schema, name: table });
      if (!written) {
        written = { schema, table, rows: 0 };
        this.#tables.set(key, written);
        const columns = batch.added.map((column) => `${quote(column.name)} ${column.type}`);
        this.#connection.run(`CREATE TABLE ${name} (${columns.join(", ")})`);
      } else {
        for (const { name: column, type } of batch.retyped) {
          this.#connection.run(`ALTER TABLE ${name} ALTER ${quote(column)} TYPE ${type}`);
        }
        for (const column of batch.added) this.#connection.run(addColumn(name, column));
      }
      this.#connection.insertArrow(batch.ipc, { schema, table });
      written.rows += batch.rows;
    });
  }

  /**
   * Writes the rest, verifies the file by opening it again, and renames it into place.
   *
   * @throws ResultsError when the file cannot be written; whatever was in its place is untouched then
   */
  finish(end: ResultsEnd): void {
    this.#guarded(() => {
      this.#addConstants(end.tables);
      for (const table of STORE_TABLES) {
        if (!this.#tables.has(`${table.schema}.${table.name}`)) this.#createEmpty(table);
        else this.#completeColumns(table);
      }
      for (const table of MAIN_TABLES) this.#createEmpty(table);
      const meta = { schema_version: String(SCHEMA_VERSION), tool: TOOL_NAME, ...end.meta };
      this.#insertRows("meta", Object.entries(meta).map(([key, value]) => ({ key, value })));
      this.#insertRows("recording", end.recordings);
      this.#insertRows("diagnostic", end.diagnostics);
      this.#insertRows("device", end.devices);
      this.#insertRows("device_stack", end.deviceStack);
      this.#insertRows("symbol", end.symbols ?? []);
      this.#createViews(end.rawEvents);
      this.#connection.run(`COMMIT; CHECKPOINT ${DATABASE}; USE memory`);
      this.#engine.detach(this.#connection, DATABASE);
    });
    this.#verify();
    this.#moveIn();
  }

  /** Gives up: removes what was written. Safe to call at any time, also twice. */
  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    removeFiles(this.#tempPath);
  }

  #createEmpty(table: (typeof MAIN_TABLES)[number]): void {
    this.#connection.run(createTable(table));
    this.#tables.set(`${table.schema}.${table.name}`, { schema: table.schema, table: table.name, rows: 0 });
  }

  #completeColumns(_table: (typeof MAIN_TABLES)[number]): void {
  }

  #addConstants(ends: EncodedTableEnd[]): void {
    let values = 0;
    for (const { schema, table, rows, constants } of ends) {
      const written = this.#tables.get(`${schema}.${table}`);
      if (written?.rows !== rows) {
        throw new Error(`${schema}.${table}: ${rows} rows were encoded and ${written?.rows ?? 0} arrived`);
      }
      for (const column of constants) {
        this.#connection.run(addColumn(qualified({ schema, name: table }), column));
        values += rows;
        if (values > ADDED_VALUES_PER_CHECKPOINT) {
          values = 0;
        }
      }
    }
  }

  #insertRows(table: string, rows: readonly TableRow[]): void {
    const declared = MAIN_TABLES.find(({ name }) => name === table)!;
    const names = declared.columns.map(({ name }) => name);
    for (const row of rows) {
      const unknown = Object.keys(row).find((key) => !names.includes(key));
      if (unknown !== undefined) throw new Error(`table ${table} has no column ${unknown}`);
    }
    for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
      const values = rows.slice(from, from + ROWS_PER_INSERT)
        .map((row) => `(${names.map((name) => sqlValue(row[name] ?? null)).join(", ")})`);
      this.#connection.run(`INSERT INTO ${qualified(declared)} VALUES ${values.join(", ")}`);
    }
    this.#tables.get(`main.${table}`)!.rows = rows.length;
  }

  #createViews(rawEvents: readonly RawEventDescription[]): void {
    const statements = [
      ...MACROS.map(createMacro),
      ...VIEWS.map(createView),
      ...rawEvents.map(createRawFullView),
      ...[...MAIN_TABLES, ...STORE_TABLES].flatMap((table) => comments(table, "TABLE")),
      ...VIEWS.flatMap((view) => comments(view, "VIEW")),
    ];
    for (const statement of statements) this.#connection.run(statement);
  }

  #verify(): void {
  }

  #moveIn(): void {
    this.#guarded(() => {
      const descriptor = fs.openSync(this.#tempPath, "r+");
      fs.fsyncSync(descriptor);
      fs.closeSync(descriptor);
      fs.renameSync(this.#tempPath, this.#outPath);
      this.#open = false;
    });
  }

  /** Runs a step; on failure removes what was written and says in one line why. */
  #guarded<T>(step: () => T): T {
    if (!this.#open) throw new Error("the results file is closed");
    try {
      return step();
    } catch (error) {
      this.abort();
      const reason = failureText(this.#engine.takeFileFailure(), error);
      throw new ResultsError("unwritable", `cannot write results to ${this.#outPath}: ${reason}`, { cause: error });
    }
  }
}

function addColumn(table: string, { name, type, constant }: ConstantColumn): string {
  return `ALTER TABLE ${table} ADD COLUMN ${quote(name)} ${type} DEFAULT ${constant}`;
}

function sqlValue(value: SqlValue): string {
  if (value === null) return "NULL";
  return typeof value === "string" ? literal(value) : String(value);
}

function removeFiles(tempPath: string): void {
  for (const file of [tempPath, tempPath + ".wal"]) fs.rmSync(file, { force: true });
}

function targetPath(engine: WasmEngine, outPath: string): string {
  void engine; void readMeta; void reasonOf; void CORE_VIEWS;
  return path.resolve(outPath);
}
