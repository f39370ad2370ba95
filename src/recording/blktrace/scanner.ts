/**
 * Finds where the records of a blktrace file begin and end. Damage is reported and stepped over: reading goes on at the
 * next place where a record stands that is followed by another one.
 *
 * @module
 */

import type { ByteWindow } from "../byte_stream.ts";
import type { Diagnostics } from "../diagnostics.ts";
import { blkActionOf, CGROUP_BIT, isKnownAction } from "./actions.ts";
import { HEAD_BYTES_MAX, layoutOf, LAYOUTS, type RecordLayout } from "./layout.ts";

const MAGIC_BYTES = 4;

/** Action of the record at `at`, both halves of its word read. */
function actionAt(view: DataView, at: number, layout: RecordLayout) {
  const low = view.getUint32(at + layout.action, layout.little);
  const high = layout.actionHigh < 0 ? 0 : view.getUint32(at + layout.actionHigh, layout.little);
  return blkActionOf(low & 0xffff & ~CGROUP_BIT, (low >>> 16) | (high << 16));
}

/**
 * Length of the record at `at` when it is believable: a known action, and behind it another record or the end.
 *
 * @param end end of the bytes that are there
 * @param atEnd true when no more bytes follow
 * @returns null when it is not believable, or not all of it is there
 */
export function believableLength(view: DataView, at: number, end: number, atEnd: boolean): number | null {
  if (at + MAGIC_BYTES > end) return null;
  const layout = layoutOf(view.getUint32(at, true));
  if (layout === null || at + layout.headBytes > end) return null;
  if (!isKnownAction(actionAt(view, at, layout))) return null;
  const length = layout.headBytes + view.getUint16(at + layout.payloadLength, layout.little);
  if (atEnd && at + length === end) return length;
  if (at + length + MAGIC_BYTES > end) return null;
  return layoutOf(view.getUint32(at + length, true)) === null ? null : length;
}

/** Bytes that hold the longest record and the magic behind it. */
const RECORD_BYTES_MAX = HEAD_BYTES_MAX + 0xffff + MAGIC_BYTES;

/** Goes from record to record. */
export class RecordScanner {
  /** The current record: `bytes[at, at + length)`; what is behind its head is its payload. */
  bytes: Uint8Array;
  view: DataView;
  at = 0;
  length = 0;
  layout: RecordLayout = LAYOUTS[0];
  /** Records that could not be read, as far as their number can be told. */
  skippedRecords = 0;
  readonly #window: ByteWindow;
  readonly #diagnostics: Diagnostics;
  readonly #name: string;

  /** @param name of the input, for messages */
  constructor(window: ByteWindow, name: string, diagnostics: Diagnostics) {
    this.#window = window;
    this.#name = name;
    this.#diagnostics = diagnostics;
    this.bytes = window.bytes;
    this.view = new DataView(window.bytes.buffer);
  }

  /** Offset of the current record in the unpacked input. */
  get offset(): number {
    return this.#window.offset;
  }

  /** File and byte of a place in the input. */
  position(offset: number): string {
    return `${this.#name}, byte ${offset}`;
  }

  /**
   * Goes to the next record.
   *
   * @returns false at the end; a promise when more input has to be read, or damage to be stepped over
   */
  next(): boolean | Promise<boolean> {
    const w = this.#window;
    w.consume(this.length);
    const at = this.at = w.start;
    const layout = this.layout;
    const view = this.view;
    if (at + layout.headBytes <= w.end && view.getUint32(at, true) === layout.magicWord) {
      const payload = view.getUint16(at + layout.payloadLength, layout.little);
      this.length = layout.headBytes + payload;
      if (payload === 0) return true;
      // A length that is damaged would swallow good records: look whether one follows where it says.
      const next = at + this.length;
      if (
        next + MAGIC_BYTES <= w.end && view.getUint32(next, true) === layout.magicWord &&
        (payload < layout.headBytes || !this.#hasMagic(at + layout.headBytes, next))
      ) return true;
    }
    this.length = 0;
    return this.#slow();
  }

  /** Reads until `bytes` are there if the input has them; the window may have moved. */
  async #fill(bytes: number): Promise<number> {
    const w = this.#window;
    await w.fill(bytes);
    if (this.bytes !== w.bytes) {
      this.bytes = w.bytes;
      this.view = new DataView(w.bytes.buffer);
    }
    this.at = w.start;
    return w.length;
  }

