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

const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;
const TYPE_TIME_STAMP = 31;

/** Bit 31 of the commit word: events before this page were lost. */
const MISSED_EVENTS = 0x80000000;
/** Bit 30: their number follows the data. */
const MISSED_STORED = 0x40000000;
const COMMIT_MASK = 0x07ffffff;

/** Layout of a page, from `header_page`. */
export interface PageLayout {
  pageBytes: number;
  littleEndian: boolean;
  timestampOffset: number;
  commitOffset: number;
  /** Bytes of the commit word: 4 or 8. */
  commitBytes: number;
  dataOffset: number;
  /** Bytes of a `long` on the recorded machine. */
  longBytes: number;
}

/** What a CPU's stream of pages meets besides events. */
export interface RingBufferNotes {
  /** Events before the current place were lost; null: the buffer does not say how many. */
  missed(count: number | null): void;
  /** A page or an entry that cannot be; the rest of its page is skipped. */
  damaged(what: string): void;
}

/**
 * Walks the entries of pages, one page at a time.
 */
export class RingBufferPage {
  /** Time of the current event. */
  tsLo = 0;
  tsHi = 0;
  /** The current event's data: `bytes[dataStart, dataEnd)`. */
  dataStart = 0;
  dataEnd = 0;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #end = 0;
  /** Time reached so far, in the page. */
  #lo = 0;
  #hi = 0;
  readonly #layout: PageLayout;
  readonly #notes: RingBufferNotes;
  readonly #le: boolean;

  constructor(layout: PageLayout, notes: RingBufferNotes) {
    this.#layout = layout;
    this.#notes = notes;
    this.#le = layout.littleEndian;
  }

  /** Goes to the page at `start` of `bytes`; `view` is over the same bytes. */
  open(bytes: Uint8Array, view: DataView, start: number): void {
    const layout = this.#layout;
    this.bytes = bytes;
    this.view = view;
    const ts = start + layout.timestampOffset;
    this.#lo = view.getUint32(ts + (this.#le ? 0 : 4), this.#le);
    this.#hi = view.getUint32(ts + (this.#le ? 4 : 0), this.#le);
    const commitAt = start + layout.commitOffset + (!this.#le && layout.commitBytes === 8 ? 4 : 0);
    const commit = view.getUint32(commitAt, this.#le);
    const length = commit & COMMIT_MASK;
    const room = layout.pageBytes - layout.dataOffset;
    this.#at = start + layout.dataOffset;
    this.#end = this.#at + length;
    if (length > room) {
      this.#notes.damaged(`a page says it holds ${length} bytes, there is room for ${room}`);
      this.#end = this.#at;
      return;
    }
    if (commit & MISSED_EVENTS) {
      let count: number | null = null;
      if ((commit & MISSED_STORED) && length + layout.longBytes <= room) {
        const at = this.#end + (!this.#le && layout.longBytes === 8 ? 4 : 0);
        count = view.getUint32(at, this.#le);
      }
      this.#notes.missed(count);
    }
  }

  #add(lo: number, hi: number): void {
    const sum = this.#lo + lo;
    this.#lo = sum >>> 0;
    this.#hi = (this.#hi + hi + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  }

  /** Goes to the next event of the page; false at the page's end. */
  next(): boolean {
    const view = this.view;
    const le = this.#le;
    while (this.#at + 4 <= this.#end) {
      const head = view.getUint32(this.#at, le);
      const type = le ? head & 31 : head >>> 27;
      const delta = le ? head >>> 5 : head & 0x7ffffff;
      if (type <= 28) {
        let start = this.#at + 4;
        let length = type * 4;
        if (type === 0) {
          if (start + 4 > this.#end) return this.#damage("an entry's length is cut");
          // The length word counts itself.
          length = view.getUint32(start, le);
          if (length < 4) return this.#damage(`an entry of ${length} bytes`);
          length -= 4;
          start += 4;
        }
        // Entries are padded to 4 bytes; the length word counts the padding too.
        const next = start + ((length + 3) & ~3);
        if (next > this.#end) return this.#damage(`an entry of ${length} bytes goes beyond its page's data`);
        this.#add(delta, 0);
        this.tsLo = this.#lo;
        this.tsHi = this.#hi;
        this.dataStart = start;
        this.dataEnd = start + length;
        this.#at = next;
        return true;
      }
      if (this.#at + 8 > this.#end) {
        // Padding without time ends the page; it may lack the length word.
        if (type === TYPE_PADDING && delta === 0) return false;
        return this.#damage("an entry is cut");
      }
      const word = view.getUint32(this.#at + 4, le);
      if (type === TYPE_PADDING) {
        if (delta === 0) return false;
        this.#add(delta, 0);
        if (word < 4) return this.#damage(`padding of ${word} bytes`);
        this.#at += 4 + word;
      } else if (type === TYPE_TIME_EXTEND) {
        this.#add(((word << 27) | delta) >>> 0, word >>> 5);
        this.#at += 8;
      } else if (type === TYPE_TIME_STAMP) {
        // 59 bits; the upper five are those of the time so far, one more when the 59 bits wrapped.
        const lo = ((word << 27) | delta) >>> 0;
        let hi = ((word >>> 5) | (this.#hi & 0xf8000000)) >>> 0;
        if (hi < this.#hi || (hi === this.#hi && lo < this.#lo)) {
          const wrapped = hi + 0x08000000;
          // Only a step backwards of more than half the range is a wrap.
          if (this.#hi - hi > 0x04000000) hi = wrapped >>> 0;
        }
        this.#lo = lo;
        this.#hi = hi;
        this.#at += 8;
      }
    }
    return false;
  }

  #damage(what: string): false {
    this.#notes.damaged(what);
    this.#at = this.#end;
    return false;
  }
}
