/**
 * Everything in a trace.dat file that comes before its events: versions 6 and 7, sections, options, descriptions, names.
 *
 * Source: trace-cmd.dat.v6.5 and trace-cmd.dat.v7.5 (the format's manual pages) and recorded files.
 *
 * @module
 */

import { inflateSync } from "node:zlib";
import { UnreadableInput } from "../recording_format.ts";
import type { RandomAccessFile } from "../random_access.ts";
import { zstdDecompressSync } from "../zstd.ts";
import { ByteCursor, CutShort } from "./byte_cursor.ts";

/** `17 08 44 "tracing"`: the first bytes of every trace.dat file. */
export const MAGIC = new Uint8Array([0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67]);

/** Memory that one compressed section or chunk may unpack to; a larger one is damage or an attack. */
export const UNPACKED_BYTES_MAX = 256 << 20;

export type Compression = "none" | "zlib" | "zstd";

/** One CPU's events: where they are in the file. */
export interface CpuData {
  cpu: number;
  offset: number;
  size: number;
}

/** A ring buffer: the top-level one (name "") or an instance. */
export interface BufferData {
  name: string;
  clock: string | null;
  pageBytes: number;
  compressed: boolean;
  cpus: CpuData[];
}

/** What could not be read, for a diagnostic. */
export interface HeadTrouble {
  code: string;
  message: string;
  position: number;
}

export interface FileHead {
  version: number;
  littleEndian: boolean;
  longBytes: number;
  /** Page size of the recorded machine. */
  pageBytes: number;
  compression: Compression;
  headerPage: string;
  /** Descriptions: system and text. */
  formats: { system: string; text: string }[];
  kallsyms: string;
  printk: string;
  cmdlines: string;
  cpuCount: number;
  clock: string | null;
  uname: string | null;
  tracecmdVersion: string | null;
  /** Nanoseconds to add to every time (options OFFSET and DATE). */
  tsOffset: bigint;
  /** Clock cycles to nanoseconds, when the clock counts cycles. */
  tsc: { multiplier: number; shift: number; offset: bigint } | null;
  /** Per-CPU statistics as the kernel printed them, in CPU order. */
  cpuStats: string[];
  buffers: BufferData[];
  /** Options that change the meaning of times or data and are not applied. */
  unapplied: string[];
  troubles: HeadTrouble[];
}

const OPTION = {
  DONE: 0,
  DATE: 1,
  CPUSTAT: 2,
  BUFFER: 3,
  TRACECLOCK: 4,
  UNAME: 5,
  OFFSET: 7,
  CPUCOUNT: 8,
  VERSION: 9,
  TIME_SHIFT: 12,
  TSC2NSEC: 14,
  HEADER_INFO: 16,
  FTRACE_EVENTS: 17,
  EVENT_FORMATS: 18,
  KALLSYMS: 19,
  PRINTK: 20,
  CMDLINES: 21,
} as const;

const FIRST_READ_BYTES = 1 << 20;
const HEAD_BYTES_MAX = 512 << 20;

