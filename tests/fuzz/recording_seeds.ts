/**
 * Recordings to mutate: pieces of the shipped ones in every format, version, byte order and packing, small enough that
 * a mutation often meets what matters.
 *
 * @module
 */

import { gunzipSync, gzipSync } from "node:zlib";
import { type BlkVersion, type ByteOrder, layoutFor, type RecordLayout } from "../../src/recording/blktrace/layout.ts";
import { blktraceFormat } from "../../src/recording/blktrace/reader.ts";
import { blkparseFormat } from "../../src/recording/blkparse_text.ts";
import { ftraceText } from "../../src/recording/ftrace_text/ftrace_format.ts";
import { perfScript } from "../../src/recording/perf_script/perf_format.ts";
import type { RecordingFormat } from "../../src/recording/recording_format.ts";
import { traceCmdReport } from "../../src/recording/trace_cmd_report/report_format.ts";
import { traceDat } from "../../src/recording/trace_dat/reader.ts";
import { zstdCompressSync } from "../../src/recording/zstd.ts";
import { buildTraceDat, type TraceDatSpec } from "../recording/trace_dat_builder.ts";
import { mixedRecording, realSpec } from "../recording/trace_dat_samples.ts";

/** A recording to mutate. */
export interface RecordingSeed {
  name: string;
  format: RecordingFormat;
  bytes: Uint8Array;
  kind: "binary" | "text";
  /**
   * What stands in the file one after the other, as ends of units that are read by themselves: what lies before damage
   * has to be read as if there were none. Null: parts of the file point at each other.
   */
  unitEnds: number[] | null;
  /** Packed: a byte that changes may cost any number of events, and a reader never has more than it unpacks to. */
  packed: boolean;
}

const TRACES = new URL("../../traces/", import.meta.url);

function shipped(path: string): Uint8Array {
  const bytes = Deno.readFileSync(new URL(path, TRACES));
  return path.endsWith(".gz") ? new Uint8Array(gunzipSync(bytes)) : bytes;
}

const LINE_FEED = 0x0a;

function lineEnds(bytes: Uint8Array): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) ends.push(at + 1);
  return ends;
}

/** The head of a text with its first events, and as many lines from further on. */
function excerpt(path: string, lines: number): Uint8Array {
  const bytes = shipped(path);
  const ends = lineEnds(bytes);
  const middle = Math.min(ends.length >> 1, Math.max(lines, ends.length - lines - 1));
  const from = ends[middle];
  const to = ends[Math.min(ends.length - 1, middle + lines)];
  const head = bytes.subarray(0, ends[Math.min(lines, ends.length) - 1]);
  return new Uint8Array([...head, ...bytes.subarray(from, to)]);
}

function text(format: RecordingFormat, path: string, lines = 24): RecordingSeed {
  const bytes = excerpt(path, lines);
  return { name: path, format, bytes, kind: "text", unitEnds: lineEnds(bytes), packed: false };
}

function recordEnds(bytes: Uint8Array, layout: RecordLayout): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    ends.push(at += layout.headBytes + view.getUint16(at + layout.payloadLength, layout.little));
  }
  return ends;
}

/** Fields of a record that have one width in every version. */
const WORDS = ["sequence", "bytes", "pid", "action", "device", "cpu"] as const;

/** Records of blktrace version 7 on a little-endian machine, as another version or machine would have written them. */
function asLayout(bytes: Uint8Array, to: RecordLayout): Uint8Array {
  const from = layoutFor(7, "little");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const end of recordEnds(bytes, from)) {
    const head = new Uint8Array(to.headBytes);
    const out = new DataView(head.buffer);
    out.setUint32(0, to.magicWord, true);
    for (const word of WORDS) out.setUint32(to[word], view.getUint32(at + from[word], true), to.little);
    for (const wide of ["time", "sector"] as const) {
      out.setBigUint64(to[wide], view.getBigUint64(at + from[wide], true), to.little);
    }
    for (const short of ["error", "payloadLength"] as const) {
      out.setUint16(to[short], view.getUint16(at + from[short], true), to.little);
    }
    pieces.push(head, bytes.subarray(at + from.headBytes, end));
    at = end;
  }
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

