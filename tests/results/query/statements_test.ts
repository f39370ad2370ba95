import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { asksForRows, splitStatements } from "../../../src/results/query/statements.ts";
import { sqlError } from "../../../src/results/query/sql_error.ts";

function texts(sql: string): [string[], string] {
  const { complete, rest } = splitStatements(sql);
  return [complete.map(({ text }) => text), rest.text];
}

Deno.test("semicolons in quotes and comments end no statement", () => {
  assertEquals(texts("SELECT ';', \"a;b\" -- c;\n; SELECT $$a;b$$, e'\\';', $x$;$x$ /* ; /* ; */ ; */; SELECT 3"), [
    ["SELECT ';', \"a;b\" -- c;", "SELECT $$a;b$$, e'\\';', $x$;$x$ /* ; /* ; */ ; */"],
    "SELECT 3",
  ]);
});

Deno.test("what is not closed goes on in the next line", () => {
  for (const open of ["SELECT 'a;", 'SELECT "a;', "SELECT $$;", "SELECT /* ;", "SELECT e'\\';", "SELECT 1"]) {
    assertEquals(texts(open), [[], open], open);
  }
  assertEquals(texts(" -- only a comment"), [[], ""]);
  assertEquals(texts(";;  ;"), [[], ""]);
});

Deno.test("a statement knows how many lines come before it", () => {
  const { complete, rest } = splitStatements("SELECT 1;\n\n-- two\nSELECT\n2; SELECT 3");
  assertEquals(complete.map(({ linesBefore }) => linesBefore), [0, 3]);
  assertEquals(rest, { text: "SELECT 3", linesBefore: 4 });
});

Deno.test("statements put together come apart again", () => {
  const piece = fc.constantFrom(
    "a",
    "1",
    " ",
    "\n",
    "';'",
    '";"',
    "--;\n",
    "/*;*/",
    "$$;$$",
    "''",
    "e'\\''",
    "$1",
    "-",
    "/",
  );
  const statement = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `x ${pieces.join(" ")} y`);
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 5 }), (statements) => {
      assertEquals(texts(statements.join(";\n")), [statements.slice(0, -1), statements.at(-1) ?? ""]);
    }),
    { seed: 17, numRuns: 300 },
  );
});

Deno.test("statements that ask for rows are known by their first word", () => {
  for (const sql of ["select 1", "FROM t", "(SELECT 1)", "with a as (select 1) from a", "Describe t", "VALUES (1)"]) {
    assertEquals(asksForRows(sql), true, sql);
  }
  for (const sql of ["CREATE TABLE t(a INT)", "SET x = 1", "INSERT INTO t VALUES (1)", "selection", ""]) {
    assertEquals(asksForRows(sql), false, sql);
  }
});

Deno.test("an error's line is that of the whole text, and the caret stays under its place", () => {
  const error = new Error("Binder Error: no column\n\nLINE 9: SELECT foo\n               ^");
  assertEquals(
    sqlError(error, { text: "", linesBefore: 1 }).message,
    "Binder Error: no column\n\nLINE 10: SELECT foo\n                ^",
  );
  assertEquals(
    sqlError(new Error('{"exception_type":"Binder","exception_message":"no"}'), { text: "", linesBefore: 0 }).message,
    "Binder Error: no",
  );
});
