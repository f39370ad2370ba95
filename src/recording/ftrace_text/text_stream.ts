/**
 * What the streams of all line-by-line trace texts share: lines are read one after another until one completes a record;
 * what is no record is counted.
 *
 * @module
 */

import { LINE_BYTES_MAX, type LineReader, UNENDED_LINE } from "../byte_stream.ts";
import type { Severity } from "../diagnostics.ts";
import type { EventSink } from "../event_sink.ts";
import { find, isAt, skipBlanks, wordEnd } from "../print_formats/byte_text.ts";
import { FieldKind } from "../print_formats/layout.ts";
import { TextEvents, type TextSource } from "../print_formats/text_events.ts";
import type { ReadContext, RecordingFacts, RecordStream } from "../recording_format.ts";
import { NOT_LOOKED_UP } from "./known_heads.ts";
import { type LineHead, smallNumber } from "./line_head.ts";
import { StackText } from "./stack_text.ts";
import { taskName, TextCache } from "./task_names.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

/** What a line turned out to be. */
export enum LineKind {
  /** It completes a record. */
  Record,
  /** It begins or goes on with something, or says something about the recording. */
  Part,
  Bad,
}

export abstract class TextStream implements RecordStream {
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  /** Events known to be lost. */
  lost = 0;
  /** Lines that are none of the format. */
  bad = 0;
  /** Records handed on. */
  records = 0;
  readonly facts: RecordingFacts;
  protected readonly context: ReadContext;
  protected readonly events: TextEvents;
  protected readonly names: TextCache;
  protected readonly flags: TextCache;
  protected readonly stack = new StackText();
  /** The current line. */
  protected bytes: Uint8Array = new Uint8Array(0);
  protected start = 0;
  protected end = 0;
  readonly #lines: LineReader;
  /** The current line comes again: what went before it has been handed on. */
  #held = false;
  /** Reports of which further ones are counted. */
  readonly #tallies = new Map<string, { severity: Severity; message: string; more: number }>();

  constructor(lines: LineReader, context: ReadContext, source: TextSource, facts: RecordingFacts) {
    this.#lines = lines;
    this.context = context;
    this.facts = facts;
    this.events = new TextEvents(context, source);
    this.names = new TextCache(context.sink.pool);
    this.flags = new TextCache(context.sink.pool);
  }

  /** Looks at the current line. */
  protected abstract look(): LineKind;

  /** Called once at the end of the input. */
  protected abstract ended(): void;

  /** Makes the stack that has been gathered the current record. */
  protected abstract takeStack(): void;

  abstract emit(sink: EventSink): void;

  /** Reports something that many records have in common: at once, and at the end with the count of all. */
  protected tally(severity: Severity, code: string, message: string): void {
    const known = this.#tallies.get(code);
    if (known !== undefined) {
      known.more++;
      return;
    }
    this.#tallies.set(code, { severity, message, more: 0 });
    this.context.diagnostics.add(severity, code, { message, position: this.events.position() });
  }

  /** Completes the diagnostics. */
  finish(): void {
    this.events.finish();
    for (const [code, { severity, message, more }] of this.#tallies) {
      if (more === 0) continue;
      this.context.diagnostics.add(severity, code, { message, position: this.context.path, count: more });
    }
    if (this.stack.dropped > 0) {
      this.context.diagnostics.add("warning", "stack_cut", {
        message: "stacks longer than 64 KiB: their last frames are left out",
        position: this.context.path,
        count: this.stack.dropped,
      });
    }
  }

  next(): boolean | Promise<boolean> {
    for (;;) {
      if (this.#held) {
        this.#held = false;
      } else {
        const more = this.#lines.next();
        if (more === false) return this.#end();
        if (more !== true) return this.#wait(more);
      }
      if (this.#line()) return true;
    }
  }

  async #wait(more: Promise<boolean>): Promise<boolean> {
    if (!await more) return this.#end();
    return this.#line() || this.next();
  }

