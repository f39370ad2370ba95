/**
 * Reader of blkparse's text, as it prints it without an option for the format. Events, names, letters and columns are
 * those of the binary reader, as far as the text has them: lengths are in whole sectors, a split's second half begins
 * within 32 bits, data of drivers and notes of processes are not printed, and times count from the first record.
 *
 * @module
 */

import { BlkEvents, type BlkEventType } from "./blktrace/events.ts";
import { BlkparseLine, type ByteRange } from "./blkparse_line.ts";
import { eventsOf, isSummaryLine, isUnmistakable, skipsOf } from "./blkparse_summary.ts";
import { LineReader, openBytes, UNENDED_LINE } from "./byte_stream.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { EventSink } from "./event_sink.ts";
import { NONE } from "./event_type.ts";
import {
  type OpenRecording,
  type ReadContext,
  type RecordingFormat,
  type RecordStream,
  UnreadableInput,
} from "./recording_format.ts";
import { WIDE_ZERO } from "./wide_zero.ts";

/** What glibc prints for a name that blkparse does not know. */
const NO_NAME = "(null)";

/** The events of a text, in its order. */
class BlkparseStream implements RecordStream {
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;
  /** Lines that could not be read. */
  bad = 0;
  /** Records missing, by blkparse's own count. */
  skips = 0;
  readonly #lines: LineReader;
  readonly #line = new BlkparseLine();
  readonly #events: BlkEvents;
  readonly #types = new Map<string, BlkEventType>();
  readonly #sink: EventSink;
  readonly #diagnostics: Diagnostics;
  readonly #name: string;
  /** Code of {@linkcode NO_NAME}. */
  readonly #noName: number;
  /** Events of the summaries, and events read. */
  #counted = 0;
  #read = 0;

  constructor(lines: LineReader, name: string, context: ReadContext) {
    this.#lines = lines;
    this.#name = name;
    this.#sink = context.sink;
    this.#events = new BlkEvents(context.sink, context.recordingId);
    this.#diagnostics = context.diagnostics;
    this.#noName = context.sink.pool.code(NO_NAME);
  }

  #position(): string {
    return `${this.#name}, line ${this.#lines.lineNumber}`;
  }

  next(): boolean | Promise<boolean> {
    for (;;) {
      const more = this.#lines.next();
      if (typeof more !== "boolean") return this.#later(more);
      if (!more) return this.#end();
      if (this.#take()) return true;
    }
  }

  async #later(more: Promise<boolean>): Promise<boolean> {
    if (!await more) return this.#end();
    return this.#take() || this.next();
  }

  /** Looks at the current line; true when it is an event. */
  #take(): boolean {
    const { lineStart, lineEnd, lineCut } = this.#lines;
    const { bytes } = this.#lines.window;
    if (!lineCut && this.#line.parse(bytes, lineStart, lineEnd)) {
      this.tsLo = this.#line.tsLo;
      this.tsHi = this.#line.tsHi;
      this.#read++;
      if (this.#lines.lineUnended) {
        this.#diagnostics.add("warning", "line_unended", { message: UNENDED_LINE, position: this.#position() });
      }
      return true;
    }
    const text = new TextDecoder().decode(bytes.subarray(lineStart, Math.min(lineEnd, lineStart + 4096)));
    if (lineCut || !isSummaryLine(text)) this.#reportLine(text);
    this.#counted += eventsOf(text) ?? 0;
    const skips = skipsOf(text) ?? 0;
    if (skips > 0) this.#reportSkips(skips);
    return false;
  }

  #reportLine(text: string): void {
    this.bad++;
    this.#diagnostics.add("error", "bad_line", {
      message: `no event of blkparse's default output: ${text.length > 100 ? `${text.slice(0, 100)}...` : text}`,
      position: this.#position(),
    });
  }

  #reportSkips(skips: number): void {
    this.skips += skips;
    this.#diagnostics.add("data_loss", "sequence_gap", {
      message: "blkparse found that many numbers of records missing",
      position: this.#position(),
      count: skips,
    });
  }

  #end(): false {
    const { damage } = this.#lines.window;
    if (damage !== null) {
      this.#diagnostics.add("error", "damaged_input", {
        message: `${damage.message}; what was read before is kept`,
        position: this.#position(),
      });
      this.#lines.window.damage = null;
    }
    if (this.#counted > this.#read) {
      this.#diagnostics.add("info", "events_not_printed", {
        message: `blkparse counted ${this.#counted} events, ${this.#read} are in the text: it does not print what it ` +
          "does not know, nor data of drivers",
        position: this.#position(),
        count: this.#counted - this.#read,
      });
    }
    this.#counted = 0;
    return false;
  }

  #comm(bytes: Uint8Array, { start, end }: ByteRange): number {
    if (end === 0) return NONE;
    const code = this.#sink.pool.codeOfBytes(bytes, start, end);
    return code === this.#noName ? NONE : code;
  }

  #typeOf(line: BlkparseLine): BlkEventType {
    let type = this.#types.get(line.action.name);
    if (type === undefined) this.#types.set(line.action.name, type = this.#events.of(line.action));
    return type;
  }

  emit(sink: EventSink): void {
    const line = this.#line;
    const { bytes } = this.#lines.window;
    const event = this.#typeOf(line);
    sink.begin(
      event.type,
      this.tsLo,
      this.tsHi,
      line.cpu,
      line.pid,
      NONE,
      this.#comm(bytes, line.comm),
      NONE,
    );
    sink.dev = sink.devices.of(line.major, line.minor);
    sink.rwbs = sink.pool.codeOfBytes(bytes, line.rwbs.start, line.rwbs.end);
    if (event.sequence !== null && line.hasSequence) sink.putInteger(event.sequence, line.sequence, 0, "unsigned");
    if (line.hasSector) sink.setSector(line.sectorLo, line.sectorHi);
    if (line.length >= 0) sink.setBytes(line.length | 0, Math.floor(line.length / 0x1_0000_0000));
    if (line.hasResult) sink.setRet(line.result);
    this.#emitPayload(sink, event, bytes);
    sink.commit();
  }

  #emitPayload(sink: EventSink, event: BlkEventType, bytes: Uint8Array): void {
    const line = this.#line;
    if (line.hasNumber) {
      const field = line.action.payload === "depth" ? "depth" : "new_sector";
      sink.putInteger(event.field(field), line.numberLo, line.numberHi, "unsigned");
    }
    if (line.hasOld) {
      sink.putInteger(event.field("old_dev"), (line.oldMajor << 20) | line.oldMinor, 0, "unsigned");
      sink.putInteger(event.field("old_sector"), line.oldSectorLo, line.oldSectorHi, "unsigned");
    }
    if (line.hasElapsed) sink.putInteger(event.field("elapsed_ns"), line.elapsedLo, line.elapsedHi, "unsigned");
    if (line.hasCgroup) sink.putInteger(event.field("cgroup_id"), line.cgroupLo, line.cgroupHi, "unsigned");
    if (line.pdu.end > 0) sink.putBytes(event.field("pdu_hex"), bytes, line.pdu.start, line.pdu.end);
    if (line.text.end > 0) sink.putBytes(event.field("text"), bytes, line.text.start, line.text.end);
  }
}

