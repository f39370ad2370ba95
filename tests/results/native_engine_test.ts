import { assertEquals } from "@std/assert";
import { DuckDBInstance } from "@duckdb/node-api";
import type { RawEventDescription } from "../../src/recording/raw_registry.ts";
import { MAIN_TABLES, VIEWS } from "../../src/results/schema.ts";
import { ROW_TABLES, rowsView, STORE_TABLES } from "../../src/results/store_tables.ts";
import { SHIPPED_VIEWS } from "../../src/results/shipped_views.ts";
import { batchOf } from "./batches.ts";
import { dimensionBatches, rowsOf, tagOf, withResults } from "./results_files.ts";

/** More than a row group. */
const ROWS = 130_000;

const NUMBERS = Array.from({ length: ROWS }, (_, row) => row);

const BATCHES = [
  ...dimensionBatches(),
  batchOf("store", "event", {
    ts_ns: ["BIGINT", NUMBERS.map((row) => 10n ** 18n + BigInt(row * 1000))],
    tag_id: ["UINTEGER", NUMBERS.map((row) => tagOf(row % 3, row % 2))],
    position: ["BIGINT", NUMBERS.map((row) => (row % 3 === 2 ? row * 4096 : row % 3 === 0 ? row * 8 : null))],
    bytes: ["BIGINT", NUMBERS.map(() => 4096)],
    ret: ["BIGINT", NUMBERS.map(() => null)],
  }),
  batchOf("raw", "block_rq_issue", {
    recording_id: ["SMALLINT", NUMBERS.filter((row) => row % 3 === 0).map(() => 1)],
    seq: ["UINTEGER", NUMBERS.filter((row) => row % 3 === 0)],
    cmd: ["VARCHAR", NUMBERS.filter((row) => row % 3 === 0).map((row) => `cmd ${row % 7}`)],
    flags: ["UINTEGER", NUMBERS.filter((row) => row % 3 === 0).map((row) => row % 8)],
  }),
];

const RAW_EVENTS: RawEventDescription[] = [{
  name: "block_rq_issue",
  fields: [
    { name: "cmd", type: "VARCHAR", held: { kind: "raw" }, shown: "plain" },
    {
      name: "flags",
      type: "UINTEGER",
      held: { kind: "raw" },
      shown: "plain",
      symbols: {
        kind: "flags",
        delimiter: "|",
        entries: [{ value: 3n, text: "AB" }, { value: 1n, text: "A" }, { value: 4n, text: "C" }],
      },
    },
  ],
}];

Deno.test("stock DuckDB opens a results file and answers every table and view as our engine does", async () => {
  const end = { recordings: [{ recording_id: 1, path: "x", page_size: 4096 }] };
  await withResults({ batches: BATCHES, rawEvents: RAW_EVENTS, end }, async (path) => {
    const instance = await DuckDBInstance.create(path, { access_mode: "READ_ONLY" });
    const connection = await instance.connect();
    const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRows();
    const digest = (relation: string) =>
      `SELECT count(*)::VARCHAR AS n, bit_xor(md5_number_lower(CAST(r AS VARCHAR)))::VARCHAR AS digest ` +
      `FROM ${relation} AS r`;
    const rowTables = ROW_TABLES.flatMap((table) => [rowsView(table, new Map()), table]);
    const relations = [...VIEWS, ...MAIN_TABLES, ...STORE_TABLES, ...rowTables].map(({ schema, name }) =>
      `${schema}.${name}`
    );
    for (const relation of [...relations, "raw.block_rq_issue", "raw_full.block_rq_issue"]) {
      assertEquals(
        (await rows(digest(relation))).map((row) => row.map((cell) => cell?.toString() ?? "NULL")),
        await rowsOf(path, digest(relation)),
        relation,
      );
    }
    for (const { example } of SHIPPED_VIEWS) await connection.run(example);
    const comments = await rows(
      "SELECT comment FROM duckdb_columns() WHERE table_name = 'io_latency' AND column_name = 'p99_ns'",
    );
    assertEquals(comments, [["99th percentile, ns"]]);
    assertEquals((await rows("SELECT seconds(1500000000)::VARCHAR, dev_text(8388625)"))[0], ["1.500000000", "8:17"]);
    connection.closeSync();
    instance.closeSync();
  });
});
