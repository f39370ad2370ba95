/**
 * Turns a reader's batches into Arrow IPC streams for the database, leaving out columns that never vary.
 *
 * Inserting costs about 80 ns a value whatever its type (500 ns for text), and most fields of most events hold one
 * value throughout: a column is left out while all its values so far equal one constant. The first batch that differs
 * activates it, and the writer then adds the column with that constant for the rows it has. What was never activated
 * is added at the end. This runs in the reader's worker; results_writer.ts has the other half.
 *
 * @module
 */
import * as arrow from "apache-arrow";
import type { ColumnBatch, ColumnType, TableBatch } from "../recording/batch.ts";
import { BufferPool } from "./buffer_pool.ts";
import { type Constant, constantOf, NULL_CONSTANT } from "./column_constant.ts";
import { commonType, elementType, isList, type StoredType } from "./column_types.ts";

/** A column and the value that all rows before this batch have in it. */
export interface ConstantColumn {
  name: string;
  type: StoredType;
  /** An SQL expression. */
  constant: Constant;
}

/** A batch ready for the database; plain data, `ipc`, a part of its buffer, can be transferred to another thread. */
export interface EncodedBatch {
  schema: TableBatch["schema"];
  table: string;
  rows: number;
  /** An Arrow IPC stream whose columns are, in order, those of the table once the changes below are made. */
  ipc: Uint8Array<ArrayBuffer>;
  /** Columns to add at the end of the table before inserting, in this order. The first batch of a table adds all. */
  added: ConstantColumn[];
  /** Columns whose type has to change before inserting. */
  retyped: { name: string; type: StoredType }[];
}

/** What is left to do for a table when the last batch is in. */
export interface EncodedTableEnd {
  schema: TableBatch["schema"];
  table: string;
  /** Rows handed on in all batches. */
  rows: number;
  /** Columns that never varied. */
  constants: ConstantColumn[];
}

/**
 * Columns that are stored from the first batch on, so that they come first in the table, in this order.
 *
 * @param rows those of the first batch
 */
export type PinnedColumns = (schema: TableBatch["schema"], table: string, rows: number) => readonly string[] | "all";

const NO_BUFFERS = new BufferPool(0);

/** Encodes the batches of all tables of one results file. */
export class BatchEncoder {
  readonly #pinned: PinnedColumns;
  readonly #buffers: BufferPool;
  readonly #tables = new Map<string, TableEncoder>();

  /** @param buffers what batches are written to; usually each has memory of its own */
  constructor(pinned: PinnedColumns, buffers: BufferPool = NO_BUFFERS) {
    this.#pinned = pinned;
    this.#buffers = buffers;
  }

