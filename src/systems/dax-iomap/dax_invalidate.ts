/**
 * Entries taken out of a DAX file's tree: by writes that get new blocks, and by truncation.
 *
 * @module
 */

import { type PrivateCopies, unmapMappingRange } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import { reachStep } from "../common/reach_step.ts";
import { PMD_PAGES } from "./dax_entries.ts";
import type { DaxIomapInode } from "./dax_iomap_inode.ts";

/**
 * `invalidate_inode_pages2_range` of a DAX mapping: clean entries of pages [first, end) go, dirty ones stay; then all PTEs
 * go, whatever became of the entries.
 *
 * @param dirty `taken`: their marks are cleared first (`__dax_clear_dirty_range` of later kernels)
 */
export function* daxInvalidate(inode: DaxIomapInode, first: number, end: number, dirty: "kept" | "taken"): Steps {
  const { entries, mapping, world } = inode;
  yield;
  reachStep(world, "X2");
  if (entries.nrpages.get() === 0) return;
  for (let index = first; index < end; index++) {
    yield;
    const entry = yield* entries.unlocked(index);
    if (entry === null) continue;
    if (dirty === "taken" || !(entry.dirty || entry.toWrite)) entries.delete(entry);
  }
  yield* unmapMappingRange(mapping, ...unmapped(inode, first, end), "spare_private_copies");
}

/** Pages whose PTEs go when those of [first, end) do: a PMD of a file is not split, it goes as a whole. */
function unmapped({ mount: { flags } }: DaxIomapInode, first: number, end: number): [first: number, end: number] {
  if (!flags.pmd) return [first, end];
  return [first - first % PMD_PAGES, Math.ceil(end / PMD_PAGES) * PMD_PAGES];
}

/** `truncate_pagecache`, `truncate_pagecache_range`: PTEs, entries of pages [first, end) whatever their marks, PTEs again. */
export function* daxTruncatePages(inode: DaxIomapInode, first: number, end: number, copies: PrivateCopies): Steps {
  const { entries, mapping } = inode;
  const range = unmapped(inode, first, end);
  yield* unmapMappingRange(mapping, ...range, copies);
  for (let index = first; index < end; index++) {
    yield;
    const entry = yield* entries.unlocked(index);
    if (entry !== null) entries.delete(entry);
  }
  if (copies === "even_cows") yield* unmapMappingRange(mapping, ...range, copies);
}
