import { assert, assertEquals } from "@std/assert";
import { blkparseFormat } from "../../src/recording/blkparse_text.ts";
import { blktraceFormat } from "../../src/recording/blktrace/reader.ts";
import { blktraceSets } from "./blktrace_sets.ts";
import { collect, type Row } from "./collect.ts";

/** What both sources say of a record. */
function common(row: Row, origin: bigint): Record<string, unknown> {
  const { action: _, traced_dev: __, new_sector, pdu: ___, ...raw } = row.raw;
  return {
    ns: row.ts - origin,
    cpu: row.cpu,
    pid: row.pid,
    comm: row.comm,
    name: row.name,
    action: row.action,
    dev: row.dev,
    sector: row.sector,
    // A split is printed without its length.
    bytes: row.name === "blk_ta_split" ? null : row.bytes,
    rwbs: row.rwbs,
    ret: row.ret,
    // blkparse prints 32 bits of it.
    ...(typeof new_sector === "bigint" ? { new_sector: BigInt.asUintN(32, new_sector) } : {}),
    ...raw,
  };
}

/** Rows by time and CPU; those of a CPU at one time stay in order. */
const inOrder = (rows: Row[]): Row[] => rows.toSorted((a, b) => a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : a.cpu - b.cpu);

const sets = blktraceSets();

for (const { name, files, text } of sets) {
  Deno.test(`binary records and blkparse's text of ${name} agree record for record`, async () => {
    const binary = await collect(blktraceFormat, files);
    const printed = await collect(blkparseFormat, [text]);
    assertEquals(binary.diagnostics, []);
    assertEquals(printed.diagnostics, []);
    assertEquals(printed.rows.length, binary.rows.length);
    assert(printed.rows.length > 0);
    const origin = binary.rows[0].ts;
    const expected = inOrder(binary.rows).map((row) => common(row, origin));
    const actual = inOrder(printed.rows).map((row) => common(row, 0n));
    for (const [n, row] of actual.entries()) assertEquals(row, expected[n], `record ${n}`);
  });
}

Deno.test({
  name: "recorded block traces are recognised by content, each form by its own reader alone",
  ignore: sets.length === 0,
  fn: async () => {
    for (const { files, text } of sets.filter((set) => set.files.every((file) => !file.endsWith(".gz")))) {
      for (const file of files) {
        const head = (await Deno.readFile(file)).subarray(0, 65536);
        if (head.length > 0) assert(blktraceFormat.sniff(head));
        assert(!blkparseFormat.sniff(head));
      }
      if (text.endsWith(".gz")) continue;
      const head = (await Deno.readFile(text)).subarray(0, 65536);
      assert(blkparseFormat.sniff(head));
      assert(!blktraceFormat.sniff(head));
    }
  },
});
