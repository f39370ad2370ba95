/**
 * Where every reader puts its events: typed columns of `event` and the event's own table, filled field by field.
 *
 * A reader asks once for each event type and for a binding of each field, then for each record calls
 * {@linkcode EventSink.begin}, one `put` a field, and {@linkcode EventSink.commit}. No object is made for an event.
 *
 * @module
 */

import { ownEntry } from "../std/own_entry.ts";
import type { ColumnType, TableBatch } from "./batch.ts";
import { NumberColumn, type Sign } from "./columns.ts";
import { DeviceCodes } from "./device_codes.ts";
import { type ContextRow, EventTags, type KindRow, type TagRow } from "./event_tags.ts";
import { EventType, type EventTypeKey, NONE } from "./event_type.ts";
import {
  bindField,
  CAPTURE_DERIVED,
  CAPTURE_DEVICE_ADDRESS,
  CAPTURE_DEVICE_BLOCK,
  CAPTURE_NEW_SECTOR,
  CAPTURE_NUMBERS,
  CAPTURE_OLD_DEV,
  CAPTURE_OLD_SECTOR,
  CAPTURE_START_BLOCK,
  CAPTURE_TEXTS,
  type FieldBinding,
  OP_BDI,
  OP_BYTES,
  OP_CAPTURED,
  OP_COMM,
  OP_DEV,
  OP_INO,
  OP_OFFSET,
  OP_RAW,
  OP_RET,
  OP_RWBS,
  OP_SECTOR,
  placeOf,
} from "./field_binding.ts";
import { type FieldSymbols, rawColumnNames, type RawField } from "./raw_registry.ts";
import { RawTables } from "./raw_tables.ts";
import { TextPool } from "./text_pool.ts";
import { type Derivation, FOLIO_ORDER_MAX, meaningOf, OBSERVED_NUMBERS, OBSERVED_TEXTS } from "./vocabulary.ts";
import { WIDE_ZERO } from "./wide_zero.ts";

/**
 * Rows of a full batch: a quarter of the database's row group. Batches of whole ones are no faster, and the database's
 * memory grows with every million rows: where one was, small things are put, and the next one needs another place.
 */
export const BATCH_ROWS = 30_720;

/** Sees every event as it is committed; reads the sink's current-event fields. */
export interface EventObserver {
  event(sink: EventSink): void;
}

/** Two to the power of `exponent`: bytes of as many pages. */
function pages(exponent: number): number {
  return exponent >= 0 && exponent < 31 ? 1 << exponent : 2 ** exponent;
}

export class EventSink {
  readonly pool = new TextPool();
  readonly types: EventType[] = [];
  readonly #eventTags = new EventTags();
  readonly kinds: readonly KindRow[] = this.#eventTags.kinds;
  readonly contexts: readonly ContextRow[] = this.#eventTags.contexts;
  readonly tags: readonly TagRow[] = this.#eventTags.tags;
  /** `seq` of the event being written: its place among all, which is that of its row. */
  seq = 0;

