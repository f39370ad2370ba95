/**
 * Rows of `store.bio`, gathered into batches.
 *
 * @module
 */

import type { TableBatch } from "../recording/batch.ts";
import { NumberColumn } from "../recording/columns.ts";

const ROWS = 61_440;

/** One bio's life. Times are 64-bit halves as signed 32-bit numbers; a stage that was not seen has `has` bit clear. */
export class Bio {
  sector = 0;
  bytes = 0;
  kind = 0;
  context = 0;
  /** Times by stage: low half at `2 * stage`, high half after it. */
  readonly times = new Int32Array(10);
  /** Bit `1 << stage` is set when the stage was seen. */
  has = 0;
  mergedInto = -1;
  splitFrom = -1;
  remappedFrom = -1;
  requeues = 0;
  error = 0;
  firstSeq = 0;
  lastSeq = 0;
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  get end(): number {
    return this.sector + this.bytes / 512;
  }
}

/** Stages of a bio, in btt's order: Q, G, I, D, C. */
export const QUEUE = 0;
export const GETRQ = 1;
export const INSERT = 2;
export const ISSUE = 3;
export const COMPLETE = 4;

const STAGE_COLUMNS = ["queue_ns", "getrq_ns", "insert_ns", "issue_ns", "complete_ns"];

export class BioTable {
  #rows = 0;
  readonly #onBatch: (batch: TableBatch) => void;
  readonly #id = new NumberColumn("bio_id", "UINTEGER", ROWS);
  readonly #kind = new NumberColumn("kind_id", "UINTEGER", ROWS);
  readonly #context = new NumberColumn("context_id", "UINTEGER", ROWS);
  readonly #sector = new NumberColumn("sector", "BIGINT", ROWS);
  readonly #bytes = new NumberColumn("bytes", "BIGINT", ROWS);
  readonly #stages = STAGE_COLUMNS.map((name) => new NumberColumn(name, "BIGINT", ROWS));
  readonly #mergedInto = new NumberColumn("merged_into", "UINTEGER", ROWS);
  readonly #splitFrom = new NumberColumn("split_from", "UINTEGER", ROWS);
  readonly #remappedFrom = new NumberColumn("remapped_from", "UINTEGER", ROWS);
  readonly #requeues = new NumberColumn("requeues", "USMALLINT", ROWS);
  readonly #error = new NumberColumn("error", "INTEGER", ROWS);
  readonly #firstSeq = new NumberColumn("first_seq", "UINTEGER", ROWS);
  readonly #lastSeq = new NumberColumn("last_seq", "UINTEGER", ROWS);

  /** @param onBatch must be done with the batch's buffers when it returns. */
  constructor(onBatch: (batch: TableBatch) => void) {
    this.#onBatch = onBatch;
  }

  add(bio: Bio): void {
    const row = this.#rows;
    this.#id.setNumber(row, bio.id);
    this.#kind.setNumber(row, bio.kind);
    this.#context.setNumber(row, bio.context);
    this.#sector.setNumber(row, bio.sector);
    this.#bytes.setNumber(row, bio.bytes);
    for (let stage = 0; stage < 5; stage++) {
      if (bio.has & (1 << stage)) {
        this.#stages[stage].setInteger(row, bio.times[stage * 2], bio.times[stage * 2 + 1]);
      }
    }
    if (bio.mergedInto >= 0) this.#mergedInto.setNumber(row, bio.mergedInto);
    if (bio.splitFrom >= 0) this.#splitFrom.setNumber(row, bio.splitFrom);
    if (bio.remappedFrom >= 0) this.#remappedFrom.setNumber(row, bio.remappedFrom);
    this.#requeues.setNumber(row, Math.min(bio.requeues, 65535));
    if (bio.has & (1 << COMPLETE)) this.#error.setNumber(row, bio.error);
    this.#firstSeq.setNumber(row, bio.firstSeq);
    this.#lastSeq.setNumber(row, bio.lastSeq);
    if (++this.#rows === ROWS) this.flush();
  }

  flush(): void {
    if (this.#rows === 0) return;
    const columns = [
      this.#id,
      this.#kind,
      this.#context,
      this.#sector,
      this.#bytes,
      ...this.#stages,
      this.#mergedInto,
      this.#splitFrom,
      this.#remappedFrom,
      this.#requeues,
      this.#error,
      this.#firstSeq,
      this.#lastSeq,
    ];
    this.#onBatch({
      schema: "store",
      table: "bio",
      rows: this.#rows,
      columns: columns.map((c) => c.batch(this.#rows)),
    });
    for (const column of columns) column.reset();
    this.#rows = 0;
  }
}
