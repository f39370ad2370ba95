/**
 * Operations of tasks as YAML says them: the call and what it works on, and further keys for what else it is given.
 *
 * @module
 */

import * as z from "zod";
import { PLACE_SOURCE } from "./place.ts";
import { FADVISE_ADVICE, FALLOCATE_FLAGS, MSYNC_FLAGS, OPEN_FLAGS, RWF_FLAGS, SYNC_RANGE_FLAGS } from "./words.ts";
import { form, length, mapped, name, oneOrMore, place } from "./world_schema.ts";

/** How operations are referred to: by the name they were given, or as `T1#0`, the first of task T1. */
export const OPERATION_NAME = /^[A-Za-z][A-Za-z0-9_]*(?:#\d+(?:\.\d+)?)?$/;

export const operationName = form(OPERATION_NAME, "the name of an operation, or T1#0 for the first of T1");

/** A place with flags behind it. The flags are read by the loader, which can say which one it does not know. */
const placeAndFlags = (example: string) =>
  form(new RegExp(`^${PLACE_SOURCE}(?: [A-Z_]+(?:[| ][A-Z_]+)*)?$`), `a place and flags, such as "${example}"`);

const SEGMENT = `(?:(?:anon|efault) \\d{1,4}|(?:map|private) ${PLACE_SOURCE}|${PLACE_SOURCE})`;

/** Memory that a call reads from or writes to. */
export const buffer = form(
  new RegExp(`^${SEGMENT}(?: \\+ ${SEGMENT})*$`),
  `memory such as "anon 2", "map F[0..1]", "private F[0]", "efault 1", a mapping "m[0..1]", or several joined with " + "`,
).describe("anon N, map F[a..b], private F[a..b], efault N, m[a..b]; joined with +");

const common = {
  name: name.optional().describe("for after and expect; default T1#0, T1#1, ..."),
  after: oneOrMore(operationName).optional().describe("operations that have returned before this one begins"),
};

const bytes = {
  skip: z.int().min(1).max(511).optional().describe("bytes left out at the beginning of the range"),
  bytes: z.int().min(1).optional().describe("bytes transferred; default: the whole range"),
};

const readsInto = { to: buffer.optional().describe("default: anonymous memory") };
const writesFrom = { from: buffer.optional().describe("default: anonymous memory") };
const io = placeAndFlags("F[0..3] O_DIRECT|O_DSYNC");

const transfers = {
  pread: z.strictObject({ pread: io, ...readsInto, ...bytes, ...common }),
  preadv: z.strictObject({ preadv: io, ...readsInto, ...bytes, ...common }),
  pwrite: z.strictObject({ pwrite: io, ...writesFrom, ...bytes, ...common }),
  pwritev: z.strictObject({ pwritev: io, ...writesFrom, ...bytes, ...common }),
  fsync: z.strictObject({ fsync: name, ...common }),
  fdatasync: z.strictObject({ fdatasync: name, ...common }),
};

/** What can be submitted together. */
const iocb = z.union([
  transfers.pread,
  transfers.preadv,
  transfers.pwrite,
  transfers.pwritev,
  transfers.fsync,
  transfers.fdatasync,
]);

const batch = z.array(iocb).min(1);
const count = z.union([z.literal("all"), z.int().min(1)]);

/** Every operation, by the key that says which one it is. */
export const OPERATIONS = {
  ...transfers,
  load: z.strictObject({ load: placeAndFlags("F[0:0] MAP_PRIVATE"), ...common })
    .describe("loads from each sector, through a mapping"),
  store: z.strictObject({ store: placeAndFlags("F[0:0] MAP_SHARED"), ...common })
    .describe("stores into each sector, through a mapping"),
  mmap: z.strictObject({
    mmap: mapped,
    as: name.optional().describe("name of the new area"),
    over: name.optional().describe("MAP_FIXED: the area whose place it takes"),
    ...common,
  }),
  munmap: z.strictObject({ munmap: place, ...common }),
  msync: z.strictObject({ msync: placeAndFlags("F[0] MS_SYNC"), ...common }),
  sync_file_range: z.strictObject({
    sync_file_range: placeAndFlags("F[0..3] SYNC_FILE_RANGE_WRITE"),
    ...common,
  }),
  syncfs: z.strictObject({ syncfs: name, ...common }),
  close: z.strictObject({ close: name, ...common }).describe(
    "the task's descriptors of the file; file systems trim then",
  ),
  fstat: z.strictObject({ fstat: name, ...common }).describe("looks at i_size"),
  ftruncate: z.strictObject({ ftruncate: name, size: length, ...common }),
  fallocate: z.strictObject({ fallocate: placeAndFlags("F[1] FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE"), ...common }),
  fadvise: z.strictObject({
    fadvise: placeAndFlags("F POSIX_FADV_DONTNEED"),
    ...common,
  }),
  ficlone: z.strictObject({ ficlone: place, to: place, ...common }).describe(
    "FICLONERANGE: to shares the blocks of the first",
  ),
  drop_caches: z.strictObject({ drop_caches: z.int().min(1).max(3), ...common }),
  aio_pread: z.strictObject({ aio_pread: io, ...readsInto, ...bytes, ...common }).describe("io_submit of one read"),
  aio_pwrite: z.strictObject({ aio_pwrite: io, ...writesFrom, ...bytes, ...common }).describe("io_submit of one write"),
  io_submit: z.strictObject({ io_submit: batch, ...common }).describe("several at once"),
  io_getevents: z.strictObject({ io_getevents: count, ...common })
    .describe("waits for completions; default: all, at the end of the task"),
  uring_pread: z.strictObject({ uring_pread: io, ...readsInto, ...bytes, ...common }),
  uring_pwrite: z.strictObject({ uring_pwrite: io, ...writesFrom, ...bytes, ...common }),
  uring_submit: z.strictObject({ uring_submit: batch, ...common }),
  uring_wait: z.strictObject({ uring_wait: count, ...common }),
} as const;

export type OperationKey = keyof typeof OPERATIONS;

/** What may be in io_submit and uring_submit. */
export const IOCB_KEYS = Object.keys(transfers) as (keyof typeof transfers)[];

type Members = { [Key in OperationKey]: (typeof OPERATIONS)[Key] };

export const operationSchema = z.union(
  Object.values(OPERATIONS) as unknown as [Members[OperationKey], ...Members[OperationKey][]],
);

export const taskSchema = z.union([
  z.array(operationSchema).min(1),
  z.strictObject({
    mm: name.optional().describe("address space; tasks with the same one share it; default: one of its own"),
    do: z.array(operationSchema).min(1),
  }),
]).describe("what a task does, one operation after another");

/** All flags that may stand behind the place of an operation. */
export const PLACE_FLAGS: Partial<Record<OperationKey, readonly string[]>> = {
  pread: [...OPEN_FLAGS, ...RWF_FLAGS],
  preadv: [...OPEN_FLAGS, ...RWF_FLAGS],
  pwrite: [...OPEN_FLAGS, ...RWF_FLAGS],
  pwritev: [...OPEN_FLAGS, ...RWF_FLAGS],
  aio_pread: [...OPEN_FLAGS, ...RWF_FLAGS],
  aio_pwrite: [...OPEN_FLAGS, ...RWF_FLAGS],
  uring_pread: [...OPEN_FLAGS, ...RWF_FLAGS],
  uring_pwrite: [...OPEN_FLAGS, ...RWF_FLAGS],
  load: ["MAP_SHARED", "MAP_PRIVATE"],
  store: ["MAP_SHARED", "MAP_PRIVATE"],
  msync: MSYNC_FLAGS,
  sync_file_range: SYNC_RANGE_FLAGS,
  fallocate: FALLOCATE_FLAGS,
  fadvise: FADVISE_ADVICE,
};
