/**
 * System calls on files: which family each belongs to, and how its arguments name the file and the range.
 *
 * Source: the format descriptions of the `syscalls` events of Linux 6.1 and 6.18; see `vocabulary.ts` for their fields.
 *
 * @module
 */

import { ownEntry } from "../std/own_entry.ts";
import { KIND, type OperationKind } from "./operation_kinds.ts";

/**
 * What a call's arguments tell. `range`: descriptor, position and length. `vector`: descriptor and position, the length
 * is in user memory. `stream`: descriptor and length, the position is the open file's. `stream_vector`: the position is
 * the open file's and the length in user memory. `file`: a descriptor alone. `memory`: an address and a length.
 */
export type CallShape =
  | "open"
  | "close"
  | "close_range"
  | "range"
  | "vector"
  | "stream"
  | "stream_vector"
  | "file"
  | "length"
  | "mmap"
  | "memory"
  | "dup"
  | "fcntl"
  | "seek"
  | "copy"
  | "submit"
  | "reap"
  | "destroy"
  | "ring"
  | "plain";

export interface CallRule {
  kind: number;
  shape: CallShape;
  /** Transfers data of the file from (`read`) or to it (`write`). */
  data: "read" | "write" | "none";
}

const RULES = new Map<string, CallRule>();

function rule(names: string, kind: OperationKind, shape: CallShape, data: CallRule["data"] = "none"): void {
  for (const name of names.split(" ")) RULES.set(name, { kind: KIND[kind], shape, data });
}

rule("open openat openat2 creat", "open", "open");
rule("close", "close", "close");
rule("close_range", "close", "close_range");
rule("pread64", "pread", "range", "read");
rule("preadv preadv2", "pread", "vector", "read");
rule("read", "pread", "stream", "read");
rule("readv", "pread", "stream_vector", "read");
rule("pwrite64", "pwrite", "range", "write");
rule("pwritev pwritev2", "pwrite", "vector", "write");
rule("write", "pwrite", "stream", "write");
rule("writev", "pwrite", "stream_vector", "write");
rule("mmap", "mmap", "mmap");
rule("munmap mremap", "munmap", "memory");
rule("msync", "msync", "memory");
rule("madvise", "madvise", "memory");
rule("fsync", "fsync", "file");
rule("fdatasync", "fdatasync", "file");
rule("sync_file_range", "sync_file_range", "range");
rule("ftruncate", "ftruncate", "length");
rule("truncate", "ftruncate", "length");
rule("fallocate", "fallocate", "range");
rule("fadvise64", "fadvise", "range");
rule("readahead", "fadvise", "file");
rule("newfstat fstat", "stat", "file");
rule("newfstatat statx newstat newlstat statfs fstatfs", "stat", "plain");
rule("lseek", "lseek", "seek");
rule("dup dup2 dup3", "dup", "dup");
rule("fcntl", "fcntl", "fcntl");
rule("sync", "sync", "plain");
rule("syncfs", "sync", "plain");
rule("io_submit", "io_submit", "submit");
rule("io_getevents io_pgetevents", "io_getevents", "reap");
rule("io_setup io_cancel io_uring_setup io_uring_register", "queue", "plain");
rule("io_destroy", "queue", "destroy");
rule("io_uring_enter", "io_uring_enter", "ring");
rule("sendfile64 copy_file_range splice", "copy", "copy");
rule("rename renameat renameat2 unlink unlinkat link linkat", "name", "plain");

/** The rule of a system call by its name without `sys_enter_`; undefined for a call that is not lifted. */
export function callRule(name: string): CallRule | undefined {
  return RULES.get(name);
}

/** Operations of io_uring by number (`include/uapi/linux/io_uring.h`), as the kernel names them. */
const RING_OPERATIONS = [
  "NOP READV WRITEV FSYNC READ_FIXED WRITE_FIXED POLL_ADD POLL_REMOVE SYNC_FILE_RANGE SENDMSG RECVMSG TIMEOUT",
  "TIMEOUT_REMOVE ACCEPT ASYNC_CANCEL LINK_TIMEOUT CONNECT FALLOCATE OPENAT CLOSE FILES_UPDATE STATX READ WRITE FADVISE",
  "MADVISE SEND RECV OPENAT2",
].join(" ").split(" ");

const RING_KINDS: Record<string, OperationKind> = {
  READ: "uring_pread",
  READV: "uring_pread",
  READ_FIXED: "uring_pread",
  WRITE: "uring_pwrite",
  WRITEV: "uring_pwrite",
  WRITE_FIXED: "uring_pwrite",
  FSYNC: "fsync",
  SYNC_FILE_RANGE: "sync_file_range",
  FALLOCATE: "fallocate",
  FADVISE: "fadvise",
  MADVISE: "madvise",
  OPENAT: "open",
  OPENAT2: "open",
  CLOSE: "close",
  STATX: "stat",
};

/** Kind of an io_uring request by the name of its operation, or by its number where no name is printed. */
export function ringKind(name: string | null, opcode: number): number {
  return KIND[ownEntry(RING_KINDS, name ?? RING_OPERATIONS[opcode] ?? "") ?? "uring"];
}
