import { assert, assertEquals, assertMatch } from "@std/assert";
import type { RecordedRun } from "../../../src/checking/recorded/recorded_run.ts";
import { RunBuilder, verdictOf } from "./recorded_run.ts";

function anomalies(run: RunBuilder | RecordedRun): string[] {
  const built = run instanceof RunBuilder ? run.build() : run;
  return verdictOf(built, null).findings.map(({ anomaly, severity }) => `${anomaly} ${severity}`);
}

Deno.test("a folio that comes between the invalidation and the data of a direct write and stays is stale", () => {
  const run = new RunBuilder();
  run.page("add", 5, 3);
  run.page("delete", 11, 3);
  run.directWrite(10, 20, 3, 18);
  run.page("add", 14, 3, "fault");
  assertEquals(anomalies(run), ["STALE_CACHE warning"]);
  run.operation("pread", 30, 40, { execution: "buffered", offset: 3 * 4096, bytes: 100, result: 100 });
  const { findings: [finding] } = verdictOf(run.build(), null);
  assertEquals([finding.anomaly, finding.severity, finding.operations], [
    "STALE_CACHE",
    "data_loss",
    ["operation 1", "operation 0"],
  ]);
  assertEquals(finding.sectors, [24, 25, 26, 27, 28, 29, 30, 31]);
  assert(finding.seqs.includes(14));
  assertMatch(finding.text, /^Page 3 came .*\(event 14, fault.* was over\. Operation 1 .*was served from it\.$/);
});

Deno.test("a folio that the invalidation behind the write removes, or that comes when the data is stored, is not", () => {
  const removed = new RunBuilder();
  removed.directWrite(10, 20, 3, 17);
  removed.page("add", 14, 3);
  removed.page("delete", 18, 3);
  assertEquals(anomalies(removed), []);
  const later = new RunBuilder();
  later.directWrite(10, 20, 3, 15);
  later.page("add", 16, 3);
  assertEquals(anomalies(later), []);
});

Deno.test("a folio that is filled from the device when the data is there is as new as the write", () => {
  for (const [queued, expected] of [[15, ["STALE_CACHE warning"]], [17, []]] as const) {
    const run = new RunBuilder();
    run.directWrite(10, 20, 3, 16);
    run.page("add", 14, 3);
    run.bio(queued, 19, { rwbs: "R", role: "read", offset: 3 * 4096 });
    assertEquals(anomalies(run), [...expected]);
  }
});

Deno.test("a folio that is read while the data is in flight may hold either: that is said, and is no data loss yet", () => {
  const of = (queued: number, completed: number) => {
    const run = new RunBuilder();
    run.page("add", 9, 3);
    run.bio(queued, completed, { rwbs: "R", role: "read", offset: 3 * 4096 });
    run.directWrite(10, 20, 3, 16);
    run.bio(30, 35, { offset: 3 * 4096 });
    const [finding, ...more] = verdictOf(run.build(), null).findings;
    assertEquals([finding.anomaly, more.length], ["LOST_UPDATE", 0]);
    return finding;
  };
  // The write's data is in flight from 11 to 16.
  const before = of(9, 10);
  assertEquals([before.severity, before.attributes], ["data_loss", ["state"]]);
  const together = of(10, 13);
  assertEquals([together.severity, together.attributes], ["warning", ["state", "possible"]]);
  assertMatch(
    together.text,
    /was over; it was read while the data was in flight, and may hold it\. Bio 2 wrote it back at/,
  );
});

Deno.test("a stale folio that is written back is a lost update, and the error that fsync returned is named", () => {
  const run = new RunBuilder();
  run.page("add", 5, 3);
  run.directWrite(10, 20, 3);
  run.bio(30, 35, { offset: 3 * 4096 });
  run.operation("fsync", 40, 50, { result: -5 });
  const { findings } = verdictOf(run.build(), null);
  assertEquals(findings.map(({ anomaly }) => anomaly), ["LOST_UPDATE"]);
  assertMatch(findings[0].text, /fsync returned EIO afterwards: operation 1, event 50/);
  assertMatch(findings[0].text, /Bio 1 wrote it back over the newer data at 0\.000000030 \(event 30\)\.$/);
});

Deno.test("what a buffered write left in the cache that was under way with the direct write is no lost update, other sectors are", () => {
  const lost = (start: number, end: number, offset: number, bytes: number) => {
    const run = new RunBuilder();
    run.page("add", 13, 3, "write");
    run.operation("pwrite", start, end, { execution: "buffered", offset, bytes, result: bytes });
    run.directWrite(10, 20, 3);
    run.bio(30, 35, { offset: 3 * 4096 });
    return verdictOf(run.build(), null).findings.map(({ anomaly, sectors }) => `${anomaly} ${sectors.join()}`);
  };
  assertEquals(lost(12, 15, 3 * 4096, 4096), []);
  assertEquals(lost(12, 15, 3 * 4096, 3 * 512), ["LOST_UPDATE 27,28,29,30,31"]);
  assertEquals(lost(12, 15, 3 * 4096 + 100, 4096 - 100), ["LOST_UPDATE 24"]);
  assertEquals(lost(2, 9, 3 * 4096, 4096), ["LOST_UPDATE 24,25,26,27,28,29,30,31"]);
});

Deno.test("writes of the same sectors in flight at the same time are told, those one behind the other are not", () => {
  const run = new RunBuilder();
  run.bio(10, 20);
  run.bio(19, 30);
  run.bio(30, 40);
  run.bio(31, 39, { offset: 4096 });
  assertEquals(anomalies(run), ["OVERLAP_MIX warning"]);
});

Deno.test("of very many writes of the same sectors in flight together some pairs are told, and how many there are more", () => {
  const run = new RunBuilder();
  const count = 600;
  for (let nth = 0; nth < count; nth++) run.bio(10 + nth, 5000);
  const { findings, notes } = verdictOf(run.build(), null);
  assertEquals(findings.filter(({ anomaly }) => anomaly === "OVERLAP_MIX").length, 10_000);
  const more = count * (count - 1) / 2 - 10_000;
  const note = `${
    more.toLocaleString("en")
  } more pairs of writes of the same sectors at the same time: the first 10,000 are told`;
  assertEquals(notes.includes(note), true, notes.join("; "));
});

Deno.test("writeback in flight together with a direct write's data may come to lie over it", () => {
  const run = new RunBuilder();
  run.directWrite(10, 20, 3);
  run.bio(15, 25, { offset: 3 * 4096 });
  const { findings: [finding, ...more] } = verdictOf(run.build(), null);
  assertEquals([finding.anomaly, finding.severity, finding.attributes], [
    "LOST_UPDATE",
    "warning",
    ["state", "possible"],
  ]);
  assertEquals([finding.operations, finding.sectors, more], [["operation 0"], [24, 25, 26, 27, 28, 29, 30, 31], []]);
});

Deno.test("fsync needs a FLUSH behind the file's data", () => {
  for (const [flushed, expected] of [[[31, 38], []], [[25, 38], ["PERSIST_LOST data_loss"]]] as const) {
    const run = new RunBuilder();
    run.bio(20, 30);
    const [from, to] = flushed;
    run.bio(from, to, { rwbs: "FF", bytes: 0, role: "flush", file: null, offset: null });
    run.operation("fsync", 30, 40);
    assertEquals(anomalies(run), [...expected]);
  }
  const without = new RunBuilder();
  without.bio(20, 30);
  without.operation("fsync", 30, 40);
  const { findings, notes } = verdictOf(without.build(), null);
  assertEquals(findings, []);
  assertMatch(notes[0], /^7:0: no FLUSH in the recording/);
});

Deno.test("a commit record goes out behind the blocks of its transaction", () => {
  for (const [issued, expected] of [[31, []], [29, ["PERSIST_LOST data_loss"]]] as const) {
    const run = new RunBuilder();
    run.bio(20, 30, { rwbs: "WSM", role: "journal", file: null, offset: null, sector: 8 });
    run.bio(issued, 40, { rwbs: "FWFSM", role: "journal", file: null, offset: null, sector: 16 });
    assertEquals(anomalies(run), [...expected]);
  }
});

Deno.test("blocks of a transaction whose completion is missing say nothing where other events are missing too", () => {
  const run = new RunBuilder();
  run.bio(20, 30, { rwbs: "WSM", role: "journal", file: null, offset: null, sector: 8, completed: null });
  run.bio(31, 40, { rwbs: "FWFSM", role: "journal", file: null, offset: null, sector: 16 });
  assertEquals(anomalies(run), ["PERSIST_LOST data_loss"]);
  const { findings, notes } = verdictOf({ ...run.build(), withGaps: new Set([1]) }, null);
  assertEquals(findings, []);
  assertMatch(notes.join("\n"), /^1 commit record: completions/m);
});

Deno.test("a store that faults on one page again and again is a livelock", () => {
  for (const [faults, expected] of [[49, []], [50, ["LIVELOCK error"]]] as const) {
    const run = new RunBuilder();
    for (let at = 0; at < faults; at++) run.operation("store", at, at, { offset: 4096 + (at % 8), bytes: 1 });
    assertEquals(anomalies(run), [...expected]);
  }
});

Deno.test("a direct write that is over before the file is long enough is told, unless the file was made shorter", () => {
  const told = (kind: string, more: { file?: string | null; mode?: number; cuts?: boolean; result?: number } = {}) => {
    const run = new RunBuilder();
    run.directWrite(10, 20, 3);
    run.sizes.push({ seq: 30, time: 30, file: "7:0/12", size: 4096 });
    run.operation(kind, 22, 25, { offset: 4096, file: "7:0/12", result: 0, ...more });
    const { firstSeq } = run.operations.at(-1)!;
    return anomalies({
      ...run.build(),
      fallocateModes: new Map(more.mode === undefined ? [] : [[firstSeq, more.mode]]),
      cuttingOpens: new Set(more.cuts ? [firstSeq] : []),
    });
  };
  const wrong = ["WRONG_SIZE data_loss"];
  assertEquals(told("fdatasync"), wrong);
  assertEquals(told("ftruncate"), []);
  assertEquals(told("ftruncate", { result: -5 }), wrong);
  assertEquals(told("ftruncate", { file: "7:0/13" }), wrong);
  assertEquals(told("ftruncate", { file: null }), []);
  assertEquals(told("fallocate", { mode: 0x08 }), []);
  assertEquals(told("fallocate", { mode: 0x03 }), wrong);
  assertEquals(told("fallocate"), []);
  assertEquals(told("open"), wrong);
  assertEquals(told("open", { cuts: true, result: 7 }), []);
});
