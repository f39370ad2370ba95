/**
 * Reader of binary block traces: what blktrace(8) and the ftrace tracer `blk` (option `bin`) write, as a set of one file
 * a CPU, as one file, or as a stream.
 *
 * @module
 */

import { ByteWindow, openBytes } from "../byte_stream.ts";
import {
  type OpenRecording,
  type ReadContext,
  type RecordingFacts,
  type RecordingFormat,
  UnreadableInput,
} from "../recording_format.ts";
import { RecordDecoder } from "./decoder.ts";
import { layoutOf, versionOf } from "./layout.ts";
import { believableLength, RecordScanner } from "./scanner.ts";
import { type BlktraceStream, CpuStream, MixedStream } from "./streams.ts";

/** `NAME.blktrace.N`, packed or not: a file of one CPU. */
const CPU_FILE = /^(?<base>.*)\.blktrace\.(?<cpu>\d+)(\.gz|\.zst)?$/;

function cpuFile(path: string): { base: string; cpu: number } | null {
  const groups = CPU_FILE.exec(path)?.groups;
  return groups === undefined ? null : { base: groups.base, cpu: Number(groups.cpu) };
}

/** The files of one or more sets: by name, those of one name by the number of their CPU. */
export function sortedByCpu(files: string[]): string[] {
  return files.toSorted((a, b) => {
    const x = cpuFile(a) ?? { base: a, cpu: -1 };
    const y = cpuFile(b) ?? { base: b, cpu: -1 };
    return x.base === y.base ? x.cpu - y.cpu : x.base < y.base ? -1 : 1;
  });
}

/** Number of believable records in a row that tell a damaged block trace from something else. */
const RECORDS_TO_TELL = 2;

/** True when somewhere in the head there are records that follow each other. */
function hasRecords(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  for (let at = 0; at < head.length; at++) {
    let next = at;
    for (let n = 0; n < RECORDS_TO_TELL; n++) {
      const length = believableLength(view, next, head.length, true);
      if (length === null) break;
      if (n === RECORDS_TO_TELL - 1) return true;
      next += length;
    }
  }
  return false;
}

function sniff(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const word = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0, true);
  if (layoutOf(word) !== null) return true;
  const version = versionOf(word);
  if (hasRecords(head)) return true;
  if (version === null) return false;
  throw new UnreadableInput(
    `a block trace of version ${version}; only versions 7 and 8 can be read: record again with a current blktrace`,
  );
}

class BlktraceRecording implements OpenRecording {
  readonly facts: RecordingFacts;
  readonly streams: BlktraceStream[];
  readonly #close: () => void;

  constructor(streams: BlktraceStream[], cpus: number | null, close: () => void) {
    this.facts = { format: "blktrace", kernel: null, clock: null, page_size: null, cpus };
    this.streams = streams;
    this.#close = close;
  }

  finish(): void {
    for (const stream of this.streams) stream.sequences.finish();
    // blktrace stamps with CLOCK_MONOTONIC. The ftrace tracer, whose records have no numbers, uses the trace clock.
    if (this.streams.some((stream) => stream.sequences.numbered)) this.facts.clock = "mono";
  }

  close(): void {
    this.#close();
  }

  lostEvents(): number {
    return this.streams.reduce((sum, stream) => sum + stream.sequences.missing, 0);
  }

  skippedRecords(): number {
    return this.streams.reduce((sum, stream) => sum + stream.scanner.skippedRecords, 0);
  }
}

async function open(context: ReadContext): Promise<OpenRecording> {
  const { sink, diagnostics, recordingId } = context;
  const decoder = new RecordDecoder(sink, recordingId, diagnostics);
  const files = sortedByCpu(context.files);
  const inputs: ByteWindow[] = [];
  const close = () => inputs.forEach((input) => input.stream.close());
  const streams: BlktraceStream[] = [];
  try {
    for (const file of files) {
      const window = new ByteWindow(await openBytes(file));
      inputs.push(window);
      const name = file === "-" ? "standard input" : file;
      const scanner = new RecordScanner(window, name, diagnostics);
      const Stream = cpuFile(file) === null ? MixedStream : CpuStream;
      streams.push(new Stream(scanner, decoder, diagnostics));
    }
  } catch (error) {
    close();
    throw error;
  }
  const bases = new Set(files.map((file) => cpuFile(file)?.base));
  const cpus = bases.size === 1 && cpuFile(files[0]) !== null ? files.length : null;
  return new BlktraceRecording(streams, cpus, close);
}

/** Binary block traces of versions 7 and 8. */
export const blktraceFormat: RecordingFormat = { id: "blktrace", sniff, open };
