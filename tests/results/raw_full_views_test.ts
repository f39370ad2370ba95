import { assertEquals } from "@std/assert";
import type { RawEventDescription, RawField } from "../../src/recording/raw_registry.ts";
import { rawColumnNames } from "../../src/recording/raw_registry.ts";
import { batchOf } from "./batches.ts";
import { dimensionBatches, rowsOf, tagOf, withResults } from "./results_files.ts";

function field(name: string, more: Partial<RawField> = {}): RawField {
  return { name, type: "INTEGER", held: { kind: "raw" }, shown: "plain", ...more };
}

/** Three events of kind 0 (block_rq_issue on 8:0, WS) and one of kind 1 (ext4, positions in blocks of 4096). */
const EVENTS = batchOf("store", "event", {
  ts_ns: ["BIGINT", [10n ** 18n, 10n ** 18n + 1n, 10n ** 18n + 2n, 10n ** 18n + 3n]],
  tag_id: ["UINTEGER", [tagOf(0, 0), tagOf(0, 1), tagOf(0, 0), tagOf(1, 0)]],
  ino: ["BIGINT", [null, null, null, 12]],
  position: ["BIGINT", [8, -1, 16, 3]],
  bytes: ["BIGINT", [4096, 0, 512, 2]],
  ret: ["BIGINT", [null, null, null, -28]],
});

Deno.test("a raw_full view shows the fields that event holds beside those of the event's own table, in order", async () => {
  const description: RawEventDescription = {
    name: "block_rq_issue",
    fields: [
      field("dev", { type: "UINTEGER", held: { kind: "event", column: "dev", divisor: 1 }, shown: "dev" }),
      field("sector", { type: "UBIGINT", held: { kind: "event", column: "sector", divisor: 1 } }),
      field("nr_sector", { type: "UINTEGER", held: { kind: "event", column: "bytes", divisor: 512 } }),
      field("old_dev", { type: "UINTEGER", shown: "dev" }),
      field("comm", { type: "VARCHAR", held: { kind: "comm" } }),
      field("bdi", { type: "VARCHAR", held: { kind: "bdi" } }),
      field("pid"),
    ],
  };
  const raw = batchOf("raw", "block_rq_issue", {
    recording_id: ["SMALLINT", [1, 1, 1]],
    seq: ["UINTEGER", [0, 1, 2]],
    old_dev: ["UINTEGER", [(259 << 20) | 3, 7 << 20, null]],
    comm_field: ["VARCHAR", [null, "other", null]],
    bdi: ["VARCHAR", ["btrfs-1", null, null]],
    pid_field: ["INTEGER", [7, 8, 9]],
  });
  await withResults({ batches: [...dimensionBatches(), EVENTS, raw], rawEvents: [description] }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT * FROM raw_full.block_rq_issue ORDER BY seq"), [
      ["1", "0", "1000000000000000000", "0", "100", "fio", "8:0", "8", "8", "259:3", "fio", "btrfs-1", "7"],
      [
        ...["1", "1", "1000000000000000001", "1", "200", "kworker/0:1", "8:0", "18446744073709551615", "0", "7:0"],
        ...["other", "8:0", "8"],
      ],
      ["1", "2", "1000000000000000002", "0", "100", "fio", "8:0", "16", "1", "NULL", "fio", "8:0", "9"],
    ]);
  });
});

Deno.test("event scales positions by the block size of the kind, raw_full shows the field as recorded", async () => {
  const description: RawEventDescription = {
    name: "ext4_ext_map_blocks",
    fields: [
      field("lblk", { type: "UINTEGER", held: { kind: "event", column: "file_offset", divisor: 1 } }),
      field("len", { type: "UINTEGER", held: { kind: "event", column: "bytes", divisor: 1 } }),
    ],
  };
  const raw = batchOf("raw", "ext4_ext_map_blocks", { recording_id: ["SMALLINT", [1]], seq: ["UINTEGER", [3]] });
  await withResults({ batches: [...dimensionBatches(), EVENTS, raw], rawEvents: [description] }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT file_offset, bytes, ret FROM event WHERE seq = 3"), [[
      "12288",
      "8192",
      "-28",
    ]]);
    assertEquals(await rowsOf(path, "SELECT lblk, len FROM raw_full.ext4_ext_map_blocks"), [["3", "2"]]);
  });
});

Deno.test("flags and enumerations have a column in words, as the kernel prints them", async () => {
  const description: RawEventDescription = {
    name: "block_rq_issue",
    fields: [
      field("flags", {
        symbols: {
          kind: "flags",
          delimiter: "|",
          entries: [{ value: 1n, text: "WRITE" }, { value: 2n, text: "ZERO" }, { value: 0x10n, text: "DIRECT" }],
        },
      }),
      field("gfp", {
        type: "UINTEGER",
        symbols: {
          kind: "flags",
          delimiter: "|",
          entries: [{ value: 7n, text: "ALL" }, { value: 1n, text: "A" }, { value: 2n, text: "B" }, {
            value: 0n,
            text: "none",
          }],
        },
      }),
      field("state", {
        type: "TINYINT",
        symbols: { kind: "enum", delimiter: "", entries: [{ value: 0n, text: "it's" }, { value: -1n, text: "bad" }] },
      }),
    ],
  };
  const raw = batchOf("raw", "block_rq_issue", {
    recording_id: ["SMALLINT", [1, 1, 1]],
    seq: ["UINTEGER", [0, 1, 2]],
    flags: ["INTEGER", [0x11, 0, 2 - 2 ** 31]],
    gfp: ["UINTEGER", [15, 0, 3]],
    state: ["TINYINT", [0, -1, 5]],
  });
  await withResults({ batches: [...dimensionBatches(), EVENTS, raw], rawEvents: [description] }, async (path) => {
    const sql = "SELECT flags, flags_text, gfp_text, state_text FROM raw_full.block_rq_issue ORDER BY seq";
    assertEquals(await rowsOf(path, sql), [
      ["17", "WRITE|DIRECT", "ALL|0x8", "it's"],
      ["0", "", "none", "bad"],
      ["-2147483646", "ZERO|0xffffffff80000000", "A|B", "0x5"],
    ]);
  });
});

