/**
 * Batches as readers make them, from plain values.
 *
 * @module
 */
import type { ColumnBatch, ColumnType, TableBatch } from "../../src/recording/batch.ts";

export type Value = number | bigint | boolean | string | Uint8Array | number[] | bigint[] | null;

/** `[type, values]` by column name. */
export type Columns = Record<string, [ColumnType, readonly Value[]]>;

const ARRAYS = {
  TINYINT: Int8Array,
  SMALLINT: Int16Array,
  INTEGER: Int32Array,
  UTINYINT: Uint8Array,
  USMALLINT: Uint16Array,
  UINTEGER: Uint32Array,
  FLOAT: Float32Array,
  DOUBLE: Float64Array,
};

function numbers(type: string, values: readonly (number | bigint | boolean | null)[]): ColumnBatch["data"] {
  if (type === "BIGINT" || type === "UBIGINT") {
    const data = new Int32Array(2 * values.length);
    values.forEach((value, row) => {
      const wide = BigInt(value ?? 0);
      data[2 * row] = Number(BigInt.asIntN(32, wide));
      data[2 * row + 1] = Number(BigInt.asIntN(32, wide >> 32n));
    });
    return data;
  }
  if (type === "BOOLEAN") return Uint8Array.from(values, (value) => (value ? 1 : 0));
  return new ARRAYS[type as keyof typeof ARRAYS](values.map((value) => Number(value ?? 0)));
}

function joined(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function offsetsOf(lengths: number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, row) => offsets[row + 1] = offsets[row] + length);
  return offsets;
}

function validityOf(values: readonly Value[]): Uint8Array | null {
  if (!values.includes(null)) return null;
  const validity = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, row) => {
    if (value !== null) validity[row >> 3] |= 1 << (row & 7);
  });
  return validity;
}

export function columnOf(name: string, type: ColumnType, values: readonly Value[]): ColumnBatch {
  const validity = validityOf(values);
  if (type === "VARCHAR" || type === "BLOB") {
    const parts = values.map((value) =>
      value instanceof Uint8Array ? value : new TextEncoder().encode((value ?? "") as string)
    );
    return { name, type, data: joined(parts), validity, offsets: offsetsOf(parts.map((part) => part.length)) };
  }
  if (type.endsWith("[]")) {
    const lists = values.map((value) => (value ?? []) as number[]);
    const data = numbers(type.slice(0, -2), lists.flat());
    return { name, type, data, validity, offsets: offsetsOf(lists.map((list) => list.length)) };
  }
  return { name, type, data: numbers(type, values as (number | null)[]), validity };
}

export function batchOf(schema: TableBatch["schema"], table: string, columns: Columns): TableBatch {
  const entries = Object.entries(columns);
  return {
    schema,
    table,
    rows: entries[0][1][1].length,
    columns: entries.map(([name, [type, values]]) => columnOf(name, type, values)),
  };
}
