/**
 * Recordings of one run by clocks of their own (blkparse's times begin at zero) brought onto one time axis.
 *
 * Both saw the same bios being queued: those whose device, sector and length occur once in each are matched, and the
 * middle of the time differences is the offset (spec: at least three matches). Runs of one workload on one device queue
 * the same bios too, at other times: so nearly all matches have to agree on the offset, and of the bios that both should
 * have seen nearly all have to be matched.
 *
 * @module
 */

import { Diagnostics } from "./diagnostics.ts";
import { type EventObserver, EventSink } from "./event_sink.ts";
import { mergeStreams } from "./merge.ts";
import type { OpenRecording, ReadContext, RecordStream } from "./recording_format.ts";

/** Matches that must agree. */
export const MATCHES_MIN = 3;
/** Tracers of one run stamp a bio this close together; text has microseconds, and interrupts come between. */
const APART_NS_MAX = 25_000n;
/** Clocks of one machine may run apart by one in so many (200 ppm). */
const DRIFT_INVERSE = 5000n;
/** Recordings closer than this share a clock: the difference is the way from one tracer to the next. */
const SAME_CLOCK_NS_MAX = 100_000n;
/** How much of a recording is looked at: events, and bios queued. */
const EVENTS_MAX = 400_000;
const QUEUED_MAX = 20_000;

/** What was found about two recordings' clocks. */
export type Alignment =
  | { kind: "aligned"; offsetNs: bigint; matches: number; spreadNs: bigint }
  | { kind: "same"; matches: number; medianNs: bigint }
  /** `agreeing` of the `matches` are of one mind about the offset; `expected` bios should have been seen by both. */
  | { kind: "unknown"; matches: number; agreeing: number; expected: number };

/** When bios were queued. */
export interface QueueTimes {
  /** By device, sector and length; null where that is not unique. */
  byPlace: Map<string, bigint | null>;
  /** False: only the beginning of the recording was looked at. */
  isWhole: boolean;
}

class QueueObserver implements EventObserver {
  readonly byPlace = new Map<string, bigint | null>();

  event(sink: EventSink): void {
    if (sink.type.action !== "Q" || sink.dev < 0 || !sink.hasSector || !sink.hasBytes || sink.bytesLo === 0) return;
    const key = `${sink.pool.texts[sink.dev]}/${sink.sectorHi}/${sink.sectorLo}/${sink.bytesLo}`;
    const time = BigInt.asIntN(64, (BigInt(sink.tsHi >>> 0) << 32n) | BigInt(sink.tsLo >>> 0));
    this.byPlace.set(key, this.byPlace.has(key) ? null : time);
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
    const isWhole = await mergeStreams(recording.streams, sink, {
      pace: () => Promise.resolve(sink.seq < EVENTS_MAX && observer.byPlace.size < QUEUED_MAX),
    });
    return { byPlace: observer.byPlace, isWhole };
  } finally {
    recording.close();
  }
}

const size = (value: bigint) => value < 0n ? -value : value;
const ascending = (a: bigint, b: bigint) => a < b ? -1 : a > b ? 1 : 0;

interface Match {
  /** Time in the recording to be moved. */
  time: bigint;
  /** What would have to be added to it. */
  difference: bigint;
}

function matchesOf(reference: QueueTimes, other: QueueTimes): Match[] {
  const matches: Match[] = [];
  for (const [place, time] of other.byPlace) {
    const there = reference.byPlace.get(place);
    if (time !== null && there !== undefined && there !== null) matches.push({ time, difference: there - time });
  }
  return matches.sort((a, b) => ascending(a.difference, b.difference));
}

/** Bios of each recording that the other one should have seen too: those of the time that both cover. */
function expectedMatches(reference: QueueTimes, other: QueueTimes, offsetNs: bigint): number {
  // What one has several times may be once in the other.
  const timesOf = (own: QueueTimes, there: QueueTimes, shift: bigint) =>
    [...own.byPlace].flatMap(([place, time]) =>
      time === null || there.byPlace.get(place) === null ? [] : [time + shift]
    )
      .sort(ascending);
  const [one, two] = [timesOf(reference, other, 0n), timesOf(other, reference, offsetNs)];
  if (one.length === 0 || two.length === 0) return 0;
  const from = (one[0] > two[0] ? one[0] : two[0]) - APART_NS_MAX;
  const to = (one.at(-1)! < two.at(-1)! ? one.at(-1)! : two.at(-1)!) + APART_NS_MAX;
  const [inOne, inTwo] = [one, two].map((times) => times.filter((time) => from <= time && time <= to).length);
  return Math.min(inOne, inTwo);
}

/** Three quarters at least. */
const nearlyAll = (part: number, whole: number) => 4 * part >= 3 * whole;

/** Compares when two recordings saw the same bios; the offset is what to add to `other`'s times. */
export function alignClocks(reference: QueueTimes, other: QueueTimes): Alignment {
  const matches = matchesOf(reference, other);
  if (matches.length < MATCHES_MIN) return { kind: "unknown", matches: matches.length, agreeing: 0, expected: 0 };
  const middle = matches[matches.length >> 1];
  const agreeing = matches.filter(({ time, difference }) =>
    size(difference - middle.difference) <= APART_NS_MAX + size(time - middle.time) / DRIFT_INVERSE
  );
  const at = (share: number) => agreeing[Math.round((agreeing.length - 1) * share)].difference;
  const medianNs = at(0.5);
  const expected = expectedMatches(reference, other, medianNs);
  if (
    agreeing.length < MATCHES_MIN || !nearlyAll(agreeing.length, matches.length) ||
    !nearlyAll(agreeing.length, expected)
  ) {
    return { kind: "unknown", matches: matches.length, agreeing: agreeing.length, expected };
  }
  if (size(medianNs) <= SAME_CLOCK_NS_MAX) return { kind: "same", matches: agreeing.length, medianNs };
  return { kind: "aligned", offsetNs: medianNs, matches: agreeing.length, spreadNs: at(0.95) - at(0.05) };
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
    // Signed, so that what lies before the other clock's zero comes first in a merge.
    this.#inner.tsHi = ((this.#inner.tsHi >>> 0) + this.#hi + (lo > 0xffffffff ? 1 : 0)) | 0;
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