Deno.test("flags of several bits stand beside single ones, and fields may be called as what the view adds", async () => {
  const entries = [{ value: 1n, text: "A" }, { value: 6n, text: "BC" }, { value: 1n << 63n, text: "TOP" }];
  const description: RawEventDescription = {
    name: "block_rq_issue",
    fields: [
      field("x", { type: "BIGINT", symbols: { kind: "flags", delimiter: "|", entries } }),
      field("x_number"),
      field("x_TEXT"),
    ],
  };
  const raw = batchOf("raw", "block_rq_issue", {
    recording_id: ["SMALLINT", [1, 1, 1, 1]],
    seq: ["UINTEGER", [0, 1, 2, 3]],
    x: ["BIGINT", [7, -(2n ** 63n) + 10n, 4, null]],
    x_number: ["INTEGER", [10, 11, 12, 13]],
    x_TEXT: ["INTEGER", [20, 21, 22, 23]],
  });
  await withResults({ batches: [...dimensionBatches(), EVENTS, raw], rawEvents: [description] }, async (path) => {
    assertEquals(
      await rowsOf(path, "SELECT * EXCLUDE (ts_ns, cpu, pid, comm) FROM raw_full.block_rq_issue ORDER BY seq"),
      [
        ["1", "0", "7", "A|BC", "10", "20"],
        ["1", "1", "-9223372036854775798", "TOP|0xa", "11", "21"],
        ["1", "2", "4", "0x4", "12", "22"],
        ["1", "3", "NULL", "NULL", "13", "23"],
      ],
    );
  });
});

Deno.test("a field that is a number in one recording and text in another keeps both, also in words", async () => {
  const description: RawEventDescription = {
    name: "block_rq_issue",
    fields: [
      field("flags", { symbols: { kind: "flags", delimiter: "|", entries: [{ value: 1n, text: "WRITE" }] } }),
      field("dev2", { shown: "dev" }),
    ],
  };
  const batches = [
    ...dimensionBatches(),
    EVENTS,
    batchOf("raw", "block_rq_issue", {
      recording_id: ["SMALLINT", [1, 1]],
      seq: ["UINTEGER", [0, 1]],
      flags: ["INTEGER", [1, 2]],
      dev2: ["INTEGER", [1 << 20, 2 << 20]],
    }),
    batchOf("raw", "block_rq_issue", {
      recording_id: ["SMALLINT", [1]],
      seq: ["UINTEGER", [2]],
      flags: ["VARCHAR", ["WRITE|READ"]],
      dev2: ["VARCHAR", ["(8,16)"]],
    }),
  ];
  await withResults({ batches, rawEvents: [description] }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT flags, flags_text, dev2 FROM raw_full.block_rq_issue ORDER BY seq"), [
      ["1", "WRITE", "1:0"],
      ["2", "0x2", "2:0"],
      ["WRITE|READ", "WRITE|READ", "(8,16)"],
    ]);
  });
});

Deno.test("names of events and fields may hold any characters", async () => {
  const name = `a"b'; DROP TABLE meta; --`;
  const own = [`x"y`, "select", "Pid", "pid_FIELD", "ü;'"];
  const columns = rawColumnNames(own);
  const raw = batchOf("raw", name, {
    recording_id: ["SMALLINT", [1]],
    seq: ["UINTEGER", [0]],
    ...Object.fromEntries(columns.map((column, index) => [column, ["INTEGER", [index]]])),
  });
  const content = {
    batches: [...dimensionBatches(), EVENTS, raw],
    rawEvents: [{ name, fields: own.map((own) => field(own)) }],
  };
  await withResults(content, async (path) => {
    const view = `raw_full."${name.replaceAll('"', '""')}"`;
    assertEquals(await rowsOf(path, `SELECT * EXCLUDE (ts_ns) FROM ${view}`), [
      ["1", "0", "0", "100", "fio", "0", "1", "2", "3", "4"],
    ]);
    assertEquals((await rowsOf(path, "SELECT count(*) FROM meta"))[0], ["2"]);
  });
});

Deno.test("an event type that was described and never seen has an empty table and view", async () => {
  const content = { batches: dimensionBatches(), rawEvents: [{ name: "unseen", fields: [field("x"), field("y")] }] };
  await withResults(content, async (path) => {
    assertEquals(await rowsOf(path, "SELECT * FROM raw_full.unseen"), []);
  });
});

Deno.test("a field's column is named as the field unless a leading column or an earlier field has the name", () => {
  assertEquals(rawColumnNames(["seq", "dev", "DEV", "pid", "Pid", "pid_field"]), [
    "seq_field",
    "dev",
    "DEV_field",
    "pid_field",
    "Pid_field_field",
    "pid_field_field_field",
  ]);
});
