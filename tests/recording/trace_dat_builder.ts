/**
 * Makes trace.dat files from descriptions, for tests: versions 6 and 7, either byte order, any mix of buffers, CPUs,
 * options and ring buffer entries.
 *
 * Written from the format's manual pages (trace-cmd.dat.v6.5, trace-cmd.dat.v7.5) and the kernel's description of its
 * ring buffer; `trace-cmd report` reads what comes out.
 *
 * @module
 */

import { deflateSync } from "node:zlib";
import * as zlib from "node:zlib";
import { ByteWriter } from "./byte_writer.ts";
import { packPages, type Page, type PageShape, type RingEntry, writePage } from "./trace_dat_pages.ts";

// The Node types that come in through a dependency are older than zstd in node:zlib.
const { zstdCompressSync } = zlib as unknown as { zstdCompressSync(bytes: Uint8Array): Uint8Array };

/** One CPU's events: entries that are spread over pages as the kernel would, pages laid out by hand, or pages as they are. */
export type CpuSpec =
  | { cpu: number; entries: RingEntry[] }
  | { cpu: number; pages: Page[] }
  | { cpu: number; bytes: Uint8Array };

export interface BufferSpec {
  /** "" for the top-level buffer. */
  name: string;
  /** Version 7 only. */
  clock?: string;
  /** Bytes of a ring buffer page where it is not the machine's page (version 7 only). */
  pageBytes?: number;
  cpus: CpuSpec[];
}

/** An option: text gets a NUL at its end. */
export interface OptionSpec {
  id: number;
  body: string | ((writer: ByteWriter) => void);
}

export interface TraceDatSpec {
  version: 6 | 7;
  order: "little" | "big";
  longBytes: 4 | 8;
  /** The machine's page size. */
  pageBytes: number;
  /** Version 7 only. */
  compression: "none" | "zlib" | "zstd";
  /** Event descriptions; those of system `ftrace` have a section of their own. */
  formats: { system: string; text: string }[];
  kallsyms: string;
  printk: string;
  cmdlines: string;
  options: OptionSpec[];
  buffers: BufferSpec[];
  /** Bytes in a compressed chunk. trace-cmd counts ten pages of the machine, also where a buffer's pages are larger. */
  chunkBytes: number;
}

/** A small little-endian version 7 file without events; tests change what they are about. */
export const PLAIN_SPEC: TraceDatSpec = {
  version: 7,
  order: "little",
  longBytes: 8,
  pageBytes: 4096,
  compression: "none",
  formats: [],
  kallsyms: "",
  printk: "",
  cmdlines: "",
  options: [],
  buffers: [],
  chunkBytes: 40_960,
};

export const OPTION = {
  DATE: 1,
  CPUSTAT: 2,
  BUFFER: 3,
  TRACECLOCK: 4,
  UNAME: 5,
  OFFSET: 7,
  CPUCOUNT: 8,
  VERSION: 9,
  TRACEID: 11,
  TIME_SHIFT: 12,
  TSC2NSEC: 14,
  BUFFER_TEXT: 22,
} as const;

const MAGIC = [0x17, 0x08, 0x44, ...new TextEncoder().encode("tracing")];

/** What the kernel says in events/header_page. */
function headerPage(longBytes: number, pageBytes: number): string {
  const data = 8 + longBytes;
  return `\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n` +
    `\tfield: local_t commit;\toffset:8;\tsize:${longBytes};\tsigned:1;\n` +
    `\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n` +
    `\tfield: char data;\toffset:${data};\tsize:${pageBytes - data};\tsigned:0;\n`;
}

const HEADER_EVENT = "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n" +
  "\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n" +
  "\tdata max type_len  == 28\n";

/** A built file. */
export interface BuiltTraceDat {
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the file's length, count and offset fields stand: what a test of damage sets to absurd values. */
  lengths: { what: string; at: number; bytes: number }[];
}

class TraceDatBuilder {
  readonly #spec: TraceDatSpec;
  readonly #out: ByteWriter;

  constructor(spec: TraceDatSpec) {
    this.#spec = spec;
    this.#out = new ByteWriter(spec.order);
  }

  build(): BuiltTraceDat {
    const spec = this.#spec;
    const out = this.#out;
    out.bytes(MAGIC);
    out.cString(String(spec.version));
    out.u8(spec.order === "little" ? 0 : 1);
    out.u8(spec.longBytes);
    out.length("page size", 4, spec.pageBytes);
    if (spec.version === 6) this.#version6();
    else this.#version7();
    return { bytes: out.done(), lengths: out.lengths };
  }

