/**
 * The event types of a text recording, found by the bytes of their name.
 *
 * @module
 */

import type { EventTypeKey } from "../event_sink.ts";
import type { ReadContext } from "../recording_format.ts";
import { EventText, Outcome, type TextTools } from "./event_text.ts";
import { FieldSplitter } from "./field_splitter.ts";
import { LayoutMatcher } from "./layout_matcher.ts";
import { type SpecialText, specialTextOf } from "./special_texts.ts";
import type { Printer } from "./symbols.ts";

/** The kernel prints positions and page numbers by its page size, which a text does not name: that of most machines. */
const PAGE_SHIFT = 12;

/** Most names of one recording: damaged text must not fill the memory with tables. */
const NAMES_MAX = 4096;

const BUCKETS = 1024;

/** Name of all events beyond {@linkcode NAMES_MAX}. */
const OVERFLOW_NAME = "other_events";

interface Entry {
  bytes: Uint8Array;
  text: EventText;
  special: SpecialText | null;
  next: Entry | null;
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
  readonly #buckets = new Map<string, (Entry | null)[]>();
  #current: (Entry | null)[];
  #buffer = "";
  #action: string | undefined = undefined;
  readonly #entries: Entry[] = [];
  readonly #joined = new Uint8Array(256);

  constructor(context: ReadContext, source: TextSource) {
    this.#context = context;
    this.#source = source;
    this.#tools = { sink: context.sink, matcher: new LayoutMatcher(source.printer), splitter: new FieldSplitter() };
    this.#current = [];
    this.use("");
  }

  /** Where a diagnostic is about: file and line. */
  position(): string {
    return `${this.#context.path}, line ${this.line}`;
  }

  /** Events asked for from now on are of this trace instance. */
  use(buffer: string): void {
    let buckets = this.#buckets.get(buffer);
    if (buckets === undefined) {
      buckets = new Array<Entry | null>(BUCKETS).fill(null);
      this.#buckets.set(buffer, buckets);
    }
    this.#current = buckets;
    this.#buffer = buffer;
  }

  /** The event type named `bytes[start, end)`; with a colon in it, that parts the system from the name. */
  find(bytes: Uint8Array, start: number, end: number): Entry {
    // Names of one system begin alike: their ends and lengths tell them apart.
    const middle = (start + end) >> 1;
    const hash = (end - start) * 7 + bytes[end - 1] * 31 + bytes[end > 2 ? end - 3 : 0] * 131 + bytes[middle] * 517 +
      bytes[start] * 3;
    const bucket = hash & (BUCKETS - 1);
    next: for (let entry = this.#current[bucket]; entry !== null; entry = entry.next) {
      const name = entry.bytes;
      if (name.length !== end - start) continue;
      for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) continue next;
      return entry;
    }
    if (this.#entries.length >= NAMES_MAX) return this.#overflow();
    return this.#add(bucket, bytes.slice(start, end));
  }

  /** The event type whose name is the prefix and `bytes[start, end)`. */
  findWithPrefix(prefix: string, bytes: Uint8Array, start: number, end: number): Entry {
    const joined = this.#joined;
    const length = Math.min(end - start, joined.length - prefix.length);
    for (let i = 0; i < prefix.length; i++) joined[i] = prefix.charCodeAt(i);
    for (let i = 0; i < length; i++) joined[prefix.length + i] = bytes[start + i];
    return this.find(joined, 0, prefix.length + length);
  }

  /**
   * The event type of a name that the reader itself gives.
   *
   * @param action blkparse's letter, for events that are named after it
   */
  named(name: string, action?: string): Entry {
    const bytes = new TextEncoder().encode(name);
    this.#action = action;
    const entry = this.find(bytes, 0, bytes.length);
    this.#action = undefined;
    return entry;
  }

  #add(bucket: number, bytes: Uint8Array): Entry {
    const name = new TextDecoder().decode(bytes);
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
    const entry: Entry = {
      bytes,
      text: new EventText(this.#tools, type),
      special: specialTextOf(type.key.name),
      next: this.#current[bucket],
      whole: 0,
      otherLayout: 0,
    };
    this.#current[bucket] = entry;
    this.#entries.push(entry);
    return entry;
  }

  #overflow(): Entry {
    this.#context.diagnostics.add("warning", "too_many_names", {
      message: `more than ${NAMES_MAX} event names, which looks like damage: further ones are in raw.${OVERFLOW_NAME}`,
      position: this.position(),
    });
    const bytes = new TextEncoder().encode(OVERFLOW_NAME);
    const known = this.#entries.at(-1)!;
    if (known.text.type.key.name === OVERFLOW_NAME && this.#entries.length > NAMES_MAX) return known;
    return this.#add(0, bytes);
  }

  /** Puts the fields of an event's text into the sink's open event, and takes note of what was not understood. */
  put(entry: Entry, bytes: Uint8Array, start: number, end: number): void {
    const outcome = entry.special === null
      ? entry.text.put(bytes, start, end)
      : entry.special(entry.text, bytes, start, end);
    if (outcome !== Outcome.Fields) this.#note(entry, outcome);
  }

  #note(entry: Entry, outcome: Outcome): void {
    const first = (outcome === Outcome.Whole ? entry.whole++ : entry.otherLayout++) === 0;
    if (first) this.#report(entry, outcome, 1);
  }

  #report(entry: Entry, outcome: Outcome, count: number): void {
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

export type { Entry as TextEvent };
