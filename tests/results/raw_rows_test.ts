import { assertEquals } from "@std/assert";
import type { RawEventDescription } from "../../src/recording/raw_registry.ts";
import type { TableBatch } from "../../src/recording/batch.ts";
import { batchOf, type Value } from "./batches.ts";
import { rowsOf, withResults } from "./results_files.ts";

const EVENT: RawEventDescription = {
  name: "Many",
  fields: (["flags", "text", "never", "late"] as const).map((name) => ({
    name,
    type: name === "text" ? "VARCHAR" : "INTEGER",
    held: { kind: "raw" },
    shown: "plain",
  })),
};

const COLUMNS = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'Many' AND schema_name = ";

/** So many events, from number `first` on. */
function many(rows: number, first: number, late: Value): TableBatch {
  const all = (value: Value) => Array<Value>(rows).fill(value);
  return batchOf("raw", "Many", {
    recording_id: ["SMALLINT", all(1)],
    seq: ["UINTEGER", all(0).map((_zero, row) => first + row)],
    flags: ["INTEGER", all(-7)],
    text: ["VARCHAR", all("it's")],
    late: ["INTEGER", all(late)],
  });
}

const WHOLE = [
  ["recording_id", "SMALLINT"],
  ["seq", "UINTEGER"],
  ["flags", "INTEGER"],
  ["text", "VARCHAR"],
  ["never", "INTEGER"],
  ["late", "INTEGER"],
];

Deno.test("of an event type of many rows what varies is stored, and raw.NAME has all columns", async () => {
  const batches = [many(2048, 0, 3), many(10, 2048, 4)];
  await withResults({ batches, rawEvents: [EVENT] }, async (path) => {
    assertEquals(await rowsOf(path, COLUMNS + "'raw_rows'"), [["seq", "UINTEGER"], ["late", "INTEGER"]]);
    assertEquals(await rowsOf(path, COLUMNS + "'raw'"), WHOLE);
    const ends = 'SELECT * FROM raw."Many" WHERE seq IN (0, 2047, 2048, 2057) ORDER BY seq';
    assertEquals(await rowsOf(path, ends), [
      ["1", "0", "-7", "it's", "NULL", "3"],
      ["1", "2047", "-7", "it's", "NULL", "3"],
      ["1", "2048", "-7", "it's", "NULL", "4"],
      ["1", "2057", "-7", "it's", "NULL", "4"],
    ]);
    assertEquals(await rowsOf(path, 'SELECT count(*) FROM raw."Many"'), [["2058"]]);
  });
});

Deno.test("an event type of few rows has a table of all columns", async () => {
  await withResults({ batches: [many(2047, 0, 3)], rawEvents: [EVENT] }, async (path) => {
    assertEquals(await rowsOf(path, COLUMNS + "'raw_rows'"), []);
    assertEquals((await rowsOf(path, COLUMNS + "'raw'")).sort(), WHOLE.toSorted());
    assertEquals(await rowsOf(path, 'SELECT flags, text, late, count(*) FROM raw."Many" GROUP BY ALL'), [
      ["-7", "it's", "3", "2047"],
    ]);
  });
});