/** Unpacks one block. @throws {Error} when it is damaged or larger than {@linkcode UNPACKED_BYTES_MAX} */
export function unpack(compression: Compression, packed: Uint8Array, size: number): Uint8Array {
  if (size > UNPACKED_BYTES_MAX) throw new Error(`a block that says it unpacks to ${size} bytes`);
  const limit = { maxOutputLength: Math.max(1, size) };
  const bytes = compression === "zstd" ? zstdDecompressSync(packed, limit) : inflateSync(packed, limit);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function emptyHead(): FileHead {
  return {
    version: 0,
    littleEndian: true,
    longBytes: 8,
    pageBytes: 4096,
    compression: "none",
    headerPage: "",
    formats: [],
    kallsyms: "",
    printk: "",
    cmdlines: "",
    cpuCount: 0,
    clock: null,
    uname: null,
    tracecmdVersion: null,
    tsOffset: 0n,
    tsc: null,
    cpuStats: [],
    buffers: [],
    unapplied: [],
    troubles: [],
  };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replace(/\0+$/, "");

function readHeaderInfo(head: FileHead, cursor: ByteCursor): void {
  for (const want of ["header_page", "header_event"]) {
    const name = cursor.cString();
    if (name !== want) throw new CutShort(`"${want}" expected, "${name.slice(0, 20)}" found`);
    const body = cursor.text(cursor.u64());
    if (want === "header_page") head.headerPage = body;
  }
}

function readFtraceFormats(head: FileHead, cursor: ByteCursor): void {
  for (let n = cursor.u32(); n > 0; n--) head.formats.push({ system: "ftrace", text: cursor.text(cursor.u64()) });
}

function readEventFormats(head: FileHead, cursor: ByteCursor): void {
  for (let systems = cursor.u32(); systems > 0; systems--) {
    const system = cursor.cString();
    for (let n = cursor.u32(); n > 0; n--) head.formats.push({ system, text: cursor.text(cursor.u64()) });
  }
}

function parseInteger(option: string): bigint {
  try {
    return BigInt(option.trim());
  } catch {
    return 0n;
  }
}

/** An option that stands alike in both versions. */
function readOption(head: FileHead, id: number, body: ByteCursor): void {
  switch (id) {
    case OPTION.DATE:
    case OPTION.OFFSET:
      head.tsOffset += parseInteger(text(body.slice(body.left)));
      break;
    case OPTION.CPUSTAT:
      head.cpuStats.push(text(body.slice(body.left)));
      break;
    case OPTION.TRACECLOCK: {
      const clocks = text(body.slice(body.left));
      head.clock = /\[([^\]]+)\]/.exec(clocks)?.[1] ?? (clocks.trim() || null);
      break;
    }
    case OPTION.UNAME:
      head.uname = text(body.slice(body.left));
      break;
    case OPTION.VERSION:
      head.tracecmdVersion = text(body.slice(body.left));
      break;
    case OPTION.CPUCOUNT:
      head.cpuCount = body.u32();
      break;
    case OPTION.TIME_SHIFT:
      head.unapplied.push("TIME_SHIFT (guest and host clocks)");
      break;
    case OPTION.TSC2NSEC:
      head.tsc = { multiplier: body.u32(), shift: body.u32(), offset: BigInt(body.u64()) };
      break;
    default:
  }
}

interface SectionHead {
  id: number;
  flags: number;
  size: number;
  /** Where the body begins. */
  body: number;
}

class HeadReader {
  readonly head = emptyHead();
  readonly #file: RandomAccessFile;

  constructor(file: RandomAccessFile) {
    this.#file = file;
  }

  #trouble(code: string, message: string, position: number): void {
    this.head.troubles.push({ code, message, position });
  }

  read(): FileHead {
    const start = new ByteCursor(this.#file.read(0, FIRST_READ_BYTES), true);
    start.at = MAGIC.length;
    try {
      const version = start.cString();
      this.head.version = Number(version);
      if (version !== "6" && version !== "7") {
        throw new UnreadableInput(
          `trace.dat version ${JSON.stringify(version.slice(0, 10))}; versions 6 and 7 are read: ` +
            "convert it with trace-cmd convert",
        );
      }
      this.head.littleEndian = start.u8() === 0;
      this.head.longBytes = start.u8();
      const rest = new ByteCursor(start.bytes, this.head.littleEndian);
      rest.at = start.at;
      this.head.pageBytes = rest.u32();
      if (![4, 8].includes(this.head.longBytes)) throw new CutShort(`a long of ${this.head.longBytes} bytes`);
      if (
        this.head.pageBytes < 512 || this.head.pageBytes > 1 << 20 || (this.head.pageBytes & (this.head.pageBytes - 1))
      ) {
        throw new CutShort(`a page of ${this.head.pageBytes} bytes`);
      }
      if (this.head.version === 6) this.#version6(rest.at);
      else this.#version7(rest);
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
      throw new UnreadableInput(
        `the head of the trace.dat file is cut or damaged (${error.message}, file of ${this.#file.size} bytes): ` +
          "nothing can be read without it; copy or record it again",
      );
    }
    return this.head;
  }

  /** Everything of version 6 stands in a row; how long it is is known only when it has been read. */
  #version6(at: number): void {
    for (let length = FIRST_READ_BYTES * 4;; length *= 4) {
      const cursor = new ByteCursor(this.#file.read(0, Math.min(length, HEAD_BYTES_MAX)), this.head.littleEndian);
      cursor.at = at;
      const fresh = emptyHead();
      Object.assign(this.head, {
        ...fresh,
        version: 6,
        littleEndian: this.head.littleEndian,
        longBytes: this.head.longBytes,
        pageBytes: this.head.pageBytes,
      });
      try {
        this.#version6Head(cursor);
        return;
      } catch (error) {
        if (!(error instanceof CutShort) || length >= this.#file.size || length >= HEAD_BYTES_MAX) throw error;
      }
    }
  }

  #version6Head(cursor: ByteCursor): void {
    const head = this.head;
    readHeaderInfo(head, cursor);
    readFtraceFormats(head, cursor);
    readEventFormats(head, cursor);
    head.kallsyms = cursor.text(cursor.u32());
    head.printk = cursor.text(cursor.u32());
    head.cmdlines = cursor.text(cursor.u64());
    head.cpuCount = cursor.u32();
    const instances: { offset: number; name: string }[] = [];
    let kind = cursor.text(10);
    if (kind.startsWith("options")) {
      for (let id = cursor.u16(); id !== OPTION.DONE; id = cursor.u16()) {
        const body = new ByteCursor(cursor.slice(cursor.u32()), head.littleEndian);
        if (id === OPTION.BUFFER) instances.push({ offset: body.u64(), name: body.cString() });
        else readOption(head, id, body);
      }
      kind = cursor.text(10);
    }
    if (kind.startsWith("latency")) {
      throw new UnreadableInput(
        "the trace.dat file holds a latency tracer's text: give the output of trace-cmd report",
      );
    }
    if (!kind.startsWith("flyrecord")) throw new CutShort(`"flyrecord" expected at byte ${cursor.at - 10}`);
    this.#flyrecord(cursor, "");
    for (const instance of instances) {
      const bytes = this.#file.read(instance.offset, 10 + head.cpuCount * 16);
      const at = new ByteCursor(bytes, head.littleEndian);
      try {
        if (!at.text(10).startsWith("flyrecord")) throw new CutShort("no buffer there");
        this.#flyrecord(at, instance.name);
      } catch (error) {
        if (!(error instanceof CutShort)) throw error;
        this.#trouble("buffer_missing", `instance ${instance.name}: ${error.message}`, instance.offset);
      }
    }
  }

  #flyrecord(cursor: ByteCursor, name: string): void {
    const cpus: CpuData[] = [];
    for (let cpu = 0; cpu < this.head.cpuCount; cpu++) cpus.push({ cpu, offset: cursor.u64(), size: cursor.u64() });
    this.head.buffers.push({
      name,
      clock: this.head.clock,
      pageBytes: this.head.pageBytes,
      compressed: false,
      cpus: cpus.filter((c) => c.size > 0),
    });
  }

  #version7(cursor: ByteCursor): void {
    const head = this.head;
    const compression = cursor.cString();
    cursor.cString();
    if (compression !== "none" && compression !== "zlib" && compression !== "zstd") {
      throw new UnreadableInput(
        `trace.dat compressed with ${JSON.stringify(compression.slice(0, 20))}; none, zlib and zstd are read: ` +
          "convert it with trace-cmd convert --compression zstd",
      );
    }
    head.compression = compression;
    const seen = new Set<number>();
    for (let at = cursor.u64(); at !== 0;) {
      // Sections of options form a chain; one that comes back to itself would never end.
      if (seen.has(at)) {
        this.#trouble("options_loop", `the chain of option sections comes back to byte ${at}`, at);
        return;
      }
      seen.add(at);
      const options = this.#section(at, OPTION.DONE);
      if (options === null) {
        if (seen.size === 1) throw new CutShort(`the options at byte ${at} are missing`);
        return;
      }
      at = 0;
      while (options.left >= 6) {
        const id = options.u16();
        const body = new ByteCursor(options.slice(options.u32()), head.littleEndian);
        if (id === OPTION.DONE) {
          at = body.left >= 8 ? body.u64() : 0;
          break;
        }
        this.#option7(id, body);
      }
    }
  }

  #option7(id: number, body: ByteCursor): void {
    const head = this.head;
    switch (id) {
      case OPTION.BUFFER:
        this.#buffer7(body);
        break;
      case OPTION.HEADER_INFO:
        this.#described(body, id, (c) => readHeaderInfo(head, c));
        break;
      case OPTION.FTRACE_EVENTS:
        this.#described(body, id, (c) => readFtraceFormats(head, c));
        break;
      case OPTION.EVENT_FORMATS:
        this.#described(body, id, (c) => readEventFormats(head, c));
        break;
      case OPTION.KALLSYMS:
        this.#described(body, id, (c) => head.kallsyms += c.text(c.u32()));
        break;
      case OPTION.PRINTK:
        this.#described(body, id, (c) => head.printk += c.text(c.u32()));
        break;
      case OPTION.CMDLINES:
        this.#described(body, id, (c) => head.cmdlines += c.text(c.u64()));
        break;
      default:
        readOption(head, id, body);
    }
  }

  /** An option that holds the offset of a section. */
  #described(body: ByteCursor, id: number, read: (cursor: ByteCursor) => void): void {
    const at = body.u64();
    const section = this.#section(at, id);
    if (section === null) return;
    try {
      read(section);
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
      this.#trouble("section_damaged", `section ${id}: ${error.message}`, at);
    }
  }

  #buffer7(body: ByteCursor): void {
    const head = this.head;
    const at = body.u64();
    const name = body.cString();
    const clock = body.cString();
    const pageBytes = body.u32();
    const cpus: CpuData[] = [];
    for (let n = body.u32(); n > 0; n--) cpus.push({ cpu: body.u32(), offset: body.u64(), size: body.u64() });
    const sectionHead = this.#sectionHead(at);
    if (clock !== "") head.clock ??= clock;
    head.buffers.push({
      name,
      clock: clock || head.clock,
      pageBytes: pageBytes || head.pageBytes,
      compressed: sectionHead === null ? head.compression !== "none" : (sectionHead.flags & 1) !== 0,
      cpus: cpus.filter((c) => c.size > 0),
    });
  }

  #sectionHead(at: number): SectionHead | null {
    const bytes = this.#file.read(at, 16);
    if (bytes.length < 16) return null;
    const cursor = new ByteCursor(bytes, this.head.littleEndian);
    const id = cursor.u16();
    const flags = cursor.u16();
    cursor.u32();
    return { id, flags, size: cursor.u64(), body: at + 16 };
  }

  /** The unpacked body of a section, or null with a note of the trouble. */
  #section(at: number, id: number): ByteCursor | null {
    const le = this.head.littleEndian;
    let section: SectionHead | null = null;
    try {
      section = this.#sectionHead(at);
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
    }
    if (section === null || section.id !== id || section.body + section.size > this.#file.size) {
      this.#trouble("section_missing", `section ${id} is not (whole) where the file says it is`, at);
      return null;
    }
    const bytes = this.#file.read(section.body, section.size);
    if (!(section.flags & 1)) return new ByteCursor(bytes, le);
    const cursor = new ByteCursor(bytes, le);
    try {
      const packed = cursor.u32();
      const size = cursor.u32();
      return new ByteCursor(unpack(this.head.compression, cursor.slice(packed), size), le);
    } catch (error) {
      this.#trouble("section_damaged", `section ${id}: ${(error as Error).message}`, at);
      return null;
    }
  }
}

/**
 * Reads the head of a trace.dat file.
 *
 * @throws {UnreadableInput} when events could not be told without what is missing
 */
export function readFileHead(file: RandomAccessFile): FileHead {
  return new HeadReader(file).read();
}
