/**
 * Recordings of one run by clocks of their own (blkparse's times begin at zero) brought onto one time axis.
 *
 * Both saw the same bios being queued: those whose device, sector and length occur once in each are matched, and the
 * middle of the time differences is the offset (spec: at least three matches).
 *
 * @module
 */

import { Diagnostics } from "./diagnostics.ts";
import { type EventObserver, EventSink } from "./event_sink.ts";
import { mergeStreams } from "./merge.ts";
import type { OpenRecording, ReadContext, RecordStream } from "./recording_format.ts";

const MATCHES_MIN = 3;
/** Differences must agree this well: tracers of one run are microseconds apart, runs are not. */
const SPREAD_NS_MAX = 1_000_000n;
/** Recordings closer than this share a clock: the difference is the way from one tracer to the next. */
const SAME_CLOCK_NS_MAX = 100_000n;
/** How much of a recording is looked at. */
const EVENTS_MAX = 400_000;
const QUEUED_MAX = 20_000;

/** What was found about two recordings' clocks. */
export type Alignment =
  | { kind: "aligned"; offsetNs: bigint; matches: number; spreadNs: bigint }
  | { kind: "same"; matches: number; medianNs: bigint }
  | { kind: "unknown"; matches: number; spreadNs: bigint | null };

/** When bios were queued, by device, sector and length; null where that is not unique. */
export type QueueTimes = Map<string, bigint | null>;

class QueueObserver implements EventObserver {
  readonly times: QueueTimes = new Map();

  event(sink: EventSink): void {
    if (sink.type.action !== "Q" || sink.dev < 0 || !sink.hasSector || !sink.hasBytes || sink.bytesLo === 0) return;
    const key = `${sink.pool.texts[sink.dev]}/${sink.sectorHi}/${sink.sectorLo}/${sink.bytesLo}`;
    const time = (BigInt(sink.tsHi >>> 0) << 32n) | BigInt(sink.tsLo >>> 0);
    this.times.set(key, this.times.has(key) ? null : time);
  }
}

/** Looks through the beginning of a recording for queued bios. */
export async function queueTimes(
  open: (context: ReadContext) => Promise<OpenRecording>,
  path: string,
  files: string[],
): Promise<QueueTimes> {
  const observer = new QueueObserver();
  const sink = new EventSink(() => {}, [observer]);
  const recording = await open({ recordingId: 1, sink, diagnostics: new Diagnostics(1, () => 0), path, files });
  try {
    await mergeStreams(recording.streams, sink, {
      pace: () => Promise.resolve(sink.seq < EVENTS_MAX && observer.times.size < QUEUED_MAX),
    });
  } finally {
    recording.close();
  }
  return observer.times;
}

/** Compares when two recordings saw the same bios; the offset is what to add to `other`'s times. */
export function alignClocks(reference: QueueTimes, other: QueueTimes): Alignment {
  const differences: bigint[] = [];
  for (const [key, time] of other) {
    const there = reference.get(key);
    if (time !== null && there !== undefined && there !== null) differences.push(there - time);
  }
  if (differences.length < MATCHES_MIN) return { kind: "unknown", matches: differences.length, spreadNs: null };
  differences.sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
  const at = (share: number) => differences[Math.floor((differences.length - 1) * share)];
  const medianNs = at(0.5);
  const spreadNs = at(0.95) - at(0.05);
  const matches = differences.length;
  if (spreadNs > SPREAD_NS_MAX) return { kind: "unknown", matches, spreadNs };
  const size = medianNs < 0n ? -medianNs : medianNs;
  if (size <= SAME_CLOCK_NS_MAX) return { kind: "same", matches, medianNs };
  return { kind: "aligned", offsetNs: medianNs, matches, spreadNs };
}

/** A stream with its times moved. */
export class ShiftedStream implements RecordStream {
  readonly #inner: RecordStream;
  readonly #lo: number;
  readonly #hi: number;

  constructor(inner: RecordStream, offsetNs: bigint) {
    this.#inner = inner;
    const wrapped = BigInt.asUintN(64, offsetNs);
    this.#lo = Number(wrapped & 0xffffffffn);
    this.#hi = Number(wrapped >> 32n);
  }

  get tsLo(): number {
    return this.#inner.tsLo;
  }

  get tsHi(): number {
    return this.#inner.tsHi;
  }

  #shift(): void {
    const lo = (this.#inner.tsLo >>> 0) + this.#lo;
    this.#inner.tsLo = lo >>> 0;
    this.#inner.tsHi = ((this.#inner.tsHi >>> 0) + this.#hi + (lo > 0xffffffff ? 1 : 0)) >>> 0;
  }

  next(): boolean | Promise<boolean> {
    const step = this.#inner.next();
    if (typeof step === "boolean") {
      if (step) this.#shift();
      return step;
    }
    return step.then((more) => {
      if (more) this.#shift();
      return more;
    });
  }

  emit(sink: EventSink): void {
    this.#inner.emit(sink);
  }
}
