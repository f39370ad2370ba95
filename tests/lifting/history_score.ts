/**
 * Lifted operations against what the workload itself wrote down: which of its system calls and requests were found, with
 * the right file, range, flag and result.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import type { OperationRow } from "./lifted.ts";

/** A line of a history, both forms brought together. */
export interface HistoryLine {
  id: number;
  tid: number;
  op: string;
  ino: number | null;
  fd: number | null;
  /** Opened with O_DIRECT; null where the line does not say. */
  direct: boolean | null;
  offset: number | null;
  length: number | null;
  start: bigint;
  end: bigint;
  /** Negative on failure: -errno where the errno is known, else -1. */
  result: number;
  address: number | null;
  hasErrno: boolean;
}

/** Kind of operation, by the history's word; null: no system call that the recordings trace. */
const KIND_OF: Record<string, string> = {
  pread: "pread",
  preadv2: "pread",
  preadv2_nowait: "pread",
  read: "pread",
  pread_into_map: "pread",
  pwrite: "pwrite",
  pwritev2: "pwrite",
  pwritev2_dsync: "pwrite",
  pwritev2_nowait: "pwrite",
  write: "pwrite",
  pwrite_from_map: "pwrite",
  aio_pread: "aio_pread",
  aio_pwrite: "aio_pwrite",
  uring_pread: "uring_pread",
  uring_pwrite: "uring_pwrite",
  open: "open",
  close: "close",
  mmap: "mmap",
  munmap: "munmap",
  msync: "msync",
  msync_async: "msync",
  fsync: "fsync",
  fdatasync: "fdatasync",
  syncfs: "sync",
  sync_file_range: "sync_file_range",
  ftruncate: "ftruncate",
  fallocate: "fallocate",
  fallocate_keep: "fallocate",
  fallocate_punch: "fallocate",
  fallocate_zero: "fallocate",
  fallocate_collapse: "fallocate",
  fallocate_insert: "fallocate",
  fadvise_dontneed: "fadvise",
  fadvise_willneed: "fadvise",
  lseek: "lseek",
};

/** Kinds whose files and ranges are compared; of the others only that they were found, with their result. */
const WITH_RANGE = new Set(["pread", "pwrite", "aio_pread", "aio_pwrite", "uring_pread", "uring_pwrite"]);

const ERRNO: Record<string, number> = {
  EIO: 5,
  EAGAIN: 11,
  EFAULT: 14,
  EINVAL: 22,
  ENOSPC: 28,
  EOPNOTSUPP: 95,
  ENOENT: 2,
  EFBIG: 27,
};

type Json = Record<string, unknown>;

