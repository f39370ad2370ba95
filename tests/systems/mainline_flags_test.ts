/**
 * What single flags of mainline do to a call.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { FlagValue } from "../../src/scenarios/scenario.ts";
import { mainline } from "../../src/systems/mainline/index.ts";
import { eventsOfRun } from "./traced_run.ts";

/** Names of the events of one call, and what it returns. */
function callOf(operation: string, file: string, flags: Readonly<Record<string, FlagValue>>) {
  const text = [
    "title: a plain call",
    "system: mainline",
    `files: { F: ${file} }`,
    `tasks: { T1: [{ ${operation.replace(": ", ': "')}", name: op }] }`,
    "expect: []",
    "",
  ].join("\n");
  const events = eventsOfRun(text, mainline, flags, "calls_first").filter(({ operation }) => operation === "op");
  return { names: events.map(({ name }) => name), ret: events.at(-1)!.fields.ret, events };
}

Deno.test("an atomic write goes in one piece or not at all", () => {
  const flags = { kver: "6.18", fs: "xfs", atomic: "on" };
  assertEquals(callOf("pwrite: F[0..1] O_DIRECT", "{ size: 4 }", flags).ret, 4 * 512);
  assertEquals(callOf("pwrite: F[0..1] O_DIRECT", "{ size: 4, blocks: { 1: unwritten } }", flags).ret, -22);
});

Deno.test("6.1 has no events of direct I/O as a whole, and other names for what has been renamed", () => {
  const later = callOf("pwrite: F[0] O_DIRECT", "{ size: 4, blocks: { 0: hole } }", { kver: "6.18", fs: "ext4" });
  const earlier = callOf("pwrite: F[0] O_DIRECT", "{ size: 4, blocks: { 0: hole } }", { kver: "6.1", fs: "ext4" });
  for (const name of ["iomap_dio_rw_begin", "iomap_dio_complete", "block_io_start", "ext4_journal_start_inode"]) {
    assert(later.names.includes(name));
    assert(!earlier.names.includes(name));
  }
  assert(earlier.names.includes("ext4_journal_start"));
});

Deno.test("the look for an overwrite is made twice by 6.18 where the lock is swapped, and once by 6.1", () => {
  const looks = (kver: string) => {
    const { names } = callOf("pwrite: F[0] O_DIRECT", "{ size: 4, blocks: { 0: hole } }", { kver, fs: "ext4" });
    return names.slice(0, names.indexOf("iomap_iter")).filter((name) => name === "ext4_es_lookup_extent_enter").length;
  };
  assertEquals([looks("6.18"), looks("6.1")], [2, 1]);
});

Deno.test("timestamps that have moved are a transaction of their own before the I/O", () => {
  for (const fs of ["ext4", "xfs"]) {
    const began = fs === "ext4" ? "ext4_journal_start_inode" : "xfs_trans_alloc";
    const { names } = callOf("pwrite: F[0] O_DIRECT", "{ size: 4 }", { fs, timestamps: "moved" });
    assert(names.indexOf(began) >= 0 && names.indexOf(began) < names.indexOf("iomap_dio_rw_begin"));
    assert(!callOf("pwrite: F[0] O_DIRECT", "{ size: 4 }", { fs }).names.includes(began));
  }
});

Deno.test("O_DSYNC of a device with FUA needs no flush, and one without a cache needs none from 6.18 on", () => {
  const syncs = (flags: Readonly<Record<string, FlagValue>>) =>
    callOf("pwrite: F[0] O_DIRECT", "{ size: 4 }", { fs: "ext4", odsync: "on", ...flags }).names
      .includes("ext4_sync_file_enter");
  assertEquals(syncs({ wcache: "on" }), true);
  assertEquals(syncs({ wcache: "on", fua: "on" }), false);
  assertEquals([syncs({ kver: "6.1" }), syncs({ kver: "6.18" })], [true, false]);
});

