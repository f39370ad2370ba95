/**
 * Names of the steps of the series, and what those of 2.6.20 that it has left are called here.
 *
 * @module
 */

import { LOCK_ORDER as LEGACY_LOCK_ORDER, STEPS as LEGACY_STEPS } from "../legacy-dio/steps.ts";

/** Steps of 2.6.20's paths that are the same here under another name; null: part of the one that comes next. */
export const RENAMED: Readonly<Record<string, string | null>> = {
  A1: null,
  A2: "W0",
  A3: "W1",
  G1: "W2",
  A5: "W2",
  R2a: "W2",
  G2: "W4",
  R4: "W4",
  A7: "W5",
  A8: "W6",
  R5a: "W6",
  A9: "W7",
  R6: "W7",
  A10: "W11",
  R6b: "W11",
  A11: "W12",
  R8: "W12",
  A12: "W13",
  R9: "W13",
  G4: null,
  A14: "W15",
  A13: "W16",
  A15: "W17",
  A16: "W18",
  R1: "R",
};

const OWN_STEPS: Readonly<Record<string, string>> = {
  W0: "lock i_mutex; checks, position of an appending write",
  W1: "ext3: an extending write goes onto the orphan list",
  W2: "check the alignment; unmap the range of a write",
  W3: "a write inside i_size lets go of i_mutex",
  W4: "without placeholders: write dirty pages of the range and wait",
  W5: "decide whether to wait for the I/O",
  W6: "sample i_size, and what is cached or mapped",
  W7: "pin a batch of the user's pages",
  W8: "make the pages of the next blocks one's own, up to the end of the request or DIO_PAGES",
  W9: "ask for no more blocks than that",
  W10: "get_block",
  W10p: "reiserfs: take a block of the inode's preallocation window",
  W11: "submit a bio",
  W12: "leave the I/O to the interrupt, or find it complete",
  W13: "complete: end_io, remove the placeholders",
  W14: "lock i_mutex again",
  W15: "write and invalidate what others have cached meanwhile",
  W16: "ext3: off the orphan list, i_size and i_disksize",
  W17: "raise i_size",
  W18: "write the rest through the page cache",
  R: "direct read: look at i_size without a lock",
  F2: "look the pages up, under the tree's lock",
  F3: "wait for somebody else's placeholder",
  F4: "wait for a page's lock",
  F5: "write a dirty page, with all before it held",
  F6: "a placeholder for the rest of the range",
  twait: "truncation waits for placeholders",
};

/** Steps of 2.6.20 that keep their names; nobody invalidates before a write here (G2a). */
const kept = Object.entries(LEGACY_STEPS).filter(([name]) => !(name in RENAMED) && name !== "G2a");

export const PLACEHOLDER_STEPS: Readonly<Record<string, string>> = { ...OWN_STEPS, ...Object.fromEntries(kept) };

/** mm/filemap.c; page locks come before transactions, as patch 5 says. Placeholders are of the class of pages. */
export const LOCK_ORDER = LEGACY_LOCK_ORDER;
