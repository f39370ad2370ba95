import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BLK_ACTIONS, blkActionByName, categoriesOf, Category, rwbsOf } from "../../src/recording/blktrace/actions.ts";
import type { BlkVersion, ByteOrder } from "../../src/recording/blktrace/layout.ts";
import { blktraceFormat } from "../../src/recording/blktrace/reader.ts";
import { type BlkRecord, type BlktraceOptions, writeBlktrace } from "../../src/recording/blktrace/writer.ts";
import { collectBytes, type Row } from "./collect.ts";

const VARIANTS: BlktraceOptions[] = ([7, 8] as BlkVersion[]).flatMap((version) =>
  (["little", "big"] as ByteOrder[]).map((order) => ({ version, order, numbering: "per-cpu" as const }))
);

const DISK = { major: 259, minor: 3 };

/** A record with the rest filled in. */
function record(name: string, rest: Partial<BlkRecord> = {}): BlkRecord {
  return { name, timeNs: 5_000_000_123n, device: DISK, cpu: 1, pid: 4711, ...rest };
}

async function rowsOf(records: BlkRecord[], options: BlktraceOptions): Promise<Row[]> {
  const { rows, diagnostics } = await collectBytes(blktraceFormat, {
    "dev.blktrace.1": writeBlktrace(records, options),
  });
  assertEquals(diagnostics, []);
  return rows;
}

const described = ({ version, order }: BlktraceOptions) => `version ${version}, ${order}-endian`;

for (const options of VARIANTS) {
  Deno.test(`every action of a request comes back with its place, length and flags (${described(options)})`, async () => {
    const names = BLK_ACTIONS.filter((a) => a.subject !== "queue").map((a) => a.name);
    const records = names.map((name, i) =>
      record(name, { timeNs: BigInt(i) << 33n, sector: 0x1_2345_6789n, bytes: 0x9000_0000, rwbs: "FWFSM" })
    );
    const rows = await rowsOf(records, options);
    assertEquals(rows.map((r) => r.name), names);
    for (const [i, row] of rows.entries()) {
      assertEquals(
        [row.ts, row.cpu, row.pid, row.dev, row.sector, row.bytes, row.rwbs, row.source, row.system],
        [BigInt(i) << 33n, 1, 4711, "259:3", 0x1_2345_6789n, 0x9000_0000n, "FWFSM", "blktrace", "blk"],
      );
      assertEquals(row.action, blkActionByName(names[i])!.letter);
      assertEquals(row.raw.sequence, i + 1);
    }
  });

  Deno.test(`payloads are decoded (${described(options)})`, async () => {
    const rows = await rowsOf([
      record("blk_ta_unplug_io", { payload: { kind: "depth", requests: 3 } }),
      record("blk_ta_unplug_timer", { payload: { kind: "depth", requests: 70_000 } }),
      record("blk_ta_split", { sector: 8n, bytes: 8192, payload: { kind: "new_sector", sector: 1n << 40n } }),
      record("blk_ta_remap", {
        sector: 4096n,
        bytes: 512,
        payload: { kind: "remap", from: { major: 253, minor: 7 }, to: { major: 8, minor: 17 }, sector: 1n << 41n },
      }),
      record("blk_tn_timestamp", { payload: { kind: "wall_clock", sec: 1_700_000_000, nsec: 999_999_999 } }),
      record("blk_tn_message", { payload: { kind: "text", text: "cfq4711 / dispatched a request äöü" } }),
      record("blk_ta_drv_data", { payload: { kind: "bytes", bytes: Uint8Array.of(1, 2, 0, 255) } }),
    ], options);
    const own = rows.map(({ raw: { action: _, sequence: __, ...raw } }) => raw);
    assertEquals(own, [
      { depth: 3n },
      { depth: 70_000n },
      { new_sector: 1n << 40n },
      { old_dev: 253 << 20 | 7, old_sector: 1n << 41n, traced_dev: 259 << 20 | 3 },
      { sec: 1_700_000_000, nsec: 999_999_999 },
      { text: "cfq4711 / dispatched a request äöü" },
      { pdu: Uint8Array.of(1, 2, 0, 255) },
    ]);
    assertEquals(rows[3].dev, "8:17", "a remapped bio is on the device it goes to");
    assertEquals(rows[4].raw.sequence, undefined, "notes have no number");
  });

  Deno.test(`a cgroup id stands ahead of the payload (${described(options)})`, async () => {
    const cgroupId = 0x0000_0007_0000_1234n;
    const rows = await rowsOf([
      record("blk_ta_queue", { cgroupId, sector: 8n, bytes: 512, rwbs: "R" }),
      record("blk_ta_split", { cgroupId, sector: 8n, bytes: 512, payload: { kind: "new_sector", sector: 9n } }),
      record("blk_tn_message", { cgroupId, payload: { kind: "text", text: "bfq" } }),
    ], options);
    assertEquals(rows.map((r) => r.raw.cgroup_id), [cgroupId, cgroupId, cgroupId]);
    assertEquals(rows.map((r) => r.name), ["blk_ta_queue", "blk_ta_split", "blk_tn_message"]);
    assertEquals([rows[1].raw.new_sector, rows[2].raw.text, rows[0].raw.pdu], [9n, "bfq", undefined]);
  });

  Deno.test(`records written in random come back as they were (${described(options)})`, async () => {
    const operations = ["R", "W", "D", "N"];
    const modifiers = ["", "S", "A", "SM", "FS", "FASM"];
    const arbitrary = fc.record({
      name: fc.constantFrom(...BLK_ACTIONS.filter((a) => a.payload === "command").map((a) => a.name)),
      timeNs: fc.bigInt(0n, (1n << 62n) - 1n),
      device: fc.record({ major: fc.nat(4095), minor: fc.nat(0xfffff) }),
      cpu: fc.nat(8191),
      pid: fc.nat(4_194_304),
      sector: fc.bigInt(1n, (1n << 55n) - 1n),
      bytes: fc.integer({ min: 1, max: 0xffff_ffff }),
      error: fc.integer({ min: -4095, max: 0 }),
      rwbs: fc.tuple(fc.constantFrom("", "F"), fc.constantFrom(...operations), fc.constantFrom(...modifiers))
        .map((parts) => parts.join("")),
      payload: fc.option(
        fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => ({ kind: "bytes" as const, bytes })),
        { nil: undefined },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(arbitrary, { maxLength: 30 }), async (records) => {
        records.sort((a, b) => a.timeNs < b.timeNs ? -1 : 1);
        const rows = await rowsOf(records, options);
        assertEquals(rows.length, records.length);
        for (const [i, row] of rows.entries()) {
          const r = records[i];
          const onQueue = blkActionByName(r.name)!.subject === "queue";
          assertEquals(
            [row.ts, row.cpu, row.pid, row.name, row.dev, row.sector, row.bytes, row.rwbs],
            [
              r.timeNs,
              r.cpu,
              r.pid,
              r.name,
              `${r.device.major}:${r.device.minor}`,
              r.sector,
              BigInt(r.bytes),
              // A length makes a read of what has no other operation.
              r.rwbs.replace(/^(F?)N/, "$1R"),
            ],
          );
          if (!onQueue && r.error !== 0) assertEquals(row.ret, BigInt(r.error));
          assertEquals(row.raw.pdu ?? null, r.payload?.bytes ?? null);
        }
      }),
      { seed: 20_07, numRuns: 40 },
    );
  });
}

