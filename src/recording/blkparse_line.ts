/**
 * One line of blkparse's default output, taken apart.
 *
 * Head: `MAJOR,MINOR CPU SEQUENCE SECONDS.NANOSECONDS PID [CGROUP] ACTION RWBS`, then by action a place, a length, a
 * payload, a result, a task name. The ftrace tracer `blk` prints the same with option `blk_classic`, without the number.
 *
 * Source: blkparse(1), the output of blkparse 1.2, its zone patches of 2025.
 *
 * @module
 */

import { type BlkAction, blkEventByLetter } from "./blktrace/actions.ts";
import { IntegerText } from "./print_formats/integer_text.ts";
import { WIDE_ZERO } from "./wide_zero.ts";

const SPACE = 0x20;
const COMMA = 0x2c;
const DOT = 0x2e;
/** Twice TASK_COMM_LEN of the kernel: worker threads are shown with their work. */
const COMM_BYTES_MAX = 32;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_PARENTHESIS = 0x28;
const CLOSE_PARENTHESIS = 0x29;

/** Longest names of actions, in letters. */
const ACTION_LETTERS_MAX = 2;
const RWBS_LETTERS_MAX = 8;
const NANOSECOND_DIGITS = 9;

/** A range of bytes of the line; empty when `end` is 0. */
export interface ByteRange {
  start: number;
  end: number;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Actions by the codes of their letters. */
const ACTIONS = new Map<number, BlkAction | null>();

function actionOf(bytes: Uint8Array, start: number, end: number): BlkAction | null {
  const key = end - start === 1 ? bytes[start] : bytes[start] << 8 | bytes[start + 1];
  let action = ACTIONS.get(key);
  if (action === undefined) {
    action = blkEventByLetter(String.fromCharCode(...bytes.subarray(start, end)));
    ACTIONS.set(key, action);
  }
  return action;
}

/** Takes lines apart; the fields are those of the line parsed last. Ranges are in the bytes given. */
export class BlkparseLine {
  major = 0;
  minor = 0;
  cpu = 0;
  pid = 0;
  /** False in the text of the ftrace tracer. */
  hasSequence = false;
  sequence = 0;
  /** Time in nanoseconds, both halves unsigned. */
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  action!: BlkAction;
  readonly rwbs: ByteRange = { start: 0, end: 0 };
  hasSector = false;
  sectorLo = 0;
  sectorHi = 0;
  /** Length in bytes; -1 when the line has none. */
  length = -1;
  hasResult = false;
  /** A negative error number, or 0. */
  result = 0;
  readonly comm: ByteRange = { start: 0, end: 0 };
  /** Text of a message. */
  readonly text: ByteRange = { start: 0, end: 0 };
  /** Payload in hexadecimal. */
  readonly pdu: ByteRange = { start: 0, end: 0 };
  /** Requests of an unplug, or first sector of a split's second half. */
  hasNumber = false;
  numberLo = 0;
  numberHi = 0;
  hasOld = false;
  oldMajor = 0;
  oldMinor = 0;
  oldSectorLo = 0;
  oldSectorHi = 0;
  hasElapsed = false;
  elapsedLo = 0;
  elapsedHi = 0;
  hasCgroup = false;
  cgroupLo = 0;
  cgroupHi = 0;
  readonly #number = new IntegerText();
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /**
   * Takes `bytes[start, end)` apart.
   *
   * @returns false when it is no line of the default output
   */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.hasSector =
      this.hasResult =
      this.hasNumber =
      this.hasOld =
      this.hasElapsed =
      this.hasCgroup =
        false;
    this.length = -1;
    this.comm.end = this.text.end = this.pdu.end = 0;
    return this.#head() && this.#tail();
  }

