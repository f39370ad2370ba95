/**
 * Bodies that the kernel's tracer `blk` prints: device, action, RWBS and what the action says, much as blkparse does.
 *
 *       7,0    Q  RM 80 + 8 [wl-main]
 *       7,0    C  RM 80 + 8 [0]
 *       7,0    U   N [wl-main] 1
 *       7,0    X  WS 57344 / 59552 [wl-main]
 *       8,0    A  WS 4096 + 8 <- (8,1) 2048
 *       7,0 1f,1   Q  WS 80 + 8 [wl-main]           option blk_cgroup; with blk_cgname the group's path
 *       7,0  queue  WS 80 + 8 [wl-main]             option verbose
 *       7,0    0  3021.958423017 31262  Q  RM 80 + 8 [wl-main]      option blk_classic: the whole line, without a head
 *
 * Source: Documentation/block, kernel/trace/blktrace.c's print formats, Linux 2.6.30 to 6.18.
 *
 * @module
 */

import { ownEntry } from "../../std/own_entry.ts";
import { type BlkAction, blkEventByLetter } from "../blktrace/actions.ts";
import type { EventSink } from "../event_sink.ts";
import { digitsEnd, find, isAt, isDigit, skipBlanks, wordEnd } from "../print_formats/byte_text.ts";
import type { EventText } from "../print_formats/event_text.ts";
import { IntegerText } from "../print_formats/integer_text.ts";
import { FieldKind } from "../print_formats/layout.ts";
import type { TextEvent, TextEvents } from "../print_formats/text_events.ts";
import { ClockText } from "./clock_text.ts";
import { smallNumber } from "./line_head.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

const OPEN = 0x5b;
const CLOSE = 0x5d;

interface KnownAction {
  bytes: Uint8Array;
  action: BlkAction;
}

export class BlkLine {
  /** Of a line with option blk_classic. */
  cpu = 0;
  pid = 0;
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  #major = 0;
  #minor = 0;
  #action!: BlkAction;
  #groupStart = 0;
  #groupEnd = 0;
  #rwbsStart = 0;
  #rwbsEnd = 0;
  #payload = 0;
  #end = 0;
  readonly #integer = new IntegerText();
  readonly #clock = new ClockText();
  readonly #known: KnownAction[] = [];

  /** Reads a body; false when it is none of the tracer `blk`. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    const at = this.#device(bytes, start, end);
    return at >= 0 && this.#rest(bytes, at, end);
  }

  /** Reads a line of option blk_classic. */
  parseClassic(bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.#device(bytes, start, end);
    if (at < 0) return false;
    const cpuEnd = digitsEnd(bytes, at, end);
    if (cpuEnd === at || cpuEnd - at > 5) return false;
    this.cpu = smallNumber(bytes, at, cpuEnd);
    at = this.#clock.read(bytes, skipBlanks(bytes, cpuEnd, end), end);
    if (at < 0) return false;
    this.tsLo = this.#clock.lo;
    this.tsHi = this.#clock.hi;
    at = skipBlanks(bytes, at, end);
    const pidEnd = digitsEnd(bytes, at, end);
    if (pidEnd === at || pidEnd - at > 10) return false;
    this.pid = smallNumber(bytes, at, pidEnd);
    return this.#rest(bytes, skipBlanks(bytes, pidEnd, end), end);
  }

