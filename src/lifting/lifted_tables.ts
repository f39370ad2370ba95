/**
 * Rows of the lifted tables, gathered into batches: operations, whose a bio is, why a page event came.
 *
 * @module
 */

import type { TableBatch } from "../recording/batch.ts";
import { NumberColumn } from "../recording/columns.ts";
import { CAUSE, EXECUTION } from "./operation_kinds.ts";
import { NO, type Operation } from "./operation.ts";

/** Rows of a batch: a quarter of DuckDB's row group, as whole ones take some 30 MB more in all. */
const ROWS = 30_720;

/** A table of number columns. */
class RowTable {
  rows = 0;

  constructor(
    readonly name: string,
    readonly columns: NumberColumn[],
    readonly onBatch: (batch: TableBatch) => void,
  ) {}

  commit(): void {
    if (++this.rows === ROWS) this.flush();
  }

  flush(): void {
    if (this.rows === 0) return;
    const columns = this.columns.map((column) => column.batch(this.rows));
    this.onBatch({ schema: "store", table: this.name, rows: this.rows, columns });
    for (const column of this.columns) column.reset();
    this.rows = 0;
  }
}

const always = (name: string, type: "UINTEGER" | "UTINYINT") => new NumberColumn(name, type, ROWS, "always");
const may = (name: string, type: "UINTEGER" | "UTINYINT" | "BIGINT") => new NumberColumn(name, type, ROWS);

/** `store.operation`. */
export class OperationTable {
  readonly #id = always("op_id", "UINTEGER");
  readonly #tag = always("tag_id", "UINTEGER");
  readonly #kind = always("kind_code", "UTINYINT");
  readonly #file = may("file_id", "UINTEGER");
  readonly #open = may("open_id", "UINTEGER");
  readonly #attribution = always("attribution_code", "UTINYINT");
  readonly #execution = always("execution_code", "UTINYINT");
  readonly #offset = may("file_offset", "BIGINT");
  readonly #bytes = may("bytes", "BIGINT");
  readonly #start = may("start_ns", "BIGINT");
  readonly #end = may("end_ns", "BIGINT");
  readonly #done = may("done_ns", "BIGINT");
  readonly #result = may("result", "BIGINT");
  readonly #partOf = may("part_of", "UINTEGER");
  readonly #firstSeq = always("first_seq", "UINTEGER");
  readonly #lastSeq = always("last_seq", "UINTEGER");
  readonly #table: RowTable;

  constructor(onBatch: (batch: TableBatch) => void) {
    this.#table = new RowTable("operation", [
      this.#id,
      this.#tag,
      this.#kind,
      this.#file,
      this.#open,
      this.#attribution,
      this.#execution,
      this.#offset,
      this.#bytes,
      this.#start,
      this.#end,
      this.#done,
      this.#result,
      this.#partOf,
      this.#firstSeq,
      this.#lastSeq,
    ], onBatch);
  }

  add(operation: Operation): void {
    const row = this.#table.rows;
    this.#id.data[row] = operation.id;
    this.#tag.data[row] = operation.tag;
    this.#kind.data[row] = operation.kind;
    this.#attribution.data[row] = operation.attribution;
    this.#execution.data[row] = operation.execution;
    this.#firstSeq.data[row] = operation.firstSeq;
    this.#lastSeq.data[row] = operation.lastSeq;
    this.#start.setWide(row, operation.startLo, operation.startHi);
    if (operation.hasEnd) this.#end.setWide(row, operation.endLo, operation.endHi);
    if (operation.hasDone) this.#done.setWide(row, operation.doneLo, operation.doneHi);
    if (operation.file >= 0) this.#file.setNumber(row, operation.file);
    if (operation.open !== null) this.#open.setNumber(row, operation.open.id);
    if (operation.offset >= 0) this.#offset.setNumber(row, operation.offset);
    if (operation.bytes >= 0) this.#bytes.setNumber(row, operation.bytes);
    if (operation.hasResult) this.#result.setNumber(row, operation.result);
    if (operation.partOf >= 0) this.#partOf.setNumber(row, operation.partOf);
    this.#table.commit();
  }

  /** Adds the direct or the buffered part of an operation that was done in both ways. */
  addPart(id: number, whole: Operation, way: "direct" | "buffered"): void {
    const row = this.#table.rows;
    const done = Math.max(0, whole.result);
    const directBytes = Math.min(Math.max(0, whole.bufferedFrom - whole.offset), done);
    const offset = way === "direct" ? whole.offset : whole.offset + directBytes;
    const bytes = way === "direct" ? directBytes : done - directBytes;
    this.#id.data[row] = id;
    this.#tag.data[row] = whole.tag;
    this.#kind.data[row] = whole.kind;
    this.#attribution.data[row] = whole.attribution;
    this.#execution.data[row] = EXECUTION[way];
    this.#firstSeq.data[row] = whole.firstSeq;
    this.#lastSeq.data[row] = whole.lastSeq;
    this.#start.setWide(row, whole.startLo, whole.startHi);
    this.#end.setWide(row, whole.endLo, whole.endHi);
    if (whole.file >= 0) this.#file.setNumber(row, whole.file);
    if (whole.open !== null) this.#open.setNumber(row, whole.open.id);
    this.#offset.setNumber(row, offset);
    this.#bytes.setNumber(row, bytes);
    this.#result.setNumber(row, bytes);
    this.#partOf.setNumber(row, whole.id);
    this.#table.commit();
  }

  flush(): void {
    this.#table.flush();
  }
}

