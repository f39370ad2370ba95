import { assert, assertEquals, assertMatch } from "@std/assert";
import { DuckDBInstance } from "@duckdb/node-api";
import { readResults } from "../../commands/made_results.ts";
import { inFolder, runCli } from "../../commands/run_cli.ts";

/** Rows of a stock DuckDB that was given `script` in `folder`. */
async function stockDuckDB(
  folder: string,
  script: string,
  body: (rows: (sql: string) => Promise<string[][]>) => Promise<void>,
): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`SET file_search_path = '${folder}'`);
  await connection.run(script);
  await body(async (sql) => (await connection.runAndReadAll(sql)).getRowsJson().map((row) => row.map(String)));
  connection.closeSync();
  instance.closeSync();
}

async function run(args: string[], status = 0): Promise<string> {
  const { code, stdout, stderr } = await runCli(args);
  assertEquals(code, status, stderr);
  return status === 0 ? stdout : stderr;
}

const digest = (relation: string) =>
  `SELECT count(*)::VARCHAR, bit_xor(md5_number_lower(CAST(r AS VARCHAR)))::VARCHAR FROM ${relation} AS r`;

/** Every table that users rely on, each event type's own, and views on top of them. */
const RELATIONS_SQL = `
SELECT schema_name || '.' || name FROM (
  SELECT schema_name, table_name AS name FROM duckdb_tables() WHERE database_name = 'results'
  UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'results' AND NOT internal
) WHERE schema_name IN ('main', 'raw') ORDER BY ALL`;

/** Views that read what is not exported: codes, and single event types under their own names. */
const LEFT_OUT = [
  "event_counts",
  "lock_intervals",
  "lock_waits",
  "completion_before_size",
  "lock_order_edges",
  "blocks_beyond_eof",
  "unknown_events",
];

Deno.test("Parquet files, plain and by recording, hold every table and view as the results file does", async () => {
  await inFolder(async (folder) => {
    const path = await readResults("hello-xfs/trace.dat", "partition/blktrace");
    await run(["export", path, "--parquet", `${folder}/plain`]);
    assertMatch(await run(["export", path, "--parquet", `${folder}/parts/`, "--partition"]), /^\S+: \d+ tables; /);
    const attach = `ATTACH '${path}' AS results (READ_ONLY)`;
    for (const kind of ["plain", "parts"]) {
      const script = Deno.readTextFileSync(`${folder}/${kind}/load.sql`);
      await stockDuckDB(`${folder}/${kind}`, `${attach}; ${script}`, async (rows) => {
        assertEquals([...script.matchAll(/^-- View (\w+) is not here/gm)].map(([, name]) => name), LEFT_OUT);
        const relations = (await rows(RELATIONS_SQL)).flat().filter((name) => !LEFT_OUT.includes(name.split(".")[1]));
        assert(relations.includes("main.io_latency") && relations.includes("raw.block_rq_issue"));
        for (const relation of relations) {
          assertEquals(await rows(digest(relation)), await rows(digest(`results.${relation}`)), `${kind} ${relation}`);
        }
        assertEquals(await rows("SELECT typeof(recording_id), seconds(1)::VARCHAR FROM bio LIMIT 1"), [
          ["SMALLINT", "0.000000001"],
        ]);
      });
    }
    assertEquals([...Deno.readDirSync(`${folder}/parts/event`)].map(({ name }) => name).sort(), [
      "recording_id=1",
      "recording_id=2",
    ]);
    assertMatch(
      await run(["export", path, "--parquet", `${folder}/plain`], 3),
      /^dioscope: \S+ is there already: [^\n]+\n$/,
    );
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["parts", "plain"]);
  });
});

/** A read of a file whose opening is not recorded: whether it is direct I/O is known of no operation. */
const UNKNOWN_FILE = `# tracer: nop
#
            fio-100     [000] d..1.  10.000001: sys_pread64(fd: 0x3, buf: 0x7f0000000000, count: 0x1000, pos: 0x0)
            fio-100     [000] d..1.  10.000002: sys_pread64 -> 0x1000
`;

Deno.test("a boolean column of nothing but NULLs is one in Parquet as well", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/trace.txt`, UNKNOWN_FILE);
    await run(["analyse", `${folder}/trace.txt`, "--systems", "none", "--out", `${folder}/results.duckdb`]);
    for (const more of [[], ["--partition"]]) {
      const out = `parquet${more.length}`;
      await run(["export", `${folder}/results.duckdb`, "--parquet", `${folder}/${out}`, ...more]);
      await stockDuckDB(`${folder}/${out}`, Deno.readTextFileSync(`${folder}/${out}/load.sql`), async (rows) => {
        assertEquals(await rows("SELECT kind, file_offset, bytes, result, direct, typeof(direct) FROM operation"), [
          ["pread", "0", "4096", "4096", "null", "BOOLEAN"],
        ]);
      });
    }
  });
});

Deno.test("CSV files read back as the rows that they were made of", async () => {
  await inFolder(async (folder) => {
    const path = await readResults("hello-xfs/trace.dat");
    await run(["export", path, "--csv", `${folder}/csv`]);
    await stockDuckDB(folder, `ATTACH '${path}' AS results (READ_ONLY)`, async (rows) => {
      for (const table of ["event", "bio", "diagnostic", "recording"]) {
        // All as text, since a column that is empty has no type in CSV.
        const text = (source: string) =>
          digest(`(SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ${source})`).replace("AS r", "AS r");
        const csv = `read_csv('csv/${table}.csv', all_varchar = true, header = true)`;
        assertEquals(await rows(text(csv)), await rows(text(`results.main.${table}`)), table);
      }
    });
    assert([...Deno.readDirSync(`${folder}/csv/raw`)].some(({ name }) => name === "block_rq_issue.csv"));
  });
});

Deno.test("what cannot be exported so is one line and status 2", async () => {
  const wrong: [string[], RegExp][] = [
    [[], /needs a results file/],
    [["r.duckdb"], /give one of --parquet/],
    [["r.duckdb", "--csv", "a", "--parquet", "b"], /give one of --parquet/],
    [["r.duckdb", "--csv", "a", "--partition"], /--partition goes with --parquet/],
    [["r.duckdb", "--csv", "a", "--dev", "8:0"], /go with --iolog/],
    [["r.duckdb", "--iolog", "a", "--recording", "x"], /it is a number/],
    [["r.duckdb", "s.duckdb", "--csv", "a"], /one results file/],
    [["r.duckdb", "--cvs", "a"], /no option --cvs/],
  ];
  const answers = await Promise.all(wrong.map(([args]) => runCli(["export", ...args])));
  answers.forEach(({ code, stdout, stderr }, index) => {
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, /^dioscope: [^\n]+\n$/);
    assertMatch(stderr, wrong[index][1]);
  });
});
