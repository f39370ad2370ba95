import { assert, assertEquals, assertMatch } from "@std/assert";
import { openWithNative } from "../../../src/results/native_engine.ts";
import type { Output } from "../../../src/results/query/output.ts";
import type { OpenResults } from "../../../src/results/query/result_rows.ts";
import { runScript } from "../../../src/results/query/run_statements.ts";
import { openWithWasm } from "../../../src/results/query/wasm_connection.ts";
import { ResultsError } from "../../../src/results/results_error.ts";
import { SHIPPED_MACROS, SHIPPED_VIEWS } from "../../../src/results/shipped_views.ts";
import { inFolder, runCli, trace } from "../../commands/run_cli.ts";
import { engine, withFolder, withResults } from "../results_files.ts";

/** Keeps what is written. */
class Kept implements Output {
  text = "";
  readonly width = Infinity;
  write(text: string): Promise<void> {
    this.text += text;
    return Promise.resolve();
  }
}

async function printed(results: OpenResults, sql: string): Promise<string> {
  const output = new Kept();
  await runScript(results.connection, sql, "csv", output);
  return output.text;
}

/** Runs `body` with a results file open in both engines. */
async function inBoth(path: string, body: (wasm: OpenResults, native: OpenResults) => Promise<void>): Promise<void> {
  const wasm = await openWithWasm(path, engine());
  const native = await openWithNative(path);
  try {
    await body(wasm, native);
  } finally {
    wasm.close();
    native.close();
  }
}

/** Compares what both engines answer. @returns the rows as CSV */
async function same(wasm: OpenResults, native: OpenResults, sql: string): Promise<string> {
  const rows = await printed(wasm, sql);
  assertEquals(await printed(native, sql), rows, sql);
  return rows;
}

Deno.test("both engines give the same rows for every shipped view and macro, on recordings and explorations", async () => {
  await inFolder(async (folder) => {
    const recordings = ["coherence-bw-ext4/trace.dat", "hello-xfs/trace.dat", "locks-ext4/small-buffer.txt.gz"];
    const scenarios = [
      "10-12-page-with-busy-buffers",
      "10-24-reads-map-one-after-the-other",
      "10-39-buffered-write-from-its-own-page",
    ];
    const made = [
      ["analyse", ...recordings.map(trace), trace("mmapdio-ext4-cut/trace.txt.gz"), "--systems", "none"],
      ["explore", ...scenarios.map((name) => trace(`../fixtures/legacy-dio/${name}.yaml`))],
    ];
    const silent = new Set<string>(SHIPPED_VIEWS.map(({ name }) => name));
    for (const args of made) {
      const path = `${folder}/${args[0]}.duckdb`;
      const { code, stderr } = await runCli([...args, "--out", path]);
      assertEquals(code, 0, stderr);
      await inBoth(path, async (wasm, native) => {
        for (const { name } of SHIPPED_VIEWS) {
          if ((await same(wasm, native, `FROM main."${name}"`)).split("\r\n").length > 2) silent.delete(name);
        }
        if (args[0] !== "analyse") return;
        for (const { example } of [...SHIPPED_VIEWS, ...SHIPPED_MACROS]) await same(wasm, native, example);
        for (const relation of ["event", "bio", "page_event", "raw_full.block_rq_issue", "meta"]) {
          const rows = await same(wasm, native, `SELECT * FROM ${relation} ORDER BY ALL`);
          assert(rows.split("\r\n").length > 5, relation);
        }
      });
    }
    assertEquals([...silent], [], "views without a row in either: nothing of them was compared");
  });
});

const VALUES = [
  "NULL, true, (-128)::TINYINT, 9007199254740993::BIGINT, 18446744073709551615::UBIGINT, sum(5::BIGINT)",
  "340282366920938463463374607431768211455::UHUGEINT, (-1)::HUGEINT, 1.50::DECIMAL(10, 2), 5::DECIMAL(30, 0)",
  "-0.05::DECIMAL(10, 2), 12345678901234567890.12::DECIMAL(38, 2), 0.1::FLOAT, 0.1::DOUBLE, '-0'::DOUBLE, 'nan'::FLOAT",
  "'', 'ü\"' || chr(10) || ',', '\\x00a\\xFF'::BLOB, DATE '0044-03-15 (BC)', DATE '2024-02-29', 'infinity'::DATE",
  "TIME '01:02:03.000004', TIMESTAMP '1969-12-31 23:59:59.5', '2020-01-02 03:04:05.678901234'::TIMESTAMP_NS",
  "'2020-01-02 03:04:05'::TIMESTAMP_S, '2020-01-02 03:04:05.5'::TIMESTAMP_MS, '2020-01-02 03:04:05+00'::TIMESTAMPTZ",
  "'-infinity'::TIMESTAMP, INTERVAL '14 months 3 days 4.5 seconds', INTERVAL '-1 second', [1, NULL, 3], [[1], []]",
  "[0.1::FLOAT], [1, 2]::INTEGER[2], {'a': 1, 'b': 'x', 'c': 0.1::FLOAT}, MAP {'k': 9007199254740993}, MAP {2: 0.1::FLOAT}",
  "'y'::ENUM('x', 'y'), [{'e': 'x'::ENUM('x', 'y')}], union_value(num := 2)",
  "'00000000-0000-0000-0000-000000000001'::UUID",
];

Deno.test("both engines give the same text for every type of value", async () => {
  await withResults({ batches: [] }, async (path) => {
    await inBoth(path, async (wasm, native) => {
      for (const values of VALUES) {
        const sql = `SELECT ${values}`;
        const body = (text: string) => text.slice(text.indexOf("\r\n"));
        assertEquals(body(await printed(native, sql)), body(await printed(wasm, sql)), sql);
      }
    });
  });
});

Deno.test("the native engine writes nothing into the file, has memory beside it, and finds what the views need", async () => {
  await withResults({ batches: [] }, async (path) => {
    const before = Deno.readFileSync(path);
    const results = await openWithNative(path);
    try {
      assertEquals(results.meta.get("tool"), "dioscope");
      assertEquals(
        await printed(results, "CREATE TABLE own(a INTEGER); INSERT INTO own VALUES (3); FROM own"),
        "a\r\n3\r\n",
      );
      let message = "";
      await printed(results, "CREATE TABLE results.main.own(a INTEGER)").catch((error) => message = error.message);
      assertMatch(message, /read-only/);
    } finally {
      results.close();
    }
    assertEquals(Deno.readFileSync(path), before);
    assertEquals([...Deno.readDirSync(path.slice(0, path.lastIndexOf("/")))].length, 1);
  });
});

Deno.test("a machine without the native engine says so in one line", async () => {
  const missing = () => Promise.reject(new Error("Cannot find module 'bindings'\nRequire stack:\n- somewhere"));
  await withResults({ batches: [] }, async (path) => {
    let error: unknown;
    await openWithNative(path, { load: missing }).catch((failure) => error = failure);
    assert(error instanceof ResultsError);
    assertMatch(error.message, /^the native engine does not start .*Cannot find module 'bindings'\): leave [^\n]*$/);
  });
});

Deno.test("a file that is none of ours is told of in the same words by both engines", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/text.duckdb`, "no database, but long enough to be one");
    for (const file of [`${folder}/text.duckdb`, `${folder}/none.duckdb`]) {
      const messages = await Promise.all(
        [openWithWasm(file, engine()), openWithNative(file)].map((opening) =>
          opening.then(() => "opened", (error) => (error as Error).message)
        ),
      );
      assertEquals(messages[0], messages[1]);
      assertMatch(messages[0], /no results file|is not a results file/);
    }
  });
});