  // The current event. Codes are of `pool`; -1 = none.
  type!: EventType;
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  cpu = 0;
  pid = 0;
  tgid = NONE;
  comm = NONE;
  flags = NONE;
  dev = NONE;
  rwbs = NONE;
  kind = 0;
  context = 0;
  /** Stands for {@linkcode kind} and {@linkcode context}. */
  tag = 0;
  sectorLo = WIDE_ZERO;
  sectorHi = WIDE_ZERO;
  bytesLo = WIDE_ZERO;
  bytesHi = WIDE_ZERO;
  ret = WIDE_ZERO;
  retHi = WIDE_ZERO;
  inoLo = WIDE_ZERO;
  inoHi = WIDE_ZERO;
  hasSector = false;
  hasBytes = false;
  hasRet = false;
  hasIno = false;
  hasOffset = false;
  /** Of a remap: where the bio came from; of a split: where its second part begins. Sectors; -1 = none. */
  oldDev = NONE;
  oldSector = WIDE_ZERO;
  newSector = WIDE_ZERO;
  /** Of a mapping: its first block in the file, its block on the device, its byte address there; -1 = none. */
  startBlock = WIDE_ZERO;
  deviceBlock = WIDE_ZERO;
  deviceAddress = WIDE_ZERO;
  /** Numbers of `OBSERVED_NUMBERS`, two halves each, low first; those that the event has are in {@linkcode has}. */
  readonly observed = new Int32Array(2 * OBSERVED_NUMBERS.length);
  /** Texts of `OBSERVED_TEXTS`, as codes of {@linkcode pool}. */
  readonly observedTexts = new Int32Array(OBSERVED_TEXTS.length).fill(NONE);
  /** A bit for each number, and above them one for each text, that the event has. */
  has = 0;
  /** Low and high half of the field that a derivation needs, then of file_offset as stored. */
  readonly captured = new Int32Array(4);
  #hasDerived = false;
  #lastRwbs = NONE;

  #row = 0;
  readonly #onBatch: (batch: TableBatch) => void;
  readonly #observers: EventObserver[];
  readonly #raw: RawTables;
  readonly #typeByKey = new Map<string, EventType>();
  readonly devices = new DeviceCodes(this.pool);

  readonly #ts: NumberColumn;
  readonly #tagColumn: NumberColumn;
  readonly #ino: NumberColumn;
  /** In its file, or on its device: no event has both. */
  readonly #position: NumberColumn;
  readonly #bytes: NumberColumn;
  readonly #ret: NumberColumn;
  readonly #batchRows: number;

  /**
   * @param onBatch must be done with the batch's buffers when it returns.
   * @param batchRows rows of a full batch; a sink of small batches is made faster
   */
  constructor(onBatch: (batch: TableBatch) => void, observers: EventObserver[], batchRows: number = BATCH_ROWS) {
    this.#onBatch = onBatch;
    this.#observers = observers;
    this.#batchRows = batchRows;
    this.#raw = new RawTables(onBatch, batchRows);
    this.#ts = new NumberColumn("ts_ns", "BIGINT", batchRows, "always");
    this.#tagColumn = new NumberColumn("tag_id", "UINTEGER", batchRows, "always");
    this.#ino = new NumberColumn("ino", "BIGINT", batchRows);
    this.#position = new NumberColumn("position", "BIGINT", batchRows);
    this.#bytes = new NumberColumn("bytes", "BIGINT", batchRows);
    this.#ret = new NumberColumn("ret", "BIGINT", batchRows);
  }

  /** The event type of this key, made when first asked for. Keep it: the look-up builds a string. */
  eventType(key: EventTypeKey): EventType {
    const id = [key.recordingId, key.source, key.buffer, key.system, key.name].join("\0");
    const known = this.#typeByKey.get(id);
    if (known !== undefined) return known;
    const table = this.#raw.of(key.name);
    const sibling = this.types.find((t) => t.table === table);
    const description = sibling?.description ?? { name: table.name, fields: [] };
    const type = new EventType(key, meaningOf(key.name), table, description);
    this.#typeByKey.set(id, type);
    this.types.push(type);
    return type;
  }

  /**
   * Binds a field of an event type.
   *
   * @param type the column type that the format description gives; `inferred` where there is none
   */
  field(
    event: EventType,
    name: string,
    type: ColumnType | "inferred",
    symbols: FieldSymbols | null = null,
    shown: RawField["shown"] = "plain",
  ): FieldBinding {
    const known = event.bindings.get(name);
    if (known !== undefined) return known;
    const fields = event.description.fields;
    let at = fields.findIndex((field) => field.name === name);
    const described = at >= 0;
    if (!described) at = fields.length;
    // The name has to be settled before the column is made, and it depends on the fields before it.
    const column = rawColumnNames([...fields.slice(0, at).map((field) => field.name), name])[at];
    const binding = bindField(event, name, column, type, shown);
    event.bindings.set(name, binding);
    if (!described) {
      const field: RawField = {
        name,
        type: type === "inferred" ? "VARCHAR" : type,
        held: placeOf(ownEntry(event.meaning.fields, name), binding),
        shown: binding.device ? "dev" : shown,
      };
      if (symbols !== null) field.symbols = symbols;
      fields.push(field);
    }
    return binding;
  }

