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
