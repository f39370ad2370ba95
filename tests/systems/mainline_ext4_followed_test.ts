/**
 * What ext4 of mainline does where a recording is followed: full disks, holes with edges inside blocks, reads of holes, and
 * what the allocator keeps in memory.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { UnmergedExtents } from "../../src/systems/ext4-iomap-dio/status_tree.ts";
import { followedLines, PAGE } from "./followed_run.ts";

const CACHE =
  /^(mm_filemap_(add_to|delete_from)_page_cache|ext4_da_reserve_space|writeback_dirty_folio|ext4_truncate_enter)$/;

Deno.test("a buffered write that finds no room behind the end leaves no page there, and one inside leaves it", () => {
  const lines = (file: string, operation: string) =>
    followedLines("ext4", file, [operation], CACHE, { around: { canReserve: (_file, lblk) => lblk !== 2 } });
  const had = (page: number) => [
    `mm_filemap_add_to_page_cache file_offset=${page * PAGE}`,
    "ext4_da_reserve_space",
    `writeback_dirty_folio file_offset=${page * PAGE}`,
  ];
  assertEquals(lines("{ size: 0 }", "pwrite: F[0..3]"), [
    ...had(0),
    ...had(1),
    `mm_filemap_add_to_page_cache file_offset=${2 * PAGE}`,
    `mm_filemap_delete_from_page_cache file_offset=${2 * PAGE}`,
    "ext4_truncate_enter",
  ]);
  assertEquals(lines("{ size: 4, blocks: { 0..3: hole } }", "pwrite: F[1..3]"), [
    ...had(1),
    `mm_filemap_add_to_page_cache file_offset=${2 * PAGE}`,
  ]);
});

Deno.test("a store to a hole of a mapped file finds no room, and reserves nothing", () => {
  const stored = (canReserve: boolean) =>
    followedLines(
      "ext4",
      "{ size: 4, blocks: { 0..3: hole } }",
      ["mmap: F[0..3]", "store: F[1:0]"],
      /^(ext4_da_reserve_space|writeback_dirty_folio)$/,
      { around: { canReserve: () => canReserve } },
    );
  assertEquals(stored(true), ["ext4_da_reserve_space", `writeback_dirty_folio file_offset=${PAGE}`]);
  assertEquals(stored(false), []);
});

Deno.test("blocks that are read are looked up once where they lie in a row, and one by one where there are none", () => {
  const lines = followedLines(
    "ext4",
    "{ size: 6, blocks: { 2..3: hole } }",
    ["pread: F[0..5]"],
    /^ext4_es_lookup_extent_enter$/,
    { fields: ["lblk"] },
  );
  assertEquals(lines.map((line) => line.split("=")[1]), ["0", "2", "3", "4"]);
});

Deno.test("of a hole with edges inside blocks the parts are zeroed in the page cache, and the whole blocks go", () => {
  const lines = followedLines(
    "ext4",
    "{ size: 4 }",
    ["fallocate: F[0:1..3:0] FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE"],
    /^(ext4_punch_hole|mm_filemap_add_to_page_cache|writeback_dirty_folio|ext4_ext_remove_space)$/,
  );
  assertEquals(lines, [
    `ext4_punch_hole file_offset=${PAGE / 2} bytes=${3 * PAGE}`,
    "mm_filemap_add_to_page_cache file_offset=0",
    "writeback_dirty_folio file_offset=0",
    `mm_filemap_add_to_page_cache file_offset=${3 * PAGE}`,
    `writeback_dirty_folio file_offset=${3 * PAGE}`,
    "ext4_ext_remove_space",
  ]);
});

Deno.test("the bitmap of a group that is looked at first comes into the page cache of the allocator, and what is made of it", () => {
  const groups = [[3], []];
  const lines = followedLines(
    "ext4",
    "{ size: 4, blocks: { 0..3: hole } }",
    ["fallocate: F[0]", "fallocate: F[2]"],
    /^(mm_filemap_add_to_page_cache|ext4_allocate_blocks)$/,
    { around: { groupsLoaded: () => groups.shift() ?? [] } },
  );
  assertEquals(lines, [
    `mm_filemap_add_to_page_cache file_offset=${6 * PAGE}`,
    `mm_filemap_add_to_page_cache file_offset=${7 * PAGE}`,
    "ext4_allocate_blocks",
    "ext4_allocate_blocks",
  ]);
});

Deno.test("unwritten blocks of two direct writes are two extents, though they lie in a row, and one when they are converted", () => {
  const extents = new UnmergedExtents();
  const run = { type: "unwritten", offset: 0, length: 16, addr: 0, isNew: false } as const;
  assertEquals(extents.cutIomap(run, 2), run);
  extents.add(0, 3);
  extents.add(3, 5);
  assertEquals(extents.cutIomap(run, 2), { ...run, length: 6 });
  assertEquals(extents.cutIomap({ ...run, offset: 6, length: 10 }, 2), { ...run, offset: 6, length: 10 });
  assertEquals(extents.cutIomap({ ...run, type: "mapped" }, 2).length, 16);
  extents.remove(3, 5);
  assertEquals(extents.cutIomap(run, 2), run);
});

Deno.test("a folio that is marked for readahead ends the batch of a read, which goes on behind it", () => {
  const cached = "{ size: 4, cache: { 0..3: clean } }";
  const batches = (mark: number | null) =>
    followedLines("ext4", cached, ["pread: F[0..1]"], /^mm_filemap_get_pages$/, {
      around: {
        readaheadMark: (_file, index, end) => mark !== null && index <= mark && mark < end ? mark : null,
      },
      fields: ["file_offset"],
    });
  assertEquals(batches(null), ["mm_filemap_get_pages file_offset=0"]);
  assertEquals(batches(0), ["mm_filemap_get_pages file_offset=0", `mm_filemap_get_pages file_offset=${PAGE}`]);
});

Deno.test("a page that is marked begins another readahead at the fault that finds it, and no fault around it maps it", () => {
  const faults = (mark: number | undefined) =>
    followedLines(
      "ext4",
      "{ size: 8 }",
      ["mmap: F[0..7]", "load: F[0:0]", "load: F[1:0]", "load: F[2:0]"],
      /^mm_filemap_(fault|add_to_page_cache)$/,
      {
        around: {
          readaheadWindow: () => [{ first: 0, pages: 4, mark }],
          readaheadMarked: (_file, _index, _end, found) => found === "marked" ? [{ first: 4, pages: 2 }] : null,
        },
        fields: ["file_offset"],
      },
    ).map((line) => line.replace("mm_filemap_", "").replace("_to_page_cache", "").replace("file_offset=", ""));
  const around = ["fault 0", ...[0, 1, 2, 3].map((page) => `add ${page * PAGE}`)];
  const withoutMark = faults(undefined);
  assertEquals(withoutMark.slice(0, 5), around);
  assertEquals(withoutMark.filter((line) => line === `add ${4 * PAGE}`), []);
  const withMark = faults(2);
  assertEquals(withMark.slice(0, 5), around);
  assertEquals(withMark.slice(-3), [`fault ${2 * PAGE}`, `add ${4 * PAGE}`, `add ${5 * PAGE}`]);
});

Deno.test("a new buffer of a page that is up to date is dirty when it is mapped, in 6.18 when it has been written into", () => {
  const order = (kver: "6.1" | "6.18") =>
    followedLines(
      "ext4",
      "{ size: 4, blocks: { 1: hole }, cache: { 1: clean } }",
      ["pwrite: F[1]"],
      /^(writeback_dirty_folio|ext4_da_write_end)$/,
      { kver, fields: [] },
    );
  assertEquals(order("6.1"), ["writeback_dirty_folio", "ext4_da_write_end"]);
  assertEquals(order("6.18"), ["ext4_da_write_end", "writeback_dirty_folio"]);
});

Deno.test("a truncation to a byte of a page's last sector reads that page in, to zero what is behind it", () => {
  const added = (isWithin: boolean) =>
    followedLines("ext4", "{ size: 4 }", ["{ ftruncate: F, size: 2 }"], /^mm_filemap_add_to_page_cache$/, {
      around: { endsWithinSector: () => isWithin },
    });
  assertEquals(added(false), []);
  assertEquals(added(true), [`mm_filemap_add_to_page_cache file_offset=${PAGE}`]);
});

Deno.test("a plug of 32 requests is let go of when the next one comes, and so is one whose last request is large", () => {
  const unplugged = (pages: readonly number[], size: number) =>
    followedLines(
      "ext4",
      `{ size: ${size}, cache: { ${pages.map((page) => `${page}: dirty`).join(", ")} } }`,
      ["fsync: F"],
      /^block_unplug$/,
      { pages: size + 2, fields: ["nr_rq"] },
    ).slice(0, 2);
  const everyOther = Array.from({ length: 33 }, (_, nth) => 2 * nth);
  assertEquals(unplugged(everyOther, 66), ["block_unplug nr_rq=32", "block_unplug nr_rq=1"]);
  const large = Array.from({ length: 128 * 1024 / PAGE }, (_, page) => page);
  assertEquals(unplugged([...large, large.length + 1], 132), ["block_unplug nr_rq=1", "block_unplug nr_rq=1"]);
});

Deno.test("folios of one bio end one after another: an fsync that the first has woken finds the next under writeback", () => {
  const waits = (file: string) =>
    followedLines("ext4", file, ["pwrite: F[0..3]", "fsync: F"], /^(block_bio_queue|folio_wait_writeback)$/, {
      fields: ["file_offset", "rwbs"],
    });
  const each = [0, 1, 2, 3].map((page) => `folio_wait_writeback file_offset=${page * PAGE}`);
  assertEquals(waits("{ size: 4 }").slice(0, 5), ["block_bio_queue rwbs=WS", ...each]);
  // What has to be converted ends all at once.
  assertEquals(waits("{ size: 4, blocks: { 0..3: unwritten } }").slice(0, 2), ["block_bio_queue rwbs=WS", each[0]]);
  assertEquals(waits("{ size: 4, blocks: { 0..3: unwritten } }").includes(each[1]), false);
});
