import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CORE_VIEWS } from "../../src/results/core_views.ts";
import type { Relation } from "../../src/results/relation.ts";
import { MAIN_TABLES, VIEWS } from "../../src/results/schema.ts";
import { ROW_TABLES, rowsView, STORE_TABLES } from "../../src/results/store_tables.ts";
import { SHIPPED_VIEWS } from "../../src/results/shipped_views.ts";
import { parseViewFile } from "../../src/results/view_file.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import type { TableBatch } from "../../src/recording/batch.ts";
import { batchOf, type Value } from "./batches.ts";
import { engine, rowsOf, tagBatch, withResults } from "./results_files.ts";

const MS = 1_000_000n;

const RELATIONS = [
  ...MAIN_TABLES,
  ...STORE_TABLES,
  ...ROW_TABLES,
  ...ROW_TABLES.map((table) => rowsView(table, new Map())),
  ...VIEWS,
];

interface Kind {
  name: string;
  dev: string | null;
  rwbs?: string | null;
  action?: string | null;
  system?: string;
  pageKind?: string | null;
}

/** The tag of a kind has its number: there is one context. */
function kinds(list: Kind[]): TableBatch[] {
  const all = (value: Value) => list.map(() => value);
  const table = batchOf("store", "kind", {
    kind_id: ["UINTEGER", list.map((_kind, index) => index)],
    recording_id: ["SMALLINT", all(1)],
    source: ["VARCHAR", all("ftrace")],
    system: ["VARCHAR", list.map(({ system }) => system ?? "block")],
    name: ["VARCHAR", list.map(({ name }) => name)],
    action: ["VARCHAR", list.map(({ action }) => action ?? null)],
    buffer: ["VARCHAR", all(null)],
    dev: ["VARCHAR", list.map(({ dev }) => dev)],
    rwbs: ["VARCHAR", list.map(({ rwbs }) => rwbs ?? null)],
    offset_unit: ["BIGINT", list.map(({ name }) => /^block_|^q$/.test(name) ? null : 1)],
    sector_unit: ["BIGINT", list.map(({ name }) => /^block_|^q$/.test(name) ? 1 : null)],
    bytes_unit: ["BIGINT", all(1)],
    page_kind: ["VARCHAR", list.map(({ pageKind }) => pageKind ?? null)],
  });
  return [table, tagBatch(list.length, 1)];
}

const CONTEXT = batchOf("store", "context", {
  context_id: ["UINTEGER", [0]],
  recording_id: ["SMALLINT", [1]],
  cpu: ["SMALLINT", [0]],
  pid: ["INTEGER", [1]],
  tgid: ["INTEGER", [null]],
  comm: ["VARCHAR", ["fio"]],
  irq_flags: ["VARCHAR", [null]],
});

interface EventRow {
  kind: number;
  ts: bigint;
  ino?: number;
  offset?: bigint | number;
  sector?: number;
  bytes?: bigint | number;
}

function events(rows: EventRow[]): TableBatch {
  return batchOf("store", "event", {
    ts_ns: ["BIGINT", rows.map(({ ts }) => ts)],
    tag_id: ["UINTEGER", rows.map(({ kind }) => kind)],
    ino: ["BIGINT", rows.map(({ ino }) => ino ?? null)],
    position: ["BIGINT", rows.map(({ offset, sector }) => offset ?? sector ?? null)],
    bytes: ["BIGINT", rows.map(({ bytes }) => bytes ?? null)],
    ret: ["BIGINT", rows.map(() => null)],
  });
}

const STAGES = ["queue", "getrq", "insert", "issue", "complete"] as const;

type BioRow = { kind: number; bytes?: number } & { [stage in (typeof STAGES)[number]]?: bigint | null };

function bios(rows: BioRow[]): TableBatch {
  const none = (type: "UINTEGER" | "INTEGER" | "USMALLINT"): [typeof type, Value[]] => [type, rows.map(() => null)];
  return batchOf("store", "bio", {
    bio_id: ["UINTEGER", rows.map((_row, index) => index)],
    tag_id: ["UINTEGER", rows.map(({ kind }) => kind)],
    sector: ["BIGINT", rows.map((_row, index) => index * 8)],
    bytes: ["BIGINT", rows.map(({ bytes }) => bytes ?? 4096)],
    ...Object.fromEntries(STAGES.map((stage) => [`${stage}_ns`, ["BIGINT", rows.map((row) => row[stage] ?? null)]])),
    merged_into: none("UINTEGER"),
    split_from: none("UINTEGER"),
    remapped_from: none("UINTEGER"),
    requeues: none("USMALLINT"),
    error: none("INTEGER"),
    first_seq: none("UINTEGER"),
    last_seq: none("UINTEGER"),
  });
}

