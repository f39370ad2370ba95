import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SCHEMA_VERSION } from "../../src/results/schema.ts";
import { SHIPPED_MACROS, SHIPPED_VIEWS } from "../../src/results/shipped_views.ts";
import { batchOf } from "../results/batches.ts";
import { dimensionBatches, type FileContent, tagOf, withFolder, withResults } from "../results/results_files.ts";

interface Answer {
  status: number;
  stdout: string;
  stderr: string;
}

const RUNNER = new URL("./query_runner.ts", import.meta.url).pathname;

/** Runs the command as a process of its own, with `stdin` piped in. */
async function query(args: string[], stdin: string | null = null): Promise<Answer> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--cached-only", RUNNER, ...args],
    stdin: stdin === null ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== null) {
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const EVENTS = batchOf("store", "event", {
  ts_ns: ["BIGINT", [1_000_000_000_000_000_001n, 1_000_000_000_000_000_002n]],
  tag_id: ["UINTEGER", [tagOf(0, 0), tagOf(1, 1)]],
  position: ["BIGINT", [8, null]],
});

const CONTENT: FileContent = { batches: [...dimensionBatches(), EVENTS] };

Deno.test("SQL comes from an argument, a file, standard input, or a view's name", async () => {
  await withResults(CONTENT, async (path) => {
    const sql = "SELECT seq, ts_ns, sector FROM event ORDER BY seq";
    const json = '[\n{"seq":0,"ts_ns":"1000000000000000001","sector":8},\n' +
      '{"seq":1,"ts_ns":"1000000000000000002","sector":null}\n]\n';
    const file = `${path}.sql`;
    Deno.writeTextFileSync(file, `${sql};\n`);
    const answers = await Promise.all([
      query([path, sql, "--format", "json"]),
      query([path, "--file", file, "--format=json"]),
      query(["--format", "json", path], sql),
      query([path, "-", "--format", "json"], `-- from a pipe\n${sql};`),
    ]);
    for (const answer of answers) assertEquals(answer, { status: 0, stdout: json, stderr: "" });
    const piped = await query([path], ".mode csv\n.param set :x 7\nSELECT :x AS x;\nSELECT nothing");
    assertEquals([piped.status, piped.stdout], [1, "x\r\n7\r\n"]);
    assertStringIncludes(piped.stderr, "LINE 4: SELECT nothing");
    const refused: [command: string, why: string][] = [
      [".nosuch", "no command .nosuch: .help lists them"],
      [".mode yaml", "no format yaml: table, json, csv are known"],
      [".output /nosuch/rows", "cannot write /nosuch/rows: no such file or directory"],
      [".read /nosuch", "cannot read /nosuch: no such file or directory"],
    ];
    for (const [command, why] of refused) {
      // What is printed is rows only: who reads them is not to take a complaint for one.
      const answer = await query([path], `.mode csv\nSELECT 1 AS a;\n${command}\nSELECT 2 AS b;`);
      assertEquals(answer, { status: 1, stdout: "a\r\n1\r\n", stderr: `${why}\n` });
    }
    const view = await query([path, "--view", "event_counts", "--format", "csv"]);
    assertEquals(view.stdout.split("\r\n").map((line) => line.split(",").slice(4, 6).join(" ")), [
      "name events",
      "block_rq_issue 1",
      "ext4_ext_map_blocks 1",
      "",
    ]);
  });
});

Deno.test("--param gives values to names in SQL, wherever the SQL is from", async () => {
  await withResults(CONTENT, async (path) => {
    const sql = "SELECT seq, $word AS word FROM event WHERE sector IS NOT DISTINCT FROM :sector";
    const given = ["--param", "sector=8", "--param", "word=it's", "--format", "csv"];
    const file = `${path}.expect`;
    Deno.writeTextFileSync(file, `${sql}\n----\nseq,word\n0,it's\n`);
    const answers = await Promise.all([
      query([path, sql, ...given]),
      query([path, "-", ...given], sql),
      query([path, sql, "--param", "sector=NULL", "--param=word='8'", "--format", "csv"]),
      query([path, "--expect", file, ...given.slice(0, 4)]),
    ]);
    assertEquals(answers.map(({ stdout }) => stdout), [
      "seq,word\r\n0,it's\r\n",
      "seq,word\r\n0,it's\r\n",
      "seq,word\r\n1,8\r\n",
      `${file}: 1 of 1 questions have the rows expected\n`,
    ]);
  });
});

Deno.test("--schema and --views tell what there is, in words or as rows", async () => {
  await withResults(CONTENT, async (path) => {
    const schema = await query([path, "--schema"]);
    assertStringIncludes(schema.stdout, "event: one row an event of any input");
    assertMatch(schema.stdout, /^ {2}p99_ns +BIGINT +99th percentile, ns$/m);
    const rows = JSON.parse((await query([path, "--schema", "--format", "json"])).stdout);
    assertEquals(rows[0].relation, "event");
    assert(rows.every((row: { description: string | null }) => row.description !== null));
    assertMatch((await query([path, "--views"])).stdout, /^io_latency +how long[^\n]*\nio_latency_by_process /m);
    const views = JSON.parse((await query([path, "--views", "--format", "json"])).stdout);
    assertEquals(views.length, SHIPPED_VIEWS.length + SHIPPED_MACROS.length);
  });
});

Deno.test("what cannot be asked so is one line and status 2", async () => {
  await withResults(CONTENT, async (path) => {
    const wrong: [string[], RegExp][] = [
      [[], /needs a results file/],
      [[path, "SELECT 1", "SELECT 2"], /one SQL text/],
      [[path, "SELECT 1", "--views"], /give one of/],
      [[path, "--view", "none"], /no view none: event, /],
      [[path, "--format", "yaml", "SELECT 1"], /--format yaml: table, json, csv/],
      [[path, "--fromat", "json", "SELECT 1"], /no option --fromat/],
      [[path, "-- nothing"], /no option -- nothing|no SQL/],
      [[path], /no SQL given/],
      [[path, "SELECT 1", "--param", "5"], /--param 5: it is NAME=VALUE/],
      [[path, "SELECT 1", "--param", "t0=5"], /--param t0: the SQL has neither :t0 nor \$t0/],
      [[path, "--views", "--param", "t0=5"], /--param goes with SQL; --views takes no values/],
      [[path, "--view", "page_state_at"], /page_state_at has parameters: .* 'FROM page_state_at\(inode, page, t\)'/],
    ];
    const answers = await Promise.all(wrong.map(([args]) => query(args)));
    answers.forEach(({ status, stdout, stderr }, index) => {
      assertEquals([status, stdout], [2, ""], stderr);
      assertMatch(stderr, /^dioscope: [^\n]+\n$/);
      assertMatch(stderr, wrong[index][1]);
    });
  });
});

Deno.test("an SQL error is status 1 and shows the place; what came before it has been printed", async () => {
  await withResults(CONTENT, async (path) => {
    const answer = await query([path, "SELECT 1 AS a;\nSELECT foo\nFROM event", "--format", "csv"]);
    assertEquals([answer.status, answer.stdout], [1, "a\r\n1\r\n"]);
    assertMatch(answer.stderr, /^Binder Error: [^]*\n\nLINE 2: SELECT foo\n {15}\^\n$/);
  });
});

Deno.test("a file that cannot be read is one line and status 3", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/text.duckdb`, "no database, but long enough to be one");
    const answers = await Promise.all([
      query([`${folder}/none.duckdb`, "SELECT 1"]),
      query([`${folder}/text.duckdb`, "SELECT 1"]),
      query([`${folder}/text.duckdb`, "--file", `${folder}/none.sql`]),
    ]);
    for (const { status, stdout, stderr } of answers) {
      assertEquals([status, stdout], [3, ""]);
      assertMatch(stderr, /^dioscope: [^\n]+\n$/);
    }
  });
});

Deno.test("a reader that has had enough ends the output quietly", async () => {
  await withResults(CONTENT, async (path) => {
    const script = `"$0" run -A --cached-only "$1" "$2" "SELECT range FROM range(1000000)" --format csv | head -n 2`;
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", script, Deno.execPath(), RUNNER, path],
    }).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout), decoder.decode(stderr)], [0, "range\r\n0\r\n", ""]);
  });
});

Deno.test("--help says how it is used", async () => {
  const { status, stdout } = await query(["--help"]);
  assertEquals(status, 0);
  assertStringIncludes(stdout, "Usage: deno task query DB");
});

Deno.test("the second start needs no network", async () => {
  await withResults(CONTENT, async (path) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--deny-net",
        "--cached-only",
        RUNNER,
        path,
        "SELECT value FROM meta WHERE key = 'schema_version'",
        "--format",
        "csv",
      ],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout)], [0, `value\r\n${SCHEMA_VERSION}\r\n`], decoder.decode(stderr));
  });
});
