/**
 * Puts the records of several CPUs that stand in one input back into the order of their times.
 *
 * `blktrace -o -` writes what each CPU has gathered piece by piece: records of one device and CPU are in order, those of
 * different ones are not. A queue for each of them holds records back until there is a bounded amount of them; then the
 * earliest goes on.
 *
 * @module
 */

import { layoutOf, type RecordLayout } from "./layout.ts";
import { WIDE_ZERO } from "../wide_zero.ts";

/** Records held back are not more than this, in bytes. */
export const HELD_BYTES_MAX = 16 << 20;

/** Queues at most; damaged records could bring up any number. The last one takes what is left. */
const QUEUES_MAX = 4096;

/** Ahead of each record in a queue: its length and its offset in the input. */
const PREFIX_BYTES = 16;

/** Records of one device on one CPU, first in first out. */
class RecordQueue {
  bytes = new Uint8Array(1 << 16);
  view = new DataView(this.bytes.buffer);
  start = 0;
  end = 0;
  /** Time of the first record. */
  tsLo = WIDE_ZERO;
  tsHi = WIDE_ZERO;

  constructor(readonly rank: number) {}

  push(source: Uint8Array, at: number, length: number, offset: number): void {
    // Each record starts at a multiple of 8, as the prefix has a 64-bit number.
    const needed = (PREFIX_BYTES + length + 7) & ~7;
    if (this.end + needed > this.bytes.length) this.#makeRoom(needed);
    this.view.setUint32(this.end, length);
    this.view.setFloat64(this.end + 8, offset);
    const target = this.bytes;
    let to = this.end + PREFIX_BYTES;
    for (let i = at; i < at + length; i++) target[to++] = source[i];
    this.end += needed;
  }

  #makeRoom(needed: number): void {
    const used = this.end - this.start;
    if (used + needed <= this.bytes.length / 2) {
      this.bytes.copyWithin(0, this.start, this.end);
    } else {
      const larger = new Uint8Array(Math.max(this.bytes.length * 2, used + needed));
      larger.set(this.bytes.subarray(this.start, this.end));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    this.start = 0;
    this.end = used;
  }

  get length(): number {
    return this.view.getUint32(this.start);
  }

  get offset(): number {
    return this.view.getFloat64(this.start + 8);
  }

  get at(): number {
    return this.start + PREFIX_BYTES;
  }

  get layout(): RecordLayout {
    return layoutOf(this.view.getUint32(this.at, true))!;
  }

  /** Sets the time to that of the first record. */
  readTime(): void {
    const { little, time } = this.layout;
    this.tsLo = this.view.getUint32(this.at + time + (little ? 0 : 4), little);
    this.tsHi = this.view.getUint32(this.at + time + (little ? 4 : 0), little);
  }

  pop(): void {
    this.start += (PREFIX_BYTES + this.length + 7) & ~7;
  }
}

function isBefore(a: RecordQueue, b: RecordQueue): boolean {
  if (a.tsHi !== b.tsHi) return a.tsHi < b.tsHi;
  if (a.tsLo !== b.tsLo) return a.tsLo < b.tsLo;
  return a.rank < b.rank;
}

/** The queues, those with records as a heap with the earliest one on top. */
export class Demultiplexer {
  /** Bytes held back. */
  held = 0;
  readonly #queues = new Map<number, RecordQueue>();
  readonly #heap: RecordQueue[] = [];

  /** Holds a record back. `device` and `cpu` are the record's own. */
  push(device: number, cpu: number, bytes: Uint8Array, at: number, length: number, offset: number): void {
    const queue = this.#queueOf(device, cpu);
    const wasEmpty = queue.start === queue.end;
    queue.push(bytes, at, length, offset);
    this.held += length;
    if (!wasEmpty) return;
    queue.readTime();
    this.#heap.push(queue);
    this.#up(this.#heap.length - 1);
  }

  #queueOf(device: number, cpu: number): RecordQueue {
    const key = this.#queues.size < QUEUES_MAX ? (device >>> 0) * 0x100000 + (cpu & 0xfffff) : 0;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = new RecordQueue(this.#queues.size);
      this.#queues.set(key, queue);
    }
    return queue;
  }

  /** The queue whose first record is the earliest; null when nothing is held. */
  first(): RecordQueue | null {
    return this.#heap[0] ?? null;
  }

  /** Drops the earliest record. */
  pop(): void {
    const heap = this.#heap;
    const queue = heap[0];
    this.held -= queue.length;
    queue.pop();
    if (queue.start === queue.end) {
      queue.start = queue.end = 0;
      const last = heap.pop()!;
      if (heap.length === 0) return;
      if (last !== queue) heap[0] = last;
    } else {
      queue.readTime();
    }
    this.#down(0);
  }

  #up(index: number): void {
    const heap = this.#heap;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(heap[index], heap[parent])) return;
      [heap[index], heap[parent]] = [heap[parent], heap[index]];
      index = parent;
    }
  }

  #down(index: number): void {
    const heap = this.#heap;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && isBefore(heap[child], heap[least])) least = child;
      }
      if (least === index) return;
      [heap[index], heap[least]] = [heap[least], heap[index]];
      index = least;
    }
  }
}
