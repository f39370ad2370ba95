/**
 * What every section of a trace.dat file of version 7 begins with.
 *
 * Source: trace-cmd.dat.v7.5, "Format of the section header".
 *
 * @module
 */

import type { RandomAccessFile } from "../random_access.ts";
import { ByteCursor, CutShort } from "./byte_cursor.ts";
import { OPTION } from "./head_options.ts";

export const SECTION_HEAD_BYTES = 16;
const FLAG_COMPRESSED = 1;
/** Options end with one that says so: its number, its length, and where more are. */
const OPTIONS_BYTES_MIN = 14;

/** What sections hold, for messages. */
const CONTENTS: Record<number, string> = {
  [OPTION.DONE]: "options",
  [OPTION.BUFFER]: "events",
  [OPTION.STRINGS]: "strings",
  [OPTION.HEADER_INFO]: "page descriptions",
  [OPTION.FTRACE_EVENTS]: "ftrace's event descriptions",
  [OPTION.EVENT_FORMATS]: "event descriptions",
  [OPTION.KALLSYMS]: "kernel symbols",
  [OPTION.PRINTK]: "printk formats",
  [OPTION.CMDLINES]: "names of tasks",
  [OPTION.BUFFER_TEXT]: "a latency tracer's text",
};

/** How messages name a section. */
export function sectionText(id: number): string {
  return `the section of ${CONTENTS[id] ?? `kind ${id}`}`;
}

export interface SectionHead {
  /** What the section holds: the number of the option that leads to it; options have the number of their last one. */
  id: number;
  flags: number;
  compressed: boolean;
  /** Bytes of the body in the file. */
  size: number;
  /** File position of the body. */
  body: number;
}

/** The head at a file position; null beyond the end of the file, or when the size cannot be. */
export function readSectionHead(file: RandomAccessFile, at: number, littleEndian: boolean): SectionHead | null {
  const bytes = file.read(at, SECTION_HEAD_BYTES);
  if (bytes.length < SECTION_HEAD_BYTES) return null;
  const cursor = new ByteCursor(bytes, littleEndian);
  const id = cursor.u16();
  const flags = cursor.u16();
  cursor.u32();
  try {
    return {
      id,
      flags,
      compressed: (flags & FLAG_COMPRESSED) !== 0,
      size: cursor.u64(),
      body: at + SECTION_HEAD_BYTES,
    };
  } catch (error) {
    if (error instanceof CutShort) return null;
    throw error;
  }
}

/** True when a head is of a kind of section that there is; zeros are none. */
export function isSection({ id, flags, size }: SectionHead): boolean {
  if (flags > FLAG_COMPRESSED) return false;
  if (id === OPTION.DONE) return size >= OPTIONS_BYTES_MIN;
  return id === OPTION.BUFFER || id >= OPTION.STRINGS && id <= OPTION.BUFFER_TEXT;
}
