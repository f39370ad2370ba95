/**
 * What a call leaves behind that did not go as predicted, or that the model does not do: the next ones go on from there.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { conform } from "../../src/replaying/conformance/conform.ts";
import { RecordedState } from "../../src/replaying/conformance/recorded_state.ts";
import type { RecordedCall, RecordedEvent, RecordedTrace } from "../../src/replaying/conformance/recorded_events.ts";
import { sortEvents } from "../../src/replaying/conformance/units.ts";

const INO = 12;
const PAGE = 4096;

function event(seq: number, name: string, more: Partial<RecordedEvent> = {}): RecordedEvent {
  const none = { ino: null, offset: null, bytes: null, sector: null, rwbs: null, ret: null, number: null };
  return { seq, time: seq * 1000, pid: 7, comm: "task", name, ...none, detail: "", more: "", ...more };
}

function call(
  id: number,
  kind: string,
  [firstSeq, lastSeq]: [number, number],
  more: Partial<RecordedCall>,
): RecordedCall {
  return {
    id,
    recordingId: 1,
    kind,
    syscall: kind,
    dev: "7:0",
    ino: INO,
    openFlags: 2,
    direct: false,
    offset: 0,
    bytes: PAGE,
    result: PAGE,
    partOf: null,
    pid: 7,
    firstSeq,
    lastSeq,
    start: firstSeq * 1000,
    end: lastSeq * 1000,
    ...more,
  };
}

function traceOf(events: readonly RecordedEvent[], calls: readonly RecordedCall[]): RecordedTrace {
  return {
    recordingId: 1,
    dev: "7:0",
    kernel: "6.18",
    pageSize: PAGE,
    blockSize: PAGE,
    events,
    calls,
    bioPlaces: new Map(),
    bios: [],
    processOf: new Map(),
  };
}

/** A page comes and is written into, and is read. */
const COPIED = [
  event(1, "sys_enter_copy_file_range"),
  event(2, "ext4_da_write_begin", { ino: INO, offset: 0, bytes: PAGE }),
  event(3, "mm_filemap_add_to_page_cache", { ino: INO, offset: 0, number: 0 }),
  event(4, "ext4_da_write_end", { ino: INO, offset: 0, bytes: PAGE, number: PAGE }),
  event(5, "writeback_dirty_folio", { ino: INO, offset: 0 }),
  event(6, "sys_exit_copy_file_range"),
];
const READ = [
  event(7, "sys_enter_pread64"),
  event(8, "mm_filemap_get_pages", { ino: INO, offset: 0, bytes: PAGE }),
  event(9, "sys_exit_pread64"),
];
const COPY = call(1, "copy", [1, 6], {});
const PREAD = call(2, "pread", [7, 9], {});

/** What the model expects of the read. */
function predicted(trace: RecordedTrace): readonly string[] {
  let found: readonly string[] = [];
  conform(trace, (id, expected) => {
    if (id === PREAD.id) found = expected;
  });
  return found;
}

Deno.test("what a call that is not modelled has brought into the page cache is found there by the next", () => {
  assertEquals(predicted(traceOf([...COPIED, ...READ], [COPY, PREAD])), ["mm_filemap_get_pages 0"]);
});

Deno.test("so is what a task has done in no call that was recorded, and nothing that nobody has done", () => {
  assertEquals(predicted(traceOf([...COPIED, ...READ], [PREAD])), ["mm_filemap_get_pages 0"]);
  // Only those that bring the page are left out: it is not there, and the read has to add it.
  const without = [...COPIED, ...READ].filter(({ seq }) => seq !== 3 && seq !== 5 && seq !== 8);
  const more = event(8, "mm_filemap_add_to_page_cache", { ino: INO, offset: 0, number: 0 });
  const expected = predicted(traceOf([...without, more].sort((a, b) => a.seq - b.seq), [COPY, PREAD]));
  assertEquals(expected, ["mm_filemap_add_to_page_cache 0 0"]);
});

Deno.test("calls of kinds that the model does not do are told apart, with why nothing was expected of them", () => {
  const { calls } = conform(traceOf([...COPIED, ...READ], [COPY, PREAD]));
  assertEquals(calls.map(({ call, kind, first }) => [call, kind, first?.why ?? null]), [
    [COPY.id, "not_modelled", "the model does not do such calls"],
    [PREAD.id, "modelled", null],
  ]);
});