function readText(path: string): string | null {
  for (const [name, unpack] of [[path, false], [`${path}.gz`, true]] as const) {
    try {
      const bytes = Deno.readFileSync(name);
      return new TextDecoder().decode(unpack ? gunzipSync(bytes) : bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

/** The history of a recording's folder, null where it has none. */
export function readHistory(folder: string): HistoryLine[] | null {
  const text = readText(`${folder}/history.jsonl`);
  if (text === null) return null;
  const inodes = new Map<unknown, number>();
  const number = (value: unknown) => typeof value === "number" ? value : null;
  // Times have more digits than a double holds.
  const parse = (line: string): Json => JSON.parse(line.replace(/"(start_ns|end_ns)":\s*(\d+)/g, '"$1":"$2"')) as Json;
  return text.split("\n").filter((line) => line !== "").map((line): HistoryLine => {
    const row = parse(line);
    if (typeof row.ino === "number") inodes.set(row.file, row.ino);
    const value = number(row.ret) ?? number(row.result) ?? 0;
    const errno = typeof row.errno === "string" ? ERRNO[row.errno] ?? null : number(row.errno);
    const flags = typeof row.open_flags === "string" ? row.open_flags : null;
    const address = typeof row.addr === "string" ? Number(row.addr) : null;
    return {
      id: Number(row.id),
      tid: Number(row.tid),
      op: String(row.op),
      ino: number(row.ino) ?? inodes.get(row.file) ?? null,
      fd: number(row.fd),
      direct: typeof row.direct === "number" ? row.direct === 1 : flags === null ? null : /O_DIRECT/.test(flags),
      offset: number(row.off) ?? number(row.offset),
      length: number(row.len) ?? number(row.length),
      start: BigInt(String(row.start_ns)),
      end: BigInt(String(row.end_ns)),
      result: value < 0 && errno !== null && errno > 0 ? -errno : value,
      address,
      hasErrno: errno !== null && errno > 0,
    };
  });
}

export interface Miss {
  line: HistoryLine;
  operation: OperationRow | null;
  wrong: string[];
}

export interface Score {
  /** Lines whose system call the recording traces. */
  traced: number;
  right: number;
  misses: Miss[];
}

/**
 * @param from time of the recording's first event: what was before it is not in it; kinds of calls of which it has none
 *   were not traced
 */
export function score(history: readonly HistoryLine[], operations: readonly OperationRow[], from: bigint): Score {
  const byTask = new Map<string, OperationRow[]>();
  for (const operation of operations) {
    if (operation.partOf !== null && !/^(aio|uring)_/.test(operation.kind)) continue;
    const key = `${operation.pid}/${operation.kind}`;
    const list = byTask.get(key) ?? [];
    list.push(operation);
    byTask.set(key, list);
  }
  const result: Score = { traced: 0, right: 0, misses: [] };
  const used = new Set<OperationRow>();
  const kinds = new Set(operations.map((operation) => operation.kind));
  for (const line of history) {
    const kind = KIND_OF[line.op];
    if (kind === undefined || line.start < from || !kinds.has(kind)) continue;
    result.traced++;
    const within = (byTask.get(`${line.tid}/${kind}`) ?? []).filter((operation) =>
      !used.has(operation) && operation.start >= line.start && (operation.end ?? operation.start) <= line.end
    );
    // Requests of one call have one interval: the one with this range is meant, if there is one.
    const wrongs = within.map((operation) => ({ operation, wrong: differences(line, kind, operation) }))
      .sort((a, b) => a.wrong.length - b.wrong.length || a.operation.id - b.operation.id);
    const best = wrongs[0];
    if (best === undefined) {
      result.misses.push({ line, operation: null, wrong: ["not found"] });
      continue;
    }
    used.add(best.operation);
    if (best.wrong.length === 0) result.right++;
    else result.misses.push({ line, operation: best.operation, wrong: best.wrong });
  }
  return result;
}

/** Page faults of mappings against loads and stores of the history. */
export interface FaultScore {
  /** Lifted faults within a load or store of the same thread, on a file of the history. */
  faults: number;
  /** Those with the file, a page of the range, and the direction of the load or store. */
  right: number;
  /** Loads and stores, and those of them that faulted. */
  accesses: number;
  faulting: number;
}

/** Loads and stores leave nothing but faults; these are scored by themselves. */
export function scoreFaults(history: readonly HistoryLine[], operations: readonly OperationRow[]): FaultScore {
  const accesses = history.filter(({ op }) => /^(load|store|mmap-load|mmap-store)$/.test(op));
  const result: FaultScore = { faults: 0, right: 0, accesses: accesses.length, faulting: 0 };
  const faulting = new Set<HistoryLine>();
  for (const fault of operations) {
    if (fault.kind !== "load" && fault.kind !== "store") continue;
    const access = accesses.find(({ tid, start, end }) =>
      tid === fault.pid && start <= fault.start && fault.start <= end
    );
    if (access === undefined) continue;
    faulting.add(access);
    result.faults++;
    const isInRange = fault.offset! < access.offset! + access.length! && access.offset! < fault.offset! + fault.bytes!;
    if (fault.ino === access.ino && isInRange && access.op.endsWith(fault.kind)) result.right++;
  }
  result.faulting = faulting.size;
  return result;
}

function differences(line: HistoryLine, kind: string, operation: OperationRow): string[] {
  const wrong: string[] = [];
  if (line.ino !== null && kind !== "munmap" && kind !== "sync" && operation.ino !== line.ino) wrong.push("file");
  if (WITH_RANGE.has(kind)) {
    if (operation.offset !== line.offset) wrong.push("offset");
    if (operation.bytes !== line.length) wrong.push("length");
    if (line.direct !== null && operation.requestedDirect !== line.direct) wrong.push("direct");
  }
  if (kind === "fallocate" || kind === "sync_file_range" || kind === "mmap" || kind === "msync") {
    if (line.offset !== null && operation.offset !== line.offset) wrong.push("offset");
    if (line.length !== null && operation.bytes !== line.length) wrong.push("length");
  }
  if (kind === "ftruncate") {
    const size = line.offset ?? line.length;
    if (size !== null && operation.offset !== size && operation.offset !== line.length) wrong.push("size");
  }
  if (kind === "mmap") {
    if (line.result >= 0 ? (operation.result ?? -1) < 0 : (operation.result ?? 0) >= 0) wrong.push("result");
  } else if (
    !(kind === "fadvise") && operation.result !== line.result && !(line.result === -1 && (operation.result ?? 0) < 0)
  ) {
    wrong.push("result");
  }
  return wrong;
}
