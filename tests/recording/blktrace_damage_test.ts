import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import type { Diagnostic } from "../../src/recording/diagnostics.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { blktraceFormat } from "../../src/recording/blktrace/reader.ts";
import { type BlkRecord, BLKTRACE_DEFAULTS, writeBlktrace } from "../../src/recording/blktrace/writer.ts";
import { collectBytes, type Collected } from "./collect.ts";

const HEAD_BYTES = 48;

/** The nth record: all are alike but for time and place. */
const queued = (n: number, rest: Partial<BlkRecord> = {}): BlkRecord => ({
  name: "blk_ta_queue",
  timeNs: BigInt(1000 + n),
  device: { major: 8, minor: 0 },
  cpu: 0,
  pid: 7,
  sector: BigInt(8 * n + 8),
  bytes: 4096,
  rwbs: "W",
  ...rest,
});

const many = (count: number): BlkRecord[] => Array.from({ length: count }, (_, n) => queued(n));

const read = (bytes: Uint8Array, name = "dev.blktrace.0"): Promise<Collected> =>
  collectBytes(blktraceFormat, { [name]: bytes });

const summary = (rows: Diagnostic[]): string[] => rows.map((d) => `${d.severity} ${d.code} ${d.count}`);

const sectors = (collected: Collected): number[] => collected.rows.map((r) => Number(r.sector));

/** A copy with some bytes replaced. */
function patched(bytes: Uint8Array, at: number, replacement: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(replacement, at);
  return copy;
}

Deno.test("a bad magic is reported with its byte, and reading goes on at the next record", async () => {
  const bytes = patched(writeBlktrace(many(10)), 4 * HEAD_BYTES, [0, 0, 0, 0]);
  const collected = await read(bytes);
  assertEquals(sectors(collected), [8, 16, 24, 32, 48, 56, 64, 72, 80]);
  assertEquals(summary(collected.diagnostics), [
    "error bad_magic 1",
    `error skipped_bytes ${HEAD_BYTES}`,
    "data_loss sequence_gap 1",
  ]);
  assertStringIncludes(collected.diagnostics[0].position, `byte ${4 * HEAD_BYTES}`);
  assertEquals([collected.skippedRecords, collected.lostEvents], [1, 1]);
});

Deno.test("a bad first record does not hide what follows it", async () => {
  const bytes = patched(writeBlktrace(many(5)), 0, [1, 2, 3, 4]);
  assert(blktraceFormat.sniff(bytes));
  assertEquals(sectors(await read(bytes)), [16, 24, 32, 40]);
});

Deno.test("a magic in the middle of rubbish is not taken for a record", async () => {
  const good = writeBlktrace(many(6));
  const rubbish = patched(new Uint8Array(100).fill(0x5a), 10, [7, 0x74, 0x61, 0x65]);
  const bytes = new Uint8Array([...good.subarray(0, 3 * HEAD_BYTES), ...rubbish, ...good.subarray(3 * HEAD_BYTES)]);
  const collected = await read(bytes);
  assertEquals(sectors(collected), [8, 16, 24, 32, 40, 48]);
  assertEquals(summary(collected.diagnostics), ["error bad_magic 1", "error skipped_bytes 100"]);
  assertEquals(collected.skippedRecords, 2, "as many as would fit there");
});

Deno.test("rubbish longer than any window is stepped over", async () => {
  const good = writeBlktrace(many(4));
  const rubbish = new Uint8Array(5_000_000).fill(0x65);
  const bytes = new Uint8Array(good.length + rubbish.length);
  bytes.set(good.subarray(0, 2 * HEAD_BYTES));
  bytes.set(rubbish, 2 * HEAD_BYTES);
  bytes.set(good.subarray(2 * HEAD_BYTES), 2 * HEAD_BYTES + rubbish.length);
  const collected = await read(bytes);
  assertEquals(sectors(collected), [8, 16, 24, 32]);
  assertEquals(summary(collected.diagnostics), ["error bad_magic 1", "error skipped_bytes 5000000"]);
});

Deno.test("a cut at any byte of the last record keeps the records before it and is reported", async () => {
  const bytes = writeBlktrace([
    ...many(3),
    queued(3, { name: "blk_ta_split", payload: { kind: "new_sector", sector: 9n } }),
  ]);
  for (let cut = 3 * HEAD_BYTES + 1; cut < bytes.length; cut++) {
    const collected = await read(bytes.subarray(0, cut));
    assertEquals(sectors(collected), [8, 16, 24]);
    assertEquals(summary(collected.diagnostics), ["error truncated_record 1"], `cut at ${cut}`);
    assertStringIncludes(collected.diagnostics[0].position, `byte ${3 * HEAD_BYTES}`);
    assertEquals(collected.skippedRecords, 1);
  }
});

Deno.test("a payload length that would swallow records is reported, and they are kept", async () => {
  for (const payload of [48, 96, 1000, 0xffff]) {
    const bytes = patched(writeBlktrace(many(60)), 2 * HEAD_BYTES + 46, [payload & 0xff, payload >> 8]);
    const collected = await read(bytes);
    assertEquals(sectors(collected), many(60).map((r) => Number(r.sector)), `length ${payload}`);
    assertEquals(summary(collected.diagnostics), ["error bad_payload_length 1"]);
  }
});