Deno.test("a file whose data is journalled is said not to be modelled, and its calls are no misses", () => {
  const trace = traceOf([...COPIED, event(6.5, "ext4_journalled_write_end", { ino: INO }), ...READ], [COPY, PREAD]);
  const { calls, events, notes } = conform(trace);
  assertEquals([calls, events], [[], []]);
  assertEquals(notes, [
    "data=journal (ext4_journalled_write_end) is not modelled here: 2 calls are not laid beside it",
  ]);
});

Deno.test("on a mount with DAX there is no page cache to be compared, which is said", () => {
  for (
    const [detail, isDax] of [["DAX", true], ["WRITE|0x100", true], ["257", true], ["WRITE|DIRECT", false]] as const
  ) {
    const trace = traceOf([...COPIED, event(6.5, "iomap_iter", { ino: INO, detail }), ...READ], [COPY, PREAD]);
    const note = "a mount with DAX (event 6.5) is not modelled here: 2 calls are not laid beside it";
    assertEquals(conform(trace).notes.includes(note), isDax, detail);
  }
});

Deno.test("of files that are too large for the model that is said, and of what no kernel does that it gave up", () => {
  const notesOf = (page: number, number: number, name = "mm_filemap_add_to_page_cache") => {
    const far = event(6.5, name, { ino: INO, offset: page * PAGE, number });
    return conform(traceOf([...COPIED, far, ...READ], [COPY, PREAD])).notes;
  };
  const left = "2 calls are not laid beside it";
  assertEquals(notesOf(60_000, 0), []);
  assertEquals(notesOf(70_000, 0), [`a file of 256 MiB or more is not modelled here: ${left}`]);
  // A folio of more pages than there are is no reason to go through them all.
  for (const order of [28, 63, 255]) assertEquals(notesOf(0, order), notesOf(70_000, 0));
  const [note] = notesOf(-1, 0, "mm_filemap_delete_from_page_cache");
  assertEquals([note.startsWith("the model gave up ("), note.endsWith(left)], [true, true], note);
});

Deno.test("many files are too large for the model sooner", () => {
  const inos = Array.from({ length: 40 }, (_, nth) => INO + nth);
  const events = inos.flatMap((ino, nth) => [
    event(10 * nth + 1, "sys_enter_pread64"),
    event(10 * nth + 2, "mm_filemap_get_pages", { ino, offset: 0, bytes: PAGE }),
    event(10 * nth + 3, "sys_exit_pread64"),
  ]);
  const calls = inos.map((ino, nth) => call(nth, "pread", [10 * nth + 1, 10 * nth + 3], { ino }));
  const notesOf = (offset: number) => conform(traceOf(events, [...calls.slice(1), { ...calls[0], offset }])).notes;
  assertEquals(notesOf(100 * PAGE), []);
  assertEquals(notesOf(8190 * PAGE), [
    "a recording of 40 files of up to 33 MiB is not modelled here: 40 calls are not laid beside it",
  ]);
});

function recordedState(events: readonly RecordedEvent[], calls: readonly RecordedCall[]): RecordedState {
  const trace = traceOf(events, calls);
  const file = { ino: INO, size: 32, blocks: [], cached: [], nosec: "known", log: "written" } as const;
  return new RecordedState(trace, sortEvents(trace).units, [file], 16, PAGE);
}

/** The state at the end of some events and calls. */
function stateOf(events: readonly RecordedEvent[], calls: readonly RecordedCall[]) {
  const { size, blocks, cached } = recordedState(events, calls).at(Infinity, INO, () => true)!;
  return {
    size,
    blocks: [...blocks].sort(([a], [b]) => a - b).map(([lblk, { state }]) => `${lblk} ${state}`),
    cached: [...cached.values()].map(({ first, isDirty }) => `${first} ${isDirty ? "dirty" : "clean"}`),
  };
}

const MAPPED = event(1, "ext4_es_insert_extent", { ino: INO, offset: 0, bytes: 4 * PAGE, detail: "W", number: 100 });
const fallocate = (mode: number, pages: number, length: number): [RecordedEvent[], RecordedCall[]] => [
  [MAPPED, event(2, "sys_enter_fallocate", { number: mode }), event(3, "sys_exit_fallocate")],
  [call(1, "fallocate", [2, 3], { offset: pages * PAGE, bytes: length * PAGE, result: 0 })],
];

Deno.test("blocks move with a range that is taken out of the file or put into it, and its size with them", () => {
  const COLLAPSE = 0x8;
  const INSERT = 0x20;
  const out = stateOf(...fallocate(COLLAPSE, 1, 1));
  assertEquals([out.size, out.blocks], [3 * PAGE, ["0 written", "1 written", "2 written"]]);
  const put = stateOf(...fallocate(INSERT, 1, 2));
  assertEquals(put.size, 6 * PAGE);
  assertEquals(put.blocks, ["0 written", "1 hole", "2 hole", "3 written", "4 written", "5 written"]);
});

