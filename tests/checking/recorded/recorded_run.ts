/**
 * Small recordings as the checks see them, made by hand.
 *
 * @module
 */

import { judgeRecording, type RecordingVerdict } from "../../../src/checking/recorded/judge_recording.ts";
import type { HistoryOperation } from "../../../src/recording/history/history_line.ts";
import type {
  RecordedBio,
  RecordedOperation,
  RecordedPageEvent,
  RecordedRun,
} from "../../../src/checking/recorded/recorded_run.ts";

export const FILE = "7:0/12";

/** Lets a test say only what matters; times of events are their seqs. */
export class RunBuilder {
  readonly operations: RecordedOperation[] = [];
  readonly pages: RecordedPageEvent[] = [];
  readonly bios: RecordedBio[] = [];
  readonly sizes: { seq: number; time: number; file: string; size: number }[] = [];

  operation(kind: string, start: number, end: number, more: Partial<RecordedOperation> = {}): RecordedOperation {
    const operation: RecordedOperation = {
      id: this.operations.length,
      recordingId: 1,
      pid: 100,
      task: "t-100",
      kind,
      execution: "unknown",
      attribution: "certain",
      file: FILE,
      offset: null,
      bytes: null,
      start,
      end,
      done: null,
      result: 0,
      firstSeq: start,
      lastSeq: end,
      ...more,
    };
    this.operations.push(operation);
    return operation;
  }

  /** A direct write of a page, with its bio. */
  directWrite(start: number, end: number, page: number, stored = end - 1): RecordedOperation {
    const range = { offset: page * 4096, bytes: 4096, result: 4096 };
    const operation = this.operation("pwrite", start, end, { execution: "direct", ...range });
    this.bio(start + 1, stored, { operation: operation.id, role: "direct", offset: range.offset });
    return operation;
  }

  page(kind: string, seq: number, page: number, cause = "unknown"): void {
    this.pages.push({ seq, time: seq, kind, file: FILE, page, pages: 1, operation: null, cause });
  }

  bio(queued: number, completed: number, more: Partial<RecordedBio> = {}): RecordedBio {
    const offset = more.offset ?? 0;
    const bio: RecordedBio = {
      id: this.bios.length,
      recordingId: 1,
      dev: "7:0",
      sector: 1000 + (offset ?? 0) / 512,
      bytes: 4096,
      rwbs: "WS",
      queued,
      issued: queued,
      completed,
      operation: null,
      file: FILE,
      offset,
      role: "writeback",
      pid: 1,
      firstSeq: queued,
      lastSeq: completed,
      ...more,
    };
    this.bios.push(bio);
    return bio;
  }

  build(): RecordedRun {
    return {
      operations: this.operations,
      pages: this.pages.toSorted((a, b) => a.seq - b.seq),
      bios: this.bios,
      sizes: this.sizes,
      sharedMappings: [],
      unwrittenMappings: [],
      fallocateModes: new Map(),
      cuttingOpens: new Set(),
      pageSize: 4096,
      originNs: 0n,
      release: null,
      withGaps: new Set(),
      eventNames: new Set(["ext4_da_write_begin"]),
    };
  }
}

/** A line of a history: a buffered write of the first page, but for what is said. */
export function historyLine(more: Partial<HistoryOperation>): HistoryOperation {
  return {
    line: 1,
    id: 1,
    tid: 100,
    op: "pwrite",
    family: "write",
    file: "f0",
    ino: 12,
    direct: false,
    offset: 0,
    length: 4096,
    startNs: 0n,
    endNs: 1n,
    result: 4096,
    error: null,
    truncates: false,
    seen: [],
    buffer: null,
    fromFile: null,
    ...more,
  };
}

/** What is judged of a recording; null: there is no history. */
export function verdictOf(run: RecordedRun, history: readonly HistoryOperation[] | null): RecordingVerdict {
  const steps = judgeRecording(run, history);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
