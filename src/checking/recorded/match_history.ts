/**
 * Which lifted operation is which of a history: same thread, same family of call, within the history's time.
 *
 * @module
 */

import { ownEntry } from "../../std/own_entry.ts";
import { partitionPoint } from "../../std/partition_point.ts";
import type { HistoryOperation } from "../../recording/history/history_line.ts";
import type { RecordedOperation } from "./recorded_run.ts";

/** Kinds of lifted operations that the words of histories stand for; others are not looked for. */
const KINDS: Readonly<Record<string, string>> = {
  preadv: "pread",
  preadv2: "pread",
  preadv2_nowait: "pread",
  pread64: "pread",
  read: "pread",
  readv: "pread",
  pread_into_map: "pread",
  pwritev: "pwrite",
  pwritev2: "pwrite",
  pwritev2_dsync: "pwrite",
  pwritev2_nowait: "pwrite",
  pwrite64: "pwrite",
  write: "pwrite",
  writev: "pwrite",
  pwrite_from_map: "pwrite",
  truncate: "ftruncate",
  fallocate_keep: "fallocate",
  fallocate_punch: "fallocate",
  fallocate_zero: "fallocate",
  fallocate_collapse: "fallocate",
  fallocate_insert: "fallocate",
  fadvise_dontneed: "fadvise",
  fadvise_willneed: "fadvise",
  madvise_dontneed: "madvise",
  madvise_willneed: "madvise",
  msync_async: "msync",
  msync_inval: "msync",
  syncfs: "sync",
  fstat: "stat",
  statx: "stat",
  statfs: "stat",
  statvfs: "stat",
  rename: "name",
  unlink: "name",
  copy_file_range: "copy",
  sendfile: "copy",
  splice: "copy",
  splice_in: "copy",
  splice_out: "copy",
  "mmap-load": "load",
  "mmap-store": "store",
};

/** Lifted operations by the history's; several for loads and stores, of which only the page faults were seen. */
export function matchHistory(
  history: readonly HistoryOperation[],
  operations: readonly RecordedOperation[],
  originNs: bigint,
): Map<HistoryOperation, RecordedOperation[]> {
  const byTask = new Map<string, RecordedOperation[]>();
  for (const operation of operations) {
    const key = `${operation.pid} ${operation.kind}`;
    const list = byTask.get(key);
    if (list === undefined) byTask.set(key, [operation]);
    else list.push(operation);
  }
  for (const list of byTask.values()) list.sort((a, b) => a.start - b.start || a.id - b.id);
  const used = new Set<RecordedOperation>();
  const matched = new Map<HistoryOperation, RecordedOperation[]>();
  for (const line of history) {
    const kind = ownEntry(KINDS, line.op) ?? line.op;
    const list = byTask.get(`${line.tid} ${kind}`);
    if (list === undefined) continue;
    const [from, to] = [Number(line.startNs - originNs), Number(line.endNs - originNs)];
    const isMany = line.family === "load" || line.family === "store";
    const within: RecordedOperation[] = [];
    for (let at = partitionPoint(list, ({ start }) => start < from); at < list.length && list[at].start <= to; at++) {
      const each = list[at];
      if (!used.has(each) && (each.end ?? each.start) <= to) within.push(each);
    }
    // Requests of one call have one interval: the one of this range is meant.
    const found = isMany
      ? within
      : within.filter(({ offset }) => line.offset === null || offset === null || offset === line.offset).slice(0, 1);
    if (found.length === 0) continue;
    for (const each of found) used.add(each);
    matched.set(line, found);
  }
  return matched;
}
