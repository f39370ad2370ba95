/**
 * The format of the kernel's own trace text: tracefs files `trace` and `trace_pipe`.
 *
 * @module
 */

import { isAt } from "../print_formats/byte_text.ts";
import { type RecordingFormat, UnreadableInput } from "../recording_format.ts";
import { FtraceStream } from "./ftrace_stream.ts";
import { LineSample, sampleLines } from "./line_sample.ts";
import { openText } from "./open_text.ts";

function sniff(head: Uint8Array): boolean {
  const sample = sampleLines(head);
  const isTracefs = isAt(head, 0, head.length, "# tracer: ");
  const own = sample.count(LineSample.Tracefs) + sample.count(LineSample.Raw) + sample.count(LineSample.Graph) +
    sample.count(LineSample.BlkClassic);
  const foreign = sample.count(LineSample.Other) + sample.count(LineSample.Report);
  if (!isTracefs) return own > 0 && own >= foreign && own >= sample.count(LineSample.Perf);
  if (own === 0 && foreign > 0) refuse(head);
  return true;
}

/** @throws {UnreadableInput} saying which option makes the lines so */
function refuse(head: Uint8Array): never {
  const option = head.includes(0)
    ? "bin: the trace is binary; read the trace file again with options/bin off"
    : /\n[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{16} /.test(new TextDecoder("latin1").decode(head))
    ? "hex: fields are bare bytes; read the trace file again with options/hex off"
    : "context-info off, or another tracer's own table: lines have no task, CPU and time; read the trace file again with " +
      "options/context-info on";
  throw new UnreadableInput(`tracefs text that cannot be read, printed with option ${option}`);
}

/** tracefs text. */
export const ftraceText: RecordingFormat = {
  id: "ftrace-text",
  sniff,
  open: (context) => openText(context, "ftrace-text", FtraceStream),
};
