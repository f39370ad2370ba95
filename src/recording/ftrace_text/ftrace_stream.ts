/**
 * The records of a text that the kernel printed: tracefs files `trace` and `trace_pipe`, with all options that leave lines
 * to read.
 *
 * @module
 */

import { isComment } from "../comment_line.ts";
import type { LineReader } from "../byte_stream.ts";
import type { EventSink } from "../event_sink.ts";
import { NONE } from "../event_type.ts";
import { find, isAt, skipBlanks } from "../print_formats/byte_text.ts";
import { GraphLine } from "../print_formats/function_graph_text.ts";
import { IntegerText } from "../print_formats/integer_text.ts";
import { FieldKind } from "../print_formats/layout.ts";
import { putFunction } from "../print_formats/special_texts.ts";
import type { TextEvent } from "../print_formats/text_events.ts";
import type { ReadContext, RecordingFacts } from "../recording_format.ts";
import { BlkLine } from "./blk_line.ts";
import { Body, BodyKind } from "./body.ts";
import { GraphHead, isSeparator } from "./graph_line.ts";
import { HeaderLines } from "./header_lines.ts";
import { NOT_LOOKED_UP } from "./known_heads.ts";
import { HeadForm, HeadTime, LineHead } from "./line_head.ts";
import { RawLine, typeNumber } from "./raw_line.ts";
import { StackFrame, stackFrame } from "./stack_frame.ts";
import { LineKind, TextStream } from "./text_stream.ts";

/** What the current record is. */
enum Source {
  Line,
  Raw,
  Graph,
  /** A line of option blk_classic, which has no head. */
  BlkClassic,
  Stack,
}

/** Numbers of the ftrace's own events, which options `raw` and `fields` show in place of names; they never changed. */
const TYPE_NAMES = ["", "function", "context_switch", "wakeup", "kernel_stack", "print", "bprint"];

export class FtraceStream extends TextStream {
  readonly #head = new LineHead();
  readonly #body = new Body();
  readonly #blk = new BlkLine();
  readonly #raw = new RawLine();
  readonly #graph = new GraphHead();
  readonly #header = new HeaderLines();
  readonly #integer = new IntegerText();
  #source = Source.Line;
  #isGraph = false;
  #stackName = "";
  /** Of the record that a stack belongs to. */
  #stackComm = NONE;
  #stackFlags = NONE;
  #reportedRelative = false;
  readonly #namesEvent = new Map<string, TextEvent>();

  constructor(lines: LineReader, context: ReadContext, facts: RecordingFacts) {
    super(lines, context, { source: "ftrace", printer: "kernel" }, facts);
  }

  protected look(): LineKind {
    const { bytes, start, end } = this;
    if (this.stack.isOpen) {
      const frame = stackFrame(bytes, start, end);
      if (frame === StackFrame.None) return this.endStack();
      this.stack.add(bytes, this.#frameStart(frame), end);
      return LineKind.Part;
    }
    if (this.#head.parse(bytes, start, end)) return this.#lookAtBody();
    return this.#lookAtOther();
  }

  #frameStart(frame: StackFrame): number {
    const { bytes, start, end } = this;
    return frame === StackFrame.Arrow ? skipBlanks(bytes, find(bytes, start, end, "=>") + 2, end) : start;
  }

  #lookAtBody(): LineKind {
    const head = this.#head;
    this.#body.parse(this.bytes, head.bodyStart, this.end);
    this.tsLo = head.tsLo;
    this.tsHi = head.tsHi;
    this.#source = Source.Line;
    if (this.facts.clock === null && head.time !== HeadTime.Absolute) this.#noteClock();
    const kind = this.#body.kind;
    if (kind !== BodyKind.KernelStack && kind !== BodyKind.UserStack) return LineKind.Record;
    this.#stackName = kind === BodyKind.KernelStack ? "kernel_stack" : "user_stack";
    this.#stackComm = this.commOf(this.#head);
    this.#stackFlags = this.#flagsCode();
    this.stack.begin();
    return LineKind.Part;
  }

