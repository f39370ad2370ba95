/**
 * The head of a trace.dat file of version 6: everything stands in a row.
 *
 * @module
 */

import type { RandomAccessFile } from "../random_access.ts";
import { UnreadableInput } from "../recording_format.ts";
import { ByteCursor, CutShort } from "./byte_cursor.ts";
import { type CpuData, CPUS_MAX, type FileHead, headTrouble, LATENCY_TEXT } from "./file_head.ts";
import { OPTION, readOption } from "./head_options.ts";
import { readEventFormats, readFtraceFormats, readHeaderInfo } from "./head_sections.ts";

const FIRST_BYTES = 1 << 20;
/** Longest head that is read; real ones take 3 to 20 MB, most of it the kernel's symbols. */
const HEAD_BYTES_MAX = 256 << 20;

/** A cursor over the file from its beginning, which reads on as it goes. */
function growingCursor(file: RandomAccessFile, littleEndian: boolean): ByteCursor {
  const bytes = file.read(0, FIRST_BYTES);
  let have = bytes;
  return new ByteCursor(bytes, littleEndian, (wanted) => {
    // What a damaged length asks for beyond the file is not worth reading anything for.
    if (wanted > Math.min(file.size, HEAD_BYTES_MAX) || wanted <= have.length) return have;
    return have = file.read(0, Math.min(HEAD_BYTES_MAX, Math.max(wanted, have.length * 2)));
  });
}

function readFlyrecord(head: FileHead, cursor: ByteCursor, name: string): void {
  const cpus: CpuData[] = [];
  for (let cpu = 0; cpu < head.cpuCount; cpu++) cpus.push({ cpu, offset: cursor.u64(), size: cursor.u64() });
  head.buffers.push({
    name,
    clock: head.clock,
    pageBytes: null,
    compressed: false,
    cpus: cpus.filter((c) => c.size > 0),
  });
}

function readInstance(head: FileHead, file: RandomAccessFile, offset: number, name: string): void {
  const cursor = new ByteCursor(file.read(offset, 10 + head.cpuCount * 16), head.littleEndian);
  try {
    if (!cursor.text(10).startsWith("flyrecord")) throw new CutShort("no buffer there");
    readFlyrecord(head, cursor, name);
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
    headTrouble(head, "buffer_missing", `instance ${name}: ${error.message}`, offset);
  }
}

/**
 * Reads what follows the page size.
 *
 * @param at file position behind the page size
 * @throws {CutShort} when something is missing without which no event can be found
 */
export function readVersion6(head: FileHead, file: RandomAccessFile, at: number): void {
  const cursor = growingCursor(file, head.littleEndian);
  cursor.at = at;
  readHeaderInfo(head, cursor);
  readFtraceFormats(head, cursor);
  readEventFormats(head, cursor);
  head.kallsyms = cursor.text(cursor.u32());
  head.printk = cursor.text(cursor.u32());
  head.cmdlines = cursor.text(cursor.u64());
  head.cpuCount = cursor.u32();
  if (head.cpuCount > CPUS_MAX) throw new CutShort(`${head.cpuCount} CPUs`);
  const instances: { offset: number; name: string }[] = [];
  let kind = cursor.text(10);
  if (kind.startsWith("options")) {
    for (let id = cursor.u16(); id !== OPTION.DONE; id = cursor.u16()) {
      const position = cursor.at;
      const body = new ByteCursor(cursor.slice(cursor.u32()), head.littleEndian);
      try {
        if (id === OPTION.BUFFER) instances.push({ offset: body.u64(), name: body.cString() });
        else readOption(head, id, body);
      } catch (error) {
        if (!(error instanceof CutShort)) throw error;
        headTrouble(head, "option_damaged", `option ${id}: ${error.message}`, position);
      }
    }
    kind = cursor.text(10);
  }
  if (kind.startsWith("latency")) throw new UnreadableInput(LATENCY_TEXT);
  if (!kind.startsWith("flyrecord")) throw new CutShort(`"flyrecord" expected at byte ${cursor.at - 10}`);
  readFlyrecord(head, cursor, "");
  for (const { offset, name } of instances) readInstance(head, file, offset, name);
}
