/**
 * Values of a query's result as plain JavaScript values, exactly: no 64-bit integer, time or decimal passes a double.
 *
 * apache-arrow's own accessors make milliseconds in a double of every time and a raw array of every decimal, so the
 * values are read from the buffers here.
 *
 * @module
 */
import { type Data, type DataType, type Dictionary, type Field, Type, type Vector } from "apache-arrow";
import { clockText, dateText, intervalText, NANOSECONDS, timestampText } from "./time_text.ts";

/** A decimal number with digits after the point, as text. */
export class Decimal {
  constructor(readonly text: string) {}
}

/** A value of a result; bigint for 64-bit and wider integers, Uint8Array for BLOB, text for times. */
export type Cell =
  | null
  | boolean
  | number
  | bigint
  | string
  | Decimal
  | Uint8Array
  | Cell[]
  | { [member: string]: Cell };

/** Reads the value of a row. */
export type CellReader = (row: number) => Cell;

/** @returns a reader of the values of one column of one batch */
export function cellReader(vector: Vector, field: Field): CellReader {
  const data = vector.data[0];
  if (data === undefined) return () => null;
  return nullable(data, valueReader(data, field));
}

function nullable(data: Data, read: CellReader): CellReader {
  // A union says in its own way which of its members is there.
  if (data.typeId === Type.Union) return read;
  return (row) => (data.getValid(row) ? read(row) : null);
}

function childReader(data: Data, index: number): CellReader {
  const type = data.type as DataType & { children: Field[] };
  const child = data.children[index];
  return nullable(child, valueReader(child, type.children[index]));
}

function valueReader(data: Data, field: Field): CellReader {
  // The kinds of values are told apart by type id; each case knows the arrays that come with it.
  // deno-lint-ignore no-explicit-any
  const type = data.type as any;
  // deno-lint-ignore no-explicit-any
  const values = data.values as any;
  const at = data.offset;
  switch (data.typeId) {
    case Type.Bool:
      return (row) => (values[(at + row) >> 3] & (1 << ((at + row) & 7))) !== 0;
    case Type.Int:
      return (row) => values[row];
    case Type.Float:
      return type.precision === 1 ? (row) => shortestFloat(values[row]) : (row) => values[row];
    case Type.Decimal:
      return (row) => decimal(values, row, type.scale);
    case Type.Utf8:
    case Type.LargeUtf8:
      return (row) => decoder.decode(bytesOf(data, row));
    case Type.Binary:
    case Type.LargeBinary:
      return (row) => bytesOf(data, row).slice();
    case Type.FixedSizeBinary:
      return fixedBinaryReader(values, type.byteWidth, field);
    case Type.Date:
      return (row) => dateText(BigInt(values[row]));
    case Type.Time:
      return (row) => clockText(BigInt(values[row]) * NANOSECONDS[type.unit]);
    case Type.Timestamp:
      return (row) => timestampText(values[row], type.unit, type.timezone);
    case Type.Interval:
      return (row) => intervalOf(values, row);
    case Type.Dictionary:
      return dictionaryReader(data as Data<Dictionary>, field);
    case Type.List:
    case Type.Map: {
      const element = childReader(data, 0);
      const offsets = data.valueOffsets;
      const list: CellReader = (row) => range(Number(offsets[row]), Number(offsets[row + 1])).map(element);
      return data.typeId === Type.List ? list : (row) => mapOf(list(row) as { [member: string]: Cell }[]);
    }
    case Type.FixedSizeList: {
      const element = childReader(data, 0);
      return (row) => range(row * type.listSize, (row + 1) * type.listSize).map(element);
    }
    case Type.Struct: {
      const members = data.children.map((_child, index) =>
        [type.children[index].name, childReader(data, index)] as const
      );
      return (row) => Object.fromEntries(members.map(([name, read]) => [name, read(row)]));
    }
    case Type.Union: {
      const members = data.children.map((_child, index) => childReader(data, index));
      return (row) => members[data.typeIds[row]](row);
    }
    case Type.Null:
      return () => null;
    default:
      throw new Error(`values of type ${data.type} cannot be shown: cast column "${field.name}" to VARCHAR`);
  }
}

const decoder = new TextDecoder();

function bytesOf(data: Data, row: number): Uint8Array {
  return (data.values as Uint8Array).subarray(Number(data.valueOffsets[row]), Number(data.valueOffsets[row + 1]));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** A 32-bit float as the double that has the fewest digits and means the same float. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** Four 32-bit words of two's complement, low word first. */
function decimal(words: Uint32Array, row: number, scale: number): bigint | Decimal {
  let value = 0n;
  for (let word = 3; word >= 0; word--) value = (value << 32n) | BigInt(words[4 * row + word]);
  const integer = BigInt.asIntN(128, value);
  return scale === 0 ? integer : new Decimal(withPoint(integer, scale));
}

/** A whole number as a decimal one with `scale` digits after the point. */
export function withPoint(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** UHUGEINT comes as 16 bytes under a name of DuckDB's own. */
function fixedBinaryReader(values: Uint8Array, width: number, field: Field): CellReader {
  const bytes = (row: number) => values.slice(row * width, (row + 1) * width);
  if (!field.metadata.get("ARROW:extension:metadata")?.includes("uhugeint")) return bytes;
  return (row) => bytes(row).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function dictionaryReader(data: Data<Dictionary>, field: Field): CellReader {
  const entries = data.dictionary!;
  const read = entries.data.map((chunk) => nullable(chunk, valueReader(chunk, field)));
  const codes = data.values as unknown as ArrayLike<number>;
  return (row) => {
    let code = Number(codes[row]);
    for (let chunk = 0; chunk < read.length; chunk++) {
      if (code < entries.data[chunk].length) return read[chunk](code);
      code -= entries.data[chunk].length;
    }
    return null;
  };
}

/** A map as an object; keys that are no text become it. */
function mapOf(entries: { [member: string]: Cell }[]): Cell {
  return Object.fromEntries(entries.map(({ key, value }) => [String(key), value]));
}

/** Months, days, and nanoseconds in two words; apache-arrow keeps them as four 32-bit numbers. */
function intervalOf(words: Int32Array, row: number): string {
  const [months, days, low, high] = words.subarray(4 * row, 4 * row + 4);
  return intervalText(months, days, (BigInt(high) << 32n) | BigInt(low >>> 0));
}
