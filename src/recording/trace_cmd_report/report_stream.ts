/**
 * The records of a text that `trace-cmd report` printed.
 *
 * @module
 */

import type { LineReader } from "../byte_stream.ts";
import type { EventSink } from "../event_sink.ts";
import { NONE } from "../event_type.ts";
import { HeadTime, LineHead } from "../ftrace_text/line_head.ts";
import { StackFrame, stackFrame } from "../ftrace_text/stack_frame.ts";
import { TextCache } from "../ftrace_text/task_names.ts";
import { LineKind, TextStream } from "../ftrace_text/text_stream.ts";
import { digitsEnd, find, isAt, isDigit, NAME_BYTE, skipBlanks } from "../print_formats/byte_text.ts";
import type { ReadContext, RecordingFacts } from "../recording_format.ts";

/** What trace-cmd prints in place of a print format that it cannot read, before the bare fields. */
const FAILED = "[FAILED TO PARSE] ";

/** Names of the first lines' assignments. */
const HEAD_LINE = /^\s*(version|cpus|file|uname)\s*=\s*(\S.*)?$/;

export class ReportStream extends TextStream {
  readonly #head = new LineHead();
  readonly #buffers: TextCache;
  #buffer = NONE;
  #nameEnd = 0;
  #isStack = false;
  #stackName = "";
  #comm = NONE;

  constructor(lines: LineReader, context: ReadContext, facts: RecordingFacts) {
    super(lines, context, { source: "ftrace", printer: "libtraceevent" }, facts);
    this.#buffers = new TextCache(context.sink.pool);
  }

  protected look(): LineKind {
    const { bytes, start, end } = this;
    if (this.stack.isOpen) {
      if (stackFrame(bytes, start, end) !== StackFrame.Arrow) return this.endStack();
      this.stack.add(bytes, skipBlanks(bytes, find(bytes, start, end, "=>") + 2, end), end);
      return LineKind.Part;
    }
    this.#isStack = false;
    const head = this.#head;
    if (!head.parse(bytes, start, end)) return this.#lookAtOther();
    this.#nameEnd = head.bodyStart;
    while (this.#nameEnd < end && NAME_BYTE[bytes[this.#nameEnd]] === 1) this.#nameEnd++;
    if (this.#nameEnd === head.bodyStart || bytes[this.#nameEnd] !== 0x3a || this.#nameEnd === end) return LineKind.Bad;
    this.tsLo = head.tsLo;
    this.tsHi = head.tsHi;
    if (head.time === HeadTime.Ticks) this.facts.clock = "counter";
    return this.#beginsStack() ? LineKind.Part : LineKind.Record;
  }

  /** `kernel_stack:         <stack trace >`, with a frame in each line below. */
  #beginsStack(): boolean {
    const { bytes, end } = this;
    const { bodyStart } = this.#head;
    const isKernel = isAt(bytes, bodyStart, end, "kernel_stack:");
    if (!isKernel && !isAt(bytes, bodyStart, end, "user_stack:")) return false;
    const text = skipBlanks(bytes, this.#nameEnd + 1, end);
    if (text < end && bytes[text] !== 0x3c) return false;
    this.#stackName = isKernel ? "kernel_stack" : "user_stack";
    this.#useBuffer();
    this.#comm = this.commOf(this.#head);
    this.stack.begin();
    return true;
  }

  #lookAtOther(): LineKind {
    const { bytes, start, end } = this;
    const first = skipBlanks(bytes, start, end);
    if (first === end) return LineKind.Part;
    if (this.lostLine()) return LineKind.Part;
    if (isDigit(bytes[first])) return LineKind.Bad;
    const line = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 256)));
    const assignment = HEAD_LINE.exec(line);
    if (assignment === null) return LineKind.Bad;
    const value = assignment[2] ?? "";
    if (assignment[1] === "cpus" && digitsEnd(bytes, end - value.length, end) === end) this.facts.cpus = Number(value);
    return LineKind.Part;
  }

  protected ended(): void {}

  protected takeStack(): void {
    this.#isStack = true;
    this.tsLo = this.#head.tsLo;
    this.tsHi = this.#head.tsHi;
  }

  /** Events are of the trace instance that the line names. */
  #useBuffer(): void {
    const { prefixStart, prefixEnd } = this.#head;
    if (prefixStart === prefixEnd) {
      if (this.#buffer !== NONE) this.events.use("");
      this.#buffer = NONE;
      return;
    }
    const code = this.#buffers.code(this.bytes, prefixStart, prefixEnd, prefixEnd - prefixStart);
    if (code === this.#buffer) return;
    this.#buffer = code;
    this.events.use(this.context.sink.pool.texts[code]);
  }

  emit(sink: EventSink): void {
    const { bytes, end, events } = this;
    const head = this.#head;
    if (this.#isStack) {
      this.putStack(sink, this.#stackName, head.pid, this.#comm, NONE, head.cpu);
      return;
    }
    this.#useBuffer();
    const flags = head.flagsEnd === head.flagsStart
      ? NONE
      : this.flags.code(bytes, head.flagsStart, head.flagsEnd, bytes[head.flagsStart] + bytes[head.flagsStart + 3] * 3);
    const event = events.find(bytes, head.bodyStart, this.#nameEnd);
    sink.begin(event.text.type, this.tsLo, this.tsHi, head.cpu, head.pid, head.tgid, this.commOf(this.#head), flags);
    let text = skipBlanks(bytes, this.#nameEnd + 1, end);
    if (isAt(bytes, text, end, FAILED)) {
      text += FAILED.length;
      this.tally(
        "info",
        "print_format_failed",
        "trace-cmd could not read some print formats and printed bare fields, which are read as such",
      );
    }
    events.put(event, bytes, this.#textStart(text), end);
    sink.commit();
  }

  /** Where the event's text begins: the graph keeps the blanks before it, they are its columns. */
  #textStart(text: number): number {
    return isAt(this.bytes, this.#head.bodyStart, this.end, "funcgraph_") ? this.#nameEnd + 1 : text;
  }
}
