import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { HELD_BYTES_MAX } from "../../src/recording/blktrace/demultiplexer.ts";
import { blktraceFormat, sortedByCpu } from "../../src/recording/blktrace/reader.ts";
import { type BlkRecord, writeBlktrace, writeBlktraceSet } from "../../src/recording/blktrace/writer.ts";
import { collectBytes } from "./collect.ts";
import { zstdCompressSync } from "../../src/recording/zstd.ts";

const issue = (timeNs: number, cpu: number, minor = 0): BlkRecord => ({
  name: "blk_ta_issue",
  timeNs: BigInt(timeNs),
  device: { major: 8, minor },
  cpu,
  pid: 100 + cpu,
  sector: BigInt(timeNs),
  bytes: 512,
  rwbs: "R",
});

/** Records of some CPUs in the order of their times. */
const spread = (count: number, cpus: number): BlkRecord[] =>
  Array.from({ length: count }, (_, n) => issue(n + 1, (n * 7) % cpus));

const files = (records: BlkRecord[], suffix = "", pack = (b: Uint8Array): Uint8Array => b) =>
  Object.fromEntries([...writeBlktraceSet(records)].map(([cpu, b]) => [`sda.blktrace.${cpu}${suffix}`, pack(b)]));

Deno.test("the files of a set are merged by time", async () => {
  const { rows, facts, diagnostics } = await collectBytes(blktraceFormat, files(spread(500, 12)));
  assertEquals(rows.map((r) => Number(r.ts)), Array.from({ length: 500 }, (_, n) => n + 1));
  assertEquals(rows.map((r) => r.cpu), Array.from({ length: 500 }, (_, n) => (n * 7) % 12));
  assertEquals([facts.cpus, diagnostics], [12, []]);
});

Deno.test("records of equal times go by the number of their CPU, not by the spelling of the file's name", async () => {
  const records = Array.from({ length: 12 }, (_, cpu) => issue(5, cpu));
  const { rows } = await collectBytes(blktraceFormat, files(records.toReversed()));
  assertEquals(rows.map((r) => r.cpu), records.map((r) => r.cpu));
});

Deno.test("files are sorted by name and CPU", () => {
  assertEquals(sortedByCpu(["b.blktrace.0", "a.blktrace.10", "a.blktrace.9.gz", "a.blktrace.0.zst"]), [
    "a.blktrace.0.zst",
    "a.blktrace.9.gz",
    "a.blktrace.10",
    "b.blktrace.0",
  ]);
});

Deno.test("packed files are unpacked, and empty ones are CPUs without records", async () => {
  const records = spread(300, 3);
  for (const [suffix, pack] of [[".gz", gzipSync], [".zst", zstdCompressSync]] as const) {
    const packed = files(records, suffix, (b) => new Uint8Array(pack(b)));
    const { rows, diagnostics } = await collectBytes(blktraceFormat, {
      ...packed,
      "sda.blktrace.3": new Uint8Array(0),
    });
    assertEquals(rows.length, 300);
    assertEquals(diagnostics, []);
  }
});

Deno.test("CPUs and devices mixed in one input, piece by piece, are put in order", async () => {
  const records = Array.from({ length: 4000 }, (_, n) => issue(n + 1, n % 3, (n % 5) * 16));
  // Pieces as a writer takes them from the buffers of the CPUs: each in order, one CPU after the other.
  const pieces: BlkRecord[] = [];
  for (let from = 0; from < records.length; from += 1000) {
    const part = records.slice(from, from + 1000);
    for (const cpu of [2, 0, 1]) pieces.push(...part.filter((r) => r.cpu === cpu));
  }
  const { rows, diagnostics, facts } = await collectBytes(blktraceFormat, { "stream.bin": writeBlktrace(pieces) });
  assertEquals(rows.map((r) => Number(r.ts)), records.map((r) => Number(r.timeNs)));
  assertEquals(diagnostics, []);
  assertEquals(facts.cpus, null);
});

Deno.test("CPUs mixed further apart than is held back keep the order of the input, and it is said", async () => {
  // More than is held back for each of two CPUs, one after the other.
  const payload = { kind: "bytes" as const, bytes: new Uint8Array(60_000) };
  const count = Math.ceil(HELD_BYTES_MAX / payload.bytes.length) + 50;
  const ofCpu = (cpu: number) => Array.from({ length: count }, (_, n) => ({ ...issue(n, cpu), payload }));
  const bytes = writeBlktrace([...ofCpu(0), ...ofCpu(1)]);
  const { rows, diagnostics } = await collectBytes(blktraceFormat, { "stream.bin": bytes });
  assertEquals(rows.length, 2 * count);
  for (const cpu of [0, 1]) {
    const times = rows.filter((r) => r.cpu === cpu).map((r) => Number(r.ts));
    assert(times.every((ts, n) => ts === n), "each CPU's records stay in order");
  }
  assertEquals(diagnostics.map((d) => [d.severity, d.code]), [["warning", "time_backwards"]]);
});
