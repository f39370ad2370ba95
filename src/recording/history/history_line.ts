/**
 * Lines of a history: what a workload itself wrote down of its operations, as ground truth beside a recording.
 *
 * A history is a text file of one JSON object a line, in any order. Times are nanoseconds of the recording's clock, taken
 * just before and just after the call. Data carries stamps: an operation that writes puts its own `id` and the place into
 * every sector, and one that reads says whose stamps it saw. Two spellings are known, those of the shared recordings'
 * workloads; keys that are not named here are left alone.
 *
 * @module
 */

import { z } from "zod";

/** Nanoseconds have more digits than a double holds: they arrive as text. */
const ns = z.string().regex(/^\d+$/, "nanoseconds as a whole number");
const whole = z.number().int();

/** `[sectors, id]`, `[sectors, id, sectors off]`, or a sector whose words have several writers. */
const saw = z.union([
  z.tuple([whole.min(1), whole]),
  z.tuple([whole.min(1), whole, whole]),
  z.tuple([whole.min(1), z.object({ mix: z.array(z.array(whole).min(2)) })]),
]);

/** `[file offset, bytes, id]`, `[.., id, sectors off]`, or the bytes of a cell of several writers in hexadecimal. */
const seen = z.union([
  z.tuple([whole.min(0), whole.min(0), whole]),
  z.tuple([whole.min(0), whole.min(0), whole, whole]),
  z.tuple([whole.min(0), whole.min(0), z.string()]),
]);

const common = {
  /** Number of the operation, unique in the history: its stamp, if it writes. */
  id: whole.min(0),
  /** Thread id, as in the recording. */
  tid: whole.min(0),
  /** What was done: a word, see {@linkcode FAMILY_OF}. */
  op: z.string().min(1),
  start_ns: ns,
  end_ns: ns,
  /** Name of the file, whatever the workload calls it. */
  file: z.string().optional(),
  ino: whole.optional(),
  fd: whole.optional(),
};

/** Spelling with `off`, `len`, `ret`, `saw`: lengths in bytes, what was seen in sectors from `off` on. */
export const SAW_LINE = z.looseObject({
  ...common,
  ret: z.number(),
  errno: whole,
  off: whole.min(0).optional(),
  len: whole.min(0).optional(),
  /** 1: the file is open with O_DIRECT. */
  direct: z.literal([0, 1]).optional(),
  /** Words of the flags of open, joined by |. */
  o: z.string().optional(),
  saw: z.array(saw).optional(),
  /** User buffer that is a mapping: `map:FILE@OFFSET`. */
  src: z.string().optional(),
  dst: z.string().optional(),
});

/** Spelling with `offset`, `length`, `result`, `seen`: everything in bytes. */
export const SEEN_LINE = z.looseObject({
  ...common,
  result: z.number(),
  /** Name of the error. */
  errno: z.string().nullable(),
  offset: whole.min(0).optional(),
  length: whole.min(0).optional(),
  open_flags: z.string().optional(),
  mode_name: z.string().optional(),
  /** MAP_SHARED or MAP_PRIVATE; what is done through a private mapping is no content of the file. */
  map_type: z.string().optional(),
  /** Bytes loaded or stored before a signal ended it. */
  done: whole.optional(),
  seen: z.array(seen).optional(),
  buf_file: z.string().optional(),
  buf_offset: whole.optional(),
  from_file: z.string().optional(),
});

/** What a file holds in the end: a line without an operation. */
export const FINAL_LINE = z.looseObject({
  file: z.string(),
  ino: whole,
  size: whole.min(0),
  offset: whole.min(0),
  length: whole.min(0),
  seen: z.array(seen),
});

/** What an operation does to the content of a file. */
export type Family =
  | "read"
  | "write"
  | "load"
  | "store"
  | "open"
  | "truncate"
  | "allocate"
  | "allocate_keep"
  | "zero"
  | "punch"
  | "shift"
  | "clone"
  | "other"
  | "unknown";

/** Words of `op` for what changes no content. */
const WITHOUT_EFFECT = [
  "close",
  "fadvise",
  "fadvise_dontneed",
  "fadvise_willneed",
  "fdatasync",
  "fiemap",
  "final",
  "fstat",
  "fsync",
  "io_getevents",
  "lseek",
  "madvise",
  "madvise_dontneed",
  "madvise_willneed",
  "mlock",
  "mmap",
  "mprotect",
  "mremap",
  "msync",
  "msync_async",
  "msync_inval",
  "munlock",
  "munmap",
  "note",
  "readahead",
  "rename",
  "set_extsize",
  "stat",
  "statfs",
  "statvfs",
  "statx",
  "sync",
  "sync_file_range",
  "syncfs",
  "unlink",
] as const;

/** Families of the words of `op`; what any other word does to content is not known. */
export const FAMILY_OF: Readonly<Record<string, Family>> = {
  pread: "read",
  preadv: "read",
  preadv2: "read",
  preadv2_nowait: "read",
  pread64: "read",
  read: "read",
  readv: "read",
  pread_into_map: "read",
  aio_pread: "read",
  uring_pread: "read",
  pwrite: "write",
  pwritev: "write",
  pwritev2: "write",
  pwritev2_dsync: "write",
  pwritev2_nowait: "write",
  pwrite64: "write",
  write: "write",
  writev: "write",
  pwrite_from_map: "write",
  aio_pwrite: "write",
  uring_pwrite: "write",
  load: "load",
  "mmap-load": "load",
  store: "store",
  "mmap-store": "store",
  open: "open",
  ftruncate: "truncate",
  truncate: "truncate",
  fallocate: "allocate",
  fallocate_keep: "allocate_keep",
  fallocate_zero: "zero",
  fallocate_punch: "punch",
  fallocate_collapse: "shift",
  fallocate_insert: "shift",
  clone: "clone",
  ...Object.fromEntries(WITHOUT_EFFECT.map((word): [string, Family] => [word, "other"])),
};

/** Whose stamps a stretch of a file showed; several: parts of it had one each. */
export interface Stretch {
  /** Position in the file and length, bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** Equal where contents are equal; null: not filled, or not told apart. */
  readonly values: readonly string[] | null;
}

/** An operation of a history, whatever the spelling. */
export interface HistoryOperation {
  /** Line in its file, from 1. */
  readonly line: number;
  readonly id: number;
  readonly tid: number;
  readonly op: string;
  readonly family: Family;
  readonly file: string;
  readonly ino: number | null;
  /** Opened with O_DIRECT; null where the line does not say. */
  readonly direct: boolean | null;
  /** Bytes; for a truncation the new size is in `length`. */
  readonly offset: number | null;
  readonly length: number | null;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Bytes, or what the call returned; negative on failure. */
  readonly result: number;
  readonly error: string | null;
  /** Opened with O_TRUNC. */
  readonly truncates: boolean;
  readonly seen: readonly Stretch[];
  /** The user buffer is a mapping of this file at this position: stamps are those of what is there. */
  readonly buffer: { readonly file: string; readonly offset: number } | null;
  readonly fromFile: string | null;
}