  async #slow(): Promise<boolean> {
    for (;;) {
      const have = await this.#fill(RECORD_BYTES_MAX);
      if (have === 0) return this.#end();
      const layout = have < MAGIC_BYTES ? null : layoutOf(this.view.getUint32(this.at, true));
      if (layout === null) {
        if (have < HEAD_BYTES_MAX && this.#isHeadCut(have)) return this.#cut(have);
        await this.#resynchronise();
        continue;
      }
      if (have < layout.headBytes) return this.#cut(have);
      const length = layout.headBytes + this.view.getUint16(this.at + layout.payloadLength, layout.little);
      const follows = length + MAGIC_BYTES <= have ? layoutOf(this.view.getUint32(this.at + length, true)) : null;
      const fits = follows !== null || length === have;
      if (length === layout.headBytes || (fits && length < 2 * layout.headBytes)) return this.#take(layout, length);
      const inside = this.#recordInside(layout.headBytes, Math.min(length, have));
      if (inside !== null) {
        this.#reportLength(length - layout.headBytes);
        return this.#take(layout, inside);
      }
      if (length > have) return this.#cut(have);
      return this.#take(layout, length);
    }
  }

  /** True when a magic like the current record's is in `[from, to)`. */
  #hasMagic(from: number, to: number): boolean {
    const { view, layout: { magicWord } } = this;
    for (let at = from; at <= to - MAGIC_BYTES; at++) if (view.getUint32(at, true) === magicWord) return true;
    return false;
  }

  #take(layout: RecordLayout, length: number): true {
    this.layout = layout;
    this.length = length;
    return true;
  }

  /** Distance of the first believable record from the current one's start, looked for in `[from, to)` behind it. */
  #recordInside(from: number, to: number): number | null {
    const w = this.#window;
    for (let i = from; i < to; i++) {
      if (believableLength(this.view, this.at + i, w.end, w.atEnd) !== null) return i;
    }
    return null;
  }

  #reportLength(payload: number): void {
    this.#diagnostics.add("error", "bad_payload_length", {
      message: `a record says that ${payload} bytes of payload follow, but the next record begins before they end`,
      position: this.position(this.#window.offset),
    });
  }

  /** True when the last bytes of the input are the beginning of a magic. */
  #isHeadCut(have: number): boolean {
    if (have >= MAGIC_BYTES) return false;
    return LAYOUTS.some((layout) => {
      for (let i = 0; i < have; i++) {
        if (this.bytes[this.at + i] !== (layout.magicWord >>> (8 * i) & 0xff)) return false;
      }
      return true;
    });
  }

  /** The input ends inside a record. */
  #cut(have: number): boolean {
    this.#diagnostics.add("error", "truncated_record", {
      message: `the input ends inside a record, ${have} bytes after its start; the records before it are kept`,
      position: this.position(this.#window.offset),
    });
    this.skippedRecords++;
    this.#window.consume(have);
    return this.#end();
  }

  #end(): false {
    const damage = this.#window.damage;
    if (damage !== null) {
      this.#diagnostics.add("error", "damaged_input", {
        message: `${damage.message}; what was read before is kept`,
        position: this.position(this.#window.offset),
      });
      this.#window.damage = null;
    }
    return false;
  }

  /** Steps over bytes that are no record, to the next believable one or to the end. */
  async #resynchronise(): Promise<void> {
    const w = this.#window;
    const start = w.offset;
    const word = w.length < MAGIC_BYTES ? 0 : this.view.getUint32(this.at, true);
    this.#diagnostics.add("error", "bad_magic", {
      message: `no record begins here (0x${word.toString(16).padStart(8, "0")} is no magic of version 7 or 8); ` +
        "reading goes on at the next good record",
      position: this.position(start),
    });
    w.consume(1);
    while (await this.#fill(RECORD_BYTES_MAX) > 0) {
      // Without the tail that has to be seen whole; at the end there is nothing to wait for.
      const last = w.atEnd ? w.end : w.end - RECORD_BYTES_MAX + 1;
      let at = w.start;
      while (at < last && believableLength(this.view, at, w.end, w.atEnd) === null) at++;
      w.consume(at - w.start);
      if (at < last) break;
    }
    this.at = w.start;
    const skipped = w.offset - start;
    this.skippedRecords += Math.max(1, Math.floor(skipped / this.layout.headBytes));
    this.#diagnostics.add("error", "skipped_bytes", {
      message: "bytes between a damaged record and the next good one, or the end",
      position: this.position(start),
      count: skipped,
    });
  }
}
