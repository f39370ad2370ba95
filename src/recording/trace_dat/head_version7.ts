/**
 * The head of a trace.dat file of version 7: sections that a chain of option sections points at.
 *
 * @module
 */

import { shown } from "../inputs.ts";
import type { RandomAccessFile } from "../random_access.ts";
import { UnreadableInput } from "../recording_format.ts";
import { ByteCursor, CutShort } from "./byte_cursor.ts";
import { BLOCK_BYTES_MAX, unpack } from "./compression.ts";
import { type CpuData, CPUS_MAX, type FileHead, headTrouble, isPageSize, LATENCY_TEXT } from "./file_head.ts";
import { OPTION, readOption } from "./head_options.ts";
import { readEventFormats, readFtraceFormats, readHeaderInfo } from "./head_sections.ts";

const SECTION_HEAD_BYTES = 16;
const FLAG_COMPRESSED = 1;

/** What the options of these ids point at. */
const DESCRIBED: Record<number, (head: FileHead, cursor: ByteCursor) => void> = {
  [OPTION.HEADER_INFO]: readHeaderInfo,
  [OPTION.FTRACE_EVENTS]: readFtraceFormats,
  [OPTION.EVENT_FORMATS]: readEventFormats,
  [OPTION.KALLSYMS]: (head, cursor) => head.kallsyms += cursor.text(cursor.u32()),
  [OPTION.PRINTK]: (head, cursor) => head.printk += cursor.text(cursor.u32()),
  [OPTION.CMDLINES]: (head, cursor) => head.cmdlines += cursor.text(cursor.u64()),
};

class Version7Reader {
  readonly #head: FileHead;
  readonly #file: RandomAccessFile;
  #latencyTexts = 0;

  constructor(head: FileHead, file: RandomAccessFile) {
    this.#head = head;
    this.#file = file;
  }

