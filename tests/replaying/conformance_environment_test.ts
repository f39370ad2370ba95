/**
 * What of a recording a prediction is told: how things were at the beginning, and when workers did what was left to them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { RecordedEvent } from "../../src/replaying/conformance/recorded_events.ts";
import { environmentOf } from "../../src/replaying/conformance/derive_environment.ts";
import type { RecordedCall, RecordedTrace } from "../../src/replaying/conformance/recorded_events.ts";
import { sortEvents } from "../../src/replaying/conformance/units.ts";
import { conversionsOf, timesOldUntil } from "../../src/replaying/conformance/worker_times.ts";
import { endedBios } from "../../src/replaying/conformance/bio_ends.ts";
import { leastAheadBelow, logAtStart } from "../../src/replaying/conformance/xfs_at_start.ts";

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

Deno.test("a worker of XFS is done with an end of I/O when it turns to the next or goes on with nothing", () => {
  const worker = (time: number, name: string, pid = 90) => event(time, name, { pid, comm: "kworker/0:1" });
  const events = [
    worker(1_000, "xfs_unwritten_convert"),
    worker(2_000, "xfs_ilock"),
    worker(9_000, "xfs_unwritten_convert"),
    worker(12_000, "xfs_iunlock"),
    event(13_000, "xfs_setfilesize"),
    worker(500_000, "xfs_ilock"),
  ];
  assertEquals(conversionsOf(events), [2_000, 12_000]);
});

Deno.test("timestamps were old where the first write of a ring's worker updates them, and only there", () => {
  const worker = (time: number, name: string, ino = INO) => event(time, name, { pid: 90, comm: "iou-wrk-7", ino });
  const enter = { kind: "io_uring_enter", firstSeq: 1_000, lastSeq: 2_000, start: 1_000, end: 2_000 };
  const [unit] = sortEvents(recorded([event(1_000, "sys_enter_io_uring_enter")], [enter])).units;
  const update = worker(3_000, "xfs_update_time");
  assertEquals(timesOldUntil(unit, [update, worker(4_000, "xfs_file_direct_write")]), 3_000);
  assertEquals(timesOldUntil(unit, [worker(2_500, "xfs_file_direct_write"), update]), 0);
  assertEquals(timesOldUntil(unit, [worker(2_500, "xfs_file_direct_write", 5), update]), 3_000);
});

Deno.test("an update of timestamps hides what is behind it only where the recording tells of its end", () => {
  const events = ["xfs_file_direct_write", "xfs_update_time", "xfs_ilock", "iomap_dio_rw_begin"]
    .map((name, nth) => event(nth + 1, name));
  const names = (own: RecordedEvent[]) =>
    sortEvents(recorded(own, [{ firstSeq: 1, lastSeq: 9 }])).units[0].compared.map(({ name }) => name);
  assertEquals(names(events.filter(({ name }) => name !== "xfs_ilock")), [
    "xfs_file_direct_write",
    "iomap_dio_rw_begin",
  ]);
  const unlocked = [...events, event(5, "xfs_iunlock"), event(6, "iomap_dio_complete")];
  assertEquals(names(unlocked), ["xfs_file_direct_write", "iomap_dio_complete"]);
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
    [10, 2_000, 2_500, 3_000],
  );
});

/** A recording of these events and calls of one file. */
function recorded(events: readonly RecordedEvent[], calls: readonly Partial<RecordedCall>[] = []): RecordedTrace {
  const call: RecordedCall = {
    id: 1,
    recordingId: 1,
    kind: "pwrite",
    syscall: "pwrite64",
    dev: "7:0",
    ino: INO,
    openFlags: 2,
    direct: false,
    offset: 0,
    bytes: 4096,
    result: 4096,
    partOf: null,
    pid: 7,
    firstSeq: 0,
    lastSeq: 0,
    start: 0,
    end: 0,
  };
  return {
    recordingId: 1,
    dev: "7:0",
    kernel: "6.18",
    pageSize: 4096,
    blockSize: 4096,
    events,
    calls: calls.map((each) => ({ ...call, ...each })),
    bioPlaces: new Map(),
    bios: [],
    processOf: new Map(),
  };
}

const factsOf = (trace: RecordedTrace) => environmentOf(trace, sortEvents(trace).units, [INO]);

