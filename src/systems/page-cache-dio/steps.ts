/**
 * Named steps of page-cache-tracked direct I/O.
 *
 * @module
 */

import { XFS_STEPS } from "../xfs-iomap-dio/steps.ts";
import { EXT4_STEPS } from "../ext4-iomap-dio/steps.ts";

export const PAGE_CACHE_STEPS = {
  ...EXT4_STEPS,
  ...XFS_STEPS,
  O1: "is the page tree empty?",
  O2: "pgrwsem shared, and is it still empty?",
  O4: "page by page: take the folio out, then put a lock entry in its place",
  "O4.cached": "a cached page is copied, as a buffered read does",
  O5: "pin the user's pages and do the I/O",
  O6: "the I/O has ended: entries go, who waits for them is woken; pgrwsem is released",
  pin_all: "pin all pages before anything is held",
  fault_in: "let go of everything, fault the pages in, begin again",
  trunc_wait: "truncation waits for direct I/O",
} as const;