/** `store.bio_owner`. */
export class BioOwnerTable {
  readonly #bio = always("bio_id", "UINTEGER");
  readonly #operation = may("op_id", "UINTEGER");
  readonly #file = may("file_id", "UINTEGER");
  readonly #offset = may("file_offset", "BIGINT");
  readonly #attribution = always("attribution_code", "UTINYINT");
  readonly #role = always("role_code", "UTINYINT");
  readonly #table: RowTable;

  constructor(onBatch: (batch: TableBatch) => void) {
    const columns = [this.#bio, this.#operation, this.#file, this.#offset, this.#attribution, this.#role];
    this.#table = new RowTable("bio_owner", columns, onBatch);
  }

  /** @param operation @param file @param offset -1 where it is not known */
  add(bio: number, operation: number, file: number, offset: number, attribution: number, role: number): void {
    const row = this.#table.rows;
    this.#bio.data[row] = bio;
    this.#attribution.data[row] = attribution;
    this.#role.data[row] = role;
    if (operation !== NO) this.#operation.setNumber(row, operation);
    if (file !== NO) this.#file.setNumber(row, file);
    if (offset !== NO) this.#offset.setNumber(row, offset);
    this.#table.commit();
  }

  flush(): void {
    this.#table.flush();
  }
}

/** No cause and no operation: a run of page events that are nobody's. */
const NOBODY = -2;

/**
 * `store.page_owner`: runs of page events of one tag, each run with one operation and one cause. What one task does to
 * the pages of one file comes in runs, and a row for each event would be a fifth of what there is to insert.
 */
export class PageOwnerTable {
  readonly #firstSeq = always("first_seq", "UINTEGER");
  readonly #lastSeq = always("last_seq", "UINTEGER");
  readonly #tag = always("tag_id", "UINTEGER");
  readonly #operation = may("op_id", "UINTEGER");
  readonly #cause = always("cause_code", "UTINYINT");
  readonly #table: RowTable;
  /** The run under way of each tag: four numbers, see {@linkcode add}. */
  #runs = new Int32Array(4 * 1024).fill(NOBODY);

  constructor(onBatch: (batch: TableBatch) => void) {
    const columns = [this.#firstSeq, this.#lastSeq, this.#tag, this.#operation, this.#cause];
    this.#table = new RowTable("page_owner", columns, onBatch);
  }

  /**
   * The page event `seq`, which has this tag. To be called for all of them.
   *
   * @param operation -1 where it is not known; with an unknown cause the event is nobody's
   */
  add(seq: number, tag: number, operation: number, cause: number): void {
    const at = 4 * tag;
    if (at >= this.#runs.length) this.#grow(at + 4);
    const runs = this.#runs;
    const owner = operation === NO && cause === CAUSE.unknown ? NOBODY : operation;
    if (runs[at] === owner && runs[at + 1] === cause) {
      runs[at + 3] = seq;
      return;
    }
    if (runs[at] !== NOBODY) this.#put(tag);
    runs[at] = owner;
    runs[at + 1] = cause;
    runs[at + 2] = runs[at + 3] = seq;
  }

  #grow(length: number): void {
    const runs = new Int32Array(Math.max(length, 2 * this.#runs.length)).fill(NOBODY);
    runs.set(this.#runs);
    this.#runs = runs;
  }

  #put(tag: number): void {
    const [operation, cause, first, last] = this.#runs.subarray(4 * tag, 4 * tag + 4);
    const row = this.#table.rows;
    this.#firstSeq.data[row] = first;
    this.#lastSeq.data[row] = last;
    this.#tag.data[row] = tag;
    this.#cause.data[row] = cause;
    if (operation !== NO) this.#operation.setNumber(row, operation);
    this.#table.commit();
  }

  flush(): void {
    for (let tag = 0; 4 * tag < this.#runs.length; tag++) if (this.#runs[4 * tag] !== NOBODY) this.#put(tag);
    this.#runs.fill(NOBODY);
    this.#table.flush();
  }
}
