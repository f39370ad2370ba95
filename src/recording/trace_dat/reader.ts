/**
 * The reader for trace.dat files of trace-cmd, versions 6 and 7.
 *
 * Each CPU of each buffer is a stream of its own; event types are decoded by the descriptions that the file carries.
 *
 * @module
 */

import type { Diagnostics } from "../diagnostics.ts";
import { type EventSink, type EventType, NONE } from "../event_sink.ts";
import { openRandomAccess, type RandomAccessFile } from "../random_access.ts";
import {
  type OpenRecording,
  type ReadContext,
  type RecordingFormat,
  type RecordStream,
  UnreadableInput,
} from "../recording_format.ts";
import { CpuPages } from "./cpu_stream.ts";
import { EventDecoder } from "./event_decoder.ts";
import { type EventFormat, type FormatField, parseEventFormat, parseHeaderPage } from "./event_format.ts";
import { type BufferData, type CpuData, type FileHead, MAGIC, readFileHead } from "./file_head.ts";
import { irqFlags } from "./irq_flags.ts";
import { type PageLayout, RingBufferPage } from "./ring_buffer.ts";

/** Where the fields stand that every event begins with. */
interface CommonLayout {
  type: number;
  flags: number;
  preemptCount: number;
  pid: number;
  bytes: number;
}

const COMMON_USUAL: CommonLayout = { type: 0, flags: 2, preemptCount: 3, pid: 4, bytes: 8 };

function commonLayout(formats: Iterable<EventFormat>): CommonLayout {
  for (const format of formats) {
    const at = (name: string) => format.common.find((field: FormatField) => field.name === name)?.offset;
    const type = at("common_type");
    const pid = at("common_pid");
    if (type === undefined || pid === undefined) continue;
    return {
      type,
      pid,
      flags: at("common_flags") ?? COMMON_USUAL.flags,
      preemptCount: at("common_preempt_count") ?? COMMON_USUAL.preemptCount,
      bytes: pid + 4,
    };
  }
  return COMMON_USUAL;
}

function pageLayout(head: FileHead, pageBytes: number): PageLayout {
  const fields = parseHeaderPage(head.headerPage);
  const timestamp = fields.get("timestamp");
  const commit = fields.get("commit");
  const data = fields.get("data");
  return {
    pageBytes,
    littleEndian: head.littleEndian,
    longBytes: head.longBytes,
    timestampOffset: timestamp?.offset ?? 0,
    commitOffset: commit?.offset ?? 8,
    commitBytes: commit?.size ?? head.longBytes,
    dataOffset: data?.offset ?? 8 + head.longBytes,
  };
}

/** What the streams of a recording share. */
class TraceDat {
  readonly head: FileHead;
  readonly file: RandomAccessFile;
  readonly context: ReadContext;
  readonly formats = new Map<number, EventFormat>();
  readonly common: CommonLayout;
  lost = 0;
  skipped = 0;
  readonly #commByPid = new Map<number, number>();
  readonly #flagCodes = new Int32Array(65536).fill(-2);

  constructor(file: RandomAccessFile, head: FileHead, context: ReadContext) {
    this.file = file;
    this.head = head;
    this.context = context;
    for (const { system, text } of head.formats) {
      const format = parseEventFormat(system, text);
      if (format === null) {
        this.report("error", "format_damaged", `an event description of system ${system} has no name or ID`, 0);
      } else {
        this.formats.set(format.id, format);
      }
    }
    this.common = commonLayout(this.formats.values());
    for (const line of head.cmdlines.split("\n")) {
      const space = line.indexOf(" ");
      if (space > 0) this.#commByPid.set(Number(line.slice(0, space)), context.sink.pool.code(line.slice(space + 1)));
    }
    this.#commByPid.set(0, context.sink.pool.code("<idle>"));
  }

  report(severity: Parameters<Diagnostics["add"]>[0], code: string, message: string, position: number): void {
    this.context.diagnostics.add(severity, code, { message, position: `${this.context.path}, byte ${position}` });
  }

  comm(pid: number): number {
    return this.#commByPid.get(pid) ?? NONE;
  }

  flags(flags: number, preemptCount: number): number {
    const key = (flags << 8) | preemptCount;
    let code = this.#flagCodes[key];
    if (code === -2) code = this.#flagCodes[key] = this.context.sink.pool.code(irqFlags(flags, preemptCount));
    return code;
  }
}

/** Adds 64-bit values given by halves. */
function offsetHalves(value: bigint): [lo: number, hi: number] {
  const wrapped = BigInt.asUintN(64, value);
  return [Number(wrapped & 0xffffffffn), Number(wrapped >> 32n)];
}

