import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { ResultsError } from "../../src/results/results_error.ts";
import { ResultsReader } from "../../src/results/results_reader.ts";
import { WasmEngine } from "../../src/results/wasm_engine.ts";
import { batchOf } from "./batches.ts";
import {
  dimensionBatches,
  engine,
  type FileContent,
  rowsOf,
  withFolder,
  withReader,
  withResults,
  writeResults,
} from "./results_files.ts";

const RAW = batchOf("raw", "block_rq_issue", {
  recording_id: ["SMALLINT", [1, 1]],
  seq: ["UINTEGER", [0, 1]],
  cmd: ["VARCHAR", ["a", "b"]],
});

const CONTENT: FileContent = {
  batches: [...dimensionBatches(), RAW],
  rawEvents: [{
    name: "block_rq_issue",
    fields: [{ name: "cmd", type: "VARCHAR", held: { kind: "raw" }, shown: "plain" }],
  }],
};

Deno.test("tables and views are found by their names, and raw and raw_full by theirs", async () => {
  await withResults(CONTENT, async (path) => {
    await withReader(path, ({ connection }) => {
      const count = (sql: string) => connection.query(sql).numRows;
      assertEquals(count("FROM event"), 0);
      assertEquals(count("FROM io_latency"), 0);
      assertEquals(count("FROM raw.block_rq_issue"), 2);
      assertEquals(count("FROM raw_full.block_rq_issue"), 0);
      assertEquals(count("FROM store.kind"), 3);
      assertEquals(count("FROM results.main.recording"), 0);
    });
  });
});

Deno.test("what the user creates goes to memory, before the results, and does not change the shipped views", async () => {
  await withResults({ ...CONTENT, end: { recordings: [{ recording_id: 1, path: "a" }] } }, async (path) => {
    await withReader(path, ({ connection }) => {
      connection.run("CREATE TABLE mine AS SELECT cmd FROM raw.block_rq_issue; CREATE TABLE kind AS SELECT 1 AS a");
      connection.run("CREATE VIEW pairs AS SELECT count(*)::INTEGER AS n FROM mine, raw.block_rq_issue");
      connection.run("CREATE MACRO twice(x) AS (2 * x)::INTEGER; CREATE TABLE recording AS SELECT 5 AS recording_id");
      assertEquals(connection.query("SELECT n, twice(n) AS m FROM pairs").toArray()[0].toJSON(), { n: 4, m: 8 });
      assertEquals(connection.query("SELECT a FROM kind").toArray()[0].a, 1);
      assertEquals(connection.query("FROM event").numRows, 0);
      assertEquals(connection.query("FROM data_loss").numRows, 0);
      const owner = connection.query("SELECT database_name FROM duckdb_tables() WHERE table_name = 'mine'");
      assertEquals(owner.toArray()[0].database_name, "memory");
      connection.run("DROP VIEW pairs; DROP TABLE mine; DROP TABLE kind; DROP TABLE recording; DROP MACRO twice");
    });
  });
});

Deno.test("the file cannot be changed", async () => {
  await withResults(CONTENT, async (path) => {
    const before = Deno.readFileSync(path);
    Deno.chmodSync(path, 0o444);
    await withReader(path, ({ connection }) => {
      for (
        const sql of ["DELETE FROM results.main.meta", "CREATE TABLE results.main.t(a INTEGER)", "DROP VIEW event"]
      ) {
        assertThrows(() => connection.run(sql), Error);
      }
    });
    assertEquals(Deno.readFileSync(path), before);
  });
});

Deno.test("what is no results file of ours is told apart in one line", async () => {
  await withFolder(async (folder) => {
    const running = await engine();
    const problem = (name: string) => {
      const error = assertThrows(() => ResultsReader.open(running, `${folder}/${name}`), ResultsError);
      assertMatch(error.message, /^[^\n]+$/);
      return error.problem;
    };
    assertEquals(problem("none.duckdb"), "missing");
    Deno.writeTextFileSync(`${folder}/text`, "some text that is longer than a header");
    assertEquals(problem("text"), "not-ours");
    assertEquals(problem("."), "not-ours");
    assertEquals(problem("text/below"), "unreadable");
    const path = `${folder}/ours.duckdb`;
    await writeResults(path, { batches: [], end: { meta: { tool: "another" } } });
    assertEquals(await rowsOf(path, "SELECT value FROM meta WHERE key = 'tool'"), [["dioscope"]]);
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run("UPDATE meta SET value = '99' WHERE key = 'schema_version'; CHECKPOINT");
    assertEquals(problem("ours.duckdb"), "newer");
    await connection.run("UPDATE meta SET value = 'another' WHERE key = 'tool'; CHECKPOINT");
    assertEquals(problem("ours.duckdb"), "not-ours");
    await connection.run("DROP TABLE meta CASCADE; CHECKPOINT");
    assertEquals(problem("ours.duckdb"), "not-ours");
    connection.closeSync();
    instance.closeSync();
  });
});

Deno.test("a results file with flipped bytes is an error or reads well, and never hangs", async () => {
  await withResults(CONTENT, async (path) => {
    const whole = Deno.readFileSync(path);
    // An engine of its own: what a damaged file does to it is nobody else's trouble.
    const running = await WasmEngine.start();
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(flips, (positions) => {
        const bytes = whole.slice();
        for (const [at, mask] of positions) bytes[at] ^= mask;
        Deno.writeFileSync(path, bytes);
        let reader: ResultsReader | null = null;
        try {
          reader = ResultsReader.open(running, path);
          assertEquals(reader.connection.query("FROM store.kind").numRows, 3);
          reader.connection.query("SELECT * FROM raw.block_rq_issue");
        } catch (error) {
          if (!(error instanceof Error)) throw error;
        }
        reader?.close();
      }),
      { seed: 99, numRuns: 40 },
    );
    Deno.writeFileSync(path, whole);
    assertEquals(await rowsOf(path, "SELECT count(*) FROM raw.block_rq_issue"), [["2"]]);
  });
});
