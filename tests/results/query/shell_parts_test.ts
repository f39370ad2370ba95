import { assertEquals, assertStringIncludes } from "@std/assert";
import { ChartFormat } from "../../../src/results/query/chart_format.ts";
import type { Cell } from "../../../src/results/query/cells.ts";
import { completions, type NamedRelation } from "../../../src/results/query/completion.ts";
import { PagedOutput, PagingStopped } from "../../../src/results/query/paged_output.ts";
import { Parameters } from "../../../src/results/query/parameters.ts";
import { SHELL_COMMANDS } from "../../../src/results/query/shell_help.ts";
import { SHELL_HELP } from "../../../src/results/query/shell_help.ts";

const RELATIONS: NamedRelation[] = [
  { title: "bio", columns: ["bio_id", "dev", "queue_ns"] },
  { title: "event", columns: ["seq", "dev", "sector"] },
  { title: "raw.block_rq_issue", columns: ["seq", "cmd"] },
];

function completed(line: string, before = ""): string[] {
  return completions(line, before, RELATIONS, SHELL_COMMANDS)[0];
}

Deno.test("the tab key completes what can stand there", () => {
  assertEquals(completed(".ti"), [".timer"]);
  assertEquals(completed("SEL"), ["SELECT"]);
  assertEquals(completed("sel"), ["select"]);
  assertEquals(completed("SELECT * FROM b"), ["bio"]);
  assertEquals(completed("SELECT * FROM raw.b"), ["raw.block_rq_issue"]);
  assertEquals(completed(".schema ra"), ["raw.block_rq_issue"]);
  assertEquals(completed(".mode j"), ["json"]);
  // Columns of the tables that the statement names, also in lines before; of all tables while none is named.
  assertEquals(completed("WHERE se", "SELECT * FROM event\n"), ["seq", "sector", "select", "semi", "seconds"]);
  assertEquals(completed("SELECT cm"), []);
  assertEquals(completed("FROM raw.block_rq_issue SELECT cm"), ["cmd"]);
  assertEquals(completed("SELECT bio.q"), ["bio.queue_ns"]);
  assertEquals(completed("FROM bio AS b JOIN event e ON b.d"), ["b.dev"]);
  assertEquals(completed("FROM bio AS b JOIN event e ON e.s"), ["e.seq", "e.sector"]);
  assertEquals(completed(""), []);
  assertEquals(completed(".t", "SELECT 1 +"), []);
});

Deno.test("parameters stand for values where values can stand, and nowhere else", () => {
  const parameters = new Parameters();
  assertEquals([parameters.set(":t0", "17"), parameters.set("name", "it's"), parameters.set("1x", "2")], [
    true,
    true,
    false,
  ]);
  parameters.set(":expr", "(SELECT 1)");
  const cases: [string, string][] = [
    ["ts_ns > :t0 AND x=:t0", "ts_ns > 17 AND x=17"],
    ["comm = :name", "comm = 'it''s'"],
    ["(:expr)", "((SELECT 1))"],
    ["':t0' || \":t0\" -- :t0", "':t0' || \":t0\" -- :t0"],
    ["/* :t0 */ $$:t0$$ x::t0", "/* :t0 */ $$:t0$$ x::t0"],
    ["list[1:t0], {'a':t0}, :t01", "list[1:t0], {'a':t0}, :t01"],
    ["list[1: :t0], {'a': :t0}", "list[1: 17], {'a': 17}"],
    ["ts_ns > $t0 AND comm=$name", "ts_ns > 17 AND comm='it''s'"],
    ["$t0$ :t0 $t0$, x$t0, $t01, $1", "$t0$ :t0 $t0$, x$t0, $t01, $1"],
  ];
  for (const [sql, bound] of cases) assertEquals(parameters.bind(sql), bound);
  assertEquals(parameters.text, ":expr  (SELECT 1)\n:name  'it''s'\n:t0  17\n");
  parameters.set("$late", "1");
  assertEquals(parameters.unused, ["late"]);
  assertEquals([parameters.bind("SELECT $late"), parameters.unused], ["SELECT 1", []]);
  parameters.unset("late");
  assertEquals([parameters.unset(":t0"), parameters.unset(":t0"), parameters.bind(":t0")], [true, false, ":t0"]);
});

function charted(kinds: ["number" | "other", "number" | "other"], rows: Cell[][], width = 40): string {
  const chart = new ChartFormat(width);
  const begun = chart.begin([{ name: "x", kind: kinds[0] }, { name: "y", kind: kinds[1] }]);
  const readers = [0, 1].map((column) => (row: number) => rows[row][column]);
  return begun + chart.rows({ count: rows.length, readers }) + chart.end();
}

Deno.test("a chart has bars for names and a plot for numbers", () => {
  assertEquals(
    charted(["other", "number"], [["a", 10n], ["bc", 5], ["d", null], ["e", 0]], 24),
    "y by x (3 rows; 1 with NULL left out)\n" +
      "a   10  " + "█".repeat(16) + "\nbc   5  " + "█".repeat(8) + "\ne    0\n",
  );
  const lines = charted(["number", "number"], [[0, 0], [5, 4], [10, 8]], 24).split("\n");
  assertEquals(lines[1], "8 │" + " ".repeat(20) + "█");
  assertEquals(lines.length, 16);
  assertEquals(lines[12].slice(0, 4), "0 │.");
  assertEquals(lines[14], "   0" + " ".repeat(18) + "10");
  assertStringIncludes(charted(["other", "other"], [["a", "b"]]), "two columns");
  assertEquals(charted(["other", "number"], []), "no rows\n");
});

Deno.test("pages are as long as the screen, a long line counts as the lines that it takes", async () => {
  let shown = "";
  const asked: number[] = [];
  const output = { width: 10, write: (text: string) => (shown += text, Promise.resolve()) };
  const answers = ["next", "all"] as const;
  const paged = new PagedOutput(output, () => 4, () => {
    asked.push(shown.split("\n").length - 1);
    return Promise.resolve(answers[asked.length - 1]);
  });
  await paged.write("1\n2\n" + "x".repeat(15) + "\n4\n5\n");
  await paged.write("6\n7\n8\n9\n10\n");
  assertEquals(asked, [2, 4]);
  assertEquals(shown.split("\n").length, 11);
  paged.restart();
  const stopped = new PagedOutput(output, () => 3, () => Promise.resolve("stop"));
  let error: unknown;
  await stopped.write("1\n2\n3\n").catch((thrown) => error = thrown);
  assertEquals(error instanceof PagingStopped, true);
});

Deno.test("every command of the shell is in its help", () => {
  for (const command of [".chart", ".timer", ".output", ".parameter", ".pager", ".mode"]) {
    assertStringIncludes(SHELL_HELP, command);
  }
});
