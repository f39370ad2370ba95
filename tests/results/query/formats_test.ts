import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import type { Output } from "../../../src/results/query/output.ts";
import type { FormatName } from "../../../src/results/query/result_format.ts";
import { runScript } from "../../../src/results/query/run_statements.ts";
import { cutToWidth, displayWidth } from "../../../src/results/query/text_width.ts";
import { WasmConnection } from "../../../src/results/query/wasm_connection.ts";
import { engine } from "../results_files.ts";

/** Keeps what is written. */
class Kept implements Output {
  text = "";
  constructor(readonly width = Infinity) {}
  write(text: string): Promise<void> {
    this.text += text;
    return Promise.resolve();
  }
}

async function printed(sql: string, format: FormatName, width?: number): Promise<string> {
  const connection = (await engine()).connect();
  const output = new Kept(width);
  try {
    await runScript(new WasmConnection(connection), sql, format, output);
  } finally {
    connection.close();
  }
  return output.text;
}

/** SQL expression, JSON, CSV field. */
const VALUES: [string, string, string][] = [
  ["NULL", "null", ""],
  ["true", "true", "true"],
  ["(-128)::TINYINT", "-128", "-128"],
  ["9007199254740991::BIGINT", "9007199254740991", "9007199254740991"],
  ["9007199254740992::BIGINT", '"9007199254740992"', "9007199254740992"],
  ["-9223372036854775807 - 1", '"-9223372036854775808"', "-9223372036854775808"],
  ["18446744073709551615::UBIGINT", '"18446744073709551615"', "18446744073709551615"],
  ["sum(5::BIGINT)", "5", "5"],
  ["(-1)::HUGEINT", "-1", "-1"],
  [
    "170141183460469231731687303715884105727::HUGEINT",
    '"170141183460469231731687303715884105727"',
    "170141183460469231731687303715884105727",
  ],
  [
    "340282366920938463463374607431768211455::UHUGEINT",
    '"340282366920938463463374607431768211455"',
    "340282366920938463463374607431768211455",
  ],
  ["1.50::DECIMAL(10, 2)", "1.50", "1.50"],
  ["-0.05::DECIMAL(10, 2)", "-0.05", "-0.05"],
  ["12345678901234567890.12::DECIMAL(38, 2)", '"12345678901234567890.12"', "12345678901234567890.12"],
  ["0.1::FLOAT", "0.1", "0.1"],
  ["0.1::DOUBLE", "0.1", "0.1"],
  ["'-0'::DOUBLE", "-0", "-0"],
  ["'nan'::DOUBLE", '"NaN"', "NaN"],
  ["'-inf'::DOUBLE", '"-Infinity"', "-Infinity"],
  ["''", '""', '""'],
  ["'ü\"' || chr(10) || ','", '"ü\\"\\n,"', '"ü""\n,"'],
  ["'\\x00a\\xFF'::BLOB", '"\\\\x00a\\\\xFF"', "\\x00a\\xFF"],
  ["DATE '2024-02-29'", '"2024-02-29"', "2024-02-29"],
  ["DATE '0044-03-15 (BC)'", '"0044-03-15 (BC)"', "0044-03-15 (BC)"],
  ["DATE '1900-03-01'", '"1900-03-01"', "1900-03-01"],
  ["'infinity'::DATE", '"infinity"', "infinity"],
  ["TIME '01:02:03.000004'", '"01:02:03.000004"', "01:02:03.000004"],
  ["TIMESTAMP '2020-01-02 03:04:05.678901'", '"2020-01-02 03:04:05.678901"', "2020-01-02 03:04:05.678901"],
  ["TIMESTAMP '1969-12-31 23:59:59.5'", '"1969-12-31 23:59:59.5"', "1969-12-31 23:59:59.5"],
  ["'2020-01-02 03:04:05.678901234'::TIMESTAMP_NS", '"2020-01-02 03:04:05.678901234"', "2020-01-02 03:04:05.678901234"],
  ["'2020-01-02 03:04:05'::TIMESTAMP_S", '"2020-01-02 03:04:05"', "2020-01-02 03:04:05"],
  ["'2020-01-02 03:04:05+00'::TIMESTAMPTZ", '"2020-01-02 03:04:05+00"', "2020-01-02 03:04:05+00"],
  ["'-infinity'::TIMESTAMP", '"-infinity"', "-infinity"],
  [
    "INTERVAL '14 months 3 days 4.5 seconds'",
    '"1 year 2 months 3 days 00:00:04.5"',
    "1 year 2 months 3 days 00:00:04.5",
  ],
  ["INTERVAL '-1 second'", '"-00:00:01"', "-00:00:01"],
  ["[1, NULL, 3]", "[1,null,3]", '"[1,null,3]"'],
  ["[[1], []]", "[[1],[]]", '"[[1],[]]"'],
  ["[1, 2]::INTEGER[2]", "[1,2]", '"[1,2]"'],
  ["{'a': 1, 'b': 'x'}", '{"a":1,"b":"x"}', '"{""a"":1,""b"":""x""}"'],
  ["MAP {'k': 9007199254740993}", '{"k":"9007199254740993"}', '"{""k"":""9007199254740993""}"'],
  ["'y'::ENUM('x', 'y')", '"y"', "y"],
  ["[{'e': 'x'::ENUM('x', 'y')}]", '[{"e":"x"}]', '"[{""e"":""x""}]"'],
  ["union_value(num := 2)", "2", "2"],
  [
    "'00000000-0000-0000-0000-000000000001'::UUID",
    '"00000000-0000-0000-0000-000000000001"',
    "00000000-0000-0000-0000-000000000001",
  ],
];

