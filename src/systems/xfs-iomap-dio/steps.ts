/**
 * Named steps of XFS direct I/O over iomap, as the spec of the system names them.
 *
 * @module
 */

import type { IomapDioStepNames } from "../common/iomap_dio.ts";

export const XFS_STEPS = {
  IOLOCK: "take IOLOCK",
  checks: "write checks: position, end of the file",
  upgrade: "give IOLOCK shared back, take it exclusive, and begin the checks again",
  drain: "wait for all direct I/O of the inode",
  zero_eof: "zeros between the end of the file and the write",
  demote: "IOLOCK exclusive becomes shared",
  retry: "refused under the shared lock: once more, exclusive",
  begin: "iomap_dio_rw begins",
  flush: "write and wait for dirty pages of the range",
  inval: "invalidate the range",
  dio_begin: "inode_dio_begin",
  iomap_begin: "map a piece",
  alloc: "iomap_begin allocates unwritten blocks in a transaction",
  GUP: "pin pages of the buffer",
  bios: "submit a bio",
  zero: "submit a bio of zeros for the rest of a block",
  submitted: "give the reference of the submission back",
  wait: "all bios have ended",
  end_io: "->end_io",
  convert: "unwritten blocks are converted",
  setfilesize: "i_size and the size on disk grow",
  post_inval: "invalidate the range again",
  dio_end: "inode_dio_end",
  sync: "generic_write_sync",
  v54_wait: "what has been queued is waited for",
  release: "release IOLOCK",
  fallback: "refused with -ENOTBLK: written through the page cache",
  t1: "truncate: IOLOCK and MMAPLOCK exclusive",
  t2: "truncate: wait for direct I/O",
  t4: "truncate: i_size and page cache",
  t7: "truncate: size on disk, then blocks",
} as const;

export type XfsStep = keyof typeof XFS_STEPS;

/** What the core's steps are called. */
export const XFS_DIO_STEPS: IomapDioStepNames = {
  enter: "begin",
  flush: "flush",
  invalidate: "inval",
  dioBegin: "dio_begin",
  iomapBegin: "iomap_begin",
  gup: "GUP",
  bio: "bios",
  zero: "zero",
  drop: "submitted",
  wait: "wait",
  endIo: "end_io",
  postInvalidate: "post_inval",
  dioEnd: "dio_end",
  sync: "sync",
} satisfies Record<string, XfsStep>;