  /** @returns the batch encoded, or null for one without rows */
  encode(batch: TableBatch): EncodedBatch | null {
    if (batch.rows === 0) return null;
    // DuckDB compares names without case.
    const key = `${batch.schema}.${batch.table.toLowerCase()}`;
    let table = this.#tables.get(key);
    if (!table) {
      const pinned = this.#pinned(batch.schema, batch.table, batch.rows);
      table = new TableEncoder(batch.schema, batch.table, pinned, this.#buffers);
      this.#tables.set(key, table);
    }
    return table.encode(batch);
  }

  /** @returns one entry for each table, in the order of their first batches */
  finish(): EncodedTableEnd[] {
    return [...this.#tables.values()].map((table) => table.finish());
  }
}

interface ColumnState {
  name: string;
  type: StoredType;
  /** Null once the column is stored. */
  constant: Constant | null;
}

/** Encodes the batches of one table. */
export class TableEncoder {
  readonly #schema: TableBatch["schema"];
  readonly #table: string;
  readonly #pinned: readonly string[] | "all";
  readonly #buffers: BufferPool;
  readonly #columns = new Map<string, ColumnState>();
  /** Stored columns in the order they have in the table. */
  readonly #stored: ColumnState[] = [];
  #rows = 0;

  constructor(
    schema: TableBatch["schema"],
    table: string,
    pinned: readonly string[] | "all",
    buffers: BufferPool = NO_BUFFERS,
  ) {
    this.#schema = schema;
    this.#table = table;
    this.#pinned = pinned;
    this.#buffers = buffers;
  }

  /** @param batch at least one row of this table */
  encode(batch: TableBatch): EncodedBatch {
    if (batch.table !== this.#table) {
      throw new Error(`tables ${this.#table} and ${batch.table} differ only in case: one of them needs another name`);
    }
    const added: ConstantColumn[] = [];
    const retyped: EncodedBatch["retyped"] = [];
    const byName = new Map<string, ColumnBatch>();
    for (const column of this.#pinnedFirst(batch.columns)) {
      const key = column.name.toLowerCase();
      if (byName.has(key)) throw new Error(`table ${this.#table} has two columns ${column.name}`);
      byName.set(key, column);
      this.#take(column, key, batch.rows, added, retyped);
    }
    for (const [key, state] of this.#columns) {
      // Absent means NULL throughout.
      if (!byName.has(key) && state.constant !== null && state.constant !== NULL_CONSTANT) this.#store(state, added);
    }
    this.#rows += batch.rows;
    return {
      schema: this.#schema,
      table: this.#table,
      rows: batch.rows,
      ipc: encodeRows(this.#stored, byName, batch.rows, this.#buffers),
      added,
      retyped,
    };
  }

  finish(): EncodedTableEnd {
    const constants: ConstantColumn[] = [];
    for (const { name, type, constant } of this.#columns.values()) {
      if (constant !== null) constants.push({ name, type, constant });
    }
    return { schema: this.#schema, table: this.#table, rows: this.#rows, constants };
  }

  #pinnedFirst(columns: ColumnBatch[]): ColumnBatch[] {
    const pinned = this.#pinned;
    if (this.#rows > 0 || pinned === "all") return columns;
    const place = (column: ColumnBatch) => {
      const index = pinned.indexOf(column.name);
      return index < 0 ? pinned.length : index;
    };
    return columns.toSorted((a, b) => place(a) - place(b));
  }

  /** Brings a column's state up to date with what this batch has in it. */
  #take(
    column: ColumnBatch,
    key: string,
    rows: number,
    added: ConstantColumn[],
    retyped: EncodedBatch["retyped"],
  ): void {
    let state = this.#columns.get(key);
    if (!state) {
      const pinned = this.#pinned === "all" || this.#pinned.includes(column.name);
      const first = this.#rows === 0 && !pinned ? constantOf(column, rows) : null;
      // A column that comes later was NULL until now.
      state = { name: column.name, type: column.type, constant: first ?? NULL_CONSTANT };
      this.#columns.set(key, state);
      if (this.#rows === 0) {
        if (first === null) this.#store(state, added);
        return;
      }
    }
    const type = commonType(state.type, column.type);
    const changed = type !== state.type;
    state.type = type;
    if (state.constant === null) {
      if (changed) retyped.push({ name: state.name, type });
    } else if (constantOf(column, rows) !== state.constant) {
      this.#store(state, added);
    }
  }

  #store(state: ColumnState, added: ConstantColumn[]): void {
    added.push({ name: state.name, type: state.type, constant: state.constant ?? NULL_CONSTANT });
    state.constant = null;
    this.#stored.push(state);
  }
}

/**
 * Writes the stored columns of a batch. The database casts by position, so a column narrower than its table's, or
 * absent (Arrow's Null type), needs no work here.
 */
function encodeRows(
  stored: readonly ColumnState[],
  columns: ReadonlyMap<string, ColumnBatch>,
  rows: number,
  buffers: BufferPool,
): Uint8Array<ArrayBuffer> {
  const fields: arrow.Field[] = [];
  const children: arrow.Data[] = [];
  for (const { name } of stored) {
    const column = columns.get(name.toLowerCase());
    const data = column ? arrowData(column, rows) : arrow.makeData({ type: new arrow.Null(), length: rows });
    fields.push(new arrow.Field(name, data.type, data.nullCount !== 0));
    children.push(data);
  }
  const schema = new arrow.Schema(fields);
  const struct = arrow.makeData({ type: new arrow.Struct(fields), length: rows, nullCount: 0, children });
  return streamOf(new arrow.RecordBatch(schema, struct), buffers);
}

/**
 * Writes a batch as a stream. Arrow's own way to put its pieces together takes neighbouring ranges of one ArrayBuffer
 * for one, also across columns, and then writes a body that the database takes in silence and drops.
 */
function streamOf(batch: arrow.RecordBatch, buffers: BufferPool): Uint8Array<ArrayBuffer> {
  const pieces = new Pieces();
  const writer = new arrow.RecordBatchStreamWriter();
  writer.reset(pieces);
  writer.write(batch);
  writer.finish();
  const stream = new Uint8Array(buffers.take(pieces.bytes), 0, pieces.bytes);
  let at = 0;
  for (const piece of pieces.list) {
    stream.set(piece, at);
    at += piece.length;
  }
  return stream;
}

/** Keeps what is written, as it is. */
class Pieces extends arrow.AsyncByteQueue {
  readonly list: Uint8Array[] = [];
  bytes = 0;

  override write(value: Uint8Array): void {
    this.list.push(value);
    this.bytes += value.length;
  }
}

/** One column as Arrow data over the reader's own arrays. */
function arrowData(column: ColumnBatch, rows: number): arrow.Data {
  const nulls = column.validity ?? undefined;
  if (!column.offsets) return fixedWidthData(column.type, column.data, rows, nulls);
  const offsets = column.offsets.subarray(0, rows + 1);
  const length = offsets[rows];
  const nullCount = nulls ? UNKNOWN_NULL_COUNT : 0;
  if (isList(column.type)) {
    const child = fixedWidthData(elementType(column.type), column.data, length, undefined);
    const type = new arrow.List(new arrow.Field("item", child.type, false));
    return new arrow.Data(type, 0, rows, nullCount, [offsets, undefined, nulls], [child]);
  }
  const type = column.type === "VARCHAR" ? new arrow.Utf8() : new arrow.Binary();
  return new arrow.Data<arrow.Utf8 | arrow.Binary>(type, 0, rows, nullCount, [
    offsets,
    (column.data as Uint8Array).subarray(0, length),
    nulls,
  ]);
}

/** Arrow counts them when it needs to know. */
const UNKNOWN_NULL_COUNT = -1;

function fixedWidthData(
  type: ColumnType,
  data: ColumnBatch["data"],
  length: number,
  nulls: Uint8Array | undefined,
): arrow.Data {
  const nullCount = nulls ? UNKNOWN_NULL_COUNT : 0;
  if (type === "BOOLEAN") {
    return new arrow.Data(new arrow.Bool(), 0, length, nullCount, [undefined, packedBits(data, length), nulls]);
  }
  const layout = FIXED_LAYOUTS[type];
  if (!layout) throw new Error(`a column of type ${type} has no fixed width`);
  // The array of the declared type is laid over the reader's memory: 64-bit values never become numbers.
  const values = new layout.array(data.buffer as ArrayBuffer, data.byteOffset, length);
  return new arrow.Data(layout.type, 0, length, nullCount, [undefined, values, nulls]);
}

interface FixedLayout {
  type: arrow.Int | arrow.Float;
  array: new (buffer: ArrayBuffer, offset: number, length: number) => ColumnBatch["data"] | BigInt64Array;
}

const FIXED_LAYOUTS: Partial<Record<ColumnType, FixedLayout>> = {
  TINYINT: { type: new arrow.Int8(), array: Int8Array },
  SMALLINT: { type: new arrow.Int16(), array: Int16Array },
  INTEGER: { type: new arrow.Int32(), array: Int32Array },
  BIGINT: { type: new arrow.Int64(), array: BigInt64Array },
  UTINYINT: { type: new arrow.Uint8(), array: Uint8Array },
  USMALLINT: { type: new arrow.Uint16(), array: Uint16Array },
  UINTEGER: { type: new arrow.Uint32(), array: Uint32Array },
  UBIGINT: { type: new arrow.Uint64(), array: BigInt64Array },
  FLOAT: { type: new arrow.Float32(), array: Float32Array },
  DOUBLE: { type: new arrow.Float64(), array: Float64Array },
};

/** One bit a row out of one byte a row. */
function packedBits(bytes: ColumnBatch["data"], rows: number): Uint8Array {
  const bits = new Uint8Array((rows + 7) >> 3);
  for (let row = 0; row < rows; row++) if (bytes[row]) bits[row >> 3] |= 1 << (row & 7);
  return bits;
}