  #noteClock(): void {
    if (this.#head.time === HeadTime.Ticks) {
      this.facts.clock = "counter";
    } else if (!this.#reportedRelative) {
      this.#reportedRelative = true;
      this.context.diagnostics.add("info", "relative_time", {
        message:
          "option latency-format: times count from the first event in the buffer, task names are cut to 8 characters",
        position: this.events.position(),
      });
    }
  }

  /** A line without the usual head. */
  #lookAtOther(): LineKind {
    const { bytes, start, end } = this;
    const first = skipBlanks(bytes, start, end);
    if (first === end) return LineKind.Part;
    if (bytes[start] === 0x23) return this.#lookAtComment();
    if (this.lostLine()) return LineKind.Part;
    if (this.#raw.parse(bytes, start, end)) {
      this.tsLo = this.#raw.tsLo;
      this.tsHi = this.#raw.tsHi;
      this.#source = Source.Raw;
      return LineKind.Record;
    }
    if (this.#header.tracer === "blk" && this.#blk.parseClassic(bytes, start, end)) {
      this.tsLo = this.#blk.tsLo;
      this.tsHi = this.#blk.tsHi;
      this.#source = Source.BlkClassic;
      return LineKind.Record;
    }
    return this.#lookAtGraph();
  }

  #lookAtComment(): LineKind {
    const { bytes, start, end } = this;
    const line = new TextDecoder().decode(bytes.subarray(start, end));
    if (!isComment(line)) return LineKind.Bad;
    this.#header.read(line, this.facts);
    this.#isGraph = this.#header.tracer === "function_graph";
    if (this.#header.graphColumns !== null) this.#graph.columns = this.#header.graphColumns;
    if (isAt(bytes, start, end, "##### CPU ")) {
      this.context.diagnostics.add("info", "buffer_started", {
        message: "a CPU's events begin only here: what it did before was overwritten, or it did nothing",
        position: this.events.position(),
      });
    }
    return LineKind.Part;
  }

  #lookAtGraph(): LineKind {
    const { bytes, start, end } = this;
    if (isSeparator(bytes, start, end)) return LineKind.Part;
    if (this.#graph.parseSwitch(bytes, start, end)) return LineKind.Part;
    // Without a header, a line of the graph is told by the CPU that it begins with.
    if (!this.#isGraph && (this.#header.tracer !== "" || !this.#graph.columns.cpu)) return LineKind.Bad;
    if (!this.#graph.parse(bytes, start, end)) {
      return isAt(bytes, skipBlanks(bytes, start, end), end, "(Overruns: ") ? LineKind.Part : LineKind.Bad;
    }
    if (this.#graph.hasTime) {
      this.tsLo = this.#graph.tsLo;
      this.tsHi = this.#graph.tsHi;
    } else {
      this.tally(
        "warning",
        "no_time",
        "function_graph without times: record with trace option funcgraph-abstime to have them",
      );
    }
    this.#source = Source.Graph;
    return LineKind.Record;
  }

  protected ended(): void {
    const { inBuffer, written } = this.#header;
    if (written > inBuffer && inBuffer >= 0) {
      this.lost += written - inBuffer;
      this.context.diagnostics.add("data_loss", "events_overwritten", {
        message: `the buffer held ${inBuffer} of ${written} entries, older ones were overwritten: use a larger buffer`,
        position: this.context.path,
        count: written - inBuffer,
      });
    }
    // The graph shows entry and return of a leaf in one line.
    if (inBuffer > this.records && !this.#isGraph) {
      this.context.diagnostics.add("warning", "entries_missing", {
        message: `the header counts ${inBuffer} entries, ${this.records} are in the text: it is cut, or filtered`,
        position: this.events.position(),
        count: inBuffer - this.records,
      });
    }
  }

  protected takeStack(): void {
    this.#source = Source.Stack;
  }

  #flagsCode(): number {
    const { known } = this.#head;
    if (known === null) return this.#findFlags();
    if (known.flags === NOT_LOOKED_UP) known.flags = this.#findFlags();
    return known.flags;
  }

  #findFlags(): number {
    const { flagsStart, flagsEnd } = this.#head;
    if (flagsEnd === flagsStart) return NONE;
    const { bytes } = this;
    // The characters that change most: hardirq/softirq, preemption depth, irqs-off.
    const hint = bytes[flagsStart] + bytes[flagsStart + 2] * 3 + bytes[flagsStart + 3] * 5 + bytes[flagsStart + 1] * 7;
    return this.flags.code(bytes, flagsStart, flagsEnd, hint);
  }

  emit(sink: EventSink): void {
    switch (this.#source) {
      case Source.Line:
        return this.#emitLine(sink);
      case Source.Raw:
        return this.#emitRaw(sink);
      case Source.Graph:
        return this.#emitGraph(sink);
      case Source.BlkClassic:
        return this.#emitBlk(sink, this.#blk.cpu, this.#blk.pid, NONE, NONE, NONE);
      case Source.Stack: {
        const { cpu, pid } = this.#head;
        return this.putStack(sink, this.#stackName, pid, this.#stackComm, this.#stackFlags, cpu);
      }
    }
  }

  #emitLine(sink: EventSink): void {
    const { bytes, events } = this;
    const body = this.#body;
    const head = this.#head;
    if (head.form === HeadForm.None) return;
    const comm = this.commOf(this.#head);
    const flags = this.#flagsCode();
    switch (body.kind) {
      case BodyKind.Named: {
        const event = events.find(bytes, body.nameStart, body.nameEnd);
        sink.begin(event.text.type, this.tsLo, this.tsHi, head.cpu, head.pid, head.tgid, comm, flags);
        events.put(event, bytes, body.textStart, body.textEnd);
        sink.commit();
        return;
      }
      case BodyKind.Call:
      case BodyKind.Return: {
        const event = this.#syscall(body.kind === BodyKind.Call ? "sys_enter_" : "sys_exit_");
        sink.begin(event.text.type, this.tsLo, this.tsHi, head.cpu, head.pid, head.tgid, comm, flags);
        events.put(event, bytes, body.textStart, body.textEnd);
        sink.commit();
        return;
      }
      case BodyKind.Indented:
        if (this.#blk.parse(bytes, body.textStart, body.textEnd)) {
          return this.#emitBlk(sink, head.cpu, head.pid, head.tgid, comm, flags);
        }
        return this.#emitOther(sink, comm, flags);
      default:
        return this.#emitOther(sink, comm, flags);
    }
  }

  #begin(sink: EventSink, event: TextEvent, comm: number, flags: number): void {
    const head = this.#head;
    sink.begin(event.text.type, this.tsLo, this.tsHi, head.cpu, head.pid, head.tgid, comm, flags);
  }

  /** Bodies that are rare: prints, functions, what has no name. */
  #emitOther(sink: EventSink, comm: number, flags: number): void {
    const { bytes, events } = this;
    const { kind, nameStart, nameEnd, textStart, textEnd } = this.#body;
    const isFunction = kind === BodyKind.Function || kind === BodyKind.Text && this.#header.tracer === "function";
    if (kind === BodyKind.Print) {
      const { text } = this.#named("print");
      this.#begin(sink, this.#named("print"), comm, flags);
      text.slot("ip", FieldKind.Symbol).putValue(bytes, nameStart, nameEnd);
      text.slot("buf", FieldKind.Text).putText(bytes, textStart, textEnd);
    } else if (isFunction) {
      const event = this.#named("function");
      this.#begin(sink, event, comm, flags);
      putFunction(event.text, bytes, textStart, textEnd);
    } else if (kind === BodyKind.Unknown) {
      const number = this.#body.typeNumber;
      this.#begin(sink, events.named(TYPE_NAMES[number] || `type_${number}`), comm, flags);
    } else {
      const tracer = this.#header.tracer;
      const event = this.#named(tracer === "" || tracer === "nop" ? "unnamed" : tracer);
      this.#begin(sink, event, comm, flags);
      events.put(event, bytes, textStart, textEnd);
    }
    sink.commit();
  }

  #named(name: string): TextEvent {
    let event = this.#namesEvent.get(name);
    if (event === undefined) {
      event = this.events.named(name);
      this.#namesEvent.set(name, event);
    }
    return event;
  }

  /** The event of the system call that the body names. */
  #syscall(prefix: "sys_enter_" | "sys_exit_"): TextEvent {
    const { nameStart, nameEnd } = this.#body;
    return this.events.findCall(prefix, this.bytes, nameStart, nameEnd);
  }

  #emitBlk(sink: EventSink, cpu: number, pid: number, tgid: number, comm: number, flags: number): void {
    const event = this.#blk.event(this.events);
    sink.begin(event.text.type, this.tsLo, this.tsHi, cpu, pid, tgid, comm, flags);
    this.#blk.put(sink, event.text, this.bytes);
    sink.commit();
  }

  #emitRaw(sink: EventSink): void {
    const { bytes, end } = this;
    const raw = this.#raw;
    this.tally(
      "warning",
      "raw_output",
      "option raw leaves out names and fields of the events: read the trace again with it off, or record with trace-cmd",
    );
    const at = raw.bodyStart;
    const type = typeNumber(bytes, at, end);
    const isPrint = isAt(bytes, at, end, "# ");
    const event = isPrint
      ? this.#named("print")
      : type >= 0
      ? this.events.named(TYPE_NAMES[type] || `type_${type}`)
      : this.#named("unnamed");
    sink.begin(event.text.type, this.tsLo, this.tsHi, raw.cpu, raw.pid, NONE, NONE, NONE);
    if (isPrint) {
      const ip = find(bytes, at + 2, end, " ");
      const ipEnd = ip < 0 ? end : ip;
      if (this.#integer.hexDigits(bytes, at + 2, ipEnd) === ipEnd) {
        event.text.slot("ip", FieldKind.Symbol).putInteger(this.#integer.lo, this.#integer.hi, "unsigned");
      }
      event.text.slot("buf", FieldKind.Text).putText(bytes, Math.min(ipEnd + 1, end), end);
    } else if (type < 0) {
      this.events.put(event, bytes, at, end);
    }
    sink.commit();
  }

  #emitGraph(sink: EventSink): void {
    const { bytes, events } = this;
    const graph = this.#graph;
    const { parts } = graph;
    const comm = graph.name.length === 0 ? NONE : sink.pool.codeOfBytes(graph.name, 0, graph.name.length);
    const flags = graph.flagsEnd > graph.flagsStart
      ? sink.pool.codeOfBytes(bytes, graph.flagsStart, graph.flagsEnd)
      : NONE;
    const begin = (event: TextEvent) =>
      sink.begin(event.text.type, this.tsLo, this.tsHi, graph.cpu, graph.pid, NONE, comm, flags);
    switch (parts.line) {
      case GraphLine.Comment: {
        const body = this.#body;
        body.parse(bytes, parts.commentStart, parts.commentEnd);
        const isNamed = body.kind === BodyKind.Named;
        const event = isNamed ? events.find(bytes, body.nameStart, body.nameEnd) : this.#named("print");
        begin(event);
        if (isNamed) events.put(event, bytes, body.textStart, body.textEnd);
        else event.text.slot("buf", FieldKind.Text).putText(bytes, parts.commentStart, parts.commentEnd);
        break;
      }
      case GraphLine.Interrupt:
        begin(this.#named(bytes[parts.functionStart] === 0x3d ? "funcgraph_irq_entry" : "funcgraph_irq_exit"));
        break;
      default: {
        const event = this.#named(parts.line === GraphLine.Exit ? "funcgraph_exit" : "funcgraph_entry");
        begin(event);
        parts.put(event.text, bytes);
      }
    }
    sink.commit();
  }
}