Deno.test("every type of value is exact in JSON and CSV", async () => {
  for (const [expression, json, csv] of VALUES) {
    assertEquals(await printed(`SELECT ${expression} AS v`, "json"), `[\n{"v":${json}}\n]\n`, expression);
    assertEquals(await printed(`SELECT ${expression} AS v`, "csv"), `v\r\n${csv}\r\n`, expression);
  }
});

Deno.test("JSON of any result parses, with members of their own for columns of one name", async () => {
  assertEquals(JSON.parse(await printed("SELECT 1 AS a, 2 AS a, 3 AS a_1", "json")), [{ a: 1, a_1: 2, a_1_1: 3 }]);
  assertEquals(JSON.parse(await printed("SELECT 1 AS a WHERE false", "json")), []);
  assertEquals(JSON.parse(await printed("SELECT range AS a FROM range(5000)", "json")).length, 5000);
});

Deno.test("a table has numbers to the right, NULL shown, control characters escaped, and a count", async () => {
  const sql =
    "SELECT 1 AS n, 'a' || chr(10) || chr(27) AS text, NULL AS none UNION ALL SELECT 1234567, 'bb', 'x' ORDER BY 1";
  assertEquals(
    await printed(sql, "table"),
    [
      "      n  text     none",
      "───────  ───────  ────",
      "      1  a\\n\\x1b  NULL",
      "1234567  bb       x",
      "(2 rows)",
      "",
    ].join("\n"),
  );
});

Deno.test("a table as wide as the terminal cuts text, not numbers, and says what it left out", async () => {
  const sql = "SELECT 1234567890123 AS time, repeat('x', 40) AS text, 9876543210 AS more, 'abcdefghij' AS last";
  const lines = (await printed(sql, "table", 40)).split("\n");
  for (const line of lines.slice(0, 3)) assertLessOrEqual(displayWidth(line), 40);
  assertEquals(lines[2], "1234567890123  xxxxxxxxxxxx…  9876543210");
  assertEquals(lines[3], "(1 row; 1 value cut; no room for last)");
});

Deno.test("a long result keeps the widths of its first rows", async () => {
  const text = await printed(
    "SELECT CASE WHEN range = 1500 THEN 'long value' ELSE 'x' END AS a FROM range(1501)",
    "table",
  );
  const lines = text.split("\n");
  assertEquals([lines[0], lines[2], lines.at(-3), lines.at(-2)], ["a", "x", "…", "(1,501 rows; 1 value cut)"]);
});

Deno.test("only statements that ask for rows print any", async () => {
  const sql = "CREATE TABLE quiet(a INTEGER); INSERT INTO quiet VALUES (1), (2); SELECT a FROM quiet; DROP TABLE quiet";
  assertEquals(await printed(sql, "csv"), "a\r\n1\r\n2\r\n");
});

Deno.test("a plan is printed as it is", async () => {
  assertEquals((await printed("EXPLAIN SELECT 1", "table")).split("\n")[0], "┌───────────────────────────┐");
});

Deno.test("a cut text is never wider than asked", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, width) => {
      assertLessOrEqual(displayWidth(cutToWidth(text, width)), width);
    }),
    { seed: 5, numRuns: 200 },
  );
  assertEquals([displayWidth("漢字"), displayWidth("é"), displayWidth("👍"), cutToWidth("漢字x", 4)], [4, 1, 2, "漢…"]);
});
