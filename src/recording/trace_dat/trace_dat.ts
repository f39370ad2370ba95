/**
 * What the streams of a trace.dat recording share: event types and their decoders, names of tasks, what is noted.
 *
 * @module
 */

import type { Severity } from "../diagnostics.ts";
import type { EventSink } from "../event_sink.ts";
import { NONE } from "../event_type.ts";
import type { RandomAccessFile } from "../random_access.ts";
import type { ReadContext } from "../recording_format.ts";
import { EventDecoder } from "./event_decoder.ts";
import type { EventFormat } from "./event_format.ts";
import { EventFormats } from "./event_formats.ts";
import type { BufferData, FileHead } from "./file_head.ts";
import { irqFlags } from "./irq_flags.ts";
import { bufferLayout, type CommonLayout, commonLayout, type PageLayout } from "./page_layout.ts";
import { PrintkTexts } from "./printk_texts.ts";

/** Clocks whose cycles the file's TSC2NSEC option turns into nanoseconds. */
const CYCLE_CLOCKS = new Set(["x86-tsc", "tsc2nsec"]);

/** Types without description that get a table each; damaged records could bring up any. */
const UNDESCRIBED_MAX = 64;

/** Records without description are kept as bytes, those of the many types of one table with their type. */
function undescribedFormat(id: number, name: string, common: CommonLayout): EventFormat {
  const field = { signed: false, location: "fixed", count: null } as const;
  const payload = { ...field, name: "payload", type: "u8", offset: common.bytes, size: 0, array: true };
  const type = { ...field, name: "type", type: "unsigned short", offset: common.type, size: 2, array: false };
  const fields = name === "type_other" ? [type, payload] : [payload];
  return { system: "", name, id, common: [], fields, printFormat: "", described: false };
}

/** A recording. */
export class TraceDat {
  readonly head: FileHead;
  readonly file: RandomAccessFile;
  readonly context: ReadContext;
  readonly formats: EventFormats;
  readonly common: CommonLayout;
  /** Bytes of a `long` in the recorded kernel. */
  readonly longBytes: number;
  readonly printk: PrintkTexts;
  lost = 0;
  skipped = 0;
  readonly #undescribed = new Map<number, EventFormat>();
  readonly #commByPid = new Map<number, number>();
  #lastPid = -1;
  #lastComm = NONE;
  readonly #flagCodes = new Int32Array(65536).fill(-2);

  constructor(file: RandomAccessFile, head: FileHead, layout: PageLayout, context: ReadContext) {
    this.file = file;
    this.head = head;
    this.context = context;
    this.longBytes = layout.commitBytes;
    this.formats = new EventFormats(head.formats, (message) => this.report("error", "format_damaged", message, 0));
    this.common = commonLayout(head.formats);
    this.printk = new PrintkTexts(
      head,
      { littleEndian: layout.littleEndian, longBytes: layout.commitBytes },
      (what) =>
        this.report("info", "message_not_rendered", `the text of a trace_printk message is not told: ${what}`, 0),
    );
    for (const line of head.cmdlines.split("\n")) {
      const match = /^\s*(\d{1,10}) ([^]*)$/.exec(line);
      if (match !== null) this.#commByPid.set(Number(match[1]), context.sink.pool.code(match[2]));
    }
    this.#commByPid.set(0, context.sink.pool.code("<idle>"));
  }

  report(severity: Severity, code: string, message: string, position: number, count = 1): void {
    this.context.diagnostics.add(severity, code, {
      message,
      position: `${this.context.path}, byte ${position}`,
      count,
    });
  }

  /** Takes note of something in the file that could not be read as events. */
  skip(code: string, message: string, position: number): void {
    this.skipped++;
    this.report("error", code, message, position);
  }

  /** True when times of this clock are cycles that the file says how to turn into nanoseconds. */
  convertsCycles(clock: string | null): boolean {
    return this.head.tsc !== null && clock !== null && CYCLE_CLOCKS.has(clock);
  }

  /** The description that records of a type get which the file does not describe. */
  undescribedFormat(id: number): EventFormat {
    let format = this.#undescribed.get(id);
    if (format === undefined) {
      const name = this.#undescribed.size < UNDESCRIBED_MAX ? `type_${id}` : "type_other";
      format = [...this.#undescribed.values()].find((known) => known.name === name) ??
        undescribedFormat(id, name, this.common);
      this.#undescribed.set(id, format);
    }
    return format;
  }

  /** Code of a task's name. */
  comm(pid: number): number {
    if (pid !== this.#lastPid) {
      this.#lastPid = pid;
      this.#lastComm = this.#commByPid.get(pid) ?? NONE;
    }
    return this.#lastComm;
  }

  /** Code of the text of a record's flags. */
  flags(flags: number, preemptCount: number): number {
    const key = (flags << 8) | preemptCount;
    let code = this.#flagCodes[key];
    if (code === -2) code = this.#flagCodes[key] = this.context.sink.pool.code(irqFlags(flags, preemptCount));
    return code;
  }
}

/** A buffer of a recording, and what its CPUs share. */
export class BufferReading {
  readonly dat: TraceDat;
  readonly buffer: BufferData;
  readonly layout: PageLayout;
  /** CPUs of all buffers, which are read at the same time. */
  readonly streams: number;
  /** Nanoseconds to add to a time: halves. */
  readonly offsetLo: number;
  readonly offsetHi: number;
  /** By the number of the event type; made when the first record of a type comes. */
  readonly decoders: (EventDecoder | undefined)[] = [];
  readonly #decoderOf = new Map<EventFormat, EventDecoder>();

  constructor(dat: TraceDat, buffer: BufferData, top: PageLayout, streams: number) {
    this.dat = dat;
    this.buffer = buffer;
    this.layout = bufferLayout(top, buffer);
    this.streams = streams;
    const offset = BigInt.asUintN(64, dat.head.tsOffset);
    this.offsetLo = Number(offset & 0xffffffffn);
    this.offsetHi = Number(offset >> 32n);
  }

  /** Makes the decoder of records of type `id`. */
  makeDecoder(id: number, sink: EventSink): EventDecoder {
    const { dat } = this;
    const format = dat.formats.get(id) ?? dat.undescribedFormat(id);
    // The types that share the last description share its decoder.
    const shared = this.#decoderOf.get(format);
    if (shared !== undefined) return this.decoders[id] = shared;
    const type = sink.eventType({
      recordingId: dat.context.recordingId,
      source: "ftrace",
      system: format.system,
      name: format.name,
      buffer: this.buffer.name,
      pageShift: 31 - Math.clz32(dat.head.pageBytes),
    });
    const decoder = new EventDecoder(format, type, sink, {
      littleEndian: this.layout.littleEndian,
      longBytes: dat.longBytes,
      printk: dat.printk,
    });
    this.#decoderOf.set(format, decoder);
    return this.decoders[id] = decoder;
  }
}