  read(cursor: ByteCursor): void {
    const compression = cursor.cString();
    cursor.cString();
    if (compression !== "none" && compression !== "zlib" && compression !== "zstd") {
      throw new UnreadableInput(
        `trace.dat compressed with ${JSON.stringify(compression.slice(0, 20))}; none, zlib and zstd are read: ` +
          "convert it with trace-cmd convert --compression zstd",
      );
    }
    this.#head.compression = compression;
    const seen = new Set<number>();
    for (let at: number | null = cursor.u64(); at !== 0 && at !== null;) {
      // Sections of options form a chain; one that comes back to itself would never end.
      if (seen.has(at)) {
        headTrouble(this.#head, "options_loop", `the chain of option sections comes back to byte ${at}`, at);
        break;
      }
      seen.add(at);
      const options = this.#section(at, OPTION.DONE);
      if (options === null) {
        if (seen.size === 1) throw new CutShort(`the options at byte ${at} are missing`);
        break;
      }
      const next = this.#options(options, at);
      if (next === 0) this.#lookBehind(at);
      at = next;
    }
    if (this.#head.buffers.length === 0 && this.#latencyTexts === 0) {
      headTrouble(
        this.#head,
        "no_buffer",
        "the options name no buffer of events: nothing else says where events are",
        0,
      );
    }
    if (this.#latencyTexts > 0) {
      if (this.#head.buffers.length === 0) throw new UnreadableInput(LATENCY_TEXT);
      headTrouble(this.#head, "latency_text", "a latency tracer's text in the file is not read", 0);
    }
  }

  /** The chain of options ends here: no section behind may have been in it, or hold events. */
  #lookBehind(last: number): void {
    const { size } = this.#file;
    for (let at = last;;) {
      const section = this.#sectionHead(at);
      if (section === null || section.body + section.size > size) return;
      if (at !== last && (section.id === OPTION.DONE || section.id === OPTION.BUFFER)) {
        const what = section.id === OPTION.DONE ? "options" : "events";
        const message = `the chain of option sections ends before byte ${at}, where there are more ${what}`;
        headTrouble(this.#head, "options_cut", message, last);
        return;
      }
      at = section.body + section.size;
    }
  }

  /** Reads one section of options. @returns the offset of the next one; 0: there is none; null: that is not known */
  #options(options: ByteCursor, section: number): number | null {
    while (options.left > 0) {
      let id = -1;
      let body: ByteCursor;
      try {
        id = options.u16();
        body = new ByteCursor(options.slice(options.u32()), this.#head.littleEndian);
      } catch (error) {
        // Where the next option begins is not known any more.
        this.#optionTrouble(error, id, section);
        return null;
      }
      try {
        if (id === OPTION.DONE) {
          if (body.left === 8 && options.left === 0) return body.u64();
          headTrouble(this.#head, "options_cut", "options are behind what says that there are no more", section);
          return body.left < 8 ? null : body.u64();
        }
        this.#option(id, body);
      } catch (error) {
        this.#optionTrouble(error, id, section);
      }
    }
    headTrouble(this.#head, "options_unended", "the section of options does not say what follows it", section);
    return null;
  }

  #optionTrouble(error: unknown, id: number, section: number): void {
    if (!(error instanceof CutShort)) throw error;
    headTrouble(this.#head, "option_damaged", `option ${id}: ${error.message}`, section);
  }

  #option(id: number, body: ByteCursor): void {
    if (id === OPTION.BUFFER) this.#buffer(body);
    else if (id === OPTION.BUFFER_TEXT) this.#latencyTexts++;
    else if (id in DESCRIBED) this.#described(id, body.u64());
    else readOption(this.#head, id, body);
  }

  /** Reads the section that an option points at. */
  #described(id: number, at: number): void {
    const section = this.#section(at, id);
    if (section === null) return;
    try {
      DESCRIBED[id](this.#head, section);
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
      headTrouble(this.#head, "section_damaged", `section ${id}: ${error.message}`, at);
    }
  }

  #buffer(body: ByteCursor): void {
    const head = this.#head;
    const at = body.u64();
    const name = body.cString();
    const clock = body.cString();
    const pageBytes = body.u32();
    if (pageBytes !== 0 && !isPageSize(pageBytes)) throw new CutShort(`a buffer page of ${pageBytes} bytes`);
    const count = body.u32();
    if (count > CPUS_MAX) throw new CutShort(`a buffer of ${count} CPUs`);
    const cpus: CpuData[] = [];
    try {
      for (let n = count; n > 0; n--) {
        const data = { cpu: body.u32(), offset: body.u64(), size: body.u64() };
        if (data.cpu >= CPUS_MAX) throw new CutShort(`CPU ${data.cpu}`);
        cpus.push(data);
      }
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
      headTrouble(head, "option_damaged", `buffer ${shown(name) || "at the top"}: ${error.message}`, at);
    }
    const section = this.#sectionHead(at);
    const unclaimed = section?.id === OPTION.BUFFER
      ? unclaimedBytes(this.#file, section, cpus, Math.max(pageBytes, head.pageBytes))
      : 0;
    if (unclaimed > 0) {
      const what = `${unclaimed} bytes of events belong to no CPU: an offset or a size is damaged`;
      headTrouble(head, "events_unclaimed", `buffer ${shown(name) || "at the top"}: ${what}`, at);
    }
    if (clock !== "") head.clock ??= clock;
    head.buffers.push({
      name,
      clock: clock || head.clock,
      pageBytes: pageBytes || null,
      compressed: section?.id === OPTION.BUFFER ? (section.flags & FLAG_COMPRESSED) !== 0 : head.compression !== "none",
      cpus: cpus.filter((c) => c.size > 0),
    });
  }

  /** What a section begins with; null beyond the end of the file or when its size cannot be. */
  #sectionHead(at: number): { id: number; flags: number; size: number; body: number } | null {
    const bytes = this.#file.read(at, SECTION_HEAD_BYTES);
    if (bytes.length < SECTION_HEAD_BYTES) return null;
    const cursor = new ByteCursor(bytes, this.#head.littleEndian);
    const id = cursor.u16();
    const flags = cursor.u16();
    cursor.u32();
    try {
      return { id, flags, size: cursor.u64(), body: at + SECTION_HEAD_BYTES };
    } catch (error) {
      if (error instanceof CutShort) return null;
      throw error;
    }
  }

  /** The unpacked body of a section, or null with a note of the trouble. */
  #section(at: number, id: number): ByteCursor | null {
    const head = this.#head;
    const section = this.#sectionHead(at);
    if (
      section === null || section.id !== id || section.size > BLOCK_BYTES_MAX ||
      section.body + section.size > this.#file.size
    ) {
      headTrouble(head, "section_missing", `section ${id} is not (whole) where the file says it is`, at);
      return null;
    }
    const cursor = new ByteCursor(this.#file.read(section.body, section.size), head.littleEndian);
    if (!(section.flags & FLAG_COMPRESSED)) return cursor;
    try {
      const packed = cursor.u32();
      const size = cursor.u32();
      return new ByteCursor(unpack(head.compression, cursor.slice(packed), size), head.littleEndian);
    } catch (error) {
      headTrouble(head, "section_damaged", `section ${id}: ${(error as Error).message}`, at);
      return null;
    }
  }
}

/** trace-cmd counts so many more bytes into a packed section, or a packed part of it, than its CPUs have. */
const SECTION_SPARE_BYTES = 8;

/**
 * Bytes of a section of events that are none of its CPUs', whose parts may begin at whole pages, with zeros before them.
 *
 * @param section where its body begins, and its bytes
 */
function unclaimedBytes(
  file: RandomAccessFile,
  section: { body: number; size: number },
  cpus: readonly CpuData[],
  pageBytes: number,
): number {
  let at = section.body;
  let unclaimed = 0;
  for (const { offset, size } of cpus.filter((data) => data.size > 0).toSorted((a, b) => a.offset - b.offset)) {
    const gap = offset - at;
    if (gap >= pageBytes || gap > SECTION_SPARE_BYTES && hasData(file, at + SECTION_SPARE_BYTES, offset)) {
      unclaimed += gap;
    }
    at = Math.max(at, offset + size);
  }
  const left = section.body + section.size - at;
  return unclaimed + (left > SECTION_SPARE_BYTES ? left : 0);
}

function hasData(file: RandomAccessFile, from: number, to: number): boolean {
  return file.read(from, to - from).some((byte) => byte !== 0);
}

/**
 * Reads what follows the page size.
 *
 * @throws {CutShort} when something is missing without which no event can be found
 */
export function readVersion7(head: FileHead, file: RandomAccessFile, cursor: ByteCursor): void {
  new Version7Reader(head, file).read(cursor);
}
