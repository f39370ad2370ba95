/**
 * System calls about a range of the page cache that every file system does alike: `sync_file_range`, and `posix_fadvise`
 * where it does something here and now; and what fallocate is asked for.
 *
 * Positions are in sectors.
 *
 * @module
 */

import { forceReadahead } from "../../machine/buffered_read.ts";
import type { Inode } from "../../machine/inode.ts";
import { filemapFdatawaitRange, filemapFdatawriteRange } from "../../machine/page_cache_flush.ts";
import { invalidateMappingPages } from "../../machine/page_cache_invalidate.ts";
import type { Steps } from "../../machine/task.ts";
import type { ModelledFile } from "../system.ts";

/** `sync_file_range` of sectors [first, last]. Returns 0 or a negative error number. */
export function* syncFileRange(
  { mapping }: Inode,
  first: number,
  last: number,
  flags: readonly string[],
): Steps<number> {
  const [before, writes, after] = ["WAIT_BEFORE", "WRITE", "WAIT_AFTER"].map((word) =>
    flags.includes(`SYNC_FILE_RANGE_${word}`)
  );
  let error = 0;
  yield;
  if (before) error = yield* filemapFdatawaitRange(mapping, first, last);
  if (error === 0 && writes) {
    // SYNC_FILE_RANGE_WRITE_AND_WAIT writes as fsync does.
    error = yield* filemapFdatawriteRange(mapping, first, last, before && after ? "for_integrity" : "background");
  }
  if (error === 0 && after) error = yield* filemapFdatawaitRange(mapping, first, last);
  return error;
}

/** The size of a file in sectors as it is meant by who counts bytes: with a fraction. */
export type ExactSize = (size: number) => number;

/**
 * POSIX_FADV_DONTNEED of sectors [first, end): pages of it leave the cache, when nobody uses them. Where some
 * stay, which other CPUs may keep for their lists, it is done again behind `lru_add_drain_all`.
 *
 * @param exact where `first` and `end` may lie within a sector. Default: sizes are of whole sectors, too
 */
export function* fadviseDontneed(
  inode: Inode,
  first: number,
  end: number,
  exact: ExactSize = (size) => size,
): Steps<number> {
  const { mapping, bounds: { pagesMax, sectorsPerPage } } = inode;
  const { dontneedWrites, dontneedAgain, dontneedLastPage } = mapping.era;
  yield;
  const [from, to] = dontneedWrites === "file" ? [0, pagesMax * sectorsPerPage] : [first, end];
  yield* filemapFdatawriteRange(mapping, from, Math.ceil(to) - 1, "background");
  const isPartial = end % sectorsPerPage !== 0;
  const goes = isPartial && (dontneedLastPage === "goes" || end === exact(inode.readSize()));
  const pages = [inode.pagesOf(first), Math.floor(end / sectorsPerPage) - (goes ? 0 : 1)] as const;
  if (pages[1] < pages[0]) return 0;
  const { removed, failed } = yield* invalidateMappingPages(mapping, ...pages);
  const again = dontneedAgain === "one_stayed" ? failed > 0 : removed < pages[1] - pages[0] + 1;
  if (again && dontneedAgain !== "never") yield* invalidateMappingPages(mapping, ...pages);
  return 0;
}

/** POSIX_FADV_WILLNEED of sectors [first, end): their pages that are missing begin to be read, those in part as well. */
export function* fadviseWillneed(inode: Inode, first: number, end: number): Steps {
  yield* forceReadahead(inode.mapping, inode.pageOf(first), inode.pagesOf(end));
}

/**
 * `posix_fadvise` of sectors [first, end). POSIX_FADV_NORMAL, RANDOM and SEQUENTIAL are about how much reads of an open file
 * read ahead; NOREUSE, where it is anything, about what is reclaimed first: they do nothing here and now.
 */
export function* fadvise(file: ModelledFile, advice: string, first: number, end: number): Steps<number> {
  if (file.advice !== "ignored") {
    if (advice === "POSIX_FADV_DONTNEED") return yield* fadviseDontneed(file.inode, first, end);
    if (advice === "POSIX_FADV_WILLNEED") {
      yield* file.willNeed?.(first, end) ?? fadviseWillneed(file.inode, first, end);
      return 0;
    }
  }
  yield;
  return 0;
}

const FALLOCATE_FLAGS: readonly string[] = [
  "FALLOC_FL_PUNCH_HOLE",
  "FALLOC_FL_KEEP_SIZE",
  "FALLOC_FL_ZERO_RANGE",
  "FALLOC_FL_COLLAPSE_RANGE",
  "FALLOC_FL_INSERT_RANGE",
];

/** `collapse`, `insert`: what lies behind the range, or from its beginning on, is moved by its length. */
export type FallocateMode = "punch" | "zero" | "allocate" | "collapse" | "insert";

/** What `fallocate` is to do; null: -EOPNOTSUPP. */
export function fallocateMode(flags: readonly string[]): FallocateMode | null {
  if (flags.some((flag) => !FALLOCATE_FLAGS.includes(flag))) return null;
  const zeroes = flags.includes("FALLOC_FL_ZERO_RANGE");
  for (const mode of ["collapse", "insert"] as const) {
    if (!flags.includes(`FALLOC_FL_${mode.toUpperCase()}_RANGE`)) continue;
    return flags.length === 1 ? mode : null;
  }
  if (!flags.includes("FALLOC_FL_PUNCH_HOLE")) return zeroes ? "zero" : "allocate";
  return zeroes ? null : "punch";
}
