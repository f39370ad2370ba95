import { assertEquals } from "@std/assert";
import {
  Bool,
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { rowObjects } from "../../src/results/row_objects.ts";

const FIELDS = [
  new Field("whole", new Float64(), false),
  new Field("part", new Float64(), true),
  new Field("text", new Utf8(), true),
  new Field("big", new Int64(), true),
  new Field("flag", new Bool(), true),
];

/** One batch of a result, as the engine hands them over. */
function batch(rows: readonly (readonly [number, number | null, string | null, bigint | null, boolean | null])[]) {
  const children = FIELDS.map(({ type }, at) => vectorFromArray(rows.map((row) => row[at]), type).data[0]);
  return new RecordBatch(new Schema(FIELDS), makeData({ type: new Struct(FIELDS), length: rows.length, children }));
}

Deno.test("rows of all batches come as objects, with what is missing as null and text of any alphabet", () => {
  const table = new Table([
    batch([[1, 2.5, "ext4_da_write_begin", 2n ** 60n, true], [2, null, null, null, null]]),
    batch([[-3, 0, "", -1n, false], [2 ** 53, NaN, "Übung ✓ 🧵", 0n, true]]),
  ]);
  assertEquals(rowObjects(table) as unknown[], [
    { whole: 1, part: 2.5, text: "ext4_da_write_begin", big: 2n ** 60n, flag: true },
    { whole: 2, part: null, text: null, big: null, flag: null },
    { whole: -3, part: 0, text: "", big: -1n, flag: false },
    { whole: 2 ** 53, part: NaN, text: "Übung ✓ 🧵", big: 0n, flag: true },
  ]);
  assertEquals(rowObjects(new Table(new Schema(FIELDS))), []);
});
