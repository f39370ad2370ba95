/**
 * The format of `trace-cmd report`'s text.
 *
 * @module
 */

import { isAssignment, LineSample, sampleLines } from "../ftrace_text/line_sample.ts";
import { openText } from "../ftrace_text/open_text.ts";
import { find, isAt } from "../print_formats/byte_text.ts";
import { type RecordingFormat, UnreadableInput } from "../recording_format.ts";
import { ReportStream } from "./report_stream.ts";

function sniff(head: Uint8Array): boolean {
  if (find(head, 0, Math.min(head.length, 256), "Tracing meta data in file ") >= 0) {
    throw new UnreadableInput(
      "text of `trace-cmd dump`, which holds no events: give the trace.dat itself, or `trace-cmd report -i FILE > FILE.txt`",
    );
  }
  const sample = sampleLines(head);
  const own = sample.count(LineSample.Report);
  const foreign = sample.count(LineSample.Other) + sample.count(LineSample.Tracefs) + sample.count(LineSample.Perf);
  if (isAssignment(head, "cpus") || isAssignment(head, "version")) return own > 0 || foreign <= 1;
  return !isAt(head, 0, head.length, "# tracer: ") && own > 0 && own > foreign;
}

/** Text of trace-cmd report. */
export const traceCmdReport: RecordingFormat = {
  id: "trace-cmd-report",
  sniff,
  open: (context) => openText(context, "trace-cmd-report", ReportStream),
};
