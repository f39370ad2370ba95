/**
 * Names of the steps of 2.6.20's paths.
 *
 * @module
 */

export const STEPS: Readonly<Record<string, string>> = {
  G1: "unmap the range of a direct write",
  G2: "write all dirty pages of the file and wait",
  G2a: "invalidate the range before a direct write (post_inval_only=off)",
  G4: "invalidate the range of a direct write behind it; an error replaces its result",
  A1: "lock i_mutex",
  A2: "checks, position of an appending write",
  A3: "ext3: start the handle; an extending write puts the inode on the orphan list",
  A5: "check the alignment",
  A6: "take i_alloc_sem shared",
  A7: "decide whether to wait for the I/O",
  A8: "sample i_size",
  A9: "pin, map and pack",
  restart: "ext3: a commit waits, so the handle is started anew",
  A11: "leave the I/O to the interrupt, or find it complete",
  A12: "complete: end_io, give i_alloc_sem back",
  A13: "ext3: off the orphan list, i_size and i_disksize, stop the handle",
  A14: "G4 of a write: clear the page cache of what was there before",
  A15: "raise i_size",
  A16: "write the rest through the page cache",
  A17: "O_SYNC: metadata to the disk",
  R1: "look at i_size without a lock",
  R2a: "check the alignment",
  R3: "lock i_mutex",
  R4: "write dirty pages of the range and wait",
  R5: "take i_alloc_sem shared",
  R5a: "sample i_size",
  R6: "pin, map and pack; zeros for holes",
  R7: "unlock i_mutex",
  R8: "leave the I/O to the interrupt, or find it complete",
  R9: "complete: clip to i_size, give i_alloc_sem back",
  X1: "xfs: is anything cached, is it behind the end",
  X2: "xfs: locks taken",
  X3: "xfs: cached pages flushed and taken from the cache",
  X4: "xfs: IOLOCK demoted to shared, i_mutex given back",
  X5: "xfs: logged size up, with ILOCK",
  r0: "xfs: IOLOCK taken shared",
  w0: "xfs: buffered, IOLOCK exclusive",
  r1: "buffered read: look at i_size, then page by page",
  w1: "buffered write: page by page",
  y1: "write dirty pages",
  y2: "metadata to the disk",
  t1: "truncate: lock i_mutex",
  t2: "take i_alloc_sem exclusive",
  t3: "ext3: onto the orphan list",
  t6: "i_size set, pages unmapped and removed",
  t7: "free the blocks",
  t8: "all given back",
};

/** mm/filemap.c of 2.6.20, head comment, and what the review of the placeholder series adds for ext3. */
export const LOCK_ORDER: readonly (readonly [string, string])[] = [
  ["i_mutex", "mmap_sem"],
  ["i_mutex", "i_alloc_sem"],
  ["mmap_sem", "page"],
  ["page", "txn"],
];