Deno.test("pages of a read with RWF_DONTCACHE leave the cache behind it", () => {
  const { names } = callOf("pread: F[0]", "{ size: 4 }", { dontcache: "on" });
  assert(names.includes("mm_filemap_delete_from_page_cache"));
});

Deno.test("what io_uring is refused with NOWAIT a worker of the ring does, and tells without NOWAIT", () => {
  const text = [
    "title: an extending write of a ring",
    "system: mainline",
    "files: { F: { size: 1 } }",
    'tasks: { T1: [{ uring_pwrite: "F[1] O_DIRECT", name: op }, { uring_wait: all, name: got }] }',
    "expect: []",
    "",
  ].join("\n");
  const events = eventsOfRun(text, mainline, { fs: "xfs" }, "calls_first");
  const begun = events.filter(({ name }) => name === "iomap_dio_rw_begin");
  assertEquals(begun.map(({ task, fields }) => [task, fields.ki_flags]), [
    ["T1", "NOWAIT|DIRECT|WRITE|ALLOC_CACHE"],
    ["iou-wrk(op)", "DIRECT|WRITE|ALLOC_CACHE"],
  ]);
  const completed = events.filter(({ name }) => name === "iomap_dio_complete");
  assertEquals(completed.map(({ fields }) => fields.ret), [-11, 2 * 512]);
  assertEquals(events.find(({ name }) => name === "sys_exit_io_uring_enter")!.fields.ret, 1);
});

Deno.test("a buffered RWF_NOWAIT read of what is not cached reads ahead and returns -EAGAIN; ext4 refuses such writes", () => {
  for (const fs of ["ext4", "xfs"]) {
    assertEquals(callOf("preadv: F[0] RWF_NOWAIT", "{ size: 4, cache: { 0: clean } }", { fs }).ret, 2 * 512);
    assertEquals(callOf("preadv: F[0] RWF_NOWAIT", "{ size: 4 }", { fs }).ret, -11);
  }
  assertEquals(callOf("pwritev: F[0] RWF_NOWAIT", "{ size: 4 }", { fs: "ext4" }).ret, -95);
});

Deno.test("6.18 zeroes behind the end of XFS under MMAPLOCK, 6.1 does not", () => {
  const locks = (kver: string) =>
    callOf("pwrite: F[3] O_DIRECT", "{ size: 2 }", { fs: "xfs", kver }).events
      .filter(({ name, fields }) => name === "xfs_ilock" && fields.lock_flags === "MMAPLOCK_EXCL").length;
  assertEquals([locks("6.18"), locks("6.1")], [1, 0]);
});

Deno.test("a bio that nobody has plugged has a plug of its own in 6.18", () => {
  // The part of a block that a write leaves alone is read by itself.
  const names = (kver: string) =>
    callOf("pwrite: F[0:0]", "{ size: 4 }", { kver, fs: "ext4" }).names.filter((name) =>
      /^block_(rq_issue|plug|unplug)$/.test(name)
    );
  assertEquals(names("6.18"), ["block_plug", "block_unplug", "block_rq_issue"]);
  assertEquals(names("6.1"), ["block_rq_issue"]);
});

Deno.test("a store waits for writeback where the device asks for pages that stay as they are, and nowhere else", () => {
  const text = [
    "title: a store into a page that is being written",
    "system: mainline",
    "files: { F: { size: 2, cache: { 0: clean } } }",
    "tasks:",
    "  T1:",
    "    - store: F[0]",
    "    - sync_file_range: F[0] SYNC_FILE_RANGE_WRITE",
    "    - store: F[0]",
    "expect: []",
    "",
  ].join("\n");
  const waits = (stable_writes: string) =>
    eventsOfRun(text, mainline, { stable_writes }, "calls_first").filter(({ name }) => name === "folio_wait_writeback");
  assertEquals([waits("on").length, waits("off").length], [1, 0]);
});
