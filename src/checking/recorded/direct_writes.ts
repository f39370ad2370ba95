/**
 * Direct writes of a recording with the bios that carried their data.
 *
 * @module
 */

import type { RecordedBio, RecordedOperation, RecordedRun } from "./recorded_run.ts";

export interface DirectWrite {
  readonly operation: RecordedOperation;
  readonly file: string;
  readonly offset: number;
  /** Bytes that it says it wrote. */
  readonly bytes: number;
  readonly bios: readonly RecordedBio[];
  /** When its first data was queued and its last data was on the device. */
  readonly queued: number;
  readonly stored: number;
  /** When it was over for whoever asked for it: the return of the call, or the delivery of the request. */
  readonly over: number;
}

const KINDS: ReadonlySet<string> = new Set(["pwrite", "aio_pwrite", "uring_pwrite"]);

/** Direct writes that succeeded, in order of their beginning. Without bios in the recording their own times stand in. */
export function directWrites({ operations, bios }: RecordedRun): DirectWrite[] {
  const byOperation = new Map<number, RecordedBio[]>();
  for (const bio of bios) {
    if (bio.operation === null || (bio.role !== "direct" && bio.role !== "zeroing")) continue;
    const list = byOperation.get(bio.operation);
    if (list === undefined) byOperation.set(bio.operation, [bio]);
    else list.push(bio);
  }
  const writes: DirectWrite[] = [];
  for (const operation of operations) {
    const { kind, execution, file, offset, bytes, result, start, end } = operation;
    if (!KINDS.has(kind) || execution !== "direct" || file === null || offset === null) continue;
    if (result === null || result <= 0 || end === null) continue;
    const own = byOperation.get(operation.id) ?? [];
    const known = (values: (number | null)[]) => values.filter((value) => value !== null);
    writes.push({
      operation,
      file,
      offset,
      bytes: bytes === null ? result : Math.min(bytes, result),
      bios: own,
      queued: Math.min(...known(own.map(({ queued }) => queued)), end) || start,
      stored: Math.min(end, Math.max(start, ...known(own.map(({ completed }) => completed)))),
      over: end,
    });
  }
  return writes;
}

/** Pages that a range touches. */
export function pagesOf(offset: number, bytes: number, pageSize: number): number[] {
  const pages: number[] = [];
  for (let page = Math.floor(offset / pageSize); page * pageSize < offset + bytes; page++) pages.push(page);
  return pages;
}
