/**
 * Growing typed columns that readers write into, row by row, without an object for each event.
 *
 * A column knows how many rows it has room for; the table that owns it says which row is being written. A row that no
 * one writes is NULL. After a flush the buffers are used again.
 *
 * @module
 */

import type { ColumnBatch, ColumnType } from "./batch.ts";

/** How a source spells an integer: hexadecimal is unsigned. */
export type Sign = "signed" | "unsigned";

/** Whether a column has a value in every row, or only in those that were written. */
export type Presence = "always" | "sometimes";

type NumberArray = ColumnBatch["data"];

const ELEMENT_BYTES: Record<string, number> = {
  BOOLEAN: 1,
  TINYINT: 1,
  UTINYINT: 1,
  SMALLINT: 2,
  USMALLINT: 2,
  INTEGER: 4,
  UINTEGER: 4,
  BIGINT: 8,
  UBIGINT: 8,
  FLOAT: 4,
  DOUBLE: 8,
};

function numberArray(type: string, buffer: ArrayBuffer): NumberArray {
  switch (type) {
    case "TINYINT":
      return new Int8Array(buffer);
    case "SMALLINT":
      return new Int16Array(buffer);
    case "USMALLINT":
      return new Uint16Array(buffer);
    case "INTEGER":
    case "BIGINT":
    case "UBIGINT":
      return new Int32Array(buffer);
    case "UINTEGER":
      return new Uint32Array(buffer);
    case "FLOAT":
      return new Float32Array(buffer);
    case "DOUBLE":
      return new Float64Array(buffer);
    default:
      return new Uint8Array(buffer);
  }
}

/** An `ArrayBuffer` of `bytes`, holding what `old` held as far as there is room. */
function grown(old: ArrayBufferLike, bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  new Uint8Array(buffer).set(new Uint8Array(old).subarray(0, Math.min(bytes, old.byteLength)));
  return buffer;
}

/** Are the first `rows` bits all set? */
function allSet(bitmap: Uint8Array, rows: number): boolean {
  const whole = rows >> 3;
  for (let i = 0; i < whole; i++) if (bitmap[i] !== 0xff) return false;
  return (rows & 7) === 0 || (bitmap[whole] & ((1 << (rows & 7)) - 1)) === (1 << (rows & 7)) - 1;
}

/** Sets the bits from `start` to before `end`. */
function setBits(bitmap: Uint8Array, start: number, end: number): void {
  let at = start;
  while (at < end && (at & 7) !== 0) {
    bitmap[at >> 3] |= 1 << (at & 7);
    at++;
  }
  for (; at + 8 <= end; at += 8) bitmap[at >> 3] = 0xff;
  for (; at < end; at++) bitmap[at >> 3] |= 1 << (at & 7);
}

/** Equal records one behind the other, to cut a field out of. */
export interface RecordRows {
  view: DataView;
  /** Bytes from one record to the next. */
  stride: number;
  /** The row that each record belongs to, in rising order. */
  rows: Int32Array;
  count: number;
  littleEndian: boolean;
}

/** A value that was taken out of its row: writes it into a row behind all that are written. */
export type TakenValue = (row: number) => void;

/** A column of fixed-width numbers; 64-bit ones are pairs of 32-bit halves, low half first. */
export class NumberColumn {
  readonly name: string;
  readonly type: ColumnType;
  data: NumberArray;
  #validity: Uint8Array;
  #nulls = true;
  readonly #wide: boolean;
  readonly #presence: Presence;

  /** @param presence `always`: {@linkcode data} may be written directly, and has to be for every row */
  constructor(name: string, type: ColumnType, capacity: number, presence: Presence = "sometimes") {
    this.name = name;
    this.type = type;
    this.#presence = presence;
    this.#wide = type === "BIGINT" || type === "UBIGINT";
    this.data = numberArray(type, new ArrayBuffer(capacity * ELEMENT_BYTES[type]));
    this.#validity = new Uint8Array((capacity + 7) >> 3);
  }