const RECORDING = [{ recording_id: 1, path: "trace.dat", page_size: 4096 }];

Deno.test("every table and view has just the columns and types that are declared", async () => {
  await withResults({ batches: [] }, async (path) => {
    const reader = ResultsReader.open(await engine(), path);
    const declared = (relation: Relation) => relation.columns.map(({ name, type }) => [name, type]);
    for (const relation of RELATIONS) {
      const rows = reader.connection.query(`DESCRIBE results."${relation.schema}"."${relation.name}"`).toArray();
      assertEquals(rows.map((row) => [row.column_name, row.column_type]), declared(relation), relation.name);
    }
    const comments = reader.connection.query(
      "SELECT count(*)::INTEGER AS n FROM duckdb_columns() WHERE database_name = 'results' AND comment IS NULL " +
        "AND schema_name IN ('main', 'store')",
    );
    assertEquals(comments.toArray()[0].n, 0);
    reader.close();
  });
});

Deno.test("columns of one value are not stored with the rows, and their view has them with that value", async () => {
  const rows = [{ kind: 0, ts: 5n, ino: 12 }, { kind: 0, ts: 7n, ino: 12 }];
  await withResults({ batches: [CONTEXT, ...kinds([{ name: "a", dev: null }]), events(rows)] }, async (path) => {
    const columns = "SELECT column_name FROM duckdb_columns() WHERE table_name = ";
    assertEquals(await rowsOf(path, columns + "'event' AND schema_name = 'store'"), [["ts_ns"]]);
    const whole = ["seq", "ts_ns", "tag_id", "ino", "position", "bytes", "ret"];
    assertEquals((await rowsOf(path, columns + "'event_rows'")).flat(), whole);
    const found = await rowsOf(path, "SELECT seq, ts_ns, tag_id, ino, position, typeof(ino) FROM store.event_rows");
    assertEquals(found, [["0", "5", "0", "12", "NULL", "BIGINT"], ["1", "7", "0", "12", "NULL", "BIGINT"]]);
  });
});

Deno.test("the example of every shipped view runs", async () => {
  await withResults({ batches: [] }, async (path) => {
    for (const { name, example } of SHIPPED_VIEWS) {
      assert(example.includes(name), name);
      assertEquals(await rowsOf(path, example), [], name);
    }
  });
});

Deno.test("descriptions are one line each", () => {
  for (const relation of RELATIONS) {
    for (const { description } of [relation, ...relation.columns]) {
      assert(/^\S[^\n]+$/.test(description), relation.name);
    }
  }
  assertEquals(CORE_VIEWS.map(({ name }) => name), ["event", "operation", "bio", "page_event"]);
});

Deno.test("a view file without its columns is refused", () => {
  let message = "";
  try {
    parseViewFile("-- x: what\nSELECT 1");
  } catch (error) {
    message = (error as Error).message;
  }
  assert(message.includes("columns"), message);
});

Deno.test("a position that does not fit is NULL in event and fails no query", async () => {
  const [kind, tags] = kinds([{ name: "ext4_x", dev: "8:0" }]);
  kind.columns.find(({ name }) => name === "offset_unit")!.data.set([4096, 0]);
  const rows = events([{ kind: 0, ts: 1n, offset: 2n ** 62n, bytes: 5 }, { kind: 0, ts: 2n, offset: 2, bytes: 6 }]);
  await withResults({ batches: [CONTEXT, kind, tags, rows] }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT file_offset, bytes FROM event ORDER BY seq"), [["NULL", "5"], [
      "8192",
      "6",
    ]]);
  });
});

Deno.test("event_counts adds up kinds of one name and puts the most frequent first", async () => {
  const batches = [
    CONTEXT,
    ...kinds([{ name: "a", dev: "8:0" }, { name: "b", dev: "8:0" }, { name: "b", dev: "8:16" }]),
    events([{ kind: 0, ts: 5n }, { kind: 1, ts: 7n }, { kind: 2, ts: 6n }]),
  ];
  await withResults({ batches }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT name, events, first_ns, last_ns FROM event_counts"), [
      ["b", "2", "6", "7"],
      ["a", "1", "5", "5"],
    ]);
  });
});

