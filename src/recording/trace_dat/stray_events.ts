/**
 * Events of a version 7 file whose option is missing: sections of a file that is cut before it, or whose chain of options
 * is broken. The option would say which CPU's events are where, and the name, the clock and the page size of the buffer.
 *
 * A section holds the events of its CPUs in the order of their numbers, each from a page boundary of the file on; a CPU
 * without events has no bytes there. Packed parts are told apart by their counts of chunks, which is certain; plain pages
 * by their times, which only go back from one CPU to the next.
 *
 * Source: trace-cmd.dat.v7.5, and what trace-cmd 3.1 and 3.4 write.
 *
 * @module
 */

import { NONE } from "../event_type.ts";
import type { RandomAccessFile } from "../random_access.ts";
import { ByteCursor } from "./byte_cursor.ts";
import { isChunk } from "./cpu_pages.ts";
import { CPUS_MAX, type FileHead, headDoubt, headTrouble, type StraySection } from "./file_head.ts";
import type { PageLayout } from "./page_layout.ts";
import { RingBufferPage } from "./ring_buffer.ts";

/** A CPU's part of a section: file position and bytes, which may go beyond the end of a file that is cut. */
interface Part {
  offset: number;
  size: number;
}

const PIECE_BYTES = 1 << 20;
/** The name of buffers behind the first one, which trace-cmd makes that at the top. */
const NAME_UNKNOWN = "unknown";

/** What a section's parts are told apart with. */
class PartFinder {
  readonly #head: FileHead;
  readonly #file: RandomAccessFile;
  readonly #layout: PageLayout;

  constructor(head: FileHead, file: RandomAccessFile, layout: PageLayout) {
    this.#head = head;
    this.#file = file;
    this.#layout = layout;
  }

  /** Where data begins at or behind `at`: at a page of the machine, or at one of the buffer, with zeros before. */
  #dataAt(at: number): number {
    const { pageBytes } = this.#head;
    const most = Math.ceil(at / this.#layout.pageBytes) * this.#layout.pageBytes;
    let start = Math.ceil(at / pageBytes) * pageBytes;
    while (start < most && this.#file.read(start, this.#layout.dataOffset).every((byte) => byte === 0)) {
      start += pageBytes;
    }
    return start;
  }

  /** Parts of chunks: a count, and as many heads that say how long each is. */
  packed({ at: section, body, end }: StraySection): Part[] {
    const parts: Part[] = [];
    const { size } = this.#file;
    for (let at = body; at < end;) {
      const offset = this.#dataAt(at);
      if (offset >= Math.min(end, size)) break;
      const chunks = this.#numbers(offset, 1)?.[0];
      at = offset + 4;
      for (let n = chunks ?? 0; n > 0 && at < size; n--) {
        const [packed, unpacked] = this.#numbers(at, 2) ?? [0, 0];
        // Whatever is wrong there, the reader of the pages tells of it; where the next CPU begins is not known.
        at = isChunk(packed, unpacked) ? at + 8 + packed : end;
        if (at >= end) break;
      }
      if (chunks === 0 || parts.length === CPUS_MAX) {
        const what = `${end - offset} bytes of events do not say how many chunks they are`;
        headTrouble(this.#head, "events_unclaimed", what, section);
        break;
      }
      // What is behind the end of the file may be of other CPUs too.
      parts.push({ offset, size: Math.min(at, end) - offset });
      if (at >= size) break;
    }
    return parts;
  }

  #numbers(at: number, count: number): number[] | null {
    const bytes = this.#file.read(at, count * 4);
    if (bytes.length < count * 4) return null;
    const cursor = new ByteCursor(bytes, this.#head.littleEndian);
    return Array.from({ length: count }, () => cursor.u32());
  }

  /** Parts of pages: one ends where a page begins before what was recorded last. */
  plain({ body, end }: StraySection): Part[] {
    const { pageBytes, dataOffset } = this.#layout;
    let back = false;
    const page = new RingBufferPage(this.#layout, {
      missed: () => {},
      backwards: () => back = true,
      damaged: () => {},
    });
    const first = this.#dataAt(body);
    const there = Math.min(end, this.#file.size);
    if (first >= there) return [];
    const starts = [first];
    const pieceBytes = Math.max(1, Math.floor(PIECE_BYTES / pageBytes)) * pageBytes;
    for (let at = first; at < there; at += pieceBytes) {
      const bytes = this.#file.read(at, Math.min(pieceBytes, there - at));
      page.load(bytes);
      for (let start = 0; start + dataOffset <= bytes.length; start += pageBytes) {
        // A hole in the file has no time.
        if (bytes.subarray(start, start + dataOffset).every((byte) => byte === 0)) continue;
        back = false;
        page.open(start);
        if (back) starts.push(at + start);
        while (page.next());
      }
    }
    return starts.map((offset, i) => ({ offset, size: (starts[i + 1] ?? end) - offset }));
  }
}

/**
 * Makes buffers of the events that no option describes, and takes note of what is not known of them.
 *
 * A CPU has a number only where there are as many parts as the machine has CPUs.
 */
export function adoptStrays(head: FileHead, file: RandomAccessFile, layout: PageLayout): void {
  const finder = new PartFinder(head, file, layout);
  for (const stray of head.strays) {
    const parts = stray.compressed ? finder.packed(stray) : finder.plain(stray);
    const numbered = parts.length === head.cpuCount;
    const name = head.buffers.some((buffer) => buffer.name === "") ? NAME_UNKNOWN : "";
    head.buffers.push({
      name,
      clock: head.clock,
      pageBytes: null,
      compressed: stray.compressed,
      cpus: parts.map((part, i) => ({ ...part, cpu: numbered ? i : NONE })),
    });
    if (parts.length === 0) continue;
    const buffer = name === "" ? "that at the top" : `called ${NAME_UNKNOWN}`;
    const what = `the option that describes the events there is missing: their buffer is taken to be ${buffer}`;
    headDoubt(head, "buffer_not_described", what, stray.at);
    if (!numbered) {
      const message = `the events there are of ${
        parts.length === 1 ? "a CPU" : "CPUs"
      } whose number is not known (cpu is NULL); the machine has ${head.cpuCount || "an unknown number"}`;
      headDoubt(head, "cpu_not_known", message, stray.at, parts.length);
    } else if (!stray.compressed && parts.length > 1) {
      const message = "CPUs of the events there are told apart by their times, which go back from one to the next";
      headDoubt(head, "cpu_by_time", message, stray.at, parts.length);
    }
    if (head.clock === null) {
      headDoubt(
        head,
        "clock_not_known",
        "the clock of the events there is not known: their times are taken as nanoseconds",
        stray.at,
      );
    }
  }
}
