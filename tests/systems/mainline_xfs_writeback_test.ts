/**
 * How XFS of mainline gives buffered writes their blocks, and writes pages back: what 6.18 was recorded to do. Writeback of
 * several pages at a time is there where a recording is followed: here one that leaves everything to the model.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Surroundings } from "../../src/systems/common/surroundings.ts";
import { followedLines, PAGE } from "./followed_run.ts";

const linesOf = (
  file: string,
  operations: readonly string[],
  names: RegExp,
  asked: Parameters<typeof followedLines>[4] = {},
) => followedLines("xfs", file, operations, names, asked);

const WRITEBACK = /^(iomap_writeback_folio|xfs_map_blocks_found|block_bio_queue|folio_wait_writeback)$/;
/** Every page is cached before it is written. */
const CACHED = "{ size: 4, cache: { 0..3: clean } }";

Deno.test("dirty pages that lie in a row are looked up once, and go in one bio", () => {
  const lines = linesOf(CACHED, ["pwrite: F[0..3]", "fsync: F"], WRITEBACK);
  assertEquals(lines, [
    `iomap_writeback_folio file_offset=0 bytes=${PAGE}`,
    `xfs_map_blocks_found file_offset=0 bytes=${PAGE}`,
    `iomap_writeback_folio file_offset=${PAGE} bytes=${PAGE}`,
    `iomap_writeback_folio file_offset=${2 * PAGE} bytes=${PAGE}`,
    `iomap_writeback_folio file_offset=${3 * PAGE} bytes=${PAGE}`,
    `block_bio_queue bytes=${4 * PAGE} rwbs=WS`,
    "folio_wait_writeback file_offset=0",
  ]);
});

Deno.test("a page that does not follow goes in a bio of its own, which is submitted when the first is known to be whole", () => {
  const lines = linesOf(CACHED, ["pwrite: F[0]", "pwrite: F[2]", "fsync: F"], WRITEBACK);
  assertEquals(lines.filter((line) => !line.startsWith("folio_wait")), [
    `iomap_writeback_folio file_offset=0 bytes=${PAGE}`,
    `xfs_map_blocks_found file_offset=0 bytes=${PAGE}`,
    `iomap_writeback_folio file_offset=${2 * PAGE} bytes=${PAGE}`,
    `block_bio_queue bytes=${PAGE} rwbs=WS`,
    `block_bio_queue bytes=${PAGE} rwbs=WS`,
  ]);
});

Deno.test("a buffered write into a hole reserves all that it is about at once", () => {
  const lines = linesOf(
    "{ size: 4, blocks: { 0..3: hole } }",
    ["pwrite: F[0..2]"],
    /^(xfs_iomap_alloc|iomap_iter_dstmap)$/,
  );
  assertEquals(lines, [
    `xfs_iomap_alloc file_offset=0 bytes=${3 * PAGE}`,
    `iomap_iter_dstmap file_offset=0 bytes=${3 * PAGE} type=DELALLOC`,
  ]);
});

Deno.test("behind the end of a file of 64 KiB twice what lies before is reserved with it, and nothing behind a smaller one", () => {
  const names = /^iomap_iter_dstmap$/;
  const large = linesOf("{ size: 64 }", ["pwrite: F[64]"], names, { pages: 256 });
  assertEquals(large, [`iomap_iter_dstmap file_offset=${64 * PAGE} bytes=${128 * PAGE} type=DELALLOC`]);
  const small = linesOf("{ size: 63 }", ["pwrite: F[63]"], names, { pages: 256 });
  assertEquals(small, [`iomap_iter_dstmap file_offset=${63 * PAGE} bytes=${PAGE} type=DELALLOC`]);
});