Deno.test("numbers that are missing are counted for each device and CPU by itself", async () => {
  const numbered = (sequence: number, cpu: number, minor: number): BlkRecord =>
    queued(sequence, { sequence, cpu, device: { major: 8, minor } });
  const collected = await read(writeBlktrace([
    numbered(1, 0, 0),
    numbered(1, 1, 0),
    numbered(1, 0, 16),
    numbered(2, 0, 0),
    numbered(7, 1, 0),
    numbered(8, 1, 0),
    numbered(3, 0, 16),
    numbered(4, 0, 16),
    numbered(3, 0, 0),
  ].map((record, n) => ({ ...record, timeNs: BigInt(n) }))));
  assertEquals(summary(collected.diagnostics), ["data_loss sequence_gap 6"]);
  assertEquals(collected.lostEvents, 6);
  assertStringIncludes(collected.diagnostics[0].message, "CPU 1: records 2 to 6");
  assertEquals(collected.diagnostics[0].firstNs, [4, 0]);
});

Deno.test("a gap at the very end is counted too", async () => {
  const records = [1, 2, 3, 10].map((sequence, n) => queued(n, { sequence }));
  assertEquals((await read(writeBlktrace(records))).lostEvents, 6);
});

Deno.test("one damaged number is told from a gap", async () => {
  const records = [1, 2, 3, 0x8000_0004, 5, 6, 1_000_007, 8].map((sequence, n) => queued(n, { sequence }));
  const collected = await read(writeBlktrace(records));
  assertEquals(summary(collected.diagnostics), ["warning sequence_damaged 2"]);
  assertEquals(collected.lostEvents, 0);
});

Deno.test("numbers that start again are no loss", async () => {
  const records = [1, 2, 3, 1, 2, 3].map((sequence, n) => queued(n, { sequence }));
  const collected = await read(writeBlktrace(records));
  assertEquals(summary(collected.diagnostics), ["warning sequence_backwards 1"]);
  assertEquals(collected.lostEvents, 0);
});

Deno.test("numbers go on past 32 bits", async () => {
  const records = [0xffff_fffe, 0xffff_ffff, 0, 1, 2].map((sequence, n) => queued(n, { sequence }));
  assertEquals(summary((await read(writeBlktrace(records))).diagnostics), []);
});

Deno.test("records without numbers and notes give no alarm, and do not tell the clock", async () => {
  const note: BlkRecord = queued(5, { name: "blk_tn_message", payload: { kind: "text", text: "hello" } });
  const bare = await read(writeBlktrace([...many(5), note, note], { ...BLKTRACE_DEFAULTS, numbering: "none" }));
  assertEquals([bare.diagnostics, bare.lostEvents, bare.facts.clock], [[], 0, null]);
  const numbered = await read(writeBlktrace([...many(5), note, queued(6)]));
  assertEquals([numbered.diagnostics, numbered.lostEvents, numbered.facts.clock], [[], 0, "mono"]);
});

Deno.test("an action that is not known is an event with its payload as bytes, and is counted", async () => {
  const payload = { kind: "bytes" as const, bytes: Uint8Array.of(9, 8) };
  const bytes = writeBlktrace([0, 1, 2].map((n) => queued(n, { payload })));
  for (const [n, code] of [99, 99, 0x3000].entries()) {
    new DataView(bytes.buffer).setUint16(n * (HEAD_BYTES + 2) + 28, code, true);
  }
  const collected = await read(bytes);
  assertEquals(collected.rows.map((r) => [r.name, r.action, r.sector, r.raw.pdu]), [
    ["blk_ta_unknown_99", "?", 8n, Uint8Array.of(9, 8)],
    ["blk_ta_unknown_99", "?", 16n, Uint8Array.of(9, 8)],
    ["blk_ta_unknown_12288", "?", 24n, Uint8Array.of(9, 8)],
  ]);
  assertEquals(summary(collected.diagnostics), ["warning unknown_action 2", "warning unknown_action 1"]);
});

Deno.test("any number of unknown actions makes a bounded number of tables", async () => {
  const bytes = writeBlktrace(many(2000));
  for (let n = 0; n < 2000; n++) {
    bytes[n * HEAD_BYTES + 28] = n & 0xff;
    bytes[n * HEAD_BYTES + 29] = 0x40 | n >> 8 << 1;
  }
  const collected = await read(bytes);
  assertEquals(collected.rows.length, 2000);
  assert(new Set(collected.rows.map((r) => r.name)).size <= 65);
});

Deno.test("a block trace of another version is refused by its number", () => {
  for (const magic of [[6, 0x74, 0x61, 0x65], [0x65, 0x61, 0x74, 9]]) {
    const head = patched(new Uint8Array(64), 0, magic);
    assertThrows(() => blktraceFormat.sniff(head), UnreadableInput, `version ${magic[0] === 6 ? 6 : 9}`);
  }
});

Deno.test("what is no block trace is not taken for one", () => {
  const text = new TextEncoder().encode(
    "# tracer: nop\n#\n  8,0    3        1     0.000000000   697  G   W 223490 + 8 [x]\n",
  );
  assert(!blktraceFormat.sniff(text));
  assert(!blktraceFormat.sniff(new Uint8Array(0)));
  assert(!blktraceFormat.sniff(new Uint8Array(65536)));
  assert(!blktraceFormat.sniff(Uint8Array.of(7, 0x74)));
});

Deno.test("packed data that is cut gives what was unpacked before, and says so", async () => {
  // Noise in the times keeps it from packing too well to be cut in the middle.
  const records = many(20_000).map((r, n) => ({ ...r, timeNs: BigInt(n) * 1_000_003n, pid: (n * 7919) & 0xffff }));
  const packed = gzipSync(writeBlktrace(records));
  const collected = await read(packed.subarray(0, packed.length >> 1), "dev.blktrace.0.gz");
  assert(collected.rows.length > 1000 && collected.rows.length < 20_000);
  assertEquals(sectors(collected), records.slice(0, collected.rows.length).map((r) => Number(r.sector)));
  assert(collected.diagnostics.some((d) => d.code === "damaged_input" && d.severity === "error"));
});
