/**
 * Event descriptions in the kernel's words, and records that follow them, for tests.
 *
 * @module
 */

import { ByteWriter } from "./byte_writer.ts";

/** A value: an integer, text with a NUL behind it, bytes as they are, or a list of integers. */
export type FieldValue = bigint | number | string | Uint8Array | bigint[];

export interface FieldSpec {
  /** As the kernel spells it: `unsigned long`, `char[16]`, `__data_loc char[]`. */
  type: string;
  name: string;
  /** Bytes in the fixed part; 0: the rest of the record. */
  size: number;
  signed?: boolean;
  /** Bytes of an element where the value is a list. */
  element?: number;
}

export interface EventSpec {
  system: string;
  name: string;
  id: number;
  fields: FieldSpec[];
  print?: string;
  /** Offset of the first field that is the event's own; 8 where left out. */
  start?: number;
}

/** What every record begins with. */
export interface RecordHead {
  pid: number;
  flags?: number;
  preemptCount?: number;
}

function align(at: number, size: number): number {
  const to = size === 0 ? 1 : size % 8 === 0 ? 8 : size % 4 === 0 ? 4 : size % 2 === 0 ? 2 : 1;
  return Math.ceil(at / to) * to;
}

function layout(spec: EventSpec): { field: FieldSpec; offset: number }[] {
  let at = spec.start ?? 8;
  return spec.fields.map((field) => {
    at = align(at, field.size);
    const offset = at;
    at += field.size;
    return { field, offset };
  });
}

function fieldLine(declaration: string, offset: number, size: number, signed: boolean): string {
  return `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:${signed ? 1 : 0};\n`;
}

/** `char[16]` and `comm` to `char comm[16]`; dynamic arrays are spelled as they are. */
function declaration(field: FieldSpec): string {
  const array = /^__(data|rel)_loc/.test(field.type) ? null : /^(.*?)(\[[^\]]*\])$/.exec(field.type);
  return array === null ? `${field.type} ${field.name}` : `${array[1]} ${field.name}${array[2]}`;
}

/** The text of the event's `format` file. */
export function formatText(spec: EventSpec): string {
  return `name: ${spec.name}\nID: ${spec.id}\nformat:\n` +
    fieldLine("unsigned short common_type", 0, 2, false) +
    fieldLine("unsigned char common_flags", 2, 1, false) +
    fieldLine("unsigned char common_preempt_count", 3, 1, false) +
    fieldLine("int common_pid", 4, 4, true) + "\n" +
    layout(spec).map(({ field, offset }) => fieldLine(declaration(field), offset, field.size, field.signed ?? false))
      .join("") +
    `\nprint fmt: ${spec.print ?? '""'}\n`;
}

function valueBytes(value: FieldValue, field: FieldSpec, order: "little" | "big"): Uint8Array {
  const out = new ByteWriter(order);
  if (typeof value === "string") out.cString(value);
  else if (value instanceof Uint8Array) out.bytes(value);
  else if (Array.isArray(value)) { for (const one of value) out.integer(field.element!, one); }
  else out.integer(field.size, BigInt(value));
  return out.done();
}

/**
 * A record of the event: its fixed part, then what its dynamic fields point at.
 *
 * @param values by field name; a field without a value is zero
 */
export function encodeRecord(
  spec: EventSpec,
  values: Record<string, FieldValue>,
  head: RecordHead,
  order: "little" | "big" = "little",
): Uint8Array {
  const fixed = layout(spec);
  const end = Math.max(8, ...fixed.map(({ field, offset }) => offset + field.size));
  const out = new ByteWriter(order);
  out.u16(spec.id);
  out.u8(head.flags ?? 0);
  out.u8(head.preemptCount ?? 0);
  out.integer(4, BigInt(head.pid));
  const tails: Uint8Array[] = [];
  let tailAt = end;
  for (const { field, offset } of fixed) {
    while (out.at < offset) out.u8(0);
    const value = values[field.name];
    const dynamic = /^__(data|rel)_loc/.exec(field.type);
    if (dynamic !== null) {
      const bytes = value === undefined ? new Uint8Array(0) : valueBytes(value, field, order);
      const from = dynamic[1] === "data" ? tailAt : tailAt - (offset + field.size);
      out.integer(4, BigInt(bytes.length) << 16n | BigInt(from));
      tails.push(bytes);
      tailAt += bytes.length;
    } else if (value !== undefined) {
      const bytes = valueBytes(value, field, order);
      out.bytes(field.size === 0 ? bytes : bytes.subarray(0, field.size));
    }
    while (out.at < offset + field.size) out.u8(0);
  }
  for (const tail of tails) out.bytes(tail);
  return out.done();
}
