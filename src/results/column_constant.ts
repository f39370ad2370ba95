/**
 * Whether every row of a column holds one value, and that value.
 *
 * @module
 */
import type { ColumnBatch } from "../recording/batch.ts";
import { isList } from "./column_types.ts";
import { literal } from "./sql_text.ts";

/** A value as an SQL expression; two equal values of one column have equal text. */
export type Constant = string;

/** The constant of a column that no batch has had yet. */
export const NULL_CONSTANT: Constant = "NULL";

/**
 * @param rows number of rows, at least 1
 * @returns the value that every row has, or null when two rows differ
 */
export function constantOf(column: ColumnBatch, rows: number): Constant | null {
  const present = presence(column.validity, rows);
  if (present === "none") return NULL_CONSTANT;
  if (present === "some" || isList(column.type)) return null;
  switch (column.type) {
    case "VARCHAR":
      return constantBytes(column, rows, textLiteral);
    case "BLOB":
      return constantBytes(column, rows, blobLiteral);
    case "BIGINT":
    case "UBIGINT":
      return constantWide(column, rows);
    case "BOOLEAN":
      return constantNumber(column, rows, (value) => (value ? "true" : "false"));
    case "FLOAT":
    case "DOUBLE":
      return constantFloat(column, rows);
    default:
      return constantNumber(column, rows, String);
  }
}

function presence(validity: Uint8Array | null, rows: number): "all" | "some" | "none" {
  if (validity === null) return "all";
  const whole = rows >> 3;
  const first = validity[0] & 1 ? 0xff : 0;
  for (let i = 0; i < whole; i++) if (validity[i] !== first) return "some";
  const mask = (1 << (rows & 7)) - 1;
  if (mask !== 0 && (validity[whole] & mask) !== (first & mask)) return "some";
  return first ? "all" : "none";
}

function constantNumber(column: ColumnBatch, rows: number, toSql: (value: number) => string): Constant | null {
  const { data } = column;
  const first = data[0];
  for (let row = 1; row < rows; row++) if (data[row] !== first) return null;
  return toSql(first);
}

/** Zero and minus zero are two values, and NaN is one. */
function constantFloat(column: ColumnBatch, rows: number): Constant | null {
  const { data } = column;
  const first = data[0];
  for (let row = 1; row < rows; row++) if (!Object.is(data[row], first)) return null;
  return `'${Object.is(first, -0) ? "-0" : first}'::${column.type}`;
}

function constantWide(column: ColumnBatch, rows: number): Constant | null {
  const { data } = column;
  const low = data[0];
  const high = data[1];
  for (let at = 2; at < 2 * rows; at += 2) if (data[at] !== low || data[at + 1] !== high) return null;
  const signed = (BigInt(high) << 32n) | BigInt(low >>> 0);
  return String(column.type === "UBIGINT" ? BigInt.asUintN(64, signed) : signed);
}

function constantBytes(
  column: ColumnBatch,
  rows: number,
  toSql: (bytes: Uint8Array) => string | null,
): Constant | null {
  const data = column.data as Uint8Array;
  const offsets = column.offsets!;
  const start = offsets[0];
  const length = offsets[1] - start;
  for (let row = 1; row < rows; row++) {
    const at = offsets[row];
    if (offsets[row + 1] - at !== length) return null;
    for (let i = 0; i < length; i++) if (data[at + i] !== data[start + i]) return null;
  }
  return toSql(data.subarray(start, start + length));
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Null for what SQL text cannot carry: a NUL character, bytes that are no UTF-8. */
function textLiteral(bytes: Uint8Array): Constant | null {
  if (bytes.includes(0)) return null;
  try {
    return literal(decoder.decode(bytes));
  } catch {
    return null;
  }
}

function blobLiteral(bytes: Uint8Array): Constant {
  return `'${Array.from(bytes, (byte) => "\\x" + byte.toString(16).padStart(2, "0")).join("")}'::BLOB`;
}
