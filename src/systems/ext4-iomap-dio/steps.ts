/**
 * Named steps of ext4 direct I/O over iomap, as the spec of the system names them.
 *
 * @module
 */

import type { IomapDioStepNames } from "../common/iomap_dio.ts";

export const EXT4_STEPS = {
  E1: "take i_rwsem: exclusive, or shared first where the version does",
  E2: "direct I/O not possible: go buffered",
  E3: "write checks: position of O_APPEND, timestamps",
  overwrite_check: "look whether all blocks are there, so that the shared lock will do",
  upgrade: "give the shared lock back, take it exclusive, and begin the checks again",
  E4: "unaligned: wait for all direct I/O of the inode",
  E5: "overwrite with dioread_nolock: downgrade",
  E6: "the file will grow: onto the orphan list",
  E7: "iomap_dio_rw",
  E8: "extension of the inode: sizes, orphan list, or trim",
  E9: "release i_rwsem",
  E10: "what is left is written through the page cache, flushed and invalidated",
  I1: "allocate the dio, sample i_size",
  I2: "write and wait for dirty pages of the range",
  I3: "invalidate the range",
  I4: "inode_dio_begin",
  "I5.begin": "iomap_begin",
  "I5.alloc": "iomap_begin allocates in a transaction",
  "I5.gup": "pin pages of the buffer",
  "I5.bio": "submit a bio",
  "I5.zero": "submit a bio of zeros for the rest of a block",
  "I5.end": "iomap_end finds that nothing was written",
  I7: "give the reference of the submission back",
  "I7.wait": "all bios have ended",
  "I8.end_io": "->end_io",
  "I8.convert": "unwritten blocks are converted",
  "I8.extend": "->end_io extends the inode",
  "I8.inval": "invalidate the range again",
  "I8.dio_end": "inode_dio_end",
  "I8.sync": "generic_write_sync",
  eiocbqueued_wait: "the submitter waits for what it has queued",
  trim: "blocks and pages beyond i_size are taken back",
  t1: "truncate: i_rwsem exclusive",
  t2: "truncate: wait for direct I/O",
  t3: "truncate: invalidate_lock exclusive, transaction with orphan and both sizes",
  t5: "truncate: the page cache",
  t7: "truncate: blocks",
} as const;

export type Ext4Step = keyof typeof EXT4_STEPS;

/** What the core's steps are called. */
export const EXT4_DIO_STEPS: IomapDioStepNames = {
  enter: "I1",
  flush: "I2",
  invalidate: "I3",
  dioBegin: "I4",
  iomapBegin: "I5.begin",
  gup: "I5.gup",
  bio: "I5.bio",
  zero: "I5.zero",
  drop: "I7",
  wait: "I7.wait",
  endIo: "I8.end_io",
  postInvalidate: "I8.inval",
  dioEnd: "I8.dio_end",
  sync: "I8.sync",
} satisfies Record<string, Ext4Step>;
