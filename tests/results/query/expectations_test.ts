import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { parseExpectations } from "../../../src/results/query/expectation_file.ts";
import { expectationText, runExpectation } from "../../../src/results/query/expectation_run.ts";
import type { QueryConnection } from "../../../src/results/query/result_rows.ts";
import { WasmConnection } from "../../../src/results/query/wasm_connection.ts";
import { readResults } from "../../commands/made_results.ts";
import { runCli, trace } from "../../commands/run_cli.ts";
import { engine, withFolder } from "../results_files.ts";

async function connection(): Promise<QueryConnection> {
  return new WasmConnection((await engine()).connect());
}

/** What the one question of a file says. */
async function told(file: string): Promise<string> {
  return expectationText("f", await runExpectation(await connection(), parseExpectations(file, "f")[0]));
}

function problemOf(file: string): string {
  try {
    parseExpectations(file, "f");
  } catch (error) {
    return (error as Error).message;
  }
  return "none";
}

Deno.test("a file holds questions, each with a line of dashes and its rows as CSV", () => {
  const file = '-- why\nSELECT 1\n----\na,"b"\n1,"x, ""y"""\n\n\nSELECT 2\n---- in any order\nc\n"two\n\nlines"\n';
  assertEquals(parseExpectations(file, "f"), [
    { sql: "-- why\nSELECT 1", line: 1, order: "as written", header: "a,b", rows: ['1,"x, ""y"""'] },
    { sql: "\nSELECT 2", line: 8, order: "any", header: "c", rows: ['"two\n\nlines"'] },
  ]);
});

Deno.test("what is no such file is told with its line", () => {
  const wrong: [string, RegExp][] = [
    ["", /^f:1: there is no question/],
    ["-- only a comment\n", /^f:1: there is no question/],
    ["SELECT 1\n", /^f:1: the question has no rows/],
    ["SELECT 1\n----\na\n1\n\nSELECT 2", /^f:6: the question has no rows/],
    ["SELECT 1\n----\n\n", /^f:2: the names of the columns are missing/],
    ["SELECT 1\n---- sorted\na\n", /^f:2: after the dashes/],
    ["\n----\na\n", /^f:2: there is no question before/],
    ['SELECT 1\n----\na\n"1\n', /^f:4: a quoted field is not closed/],
    ['SELECT 1\n----\na\n1"2"\n', /^f:4: this is no CSV/],
  ];
  for (const [file, message] of wrong) assertMatch(problemOf(file), message);
});

Deno.test("rows agree or are shown with what is missing and what came instead", async () => {
  assertEquals(await told('SELECT 1 AS a, NULL AS b, \'\' AS c\n----\na,b,c\n"1",,""\n'), "f:1: as expected\n");
  assertEquals(await told("SELECT range AS r FROM range(3)\n---- in any order\nr\n2\n0\n1\n"), "f:1: as expected\n");
  assertEquals(
    await told("SELECT * FROM (VALUES (NULL), ('NULL')) t(a)\n----\na\nNULL\n\"NULL\"\n"),
    "f:1: as expected\n",
  );
  assertMatch(await told("SELECT NULL AS a\n----\na\n1\n"), /\n {4}- 1\n {4}\+ NULL\n/);
  assertEquals(
    await told("SELECT range AS r FROM range(7)\n----\nr\n0\n1\n2\n4\n55\n5\n6\n"),
    "f:1: other rows than expected (7 expected, 7 came)\n" +
      "      r\n      (2 rows as expected)\n      2\n    + 3\n      4\n    - 55\n      5\n      (1 more rows as expected)\n",
  );
  assertEquals(
    await told("SELECT 1 AS b\n----\na\n1\n"),
    "f:1: other rows than expected (1 expected, 1 came)\n    - a\n    + b\n      1\n",
  );
  assertEquals(
    await told("SELECT 1 AS a\n----\na\n"),
    "f:1: other rows than expected (0 expected, 1 came)\n      a\n    + 1\n",
  );
});

Deno.test("a question that fails is told with its line in the file", async () => {
  const text = expectationText(
    "f",
    await runExpectation(
      await connection(),
      parseExpectations("SELECT 1 AS a\n----\na\n1\n\n\nSELECT\n foo\n----\na\n", "f")[1],
    ),
  );
  assertMatch(text, /^f:7: the question fails\n {4}Binder Error[^]*LINE 8: {2}foo\n/);
});

Deno.test("rows that a result prints as CSV agree with it, whatever is in them", async () => {
  const own = await connection();
  const cell = fc.option(fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", " ", "'", "-", "0") }));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), async (rows) => {
      const literal = (text: string | null) => (text === null ? "NULL::VARCHAR" : `'${text.replaceAll("'", "''")}'`);
      const sql = `SELECT * FROM (VALUES ${rows.map((row) => `(${row.map(literal).join(", ")})`).join(", ")}) t(a, b)`;
      const field = (text: string | null) => (text === null ? "" : `"${text.replaceAll('"', '""')}"`);
      // The SQL goes in apart: text of a value could look like the line of dashes.
      const [parsed] = parseExpectations(
        `SELECT 1\n----\na,b\n${rows.map((row) => row.map(field).join(",")).join("\n")}\n`,
        "f",
      );
      assertEquals((await runExpectation(own, { ...parsed, sql })).agrees, true);
      assertEquals((await runExpectation(own, { ...parsed, sql: `${sql} LIMIT ${rows.length - 1}` })).agrees, false);
    }),
    { seed: 77, numRuns: 40 },
  );
});

Deno.test("--expect on a real recording: status 0 where all rows come, 1 with the difference where not", async () => {
  await withFolder(async (folder) => {
    const path = await readResults("coherence-bw-ext4/trace.dat");
    const file = new URL("./coherence-bw-ext4.expect", import.meta.url).pathname;
    const good = await runCli(["query", path, "--expect", file]);
    assertEquals([good.code, good.stderr], [0, ""], good.stdout);
    assertEquals(good.stdout, `${file}: 3 of 3 questions have the rows expected\n`);
    const wrong = `${folder}/wrong.expect`;
    Deno.writeTextFileSync(wrong, Deno.readTextFileSync(file).replace("7:0,1,307", "7:0,1,308"));
    const bad = await runCli(["query", path, "--expect", wrong]);
    assertEquals(bad.code, 1);
    assertMatch(bad.stdout, /\n {4}- 7:0,1,308\n {4}\+ 7:0,1,307\n/);
    const json = JSON.parse((await runCli(["query", path, "--expect", wrong, "--format", "json"])).stdout);
    assertEquals(json.map(({ agrees }: { agrees: boolean }) => agrees), [false, true, true]);
    const unknown = await runCli(["query", path, "--expect", trace("coherence-bw-ext4/PROVENANCE.md")]);
    assertEquals(unknown.code, 2);
    assertMatch(unknown.stderr, /^dioscope: [^\n]+PROVENANCE.md:\d+: [^\n]+\n$/);
  });
});
