/**
 * Decoding of events by their format descriptions: a description is compiled once into a list of field operations, and
 * each record runs through that list.
 *
 * @module
 */

import type { ColumnType, ScalarType } from "../batch.ts";
import type { EventSink, EventType, FieldBinding } from "../event_sink.ts";
import type { EventFormat, FormatField } from "./event_format.ts";
import { printSymbols } from "./print_symbols.ts";

const U8 = 0;
const S8 = 1;
const U16 = 2;
const S16 = 3;
const U32 = 4;
const S32 = 5;
const W64 = 6;
/** Text in an array of fixed size, up to a NUL. */
const TEXT = 7;
/** Text or bytes where a field of offset and length points. */
const DYNAMIC = 8;
/** The same, the offset counted from the end of the field. */
const RELATIVE = 9;
/** Text to the end of the record. */
const REST = 10;
/** Bytes as they are: arrays of numbers, structures. */
const BYTES = 11;

interface FieldOperation {
  code: number;
  offset: number;
  size: number;
  sign: "signed" | "unsigned";
  /** The bytes are text and end at a NUL. */
  text: boolean;
  /** Element size of a list, whose bytes are turned round on a big-endian file. */
  element: number;
  binding: FieldBinding;
}

/** Size of a C type named in a dynamic array's declaration, where the description gives none. */
function elementOf(type: string, longBytes: number): { bytes: number; signed: boolean } | null {
  const name = type.replace(/\[\]$/, "").replace(/\bconst\b/, "").trim();
  if (name.includes("*")) return { bytes: longBytes, signed: false };
  const signed = !/^(unsigned|u\d+|u?__u\d+|uint|__u|__le|__be|bool|size_t)/.test(name);
  if (/\b(char|u8|s8|__u8|__s8|u?int8_t|bool)\b/.test(name)) return { bytes: 1, signed };
  if (/\b(short|u16|s16|__u16|__s16|u?int16_t|__le16|__be16)\b/.test(name)) return { bytes: 2, signed };
  if (/\b(long long|u64|s64|__u64|__s64|u?int64_t|__le64|__be64|loff_t|sector_t)\b/.test(name)) {
    return { bytes: 8, signed };
  }
  if (/\b(long|size_t|ssize_t|ulong)\b/.test(name)) return { bytes: longBytes, signed };
  if (/\b(int|unsigned|u32|s32|__u32|__s32|u?int32_t|__le32|__be32|pid_t|dev_t)\b/.test(name)) {
    return { bytes: 4, signed };
  }
  return null;
}

function integerType(bytes: number, signed: boolean): ScalarType | null {
  const name = { 1: "TINYINT", 2: "SMALLINT", 4: "INTEGER", 8: "BIGINT" }[bytes];
  return name === undefined ? null : (signed ? name : `U${name}`) as ScalarType;
}

function isText(type: string): boolean {
  return /^(const\s+)?(signed\s+)?char\s*(\[.*\])?$/.test(type.trim());
}

/** How a field is decoded and what type its column gets. */
function plan(
  field: FormatField,
  longBytes: number,
): { code: number; type: ColumnType; element: number; text: boolean } {
  const bytes = { code: BYTES, type: "BLOB" as ColumnType, element: 1, text: false };
  if (field.location !== "fixed") {
    const code = field.location === "data_loc" ? DYNAMIC : RELATIVE;
    if (isText(field.type)) return { code, type: "VARCHAR", element: 1, text: true };
    const element = elementOf(field.type, longBytes);
    const scalar = element === null ? null : integerType(element.bytes, element.signed);
    if (scalar === null) return { ...bytes, code };
    return { code, type: `${scalar}[]` as ColumnType, element: element!.bytes, text: false };
  }
  if (field.array) {
    if (isText(field.type)) {
      return { code: field.size === 0 ? REST : TEXT, type: "VARCHAR", element: 1, text: true };
    }
    const element = elementOf(field.type, longBytes);
    const scalar = element === null ? null : integerType(element.bytes, element.signed);
    if (scalar === null || (field.size > 0 && field.size % element!.bytes !== 0)) return bytes;
    return { ...bytes, type: `${scalar}[]` as ColumnType, element: element!.bytes };
  }
  const pointer = field.type.includes("*");
  if (field.size === 1 && /^_?[Bb]ool$/.test(field.type)) return { code: U8, type: "BOOLEAN", element: 1, text: false };
  const scalar = integerType(field.size, field.signed && !pointer);
  if (scalar === null) return bytes;
  const code = field.size === 8
    ? W64
    : field.size === 4
    ? (field.signed ? S32 : U32)
    : field.size === 2
    ? (field.signed ? S16 : U16)
    : field.signed
    ? S8
    : U8;
  return { code, type: scalar, element: field.size, text: false };
}

