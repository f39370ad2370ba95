import { assertEquals, assertStringIncludes } from "@std/assert";
import { OPTION } from "./trace_dat_builder.ts";
import { describeMachine, entry, event, formatsOf, MACHINES, readSpec } from "./trace_dat_helpers.ts";
import type { Page } from "./trace_dat_pages.ts";

const PROBE = event([{ type: "u32", name: "n", size: 4 }]);

const page = (ts: bigint, order: "little" | "big", missed?: Page["missed"]): Page => ({
  ts,
  missed,
  entries: [entry(PROBE, ts, { n: Number(ts) }, order)],
});

const stats = (cpu: number, overrun: number, commitOverrun: number, dropped: number) => ({
  id: OPTION.CPUSTAT,
  body: `CPU: ${cpu}\nentries: 10\noverrun: ${overrun}\ncommit overrun: ${commitOverrun}\nbytes: 99\n` +
    `oldest event ts:  4548.270578\nnow ts:  4549.060548\ndropped events: ${dropped}\nread events: 5\n`,
});

for (const machine of MACHINES) {
  Deno.test(`gaps that the ring buffer marks are counted where they say how much (${describeMachine(machine)})`, async () => {
    const { order } = machine;
    const { rows, diagnostics, lostEvents } = await readSpec({
      ...machine,
      formats: formatsOf(PROBE),
      buffers: [
        {
          name: "",
          cpus: [
            {
              cpu: 0,
              pages: [page(5n, order), page(10n, order, 7n), page(30n, order, 4n), page(40n, order, "uncounted")],
            },
            { cpu: 1, pages: [page(20n, order, 100n)] },
          ],
        },
        { name: "rec", cpus: [{ cpu: 1, pages: [page(25n, order, 3n)] }] },
      ],
    });
    assertEquals(rows.map(({ raw }) => raw.n), [5, 10, 20, 25, 30, 40]);
    assertEquals(lostEvents, 7 + 4 + 1 + 100 + 3);
    const found = diagnostics.map(({ severity, code, count, firstNs, message }) => [
      severity,
      code,
      count,
      firstNs,
      /CPU \d/.exec(message)![0],
    ]);
    assertEquals(found.sort((a, b) => Number((a[3] as number[])[0]) - Number((b[3] as number[])[0])), [
      ["data_loss", "events_lost", 11, [10, 0], "CPU 0"],
      ["data_loss", "events_lost", 100, [20, 0], "CPU 1"],
      ["data_loss", "events_lost", 3, [25, 0], "CPU 1"],
      ["data_loss", "events_lost_uncounted", 1, [40, 0], "CPU 0"],
    ]);
  });
}

Deno.test("a gap says where it is in the file and which event comes after it", async () => {
  const { diagnostics } = await readSpec({
    version: 6,
    formats: formatsOf(PROBE),
    buffers: [{ name: "", cpus: [{ cpu: 0, pages: [page(5n, "little"), page(9n, "little", 7n)] }] }],
  });
  assertEquals(diagnostics[0].firstSeq, 1);
  const byte = Number(/byte (\d+)$/.exec(diagnostics[0].position)![1]);
  assertEquals(byte % 4096, 0);
  assertStringIncludes(diagnostics[0].position, "trace.dat, byte 8192");
});

Deno.test("the upper half of the commit word does not matter: the kernel's arithmetic may fill it", async () => {
  const { buildTraceDat } = await import("./trace_dat_builder.ts");
  const { readBytes } = await import("./trace_dat_helpers.ts");
  const { bytes } = buildTraceDat({
    version: 6,
    formats: formatsOf(PROBE),
    buffers: [{ name: "", cpus: [{ cpu: 0, pages: [page(5n, "little", 7n)] }] }],
  });
  const start = bytes.length - 4096;
  new DataView(bytes.buffer).setUint32(start + 12, 0xffffffff, true);
  const { rows, lostEvents } = await readBytes(bytes);
  assertEquals([rows.length, lostEvents], [1, 7]);
});

