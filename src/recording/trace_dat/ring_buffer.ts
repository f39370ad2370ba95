/**
 * Events of one CPU's ring buffer pages, in order.
 *
 * A page holds a time stamp, a commit word (length of its data, and two bits that say whether events before it were
 * lost) and entries: a head of 5 bits type and 27 bits time since the entry before, then data. Times are kept as two
 * 32-bit halves.
 *
 * Source: Documentation/trace/ring-buffer-map.rst, `header_page` and `header_event` as trace.dat files carry them.
 *
 * @module
 */

import type { PageLayout } from "./page_layout.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

/** Types up to this are events, and say how many words of 4 bytes; 0: the length is in a word of its own. */
const TYPE_DATA_MAX = 28;
const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;

/** Bit 31 of the commit word: events before this page were lost. */
const MISSED_EVENTS = 0x80000000;
/** Bit 30: their number follows the data. */
const MISSED_STORED = 0x40000000;
const COMMIT_MASK = 0x07ffffff;

/** Absolute stamps have 59 bits; the upper half of a time keeps these of the time before. */
const STAMP_UPPER = 0xf8000000;

/** What a CPU's stream of pages meets besides events. */
export interface RingBufferNotes {
  /** Events before the current place were lost; null: the buffer does not say how many. */
  missed(count: number | null): void;
  /** A page that begins before what came last: the clock went back, or a time is damaged. */
  backwards(): void;
  /** A page or an entry that cannot be; the rest of its page is skipped. */
  damaged(what: string): void;
}

/** A copy that begins and ends at a whole word. */
function padded(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array((bytes.length + 3) & ~3);
  copy.set(bytes);
  return copy;
}

/**
 * Walks the entries of pages, one page at a time.
 */
export class RingBufferPage {
  /** Time of the current event. */
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  /** The current event's data: `bytes[dataStart, dataEnd)`. */
  dataStart = 0;
  dataEnd = 0;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The same bytes as words; events begin at whole words. */
  words: Int32Array = new Int32Array(0);
  #at = 0;
  #end = 0;
  /** The page's end is missing in the file, which has been taken note of: entries beyond it are no damage of their own. */
  #cut = false;
  readonly #layout: PageLayout;
  readonly #notes: RingBufferNotes;
  readonly #le: boolean;

  constructor(layout: PageLayout, notes: RingBufferNotes) {
    this.#layout = layout;
    this.#notes = notes;
    this.#le = layout.littleEndian;
  }

  /** Takes bytes that hold pages. */
  load(bytes: Uint8Array): void {
    const aligned = bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0 ? bytes : padded(bytes);
    this.bytes = aligned.subarray(0, bytes.length);
    this.view = new DataView(aligned.buffer, aligned.byteOffset, bytes.length);
    this.words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
    this.#at = this.#end = 0;
  }

