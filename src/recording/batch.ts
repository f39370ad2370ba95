/**
 * The form in which readers hand rows on: named, typed columns of one table, as plain typed arrays.
 *
 * Nothing here knows of DuckDB or Arrow; `results/` turns a batch into Arrow and stores it.
 *
 * @module
 */

/** Scalar column types, in DuckDB's spelling. */
export type ScalarType =
  | "BOOLEAN"
  | "TINYINT"
  | "SMALLINT"
  | "INTEGER"
  | "BIGINT"
  | "UTINYINT"
  | "USMALLINT"
  | "UINTEGER"
  | "UBIGINT"
  | "FLOAT"
  | "DOUBLE"
  | "VARCHAR"
  | "BLOB";

/** Types of fields that hold several numbers (arrays in an event's format description). */
export type ListType = `${Exclude<ScalarType, "VARCHAR" | "BLOB" | "BOOLEAN">}[]`;

export type ColumnType = ScalarType | ListType;

/**
 * One column of a batch.
 *
 * `data` holds, by `type`: one element a row for numbers (64-bit types as Int32Array pairs, low half first, so that no
 * value ever passes through a double), one byte a row (0 or 1) for BOOLEAN, UTF-8 bytes for VARCHAR, bytes for BLOB,
 * the child elements for lists. Every column has an ArrayBuffer of its own.
 */
export interface ColumnBatch {
  name: string;
  type: ColumnType;
  data: Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;
  /** Arrow validity bitmap, bit set = value present; null = every row has a value. */
  validity: Uint8Array | null;
  /** rows + 1 offsets into `data` (bytes for VARCHAR and BLOB, elements for lists); absent for fixed-width types. */
  offsets?: Int32Array;
}

/** Rows of one table. */
export interface TableBatch {
  /** `store`: tables behind the shipped views; `raw`: a table for each event type. */
  schema: "store" | "raw";
  table: string;
  rows: number;
  columns: ColumnBatch[];
}
