import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ColumnType, TableBatch } from "../../src/recording/batch.ts";
import type { NumberColumn } from "../../src/recording/columns.ts";
import { RawTable } from "../../src/recording/raw_table.ts";
import { valueAt } from "./collect.ts";

const LIMIT = 300;

/** Rows of all batches that a table hands on. */
function gatheringTable(): { table: RawTable; rows: Record<string, unknown>[]; finish: () => void } {
  const rows: Record<string, unknown>[] = [];
  const take = (batch: TableBatch) => {
    for (let row = 0; row < batch.rows; row++) {
      rows.push(Object.fromEntries(batch.columns.map((column) => [column.name, valueAt(column, row)])));
    }
  };
  const table = new RawTable("probe", LIMIT, (full) => full.drain(take));
  return { table, rows, finish: () => table.drain(take) };
}

const TYPES: { type: ColumnType; bytes: number }[] = [
  { type: "BOOLEAN", bytes: 1 },
  { type: "TINYINT", bytes: 1 },
  { type: "UTINYINT", bytes: 1 },
  { type: "SMALLINT", bytes: 2 },
  { type: "USMALLINT", bytes: 2 },
  { type: "INTEGER", bytes: 4 },
  { type: "UINTEGER", bytes: 4 },
  { type: "BIGINT", bytes: 8 },
  { type: "UBIGINT", bytes: 8 },
];

/** What a column shows of a field's bytes. */
function shown(type: ColumnType, view: DataView, at: number, littleEndian: boolean): unknown {
  switch (type) {
    case "BOOLEAN":
      return view.getUint8(at) !== 0;
    case "TINYINT":
      return view.getInt8(at);
    case "UTINYINT":
      return view.getUint8(at);
    case "SMALLINT":
      return view.getInt16(at, littleEndian);
    case "USMALLINT":
      return view.getUint16(at, littleEndian);
    case "INTEGER":
      return view.getInt32(at, littleEndian);
    case "UINTEGER":
      return view.getUint32(at, littleEndian);
    case "BIGINT":
      return view.getBigInt64(at, littleEndian);
    default:
      return view.getBigUint64(at, littleEndian);
  }
}

Deno.test("fields cut out of records kept together are those that the records hold", () => {
  const scenario = fc.record({
    littleEndian: fc.boolean(),
    lead: fc.integer({ min: 0, max: 9 }),
    types: fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 8 }),
    // Some rows are not written this way: they stay NULL.
    rows: fc.array(fc.boolean(), { minLength: 1, maxLength: 800 }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(scenario, ({ littleEndian, lead, types, rows: written, seed }) => {
      const { table, rows, finish } = gatheringTable();
      let end = lead;
      const fields = types.map(({ type, bytes }, i) => {
        const offset = end;
        end += bytes;
        return { column: table.column(`f${i}`, type).column as NumberColumn, offset };
      });
      const staged = table.stage(fields, end, littleEndian);
      const words = new Int32Array((end + 3) >> 2);
      const view = new DataView(words.buffer);
      let random = seed;
      const want = written.map((isWritten, seq) => {
        for (let i = 0; i < words.length; i++) words[i] = random = Math.imul(random, 1103515245) + 12345;
        const row: Record<string, unknown> = { recording_id: 3, seq };
        types.forEach(({ type }, i) => {
          row[`f${i}`] = isWritten ? shown(type, view, fields[i].offset, littleEndian) : null;
        });
        if (isWritten) staged.add(words, 0, table.rows);
        table.commit(3, seq);
        return row;
      });
      finish();
      assertEquals(rows, want);
    }),
    { seed: 11, numRuns: 60 },
  );
});

Deno.test("a row given up takes its kept record with it", () => {
  const { table, rows, finish } = gatheringTable();
  const column = table.column("f", "INTEGER").column as NumberColumn;
  const staged = table.stage([{ column, offset: 0 }], 4, true);
  staged.add(new Int32Array([1]), 0, table.rows);
  table.commit(1, 0);
  staged.add(new Int32Array([2]), 0, table.rows);
  table.abandon();
  table.commit(1, 1);
  finish();
  assertEquals(rows.map(({ f }) => f), [1, null]);
});

Deno.test("records kept for a column that gets another type are handed on before", () => {
  const { table, rows, finish } = gatheringTable();
  const column = table.column("f", "INTEGER").column as NumberColumn;
  const staged = table.stage([{ column, offset: 0 }], 4, true);
  const { generation } = table;
  staged.add(new Int32Array([-5]), 0, table.rows);
  table.commit(1, 0);
  const slot = table.column("f", "VARCHAR");
  assertEquals([rows.length, table.generation], [1, generation + 1]);
  slot.column.setText(table.rows, "text");
  table.commit(1, 1);
  finish();
  assertEquals(rows.map(({ f }) => f), [-5, "text"]);
});
