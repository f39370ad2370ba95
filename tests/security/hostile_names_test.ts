/** Names come out of recordings and results files, and so from anybody: they are text wherever they go. */
import { assert, assertEquals } from "@std/assert";
import * as path from "node:path";
import { pathName } from "../../src/results/export/exported_relations.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";

const EVENT_NAMES = [
  "..",
  ".",
  ".hidden",
  "../../../../escaped",
  "/etc/passwd",
  "a/b",
  "a\\b",
  "con:name",
  'x"; DROP TABLE store.event; --',
  "x'; DROP TABLE store.event; --",
  "<script>alert(1)</script>",
  "\u001b[2J\u0007",
  "n\u00e4me",
  "l".repeat(400),
  "\u{1f600}".repeat(100),
  "",
];

Deno.test("a name as a part of a path stays one part, below the folder, of a length that file systems have", () => {
  const made = EVENT_NAMES.map(pathName);
  for (const [nth, part] of made.entries()) {
    assertEquals(path.basename(part), part, EVENT_NAMES[nth]);
    assert(/^[\w%.-]{1,200}$/.test(part) && !part.startsWith("."), part);
    assert(path.resolve("/below", part).startsWith("/below/"));
  }
  assertEquals(new Set(made).size, made.length, "names that differ stay apart");
  assertEquals(pathName("block_rq_issue"), "block_rq_issue");
  assert(pathName("l".repeat(400)) !== pathName("l".repeat(401)));
});

/** Lines of tracefs with names that mean something elsewhere. */
const TEXT = [
  "# tracer: nop",
  "#",
  ...[
    `..: dev=7:0`,
    `..._x: "quo'te"=1 x";DROP TABLE event;--=2`,
    `raw: select=1 from=2 table=3`,
    `event: recording_id=1 seq=2 a.b=3`,
    `a'b: <script>alert(1)</script>=4`,
    `block_rq_issue: 7,0 WS 4096 () 8 + 8 [<img src=x onerror=alert(1)>]`,
    `block_rq_complete: 7,0 WS () 8 + 8 [0]`,
  ].map((event, nth) => ` <b>x'"\u001b[31m-${100 + nth} [000] d..1.  10.00000${nth}: ${event}`),
].join("\n") + "\n";

Deno.test("a recording with hostile names in it and for itself is read, asked, exported and shown", async () => {
  await inFolder(async (folder) => {
    const name = `a'b";--<script>\u001b[31m.txt`;
    Deno.writeTextFileSync(`${folder}/${name}`, TEXT);
    const cli = (...args: string[]) => runCli(args, { folder });
    const analysed = await cli("analyse", name, "--out", "out.duckdb");
    assertEquals([analysed.code, analysed.stderr], [0, ""]);
    assert(!analysed.stdout.includes("\u001b"), "names move no cursor");
    const asked = await cli("query", "out.duckdb", "SELECT name, comm FROM event ORDER BY seq; FROM recording");
    assertEquals([asked.code, asked.stderr], [0, ""]);
    assert(asked.stdout.includes("block_rq_issue") && !asked.stdout.includes("\u001b"));
    for (const [kind, out] of [["--csv", "csv"], ["--parquet", "parquet"], ["--chrome-trace", "trace.json"]]) {
      const exported = await cli("export", "out.duckdb", kind, out);
      assertEquals([exported.code, exported.stderr], [0, ""], kind);
    }
    JSON.parse(Deno.readTextFileSync(`${folder}/trace.json`));
    const shown = await cli("report", "out.duckdb");
    assertEquals([shown.code, shown.stderr], [0, ""]);
    const html = Deno.readTextFileSync(`${folder}/out.html`);
    assert(!html.includes("<script>alert") && !html.includes("<img src=x") && !html.includes(`<b>x'`));
    assertEquals(
      [...Deno.readDirSync(folder)].map((entry) => entry.name).sort(),
      [
        name,
        "csv",
        "out.duckdb",
        "out.html",
        "parquet",
        "trace.json",
      ].sort(),
    );
  });
});
