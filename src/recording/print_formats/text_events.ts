/**
 * The event types of a text recording, found by the bytes of their name.
 *
 * @module
 */

import type { EventTypeKey } from "../event_type.ts";
import type { ReadContext } from "../recording_format.ts";
import { viewOf } from "./byte_text.ts";
import { EventText, Outcome, type TextTools } from "./event_text.ts";
import { FieldSplitter } from "./field_splitter.ts";
import { LayoutMatcher } from "./layout_matcher.ts";
import { declareSymbols, type SpecialText, specialTextOf } from "./special_texts.ts";
import type { Printer } from "./symbols.ts";

/** The kernel prints positions and page numbers by its page size, which a text does not name: that of most machines. */
const PAGE_SHIFT = 12;

/** Most names of one recording: damaged text must not fill the memory with tables. */
const NAMES_MAX = 4096;

/** Most trace instances of one recording; events of further ones count as those of the top-level buffer. */
const BUFFERS_MAX = 256;

const BUCKET_BITS = 10;
const BUCKETS = 1 << BUCKET_BITS;

/** Names of four bytes up to this many are compared by words. */
const BYTES_COMPARED_MAX = 128;

/** Name of all events beyond {@linkcode NAMES_MAX}. */
const OVERFLOW_NAME = "other_events";

/** An event type by its name, with how its texts are read. */
export interface TextEvent {
  bytes: Uint8Array;
  /** The same, four bytes a word; the last one overlaps the one before it. */
  words: Int32Array;
  text: EventText;
  special: SpecialText | null;
  next: TextEvent | null;
  /** Texts that could not be taken apart, and those that no layout fits, after the first one of each. */
  whole: number;
  otherLayout: number;
}

/** Which recording the events are of, and how it names them. */
export interface TextSource {
  source: EventTypeKey["source"];
  printer: Printer;
}

export class TextEvents {
  /** Number of the line that is being read, for messages. */
  line = 0;
  readonly #context: ReadContext;
  readonly #source: TextSource;
  readonly #tools: TextTools;
  readonly #buckets = new Map<string, (TextEvent | null)[]>();
  #current: (TextEvent | null)[];
  #buffer = "";
  #action: string | undefined = undefined;
  readonly #entries: TextEvent[] = [];
  /** Of all names beyond the most that one recording may have. */
  #overflow: TextEvent | null = null;
  readonly #entered = new Array<TextEvent | null>(BUCKETS).fill(null);
  readonly #left = new Array<TextEvent | null>(BUCKETS).fill(null);

  constructor(context: ReadContext, source: TextSource) {
    this.#context = context;
    this.#source = source;
    const { printer } = source;
    const { sink } = context;
    this.#tools = { sink, printer, matcher: new LayoutMatcher(printer), splitter: new FieldSplitter() };
    this.#current = [];
    this.use("");
  }

  /** Where a diagnostic is about: file and line. */
  position(): string {
    return `${this.#context.path}, line ${this.line}`;
  }

