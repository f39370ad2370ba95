/**
 * Reads everything in a trace.dat file that comes before its events: versions 6 and 7.
 *
 * Source: trace-cmd.dat.v6.5 and trace-cmd.dat.v7.5 (the format's manual pages) and recorded files.
 *
 * @module
 */

import type { RandomAccessFile } from "../random_access.ts";
import { UnreadableInput } from "../recording_format.ts";
import { ByteCursor, CutShort } from "./byte_cursor.ts";
import { emptyHead, type FileHead, isPageSize, MAGIC } from "./file_head.ts";
import { readVersion6 } from "./head_version6.ts";
import { readVersion7 } from "./head_version7.ts";

function readStart(head: FileHead, file: RandomAccessFile): void {
  // Version, byte order, sizes; in version 7 the name and version of the compression too.
  const bytes = file.read(0, 4096);
  const start = new ByteCursor(bytes, true);
  start.at = MAGIC.length;
  const version = start.cString();
  if (version !== "6" && version !== "7") {
    throw new UnreadableInput(
      `trace.dat version ${JSON.stringify(version.slice(0, 10))}; versions 6 and 7 are read: ` +
        "convert it with trace-cmd convert",
    );
  }
  head.version = Number(version);
  head.littleEndian = start.u8() === 0;
  head.longBytes = start.u8();
  const rest = new ByteCursor(bytes, head.littleEndian);
  rest.at = start.at;
  head.pageBytes = rest.u32();
  if (head.longBytes !== 4 && head.longBytes !== 8) throw new CutShort(`a long of ${head.longBytes} bytes`);
  if (!isPageSize(head.pageBytes)) throw new CutShort(`a page of ${head.pageBytes} bytes`);
  if (version === "6") readVersion6(head, file, rest.at);
  else readVersion7(head, file, rest);
}

/**
 * Reads the head of a trace.dat file.
 *
 * @throws {UnreadableInput} when events could not be told without what is missing
 */
export function readFileHead(file: RandomAccessFile): FileHead {
  const head = emptyHead();
  try {
    readStart(head, file);
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
    throw new UnreadableInput(
      `the head of the trace.dat file is cut or damaged (${error.message}, file of ${file.size} bytes): ` +
        "nothing can be read without it; copy or record it again",
    );
  }
  return head;
}