class CpuStream implements RecordStream {
  tsLo = 0;
  tsHi = 0;
  readonly #dat: TraceDat;
  readonly #cpu: number;
  readonly #buffer: BufferData;
  readonly #pages: CpuPages;
  readonly #page: RingBufferPage;
  readonly #decoders: (EventDecoder | undefined)[] = [];
  readonly #offsetLo: number;
  readonly #offsetHi: number;
  #piece: Uint8Array | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #pageAt = 0;
  #opened = false;
  #lost = 0;

  constructor(dat: TraceDat, buffer: BufferData, data: CpuData) {
    this.#dat = dat;
    this.#cpu = data.cpu;
    this.#buffer = buffer;
    [this.#offsetLo, this.#offsetHi] = offsetHalves(dat.head.tsOffset);
    const layout = pageLayout(dat.head, buffer.pageBytes);
    this.#page = new RingBufferPage(layout, {
      missed: (count) => this.#missed(count),
      damaged: (what) => this.#damaged("damaged_page", `CPU ${data.cpu}: ${what}`, this.#pages.position),
    });
    const compression = buffer.compressed ? dat.head.compression : "none";
    this.#pages = new CpuPages(
      dat.file,
      data,
      buffer.pageBytes,
      compression,
      dat.head.littleEndian,
      (code, what, position) => this.#damaged(code, what, position),
    );
  }

  /** Events lost on this CPU, as its pages say. */
  get lost(): number {
    return this.#lost;
  }

  #missed(count: number | null): void {
    this.#lost += count ?? 1;
    this.#dat.lost += count ?? 1;
    const where = this.#buffer.name === "" ? "" : ` of buffer ${this.#buffer.name}`;
    this.#dat.context.diagnostics.add("data_loss", count === null ? "events_lost_uncounted" : "events_lost", {
      message: count === null
        ? `CPU ${this.#cpu}${where}: the ring buffer marks a gap without saying how many events are missing`
        : `CPU ${this.#cpu}${where}: events are missing: the ring buffer overran its reader`,
      position: `${this.#dat.context.path}, byte ${this.#pages.position}`,
      count: count ?? 1,
      key: `${this.#buffer.name}/${this.#cpu}`,
    });
  }

  #damaged(code: string, what: string, position: number): void {
    this.#dat.skipped++;
    this.#dat.report("error", code, what, position);
  }

  next(): boolean {
    for (;;) {
      if (this.#opened && this.#page.next()) {
        if (this.#page.dataEnd - this.#page.dataStart < this.#dat.common.bytes) {
          this.#damaged("short_record", "a record too short to tell its type", this.#pages.position);
          continue;
        }
        this.#setTime();
        return true;
      }
      this.#opened = false;
      if (this.#piece === null || this.#pageAt >= this.#piece.length) {
        this.#piece = this.#pages.next();
        if (this.#piece === null) return false;
        this.#view = new DataView(this.#piece.buffer, this.#piece.byteOffset, this.#piece.byteLength);
        this.#pageAt = 0;
      }
      this.#page.open(this.#piece, this.#view, this.#pageAt);
      this.#pageAt += this.#buffer.pageBytes;
      this.#opened = true;
    }
  }

  #setTime(): void {
    this.tsLo = this.#page.tsLo;
    this.tsHi = this.#page.tsHi;
    const { tsc, tsOffset } = this.#dat.head;
    if (tsc !== null && this.#buffer.clock === "x86-tsc") {
      // Clock cycles: the product needs 96 bits, and such recordings are rare.
      const cycles = (BigInt(this.tsHi) << 32n) | BigInt(this.tsLo);
      [this.tsLo, this.tsHi] = offsetHalves(
        ((cycles * BigInt(tsc.multiplier)) >> BigInt(tsc.shift)) + tsc.offset + tsOffset,
      );
    } else if (tsOffset !== 0n) {
      const lo = this.tsLo + this.#offsetLo;
      this.tsLo = lo >>> 0;
      this.tsHi = (this.tsHi + this.#offsetHi + (lo > 0xffffffff ? 1 : 0)) >>> 0;
    }
  }

  #decoder(id: number, sink: EventSink): EventDecoder {
    const dat = this.#dat;
    let format = dat.formats.get(id);
    if (format === undefined) {
      const rest = { type: "u8", offset: dat.common.bytes, size: 0, signed: false, location: "fixed" } as const;
      format = {
        system: "",
        name: `type_${id}`,
        id,
        common: [],
        fields: [{ ...rest, name: "payload", array: true }],
        printFormat: "",
      };
      dat.report(
        "warning",
        "format_missing",
        `events of type ${id} have no description in the file: kept as bytes`,
        this.#pages.position,
      );
    }
    const type: EventType = sink.eventType({
      recordingId: dat.context.recordingId,
      source: "ftrace",
      system: format.system,
      name: format.name,
      buffer: this.#buffer.name,
      pageShift: 31 - Math.clz32(dat.head.pageBytes),
    });
    return this.#decoders[id] = new EventDecoder(format, type, sink, dat.head.longBytes, dat.head.littleEndian);
  }

  emit(sink: EventSink): void {
    const dat = this.#dat;
    const page = this.#page;
    const start = page.dataStart;
    const id = page.view.getUint16(start + dat.common.type, dat.head.littleEndian);
    const decoder = this.#decoders[id] ?? this.#decoder(id, sink);
    const pid = page.view.getInt32(start + dat.common.pid, dat.head.littleEndian);
    const flags = dat.flags(page.bytes[start + dat.common.flags], page.bytes[start + dat.common.preemptCount]);
    sink.begin(decoder.type, this.tsLo, this.tsHi, this.#cpu, pid, NONE, dat.comm(pid), flags);
    const trouble = decoder.decode(sink, page.bytes, page.view, start, page.dataEnd);
    if (trouble !== null) {
      dat.context.diagnostics.add("error", "short_record", {
        message: `${decoder.format.name}: ${trouble}; the fields that are there are kept`,
        position: `${dat.context.path}, byte ${this.#pages.position}`,
        key: decoder.format.name,
      });
    }
    sink.commit();
  }
}