Deno.test("zone operations of version 8 have their letters, and the place of a zone append is an event of its own", async () => {
  const zones = ["ZA", "ZR", "ZRA", "ZF", "ZO", "ZC", "WZ"];
  const records = [
    ...zones.map((rwbs) => record("blk_ta_issue", { rwbs, sector: 524288n })),
    record("blk_ta_complete", { rwbs: "ZA", sector: 524296n, bytes: 4096 }),
    record("blk_ta_zone_append", { rwbs: "W", sector: 524296n, bytes: 4096 }),
    record("blk_ta_zone_plug", { rwbs: "WS", sector: 524288n, bytes: 4096 }),
    record("blk_ta_zone_unplug", { rwbs: "WS", sector: 524288n, bytes: 4096 }),
  ];
  for (const order of ["little", "big"] as const) {
    const rows = await rowsOf(records, { version: 8, order, numbering: "per-cpu" });
    assertEquals(rows.slice(0, zones.length).map((r) => r.rwbs), zones);
    assertEquals(rows[0].sector, 524288n, "a zone operation has a place without a length");
    assertEquals(rows.slice(zones.length).map((r) => [r.name, r.action, r.rwbs, r.sector]), [
      ["blk_ta_complete", "C", "ZA", 524296n],
      ["blk_ta_zone_append", "ZA", "ZA", 524296n],
      ["blk_ta_zone_plug", "ZP", "WS", 524288n],
      ["blk_ta_zone_unplug", "ZU", "WS", 524288n],
    ]);
  }
});

Deno.test("version 7 refuses to hold zone operations", () => {
  assertThrows(() => writeBlktrace([record("blk_ta_issue", { rwbs: "ZR" })]), RangeError, "zone");
});

