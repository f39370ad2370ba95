/**
 * One operation while it is under way: what it was asked, and what events have told of it so far.
 *
 * @module
 */

import type { EventSink } from "../recording/event_sink.ts";
import type { CallShape } from "./call_table.ts";
import type { DescriptorTable, OpenFile } from "./open_files.ts";
import { ATTRIBUTION, EXECUTION, KIND } from "./operation_kinds.ts";

/** Evidence of how the data went, as bits of {@linkcode Operation.seen}. */
export const SAW = { begin: 1, direct: 2, buffered: 4, invalidateFail: 8, dax: 16 } as const;

/** No number: positions, lengths and ids are never negative. */
export const NO = -1;

/** How firmly an event ties the operation to a file. */
export const WEAK = 1;
export const STRONG = 2;

/** errno of an attempt that would have had to wait. */
export const EAGAIN = 11;

/** What an event tells of a whole read or write, or of its part: -1 ({@linkcode NO}) where it does not. */
export interface Transfer {
  readonly data: "read" | "write";
  readonly file: number;
  readonly offset: number;
  readonly bytes: number;
}

export class Operation {
  /** Time of the call, of its end, and of the completion of an asynchronous request: low and high half. */
  startLo: number;
  startHi: number;
  endLo = 0;
  endHi = 0;
  doneLo = 0;
  doneHi = 0;
  hasEnd = false;
  hasDone = false;
  readonly firstSeq: number;
  lastSeq: number;
  readonly tag: number;
  readonly recordingId: number;
  file = NO;
  open: OpenFile | null = null;
  /** Descriptors of who submitted it; null where the call itself names its descriptor. */
  table: DescriptorTable | null = null;
  /** The open file is a guess from all that are open: the thread itself did not open it. */
  isGuess = false;
  attribution: number = ATTRIBUTION.unknown;
  offset = NO;
  bytes = NO;
  result = 0;
  hasResult = false;
  /** Operation that this is a part of, or by which it was submitted. */
  partOf = NO;
  evidenceFile = NO;
  evidenceLevel = 0;
  seen = 0;
  /** First byte that went through the page cache after a direct part. */
  bufferedFrom = NO;
  execution: number = EXECUTION.unknown;
  /** Pages that a buffered read found first: positions of the first and behind the last, as it was asked for. */
  pagesStart = NO;
  pagesEnd = NO;
  /** Mapping calls: addresses. */
  address = NO;
  flags = 0;
  mode = 0;
  fd = NO;
  /** File whose inode XFS locked last. */
  lockedLast = NO;
  /** Asynchronous: the part in the submitter is over. */
  isQueued = false;
  /** Iterations of iomap since its last mapping. */
  iterations = 0;
  queueKey = 0;
  shape: CallShape = "plain";

  constructor(readonly id: number, public kind: number, public data: "read" | "write" | "none", sink: EventSink) {
    this.startLo = sink.tsLo;
    this.startHi = sink.tsHi;
    this.firstSeq = this.lastSeq = sink.seq;
    this.tag = sink.tag;
    this.recordingId = sink.type.key.recordingId;
  }

  endNow(sink: EventSink): void {
    this.endLo = sink.tsLo;
    this.endHi = sink.tsHi;
    this.hasEnd = true;
    this.lastSeq = sink.seq;
  }

  doneNow(sink: EventSink): void {
    this.doneLo = sink.tsLo;
    this.doneHi = sink.tsHi;
    this.hasDone = true;
    this.lastSeq = sink.seq;
  }

  /** Takes note that an event of the operation names this file. */
  evidence(file: number, level: number): void {
    if (level <= this.evidenceLevel) return;
    this.evidenceFile = file;
    this.evidenceLevel = level;
  }

  /** Is this a request of io_submit or io_uring, which goes on when the call is over? */
  get isAsynchronous(): boolean {
    return this.kind === KIND.aio_pread || this.kind === KIND.aio_pwrite || this.isRing;
  }

  isRing = false;

  /** True when the range holds the byte. */
  holds(offset: number): boolean {
    return this.offset >= 0 && this.bytes >= 0 && offset >= this.offset && offset < this.offset + this.bytes;
  }
}