Deno.test("below the stripe unit, and on a disk that is nearly full, no more than 64 KiB are reserved ahead", () => {
  const reserved = (around: Partial<Surroundings>) =>
    linesOf("{ size: 64 }", ["pwrite: F[64]"], /^iomap_iter_dstmap$/, { pages: 256, around });
  const lineOf = (pages: number) => [`iomap_iter_dstmap file_offset=${64 * PAGE} bytes=${pages * PAGE} type=DELALLOC`];
  assertEquals(reserved({}), lineOf(128));
  assertEquals(reserved({ leastAheadBelow: 64 * PAGE / 512 }), lineOf(128));
  assertEquals(reserved({ leastAheadBelow: 64 * PAGE / 512 + 1 }), lineOf(64));
  assertEquals(reserved({ lowSpaceShift: () => 1 }), lineOf(64));
  assertEquals(reserved({ lowSpaceShift: () => 6 }), lineOf(64));
});

Deno.test("what is reserved ahead becomes unwritten where a later write zeroes up to its own place", () => {
  const lines = linesOf(
    "{ size: 64 }",
    ["pwrite: F[64]", "pwrite: F[200]"],
    /^(iomap_iter_dstmap|xfs_iomap_found|xfs_iomap_alloc|xfs_zero_eof)$/,
    { pages: 256 },
  );
  // The last page of the file is the last one that is written: nothing of what lies behind it is cached.
  assertEquals(lines, [
    `xfs_iomap_alloc file_offset=${64 * PAGE} bytes=${PAGE}`,
    `iomap_iter_dstmap file_offset=${64 * PAGE} bytes=${128 * PAGE} type=DELALLOC`,
    `xfs_zero_eof file_offset=${65 * PAGE} bytes=${135 * PAGE}`,
    `xfs_iomap_alloc file_offset=${65 * PAGE} bytes=${135 * PAGE}`,
    `iomap_iter_dstmap file_offset=${64 * PAGE} bytes=${128 * PAGE} type=UNWRITTEN`,
    `iomap_iter_dstmap file_offset=${192 * PAGE} bytes=${8 * PAGE} type=HOLE`,
    `xfs_iomap_alloc file_offset=${200 * PAGE} bytes=${PAGE}`,
    `iomap_iter_dstmap file_offset=${200 * PAGE} bytes=${56 * PAGE} type=DELALLOC`,
  ]);
});

Deno.test("where the page of the end is dirty 6.18 zeroes its rest by itself, and 6.1 no more of what is reserved ahead", () => {
  const zeroed = (kver: string) =>
    linesOf(
      "{ size: 64 }",
      ["pwrite: F[64:0..64:0]", "pwrite: F[200]"],
      /^(iomap_iter|iomap_iter_dstmap)$/,
      { pages: 256, kver },
    ).slice(3, -3);
  const reserved = (pages: number) => [
    "iomap_iter",
    `iomap_iter_dstmap file_offset=${64 * PAGE} bytes=${pages * PAGE} type=DELALLOC`,
  ];
  const behind = [
    "iomap_iter",
    `iomap_iter_dstmap file_offset=${64 * PAGE} bytes=${128 * PAGE} type=UNWRITTEN`,
    "iomap_iter",
    `iomap_iter_dstmap file_offset=${192 * PAGE} bytes=${8 * PAGE} type=HOLE`,
    "iomap_iter",
  ];
  assertEquals(zeroed("6.1"), [...reserved(1), ...behind]);
  assertEquals(zeroed("6.18"), [...reserved(128), "iomap_iter", ...behind]);
});

Deno.test("a hole in a page that is dirty is looked at again by 6.18 when the page has been written, and not by 6.1", () => {
  const lines = (kver: string) =>
    linesOf(
      "{ size: 0 }",
      ["pwrite: F[0:0..0:0]", "pwrite: F[2]"],
      /^(iomap_iter_dstmap|block_bio_queue)$/,
      { blocksPerPage: 2, kver },
    ).slice(1, -1);
  const hole = `iomap_iter_dstmap file_offset=${PAGE / 2} bytes=${3 * PAGE / 2} type=HOLE`;
  assertEquals(lines("6.1"), [hole]);
  assertEquals(lines("6.18"), [hole, `block_bio_queue bytes=${PAGE / 2} rwbs=WS`, hole]);
});

