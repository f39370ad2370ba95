/**
 * The rows of one event type's own table (`raw.NAME`), gathered until there are enough for a batch.
 *
 * @module
 */

import type { ColumnBatch, ColumnType, TableBatch } from "./batch.ts";
import { type Column, InferredColumn, makeColumn, NumberColumn } from "./columns.ts";
import { type StagedField, StagedRecords } from "./staged_records.ts";

const FIRST_CAPACITY = 256;

/** Where a field's values go; the column behind it is replaced when a second source describes the field otherwise. */
export interface ColumnSlot {
  column: Column;
}

function isInteger(type: ColumnType): boolean {
  return /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/.test(type);
}

export class RawTable {
  readonly name: string;
  rows = 0;
  /** Rows handed on in all. */
  total = 0;
  /** Grows when a column is replaced by one of another type: what {@linkcode stage} gave before is of no use then. */
  generation = 0;
  #capacity = FIRST_CAPACITY;
  readonly #limit: number;
  readonly #recordingId: NumberColumn;
  readonly #seq: NumberColumn;
  readonly #slots = new Map<string, ColumnSlot>();
  readonly #list: ColumnSlot[] = [];
  #staged: StagedRecords[] = [];
  #flush: (table: RawTable) => void;

  /**
   * @param limit rows of a full batch
   * @param flush called when the batch is full, or when a column changes its type; must take {@linkcode batch}
   */
  constructor(name: string, limit: number, flush: (table: RawTable) => void) {
    this.name = name;
    this.#limit = limit;
    this.#flush = flush;
    this.#recordingId = new NumberColumn("recording_id", "SMALLINT", FIRST_CAPACITY, "always");
    this.#seq = new NumberColumn("seq", "UINTEGER", FIRST_CAPACITY, "always");
  }

  /**
   * The column of this name, made when it is first asked for. Two sources may describe a field differently (another
   * kernel, text instead of binary): then the column becomes one inferred from its values, or, where numbers and lists
   * or floating point meet, a second one with the type in its name.
   */
  column(name: string, type: ColumnType | "inferred"): ColumnSlot {
    // DuckDB takes names that differ only in case for one.
    const key = name.toLowerCase();
    const known = this.#slots.get(key);
    if (known === undefined) {
      const slot = { column: makeColumn(name, type, this.#capacity) };
      this.#slots.set(key, slot);
      this.#list.push(slot);
      return slot;
    }
    if (known.column instanceof InferredColumn || known.column.type === type) return known;
    const plain = (t: ColumnType | "inferred") => t === "inferred" || t === "VARCHAR" || isInteger(t);
    if (!plain(type) || !plain(known.column.type)) {
      return this.column(`${name}_${type.toLowerCase().replace("[]", "_list")}`, type);
    }
    this.#flushBeforeOpen();
    known.column = new InferredColumn(known.column.name, this.#capacity);
    this.generation++;
    this.#staged = [];
    return known;
  }

  /** Hands on the rows that have ended; what the open one has so far stays. */
  #flushBeforeOpen(): void {
    for (const staged of this.#staged) staged.cut();
    const open = this.#list.map(({ column }) => column.take(this.rows));
    this.#flush(this);
    for (const put of open) put?.(this.rows);
  }

  /** Room for records whose fields fill columns of this table when its rows are handed on. */
  stage(fields: readonly StagedField[], end: number, littleEndian: boolean): StagedRecords {
    const staged = new StagedRecords(fields, end, littleEndian);
    this.#staged.push(staged);
    return staged;
  }

  /** Ends the row being written. */
  commit(recordingId: number, seq: number): void {
    (this.#recordingId.data as Int16Array)[this.rows] = recordingId;
    (this.#seq.data as Uint32Array)[this.rows] = seq;
    if (++this.rows < this.#capacity) return;
    if (this.rows === this.#limit) {
      this.#flush(this);
    } else {
      this.#capacity = Math.min(this.#limit, this.#capacity * 4);
      for (const column of this.#all()) column.resize(this.#capacity);
    }
  }

  /** Takes back what was written of the row that is open. */
  abandon(): void {
    for (const slot of this.#list) slot.column.clear(this.rows);
    for (const staged of this.#staged) staged.abandon(this.rows);
  }

  #all(): Column[] {
    return [this.#recordingId, this.#seq, ...this.#list.map((slot) => slot.column)];
  }

  /** Memory that the table takes. */
  bytes(): number {
    let bytes = this.#capacity * 6;
    for (const slot of this.#list) bytes += slot.column.bytes();
    return bytes;
  }

  /** How much of {@linkcode bytes} the rows gathered so far take. */
  bytesUsed(): number {
    return this.bytes() * this.rows / this.#capacity;
  }

  /** Lets go of the room that rows have taken; the table has to be drained. */
  release(): void {
    this.#capacity = FIRST_CAPACITY;
    for (const column of this.#all()) column.resize(FIRST_CAPACITY);
  }

  /** Hands the rows gathered so far to `take`, which must be done with the buffers when it returns. */
  drain(take: (batch: TableBatch) => void): void {
    if (this.rows === 0) return;
    for (const staged of this.#staged) staged.cut();
    const columns: ColumnBatch[] = this.#all().map((c) => c.batch(this.rows));
    take({ schema: "raw", table: this.name, rows: this.rows, columns });
    for (const column of this.#all()) column.reset();
    this.total += this.rows;
    this.rows = 0;
  }
}