Deno.test("the first reservation that could have been longer tells of a stripe unit, and no other", () => {
  const KIB = 1024;
  const reserved = (offset: number, asked: number, bytes: number) => [
    event(1, "xfs_iomap_alloc", { offset, bytes: asked }),
    event(1, "iomap_iter_dstmap", { offset, bytes, detail: "DELALLOC", more: "NEW" }),
  ];
  const before = reserved(0, 68 * KIB, 68 * KIB);
  const least = [...before, ...reserved(68 * KIB, 4 * KIB, 60 * KIB)];
  const twice = [...before, ...reserved(68 * KIB, 4 * KIB, 124 * KIB)];
  assertEquals(leastAheadBelow(least), Infinity);
  assertEquals(leastAheadBelow(twice), 0);
  assertEquals(leastAheadBelow([...least, ...reserved(128 * KIB, 4 * KIB, 188 * KIB)]), Infinity);
  assertEquals(leastAheadBelow(reserved(0, 68 * KIB, 68 * KIB)), 0);
  // A length that was worked out is no least one, however short a nearly full disk makes it.
  const full = [...before, event(1, "xfs_iomap_prealloc_size"), ...reserved(68 * KIB, 4 * KIB, 60 * KIB)];
  assertEquals(leastAheadBelow(full), 0);
});

Deno.test("a disk is full from where a write of ext4 did not get its page to where blocks are had again", () => {
  const call = { firstSeq: 1, lastSeq: 50, offset: 0, bytes: 16_384, result: 8192 };
  const events = [
    event(10, "ext4_da_write_begin", { offset: 0 }),
    event(11, "ext4_da_reserve_space"),
    event(20, "ext4_da_write_begin", { offset: 8192 }),
    event(60, "ext4_da_reserve_space"),
  ];
  const facts = factsOf(recorded(events, [call]));
  assertEquals([15, 20, 59, 60].map((time) => facts.canReserve(INO, 2, time)), [true, false, false, true]);
  assertEquals(factsOf(recorded(events, [{ ...call, result: 16_384 }])).canReserve(INO, 2, 30), true);
  // A page that has been ended was had: what is short is short for its buffer.
  const ended = [...events.slice(0, 3), event(25, "ext4_da_write_end"), ...events.slice(3)];
  assertEquals(factsOf(recorded(ended, [call])).canReserve(INO, 2, 30), true);
});

Deno.test("XFS refuses what lies behind what a request has been mapped to, until it is had", () => {
  const facts = factsOf(recorded([
    event(10, "xfs_file_direct_write", { offset: 0 }),
    event(20, "iomap_iter_dstmap", { offset: 0, bytes: 8192, detail: "UNWRITTEN", more: "NEW", number: 0 }),
    event(30, "xfs_freecounter_enospc", { ino: null, offset: null }),
  ]));
  assertEquals([0, 1, 2, 3].map((lblk) => facts.canReserve(INO, lblk, 25)), [true, true, false, true]);
  assertEquals(facts.canReserve(INO, 2, 31), true);
});

Deno.test("what is done to a file outside of calls is told with when it began, and what a call does is not", () => {
  const iterates = (time: number, bytes: number) => event(time, "iomap_iter", { detail: "REPORT", bytes });
  const flusher = (time: number, offset: number) =>
    event(time, "iomap_writeback_folio", { comm: "kworker/u8:2", pid: 9, offset });
  const events = [
    iterates(10, 0),
    iterates(11, 4096),
    event(20, "xfs_itruncate_extents_start", { number: 4096 }),
    event(30, "xfs_itruncate_extents_start", { number: 0, comm: "kworker/0:1", pid: 8 }),
    flusher(40, 0),
    flusher(41, 4096),
    flusher(42, 0),
  ];
  const facts = factsOf(recorded(events));
  assertEquals(facts.otherWork, [
    { ino: INO, time: 10, what: "fiemap" },
    { ino: INO, time: 20, what: "trim" },
    { ino: INO, time: 30, what: "inactivate" },
  ]);
  assertEquals(facts.passes.map(({ time }) => time), [40, 42]);
  const truncation = { kind: "ftruncate", firstSeq: 20, lastSeq: 25 };
  assertEquals(factsOf(recorded(events, [truncation])).otherWork.map(({ time }) => time), [10, 30]);
  // close(2) is none that the model does.
  const closes = { ...truncation, kind: "close" };
  assertEquals(factsOf(recorded(events, [closes])).otherWork.map(({ time }) => time), [10, 20, 30]);
});