const BLKTRACE = "hello-ext4/blktrace/dev.blktrace.0";

function blktrace(version: BlkVersion, order: ByteOrder): RecordingSeed {
  const layout = layoutFor(version, order);
  const bytes = asLayout(shipped(BLKTRACE), layout);
  const name = `blktrace version ${version}, ${order} endian`;
  return { name, format: blktraceFormat, bytes, kind: "binary", unitEnds: recordEnds(bytes, layout), packed: false };
}

function dat(name: string, bytes: Uint8Array, packed: boolean): RecordingSeed {
  return { name, format: traceDat, bytes, kind: "binary", unitEnds: null, packed };
}

/** A real recording's events, in every version and packing of the file. */
async function traceDats(): Promise<RecordingSeed[]> {
  const real = await realSpec();
  const seeds: RecordingSeed[] = [];
  const kinds: Pick<TraceDatSpec, "version" | "compression">[] = [
    { version: 6, compression: "none" },
    { version: 7, compression: "none" },
    { version: 7, compression: "zlib" },
    { version: 7, compression: "zstd" },
  ];
  for (const kind of kinds) {
    const name = `trace.dat version ${kind.version}, ${kind.compression}`;
    const packed = kind.compression !== "none";
    if (real !== null) seeds.push(dat(name, buildTraceDat({ ...real, ...kind }).bytes, packed));
    if (kind.compression === "zlib") continue;
    const made = mixedRecording({ ...kind, compression: kind.compression } as Parameters<typeof mixedRecording>[0]);
    seeds.push(dat(`${name}, every kind of field`, made.bytes, packed));
  }
  return seeds;
}

function packed(seed: RecordingSeed, packing: "gzip" | "zstd"): RecordingSeed {
  const bytes = new Uint8Array(packing === "gzip" ? gzipSync(seed.bytes) : zstdCompressSync(seed.bytes));
  return { ...seed, name: `${seed.name}, ${packing}`, bytes, kind: "binary", unitEnds: null, packed: true };
}

/** All of them, by the format's id. */
export async function recordingSeeds(): Promise<ReadonlyMap<string, RecordingSeed[]>> {
  const blkparse = text(blkparseFormat, "hello-ext4/blktrace/blkparse.txt", 60);
  const seeds = [
    ...([7, 8] as const).flatMap((version) => (["little", "big"] as const).map((order) => blktrace(version, order))),
    blkparse,
    text(blkparseFormat, "coherence-bw-ext4/blktrace/blkparse.txt.gz"),
    ...["trace.txt", "trace.tgid.txt", "trace.no-irq-info.txt", "trace.latency-format.txt", "trace.fields.txt"]
      .map((file) => text(ftraceText, `hello-ext4/${file}`)),
    text(ftraceText, "hello-ext4/trace.raw.txt"),
    text(ftraceText, "hello-ext4/blktrace/blk-tracer.txt"),
    text(ftraceText, "coherence-bw-ext4/trace.txt.gz", 30),
    ...["report.txt", "report.ts.txt", "report.raw.txt", "report.latency.txt"]
      .map((file) => text(traceCmdReport, `hello-ext4/${file}`)),
    text(traceCmdReport, "rw-ext4-dax/report-raw.txt.gz"),
    text(perfScript, "coherence-bw-ext4/perf-script.txt.gz", 40),
    ...await traceDats(),
    packed(blkparse, "gzip"),
    packed(blkparse, "zstd"),
    packed(blktrace(7, "little"), "gzip"),
    packed(blktrace(8, "big"), "zstd"),
  ];
  return Map.groupBy(
    seeds,
    ({ format, packed, unitEnds }) => packed && unitEnds === null && format.id !== "trace.dat" ? "packed" : format.id,
  );
}
