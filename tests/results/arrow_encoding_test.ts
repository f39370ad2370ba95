import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { TableBatch } from "../../src/recording/batch.ts";
import { BatchEncoder, TableEncoder } from "../../src/results/arrow_encoding.ts";
import { batchOf, type Columns } from "./batches.ts";
import { engine, rowsOf, withResults } from "./results_files.ts";

const PINNED = () => ["recording_id", "seq"];

function encoded(...batches: Columns[]) {
  const encoder = new TableEncoder("raw", "event", PINNED());
  const results = batches.map((columns) => encoder.encode(batchOf("raw", "event", columns)));
  return { added: results.map(({ added }) => added), retyped: results.map(({ retyped }) => retyped), encoder };
}

Deno.test("a column that never varies is left out and named at the end with its value", () => {
  const { added, encoder } = encoded({
    seq: ["UINTEGER", [0, 1]],
    recording_id: ["SMALLINT", [1, 1]],
    flags: ["INTEGER", [7, 7]],
    mode: ["VARCHAR", ["it's", "it's"]],
    wide: ["UBIGINT", [2n ** 64n - 1n, 2n ** 64n - 1n]],
    low: ["BIGINT", [-(2n ** 63n), -(2n ** 63n)]],
    ok: ["BOOLEAN", [true, true]],
    none: ["BIGINT", [null, null]],
    half: ["DOUBLE", [-0, -0]],
    bytes: ["BLOB", [Uint8Array.of(0, 255), Uint8Array.of(0, 255)]],
  });
  assertEquals(added[0].map(({ name }) => name), ["recording_id", "seq"]);
  assertEquals(encoder.finish().constants.map(({ name, constant }) => [name, constant]), [
    ["flags", "7"],
    ["mode", "'it''s'"],
    ["wide", "18446744073709551615"],
    ["low", "-9223372036854775808"],
    ["ok", "true"],
    ["none", "NULL"],
    ["half", "'-0'::DOUBLE"],
    ["bytes", "'\\x00\\xff'::BLOB"],
  ]);
});

Deno.test("the first batch that differs from the constant adds the column with the value of all earlier rows", () => {
  const { added } = encoded(
    { recording_id: ["SMALLINT", [1]], seq: ["UINTEGER", [0]], dev: ["INTEGER", [5]], name: ["VARCHAR", ["a"]] },
    { recording_id: ["SMALLINT", [1]], seq: ["UINTEGER", [1]], dev: ["INTEGER", [5]], name: ["VARCHAR", ["b"]] },
    { recording_id: ["SMALLINT", [1]], seq: ["UINTEGER", [2]], dev: ["INTEGER", [null]], name: ["VARCHAR", ["b"]] },
  );
  assertEquals(added[1], [{ name: "name", type: "VARCHAR", constant: "'a'" }]);
  assertEquals(added[2], [{ name: "dev", type: "INTEGER", constant: "5" }]);
});

Deno.test("a column that is absent counts as NULL, before it first comes and after it is gone", () => {
  const { added, encoder } = encoded(
    { recording_id: ["SMALLINT", [1]], seq: ["UINTEGER", [0]], old: ["INTEGER", [5]] },
    { recording_id: ["SMALLINT", [1]], seq: ["UINTEGER", [1]], young: ["INTEGER", [6]], never: ["INTEGER", [null]] },
  );
  assertEquals(added[1].map(({ name, constant }) => [name, constant]), [["young", "NULL"], ["old", "5"]]);
  assertEquals(encoder.finish().constants, [{ name: "never", type: "INTEGER", constant: "NULL" }]);
});

Deno.test("a stored column changes to the type that holds both batches, a column left out needs no change", () => {
  const { retyped, encoder } = encoded(
    { recording_id: ["SMALLINT", [1, 1]], seq: ["UINTEGER", [0, 1]], a: ["USMALLINT", [1, 2]], b: ["INTEGER", [3, 3]] },
    { recording_id: ["SMALLINT", [1]], seq: ["UINTEGER", [2]], a: ["TINYINT", [-1]], b: ["VARCHAR", ["3"]] },
  );
  assertEquals(retyped[1], [{ name: "a", type: "INTEGER" }]);
  assertEquals(encoder.finish().constants, []);
});

Deno.test("two columns whose names differ only in case are refused", () => {
  assertThrows(() => encoded({ seq: ["UINTEGER", [0]], Dev: ["INTEGER", [1]], dev: ["INTEGER", [2]] }), Error, "dev");
});

