import { assert, assertEquals } from "@std/assert";
import { objects } from "../../../src/report/html/report_queries.ts";
import { type Stretches, stretchesOf } from "../../../src/report/html/row_stretches.ts";
import { engine } from "../../results/results_files.ts";

const BY = "coalesce(a, b)";

Deno.test("stretches of an order hold every row once, in the order of all", async () => {
  const connection = (await engine()).connect();
  // Equal values, large ones as times are, and rows without one.
  connection.run(
    "CREATE TABLE t AS SELECT i AS id, CASE WHEN i % 7 > 0 THEN 9007199254740993 + hash(i) % 50 END AS a, " +
      "CASE WHEN i % 11 > 0 THEN i END AS b FROM range(1000) r(i)",
  );
  const ids = (condition: string, order: string) =>
    objects(connection, `SELECT id::INTEGER AS id FROM t${condition} ORDER BY ${order}`).map(({ id }) => Number(id));
  const cases: readonly (readonly [stretches: Stretches, order: string])[] = [
    [{ by: BY, key: "id", of: "t", rows: 90 }, `${BY} NULLS FIRST, id`],
    [{ column: "id", of: "t", length: 90 }, "id"],
  ];
  for (const [stretches, order] of cases) {
    const parts = stretchesOf(connection, stretches).map(({ condition }) => ids(condition, order));
    assert(parts.length > 5 && parts.every((part) => part.length < 400), String(parts.map((part) => part.length)));
    assertEquals(parts.flat(), ids("", order));
  }
  assertEquals(stretchesOf(connection, { by: BY, key: "id", of: "t", rows: 1000 }), [{ condition: "", range: null }]);
  connection.run("DROP TABLE t");
  connection.close();
});
