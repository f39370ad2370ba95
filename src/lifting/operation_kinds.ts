/**
 * The words that lifted rows are made of, with the codes that they are stored as: a code is the word's place.
 *
 * @module
 */

/** Families of system calls; `operation.kind`. */
export const KINDS = [
  "open",
  "close",
  "pread",
  "pwrite",
  "load",
  "store",
  "mmap",
  "munmap",
  "msync",
  "fsync",
  "fdatasync",
  "sync_file_range",
  "ftruncate",
  "fallocate",
  "aio_pread",
  "aio_pwrite",
  "uring_pread",
  "uring_pwrite",
  "fadvise",
  "stat",
  "madvise",
  "lseek",
  "dup",
  "fcntl",
  "sync",
  "io_submit",
  "io_getevents",
  "io_uring_enter",
  "uring",
  "copy",
  "name",
  "queue",
] as const;
export type OperationKind = typeof KINDS[number];

/** How an attribution is known, from nothing to certainty. */
export const ATTRIBUTIONS = ["unknown", "by-time", "by-interval", "certain"] as const;

/**
 * How the data of an operation went: `none` where nothing was transferred, `mixed` where a direct part was followed by a
 * buffered one, `dax` where it was copied from or to persistent memory.
 */
export const EXECUTIONS = ["unknown", "none", "direct", "buffered", "mixed", "dax"] as const;

/** Why a page of the cache came, went or changed; `page_event.cause`. */
export const CAUSES = [
  "unknown",
  "readahead",
  "read",
  "write",
  "fault",
  "invalidate",
  "truncate",
  "reclaim",
  "writeback",
] as const;

/** What a bio carries; `bio.role`. */
export const ROLES = [
  "unknown",
  "direct",
  "zeroing",
  "read",
  "readahead",
  "writeback",
  "journal",
  "metadata",
  "flush",
] as const;

function codes<T extends string>(words: readonly T[]): Record<T, number> {
  return Object.fromEntries(words.map((word, code) => [word, code])) as Record<T, number>;
}

export const KIND = codes(KINDS);
export const ATTRIBUTION = codes(ATTRIBUTIONS);
export const EXECUTION = codes(EXECUTIONS);
export const CAUSE = codes(CAUSES);
export const ROLE = codes(ROLES);