/** Whole lines of the head, blank ones left out. */
function* linesOf(head: Uint8Array): Generator<string> {
  let start = 0;
  while (start < head.length) {
    const newline = head.indexOf(0x0a, start);
    // The last line may be cut: only a head that is all of the input ends with it.
    const end = newline < 0 ? head.length : newline;
    const text = new TextDecoder().decode(head.subarray(start, end)).replace(/\r$/, "");
    if (text.trim() !== "") yield text;
    start = end + 1;
  }
}

/** Lines looked at to tell the format. */
const LINES_TO_TELL = 200;

/**
 * True for a line that has what an event has (device, time with nanoseconds, action, RWBS), each by itself, in whatever
 * order.
 */
function looksCustom(line: string): boolean {
  const tokens = line.trim().split(/[\s|;]+/);
  const has = (pattern: RegExp) => tokens.some((token) => pattern.test(token));
  return has(/^\d+,\d+$/) && has(/^\d+\.\d{9}$/) && has(/^([QMFGSRDCPIXBAm]|U|UT|Z[APU])$/) &&
    has(/^F?(D|W|R|N|WZ|Z[A-Z]{1,2})F?A?S?M?$/);
}

function sniff(head: Uint8Array): boolean {
  const line = new BlkparseLine();
  const encoder = new TextEncoder();
  let events = 0;
  let custom = 0;
  let other = 0;
  let summary = 0;
  for (const text of linesOf(head)) {
    const bytes = encoder.encode(text);
    if (line.parse(bytes, 0, bytes.length)) events++;
    else if (isUnmistakable(text)) summary++;
    else if (looksCustom(text)) custom++;
    else if (!isSummaryLine(text)) other++;
    if (events + custom + other === LINES_TO_TELL) break;
  }
  // A line is cut at the end of the head; some may be damaged.
  if (events > 0 && events >= other + custom - 1) return true;
  if (events === 0 && (custom > other || (summary > 0 && other > 0))) {
    throw new UnreadableInput(
      "blkparse output in a format of its own (options -f, -F): print it again without these options, or give the " +
        "binary files NAME.blktrace.N",
    );
  }
  // Nothing but the sums: a trace without events.
  return summary > 0;
}

async function open(context: ReadContext): Promise<OpenRecording> {
  const [path] = context.files;
  const bytes = await openBytes(path);
  const stream = new BlkparseStream(new LineReader(bytes), path === "-" ? "standard input" : path, context);
  return {
    facts: { format: "blkparse", kernel: null, clock: null, page_size: null, cpus: null },
    streams: [stream],
    finish: () => {},
    close: () => bytes.close(),
    lostEvents: () => stream.skips,
    skippedRecords: () => stream.bad,
  };
}

/** Text of blkparse in its default format. */
export const blkparseFormat: RecordingFormat = { id: "blkparse", sniff, open };
