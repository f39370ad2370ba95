import { assertEquals } from "@std/assert";
import { type Range, rangeText } from "../../src/scenarios/place.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { Scenario } from "../../src/scenarios/scenario.ts";

/** A scenario of dax without expectations but for a plain one. */
function scenarioOf(parts: string): Scenario {
  const expect =
    "expect:\n  - reachable: DEADLOCK\n    why: w\n    source: 40-1b [K 4.0.5 fs/dax.c, fs/inode.c] [D/M 6.1] more\n";
  return readScenario("fixtures/dax/40-1b-a.yaml", `title: t\nsystem: dax\n${parts}${expect}`);
}

function runsText(runs: readonly { readonly range: Range; readonly state: string }[]): string[] {
  return runs.map(({ range, state }) => `${rangeText(range)} ${state}`);
}

Deno.test("what a scenario does not say is as the defaults have it", () => {
  const { name, bounds, mount, device, files, tasks, kernel, crash } = scenarioOf(
    "tasks:\n  T1:\n    - pwrite: F[0]\n",
  );
  assertEquals(name, "40-1b-a");
  assertEquals(
    [bounds.tasks, bounds.pages, bounds.SECTORS_PER_PAGE, bounds.DIO_PAGES, bounds.PAGEVEC, bounds.GANG],
    [4, 8, 2, 2, 2, 2],
  );
  assertEquals([bounds.retries, bounds.crashes], [3, 1]);
  assertEquals([mount.blocksPerPage, device.volatileCache, device.fua, crash], [1, "off", "off", "never"]);
  assertEquals(device.free, [{ blocks: 6, was: null, state: "free" }]);
  assertEquals(kernel, { flusher: null, reclaim: null, journalCommit: null, readahead: 0 });
  assertEquals(Object.keys(files), ["F"]);
  assertEquals(files.F.size, { pages: 4, sectors: 0 });
  assertEquals([runsText(files.F.blocks), files.F.cache], [["0..3 written"], []]);
  const [pwrite] = tasks.T1.operations;
  assertEquals([tasks.T1.mm, pwrite.name, pwrite.after], ["T1", "T1#0", []]);
  assertEquals("buffer" in pwrite && pwrite.buffer, [{ kind: "anon", pages: 1 }]);
});

Deno.test("where no operation names a file there are those that there are by default", () => {
  assertEquals(Object.keys(scenarioOf("tasks:\n  T1:\n    - drop_caches: 1\n").files), ["F", "G"]);
  assertEquals(Object.keys(scenarioOf("files: { H: {} }\ntasks:\n  T1:\n    - drop_caches: 1\n").files), ["H"]);
});

Deno.test("a task that submits waits for it at its end, unless it says when", () => {
  const kinds = (operations: string) =>
    scenarioOf(`tasks:\n  T1:\n${operations}`).tasks.T1.operations.map(({ kind, name }) => `${kind} ${name}`);
  assertEquals(kinds("    - aio_pread: F[0]\n      name: r\n    - fsync: F\n"), [
    "io_submit r",
    "fsync T1#1",
    "io_getevents T1#2",
  ]);
  assertEquals(kinds("    - aio_pread: F[0]\n    - io_getevents: 1\n"), ["io_submit T1#0", "io_getevents T1#1"]);
  assertEquals(kinds("    - uring_pread: F[0]\n    - aio_pread: F[0]\n"), [
    "uring_submit T1#0",
    "io_submit T1#1",
    "io_getevents T1#2",
    "uring_wait T1#3",
  ]);
});

Deno.test("blocks follow i_size to the end of the block that it reaches into", () => {
  const blocks = (file: string, more = "") =>
    runsText(scenarioOf(`files:\n  F: ${file}\n${more}tasks:\n  T1:\n    - fsync: F\n`).files.F.blocks);
  assertEquals(blocks("{ size: 1:1 }"), ["0..1 written"]);
  assertEquals(
    blocks("{ size: 1:1 }", "bounds: { SECTORS_PER_PAGE: 4 }\nmount: { blocks_per_page: 2 }\n"),
    ["0:0..1:1 written"],
  );
  assertEquals(blocks("{ blocks: { 1: hole, 2: unwritten, 5: written } }"), [
    "0 written",
    "2 unwritten",
    "3 written",
    "5 written",
  ]);
  assertEquals(blocks("{ blocks: unwritten }"), ["0..3 unwritten"]);
  assertEquals(blocks("{ size: 0 }"), []);
});

Deno.test("pages with delalloc blocks are dirty, others as they are said to be, also beyond i_size", () => {
  const { cache } = scenarioOf(
    "files:\n  F: { blocks: { 3: delalloc }, cache: { 0..1: clean locked, 5: clean } }\ntasks:\n  T1:\n    - fsync: F\n",
  ).files.F;
  assertEquals(cache.map(({ range, state, also }) => `${rangeText(range)} ${[state, ...also].join(" ")}`), [
    "0..1 clean locked",
    "3 dirty",
    "5 clean",
  ]);
});

Deno.test("an area of memory belongs to the address space of those who use it", () => {
  const { maps } = scenarioOf(`maps:
  buf: anon 2
  m: F[0..1] MAP_PRIVATE
tasks:
  T1:
    mm: process
    do:
      - pwrite: F[0..1]
        from: buf
  T2:
    mm: process
    do:
      - mmap: F[0] MAP_SHARED
        over: buf
      - load: m[0]
`);
  assertEquals([maps.buf.mm, maps.m.mm], ["process", "process"]);
  assertEquals([maps.buf.present && rangeText(maps.buf.present), maps.m.present], ["0..1", null]);
});

Deno.test("row and evidence are taken from the source", () => {
  const [{ source }] = scenarioOf("tasks:\n  T1:\n    - fsync: F\n").expectations;
  assertEquals([source.row, source.tags], ["40-1b", ["K", "D", "M"]]);
});
