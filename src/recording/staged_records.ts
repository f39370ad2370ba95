/**
 * Records kept whole until there are some of them, when each field is cut out of all of them in one tight loop: faster
 * than writing every field of every record into its column as it comes.
 *
 * @module
 */

import type { NumberColumn, RecordRows } from "./columns.ts";

/** A field of fixed place and size, and the column it fills. */
export interface StagedField {
  column: NumberColumn;
  /** Bytes from the start of the record. */
  offset: number;
}

/** Few enough to stay in the processor's cache, those of all event types together. */
const RECORDS = 256;

/** Records of one description. */
export class StagedRecords {
  readonly #fields: readonly StagedField[];
  /** What is kept of a record, in words of 4 bytes from its start. */
  readonly #firstWord: number;
  readonly #words: number;
  readonly #data: Int32Array;
  readonly #rows = new Int32Array(RECORDS);
  readonly #records: RecordRows;
  #count = 0;

  /** @param end bytes from the start of a record that its fields take at most */
  constructor(fields: readonly StagedField[], end: number, littleEndian: boolean) {
    this.#fields = fields;
    this.#firstWord = Math.min(...fields.map((field) => field.offset)) >> 2;
    this.#words = ((end + 3) >> 2) - this.#firstWord;
    this.#data = new Int32Array(RECORDS * this.#words);
    this.#records = {
      view: new DataView(this.#data.buffer),
      stride: this.#words * 4,
      rows: this.#rows,
      count: 0,
      littleEndian,
    };
  }

  /** Keeps a record that begins at word `start` of `source`, for `row` of the table, which comes after all before it. */
  add(source: Int32Array, start: number, row: number): void {
    const count = this.#count;
    const data = this.#data;
    const words = this.#words;
    let from = start + this.#firstWord;
    let to = count * words;
    for (const end = to + words; to < end;) data[to++] = source[from++];
    this.#rows[count] = row;
    this.#count = count + 1;
    if (count + 1 === RECORDS) this.cut();
  }

  /** Takes back the record of a row that is given up. */
  abandon(row: number): void {
    if (this.#count > 0 && this.#rows[this.#count - 1] === row) this.#count--;
  }

  /** Fills the columns and forgets the records. */
  cut(): void {
    const records = this.#records;
    records.count = this.#count;
    for (const { column, offset } of this.#fields) column.fill(records, offset - this.#firstWord * 4);
    this.#count = 0;
  }
}