Deno.test("seeks measures from the end of one request to the start of the next, queued and issued apart", async () => {
  const batches = [
    CONTEXT,
    ...kinds([
      { name: "block_bio_queue", dev: "8:0", action: "Q" },
      { name: "block_rq_issue", dev: "8:0", action: "D" },
    ]),
    events([
      { kind: 0, ts: 1n, sector: 0, bytes: 4096 },
      { kind: 0, ts: 2n, sector: 8, bytes: 4096 },
      { kind: 0, ts: 3n, sector: 0, bytes: 512 },
      { kind: 1, ts: 4n, sector: 0, bytes: 8192 },
      { kind: 1, ts: 5n, sector: -1, bytes: 0 },
      { kind: 1, ts: 6n, sector: 100, bytes: 512 },
    ]),
  ];
  await withResults({ batches }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT * EXCLUDE (recording_id) FROM seeks"), [
      ["8:0", "Q", "2", "8.0", "0", "16", "0.5"],
      ["8:0", "D", "1", "84.0", "84", "84", "0.0"],
    ]);
  });
});

Deno.test("queue_depth counts bios from their first stage to completion", async () => {
  const batches = [
    CONTEXT,
    ...kinds([{ name: "block_bio_queue", dev: "8:0", rwbs: "R" }]),
    bios([
      { kind: 0, queue: 10n, issue: 20n, complete: 40n },
      { kind: 0, queue: 15n, issue: 20n, complete: 30n },
      { kind: 0, issue: 35n },
    ]),
  ];
  await withResults({ batches }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT ts_ns, queued, issued FROM queue_depth"), [
      ["10", "1", "0"],
      ["15", "2", "0"],
      ["20", "2", "2"],
      ["30", "1", "1"],
      ["35", "2", "2"],
      ["40", "1", "1"],
    ]);
  });
});

Deno.test("throughput sums bytes by tenth of a second of completion and by direction", async () => {
  const rwbs = ["WS", "FWFS", "RA", "DS", "FF", "N", "ZR"];
  const batches = [
    CONTEXT,
    ...kinds(rwbs.map((flags) => ({ name: "q", dev: "8:0", rwbs: flags }))),
    bios([
      ...rwbs.map((_flags, kind) => ({ kind, bytes: 512, complete: 150n * MS })),
      { kind: 0, bytes: 1024, complete: 250n * MS },
      { kind: 0, bytes: 1024, queue: 1n },
    ]),
  ];
  await withResults({ batches }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT direction, ts_ns, bios, bytes FROM throughput"), [
      ["discard", "100000000", "1", "512"],
      ["flush", "100000000", "1", "512"],
      ["other", "100000000", "1", "512"],
      ["read", "100000000", "1", "512"],
      ["write", "100000000", "2", "1024"],
      ["write", "200000000", "1", "1024"],
      ["zone", "100000000", "1", "512"],
    ]);
  });
});

Deno.test("page_cache_traffic follows the pages of each inode", async () => {
  const batches = [
    CONTEXT,
    ...kinds([
      { name: "mm_filemap_add_to_page_cache", dev: "8:1", system: "filemap", pageKind: "add" },
      { name: "mm_filemap_delete_from_page_cache", dev: "8:1", system: "filemap", pageKind: "delete" },
    ]),
    events([
      { kind: 0, ts: 10n * MS, ino: 12, offset: 0, bytes: 16384 },
      { kind: 1, ts: 20n * MS, ino: 12, offset: 4096, bytes: 4096 },
      { kind: 0, ts: 30n * MS, ino: 13, offset: 0, bytes: 4096 },
      { kind: 1, ts: 110n * MS, ino: 12, offset: 0, bytes: 4096 },
    ]),
  ];
  await withResults({ batches, end: { recordings: RECORDING } }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT kind, page_index, pages FROM page_event WHERE seq = 1"), [[
      "delete",
      "1",
      "1",
    ]]);
    assertEquals(await rowsOf(path, "SELECT ino, ts_ns, added, removed, cached FROM page_cache_traffic"), [
      ["12", "0", "4", "1", "3"],
      ["12", "100000000", "0", "1", "2"],
      ["13", "0", "1", "0", "1"],
    ]);
  });
});