Deno.test("a flush has no place, a completion has one and a result, plugs and notes have neither", async () => {
  const rows = await rowsOf([
    record("blk_ta_issue", { rwbs: "FN" }),
    record("blk_ta_complete", { rwbs: "FN" }),
    record("blk_ta_complete", { rwbs: "WS", sector: 8n, bytes: 512, error: -5 }),
    record("blk_ta_requeue", { rwbs: "WS", sector: 8n, bytes: 512 }),
    record("blk_ta_plug"),
    record("blk_tn_message", { payload: { kind: "text", text: "x" } }),
  ], VARIANTS[0]);
  assertEquals(rows.map((r) => [r.rwbs, r.sector, r.bytes, r.ret]), [
    ["FN", null, 0n, null],
    ["FN", 0n, 0n, 0n],
    ["WS", 8n, 512n, -5n],
    ["WS", 8n, 512n, 0n],
    ["N", null, null, null],
    ["N", null, null, null],
  ]);
});

Deno.test("a packet command keeps its bytes and has no place", async () => {
  const payload = { kind: "bytes" as const, bytes: Uint8Array.of(0x12, 1, 0, 0, 96, 0) };
  const rows = await rowsOf([
    record("blk_ta_issue", { kind: "packet command", rwbs: "R", bytes: 96, payload }),
    record("blk_ta_complete", { kind: "packet command", rwbs: "R", bytes: 96, payload }),
  ], VARIANTS[0]);
  assertEquals(rows.map((r) => [r.sector, r.bytes, r.raw.pdu]), [
    [null, 96n, payload.bytes],
    [null, 96n, payload.bytes],
  ]);
});

Deno.test("task names come from the process notes seen so far, for the records of every CPU", async () => {
  const at = (timeNs: bigint, cpu: number, pid: number, name: string, comm?: string): BlkRecord => ({
    ...record(name, { timeNs, cpu, pid }),
    ...(comm === undefined ? {} : { payload: { kind: "comm" as const, comm } }),
  });
  const ofCpu = (cpu: number, records: BlkRecord[]) => writeBlktrace(records.filter((r) => r.cpu === cpu));
  const records = [
    at(1n, 0, 7, "blk_ta_queue"),
    at(2n, 0, 7, "blk_tn_process", "kworker/0:1H"),
    at(3n, 1, 7, "blk_ta_issue"),
    at(4n, 0, 8, "blk_ta_issue"),
    at(5n, 1, 7, "blk_tn_process", "fio [a) x"),
    at(6n, 0, 7, "blk_ta_complete"),
  ];
  const { rows } = await collectBytes(blktraceFormat, {
    "dev.blktrace.0": ofCpu(0, records),
    "dev.blktrace.1": ofCpu(1, records),
  });
  assertEquals(rows.map((r) => r.comm), [null, "kworker/0:1H", "kworker/0:1H", null, "fio [a) x", "fio [a) x"]);
});

Deno.test("RWBS text and categories are each other's inverse", () => {
  const flags = (bits: number) => ["F", "A", "S", "M"].filter((_, i) => bits & (1 << i)).join("");
  for (const flush of ["", "F"]) {
    for (const operation of ["D", "ZRA", "ZA", "ZR", "ZF", "ZO", "ZC", "WZ", "W", "R"]) {
      for (let bits = 0; bits < 16; bits++) {
        const rwbs = flush + operation + flags(bits);
        assertEquals(rwbsOf(categoriesOf(rwbs), 512), rwbs);
      }
    }
  }
  assertEquals(rwbsOf(categoriesOf("FN"), 0), "FN");
  assertEquals(rwbsOf(Category.Notify | Category.Write, 512), "N");
  assertThrows(() => categoriesOf("WX"), RangeError);
  assertThrows(() => categoriesOf("SF"), RangeError);
});

Deno.test("fields are described for the view of all fields, those of table event among them", async () => {
  const bytes = writeBlktrace([record("blk_ta_complete", { rwbs: "R", sector: 8n, bytes: 512 })]);
  const { descriptions } = await collectBytes(blktraceFormat, { "dev.blktrace.0": bytes });
  const fields = descriptions.get("blk_ta_complete")!.fields.map((f) => `${f.name} ${f.held.kind}`);
  assertEquals(fields, [
    "dev event",
    "sector event",
    "bytes event",
    "rwbs event",
    "error event",
    "sequence raw",
    "action raw",
  ]);
  assert(BLK_ACTIONS.every((a, i) => BLK_ACTIONS.findIndex((b) => b.name === a.name) === i));
});
