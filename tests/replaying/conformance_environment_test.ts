/**
 * What of a recording a prediction is told: how things were at the beginning, and when workers did what was left to them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { RecordedEvent } from "../../src/replaying/conformance/recorded_events.ts";
import { conversionsOf } from "../../src/replaying/conformance/worker_times.ts";
import { logAtStart } from "../../src/replaying/conformance/xfs_at_start.ts";

const INO = 131;

function event(time: number, name: string, given: Partial<RecordedEvent> = {}): RecordedEvent {
  return {
    seq: time,
    time,
    pid: 7,
    comm: "task",
    name,
    ino: INO,
    offset: 0,
    bytes: 4096,
    sector: null,
    rwbs: null,
    ret: null,
    detail: "",
    more: "",
    number: null,
    ...given,
  };
}

const mapping = (time: number, more: string) => event(time, "iomap_iter_dstmap", { detail: "MAPPED", more });

Deno.test("the first mapping of a file tells whether the log of XFS has its changes, and no later one does", () => {
  assertEquals(logAtStart([mapping(1, "DIRTY"), mapping(2, "")], INO), "pinned");
  assertEquals(logAtStart([mapping(1, ""), mapping(2, "DIRTY")], INO), "written");
  assertEquals(logAtStart([mapping(1, "DIRTY")], INO + 1), "written");
});

Deno.test("a mapping behind a change of the recording's own tells nothing about the beginning", () => {
  for (const name of ["xfs_setattr", "xfs_setfilesize", "xfs_unwritten_convert", "xfs_map_blocks_alloc"]) {
    assertEquals(logAtStart([event(1, name), mapping(2, "DIRTY")], INO), "written");
    assertEquals(logAtStart([event(1, name, { ino: INO + 1 }), mapping(2, "DIRTY")], INO), "pinned");
  }
});

Deno.test("what is mapped for a direct write is passed over, and what is allocated for one is a change", () => {
  const begins = event(1, "iomap_iter", { detail: "WRITE|DIRECT" });
  assertEquals(logAtStart([begins, mapping(2, "DIRTY"), event(3, "iomap_iter"), mapping(4, "")], INO), "written");
  assertEquals(logAtStart([begins, mapping(2, ""), event(3, "iomap_iter"), mapping(4, "DIRTY")], INO), "pinned");
  const allocates = event(2, "xfs_iomap_alloc");
  assertEquals(logAtStart([begins, allocates, event(3, "iomap_iter"), mapping(4, "DIRTY")], INO), "written");
});

Deno.test("a worker of XFS that deals with several ends of I/O is done with all of them when it goes on with nothing", () => {
  const worker = (time: number, name: string, pid = 90) => event(time, name, { pid, comm: "kworker/0:1" });
  const events = [
    worker(1_000, "xfs_unwritten_convert"),
    worker(2_000, "xfs_ilock"),
    worker(9_000, "xfs_unwritten_convert"),
    worker(12_000, "xfs_iunlock"),
    event(13_000, "xfs_setfilesize"),
    worker(500_000, "xfs_ilock"),
  ];
  assertEquals(conversionsOf(events), [12_000, 12_000]);
});

Deno.test("what the end of a direct write converts is part of that end, and ext4's handles are told of one by one", () => {
  const worker = (time: number, name: string) => event(time, name, { pid: 90, comm: "kworker/0:1" });
  assertEquals(
    conversionsOf([
      event(10, "ext4_journal_start_reserved"),
      worker(1_000, "xfs_end_io_direct_write"),
      worker(2_000, "xfs_unwritten_convert"),
      worker(3_000, "xfs_setfilesize"),
      event(2_500, "ext4_journal_start_reserved"),
    ]),
    [10, 2_500, 3_000, 3_000],
  );
});