Deno.test("data_loss shows the diagnostics of that severity alone", async () => {
  const diagnostic = { recording_id: 1, count: 5, first_seq: 7, first_ns: 9n, message: "m", position: "byte 3" };
  const diagnostics = [
    { ...diagnostic, severity: "data_loss", code: "lost_events" },
    { ...diagnostic, severity: "info", code: "unknown_event" },
  ];
  await withResults({ batches: [], end: { recordings: RECORDING, diagnostics } }, async (path) => {
    assertEquals(await rowsOf(path, "FROM data_loss"), [
      ["1", "trace.dat", "lost_events", "5", "7", "9", "m", "byte 3"],
    ]);
  });
});

/** A bio's stages as times after its queueing, some of them not recorded. */
const life = fc.record({
  kind: fc.integer({ min: 0, max: 2 }),
  queue: fc.option(fc.bigInt({ min: 10n ** 18n, max: 10n ** 18n + 5000n }), { freq: 8 }),
  steps: fc.array(fc.option(fc.bigInt({ min: 0n, max: 900n }), { freq: 4 }), { minLength: 4, maxLength: 4 }),
});

Deno.test("io_latency agrees with a plain computation over the same bios", async () => {
  const DEVICES: Kind[] = [
    { name: "q", dev: "8:0", rwbs: "W" },
    { name: "q", dev: "8:0", rwbs: "RA" },
    { name: "q", dev: "8:16", rwbs: "W" },
  ];
  await engine();
  await fc.assert(
    fc.asyncProperty(fc.array(life, { maxLength: 40 }), async (lives) => {
      const rows: BioRow[] = lives.map(({ kind, queue, steps }) => {
        let at = queue ?? 10n ** 18n;
        const [getrq, insert, issue, complete] = steps.map((step) => (step === null ? null : (at += step)));
        return { kind, queue, getrq, insert, issue, complete };
      });
      const expected = expectedLatency(rows, DEVICES);
      await withResults({ batches: [CONTEXT, ...kinds(DEVICES), bios(rows)] }, async (path) => {
        const found = await rowsOf(path, "SELECT * EXCLUDE (recording_id) FROM io_latency");
        assertEquals(found.map((row) => row.join(" ")).sort(), expected.sort());
      });
    }),
    { seed: 4711, numRuns: 12 },
  );
});

/** Each group's line: dev, rwbs, stage, count, min, avg, p50, p90, p99, max. */
function expectedLatency(rows: BioRow[], devices: Kind[]): string[] {
  const spans = new Map<string, bigint[]>();
  const add = (key: string, ns: bigint) => spans.set(key, [...spans.get(key) ?? [], ns]);
  const previous = new Map<string, bigint>();
  const byQueue = rows.filter(({ queue }) => queue != null).sort((a, b) => (a.queue! < b.queue! ? -1 : 1));
  const pairs = [["Q2G", "queue", "getrq"], ["G2I", "getrq", "insert"], ["I2D", "insert", "issue"], [
    "D2C",
    "issue",
    "complete",
  ], ["Q2C", "queue", "complete"]] as const;
  for (const group of ["own", "all"]) {
    const keyOf = (row: BioRow) => `${devices[row.kind].dev} ${group === "own" ? devices[row.kind].rwbs : "all"}`;
    for (const row of byQueue) {
      const before = previous.get(keyOf(row));
      if (before !== undefined) add(`${keyOf(row)} Q2Q`, row.queue! - before);
      previous.set(keyOf(row), row.queue!);
    }
    for (const row of rows) {
      for (const [stage, from, to] of pairs) {
        const [begin, end] = [row[from], row[to]];
        if (begin != null && end != null) add(`${keyOf(row)} ${stage}`, end - begin);
      }
    }
  }
  return [...spans].map(([key, unsorted]) => {
    const sorted = unsorted.toSorted((a, b) => Number(a - b));
    const percentile = (share: number) => sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1];
    const average = Math.round(Number(sorted.reduce((sum, ns) => sum + ns, 0n)) / sorted.length);
    return [
      key,
      sorted.length,
      sorted[0],
      average,
      percentile(0.5),
      percentile(0.9),
      percentile(0.99),
      sorted.at(-1),
    ].join(" ");
  });
}
