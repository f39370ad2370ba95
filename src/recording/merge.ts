/**
 * Streams of records merged by time, stably: of equal times, the stream that was opened first goes first.
 *
 * @module
 */

import type { EventSink } from "./event_sink.ts";
import type { RecordStream } from "./recording_format.ts";

/** Where the merge stands, for progress and for stopping. */
export interface MergeControl {
  /** Called now and then; may wait (the taker of batches is slow), and ends the merge by returning false. */
  pace(): Promise<boolean>;
}

/** How many records go by between two calls of {@linkcode MergeControl.pace}. */
const PACE_RECORDS = 4096;

/** A stream that has been put into the heap, with its place among the streams. */
interface Entry {
  stream: RecordStream;
  order: number;
}

function before(a: Entry, b: Entry): boolean {
  const x = a.stream;
  const y = b.stream;
  if (x.tsHi !== y.tsHi) return x.tsHi < y.tsHi;
  if (x.tsLo !== y.tsLo) return x.tsLo < y.tsLo;
  return a.order < b.order;
}

/** Moves the entry at `at` down to its place. */
function siftDown(heap: Entry[], at: number): void {
  const entry = heap[at];
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
    if (!before(heap[child], entry)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = entry;
}

/**
 * Hands every record of the streams to the sink, in order of time.
 *
 * @returns false when it was stopped
 */
export async function mergeStreams(streams: RecordStream[], sink: EventSink, control: MergeControl): Promise<boolean> {
  const heap: Entry[] = [];
  for (const [order, stream] of streams.entries()) {
    if (await stream.next()) heap.push({ stream, order });
  }
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) siftDown(heap, i);
  let left = PACE_RECORDS;
  while (heap.length > 0) {
    const first = heap[0];
    first.stream.emit(sink);
    const step = first.stream.next();
    const more = typeof step === "boolean" ? step : await step;
    if (!more) {
      const last = heap.pop()!;
      if (heap.length === 0) break;
      if (last !== first) heap[0] = last;
    }
    if (heap.length > 1) siftDown(heap, 0);
    if (--left === 0) {
      left = PACE_RECORDS;
      if (!await control.pace()) return false;
    }
  }
  return true;
}