  /** Events asked for from now on are of this trace instance. */
  use(buffer: string): void {
    if (this.#buckets.size >= BUFFERS_MAX && !this.#buckets.has(buffer)) {
      this.#context.diagnostics.add("warning", "too_many_buffers", {
        message: `more than ${BUFFERS_MAX} trace instances, which looks like damage: events of further ones have none`,
        position: this.position(),
      });
      buffer = "";
    }
    let buckets = this.#buckets.get(buffer);
    if (buckets === undefined) {
      buckets = new Array<TextEvent | null>(BUCKETS).fill(null);
      this.#buckets.set(buffer, buckets);
    }
    this.#current = buckets;
    this.#buffer = buffer;
  }

  /** The event type named `bytes[start, end)`; with a colon in it, that parts the system from the name. */
  find(bytes: Uint8Array, start: number, end: number): TextEvent {
    return this.#find(this.#current, "", bytes, start, end);
  }

  /** The event type of entering or leaving the system call named `bytes[start, end)`. */
  findCall(prefix: "sys_enter_" | "sys_exit_", bytes: Uint8Array, start: number, end: number): TextEvent {
    return this.#find(prefix === "sys_enter_" ? this.#entered : this.#left, prefix, bytes, start, end);
  }

  /** Looks `bytes[start, end)` up in a table, in which names stand without their prefix. */
  #find(table: (TextEvent | null)[], prefix: string, bytes: Uint8Array, start: number, end: number): TextEvent {
    const length = end - start;
    let hash = length;
    const isLong = length >= 4 && length < BYTES_COMPARED_MAX;
    const view = viewOf(bytes);
    if (isLong) {
      // Names of one system begin alike: their ends and lengths tell them apart.
      hash ^= view.getInt32(end - 4, true) ^ view.getInt32(start + ((length - 4) >> 1), true);
    } else {
      for (let i = start; i < end; i++) hash = hash * 31 + bytes[i] | 0;
    }
    hash = Math.imul(hash, 0x9e3779b1);
    const bucket = hash >>> (32 - BUCKET_BITS);
    next: for (let entry = table[bucket]; entry !== null; entry = entry.next) {
      const { words } = entry;
      if (entry.bytes.length !== length) continue;
      if (isLong) {
        const last = words.length - 1;
        for (let i = 0; i < last; i++) if (words[i] !== view.getInt32(start + 4 * i, true)) continue next;
        // The last word overlaps the one before it.
        if (words[last] === view.getInt32(end - 4, true)) return entry;
      } else {
        const name = entry.bytes;
        for (let i = 0; i < length; i++) if (name[i] !== bytes[start + i]) continue next;
        return entry;
      }
    }
    return this.#add(table, bucket, prefix, bytes.slice(start, end));
  }

  /**
   * The event type of a name that the reader itself gives.
   *
   * @param action blkparse's letter, for events that are named after it
   */
  named(name: string, action?: string): TextEvent {
    const bytes = new TextEncoder().encode(name);
    this.#action = action;
    const entry = this.find(bytes, 0, bytes.length);
    this.#action = undefined;
    return entry;
  }

  #add(table: (TextEvent | null)[], bucket: number, prefix: string, bytes: Uint8Array): TextEvent {
    if (this.#entries.length >= NAMES_MAX) return this.#overflow ??= this.#tooMany();
    const entry = this.#make(prefix + new TextDecoder().decode(bytes), bytes);
    entry.next = table[bucket];
    table[bucket] = entry;
    return entry;
  }

  #make(name: string, bytes: Uint8Array): TextEvent {
    const colon = name.indexOf(":");
    const type = this.#context.sink.eventType({
      recordingId: this.#context.recordingId,
      source: this.#source.source,
      system: colon < 0 ? "" : name.slice(0, colon),
      name: name.slice(colon + 1),
      buffer: this.#buffer,
      ...(this.#action === undefined ? {} : { action: this.#action }),
      pageShift: PAGE_SHIFT,
    });
    const entry: TextEvent = {
      bytes,
      words: wordsOf(bytes),
      text: new EventText(this.#tools, type),
      special: specialTextOf(type.key.name),
      next: null,
      whole: 0,
      otherLayout: 0,
    };
    declareSymbols(entry.text);
    this.#entries.push(entry);
    return entry;
  }

  #tooMany(): TextEvent {
    this.#context.diagnostics.add("warning", "too_many_names", {
      message: `more than ${NAMES_MAX} event names, which looks like damage: further ones are in raw.${OVERFLOW_NAME}`,
      position: this.position(),
    });
    return this.#make(OVERFLOW_NAME, new TextEncoder().encode(OVERFLOW_NAME));
  }

  /** Puts the fields of an event's text into the sink's open event, and takes note of what was not understood. */
  put(entry: TextEvent, bytes: Uint8Array, start: number, end: number): void {
    const outcome = entry.special === null
      ? entry.text.put(bytes, start, end)
      : entry.special(entry.text, bytes, start, end);
    if (outcome !== Outcome.Fields) this.#note(entry, outcome);
  }

  #note(entry: TextEvent, outcome: Outcome): void {
    const first = (outcome === Outcome.Whole ? entry.whole++ : entry.otherLayout++) === 0;
    if (first) this.#report(entry, outcome, 1);
  }

  #report(entry: TextEvent, outcome: Outcome, count: number): void {
    const name = entry.text.type.key.name;
    if (outcome === Outcome.Whole) {
      this.#context.diagnostics.add("info", "text_not_split", {
        message: `${name}: the text has no fields that could be told apart, it is whole in raw.${name}.text`,
        position: this.position(),
        key: `${this.#buffer}/${name}`,
        count,
      });
    } else {
      this.#context.diagnostics.add("warning", "layout_unknown", {
        message: `${name}: this kernel prints it in another way than those known; its fields are named as printed`,
        position: this.position(),
        key: `${this.#buffer}/${name}`,
        count,
      });
    }
  }

  /** Completes the counts of what was not understood. */
  finish(): void {
    for (const entry of this.#entries) {
      this.#buffer = entry.text.type.key.buffer;
      if (entry.whole > 1) this.#report(entry, Outcome.Whole, entry.whole - 1);
      if (entry.otherLayout > 1) this.#report(entry, Outcome.OtherLayout, entry.otherLayout - 1);
    }
  }
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const words = new Int32Array((bytes.length + 3) >> 2);
  if (bytes.length < 4) return words;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < words.length; i++) words[i] = view.getInt32(Math.min(4 * i, bytes.length - 4), true);
  return words;
}