Deno.test("two tables whose names differ only in case are refused", () => {
  const encoder = new BatchEncoder(PINNED);
  encoder.encode(batchOf("raw", "Event", { seq: ["UINTEGER", [0]] }));
  assertThrows(() => encoder.encode(batchOf("raw", "event", { seq: ["UINTEGER", [1]] })), Error, "case");
});

Deno.test("a batch without rows is nothing", () => {
  assertEquals(new BatchEncoder(PINNED).encode(batchOf("raw", "event", { seq: ["UINTEGER", []] })), null);
});

Deno.test("values of every type come back as they went in, with and without gaps", async () => {
  const columns: Columns = {
    recording_id: ["SMALLINT", [1, 1, 1]],
    seq: ["UINTEGER", [0, 1, 2]],
    t: ["TINYINT", [-128, null, 127]],
    i: ["INTEGER", [-(2 ** 31), null, 2 ** 31 - 1]],
    b: ["BIGINT", [-(2n ** 63n), null, 2n ** 63n - 1n]],
    u: ["UBIGINT", [0, null, 2n ** 64n - 1n]],
    c: ["UTINYINT", [0, 1, 255]],
    k: ["BOOLEAN", [true, null, false]],
    f: ["FLOAT", [0.5, null, -1.25]],
    d: ["DOUBLE", [0.1, null, NaN]],
    s: ["VARCHAR", ["", null, "ü\n\"'"]],
    x: ["BLOB", [Uint8Array.of(), null, Uint8Array.of(0, 200)]],
    l: ["UINTEGER[]", [[], null, [1, 2 ** 32 - 1]]],
    w: ["BIGINT[]", [[-1n], null, [2n ** 62n, 0n]]],
  };
  await withResults({ batches: [batchOf("raw", "everything", columns)] }, async (path) => {
    assertEquals(await rowsOf(path, "SELECT recording_id, * EXCLUDE (recording_id) FROM raw.everything ORDER BY seq"), [
      ["1", "0", "-128", "-2147483648", "-9223372036854775808", "0", "0", "true", "0.5", "0.1", "", "", "[]", "[-1]"],
      ["1", "1", "NULL", "NULL", "NULL", "NULL", "1", ...Array(7).fill("NULL")],
      [
        ...["1", "2", "127", "2147483647", "9223372036854775807", "18446744073709551615", "255", "false", "-1.25"],
        ...["nan", "ü\n\"'", "\\x00\\xC8", "[1, 4294967295]", "[4611686018427387904, 0]"],
      ],
    ]);
  });
});

/** Batches of one table in which columns come, go, stay constant and change type as they please. */
const history = fc.array(
  fc.record({
    rows: fc.integer({ min: 1, max: 9 }),
    present: fc.uniqueArray(fc.constantFrom("p", "q", "r"), { maxLength: 3 }),
    types: fc.array(fc.constantFrom("UTINYINT", "INTEGER", "BIGINT", "VARCHAR"), { minLength: 3, maxLength: 3 }),
    values: fc.array(fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }), { minLength: 1, maxLength: 9 }),
  }),
  { minLength: 1, maxLength: 6 },
);

Deno.test("whatever columns do from batch to batch, the table holds every value", async () => {
  await engine();
  await fc.assert(
    fc.asyncProperty(history, async (batches) => {
      const expected: string[][] = [];
      const made: TableBatch[] = batches.map(({ rows, present, types, values }, index) => {
        const columns: Columns = {
          recording_id: ["SMALLINT", Array(rows).fill(1)],
          seq: ["UINTEGER", Array.from({ length: rows }, (_, row) => expected.length + row)],
        };
        present.forEach((name, place) => {
          const type = types[place] as "INTEGER";
          const cells = Array.from({ length: rows }, (_, row) => values[(row * (place + 1) + index) % values.length]);
          columns[name] = [
            type,
            (type as string) === "VARCHAR" ? cells.map((cell) => cell?.toString() ?? null) : cells,
          ];
        });
        for (let row = 0; row < rows; row++) {
          const cell = (name: string) => columns[name]?.[1][row]?.toString() ?? "NULL";
          expected.push([String(expected.length), cell("p"), cell("q"), cell("r")]);
        }
        return batchOf("raw", "event", columns);
      });
      await withResults({
        batches: made,
        rawEvents: [{
          name: "event",
          fields: ["p", "q", "r"].map((name) => ({ name, type: "VARCHAR", held: { kind: "raw" }, shown: "plain" })),
        }],
      }, async (path) => {
        assertEquals(await rowsOf(path, "SELECT seq, p, q, r FROM raw.event ORDER BY seq"), expected);
      });
    }),
    { seed: 20_261, numRuns: 25 },
  );
});