  #head(): boolean {
    this.#blanks();
    if (!this.#integer() || this.#number.hi !== 0) return false;
    this.major = this.#number.lo;
    if (!this.#byte(COMMA) || !this.#integer()) return false;
    this.minor = this.#number.lo;
    if (!this.#gap() || !this.#integer()) return false;
    this.cpu = this.#number.lo;
    if (!this.#gap() || !this.#integer()) return false;
    this.hasSequence = this.#bytes[this.#at] !== DOT;
    if (this.hasSequence) {
      this.sequence = this.#number.lo;
      if (!this.#gap() || !this.#integer()) return false;
    }
    if (!this.#time() || !this.#gap() || !this.#integer()) return false;
    this.pid = this.#number.lo;
    if (!this.#gap()) return false;
    this.#cgroup();
    const letters = this.#at;
    if (!this.#word(ACTION_LETTERS_MAX)) return false;
    const action = actionOf(this.#bytes, letters, this.#at);
    if (action === null || !this.#gap()) return false;
    this.action = action;
    this.rwbs.start = this.#at;
    if (!this.#word(RWBS_LETTERS_MAX)) return false;
    this.rwbs.end = this.#at;
    return this.#byte(SPACE);
  }

  /** `.NANOSECONDS` after the seconds, which have just been read. */
  #time(): boolean {
    const seconds = this.#number.lo >>> 0;
    if (this.#number.hi !== 0 || !this.#byte(DOT)) return false;
    let nanoseconds = 0;
    for (let i = 0; i < NANOSECOND_DIGITS; i++) {
      const byte = this.#bytes[this.#at];
      if (this.#at >= this.#end || !isDigit(byte)) return false;
      nanoseconds = nanoseconds * 10 + byte - 0x30;
      this.#at++;
    }
    // In two parts of 16 bits of the seconds, as a double does not hold the product.
    const low = (seconds & 0xffff) * 1e9 + nanoseconds;
    const high = (seconds >>> 16) * 1e9;
    const sum = (high % 0x10000) * 0x10000 + low % 0x1_0000_0000;
    this.tsLo = sum % 0x1_0000_0000;
    this.tsHi = Math.floor(high / 0x10000) + Math.floor(low / 0x1_0000_0000) + Math.floor(sum / 0x1_0000_0000);
    return true;
  }

  /** `INODE,GENERATION` in hexadecimal, of messages of a cgroup. */
  #cgroup(): void {
    const start = this.#at;
    const first = this.#number.hexDigits(this.#bytes, start, this.#end);
    if (first < 0 || this.#bytes[first] !== COMMA) return;
    const low = this.#number.lo;
    const second = this.#number.hexDigits(this.#bytes, first + 1, this.#end);
    if (second < 0) return;
    this.#at = second;
    if (!this.#gap()) {
      this.#at = start;
      return;
    }
    this.hasCgroup = true;
    this.cgroupLo = low;
    this.cgroupHi = this.#number.lo;
  }

  #tail(): boolean {
    switch (this.action.payload) {
      case "text":
        this.text.start = this.#at;
        this.text.end = this.#end;
        return true;
      case "depth":
        return this.#task("then a number") && this.#byte(SPACE) && this.#ownNumber() && this.#at === this.#end;
      case "new_sector":
        return this.#sector() && this.#literal(" / ") && this.#ownNumber() && this.#byte(SPACE) && this.#task("last");
      case "remap":
        return this.#sector() && this.#literal(" + ") && this.#sectors() && this.#remapped();
      default:
        if (this.action.subject === "completion") return this.#completion();
        return this.action.subject === "queue" || this.action.name === "blk_ta_zone_plug"
          ? this.#task("last")
          : this.#request();
    }
  }

  /** `SECTOR + SECTORS [TASK]`, or a packet command: `BYTES (PDU) [TASK]`; either with the time elapsed, or nothing. */
  #request(): boolean {
    this.length = 0;
    if (isDigit(this.#bytes[this.#at])) {
      if (!this.#integer()) return false;
      const { lo, hi } = this.#number;
      if (this.#literal(" + ")) {
        this.#setSector(lo, hi);
        if (!this.#sectors()) return false;
      } else {
        this.length = lo >>> 0;
      }
      if (!this.#byte(SPACE)) return false;
    }
    return this.#parenthesis() && this.#task("last");
  }

  /** `SECTOR + SECTORS [RESULT]`, or a packet command: `(PDU) [RESULT]`; either with the time elapsed. */
  #completion(): boolean {
    if (isDigit(this.#bytes[this.#at])) {
      this.length = 0;
      if (!this.#sector()) return false;
      if (this.#literal(" + ") && !this.#sectors()) return false;
      if (!this.#byte(SPACE)) return false;
    }
    if (!this.#parenthesis() || !this.#byte(OPEN_BRACKET) || !this.#integer()) return false;
    // The kernel keeps 16 bits of the error number, and blkparse prints them without a sign.
    this.result = this.#number.lo << 16 >> 16;
    this.hasResult = true;
    return this.#byte(CLOSE_BRACKET) && this.#at === this.#end;
  }

  /** ` <- (MAJOR,MINOR) SECTOR` */
  #remapped(): boolean {
    if (!this.#literal(" <- (") || !this.#integer()) return false;
    this.oldMajor = this.#number.lo;
    if (!this.#byte(COMMA) || !this.#integer()) return false;
    this.oldMinor = this.#number.lo;
    if (!this.#literal(") ") || !this.#integer()) return false;
    this.oldSectorLo = this.#number.lo;
    this.oldSectorHi = this.#number.hi;
    this.hasOld = true;
    return this.#at === this.#end;
  }

  /** `( ELAPSED) ` or `(PDU) `, if there is one. A payload is in pairs of digits, the time padded with blanks. */
  #parenthesis(): boolean {
    if (this.#bytes[this.#at] !== OPEN_PARENTHESIS) return true;
    const close = this.#bytes.indexOf(CLOSE_PARENTHESIS, this.#at);
    if (close < 0 || close >= this.#end) return false;
    const start = this.#at + 1;
    let first = start;
    while (first < close && this.#bytes[first] === SPACE) first++;
    if (close - start >= 8 && this.#number.decimal(this.#bytes, first, close) === close) {
      this.hasElapsed = true;
      this.elapsedLo = this.#number.lo;
      this.elapsedHi = this.#number.hi;
    } else {
      this.pdu.start = start;
      this.pdu.end = close;
    }
    this.#at = close + 1;
    return this.#byte(SPACE);
  }

  /** `[TASK]`: its name may hold anything, so it ends at the last bracket of the line. */
  #task(place: "last" | "then a number"): boolean {
    if (!this.#byte(OPEN_BRACKET)) return false;
    let close = this.#end - 1;
    if (place === "then a number") {
      while (close > this.#at && isDigit(this.#bytes[close])) close--;
      close--;
    }
    if (close < this.#at || this.#bytes[close] !== CLOSE_BRACKET) return false;
    // Longer than any task's name: lines that lost the line feed between them.
    if (close - this.#at > COMM_BYTES_MAX) return false;
    this.comm.start = this.#at;
    this.comm.end = close;
    this.#at = close + 1;
    return true;
  }

  #setSector(lo: number, hi: number): void {
    this.hasSector = true;
    this.sectorLo = lo;
    this.sectorHi = hi;
  }

  #sector(): boolean {
    if (!this.#integer()) return false;
    this.#setSector(this.#number.lo, this.#number.hi);
    return true;
  }

  /** A length in sectors, of which 32 bits count bytes. */
  #sectors(): boolean {
    if (!this.#integer() || this.#number.hi !== 0) return false;
    this.length = (this.#number.lo >>> 0) * 512;
    return true;
  }

  #ownNumber(): boolean {
    if (!this.#integer()) return false;
    this.hasNumber = true;
    this.numberLo = this.#number.lo;
    this.numberHi = this.#number.hi;
    return true;
  }

  #integer(): boolean {
    const after = this.#number.decimal(this.#bytes, this.#at, this.#end);
    if (after < 0) return false;
    this.#at = after;
    return true;
  }

  /** Capital and small letters, at least one and at most `max`. */
  #word(max: number): boolean {
    const start = this.#at;
    while (this.#at < this.#end && this.#at - start <= max && (this.#bytes[this.#at] & 0xdf) - 0x41 >>> 0 < 26) {
      this.#at++;
    }
    return this.#at > start && this.#at - start <= max;
  }

  #byte(byte: number): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  /** The text if it comes next; otherwise nothing is read. */
  #literal(text: string): boolean {
    if (this.#at + text.length > this.#end) return false;
    for (let i = 0; i < text.length; i++) {
      if (this.#bytes[this.#at + i] !== text.charCodeAt(i)) return false;
    }
    this.#at += text.length;
    return true;
  }

  #blanks(): void {
    while (this.#at < this.#end && this.#bytes[this.#at] === SPACE) this.#at++;
  }

  /** At least one blank. */
  #gap(): boolean {
    if (!this.#byte(SPACE)) return false;
    this.#blanks();
    return true;
  }
}