  /** Writes the halves of a 64-bit value, or a number's low half into a narrower column. */
  setInteger(row: number, lo: number, hi: number, _sign?: Sign): void {
    if (this.#wide) {
      this.data[row * 2] = lo;
      this.data[row * 2 + 1] = hi;
    } else {
      this.data[row] = lo;
    }
    this.#validity[row >> 3] |= 1 << (row & 7);
  }

  /** Writes the halves of a 64-bit value; for 64-bit columns only. */
  setWide(row: number, lo: number, hi: number): void {
    const data = this.data as Int32Array;
    data[row * 2] = lo;
    data[row * 2 + 1] = hi;
    this.#validity[row >> 3] |= 1 << (row & 7);
  }

  /** True when the row has a value; for columns that have one sometimes. */
  has(row: number): boolean {
    return (this.#validity[row >> 3] & (1 << (row & 7))) !== 0;
  }

  /** Writes the field at `offset` of many records. */
  fill(records: RecordRows, offset: number): void {
    const { view, stride, rows, count, littleEndian } = records;
    const buffer = this.data.buffer;
    let at = offset;
    // One loop a width, each over one kind of array; the sign does not matter for the bits.
    switch (ELEMENT_BYTES[this.type]) {
      case 1: {
        const out = new Uint8Array(buffer);
        const mask = this.type === "BOOLEAN" ? 1 : 0xff;
        for (let i = 0; i < count; i++, at += stride) out[rows[i]] = Math.min(view.getUint8(at), mask);
        break;
      }
      case 2: {
        const out = new Uint16Array(buffer);
        for (let i = 0; i < count; i++, at += stride) out[rows[i]] = view.getUint16(at, littleEndian);
        break;
      }
      case 4: {
        const out = new Int32Array(buffer);
        for (let i = 0; i < count; i++, at += stride) out[rows[i]] = view.getInt32(at, littleEndian);
        break;
      }
      default: {
        const out = new Int32Array(buffer);
        const [low, high] = littleEndian ? [0, 4] : [4, 0];
        for (let i = 0; i < count; i++, at += stride) {
          out[rows[i] * 2] = view.getInt32(at + low, littleEndian);
          out[rows[i] * 2 + 1] = view.getInt32(at + high, littleEndian);
        }
      }
    }
    const first = rows[0];
    if (count > 0 && rows[count - 1] - first === count - 1) setBits(this.#validity, first, first + count);
    else for (let i = 0; i < count; i++) setBits(this.#validity, rows[i], rows[i] + 1);
  }

  /** Writes an integer that a double holds exactly. */
  setNumber(row: number, value: number): void {
    if (this.#wide) {
      // `| 0` takes the value modulo 2^32.
      this.data[row * 2] = value | 0;
      this.data[row * 2 + 1] = Math.floor(value / 4294967296) | 0;
    } else {
      this.data[row] = value;
    }
    this.#validity[row >> 3] |= 1 << (row & 7);
  }

  setBytes(_row: number, _source: Uint8Array, _start: number, _end: number): void {
    throw new Error(`column ${this.name} holds numbers, not text`);
  }

  setText(_row: number, _text: string): void {
    throw new Error(`column ${this.name} holds numbers, not text`);
  }

  take(row: number): TakenValue | null {
    if (!this.has(row)) return null;
    const [lo, hi] = this.#wide ? this.data.slice(row * 2, row * 2 + 2) : [this.data[row], 0];
    this.clear(row);
    return (to) => this.setInteger(to, lo, hi);
  }

  clear(row: number): void {
    if (this.#validity[row >> 3] & (1 << (row & 7))) {
      this.#validity[row >> 3] &= ~(1 << (row & 7));
      if (this.#wide) this.data[row * 2] = this.data[row * 2 + 1] = 0;
      else this.data[row] = 0;
    }
  }

  /** Makes room for so many rows. */
  resize(capacity: number): void {
    this.data = numberArray(this.type, grown(this.data.buffer, capacity * ELEMENT_BYTES[this.type]));
    this.#validity = new Uint8Array(grown(this.#validity.buffer, (capacity + 7) >> 3));
  }

  batch(rows: number): ColumnBatch {
    this.#nulls = this.#presence === "sometimes" && !allSet(this.#validity, rows);
    return {
      name: this.name,
      type: this.type,
      data: this.data.subarray(0, this.#wide ? rows * 2 : rows) as NumberArray,
      validity: this.#nulls ? this.#validity : null,
    };
  }

  reset(): void {
    this.#validity.fill(0);
    // Unwritten rows must not keep an older batch's bytes: equal input has to give equal files.
    if (this.#nulls) this.data.fill(0);
  }

  bytes(): number {
    return this.data.byteLength;
  }
}

/** A column of UTF-8 text, of bytes, or of lists of numbers: offsets into one growing buffer. */
class VariableColumn {
  readonly name: string;
  readonly type: ColumnType;
  #offsets: Int32Array;
  #data: Uint8Array;
  #validity: Uint8Array;
  #rows = 0;
  #used = 0;
  #set = 0;
  readonly #elementBytes: number;
  static readonly #encoder = new TextEncoder();
  static readonly #decoder = new TextDecoder();

  constructor(name: string, type: ColumnType, capacity: number) {
    this.name = name;
    this.type = type;
    this.#elementBytes = type.endsWith("[]") ? ELEMENT_BYTES[type.slice(0, -2)] : 1;
    this.#offsets = new Int32Array(capacity + 1);
    this.#data = new Uint8Array(Math.max(64, capacity * 8));
    this.#validity = new Uint8Array((capacity + 7) >> 3);
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#data.length) return;
    this.#data = new Uint8Array(grown(this.#data.buffer, Math.max(this.#data.length * 2, this.#used + bytes)));
  }

  #fillTo(row: number): void {
    while (this.#rows < row) this.#offsets[++this.#rows] = this.#used / this.#elementBytes;
  }

  #close(row: number): void {
    this.#rows = row + 1;
    this.#offsets[row + 1] = this.#used / this.#elementBytes;
    this.#validity[row >> 3] |= 1 << (row & 7);
    this.#set++;
  }

  /**
   * Writes `source[start, end)`. Text that is not UTF-8 gets replacement characters, as the database takes no other.
   * For lists: the elements' bytes, little-endian.
   */
  setBytes(row: number, source: Uint8Array, start: number, end: number): void {
    this.#fillTo(row);
    this.#reserve(end - start);
    const data = this.#data;
    let at = this.#used;
    let all = 0;
    for (let i = start; i < end; i++) all |= data[at++] = source[i];
    if (all >= 0x80 && this.type === "VARCHAR") {
      this.setText(row, VariableColumn.#decoder.decode(source.subarray(start, end)));
      return;
    }
    this.#used += end - start;
    this.#close(row);
  }

  setText(row: number, text: string): void {
    this.#fillTo(row);
    this.#reserve(text.length * 3);
    this.#used += VariableColumn.#encoder.encodeInto(text, this.#data.subarray(this.#used)).written;
    this.#close(row);
  }

  setInteger(row: number, lo: number, hi: number, sign: Sign): void {
    this.setText(row, decimal(lo, hi, sign === "signed"));
  }

  take(row: number): TakenValue | null {
    if (this.#rows !== row + 1) return null;
    const bytes = this.#data.slice(this.#offsets[row] * this.#elementBytes, this.#used);
    this.clear(row);
    return (to) => this.setBytes(to, bytes, 0, bytes.length);
  }

  clear(row: number): void {
    if (this.#rows !== row + 1) return;
    this.#validity[row >> 3] &= ~(1 << (row & 7));
    this.#used = this.#offsets[row] * this.#elementBytes;
    this.#rows = row;
    this.#set--;
  }

  /** Makes room for so many rows. */
  resize(capacity: number): void {
    this.#offsets = new Int32Array(grown(this.#offsets.buffer, (capacity + 1) * 4));
    // The bytes grow by themselves; a table without rows can let go of them.
    if (this.#used === 0) this.#data = new Uint8Array(Math.max(64, capacity * 8));
    this.#validity = new Uint8Array(grown(this.#validity.buffer, (capacity + 7) >> 3));
  }

  batch(rows: number): ColumnBatch {
    this.#fillTo(rows);
    const bytes = this.#data.subarray(0, this.#used);
    return {
      name: this.name,
      type: this.type,
      data: this.#elementBytes === 1 || !this.type.endsWith("[]")
        ? bytes
        : numberArray(this.type.slice(0, -2), bytes.slice().buffer),
      validity: this.#set < rows ? this.#validity : null,
      offsets: this.#offsets.subarray(0, rows + 1),
    };
  }

  reset(): void {
    this.#validity.fill(0);
    this.#rows = this.#used = this.#set = 0;
  }

  bytes(): number {
    return this.#data.byteLength + this.#offsets.byteLength;
  }
}

/**
 * A column whose type is not known beforehand, as text formats have them: integers while every value is one, text from
 * the first value that is not. Integers seen before then become their decimal text.
 */
export class InferredColumn {
  readonly name: string;
  #capacity: number;
  #numbers: NumberColumn | null = null;
  #texts: VariableColumn | null = null;
  #unsigned = false;
  #negative = false;

  constructor(name: string, capacity: number) {
    this.name = name;
    this.#capacity = capacity;
  }

  get type(): ColumnType {
    if (this.#texts !== null) return "VARCHAR";
    return this.#unsigned ? "UBIGINT" : "BIGINT";
  }

  /** A 64-bit value; `unsigned` is how the source spells it (hexadecimal is unsigned). */
  setInteger(row: number, lo: number, hi: number, sign: Sign): void {
    if (this.#texts !== null) {
      this.#texts.setText(row, decimal(lo, hi, sign === "signed"));
      return;
    }
    if (hi < 0) {
      if (sign === "signed") this.#negative = true;
      else this.#unsigned = true;
      if (this.#negative && this.#unsigned) {
        this.#toText();
        this.setInteger(row, lo, hi, sign);
        return;
      }
    }
    if (this.#numbers === null) this.#numbers = new NumberColumn(this.name, "BIGINT", this.#capacity);
    this.#numbers.setWide(row, lo, hi);
  }

  setBytes(row: number, source: Uint8Array, start: number, end: number): void {
    if (this.#texts === null) this.#toText();
    this.#texts!.setBytes(row, source, start, end);
  }

  setText(row: number, text: string): void {
    if (this.#texts === null) this.#toText();
    this.#texts!.setText(row, text);
  }

  #toText(): void {
    const texts = new VariableColumn(this.name, "VARCHAR", this.#capacity);
    if (this.#numbers !== null) {
      const halves = this.#numbers.data;
      for (let row = 0; row < this.#capacity; row++) {
        if (this.#numbers.has(row)) texts.setText(row, decimal(halves[row * 2], halves[row * 2 + 1], !this.#unsigned));
      }
    }
    this.#texts = texts;
  }

  take(row: number): TakenValue | null {
    return this.#texts === null ? this.#numbers?.take(row) ?? null : this.#texts.take(row);
  }

  clear(row: number): void {
    this.#numbers?.clear(row);
    this.#texts?.clear(row);
  }

  /** Makes room for so many rows. */
  resize(capacity: number): void {
    this.#capacity = capacity;
    this.#numbers?.resize(capacity);
    this.#texts?.resize(capacity);
  }

  batch(rows: number): ColumnBatch {
    if (this.#texts !== null) return this.#texts.batch(rows);
    this.#numbers ??= new NumberColumn(this.name, "BIGINT", this.#capacity);
    return { ...this.#numbers.batch(rows), type: this.type };
  }

  reset(): void {
    this.#numbers?.reset();
    this.#texts?.reset();
  }

  bytes(): number {
    return (this.#numbers?.bytes() ?? 0) + (this.#texts?.bytes() ?? 0);
  }
}

/** Decimal text of a 64-bit value given by halves. Cold path only: it goes through BigInt. */
export function decimal(lo: number, hi: number, signed: boolean): string {
  const value = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  return (signed ? BigInt.asIntN(64, value) : value).toString();
}

export type Column = NumberColumn | VariableColumn | InferredColumn;

/** A column of the given type. */
export function makeColumn(name: string, type: ColumnType | "inferred", capacity: number): Column {
  if (type === "inferred") return new InferredColumn(name, capacity);
  if (type === "VARCHAR" || type === "BLOB" || type.endsWith("[]")) return new VariableColumn(name, type, capacity);
  return new NumberColumn(name, type, capacity);
}