Deno.test("a file that is first truncated was as long as zeros begin, or longer than what is left of it", () => {
  const call = { kind: "ftruncate", firstSeq: 1, lastSeq: 50, offset: 65_536, bytes: null };
  const sizeOf = (...events: RecordedEvent[]) => {
    const printed = event(60, "xfs_file_buffered_read", { number: 65_536 });
    return factsOf(recorded([...events, printed], [call])).files[0].size * 512;
  };
  assertEquals(sizeOf(event(10, "xfs_zero_eof", { offset: 4096 })), 4096);
  assertEquals(sizeOf(event(10, "xfs_itruncate_extents_start", { number: 65_536 })), 65_536 + 4096);
  assertEquals(sizeOf(), 65_536);
});

Deno.test("groups whose bitmaps are loaded are told by allocation", () => {
  const events = [
    event(2, "ext4_mb_bitmap_load", { number: 0 }),
    event(3, "ext4_mb_bitmap_load", { number: 4 }),
    event(4, "ext4_allocate_blocks"),
    event(5, "ext4_mb_bitmap_load", { number: 1 }),
    event(6, "ext4_allocate_blocks"),
  ];
  const facts = factsOf(recorded([event(1, "sys_enter_pwrite64"), ...events], [{ firstSeq: 1, lastSeq: 50 }]));
  assertEquals(facts.around(1).groups, [[0, 4], [1], []]);
});

Deno.test("folios of a bio end between what the completion of a request takes at least and when it is done with", () => {
  const of = (time: number, name: string, sector: number) => event(time, name, { sector });
  const bio = (sector: number, completed: number) => ({
    sector,
    bytes: 8192,
    rwbs: "WS",
    queued: 1,
    completed,
    error: 0,
  });
  const ends = (events: readonly RecordedEvent[], completed: number, sector = 8) =>
    endedBios({ events, bios: [bio(sector, completed)] }).map((bio) => [bio.completed, bio.done])[0];
  const slow = [of(10, "block_rq_complete", 8), of(11, "block_rq_complete", 16), of(40, "block_io_done", 8)];
  assertEquals(ends(slow, 10), [40, 40]);
  const all = [...slow, of(50, "block_io_done", 16), of(60, "block_rq_complete", 8), of(62, "block_io_done", 8)];
  // Whatever was merged into the request ends with it.
  assertEquals([ends(all, 10), ends(all, 10, 24), ends(all, 60)], [[12, 40], [12, 40], [62, 62]]);
  // Nothing tells when it was done with.
  assertEquals(ends([...all, of(70, "block_rq_complete", 8)], 70), [72, 72]);
  assertEquals(ends([of(70, "block_io_done", 8), of(80, "block_rq_complete", 8)], 80), [80, 80]);
});

Deno.test("of two bios on the same sectors the one that has ended tells its error, not the one that was queued next", () => {
  const bios = [
    { sector: 80, bytes: 4096, rwbs: "WS", queued: 10, completed: 50, error: 0 },
    { sector: 80, bytes: 4096, rwbs: "WS", queued: 60, completed: 90, error: -22 },
  ];
  const facts = factsOf({ ...recorded([mapping(1, "")]), bios });
  assertEquals([50, 90].map((time) => facts.bioError(0, "WS", time)), [0, -22]);
});

Deno.test("a read of nothing tells that the file ends before it, though a request that is under way prints more later", () => {
  const events = [event(5, "ext4_es_lookup_extent_enter"), event(30, "iomap_dio_rw_begin", { number: 8192 })];
  const read = { kind: "pread", offset: 0, bytes: 4096, result: 0, firstSeq: 10, lastSeq: 11 };
  const sizeOf = (calls: Parameters<typeof recorded>[1]) => factsOf(recorded(events, calls)).files[0].size;
  assertEquals([sizeOf([]), sizeOf([read])], [16, 0]);
});

Deno.test("a page is marked until somebody comes upon that, or until it comes anew", () => {
  const facts = factsOf(recorded([
    event(10, "mm_filemap_add_to_page_cache", { offset: 8192 }),
    event(20, "page_cache_async_ra", { offset: 8192 }),
    event(30, "mm_filemap_add_to_page_cache", { offset: 8192 }),
  ]));
  assertEquals([15, 20, 21, 31].map((time) => facts.isMarked(INO, 2, time)), [true, true, false, false]);
  assertEquals(facts.isMarked(INO, 1, 15), false);
  assertEquals(facts.isMarked(INO, 2, 5), false);
});
