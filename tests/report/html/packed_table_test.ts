import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { inflateRawSync } from "node:zlib";
import { EventDetails } from "../../../src/report/html/browser/event_details.ts";
import { unpackedColumn } from "../../../src/report/html/browser/unpacked_column.ts";
import { PartStore } from "../../../src/report/html/part_store.ts";
import { GroupedTablePacker, type PackedTable, TablePacker, VALUE_MAX } from "../../../src/report/html/packed_table.ts";

/** Columns of a table, inflated. */
function inflated({ parts }: PackedTable): Uint8Array {
  return inflateRawSync(Buffer.concat([...parts]));
}

/** Reads a column back by the words of packed_table.ts alone. */
function unpacked(table: PackedTable, name: string): number[] {
  const { rows, columns } = table;
  const data = inflated(table);
  const { form, begin, end } = columns.find((column) => column.name === name)!;
  const codes: bigint[] = [];
  let code = 0n;
  let shift = 0n;
  for (const byte of data.subarray(begin, end)) {
    code |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte > 127) continue;
    codes.push(code);
    code = shift = 0n;
  }
  assertEquals(codes.length, rows);
  let before = 0n;
  return codes.map((each) => {
    if (each === 0n) return NaN;
    const zigzag = each - 1n;
    const value = zigzag % 2n === 1n ? -(zigzag + 1n) / 2n : zigzag / 2n;
    if (form === "plain") return Number(value);
    before += value;
    return Number(before);
  });
}

/** The same as a page does it. */
function unpackedByPage(table: PackedTable, name: string): number[] {
  return [...unpackedColumn(inflated(table), table.columns.find((column) => column.name === name)!, table.rows)];
}

Deno.test("packed columns are the same when they are read back, whatever is in them", () => {
  const integer = fc.oneof(
    fc.integer(),
    fc.integer({ min: -5, max: 5 }),
    fc.maxSafeInteger().map((value) => Math.trunc(value / 8)),
    fc.constant(NaN),
  );
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 60 }), (values) => {
      const table = new TablePacker("t", { p: "plain", d: "difference" }, new PartStore()).add(
        values.length,
        () => values,
      ).pack();
      const wanted = values.map((value) => value + 0);
      for (const name of ["p", "d"]) {
        assertEquals(unpacked(table, name), wanted);
        assertEquals(unpackedByPage(table, name), wanted);
      }
    }),
    { seed: 11, numRuns: 300 },
  );
});

Deno.test("values that no code can hold are the largest that one can, and what follows them is right", () => {
  const table = new TablePacker("t", { d: "difference" }, new PartStore()).add(4, () => [2 ** 60, -(2 ** 60), 7, 8])
    .pack();
  assertEquals(unpacked(table, "d"), [VALUE_MAX, 0, 7, 8]);
  assertEquals(unpackedByPage(table, "d"), [VALUE_MAX, 0, 7, 8]);
});

Deno.test("rows that come in parts are packed as those that come at once, however long the table is", () => {
  // Longer than what is deflated at a time.
  const values = Float64Array.from({ length: 250_000 }, (_, nth) => (nth * 7919) % 2 ** 40);
  const packer = new TablePacker("t", { p: "plain", d: "difference" }, new PartStore());
  for (let at = 0; at < values.length; at += 2048) {
    const part = values.subarray(at, at + 2048);
    packer.add(part.length, () => part);
  }
  const table = packer.pack();
  assertEquals(table.rows, values.length);
  for (const name of ["p", "d"]) assertEquals(unpackedByPage(table, name), [...values]);
});

Deno.test("columns of different lengths are no table", () => {
  assertThrows(
    () => new TablePacker("t", { p: "plain" }, new PartStore()).add(2, () => [1]),
    Error,
    "1 values of p for 2 rows",
  );
});

Deno.test("rows sorted by their group are found again by a page that knows the groups", () => {
  const groupAndValue = fc.tuple(fc.nat(5), fc.oneof(fc.integer(), fc.constant(NaN)));
  fc.assert(
    fc.property(fc.array(groupAndValue, { maxLength: 80 }), fc.integer({ min: 1, max: 30 }), (rows, size) => {
      const packer = new GroupedTablePacker("t", ["v", "w"], new PartStore());
      for (let at = 0; at < rows.length; at += size) {
        const part = rows.slice(at, at + size);
        packer.add(part.map(([group]) => group), (name) => part.map(([, value]) => name === "v" ? value : 7));
      }
      const table = packer.pack();
      const columns = new Map(["v", "w"].map((name) => [name, Float64Array.from(unpackedByPage(table, name))]));
      const page = { column: (name: string) => columns.get(name)! };
      const details = new EventDetails(page, Float64Array.from(rows, ([group]) => group));
      assertEquals(rows.map((_, row) => details.at("v", row)), rows.map(([, value]) => value + 0));
      assertEquals(rows.map((_, row) => details.at("w", row)), rows.map(() => 7));
    }),
    { seed: 5, numRuns: 200 },
  );
});