  /** The column of the event's own table that a number goes to as it is; null where it goes elsewhere. */
  plainColumn(binding: FieldBinding): NumberColumn | null {
    if (binding.op !== OP_RAW) return null;
    const { column } = binding.slot!;
    return column instanceof NumberColumn ? column : null;
  }

  /**
   * What generated code does with a field's numbers: with one of a {@linkcode plainColumn}, beside what is written
   * there.
   *
   * @returns null where there is nothing to tell, or where a number goes to the event's own table otherwise
   */
  numberOperation(binding: FieldBinding): { op: number; detail: number } | null {
    switch (binding.op) {
      case OP_RAW:
        return binding.capture >= 0 && this.plainColumn(binding) !== null
          ? { op: OP_CAPTURED, detail: binding.capture }
          : null;
      case OP_RWBS:
      case OP_COMM:
      case OP_BDI:
        return null;
      default:
        return { op: binding.op, detail: binding.shift };
    }
  }

  /** Begins an event. `tgid`, `comm`, `flags`: codes of {@linkcode pool} (tgid: a number), or {@linkcode NONE}. */
  begin(
    type: EventType,
    tsLo: number,
    tsHi: number,
    cpu: number,
    pid: number,
    tgid: number,
    comm: number,
    flags: number,
  ): void {
    this.type = type;
    this.tsLo = tsLo;
    this.tsHi = tsHi;
    this.cpu = cpu;
    this.pid = pid;
    this.tgid = tgid;
    this.comm = comm;
    this.flags = flags;
    this.dev = NONE;
    this.rwbs = NONE;
    this.oldDev = NONE;
    this.oldSector = -1;
    this.newSector = -1;
    this.startBlock = -1;
    this.deviceBlock = -1;
    this.deviceAddress = -1;
    this.has = 0;
    this.hasSector = false;
    this.hasBytes = false;
    this.hasRet = false;
    this.hasIno = false;
    this.hasOffset = false;
    this.#hasDerived = false;
  }

  /** An integer field: halves of its 64-bit two's complement value. */
  putInteger(binding: FieldBinding, lo: number, hi: number, sign: Sign): void {
    switch (binding.op) {
      case OP_RAW:
        binding.slot!.column.setInteger(this.type.table.rows, lo, hi, sign);
        if (binding.capture >= 0) this.capture(binding.capture, lo, hi);
        break;
      case OP_RWBS:
      case OP_COMM:
      case OP_BDI:
        // A number where text is usual (a task named 123 in a text trace).
        this.putText(binding, sign === "signed" && hi < 0 ? String(lo) : String((hi >>> 0) * 4294967296 + (lo >>> 0)));
        break;
      case OP_DEV:
        this.setDevice(lo >>> 20, lo & 0xfffff);
        break;
      case OP_INO:
        this.setIno(lo, hi);
        break;
      case OP_RET:
        this.setWideRet(lo, hi);
        break;
      default: {
        // A position or a length.
        const { shift } = binding;
        if (shift > 0) {
          hi = (hi << shift) | (lo >>> (32 - shift));
          lo <<= shift;
        }
        if (binding.op === OP_OFFSET) this.setOffset(lo, hi);
        else if (binding.op === OP_SECTOR) this.setSector(lo, hi);
        else if (binding.op === OP_BYTES) this.setBytes(lo, hi);
      }
    }
  }

