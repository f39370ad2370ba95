/**
 * The texts at the head of a trace.dat file: layouts of pages and events, each behind its length. They stand alike in
 * both versions, in a row in version 6 and in sections of their own in version 7.
 *
 * @module
 */

import { type ByteCursor, CutShort } from "./byte_cursor.ts";
import type { FileHead } from "./file_head.ts";

export function readHeaderInfo(head: FileHead, cursor: ByteCursor): void {
  for (const want of ["header_page", "header_event"]) {
    const name = cursor.cString();
    if (name !== want) throw new CutShort(`"${want}" expected, ${JSON.stringify(name.slice(0, 20))} found`);
    const body = cursor.text(cursor.u64());
    if (want === "header_page") head.headerPage = body;
  }
}

export function readFtraceFormats(head: FileHead, cursor: ByteCursor): void {
  for (let n = cursor.u32(); n > 0; n--) head.formats.push({ system: "ftrace", text: cursor.text(cursor.u64()) });
}

export function readEventFormats(head: FileHead, cursor: ByteCursor): void {
  for (let systems = cursor.u32(); systems > 0; systems--) {
    const system = cursor.cString();
    for (let n = cursor.u32(); n > 0; n--) head.formats.push({ system, text: cursor.text(cursor.u64()) });
  }
}
