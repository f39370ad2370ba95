/**
 * Columns of numbers as few bytes: each value as its difference to the one before or as it is, in as many bytes as it
 * needs, and all of it deflated. A page decodes a million values in a tenth of a second.
 *
 * A value is written as an unsigned LEB128 number: 0 where it is absent, else 1 + its zigzag code, so that small negative
 * numbers stay small.
 *
 * @module
 */
import { constants, deflateRawSync } from "node:zlib";

/** `difference`: for values that mostly grow, such as times. `plain`: for codes and lengths. */
export type PackedForm = "difference" | "plain";

/** Where a column is in the bytes of its table. */
export interface PackedColumn {
  readonly name: string;
  readonly form: PackedForm;
  /** First byte, and the byte behind the last, before deflating. */
  readonly begin: number;
  readonly end: number;
}

/** A table as it is embedded. */
export interface PackedTable {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly PackedColumn[];
  /** All columns, deflated (raw). */
  readonly bytes: Uint8Array;
}

/** Values beyond this, either way, are shown as beyond it: the code of a value has to fit a double exactly. */
export const VALUE_MAX = 2 ** 51;

/** Level 6 of 9: level 9 takes three times as long for a fiftieth less. */
const LEVEL = 6;

/** So much of a column is deflated at a time, bytes: it is never there as a whole. */
const PART_LENGTH = 1 << 20;

/** A number takes no more bytes. */
const NUMBER_LENGTH_MAX = 8;

/** An empty block that says that it is the last one. */
const DEFLATE_END = Uint8Array.of(3, 0);

/** Values of one column: what has come is deflated part by part, and parts behind each other are one stream. */
class ColumnPacker {
  readonly deflated: Uint8Array[] = [];
  /** Before deflating, bytes; without the part that is being filled. */
  #done = 0;
  #part = new Uint8Array(1 << 12);
  #filled = 0;
  #before = 0;

  constructor(readonly name: string, readonly form: PackedForm) {}

  get length(): number {
    return this.#done + this.#filled;
  }

  /** @param values integers; NaN where there is none */
  add(values: ArrayLike<number>): void {
    const isPlain = this.form === "plain";
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      if (Number.isNaN(value)) {
        this.#number(0);
        continue;
      }
      const bounded = Math.max(-VALUE_MAX, Math.min(VALUE_MAX, value));
      const written = isPlain ? bounded : Math.max(-VALUE_MAX, Math.min(VALUE_MAX, bounded - this.#before));
      // A difference that does not fit is written short, and the next one makes up for it.
      this.#before = isPlain ? 0 : this.#before + written;
      this.#number(1 + (written < 0 ? -2 * written - 1 : 2 * written));
    }
  }

  /** @param value an integer from 0 to 2^53 */
  #number(value: number): void {
    if (this.#filled + NUMBER_LENGTH_MAX > this.#part.length) this.#makeRoom();
    // Bit operations are for 32 bits only.
    while (value > 0x7fffffff) {
      this.#part[this.#filled++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      this.#part[this.#filled++] = (value & 127) | 0x80;
      value >>>= 7;
    }
    this.#part[this.#filled++] = value;
  }

  #makeRoom(): void {
    if (this.#part.length >= PART_LENGTH) return this.flush();
    const larger = new Uint8Array(this.#part.length * 2);
    larger.set(this.#part);
    this.#part = larger;
  }

  /** Deflates what is not yet, up to the end of a byte and without an end of the stream. */
  flush(): void {
    if (this.#filled === 0) return;
    const part = this.#part.subarray(0, this.#filled);
    this.deflated.push(new Uint8Array(deflateRawSync(part, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH })));
    this.#done += this.#filled;
    this.#filled = 0;
  }
}

/** Makes a table of rows as they come. */
export class TablePacker {
  readonly #columns: readonly ColumnPacker[];
  #rows = 0;

  constructor(readonly name: string, forms: Readonly<Record<string, PackedForm>>) {
    this.#columns = Object.entries(forms).map(([column, form]) => new ColumnPacker(column, form));
  }

  /** Adds rows. @param values of each column: integers, one a row; NaN where there is none */
  add(rows: number, values: (column: string) => ArrayLike<number>): this {
    for (const column of this.#columns) {
      const own = values(column.name);
      if (own.length !== rows) throw new Error(`${own.length} values of ${column.name} for ${rows} rows`);
      column.add(own);
    }
    this.#rows += rows;
    return this;
  }

  pack(): PackedTable {
    let begin = 0;
    const columns = this.#columns.map(({ name, form, length }): PackedColumn => {
      const end = begin + length;
      const column = { name, form, begin, end };
      begin = end;
      return column;
    });
    for (const column of this.#columns) column.flush();
    const parts = [...this.#columns.flatMap(({ deflated }) => deflated), DEFLATE_END];
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { name: this.name, rows: this.#rows, columns, bytes };
  }
}
