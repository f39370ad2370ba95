/**
 * What was lifted from a recording, as the checks look at it: operations, page-cache events and bios of files.
 *
 * Times are nanoseconds from the first event of the first recording on, so that a double holds them exactly.
 *
 * @module
 */

/** A file by device and inode, `7:0/12`. */
export type FileKey = string;

export interface RecordedOperation {
  readonly id: number;
  readonly recordingId: number;
  readonly pid: number;
  /** Name and thread id. */
  readonly task: string;
  /** As in table `operation`: pread, pwrite, aio_pwrite, load, fsync, ... */
  readonly kind: string;
  readonly execution: string;
  readonly attribution: string;
  readonly file: FileKey | null;
  readonly offset: number | null;
  readonly bytes: number | null;
  readonly start: number;
  /** Null: its end is not in the recording. */
  readonly end: number | null;
  /** When an asynchronous request was complete. */
  readonly done: number | null;
  readonly result: number | null;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface RecordedPageEvent {
  readonly seq: number;
  readonly time: number;
  /** add, delete, dirty, writeback_start, ... */
  readonly kind: string;
  readonly file: FileKey;
  readonly page: number;
  readonly pages: number;
  readonly operation: number | null;
  readonly cause: string;
}

export interface RecordedBio {
  readonly id: number;
  readonly recordingId: number;
  readonly dev: string;
  readonly sector: number;
  readonly bytes: number;
  readonly rwbs: string;
  readonly queued: number | null;
  readonly issued: number | null;
  readonly completed: number | null;
  readonly operation: number | null;
  readonly file: FileKey | null;
  readonly offset: number | null;
  readonly role: string;
  readonly pid: number | null;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** A size of a file that an event prints. */
export interface ShownSize {
  readonly seq: number;
  readonly time: number;
  readonly file: FileKey;
  readonly size: number;
}

export interface RecordedRun {
  /** By id. */
  readonly operations: readonly RecordedOperation[];
  /** By seq. */
  readonly pages: readonly RecordedPageEvent[];
  readonly bios: readonly RecordedBio[];
  /** By seq. */
  readonly sizes: readonly ShownSize[];
  /** Events that tell a task of a mapping whose blocks another file shares. */
  readonly sharedMappings: readonly { readonly seq: number }[];
  /** Events that tell a task of a range without data: a hole, or unwritten blocks. By seq. */
  readonly unwrittenMappings: readonly {
    readonly seq: number;
    readonly pid: number;
    readonly state: "hole" | "unwritten";
  }[];
  /** Modes of fallocate by the event that began the call. */
  readonly fallocateModes: ReadonlyMap<number, number>;
  /** Events that began an open that cuts the file to nothing (O_TRUNC). */
  readonly cuttingOpens: ReadonlySet<number>;
  readonly pageSize: number;
  /** Time of the first event, to print times as the recording has them. */
  readonly originNs: bigint;
  /** Of the kernel, as uname prints it; null: not recorded. */
  readonly release: string | null;
  /** Recordings of which events are missing: what is not in them may have happened. */
  readonly withGaps: ReadonlySet<number>;
  /** Names of the events that the recording holds. */
  readonly eventNames: ReadonlySet<string>;
}

/** A finding about a recording. */
export interface RecordedFinding {
  readonly anomaly: string;
  readonly severity: "info" | "warning" | "error" | "data_loss";
  /** What kind of its anomaly it is, and by what it was found: `stamps`, `state`. */
  readonly attributes: readonly string[];
  /** The one that suffers first. */
  readonly operations: readonly string[];
  readonly file: FileKey | null;
  readonly fileName: string | null;
  readonly sectors: readonly number[];
  readonly time: number | null;
  readonly seqs: readonly number[];
  /** Two sentences. */
  readonly text: string;
}

/** A time as recordings print it: seconds with all digits. */
export function timeText(time: number, originNs: bigint): string {
  const ns = originNs + BigInt(Math.round(time));
  return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, "0")}`;
}

/** `direct pwrite 12288+8192 of thread 19994, 3209.518725647..3209.519075118, events 812..840`. */
export function operationText(operation: RecordedOperation, originNs: bigint): string {
  const { kind, execution, offset, bytes, pid, start, end, firstSeq, lastSeq } = operation;
  const way = execution === "unknown" || execution === "none" || kind === "load" || kind === "store"
    ? ""
    : `${execution} `;
  const range = offset === null ? "" : ` ${offset}+${bytes ?? "?"}`;
  const until = end === null ? "" : timeText(end, originNs);
  return `${way}${kind}${range} of thread ${pid}, ${
    timeText(start, originNs)
  }..${until}, events ${firstSeq}..${lastSeq}`;
}
