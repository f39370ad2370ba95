import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { blkparseFormat } from "../../src/recording/blkparse_text.ts";
import { blktraceFormat } from "../../src/recording/blktrace/reader.ts";
import { damaged, damages } from "../fuzz/damage.ts";
import { smallSet } from "./blktrace_sets.ts";
import { collectBytes, type Collected, type Row } from "./collect.ts";

const set = smallSet();
const ignore = set === null;
const fileBytes = (path: string): Uint8Array => Deno.readFileSync(path);

/** Rows without `seq`, which the other files' records shift. */
const plain = (rows: Row[]) => rows.map(({ seq: _, ...rest }) => rest);

/** What the kept prefix must hold, and what a loss must bring. */
function check(whole: Collected, read: Collected, kept: number): void {
  assertEquals(plain(read.rows).slice(0, kept), plain(whole.rows).slice(0, kept), "the records before the damage");
  if (read.rows.length < whole.rows.length) {
    const reported = read.diagnostics.some((d) => d.severity === "error");
    // Whole records that are gone leave no trace in a recording without numbers.
    if (read.skippedRecords > 0) assert(reported, "what was skipped is reported");
  }
  for (const diagnostic of read.diagnostics) {
    assert(diagnostic.count > 0 && diagnostic.message !== "" && !diagnostic.message.includes("\n"));
  }
}

Deno.test({
  name: "a damaged block trace gives the records before the damage, and never a crash",
  ignore,
  fn: async () => {
    const bytes = fileBytes(set!.files[0]);
    const name = "dev.blktrace.0";
    const whole = await collectBytes(blktraceFormat, { [name]: bytes });
    const ends = recordEnds(bytes);
    await fc.assert(
      fc.asyncProperty(damages(4), async (list) => {
        const bad = damaged(bytes, list);
        const read = await collectBytes(blktraceFormat, { [name]: bad.bytes });
        check(whole, read, ends.filter((end) => end <= bad.first).length);
      }),
      { seed: 48, numRuns: 300 },
    );
  },
});

Deno.test({
  name: "a block trace that is cut says so, unless it is cut between records",
  ignore,
  fn: async () => {
    const bytes = fileBytes(set!.files[0]);
    const ends = recordEnds(bytes);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), async (cut) => {
        const read = await collectBytes(blktraceFormat, { "dev.blktrace.0": bytes.subarray(0, cut) });
        assertEquals(read.rows.length, ends.filter((end) => end <= cut).length);
        const codes = read.diagnostics.map((d) => d.code);
        assertEquals(codes, cut === 0 || ends.includes(cut) ? [] : ["truncated_record"]);
      }),
      { seed: 7, numRuns: 200 },
    );
  },
});

Deno.test({
  name: "a flipped bit of a magic costs that record alone, and is reported",
  ignore,
  fn: async () => {
    const bytes = fileBytes(set!.files[0]);
    const whole = await collectBytes(blktraceFormat, { "dev.blktrace.0": bytes });
    const starts = [0, ...recordEnds(bytes).slice(0, -1)];
    await fc.assert(
      fc.asyncProperty(fc.nat(starts.length - 1), fc.nat(31), async (nth, bit) => {
        const bad = bytes.slice();
        bad[starts[nth] + (bit >> 3)] ^= 1 << (bit & 7);
        const read = await collectBytes(blktraceFormat, { "dev.blktrace.0": bad });
        assertEquals(plain(read.rows), plain(whole.rows.toSpliced(nth, 1)));
        assertEquals(read.diagnostics.map((d) => d.code), ["bad_magic", "skipped_bytes"]);
        assertEquals(read.skippedRecords, 1);
      }),
      { seed: 31, numRuns: 100 },
    );
  },
});

Deno.test({
  name: "a flipped bit of a payload's length costs no other record, and is reported",
  ignore,
  fn: async () => {
    const bytes = fileBytes(set!.files[0]);
    const whole = await collectBytes(blktraceFormat, { "dev.blktrace.0": bytes });
    const starts = [0, ...recordEnds(bytes).slice(0, -1)];
    const others = (rows: Row[], nth: number) => plain(rows.toSpliced(nth, 1));
    await fc.assert(
      // The last record's payload may be missing for all that the file says.
      fc.asyncProperty(fc.nat(starts.length - 2), fc.nat(15), async (nth, bit) => {
        const bad = bytes.slice();
        bad[starts[nth] + 46 + (bit >> 3)] ^= 1 << (bit & 7);
        const read = await collectBytes(blktraceFormat, { "dev.blktrace.0": bad });
        assertEquals(others(read.rows, nth), others(whole.rows, nth));
        assertEquals(read.rows[nth].ts, whole.rows[nth].ts);
        assert(read.diagnostics.some((d) => d.severity === "error"));
      }),
      { seed: 46, numRuns: 200 },
    );
  },
});

/** Where the records of a good file end. */
function recordEnds(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) ends.push(at += 48 + view.getUint16(at + 46, true));
  return ends;
}

Deno.test({
  name: "a damaged mixed stream never crashes the reader, and what is skipped is reported",
  ignore,
  fn: async () => {
    const bytes = new Uint8Array(set!.files.flatMap((file) => [...fileBytes(file)]));
    const whole = await collectBytes(blktraceFormat, { "stream.bin": bytes });
    await fc.assert(
      fc.asyncProperty(damages(4), async (list) => {
        const read = await collectBytes(blktraceFormat, { "stream.bin": damaged(bytes, list).bytes });
        check(whole, read, 0);
      }),
      { seed: 64, numRuns: 150 },
    );
  },
});

Deno.test({
  name: "damaged text of blkparse gives the events before the damage, and never a crash",
  ignore,
  fn: async () => {
    const bytes = fileBytes(set!.text);
    const whole = await collectBytes(blkparseFormat, { "blkparse.txt": bytes });
    await fc.assert(
      fc.asyncProperty(damages(4), async (list) => {
        const bad = damaged(bytes, list);
        const read = await collectBytes(blkparseFormat, { "blkparse.txt": bad.bytes });
        const lines = bytes.subarray(0, bad.first).filter((byte) => byte === 0x0a).length;
        check(whole, read, Math.min(lines, whole.rows.length));
      }),
      { seed: 99, numRuns: 300 },
    );
  },
});

Deno.test("bytes at random are neither a block trace nor blkparse's text, and reading them as such does not crash", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
      assert(!blktraceFormat.sniff(bytes));
      assert(!blkparseFormat.sniff(bytes));
      for (const format of [blktraceFormat, blkparseFormat]) {
        const read = await collectBytes(format, { "random.bin": bytes });
        assertEquals(read.rows, []);
        if (bytes.length > 0 && format === blktraceFormat) assert(read.diagnostics.length > 0);
      }
    }),
    { seed: 1, numRuns: 100 },
  );
});
