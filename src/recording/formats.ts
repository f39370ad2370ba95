/**
 * All formats that can be read, and the choice among them by content.
 *
 * @module
 */

import { blkparseFormat } from "./blkparse_text.ts";
import { blktraceFormat } from "./blktrace/reader.ts";
import { peekBytes } from "./byte_stream.ts";
import { ftraceText } from "./ftrace_text/ftrace_format.ts";
import { failureReason } from "../std/file_failure.ts";
import { type RecordingInput, shown } from "./inputs.ts";
import { type RecordingFormat, UnreadableInput } from "./recording_format.ts";
import { perfScript } from "./perf_script/perf_format.ts";
import { traceCmdReport } from "./trace_cmd_report/report_format.ts";
import { traceDat } from "./trace_dat/reader.ts";

/** In the order in which they are asked: binary formats first, then text. */
export const FORMATS: readonly RecordingFormat[] = [
  traceDat,
  blktraceFormat,
  perfScript,
  traceCmdReport,
  ftraceText,
  // After ftrace's text: its option blk_classic prints lines that look like blkparse's.
  blkparseFormat,
];

/** How much of the unpacked input a format may look at. */
const SNIFF_BYTES = 65536;

/** The first bytes of an input, unpacked. @throws {UnreadableInput} when it cannot be opened */
export async function headOf(file: string): Promise<Uint8Array> {
  try {
    return await peekBytes(file, SNIFF_BYTES);
  } catch (error) {
    throw new UnreadableInput(`${shown(file)}: cannot be read (${failureReason(error)}): check the file`);
  }
}

/**
 * The format of an input.
 *
 * @throws {UnreadableInput} when no format recognises it
 */
export function formatOf(head: Uint8Array, input: RecordingInput): RecordingFormat {
  const path = shown(input.path);
  if (head.length === 0) throw new UnreadableInput(`${path}: the input is empty: nothing was recorded`);
  for (const format of FORMATS) {
    try {
      if (format.sniff(head)) return format;
    } catch (error) {
      if (error instanceof UnreadableInput) throw new UnreadableInput(`${path}: ${error.message}`);
      throw error;
    }
  }
  throw new UnreadableInput(
    `${path}: no trace that can be read: give a trace.dat, blktrace or blkparse output, a tracefs trace file, or the ` +
      "text of trace-cmd report or perf script",
  );
}