Deno.test("a call that has failed changes nothing, and one that is not over has not changed anything yet", () => {
  const [events, [own]] = fallocate(0x8, 1, 1);
  assertEquals(stateOf(events, [{ ...own, result: -22 }]).size, 4 * PAGE);
  assertEquals(stateOf(events.slice(0, 2), [own]).size, 4 * PAGE);
});

Deno.test("pages are dirty from when they are made so until they are written, and leave the cache when that is told", () => {
  const dirty = stateOf(COPIED, [COPY]);
  assertEquals([dirty.size, dirty.cached], [4 * PAGE, ["0 dirty"]]);
  const written = event(7, "iomap_writeback_folio", { ino: INO, offset: 0 });
  assertEquals(stateOf([...COPIED, written], [COPY]).cached, ["0 clean"]);
  const gone = event(8, "mm_filemap_delete_from_page_cache", { ino: INO, offset: 0, number: 0 });
  assertEquals(stateOf([...COPIED, gone], [COPY]).cached, []);
});

Deno.test("what calls do that are under way is looked at when they are over, and changes nothing that came behind it", () => {
  const written = event(7, "iomap_writeback_folio", { ino: INO, offset: 0, pid: 9 });
  const converted = event(3.5, "ext4_es_insert_extent", { ino: INO, offset: 0, bytes: PAGE, detail: "W", pid: 9 });
  const allocated = event(2.5, "ext4_es_insert_extent", { ino: INO, offset: 0, bytes: PAGE, detail: "U" });
  const events = [...COPIED, written, converted, allocated].sort((a, b) => a.seq - b.seq);
  const state = recordedState(events, [COPY]);
  const underWay = state.at(8000, INO, (id) => id !== COPY.id)!;
  assertEquals([underWay.cached.size, underWay.blocks.get(0)?.state], [0, "written"]);
  const over = state.at(9000, INO, () => true)!;
  assertEquals([...over.cached.values()].map(({ first }) => first), [0]);
  assertEquals(over.blocks.get(0)?.state, "written");
});

Deno.test("files are taken over beside calls that are at work, but for what these are at", () => {
  // Another task reads two pages farther on, from before the copy until behind the read of what was copied.
  const pid = 9;
  const begins = [
    event(0.1, "sys_enter_pread64", { pid }),
    event(0.2, "mm_filemap_add_to_page_cache", { ino: INO, offset: PAGE, number: 0, pid }),
    event(0.3, "mm_filemap_delete_from_page_cache", { ino: INO, offset: PAGE, number: 0, pid: 11 }),
    event(0.4, "mm_filemap_add_to_page_cache", { ino: INO, offset: 2 * PAGE, number: 0, pid }),
  ];
  const ends = event(20, "sys_exit_pread64", { pid });
  const other = call(3, "pread", [0.1, 20], { pid, offset: PAGE, bytes: 2 * PAGE, result: 2 * PAGE });
  const expected = predicted(traceOf([...begins, ...COPIED, ...READ, ends], [other, COPY, PREAD]));
  assertEquals(expected, ["mm_filemap_get_pages 0"]);
});

Deno.test("POSIX_FADV_DONTNEED up to the end of a file takes its last page also where the end is within a sector", () => {
  const drops = (length: number) => {
    const came = event(5, "mm_filemap_add_to_page_cache", { ino: INO, offset: 0, number: 0 });
    const advice = event(8, "sys_enter_fadvise64", { number: 4 });
    const trace = traceOf([
      event(1, "sys_enter_ftruncate"),
      event(1.5, "ext4_truncate_exit", { ino: INO }),
      event(2, "sys_exit_ftruncate"),
      event(4, "sys_enter_pread64"),
      came,
      event(6, "sys_exit_pread64"),
      advice,
      event(8.5, "mm_filemap_delete_from_page_cache", { ino: INO, offset: 0, number: 0 }),
      event(9, "sys_exit_fadvise64"),
    ], [
      call(1, "ftruncate", [1, 2], { offset: 1000, bytes: null, result: 0 }),
      call(2, "pread", [4, 6], { result: 1000 }),
      call(3, "fadvise", [8, 9], { bytes: length, result: 0 }),
    ]);
    let found: readonly string[] = [];
    conform(trace, (id, expected) => {
      if (id === 3) found = expected;
    });
    return found;
  };
  const removed = ["mm_filemap_delete_from_page_cache 0 0"];
  assertEquals([drops(1000), drops(999), drops(1024), drops(PAGE)], [removed, [], [], removed]);
});