  #headerInfo(out: ByteWriter): void {
    for (
      const [name, text] of [
        ["header_page", headerPage(this.#spec.longBytes, this.#spec.pageBytes)],
        ["header_event", HEADER_EVENT],
      ]
    ) {
      out.cString(name);
      this.#text(out, name, 8, text);
    }
  }

  #text(out: ByteWriter, what: string, lengthBytes: 4 | 8, text: string): void {
    const bytes = new TextEncoder().encode(text);
    out.length(`size of ${what}`, lengthBytes, bytes.length);
    out.bytes(bytes);
  }

  #ftraceFormats(out: ByteWriter): void {
    const own = this.#spec.formats.filter((format) => format.system === "ftrace");
    out.length("count of ftrace formats", 4, own.length);
    for (const { text } of own) this.#text(out, "ftrace format", 8, text);
  }

  #eventFormats(out: ByteWriter): void {
    const systems = new Map<string, string[]>();
    for (const { system, text } of this.#spec.formats) {
      if (system !== "ftrace") systems.set(system, [...systems.get(system) ?? [], text]);
    }
    out.length("count of systems", 4, systems.size);
    for (const [system, texts] of systems) {
      out.cString(system);
      out.length("count of formats", 4, texts.length);
      for (const text of texts) this.#text(out, "format", 8, text);
    }
  }

  #option(out: ByteWriter, id: number, body: OptionSpec["body"]): void {
    out.u16(id);
    const size = out.length(`size of option ${id}`, 4, 0);
    const start = out.at;
    if (typeof body === "string") out.cString(body);
    else body(out);
    out.patch(size, out.at - start);
  }

  #pages(cpu: CpuSpec, shape: PageShape): Uint8Array[] {
    if ("bytes" in cpu) return [cpu.bytes];
    const pages = "pages" in cpu ? cpu.pages : packPages(cpu.entries, shape);
    return pages.map((page) => writePage(page, shape));
  }

  #shape(buffer: BufferSpec): PageShape {
    const { order, longBytes } = this.#spec;
    return { order, longBytes, pageBytes: buffer.pageBytes ?? this.#spec.pageBytes };
  }

  #version6(): void {
    const { kallsyms, printk, cmdlines, options, buffers } = this.#spec;
    const out = this.#out;
    this.#headerInfo(out);
    this.#ftraceFormats(out);
    this.#eventFormats(out);
    this.#text(out, "kallsyms", 4, kallsyms);
    this.#text(out, "printk", 4, printk);
    this.#text(out, "cmdlines", 8, cmdlines);
    const top = buffers.find((buffer) => buffer.name === "") ?? { name: "", cpus: [] };
    const instances = buffers.filter((buffer) => buffer !== top);
    const cpuCount = Math.max(0, ...buffers.flatMap((buffer) => buffer.cpus.map((cpu) => cpu.cpu + 1)));
    out.length("count of CPUs", 4, cpuCount);
    const places: number[] = [];
    if (options.length + instances.length > 0) {
      out.bytes(new TextEncoder().encode("options  \0"));
      for (const { id, body } of options) this.#option(out, id, body);
      for (const instance of instances) {
        this.#option(out, OPTION.BUFFER, (body) => {
          places.push(body.length(`offset of instance ${instance.name}`, 8, 0));
          body.cString(instance.name);
        });
      }
      out.u16(0);
    }
    this.#flyrecord(top, cpuCount);
    instances.forEach((instance, i) => {
      out.patch(places[i], out.at);
      this.#flyrecord(instance, cpuCount);
    });
  }

  #flyrecord(buffer: BufferSpec, cpuCount: number): void {
    const out = this.#out;
    out.bytes(new TextEncoder().encode("flyrecord\0"));
    const slots = Array.from({ length: cpuCount }, (_, cpu) => ({
      offset: out.length(`offset of CPU ${cpu}`, 8, 0),
      size: out.length(`size of CPU ${cpu}`, 8, 0),
    }));
    for (const cpu of buffer.cpus) {
      out.align(this.#spec.pageBytes);
      out.patch(slots[cpu.cpu].offset, out.at);
      const start = out.at;
      for (const page of this.#pages(cpu, this.#shape(buffer))) out.bytes(page);
      out.patch(slots[cpu.cpu].size, out.at - start);
    }
  }

  #version7(): void {
    const spec = this.#spec;
    const out = this.#out;
    out.cString(spec.compression);
    out.cString(spec.compression === "none" ? "" : "1.0");
    const first = out.length("offset of the options", 8, 0);
    const described: [id: number, at: number][] = [];
    const section = (id: number, write: (body: ByteWriter) => void) => described.push([id, this.#section(id, write)]);
    section(16, (body) => this.#headerInfo(body));
    section(17, (body) => this.#ftraceFormats(body));
    section(18, (body) => this.#eventFormats(body));
    section(19, (body) => this.#text(body, "kallsyms", 4, spec.kallsyms));
    section(20, (body) => this.#text(body, "printk", 4, spec.printk));
    section(21, (body) => this.#text(body, "cmdlines", 8, spec.cmdlines));
    out.patch(first, out.at);
    let link = this.#optionSection((body) => {
      for (const [id, at] of described) {
        this.#option(body, id, (option) => option.length(`offset of section ${id}`, 8, at));
      }
      for (const { id, body: text } of spec.options) this.#option(body, id, text);
    });
    // trace-cmd writes one more section of options for each buffer, behind the buffer's events.
    for (const buffer of spec.buffers) {
      const option = this.#bufferSection(buffer);
      out.patch(link, out.at);
      link = this.#optionSection((body) => this.#option(body, OPTION.BUFFER, option));
    }
  }

  #sectionHead(id: number, flags: number): number {
    const out = this.#out;
    out.u16(id);
    out.u16(flags);
    out.u32(0);
    return out.length(`size of section ${id}`, 8, 0);
  }

  /** A section, compressed when the file is. @returns its place */
  #section(id: number, write: (body: ByteWriter) => void): number {
    const out = this.#out;
    const place = out.at;
    const compressed = this.#spec.compression !== "none";
    const size = this.#sectionHead(id, compressed ? 1 : 0);
    const start = out.at;
    if (compressed) {
      const body = new ByteWriter(this.#spec.order);
      write(body);
      this.#packed(body.done(), `section ${id}`);
    } else {
      write(out);
    }
    out.patch(size, out.at - start);
    return place;
  }

  /** Options are never compressed. @returns where the offset of the next section of options is to go */
  #optionSection(write: (body: ByteWriter) => void): number {
    const out = this.#out;
    const size = this.#sectionHead(0, 0);
    const start = out.at;
    write(out);
    let link = 0;
    this.#option(out, 0, (body) => link = body.length("offset of more options", 8, 0));
    out.patch(size, out.at - start);
    return link;
  }

  #packed(bytes: Uint8Array, what: string): void {
    const packed = this.#spec.compression === "zstd" ? zstdCompressSync(bytes) : deflateSync(bytes);
    this.#out.length(`packed size of ${what}`, 4, packed.length);
    this.#out.length(`unpacked size of ${what}`, 4, bytes.length);
    this.#out.bytes(packed);
  }

  /** @returns what the BUFFER option says */
  #bufferSection(buffer: BufferSpec): (body: ByteWriter) => void {
    const out = this.#out;
    const spec = this.#spec;
    const shape = this.#shape(buffer);
    const place = out.at;
    const compressed = spec.compression !== "none";
    const size = this.#sectionHead(OPTION.BUFFER, compressed ? 1 : 0);
    const start = out.at;
    const data = buffer.cpus.map((cpu) => {
      const pages = this.#pages(cpu, shape);
      out.align(shape.pageBytes);
      const offset = out.at;
      if (compressed) {
        const all = new ByteWriter(spec.order);
        for (const page of pages) all.bytes(page);
        const bytes = all.done();
        out.length(`count of chunks of CPU ${cpu.cpu}`, 4, Math.ceil(bytes.length / spec.chunkBytes));
        for (let at = 0; at < bytes.length; at += spec.chunkBytes) {
          this.#packed(bytes.subarray(at, at + spec.chunkBytes), `chunk of CPU ${cpu.cpu}`);
        }
      } else {
        for (const page of pages) out.bytes(page);
      }
      return { cpu: cpu.cpu, offset, size: out.at - offset };
    });
    out.patch(size, out.at - start);
    return (body) => {
      body.length("offset of the buffer", 8, place);
      body.cString(buffer.name);
      body.cString(buffer.clock ?? "mono");
      body.length("buffer page size", 4, shape.pageBytes);
      body.length("count of the buffer's CPUs", 4, data.length);
      for (const { cpu, offset, size } of data) {
        body.length("CPU number", 4, cpu);
        body.length(`offset of CPU ${cpu}`, 8, offset);
        body.length(`size of CPU ${cpu}`, 8, size);
      }
    };
  }
}

/** Builds a file; what the description leaves out is as in {@linkcode PLAIN_SPEC}. */
export function buildTraceDat(spec: Partial<TraceDatSpec>): BuiltTraceDat {
  return new TraceDatBuilder({ ...PLAIN_SPEC, ...spec }).build();
}