function kernelOf(uname: string | null): string | null {
  return uname === null ? null : uname.trim().split(/\s+/)[2] ?? uname;
}

function* symbolsOf(kallsyms: string): Iterable<{ address: bigint; name: string; module: string | null }> {
  for (const match of kallsyms.matchAll(/^([0-9a-f]+) \S (\S+)(?:[ \t]+\[(.+)\])?$/gm)) {
    yield { address: BigInt(`0x${match[1]}`), name: match[2], module: match[3] ?? null };
  }
}

/** Counters of the kernel's per-CPU statistics that mean lost events. */
function reportCpuStats(dat: TraceDat, streams: CpuStream[]): void {
  const marked = streams.reduce((sum, stream) => sum + stream.lost, 0);
  let counted = 0;
  for (const stats of dat.head.cpuStats) {
    const cpu = /CPU:\s*(\d+)/.exec(stats)?.[1] ?? "?";
    for (const counter of ["overrun", "commit overrun", "dropped events"]) {
      const count = Number(new RegExp(`^${counter}:\\s*(\\d+)`, "m").exec(stats)?.[1] ?? 0);
      if (count === 0) continue;
      counted += count;
      dat.context.diagnostics.add("data_loss", counter.replaceAll(" ", "_"), {
        message: `CPU ${cpu}: the kernel counted ${counter} events that the buffer could not keep`,
        position: dat.context.path,
        count,
        key: cpu,
      });
    }
  }
  // Gaps in the pages and the kernel's counters tell of the same events; the larger figure is the one to go by.
  dat.lost += Math.max(0, counted - marked);
}

export const traceDat: RecordingFormat = {
  id: "trace.dat",

  sniff(head) {
    return MAGIC.every((byte, i) => head[i] === byte);
  },

  async open(context: ReadContext): Promise<OpenRecording> {
    const file = await openRandomAccess(context.files[0]);
    let head: FileHead;
    try {
      head = readFileHead(file);
    } catch (error) {
      file.close();
      if (error instanceof UnreadableInput) throw new UnreadableInput(`${context.path}: ${error.message}`);
      throw error;
    }
    const dat = new TraceDat(file, head, context);
    if (file.damage !== null) dat.report("error", "truncated", file.damage, file.size);
    for (const { code, message, position } of head.troubles) dat.report("error", code, message, position);
    for (const option of head.unapplied) {
      dat.report("warning", "option_not_applied", `the file's ${option} option is not applied to the times`, 0);
    }
    const streams = head.buffers.flatMap((buffer) => buffer.cpus.map((data) => new CpuStream(dat, buffer, data)));
    const cpus = Math.max(head.cpuCount, ...head.buffers.flatMap((b) => b.cpus.map((c) => c.cpu + 1)));
    return {
      facts: {
        format: `trace.dat v${head.version}`,
        kernel: kernelOf(head.uname),
        clock: head.clock,
        page_size: head.pageBytes,
        cpus,
      },
      streams,
      finish: () => reportCpuStats(dat, streams),
      close: () => file.close(),
      lostEvents: () => dat.lost,
      skippedRecords: () => dat.skipped,
      symbols: () => symbolsOf(head.kallsyms),
    };
  },
};
