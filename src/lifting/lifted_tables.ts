/**
 * Rows of the lifted tables, gathered into batches: operations, whose a bio is, why a page event came.
 *
 * @module
 */

import type { TableBatch } from "../recording/batch.ts";
import { NumberColumn } from "../recording/columns.ts";
import { EXECUTION } from "./operation_kinds.ts";
import { NO, type Operation } from "./operation.ts";

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
    this.#start.setWide(row, operation.start[0], operation.start[1]);
    if (operation.hasEnd) this.#end.setWide(row, operation.end[0], operation.end[1]);
    if (operation.hasDone) this.#done.setWide(row, operation.done[0], operation.done[1]);
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
    this.#start.setWide(row, whole.start[0], whole.start[1]);
    this.#end.setWide(row, whole.end[0], whole.end[1]);
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

/** `store.page_owner`. */
export class PageOwnerTable {
  readonly #seq = always("seq", "UINTEGER");
  readonly #operation = may("op_id", "UINTEGER");
  readonly #cause = always("cause_code", "UTINYINT");
  readonly #table: RowTable;

  constructor(onBatch: (batch: TableBatch) => void) {
    this.#table = new RowTable("page_owner", [this.#seq, this.#operation, this.#cause], onBatch);
  }

  /** @param operation -1 where it is not known */
  add(seq: number, operation: number, cause: number): void {
    const row = this.#table.rows;
    this.#seq.data[row] = seq;
    this.#cause.data[row] = cause;
    if (operation !== NO) this.#operation.setNumber(row, operation);
    this.#table.commit();
  }

  flush(): void {
    this.#table.flush();
  }
}
