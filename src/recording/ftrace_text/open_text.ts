/**
 * Opens a recording that is one text, read line by line.
 *
 * @module
 */

import { LineReader, openBytes } from "../byte_stream.ts";
import type { OpenRecording, ReadContext, RecordingFacts } from "../recording_format.ts";
import type { TextStream } from "./text_stream.ts";

/**
 * Opens the context's first file.
 *
 * @param format as the facts name it
 * @param Stream reads the lines
 */
export async function openText(
  context: ReadContext,
  format: string,
  Stream: new (lines: LineReader, context: ReadContext, facts: RecordingFacts) => TextStream,
): Promise<OpenRecording> {
  const bytes = await openBytes(context.files[0]);
  const facts: RecordingFacts = { format, kernel: null, clock: null, page_size: null, cpus: null };
  const stream = new Stream(new LineReader(bytes), context, facts);
  return {
    facts,
    streams: [stream],
    finish: () => stream.finish(),
    close: () => bytes.close(),
    lostEvents: () => stream.lost,
    skippedRecords: () => stream.bad,
  };
}