  /** Goes to the page at `start` of the bytes, of which only a beginning may be there. */
  open(start: number): void {
    const layout = this.#layout;
    const { bytes, view } = this;
    this.#at = this.#end = 0;
    const there = bytes.length - start;
    this.#cut = there < layout.pageBytes;
    if (there < layout.dataOffset) return;
    const ts = start + layout.timestampOffset;
    const [lastLo, lastHi] = [this.tsLo, this.tsHi];
    this.tsLo = view.getUint32(ts + (this.#le ? 0 : 4), this.#le);
    this.tsHi = view.getUint32(ts + (this.#le ? 4 : 0), this.#le);
    if (this.tsHi !== lastHi ? this.tsHi < lastHi : this.tsLo < lastLo) this.#notes.backwards();
    // The flags and the length are in the word's lower half; the kernel's arithmetic may fill the upper one with ones.
    const commitAt = start + layout.commitOffset + (!this.#le && layout.commitBytes === 8 ? 4 : 0);
    const commit = view.getUint32(commitAt, this.#le);
    const length = commit & COMMIT_MASK;
    const room = layout.pageBytes - layout.dataOffset;
    if (length > room) {
      this.#notes.damaged(`a page says it holds ${length} bytes, there is room for ${room}`);
      return;
    }
    this.#at = start + layout.dataOffset;
    this.#end = Math.min(this.#at + length, bytes.length);
    // The kernel fills what is behind a page's data with zeroes when it hands the page out.
    if (commit === 0 && there >= layout.dataOffset + 4 && view.getUint32(this.#at, this.#le) !== 0) {
      this.#notes.damaged("a page says it holds nothing, and begins with an entry");
    }
    if (commit & MISSED_EVENTS) this.#missed(commit, this.#at + length, start + layout.pageBytes);
  }

  #missed(commit: number, at: number, pageEnd: number): void {
    const { commitBytes } = this.#layout;
    let count: number | null = null;
    if ((commit & MISSED_STORED) && at + commitBytes <= Math.min(pageEnd, this.bytes.length)) {
      // None is damage: the page would not say that there are any.
      count = this.view.getUint32(at + (!this.#le && commitBytes === 8 ? 4 : 0), this.#le) || null;
    }
    this.#notes.missed(count);
  }

  /** Goes to the next event of the page; false at the page's end. */
  next(): boolean {
    const view = this.view;
    const le = this.#le;
    while (this.#at + 4 <= this.#end) {
      const head = view.getUint32(this.#at, le);
      const type = le ? head & 31 : head >>> 27;
      const delta = le ? head >>> 5 : head & 0x7ffffff;
      if (type <= TYPE_DATA_MAX) {
        let start = this.#at + 4;
        let length = type * 4;
        if (type === 0) {
          if (start + 4 > this.#end) return this.#damage("an entry's length is cut");
          // The length word counts itself.
          length = view.getUint32(start, le) - 4;
          start += 4;
          if (length < 0) return this.#damage(`an entry of ${length + 4} bytes`);
        }
        if (length > this.#end - start) return this.#damage(`an entry of ${length} bytes goes beyond its page's data`);
        this.#add(delta, 0);
        this.dataStart = start;
        this.dataEnd = start + length;
        // Entries are padded to 4 bytes; the length word counts the padding too.
        this.#at = (this.dataEnd + 3) & ~3;
        return true;
      }
      // Padding without time ends the page; it may lack the length word.
      if (type === TYPE_PADDING && delta === 0) break;
      if (this.#at + 8 > this.#end) return this.#damage("an entry is cut");
      const word = view.getUint32(this.#at + 4, le);
      if (type === TYPE_PADDING) {
        // An event that was taken back.
        if (word < 4 || word > this.#end - this.#at - 4) return this.#damage(`padding of ${word} bytes`);
        this.#add(delta, 0);
        this.#at += (word + 7) & ~3;
      } else {
        const lo = ((word << 27) | delta) >>> 0;
        if (type === TYPE_TIME_EXTEND) this.#add(lo, word >>> 5);
        else this.#stamp(lo, word >>> 5);
        this.#at += 8;
      }
    }
    this.#at = this.#end;
    return false;
  }

  #add(lo: number, hi: number): void {
    const sum = this.tsLo + lo;
    this.tsLo = sum >>> 0;
    this.tsHi = (this.tsHi + hi + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  }

  /** An absolute time of 59 bits: the upper five are those of the time so far, one more when the 59 bits wrapped. */
  #stamp(lo: number, low27: number): void {
    let hi = (low27 | (this.tsHi & STAMP_UPPER)) >>> 0;
    // Only a step backwards of more than half the range is a wrap; a small one is a clock that is not monotonic.
    if (this.tsHi - hi > 0x04000000) hi = (hi + 0x08000000) >>> 0;
    this.tsLo = lo;
    this.tsHi = hi;
  }

  #damage(what: string): false {
    this.#at = this.#end;
    if (!this.#cut) this.#notes.damaged(what);
    return false;
  }
}
