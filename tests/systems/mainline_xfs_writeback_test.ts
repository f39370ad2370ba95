/**
 * How XFS of mainline gives buffered writes their blocks, and writes pages back: what 6.18 was recorded to do. Writeback of
 * several pages at a time is there where a recording is followed: here one that leaves everything to the model.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Surroundings } from "../../src/systems/common/surroundings.ts";
import { mainline, mountAmong } from "../../src/systems/mainline/index.ts";
import type { System } from "../../src/systems/system.ts";
import { eventLine, eventsOfRun } from "./traced_run.ts";

const FLAGS = { kver: "6.18", fs: "xfs" } as const;
/** Bytes of a page, of two sectors here. */
const PAGE = 1024;

/** A disk with room, a cache of single pages, nothing read ahead, nothing that fails. */
const AROUND: Surroundings = {
  placeOf: () => null,
  isFirst: () => false,
  hasRoom: () => true,
  commits: "do_not_flush",
  isFresh: () => false,
  outcomeOf: () => 0,
  readaheadWindow: (_file, index, wanted) => [{ first: index, pages: wanted }],
  readaheadMarked: () => [],
  folioOf: () => null,
  timestamps: () => "unmoved",
};

const FOLLOWING: System = { ...mainline, mount: (...given) => mountAmong(AROUND, ...given) };

/** Events of one task's operations on F, of the names that are asked for, as lines. */
function linesOf(file: string, operations: readonly string[], names: RegExp, pages = 16): string[] {
  const text = [
    "title: XFS writes",
    "system: mainline",
    `bounds: { pages: ${pages} }`,
    `files: { F: ${file} }`,
    "tasks:",
    "  T1:",
    ...operations.map((operation) => `    - ${operation}`),
    "expect: []",
    "",
  ].join("\n");
  return eventsOfRun(text, FOLLOWING, FLAGS, "calls_first")
    .filter(({ name }) => names.test(name))
    .map((event) => eventLine(event, ["file_offset", "bytes", "type", "rwbs"]));
}

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
  const large = linesOf("{ size: 64 }", ["pwrite: F[64]"], names, 256);
  assertEquals(large, [`iomap_iter_dstmap file_offset=${64 * PAGE} bytes=${128 * PAGE} type=DELALLOC`]);
  const small = linesOf("{ size: 63 }", ["pwrite: F[63]"], names, 256);
  assertEquals(small, [`iomap_iter_dstmap file_offset=${63 * PAGE} bytes=${PAGE} type=DELALLOC`]);
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