  /** A number that is needed for something beside its column. @param what one of `CAPTURE_*` */
  capture(what: number, lo: number, hi: number): void {
    if (what >= CAPTURE_NUMBERS) {
      const at = what - CAPTURE_NUMBERS;
      // Not a number where a name is due.
      if (at >= OBSERVED_NUMBERS.length) return;
      this.observed[2 * at] = lo;
      this.observed[2 * at + 1] = hi;
      this.has |= 1 << at;
      return;
    }
    const value = hi < 0 ? -1 : hi * 4294967296 + (lo >>> 0);
    switch (what) {
      case CAPTURE_DERIVED:
        this.captured[0] = lo;
        this.captured[1] = hi;
        this.#hasDerived = true;
        break;
      case CAPTURE_OLD_DEV:
        this.oldDev = this.devices.of(lo >>> 20, lo & 0xfffff);
        break;
      case CAPTURE_OLD_SECTOR:
        this.oldSector = value;
        break;
      case CAPTURE_NEW_SECTOR:
        this.newSector = value;
        break;
      case CAPTURE_START_BLOCK:
        this.startBlock = value;
        break;
      case CAPTURE_DEVICE_BLOCK:
        this.deviceBlock = value;
        break;
      case CAPTURE_DEVICE_ADDRESS:
        this.deviceAddress = value;
        break;
      default:
    }
  }

  /** A device field. */
  putDevice(binding: FieldBinding, major: number, minor: number): void {
    if (binding.op === OP_DEV) this.setDevice(major, minor);
    else this.putInteger(binding, (major << 20) | minor, 0, "unsigned");
  }

  /** Text of a field, as bytes of `source`. */
  putBytes(binding: FieldBinding, source: Uint8Array, start: number, end: number): void {
    switch (binding.op) {
      case OP_RWBS:
        // Requests of one kind come in runs.
        if (!this.pool.isCodeOf(this.#lastRwbs, source, start, end)) {
          this.#lastRwbs = this.pool.codeOfBytes(source, start, end);
        }
        this.rwbs = this.#lastRwbs;
        break;
      case OP_COMM:
        if (this.pool.isCodeOf(this.comm, source, start, end)) break;
        binding.slot!.column.setBytes(this.type.table.rows, source, start, end);
        break;
      case OP_BDI: {
        const device = this.devices.ofText(source, start, end);
        if (device !== NONE) this.dev = device;
        else binding.slot!.column.setBytes(this.type.table.rows, source, start, end);
        break;
      }
      case OP_RAW:
        binding.slot!.column.setBytes(this.type.table.rows, source, start, end);
        if (binding.capture >= CAPTURE_TEXTS) this.#captureText(binding.capture - CAPTURE_TEXTS, source, start, end);
        break;
      default:
        throw new Error(`field of ${this.type.key.name} holds a number, not text`);
    }
  }

  #captureText(at: number, source: Uint8Array, start: number, end: number): void {
    const known = this.observedTexts[at];
    if (!this.pool.isCodeOf(known, source, start, end)) {
      this.observedTexts[at] = this.pool.codeOfBytes(source, start, end);
    }
    this.has |= 1 << (OBSERVED_NUMBERS.length + at);
  }

  putText(binding: FieldBinding, text: string): void {
    if (binding.op === OP_RAW && binding.capture < CAPTURE_TEXTS) {
      binding.slot!.column.setText(this.type.table.rows, text);
    } else {
      const bytes = new TextEncoder().encode(text);
      this.putBytes(binding, bytes, 0, bytes.length);
    }
  }

  /** True when the field takes text: `putBytes` and `putText` are then the calls to make. */
  takesText(binding: FieldBinding): boolean {
    return binding.op === OP_RWBS || binding.op === OP_COMM || binding.op === OP_BDI || binding.op === OP_RAW;
  }

  /** The event's device. */
  setDevice(major: number, minor: number): void {
    this.dev = this.devices.of(major, minor);
  }

  setIno(lo: number, hi: number): void {
    this.inoLo = lo;
    this.inoHi = hi;
    this.hasIno = true;
  }

