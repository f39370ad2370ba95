/**
 * Values of a query's result as plain JavaScript values, exactly: no 64-bit integer, time or decimal passes a double.
 *
 * apache-arrow's own accessors make milliseconds in a double of every time and a raw array of every decimal, so the
 * values are read from the buffers here.
 *
 * @module
 */
import { type Data, type DataType, type Dictionary, type Field, Type, type Vector } from "apache-arrow";

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
      return (row) => intervalText(values, row);
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
function shortestFloat(value: number): number {
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

function withPoint(value: bigint, scale: number): string {
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

/** Nanoseconds of Arrow's time units: second, milli-, micro-, nanosecond. */
const NANOSECONDS = [1_000_000_000n, 1_000_000n, 1000n, 1n];
const DAY_NS = 86_400_000_000_000n;
/** Dates that DuckDB calls infinity and -infinity. */
const INFINITE_DAYS = 2n ** 31n - 1n;
const INFINITE_TIME = 2n ** 63n - 1n;

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function pad(value: bigint | number, length: number): string {
  return String(value).padStart(length, "0");
}

/** Days since 1970 as a date of the proleptic Gregorian calendar; years before 1 as DuckDB prints them. */
function dateText(days: bigint): string {
  if (days === INFINITE_DAYS) return "infinity";
  if (days === -INFINITE_DAYS) return "-infinity";
  // Civil date from a day number: eras of 400 years, years that begin in March.
  const shifted = days + 719_468n;
  const era = floorDivide(shifted, 146_097n);
  const dayOfEra = shifted - era * 146_097n;
  const yearOfEra = (dayOfEra - dayOfEra / 1460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const monthFromMarch = (5n * dayOfYear + 2n) / 153n;
  const day = dayOfYear - (153n * monthFromMarch + 2n) / 5n + 1n;
  const month = monthFromMarch < 10n ? monthFromMarch + 3n : monthFromMarch - 9n;
  const year = yearOfEra + era * 400n + (month <= 2n ? 1n : 0n);
  const text = `${pad(year > 0n ? year : 1n - year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return year > 0n ? text : `${text} (BC)`;
}

/** A time of day, or a longer time, with as many digits of the second as it needs. */
function clockText(ns: bigint): string {
  const sign = ns < 0n ? "-" : "";
  const positive = ns < 0n ? -ns : ns;
  const seconds = positive / NANOSECONDS[0];
  const text = `${pad(seconds / 3600n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}`;
  const fraction = pad(positive % NANOSECONDS[0], 9).replace(/0+$/, "");
  return sign + (fraction === "" ? text : `${text}.${fraction}`);
}

function timestampText(value: bigint, unit: number, timezone: string | null | undefined): string {
  if (value === INFINITE_TIME) return "infinity";
  if (value === -INFINITE_TIME) return "-infinity";
  const ns = value * NANOSECONDS[unit];
  const days = floorDivide(ns, DAY_NS);
  return `${dateText(days)} ${clockText(ns - days * DAY_NS)}${timezone ? "+00" : ""}`;
}

/** Months, days, and nanoseconds in two words; apache-arrow keeps them as four 32-bit numbers. */
function intervalText(words: Int32Array, row: number): string {
  const [months, days, low, high] = words.subarray(4 * row, 4 * row + 4);
  const ns = (BigInt(high) << 32n) | BigInt(low >>> 0);
  const counted = (count: number, unit: string) => `${count} ${unit}${Math.abs(count) === 1 ? "" : "s"}`;
  const parts = [];
  if (Math.trunc(months / 12) !== 0) parts.push(counted(Math.trunc(months / 12), "year"));
  if (months % 12 !== 0) parts.push(counted(months % 12, "month"));
  if (days !== 0) parts.push(counted(days, "day"));
  if (ns !== 0n || parts.length === 0) parts.push(clockText(ns));
  return parts.join(" ");
}
