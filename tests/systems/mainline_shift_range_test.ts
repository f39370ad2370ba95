/**
 * Ranges that fallocate takes out of a file or puts into it, on ext4 and XFS of mainline: what 6.18 was recorded to do.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { followedLines, PAGE } from "./followed_run.ts";

const CACHED = "{ size: 4, cache: { 0..3: clean } }";
const DELETED = (page: number) => `mm_filemap_delete_from_page_cache file_offset=${page * PAGE}`;

Deno.test("ext4: a range that is taken out is freed, what lies behind it moves, and no page of either stays", () => {
  const names =
    /^(ext4_collapse_range|ext4_writepages|mm_filemap_delete_from_page_cache|ext4_(es|ext)_remove_\w+|iomap_iter_dstmap)$/;
  const lines = followedLines("ext4", CACHED, [
    "pwrite: F[3]",
    "fallocate: F[1] FALLOC_FL_COLLAPSE_RANGE",
    "pread: F[0..2] O_DIRECT",
  ], names);
  assertEquals(lines, [
    `ext4_collapse_range file_offset=${PAGE} bytes=${PAGE}`,
    "ext4_writepages",
    DELETED(1),
    DELETED(2),
    DELETED(3),
    "ext4_es_remove_extent",
    "ext4_ext_remove_space",
    "ext4_ext_remove_space_done",
    // The file is a page shorter, and the block that is gone lies between its pieces.
    `iomap_iter_dstmap file_offset=0 bytes=${PAGE} type=MAPPED`,
    `iomap_iter_dstmap file_offset=${PAGE} bytes=${2 * PAGE} type=MAPPED`,
  ]);
});

Deno.test("XFS: room that is made is a hole, the file grows first, and the page before it leaves the cache too", () => {
  const names = /^(xfs_(setattr|zero_eof)|mm_filemap_delete_from_page_cache|iomap_iter_dstmap)$/;
  const lines = followedLines("xfs", CACHED, [
    "fallocate: F[2] FALLOC_FL_INSERT_RANGE",
    "pread: F[0..4] O_DIRECT",
  ], names);
  assertEquals(lines, [
    "xfs_setattr",
    `xfs_zero_eof file_offset=${4 * PAGE} bytes=${PAGE}`,
    `iomap_iter_dstmap file_offset=${4 * PAGE} bytes=${PAGE} type=HOLE`,
    DELETED(1),
    DELETED(2),
    DELETED(3),
    `iomap_iter_dstmap file_offset=0 bytes=${2 * PAGE} type=MAPPED`,
    `iomap_iter_dstmap file_offset=${2 * PAGE} bytes=${PAGE} type=HOLE`,
    `iomap_iter_dstmap file_offset=${3 * PAGE} bytes=${2 * PAGE} type=MAPPED`,
  ]);
});

Deno.test("a range that reaches the end cannot be taken out, and none put in behind it", () => {
  const names = /^(mm_filemap_delete_from_page_cache|xfs_setattr|ext4_es_remove_extent)$/;
  for (const fs of ["ext4", "xfs"] as const) {
    assertEquals(followedLines(fs, CACHED, ["fallocate: F[2..3] FALLOC_FL_COLLAPSE_RANGE"], names), []);
    assertEquals(followedLines(fs, CACHED, ["fallocate: F[4] FALLOC_FL_INSERT_RANGE"], names), []);
  }
});

Deno.test("ext4 of 6.18 punches a hole without writing what is dirty, and none behind the end; 6.1 writes it", () => {
  const names = /^(ext4_(punch_hole|writepages|es_insert_extent)|mm_filemap_delete_from_page_cache)$/;
  const punch = (place: string, kver: string) =>
    followedLines(
      "ext4",
      CACHED,
      [
        "pwrite: F[1]",
        `fallocate: ${place} FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE`,
      ],
      names,
      { kver },
    );
  const begins = (page: number) => `ext4_punch_hole file_offset=${page * PAGE} bytes=${PAGE}`;
  assertEquals(punch("F[1]", "6.18"), [begins(1), DELETED(1), "ext4_es_insert_extent"]);
  assertEquals(punch("F[1]", "6.1"), [begins(1), "ext4_writepages", DELETED(1)]);
  assertEquals(punch("F[5]", "6.18"), [begins(5)]);
});

Deno.test("ext4: setting the size that a file has takes blocks behind it, in no transaction about the size", () => {
  const lines = followedLines(
    "ext4",
    "{ size: 4 }",
    ["ftruncate: F\n      size: 4"],
    /^(ext4_journal_start_inode|ext4_truncate_enter|ext4_ext_remove_space)$/,
  );
  assertEquals(lines, [
    "ext4_truncate_enter",
    "ext4_journal_start_inode",
    "ext4_journal_start_inode",
    "ext4_ext_remove_space",
  ]);
});
