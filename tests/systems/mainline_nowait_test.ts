/**
 * What mainline does of calls that may not wait: what 6.18 was recorded to do.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { followedLines, PAGE } from "./followed_run.ts";

const CACHED = "{ size: 4, cache: { 0..3: clean } }";

Deno.test("a direct read with NOWAIT writes nothing back beside it since 6.6, and one without does", () => {
  const names = /^(ext4_writepages|iomap_dio_rw_begin|iomap_iter_dstmap)$/;
  const read = (flags: string, kver: string) =>
    followedLines("ext4", CACHED, ["pwrite: F[3]", `pread: F[0] ${flags}`], names, { kver, fields: ["bytes"] });
  const mapped = `iomap_iter_dstmap bytes=${PAGE}`;
  const begins = `iomap_dio_rw_begin bytes=${PAGE}`;
  assertEquals(read("O_DIRECT", "6.18"), [begins, "ext4_writepages", mapped]);
  assertEquals(read("O_DIRECT|RWF_NOWAIT", "6.18"), [begins, mapped]);
  assertEquals(read("O_DIRECT|RWF_NOWAIT", "6.1"), ["ext4_writepages", mapped]);
});

Deno.test("a buffered write of XFS with NOWAIT says so, and ends where a part of a block would have to be read", () => {
  const names = /^(xfs_ilock(_nowait)?|xfs_iunlock|iomap_iter|writeback_dirty_folio)$/;
  const write = (place: string) =>
    followedLines("xfs", "{ size: 4 }", [`pwrite: ${place} RWF_NOWAIT`], names, { fields: ["flags", "lock_flags"] });
  const begins = ["xfs_ilock_nowait lock_flags=IOLOCK_EXCL", "iomap_iter flags=WRITE|NOWAIT"];
  const looks = ["xfs_ilock_nowait lock_flags=ILOCK_EXCL", "xfs_iunlock lock_flags=ILOCK_EXCL"];
  const ends = ["iomap_iter flags=WRITE|NOWAIT", "xfs_iunlock lock_flags=IOLOCK_EXCL"];
  assertEquals(write("F[0]"), [...begins, ...looks, "writeback_dirty_folio", ...ends]);
  assertEquals(write("F[0:0]"), [...begins, ...looks, ...ends]);
});

Deno.test("zeros behind the end are nothing that a write with NOWAIT waits for", () => {
  const lines = followedLines("xfs", "{ size: 1 }", ["pwrite: F[3] RWF_NOWAIT"], /^xfs_(ilock|iunlock|zero_eof)/, {
    fields: ["lock_flags"],
  });
  assertEquals(lines, ["xfs_ilock_nowait lock_flags=IOLOCK_EXCL", "xfs_iunlock lock_flags=IOLOCK_EXCL"]);
});
