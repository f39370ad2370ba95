/**
 * The format of `perf script`'s text for tracepoints.
 *
 * @module
 */

import { LineReader, openBytes } from "../byte_stream.ts";
import { LineSample, sampleLines } from "../ftrace_text/line_sample.ts";
import { type OpenRecording, type ReadContext, type RecordingFormat, UnreadableInput } from "../recording_format.ts";
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

async function open(context: ReadContext): Promise<OpenRecording> {
  const bytes = await openBytes(context.files[0]);
  const facts = { format: perfScript.id, kernel: null, clock: null, page_size: null, cpus: null };
  const stream = new PerfStream(new LineReader(bytes), context, facts);
  return {
    facts,
    streams: [stream],
    finish: () => stream.finish(),
    close: () => bytes.close(),
    lostEvents: () => stream.lost,
    skippedRecords: () => stream.bad,
  };
}

/** Text of perf script. */
export const perfScript: RecordingFormat = { id: "perf-script", sniff, open };