  /** Reads `major,minor`; gives the position of what follows. */
  #device(bytes: Uint8Array, start: number, end: number): number {
    let at = skipBlanks(bytes, start, end);
    if (at >= end || !isDigit(bytes[at])) return -1;
    at = this.#integer.decimal(bytes, at, end);
    if (at < 0 || bytes[at] !== 0x2c) return -1;
    this.#major = this.#integer.lo;
    at = this.#integer.decimal(bytes, at + 1, end);
    if (at < 0 || at >= end || bytes[at] !== 0x20) return -1;
    this.#minor = this.#integer.lo;
    return skipBlanks(bytes, at, end);
  }

  #rest(bytes: Uint8Array, at: number, end: number): boolean {
    while (end > at && bytes[end - 1] === 0x20) end--;
    this.#groupStart = this.#groupEnd = at;
    let next = wordEnd(bytes, at, end);
    let action = this.#find(bytes, at, next);
    if (action === null) {
      this.#groupEnd = next;
      at = skipBlanks(bytes, next, end);
      next = wordEnd(bytes, at, end);
      action = this.#find(bytes, at, next);
      if (action === null) return false;
    }
    this.#action = action;
    this.#rwbsStart = skipBlanks(bytes, next, end);
    this.#rwbsEnd = wordEnd(bytes, this.#rwbsStart, end);
    if (this.#rwbsEnd === this.#rwbsStart) return false;
    this.#payload = Math.min(this.#rwbsEnd + 1, end);
    this.#end = end;
    return true;
  }

  /** The action of a letter, or of the name that option verbose prints. */
  #find(bytes: Uint8Array, start: number, end: number): BlkAction | null {
    next: for (const known of this.#known) {
      if (known.bytes.length !== end - start) continue;
      for (let i = start; i < end; i++) if (known.bytes[i - start] !== bytes[i]) continue next;
      return known.action;
    }
    if (end === start || end - start > 16) return null;
    const word = new TextDecoder().decode(bytes.subarray(start, end));
    const action = blkEventByLetter(word) ?? blkEventByLetter(ownEntry(LETTER_OF_NAME, word) ?? "");
    if (action !== null) this.#known.push({ bytes: bytes.slice(start, end), action });
    return action;
  }

  /** The event type of the line read. */
  event(events: TextEvents): TextEvent {
    return events.named(this.#action.name, this.#action.letter);
  }

  /** Puts the line's fields into the sink's open event. */
  put(sink: EventSink, event: EventText, bytes: Uint8Array): void {
    sink.dev = sink.devices.of(this.#major, this.#minor);
    sink.rwbs = sink.pool.codeOfBytes(bytes, this.#rwbsStart, this.#rwbsEnd);
    if (this.#groupEnd > this.#groupStart) {
      event.slot("cgroup", FieldKind.Text).putText(bytes, this.#groupStart, this.#groupEnd);
    }
    if (this.#putPayload(sink, event, bytes)) return;
    event.putWhole(bytes, this.#payload, this.#end);
  }

  #putPayload(sink: EventSink, event: EventText, bytes: Uint8Array): boolean {
    const end = this.#end;
    let at = skipBlanks(bytes, this.#payload, end);
    if (this.#action.payload === "text") {
      event.slot("text", FieldKind.Text).putText(bytes, this.#payload, end);
      return true;
    }
    // A request without a length has none; of a split only the places are printed.
    const request = this.#action.subject !== "queue" && this.#action.letter !== "X";
    at = this.#place(sink, bytes, at);
    if (at < 0) return false;
    if (isAt(bytes, at, end, "(")) at = this.#command(event, bytes, at);
    if (isAt(bytes, at, end, "<- (")) return this.#remap(event, bytes, at + 4);
    if (isAt(bytes, at, end, "/ ")) {
      const next = this.#integer.decimal(bytes, at + 2, end);
      if (next < 0) return false;
      event.slot("new_sector", FieldKind.Number).putInteger(this.#integer.lo, this.#integer.hi, "unsigned");
      at = skipBlanks(bytes, next, end);
    }
    if (request && !sink.hasBytes) sink.setBytes(0, 0);
    if (at >= end) return true;
    return this.#brackets(sink, event, bytes, at);
  }

  /** Reads `SECTOR + SECTORS` or `SECTOR`; gives the position of what follows, or -1. */
  #place(sink: EventSink, bytes: Uint8Array, at: number): number {
    const end = this.#end;
    if (at >= end || !isDigit(bytes[at])) return at;
    const integer = this.#integer;
    let next = integer.decimal(bytes, at, end);
    if (next < 0) return -1;
    const { lo, hi } = integer;
    next = skipBlanks(bytes, next, end);
    if (isAt(bytes, next, end, "+ ")) {
      sink.setSector(lo, hi);
      next = integer.decimal(bytes, next + 2, end);
      if (next < 0) return -1;
      sink.setBytes(integer.lo << 9, (integer.hi << 9) | (integer.lo >>> 23));
      return skipBlanks(bytes, next, end);
    }
    // A packet command has its length in bytes here, all else its place.
    if (this.#action.subject === "completion" || isAt(bytes, next, end, "/ ")) sink.setSector(lo, hi);
    else sink.setBytes(lo, hi);
    return next;
  }

  /** `(28 00 .. )`: the bytes of a packet command. */
  #command(event: EventText, bytes: Uint8Array, at: number): number {
    const close = find(bytes, at, this.#end, ")");
    if (close < 0) return at;
    event.slot("pdu_hex", FieldKind.Text).putText(bytes, at + 1, close);
    return skipBlanks(bytes, close + 1, this.#end);
  }

  #remap(event: EventText, bytes: Uint8Array, at: number): boolean {
    const integer = this.#integer;
    at = integer.decimal(bytes, at, this.#end);
    if (at < 0 || bytes[at] !== 0x2c) return false;
    const major = integer.lo;
    at = integer.decimal(bytes, at + 1, this.#end);
    if (at < 0 || !isAt(bytes, at, this.#end, ") ")) return false;
    const minor = integer.lo;
    if (integer.decimal(bytes, at + 2, this.#end) !== this.#end) return false;
    event.slot("old_dev", FieldKind.Device).putDevice(major, minor);
    event.slot("old_sector", FieldKind.Number).putInteger(integer.lo, integer.hi, "unsigned");
    return true;
  }

  /** `[0]` of a completion, `[task]` of all others, and the number of requests after it of an unplug. */
  #brackets(sink: EventSink, event: EventText, bytes: Uint8Array, at: number): boolean {
    const end = this.#end;
    if (bytes[at] !== OPEN) return false;
    let close = end - 1;
    while (close > at && bytes[close] !== CLOSE) close--;
    if (close === at) return false;
    const integer = this.#integer;
    if (this.#action.subject === "completion") {
      if (integer.decimal(bytes, at + 1, close) !== close || close !== end - 1) return false;
      // The kernel prints the 16 bits of a negative result as a positive number.
      sink.setRet(integer.hi === 0 && integer.lo > 0x7fff && integer.lo <= 0xffff ? integer.lo - 0x10000 : integer.lo);
      return true;
    }
    // The task is nearly always the one that the line's head names.
    if (sink.pool.codeOfBytes(bytes, at + 1, close) !== sink.comm) {
      event.slot("comm", FieldKind.Text).putText(bytes, at + 1, close);
    }
    if (close === end - 1) return true;
    at = skipBlanks(bytes, close + 1, end);
    if (integer.decimal(bytes, at, end) !== end) return false;
    event.slot("depth", FieldKind.Number).putInteger(integer.lo, integer.hi, "unsigned");
    return true;
  }
}

/** Names that option verbose prints instead of letters. */
const LETTER_OF_NAME: Record<string, string> = {
  queue: "Q",
  backmerge: "M",
  frontmerge: "F",
  getrq: "G",
  sleeprq: "S",
  requeue: "R",
  issue: "D",
  complete: "C",
  plug: "P",
  unplug_io: "U",
  unplug_timer: "UT",
  insert: "I",
  split: "X",
  bounce: "B",
  remap: "A",
  message: "m",
};