/** Decodes the records of one event type of one recording. */
export class EventDecoder {
  readonly type: EventType;
  readonly format: EventFormat;
  readonly #operations: FieldOperation[] = [];
  readonly #littleEndian: boolean;
  /** Bytes that a record of this type needs for its fixed part. */
  readonly #fixedBytes: number;
  #turned = new Uint8Array(64);

  constructor(format: EventFormat, type: EventType, sink: EventSink, longBytes: number, littleEndian: boolean) {
    this.format = format;
    this.type = type;
    this.#littleEndian = littleEndian;
    const symbols = printSymbols(format.printFormat);
    let fixed = 0;
    for (const field of format.fields) {
      const { code, type: columnType, element, text } = plan(field, longBytes);
      const device = field.type === "dev_t" && field.size === 4;
      const binding = sink.field(
        type,
        field.name,
        columnType,
        symbols.get(field.name) ?? null,
        device ? "dev" : "plain",
      );
      fixed = Math.max(fixed, field.offset + field.size);
      this.#operations.push({
        code,
        offset: field.offset,
        size: field.size,
        sign: field.signed ? "signed" : "unsigned",
        text,
        element,
        binding,
      });
    }
    this.#fixedBytes = fixed;
  }

  /**
   * Puts the fields of the record `bytes[start, end)` into the sink's open event.
   *
   * @returns what is wrong with the record when it is shorter than its description says, else null; the fields that are
   *   there have been put in either case
   */
  decode(sink: EventSink, bytes: Uint8Array, view: DataView, start: number, end: number): string | null {
    const le = this.#littleEndian;
    let trouble: string | null = null;
    for (const operation of this.#operations) {
      const at = start + operation.offset;
      if (at + operation.size > end) {
        trouble = `a record of ${end - start} bytes, ${this.#fixedBytes} are described`;
        continue;
      }
      const binding = operation.binding;
      switch (operation.code) {
        case U8:
          sink.putInteger(binding, bytes[at], 0, "unsigned");
          break;
        case S8: {
          const value = view.getInt8(at);
          sink.putInteger(binding, value, value >> 31, "signed");
          break;
        }
        case U16:
          sink.putInteger(binding, view.getUint16(at, le), 0, "unsigned");
          break;
        case S16: {
          const value = view.getInt16(at, le);
          sink.putInteger(binding, value, value >> 31, "signed");
          break;
        }
        case U32:
          sink.putInteger(binding, view.getInt32(at, le), 0, "unsigned");
          break;
        case S32: {
          const value = view.getInt32(at, le);
          sink.putInteger(binding, value, value >> 31, "signed");
          break;
        }
        case W64:
          sink.putInteger(
            binding,
            view.getInt32(le ? at : at + 4, le),
            view.getInt32(le ? at + 4 : at, le),
            operation.sign,
          );
          break;
        case TEXT:
          this.#putText(sink, binding, bytes, at, at + operation.size);
          break;
        case REST:
          this.#putText(sink, binding, bytes, at, end);
          break;
        case DYNAMIC:
        case RELATIVE: {
          const word = operation.size === 4 ? view.getUint32(at, le) : 0;
          const from = (operation.code === DYNAMIC ? start : at + operation.size) + (word & 0xffff);
          const to = from + (word >>> 16);
          if (to > end) {
            trouble = `field ${this.format.fields[this.#operations.indexOf(operation)].name} points beyond its record`;
            break;
          }
          if (operation.text) this.#putText(sink, binding, bytes, from, to);
          else this.#putBytes(sink, operation, bytes, from, to);
          break;
        }
        default:
          this.#putBytes(sink, operation, bytes, at, operation.size === 0 ? end : at + operation.size);
      }
    }
    return trouble;
  }

  #putText(sink: EventSink, binding: FieldBinding, bytes: Uint8Array, from: number, to: number): void {
    let end = from;
    while (end < to && bytes[end] !== 0) end++;
    sink.putBytes(binding, bytes, from, end);
  }

  #putBytes(sink: EventSink, operation: FieldOperation, bytes: Uint8Array, from: number, to: number): void {
    const element = operation.element;
    const length = to - from - (to - from) % element;
    if (this.#littleEndian || element === 1) {
      sink.putBytes(operation.binding, bytes, from, from + length);
      return;
    }
    if (this.#turned.length < length) this.#turned = new Uint8Array(length * 2);
    for (let i = 0; i < length; i++) {
      const inElement = i % element;
      this.#turned[i - inElement + element - 1 - inElement] = bytes[from + i];
    }
    sink.putBytes(operation.binding, this.#turned, 0, length);
  }
}
