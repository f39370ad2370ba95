/**
 * What a format's reader is: it recognises its input by content, and gives its records in order.
 *
 * @module
 */

import type { Diagnostics } from "./diagnostics.ts";
import type { EventSink } from "./event_sink.ts";

/** Facts about a recording, a row of table `recording` but for the counts. Null: the recording does not say. */
export interface RecordingFacts {
  format: string;
  kernel: string | null;
  clock: string | null;
  page_size: number | null;
  cpus: number | null;
}

/**
 * Records of one source in order: a file of text, one CPU's ring buffer, one per-CPU blktrace file. Streams are merged
 * by time, so a stream says the time of its next record before it hands it on.
 */
export interface RecordStream {
  /** Time of the current record in nanoseconds, low and high half. */
  tsLo: number;
  tsHi: number;
  /**
   * Goes to the next record that is an event; everything else on the way is taken note of.
   *
   * @returns false at the end; a promise when more input has to be read first
   */
  next(): boolean | Promise<boolean>;
  /** Puts the current record into the sink (begin ... commit). The time to use is tsLo/tsHi, which may have been aligned. */
  emit(sink: EventSink): void;
}

/** A recording that has been opened. */
export interface OpenRecording {
  facts: RecordingFacts;
  streams: RecordStream[];
  /** Called after the last record: last diagnostics (a cut end, events lost), facts that only the end tells. */
  finish(): void;
  close(): void;
  /** Events known to be lost so far. */
  lostEvents(): number;
  /** Records or lines that could not be read so far. */
  skippedRecords(): number;
  /** Kernel symbols that the recording brings along, if any. */
  symbols?(): Iterable<{ address: bigint; name: string; module: string | null }>;
}

/** What a reader gets to open a recording with. */
export interface ReadContext {
  recordingId: number;
  sink: EventSink;
  diagnostics: Diagnostics;
  /** Path as the user gave it (`-` for standard input), for messages. */
  path: string;
  /** Files that make up the recording: one, or the per-CPU files of a blktrace set, sorted. `-`: standard input. */
  files: string[];
}

/** Input that no reader takes, or that a reader refuses: what, where, and what to do instead, in one line. */
export class UnreadableInput extends Error {
  override readonly name = "UnreadableInput";
}

/** A format that can be read. */
export interface RecordingFormat {
  /** Value of `recording.format`. */
  readonly id: string;
  /**
   * Looks at the first bytes of the unpacked input (up to 64 KiB).
   *
   * @throws {UnreadableInput} for input that is recognised but cannot be read (perf.data, custom blkparse output)
   */
  sniff(head: Uint8Array): boolean;
  /** @throws {UnreadableInput} when the head is damaged so far that nothing can be read */
  open(context: ReadContext): Promise<OpenRecording>;
}