  /** True when the current line completes a record. */
  #line(): boolean {
    const lines = this.#lines;
    this.bytes = lines.window.bytes;
    this.start = lines.lineStart;
    this.end = lines.lineEnd;
    this.events.line = lines.lineNumber;
    const kind = this.look();
    if (kind === LineKind.Record) {
      if (lines.lineCut && !this.#held) this.#reportCut();
      if (lines.lineUnended && !this.#held) this.#reportUnended();
      this.records++;
      return true;
    }
    if (kind === LineKind.Bad) this.reportBad();
    return false;
  }

  #end(): boolean {
    const { damage } = this.#lines.window;
    if (damage !== null) {
      this.#lines.window.damage = null;
      this.context.diagnostics.add("error", "damaged_input", {
        message: `${damage.message}; what was read before is kept`,
        position: this.events.position(),
      });
    }
    if (this.stack.isOpen) {
      this.#takeStack();
      return true;
    }
    this.ended();
    return false;
  }

  #takeStack(): void {
    this.stack.isOpen = false;
    this.takeStack();
    this.records++;
  }

  /**
   * Hands on the stack that ends before the current line, which is looked at again afterwards.
   *
   * @returns the kind to return from {@linkcode look}
   */
  protected endStack(): LineKind {
    this.stack.isOpen = false;
    this.#held = true;
    this.takeStack();
    return LineKind.Record;
  }

  /** The code of the name of the task that the current line's head names. */
  protected commOf(head: LineHead): number {
    const { known } = head;
    if (known === null) return this.#findComm(head);
    if (known.comm === NOT_LOOKED_UP) known.comm = this.#findComm(head);
    return known.comm;
  }

  #findComm({ nameStart, nameEnd, pid }: LineHead): number {
    return taskName(this.names, this.bytes, nameStart, nameEnd, pid);
  }

  /** Puts the frames of the current stack record. */
  protected putStack(sink: EventSink, name: string, pid: number, comm: number, flags: number, cpu: number): void {
    const event = this.events.named(name);
    sink.begin(event.text.type, this.tsLo, this.tsHi, cpu, pid, -1, comm, flags);
    event.text.slot("caller_text", FieldKind.Text).putText(this.stack.bytes, 0, this.stack.length);
    sink.commit();
  }

  protected reportBad(): void {
    this.bad++;
    this.context.diagnostics.add("error", "bad_line", {
      message: `lines that are none of ${this.facts.format}: skipped; the first one begins "${this.#excerpt()}"`,
      position: this.events.position(),
    });
  }

  #excerpt(): string {
    const text = new TextDecoder().decode(this.bytes.subarray(this.start, Math.min(this.end, this.start + 40)));
    // deno-lint-ignore no-control-regex -- a message is one line of plain text
    return text.replaceAll(/[\x00-\x1f\x7f"]/g, "?");
  }

  #reportUnended(): void {
    this.context.diagnostics.add("warning", "line_unended", {
      message: UNENDED_LINE,
      position: this.events.position(),
    });
  }

  #reportCut(): void {
    this.context.diagnostics.add("error", "line_cut", {
      message: `lines longer than ${LINE_BYTES_MAX} bytes: the rest of the line is skipped`,
      position: this.events.position(),
    });
  }

  /** Reads `CPU:1 [LOST 123 EVENTS]`, `CPU:1 [123 EVENTS DROPPED]` and both without a number; false for another line. */
  protected lostLine(): boolean {
    const { bytes, end } = this;
    const start = skipBlanks(bytes, this.start, end);
    if (!isAt(bytes, start, end, "CPU:")) return false;
    const open = find(bytes, start, end, "[");
    if (open < 0 || find(bytes, open, end, " EVENTS") < 0 && !isAt(bytes, open, end, "[EVENTS DROPPED]")) return false;
    const cpu = new TextDecoder().decode(bytes.subarray(start + 4, wordEnd(bytes, start + 4, end)));
    let at = open + 1;
    while (at < end && (bytes[at] < 0x30 || bytes[at] > 0x39)) at++;
    const first = at;
    while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39 && at - first < 15) at++;
    this.reportLost(cpu, at > first ? smallNumber(bytes, first, at) : null);
    return true;
  }

  protected reportLost(cpu: string, count: number | null): void {
    this.lost += count ?? 0;
    this.context.diagnostics.add("data_loss", count === null ? "events_lost_uncounted" : "events_lost", {
      message: count === null
        ? `CPU ${cpu}: events were lost while recording, nobody counted how many`
        : `CPU ${cpu}: events were lost while recording: use a larger buffer`,
      position: this.events.position(),
      count: count ?? 1,
      key: cpu,
      firstNs: [this.tsLo, this.tsHi],
    });
  }
}
