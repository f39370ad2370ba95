import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Output } from "../../../src/results/query/output.ts";
import { ShellSession } from "../../../src/results/query/shell_session.ts";
import { WasmConnection } from "../../../src/results/query/wasm_connection.ts";
import { ResultsReader } from "../../../src/results/results_reader.ts";
import { batchOf } from "../batches.ts";
import { engine, withFolder, withResults } from "../results_files.ts";

const RAW = batchOf("raw", "block_rq_issue", { recording_id: ["SMALLINT", [1]], seq: ["UINTEGER", [0]] });

/** Gives lines to a session and returns what each printed, and its outcome. */
async function converse(path: string, lines: string[]): Promise<[string, string][]> {
  const reader = ResultsReader.open(await engine(), path);
  let text = "";
  const output: Output = {
    width: Infinity,
    write(piece) {
      text += piece;
      return Promise.resolve();
    },
  };
  const session = new ShellSession(new WasmConnection(reader.connection), { output, paged: null }, "csv");
  const answers: [string, string][] = [];
  for (const line of lines) {
    text = "";
    const outcome = await session.take(line);
    answers.push([text, outcome]);
  }
  reader.close();
  return answers;
}

Deno.test("SQL goes on until its semicolon, over as many lines as it takes", async () => {
  await withResults({ batches: [] }, async (path) => {
    assertEquals(await converse(path, ["SELECT 1", "", "  AS a; SELECT", "';' AS b; ;"]), [
      ["", "continue"],
      ["", "continue"],
      ["a\r\n1\r\n", "continue"],
      ["b\r\n;\r\n", "ready"],
    ]);
  });
});

Deno.test("an error ends the statement and is shown with its place", async () => {
  await withResults({ batches: [] }, async (path) => {
    const [wrong, right] = await converse(path, ["SELECT foo; SELECT 1 AS a;", "SELECT 2 AS b;"]);
    assertStringIncludes(wrong[0], "LINE 1: SELECT foo\n               ^\n");
    assertEquals(wrong[1], "ready");
    assertEquals(right, ["b\r\n2\r\n", "ready"]);
  });
});

Deno.test("commands with a dot answer, and what is not known is said", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/q.sql`, "SELECT 5 AS five;\nSELECT 6 AS six");
    await withResults({ batches: [RAW] }, async (path) => {
      const answers = await converse(path, [
        ".tables",
        ".schema io_latency",
        ".schema",
        ".schema none",
        ".views",
        ".mode json",
        ".mode",
        ".mode yaml",
        `.read ${folder}/q.sql`,
        `.read ${folder}/none`,
        ".read",
        ".help",
        ".dance",
        ".exit",
      ]);
      const expected = [
        "  how long bios stay in each stage of the block layer, per device",
        "  p99_ns        BIGINT    99th percentile, ns\n",
        "  raw.block_rq_issue (recording_id SMALLINT, seq UINTEGER)\n",
        "no table or view none: .tables lists them\n",
        "\npage_state_at(inode, page, t)  what the page cache had of a page at a time",
        "",
        "json\n",
        "no format yaml: table, json, csv are known\n",
        '{"five":5}\n]\n[\n{"six":6}',
        `cannot read ${folder}/none: no such file or directory\n`,
        ".read needs the name of a file\n",
        ".exit                 leave",
        "no command .dance: .help lists them\n",
        "",
      ];
      expected.forEach((text, index) => assertStringIncludes(answers[index][0], text));
      assertEquals(answers.map(([, outcome]) => outcome), [...Array(13).fill("ready"), "exit"]);
    });
  });
});

Deno.test("a dot inside a statement is no command", async () => {
  await withResults({ batches: [] }, async (path) => {
    assertEquals(
      await converse(path, ["SELECT 1 +", ".5 AS a;"]),
      [["", "continue"], ["a\r\n1.5\r\n", "ready"]],
    );
  });
});

Deno.test("a script has commands and statements, reads other scripts, and ends where it is told to", async () => {
  await withFolder(async (folder) => {
    const [outer, inner] = ["outer", "inner"].map((name) => `${folder}/${name}.sql`);
    Deno.writeTextFileSync(inner, `.mode json\nSELECT :x AS x`);
    Deno.writeTextFileSync(outer, `.parameter set :x 5\n.read ${inner}\n.exit\nSELECT 'not run';`);
    await withResults({ batches: [] }, async (path) => {
      const answers = await converse(path, [`.read ${outer}`, "/* a comment", "of two lines */ SELECT 1 AS a;"]);
      assertEquals(answers[0], ['[\n{"x":5}\n]\n', "exit"]);
      assertEquals(answers.slice(1), [["", "continue"], ['[\n{"a":1}\n]\n', "ready"]]);
    });
  });
});

Deno.test("a command that cannot be done ends a script, and the conversation goes on", async () => {
  await withFolder(async (folder) => {
    const [outer, inner] = ["outer", "inner"].map((name) => `${folder}/${name}.sql`);
    Deno.writeTextFileSync(inner, `SELECT 1 AS a;\n.read ${outer}\nSELECT 'not run';`);
    Deno.writeTextFileSync(outer, `.read ${inner}\nSELECT 'not run';`);
    await withResults({ batches: [] }, async (path) => {
      assertEquals(await converse(path, [`.read ${outer}`, "SELECT 2 AS b;"]), [
        [`a\r\n1\r\n${outer} reads itself\n`, "ready"],
        ["b\r\n2\r\n", "ready"],
      ]);
    });
  });
});
