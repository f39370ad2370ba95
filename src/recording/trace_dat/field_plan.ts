/**
 * How each field of an event description is decoded, and what column it fills.
 *
 * @module
 */

import type { ColumnType, ScalarType } from "../batch.ts";
import type { EventFormat, FormatField } from "./event_format.ts";

/** Ways to decode a field. */
export const FieldCode = {
  U8: 0,
  S8: 1,
  U16: 2,
  S16: 3,
  U32: 4,
  S32: 5,
  W64: 6,
  /** Text in an array of fixed size, up to a NUL. */
  Text: 7,
  /** Text or bytes where a word of offset and length points, counted from the start of the record. */
  Dynamic: 8,
  /** The same, counted from the end of the word. */
  Relative: 9,
  /** Text to the end of the record. */
  Rest: 10,
  /** Bytes as they are: arrays of numbers, structures. */
  Bytes: 11,
  /** As many addresses as an earlier field says. */
  Stack: 12,
} as const;

export type FieldCode = typeof FieldCode[keyof typeof FieldCode];

export interface FieldPlan {
  code: FieldCode;
  type: ColumnType;
  /** Bytes of an element of a list; 1 for text and bytes. */
  element: number;
  /** The bytes are text and end at a NUL. */
  text: boolean;
}

const BYTES: FieldPlan = { code: FieldCode.Bytes, type: "BLOB", element: 1, text: false };

/** Bytes of a C type where the description does not give them, as in `__data_loc TYPE[]`; null: not a number. */
function elementBytes(type: string, longBytes: number): number | null {
  const name = type.replace(/\[\]$/, "").replace(/\bconst\b/, "").trim();
  if (name.includes("*")) return longBytes;
  if (/\b(char|u8|s8|__u8|__s8|u?int8_t|bool)\b/.test(name)) return 1;
  if (/\b(short|u16|s16|__u16|__s16|u?int16_t|__le16|__be16)\b/.test(name)) return 2;
  if (/\b(long long|u64|s64|__u64|__s64|u?int64_t|__le64|__be64|loff_t|sector_t)\b/.test(name)) return 8;
  if (/\b(long|size_t|ssize_t|ulong)\b/.test(name)) return longBytes;
  if (/\b(int|unsigned|u32|s32|__u32|__s32|u?int32_t|__le32|__be32|pid_t|dev_t)\b/.test(name)) return 4;
  return null;
}

function integerType(bytes: number, signed: boolean): ScalarType | null {
  const name = { 1: "TINYINT", 2: "SMALLINT", 4: "INTEGER", 8: "BIGINT" }[bytes];
  return name === undefined ? null : (signed ? name : `U${name}`) as ScalarType;
}

function isText(type: string): boolean {
  return /^(const\s+)?(signed\s+)?char\s*(\[.*\])?$/.test(type.trim());
}

function listPlan(code: FieldCode, bytes: number | null, signed: boolean): FieldPlan {
  const scalar = bytes === null ? null : integerType(bytes, signed);
  if (scalar === null) return { ...BYTES, code };
  return { code, type: `${scalar}[]` as ColumnType, element: bytes!, text: false };
}

function planArray(field: FormatField, longBytes: number): FieldPlan {
  let bytes = elementBytes(field.type, longBytes);
  // The size of a type that is not known by name follows from the number of elements; structures stay bytes.
  if (bytes === null && field.count !== null && !/^(const\s+)?(struct|union)\b/.test(field.type)) {
    bytes = field.size / field.count;
  }
  if (bytes !== null && field.size % bytes !== 0) return BYTES;
  return listPlan(FieldCode.Bytes, bytes, field.signed);
}

function planNumber(field: FormatField): FieldPlan {
  if (field.size === 1 && /^(const\s+)?_?[Bb]ool$/.test(field.type)) {
    return { code: FieldCode.U8, type: "BOOLEAN", element: 1, text: false };
  }
  const signed = field.signed && !field.type.includes("*");
  const type = integerType(field.size, signed);
  if (type === null) return BYTES;
  const code =
    { 1: [FieldCode.U8, FieldCode.S8], 2: [FieldCode.U16, FieldCode.S16], 4: [FieldCode.U32, FieldCode.S32] }[
      field.size
    ]?.[signed ? 1 : 0] ?? FieldCode.W64;
  return { code, type, element: field.size, text: false };
}

/**
 * How a field is decoded.
 *
 * @param longBytes bytes of a `long` in the recorded kernel
 */
export function planField(format: EventFormat, field: FormatField, longBytes: number): FieldPlan {
  if (format.system === "ftrace") {
    // What a program wrote into trace_marker_raw is no text, though described as characters.
    if (format.name === "raw_data" && field.name === "buf") return BYTES;
    // Described as eight addresses; the record has as many as its size says.
    if (format.name === "kernel_stack" && field.name === "caller") {
      return listPlan(FieldCode.Stack, longBytes, false);
    }
  }
  if (field.location !== "fixed") {
    if (field.size !== 4) return BYTES;
    const code = field.location === "data_loc" ? FieldCode.Dynamic : FieldCode.Relative;
    if (isText(field.type)) return { code, type: "VARCHAR", element: 1, text: true };
    return listPlan(code, elementBytes(field.type, longBytes), field.signed);
  }
  // Kernels before 6.0 describe the text of `print` as one character of size 0.
  if (isText(field.type) && (field.array || field.size === 0)) {
    return { code: field.size === 0 ? FieldCode.Rest : FieldCode.Text, type: "VARCHAR", element: 1, text: true };
  }
  return field.array || field.size === 0 ? planArray(field, longBytes) : planNumber(field);
}