  /** In bytes, or in blocks where the event type says so. */
  setOffset(lo: number, hi: number): void {
    this.captured[2] = lo;
    this.captured[3] = hi;
    this.hasOffset = true;
    this.#position.setWide(this.#row, lo, hi);
  }

  setSector(lo: number, hi: number): void {
    this.sectorLo = lo;
    this.sectorHi = hi;
    this.hasSector = true;
    this.#position.setWide(this.#row, lo, hi);
  }

  setBytes(lo: number, hi: number): void {
    this.bytesLo = lo;
    this.bytesHi = hi;
    this.hasBytes = true;
    this.#bytes.setWide(this.#row, lo, hi);
  }

  setRet(value: number): void {
    this.setWideRet(value, value < 0 ? -1 : 0);
  }

  /** A result of 64 bits. */
  setWideRet(lo: number, hi: number): void {
    this.ret = lo;
    this.retHi = hi;
    this.hasRet = true;
    this.#ret.setWide(this.#row, lo, hi);
  }

  /** Ends the event: its row is counted, and the observers see it. */
  commit(): void {
    const type = this.type;
    const row = this.#row;
    // A record that was cut may lack the field.
    if (type.derivation !== null && this.#hasDerived) this.#derive(type.derivation);

    const tags = this.#eventTags;
    this.tag = tags.find(this);
    this.kind = tags.kind;
    if (this.hasIno && this.kinds[tags.kind].ino < 0) this.#ino.setWide(row, this.inoLo, this.inoHi);
    this.context = tags.context;
    const ts = this.#ts.data as Int32Array;
    ts[row * 2] = this.tsLo;
    ts[row * 2 + 1] = this.tsHi;
    (this.#tagColumn.data as Uint32Array)[row] = this.tag;
    type.table.commit(type.key.recordingId, this.seq);
    type.count++;
    for (const observer of this.#observers) observer.event(this);
    this.seq++;
    if (++this.#row === this.#batchRows) this.#flushEvents();
    this.#raw.counted();
  }

  /** Drops what has been written of the event that is open. */
  abandon(): void {
    const row = this.#row;
    for (const column of [this.#position, this.#bytes, this.#ret]) column.clear(row);
    this.type.table.abandon();
  }

  #derive(derivation: Derivation): void {
    const captured = this.captured;
    const shift = this.type.key.pageShift;
    const start = (captured[3] >>> 0) * 4294967296 + (captured[2] >>> 0);
    const value = (captured[1] >>> 0) * 4294967296 + (captured[0] >>> 0);
    let length = -1;
    switch (derivation) {
      case "order":
        if (captured[0] >= 0 && captured[0] <= FOLIO_ORDER_MAX) length = pages(shift + captured[0]);
        break;
      case "last_page":
        // A range to the end of all files (the last page index of all) has no length worth the name.
        if (value < 2 ** 50 && this.hasOffset) length = (value + 1) * pages(shift) - start;
        break;
      case "next_byte":
        if (this.hasOffset) length = value - start;
        break;
      case "block_number": {
        // Buffer heads are numbered in units of their own size.
        if (!this.hasBytes) return;
        const sector = value * (this.bytesLo / 512);
        this.setSector(sector | 0, Math.floor(sector / 4294967296) | 0);
        return;
      }
    }
    if (length >= 0 && length <= Number.MAX_SAFE_INTEGER) {
      // `| 0` takes the length modulo 2^32.
      this.setBytes(length | 0, Math.floor(length / 4294967296) | 0);
    }
  }

  #flushEvents(): void {
    if (this.#row === 0) return;
    const columns = [
      this.#ts,
      this.#tagColumn,
      this.#ino,
      this.#position,
      this.#bytes,
      this.#ret,
    ];
    this.#onBatch({
      schema: "store",
      table: "event",
      rows: this.#row,
      columns: columns.map((c) => c.batch(this.#row)),
    });
    for (const column of columns) column.reset();
    this.#row = 0;
  }

  /** Hands on everything that is still gathered. */
  finish(): void {
    this.#flushEvents();
    this.#raw.finish();
  }
}