Deno.test("6.1 tells of what a buffered write reserves behind ILOCK, and writes the page of the new end first", () => {
  const LOCKS = /^xfs_(iomap_alloc|ilock|iunlock)$/;
  const write = (kver: string) =>
    linesOf("{ size: 4, blocks: { 0..3: hole } }", ["pwrite: F[0]"], LOCKS, { kver }).slice(1, 4)
      .map((line) => line.split(" ")[0]);
  assertEquals(write("6.18"), ["xfs_ilock", "xfs_iomap_alloc", "xfs_iunlock"]);
  assertEquals(write("6.1"), ["xfs_ilock", "xfs_iunlock", "xfs_iomap_alloc"]);
  const truncate = (kver: string) =>
    linesOf(CACHED, ["pwrite: F[1]", 'ftruncate: F\n      size: "1:1"'], /^block_bio_queue$/, { kver });
  assertEquals(truncate("6.18"), []);
  assertEquals(truncate("6.1"), [`block_bio_queue bytes=${PAGE} rwbs=WS`]);
});

Deno.test("fallocate behind the end of XFS zeroes up to its own end, and sets the size as ftruncate does", () => {
  const lines = linesOf(
    "{ size: 4 }",
    ["fallocate: F[6..7]"],
    /^(xfs_setattr|xfs_zero_eof|iomap_iter_dstmap|xfs_ilock)$/,
  );
  assertEquals(lines, [
    "xfs_ilock lock_flags=IOLOCK_EXCL|MMAPLOCK_EXCL",
    "xfs_ilock lock_flags=ILOCK_EXCL",
    "xfs_setattr",
    `xfs_zero_eof file_offset=${4 * PAGE} bytes=${4 * PAGE}`,
    "xfs_ilock lock_flags=ILOCK_EXCL",
    `iomap_iter_dstmap file_offset=${4 * PAGE} bytes=${2 * PAGE} type=HOLE`,
    "xfs_ilock lock_flags=ILOCK_EXCL",
    `iomap_iter_dstmap file_offset=${6 * PAGE} bytes=${2 * PAGE} type=UNWRITTEN`,
    "xfs_ilock lock_flags=ILOCK_EXCL",
  ]);
});

Deno.test("truncation into the middle of a block zeroes its rest by way of the page cache, and reads it for that", () => {
  const names = /^(iomap_iter|iomap_iter_dstmap|block_bio_queue|xfs_itruncate_extents_start)$/;
  // Two pages a block would be needed to end within one: here a block is a page of two sectors.
  const lines = linesOf("{ size: 4 }", ['ftruncate: F\n      size: "1:1"'], names);
  assertEquals(lines, [
    "iomap_iter",
    `iomap_iter_dstmap file_offset=0 bytes=${4 * PAGE} type=MAPPED`,
    `block_bio_queue bytes=${PAGE} rwbs=RS`,
    "iomap_iter",
    "xfs_itruncate_extents_start",
  ]);
});

Deno.test("each mapping of what was written is converted in a transaction of its own, a written one too", () => {
  const converted = (blocks: string) =>
    linesOf(`{ size: 4, blocks: ${blocks} }`, ["pwrite: F[0..3] O_DIRECT"], /^xfs_(unwritten_convert|trans_commit)$/);
  const range = `xfs_unwritten_convert file_offset=0 bytes=${4 * PAGE}`;
  assertEquals(converted("{ 0..3: unwritten }"), [range, "xfs_trans_commit"]);
  assertEquals(converted("{ 2..3: unwritten }"), [range, "xfs_trans_commit", "xfs_trans_commit"]);
  assertEquals(converted("{ 1: unwritten }"), [range, "xfs_trans_commit", "xfs_trans_commit", "xfs_trans_commit"]);
  assertEquals(converted("{}"), []);
});

Deno.test("writeback logs the size with what it converts, and by itself where nothing was unwritten", () => {
  const ended = (file: string, write: string) =>
    linesOf(file, [write, "fsync: F"], /^xfs_(unwritten_convert|setfilesize)$/);
  assertEquals(ended("{ size: 1 }", "pwrite: F[1]"), [`xfs_unwritten_convert file_offset=${PAGE} bytes=${PAGE}`]);
  assertEquals(ended("{ size: 0:1 }", "pwrite: F[0:1]"), [`xfs_setfilesize file_offset=0 bytes=${PAGE}`]);
});
