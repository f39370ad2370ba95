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
import { isSection, readSectionHead, SECTION_HEAD_BYTES, type SectionHead, sectionText } from "./section_head.ts";

/** More sections than any recording has: a few, and two for each buffer. */
const SECTIONS_MAX = 65_536;

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
  /** Where the sections are that have been read, and those of events that an option describes. */
  readonly #known = new Set<number>();

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
    const chain = cursor.u64();
    const first = cursor.at;
    const whole = this.#chain(chain);
    this.#walk(first, whole);
    const none = this.#head.buffers.length + this.#head.strays.length === 0;
    if (none && this.#latencyTexts > 0) throw new UnreadableInput(LATENCY_TEXT);
    if (none) {
      if (chain !== 0 && !this.#known.has(chain)) throw new CutShort(`the options at byte ${chain} are missing`);
      const what = "no option names a buffer of events, and there is no section of them";
      headTrouble(this.#head, "no_buffer", what, 0);
    }
    if (this.#latencyTexts > 0) {
      headTrouble(this.#head, "latency_text", "a latency tracer's text in the file is not read", 0);
    }
  }

  /** Reads the sections of options from the one at `at` on. @returns whether the last one says that it is the last */
  #chain(at: number | null): boolean {
    while (at !== 0) {
      if (at === null) return false;
      // Sections of options form a chain; one that comes back to itself would never end.
      if (this.#known.has(at)) {
        headTrouble(this.#head, "options_loop", `the chain of option sections comes back to byte ${at}`, at);
        return false;
      }
      const options = this.#section(at, OPTION.DONE);
      if (options === null) return false;
      at = this.#options(options, at);
    }
    return true;
  }

  /**
   * Goes through the sections in the order of the file, for what no option leads to, and for the end of the file.
   *
   * @param at where the first one is
   * @param whole the chain of options is: then nothing is missed by what else is in the file
   */
  #walk(at: number, whole: boolean): void {
    const { size } = this.#file;
    const found: { at: number; section: SectionHead; end: number }[] = [];
    for (; at < size;) {
      const section = this.#sectionHead(at);
      if (section === null || found.length === SECTIONS_MAX || !isSection(section)) {
        if (size - at < SECTION_HEAD_BYTES) this.#truncated("the file ends within the head of a section", at);
        else if (!whole) headTrouble(this.#head, "section_damaged", "no section begins where the one before ends", at);
        break;
      }
      let end = section.body + section.size;
      // The size is written when all events are.
      if (section.id === OPTION.BUFFER && section.size === 0 && !this.#known.has(at) && !this.#begins(section.body)) {
        this.#truncated("the section of events has no size: what wrote the file did not come to its end", at);
        end = size;
      }
      if (end > size) {
        const what = `${end - size} of ${end - section.body} bytes are missing at the end of the file`;
        this.#truncated(`${sectionText(section.id)} is cut: ${what}`, at);
      }
      found.push({ at, section, end });
      at = end;
    }
    // Options first: they say what the others are.
    for (const options of [true, false]) {
      for (const { at, section, end } of found) {
        if ((section.id === OPTION.DONE) === options && !this.#known.has(at)) this.#stray(at, section, end);
      }
    }
  }

  /** True when a section begins there, or the file ends. */
  #begins(at: number): boolean {
    const section = this.#sectionHead(at);
    return section === null ? at === this.#file.size : isSection(section);
  }

  #truncated(message: string, at: number): void {
    headTrouble(this.#head, "truncated", message, at);
  }

  /** Reads a section that no option led to. */
  #stray(at: number, { id, body, compressed }: SectionHead, end: number): void {
    const head = this.#head;
    if (id === OPTION.DONE) {
      headTrouble(head, "options_cut", "the chain of option sections does not lead to those there", at);
      const options = this.#section(at, id);
      if (options !== null) this.#options(options, at);
    } else if (id === OPTION.BUFFER) {
      // An option may describe the events and be wrong about the section.
      const claimed = head.buffers.some(({ cpus }) => cpus.some(({ offset }) => offset >= body && offset < end));
      if (!claimed && body < end) head.strays.push({ at, body, end, compressed });
    } else if (id === OPTION.BUFFER_TEXT) {
      this.#latencyTexts ||= 1;
    } else if (id in DESCRIBED && end <= this.#file.size) {
      headTrouble(
        head,
        "section_unnamed",
        `no option leads to ${sectionText(id)} there, which is read all the same`,
        at,
      );
      this.#described(id, at);
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
    if (this.#known.has(at)) return;
    const section = this.#section(at, id);
    if (section === null) return;
    try {
      DESCRIBED[id](this.#head, section);
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
      headTrouble(this.#head, "section_damaged", `${sectionText(id)}: ${error.message}`, at);
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
    if (section?.id === OPTION.BUFFER) this.#known.add(at);
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
      compressed: section?.id === OPTION.BUFFER ? section.compressed : head.compression !== "none",
      cpus: cpus.filter((c) => c.size > 0),
    });
  }

  #sectionHead(at: number): SectionHead | null {
    return readSectionHead(this.#file, at, this.#head.littleEndian);
  }

  /** The unpacked body of a section, or null with a note of the trouble. Of options there may be only a beginning. */
  #section(at: number, id: number): ByteCursor | null {
    const head = this.#head;
    const { size } = this.#file;
    const section = this.#sectionHead(at);
    const cut = section !== null && section.body + section.size > size;
    if (
      section === null || section.id !== id || section.size > BLOCK_BYTES_MAX ||
      cut && (id !== OPTION.DONE || section.compressed)
    ) {
      headTrouble(head, "section_missing", `${sectionText(id)} is not (whole) where the file says it is`, at);
      return null;
    }
    this.#known.add(at);
    const cursor = new ByteCursor(this.#file.read(section.body, section.size), head.littleEndian);
    if (!section.compressed) return cursor;
    try {
      const packed = cursor.u32();
      const size = cursor.u32();
      return new ByteCursor(unpack(head.compression, cursor.slice(packed), size), head.littleEndian);
    } catch (error) {
      headTrouble(head, "section_damaged", `${sectionText(id)}: ${(error as Error).message}`, at);
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