Deno.test("losses that the kernel's statistics count are a row for each CPU and kind", async () => {
  for (const version of [6, 7] as const) {
    const { diagnostics, lostEvents } = await readSpec({
      version,
      formats: formatsOf(PROBE),
      options: [stats(0, 0, 0, 0), stats(1, 120, 3, 0), stats(2, 0, 0, 44)],
      buffers: [{ name: "", cpus: [{ cpu: 0, pages: [page(5n, "little")] }] }],
    });
    assertEquals(diagnostics.map(({ severity, code, count }) => [severity, code, count]), [
      ["data_loss", "overrun", 120],
      ["data_loss", "commit_overrun", 3],
      ["data_loss", "dropped_events", 44],
    ]);
    assertEquals(lostEvents, 167);
  }
});

Deno.test("losses that both the pages and the statistics tell of are counted once", async () => {
  const { lostEvents } = await readSpec({
    formats: formatsOf(PROBE),
    options: [stats(0, 120, 0, 0)],
    buffers: [{ name: "", cpus: [{ cpu: 0, pages: [page(5n, "little", 100n)] }] }],
  });
  assertEquals(lostEvents, 120);
});

Deno.test("a record shorter than its description keeps what is there", async () => {
  const spec = event([
    { type: "u32", name: "a", size: 4 },
    { type: "unsigned long", name: "index", size: 8 },
    { type: "unsigned char", name: "order", size: 1 },
    { type: "char[8]", name: "text", size: 8 },
  ], { system: "filemap", name: "mm_filemap_add_to_page_cache" });
  const whole = entry(spec, 1n, { a: 1, index: 2, order: 0, text: "abc" });
  const { rows, diagnostics, skippedRecords } = await readSpec({
    formats: formatsOf(spec),
    buffers: [{
      name: "",
      cpus: [{
        cpu: 0,
        entries: [
          whole,
          { ...whole, ts: 2n, data: whole.data.subarray(0, 24) },
          { ...whole, ts: 3n, data: whole.data.subarray(0, 12) },
          { ...whole, ts: 4n, data: whole.data.subarray(0, 4) },
          { ...whole, ts: 5n },
        ],
      }],
    }],
  });
  const own = { a: 1, order: 0, text: "abc" };
  assertEquals(rows.map(({ ts, raw, file_offset, bytes }) => [ts, raw, file_offset, bytes]), [
    [1n, own, 8192n, 4096n],
    [2n, { a: 1 }, 8192n, null],
    [3n, { a: 1 }, null, null],
    [5n, own, 8192n, 4096n],
  ]);
  assertEquals(skippedRecords, 1);
  assertEquals(diagnostics.map(({ severity, code, count }) => [severity, code, count]), [
    ["error", "short_record", 2],
    ["error", "short_record", 1],
  ]);
});

Deno.test("a dynamic field that points beyond its record is reported, and the others are kept", async () => {
  const spec = event([{ type: "__data_loc char[]", name: "text", size: 4 }, { type: "u32", name: "n", size: 4 }]);
  const good = entry(spec, 1n, { text: "abc", n: 5 });
  const bad = good.data.slice();
  new DataView(bad.buffer).setUint32(8, 0xffff_0010, true);
  const { rows, diagnostics } = await readSpec({
    formats: formatsOf(spec),
    buffers: [{ name: "", cpus: [{ cpu: 0, entries: [good, { ...good, ts: 2n, data: bad }] }] }],
  });
  assertEquals(rows.map(({ raw }) => raw), [{ text: "abc", n: 5 }, { n: 5 }]);
  assertEquals(diagnostics.map(({ code, count }) => [code, count]), [["short_record", 1]]);
});

Deno.test("a gap of no events is a gap of which the count is damaged", async () => {
  const { rows, diagnostics, lostEvents } = await readSpec({
    formats: formatsOf(PROBE),
    buffers: [{ name: "", cpus: [{ cpu: 0, pages: [page(5n, "little"), page(10n, "little", 0n)] }] }],
  });
  assertEquals([rows.length, lostEvents], [2, 1]);
  assertEquals(diagnostics.map(({ code, count }) => [code, count]), [["events_lost_uncounted", 1]]);
});
