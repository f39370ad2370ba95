/**
 * The records of a text that `perf script` printed of tracepoints.
 *
 * @module
 */

import { isComment } from "../comment_line.ts";
import type { LineReader } from "../byte_stream.ts";
import type { EventSink } from "../event_sink.ts";
import { NONE } from "../event_type.ts";
import { StackFrame, stackFrame } from "../ftrace_text/stack_frame.ts";
import { taskName } from "../ftrace_text/task_names.ts";
import { LineKind, TextStream } from "../ftrace_text/text_stream.ts";
import { find, isAt, skipBlanks } from "../print_formats/byte_text.ts";
import { IntegerText } from "../print_formats/integer_text.ts";
import type { ReadContext, RecordingFacts } from "../recording_format.ts";
import { PerfHead } from "./perf_head.ts";

const KERNEL = /^# os release : (\S+)/;
const CPUS = /^# nrcpus online : (\d+)/;

export class PerfStream extends TextStream {
  readonly #head = new PerfHead();
  readonly #integer = new IntegerText();
  /** The current record is the call chain below an event. */
  #isChain = false;
  #comm = NONE;
  /** A line with an event has been seen: comments come before. */
  #hasEvent = false;

  constructor(lines: LineReader, context: ReadContext, facts: RecordingFacts) {
    super(lines, context, { source: "perf", printer: "libtraceevent" }, facts);
  }

  protected look(): LineKind {
    const { bytes, start, end } = this;
    const isFrame = this.#hasEvent && stackFrame(bytes, start, end) === StackFrame.Address;
    if (isFrame) {
      if (!this.stack.isOpen) this.stack.begin();
      this.stack.add(bytes, this.#frameStart(), end);
      return LineKind.Part;
    }
    if (this.stack.isOpen) return this.endStack();
    this.#isChain = false;
    if (this.#head.parse(bytes, start, end)) {
      this.tsLo = this.#head.tsLo;
      this.tsHi = this.#head.tsHi;
      this.#hasEvent = true;
      return LineKind.Record;
    }
    if (skipBlanks(bytes, start, end) === end) return LineKind.Part;
    if (bytes[start] === 0x23) return this.#lookAtComment();
    return this.#isLost() ? LineKind.Part : LineKind.Bad;
  }

  /** A frame without its address. */
  #frameStart(): number {
    const { bytes, start, end } = this;
    const at = skipBlanks(bytes, start + 1, end);
    return skipBlanks(bytes, this.#integer.hexDigits(bytes, at, end), end);
  }

  #lookAtComment(): LineKind {
    const line = new TextDecoder().decode(this.bytes.subarray(this.start, this.end));
    if (!isComment(line)) return LineKind.Bad;
    this.facts.kernel ??= KERNEL.exec(line)?.[1] ?? null;
    const cpus = CPUS.exec(line);
    if (cpus !== null) this.facts.cpus = Number(cpus[1]);
    return LineKind.Part;
  }

  /** `... PERF_RECORD_LOST lost 12`, which option --show-lost-events prints. */
  #isLost(): boolean {
    const { bytes, start, end } = this;
    const at = find(bytes, start, end, "PERF_RECORD_LOST");
    if (at < 0) return false;
    const lost = find(bytes, at, end, " lost ");
    const isCount = lost > 0 && this.#integer.decimal(bytes, lost + 6, end) > 0 && this.#integer.hi === 0;
    this.reportLost("of perf", isCount ? this.#integer.lo >>> 0 : null);
    return true;
  }

  protected ended(): void {}

  protected takeStack(): void {
    this.#isChain = true;
    this.tsLo = this.#head.tsLo;
    this.tsHi = this.#head.tsHi;
  }

  emit(sink: EventSink): void {
    const { bytes, events } = this;
    const head = this.#head;
    if (this.#isChain) {
      this.putStack(sink, "callchain", head.pid, this.#comm, NONE, head.cpu);
      return;
    }
    this.#comm = taskName(this.names, bytes, head.nameStart, head.nameEnd, head.pid);
    const event = events.find(bytes, head.eventStart, head.eventEnd);
    sink.begin(event.text.type, this.tsLo, this.tsHi, head.cpu, head.pid, head.tgid, this.#comm, NONE);
    events.put(event, bytes, head.bodyStart, this.end);
    sink.commit();
  }
}

/** True for a binary file of perf. */
export function isPerfData(head: Uint8Array): boolean {
  return isAt(head, 0, head.length, "PERFILE2") || isAt(head, 0, head.length, "2ELIFREP") ||
    isAt(head, 0, head.length, "PERFFILE");
}
