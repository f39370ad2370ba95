/**
 * Rows of `store.bio`, gathered into batches.
 *
 * @module
 */

import type { ColumnBatch, ColumnType, TableBatch } from "../recording/batch.ts";
import {
  COMPLETE,
  FAULT,
  GETRQ,
  INSERT,
  ISSUE,
  MERGED_LINK,
  type OpenBios,
  QUEUE,
  REMAPPED_LINK,
  SPLIT_LINK,
  STAGES,
} from "./open_bios.ts";

const ROWS = 61_440;

/** All bits of the stages; what is above them is rare. */
const LAST_STAGE_BITS = (1 << STAGES) - 1;

/** A column of 32-bit values, or of 64-bit ones as pairs of halves. */
interface Column {
  name: string;
  type: ColumnType;
  data: Int32Array<ArrayBuffer>;
  /** Bit of the row that is set where there is a value; 0: there always is one. */
  bit: number;
  validity: Uint8Array<ArrayBuffer>;
}

function column(name: string, type: ColumnType, bit = 0): Column {
  return {
    name,
    type,
    data: new Int32Array(type === "BIGINT" ? ROWS * 2 : ROWS),
    bit,
    validity: new Uint8Array(bit === 0 ? 0 : ROWS >> 3),
  };
}

/** Rows of the table before they are handed on. */
export class BioTable {
  #rows = 0;
  readonly #onBatch: (batch: TableBatch) => void;
  /** Bits that all rows have: what all rows have a value of needs no validity bitmap. */
  #allBits = 0xffff;
  readonly #id = column("bio_id", "UINTEGER");
  readonly #tag = column("tag_id", "UINTEGER");
  readonly #sector = column("sector", "BIGINT");
  readonly #bytes = column("bytes", "BIGINT");
  readonly #queue = column("queue_ns", "BIGINT", 1 << QUEUE);
  readonly #getrq = column("getrq_ns", "BIGINT", 1 << GETRQ);
  readonly #insert = column("insert_ns", "BIGINT", 1 << INSERT);
  readonly #issue = column("issue_ns", "BIGINT", 1 << ISSUE);
  readonly #complete = column("complete_ns", "BIGINT", 1 << COMPLETE);
  readonly #mergedInto = column("merged_into", "UINTEGER", MERGED_LINK);
  readonly #splitFrom = column("split_from", "UINTEGER", SPLIT_LINK);
  readonly #remappedFrom = column("remapped_from", "UINTEGER", REMAPPED_LINK);
  readonly #requeues = column("requeues", "USMALLINT");
  readonly #error = column("error", "INTEGER", 1 << COMPLETE);
  readonly #firstSeq = column("first_seq", "UINTEGER");
  readonly #lastSeq = column("last_seq", "UINTEGER");

  /** @param onBatch must be done with the batch's buffers when it returns. */
  constructor(onBatch: (batch: TableBatch) => void) {
    this.#onBatch = onBatch;
  }

  /** Adds the bio in this slot. */
  add(bios: OpenBios, slot: number): void {
    const row = this.#rows;
    const low = row * 2;
    const high = low + 1;
    const valid = 1 << (row & 7);
    this.#id.data[row] = bios.id[slot];
    this.#tag.data[row] = bios.tag[slot];
    const sector = bios.sector[slot];
    this.#sector.data[low] = sector;
    if (sector >= 0x100000000 || sector < 0) this.#sector.data[high] = Math.floor(sector / 4294967296);
    const bytes = bios.bytes[slot];
    this.#bytes.data[low] = bytes;
    if (bytes >= 0x100000000) this.#bytes.data[high] = bytes / 4294967296;
    const times = bios.times;
    const at = slot * 2 * STAGES;
    const bits = bios.seen[slot];
    // What is left out is zero already: see flush.
    if (bits & (1 << QUEUE)) {
      this.#queue.data[low] = times[at];
      this.#queue.data[high] = times[at + 1];
      this.#queue.validity[row >> 3] |= valid;
    }
    if (bits & (1 << GETRQ)) {
      this.#getrq.data[low] = times[at + 2];
      this.#getrq.data[high] = times[at + 3];
      this.#getrq.validity[row >> 3] |= valid;
    }
    if (bits & (1 << INSERT)) {
      this.#insert.data[low] = times[at + 4];
      this.#insert.data[high] = times[at + 5];
      this.#insert.validity[row >> 3] |= valid;
    }
    if (bits & (1 << ISSUE)) {
      this.#issue.data[low] = times[at + 6];
      this.#issue.data[high] = times[at + 7];
      this.#issue.validity[row >> 3] |= valid;
    }
    if (bits & (1 << COMPLETE)) {
      this.#complete.data[low] = times[at + 8];
      this.#complete.data[high] = times[at + 9];
      this.#complete.validity[row >> 3] |= valid;
      this.#error.validity[row >> 3] |= valid;
    }
    if (bits > LAST_STAGE_BITS) this.#addRare(bios, slot, bits, row, valid);
    this.#firstSeq.data[row] = bios.firstSeq[slot];
    this.#lastSeq.data[row] = bios.lastSeq[slot];
    this.#allBits &= bits;
    if (++this.#rows === ROWS) this.flush();
  }

  #addRare(bios: OpenBios, slot: number, bits: number, row: number, valid: number): void {
    if (bits & FAULT) {
      this.#requeues.data[row] = Math.min(bios.requeues[slot], 65535);
      this.#error.data[row] = bios.error[slot];
    }
    if (bits & MERGED_LINK) {
      this.#mergedInto.data[row] = bios.mergedInto[slot];
      this.#mergedInto.validity[row >> 3] |= valid;
    }
    if (bits & SPLIT_LINK) {
      this.#splitFrom.data[row] = bios.splitFrom[slot];
      this.#splitFrom.validity[row >> 3] |= valid;
    }
    if (bits & REMAPPED_LINK) {
      this.#remappedFrom.data[row] = bios.remappedFrom[slot];
      this.#remappedFrom.validity[row >> 3] |= valid;
    }
  }

  #batchOf({ name, type, data, bit, validity }: Column, rows: number): ColumnBatch {
    const complete = (this.#allBits & bit) === bit;
    return {
      name,
      type,
      data: type === "UINTEGER"
        ? new Uint32Array(data.buffer, 0, rows)
        : type === "USMALLINT"
        ? new Uint16Array(data.subarray(0, rows))
        : data.subarray(0, type === "BIGINT" ? rows * 2 : rows),
      validity: complete ? null : validity,
    };
  }

  /** Hands on what has been gathered. */
  flush(): void {
    const rows = this.#rows;
    if (rows === 0) return;
    const columns = [
      this.#id,
      this.#tag,
      this.#sector,
      this.#bytes,
      this.#queue,
      this.#getrq,
      this.#insert,
      this.#issue,
      this.#complete,
      this.#mergedInto,
      this.#splitFrom,
      this.#remappedFrom,
      this.#requeues,
      this.#error,
      this.#firstSeq,
      this.#lastSeq,
    ];
    this.#onBatch({ schema: "store", table: "bio", rows, columns: columns.map((each) => this.#batchOf(each, rows)) });
    // Rows without a value must not keep an older batch's: equal input has to give equal files.
    for (const each of columns) {
      each.data.fill(0);
      each.validity.fill(0);
    }
    this.#rows = 0;
    this.#allBits = 0xffff;
  }
}
