/**
 * The format of `perf script`'s text for tracepoints.
 *
 * @module
 */

import { LineSample, sampleLines } from "../ftrace_text/line_sample.ts";
import { openText } from "../ftrace_text/open_text.ts";
import { type RecordingFormat, UnreadableInput } from "../recording_format.ts";
import { isPerfData, PerfStream } from "./perf_stream.ts";

function sniff(head: Uint8Array): boolean {
  if (isPerfData(head)) {
    throw new UnreadableInput(
      "perf.data, perf's own binary file: print it with `perf script -F comm,pid,tid,cpu,time,event,trace -i FILE > FILE.txt`",
    );
  }
  const sample = sampleLines(head);
  const own = sample.count(LineSample.Perf);
  const foreign = sample.count(LineSample.Other) + sample.count(LineSample.Tracefs) + sample.count(LineSample.Report);
  return own > 0 && own > foreign;
}

/** Text of perf script. */
export const perfScript: RecordingFormat = {
  id: "perf-script",
  sniff,
  open: (context) => openText(context, "perf-script", PerfStream),
};
