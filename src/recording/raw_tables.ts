/**
 * The tables of all event types together, and the memory that they take.
 *
 * @module
 */

import type { TableBatch } from "./batch.ts";
import { RawTable } from "./raw_table.ts";

/** Raw tables together may take this much memory before some of them are handed on. */
const BYTES_MAX = 48 << 20;

/** Events between two looks at it. */
const CHECKED_EVERY = 8192;

/** One table a name, whatever recording, buffer or system its events come from. */
export class RawTables {
  readonly #byName = new Map<string, RawTable>();
  readonly #take: (batch: TableBatch) => void;
  readonly #batchRows: number;
  #sinceCheck = 0;

  /** @param take must be done with a batch's buffers when it returns */
  constructor(take: (batch: TableBatch) => void, batchRows: number) {
    this.#take = take;
    this.#batchRows = batchRows;
  }

  /** The table of events of this name, made when it is first asked for; DuckDB ignores case in names. */
  of(name: string): RawTable {
    const key = name.toLowerCase();
    let table = this.#byName.get(key);
    if (table === undefined) {
      table = new RawTable(name, this.#batchRows, (full) => full.drain(this.#take));
      this.#byName.set(key, table);
    }
    return table;
  }

  /** An event has been written: now and then, tables that together take too much are handed on. */
  counted(): void {
    if (++this.#sinceCheck === CHECKED_EVERY) this.#bound();
  }

  #bound(): void {
    this.#sinceCheck = 0;
    let bytes = 0;
    for (const table of this.#byName.values()) bytes += table.bytes();
    while (bytes > BYTES_MAX) {
      // One after another and the fullest first: large batches are cheaper to store, and all at once would keep the
      // taker busy while the reader waits.
      let fullest: RawTable | null = null;
      for (const table of this.#byName.values()) {
        if (table.rows > 0 && (fullest === null || table.bytesUsed() > fullest.bytesUsed())) fullest = table;
      }
      if (fullest === null) return;
      bytes -= fullest.bytes();
      fullest.drain(this.#take);
      fullest.release();
      bytes += fullest.bytes();
    }
  }

  /** Hands on everything that is still gathered. */
  finish(): void {
    for (const table of this.#byName.values()) table.drain(this.#take);
  }
}
