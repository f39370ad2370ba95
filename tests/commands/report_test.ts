import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { batchOf } from "../results/batches.ts";
import { dimensionBatches, tagOf, writeResults } from "../results/results_files.ts";
import { inFolder, runCli, trace } from "./run_cli.ts";

async function withResults(body: (folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const events = batchOf("store", "event", {
      ts_ns: ["BIGINT", [1n, 2n]],
      tag_id: ["UINTEGER", [tagOf(0, 0), tagOf(2, 1)]],
    });
    await writeResults(`${folder}/small.duckdb`, { batches: [...dimensionBatches(), events] });
    await body(folder);
  });
}

Deno.test("report writes one file beside the user, and over its own files only", async () => {
  await withResults(async (folder) => {
    const first = await runCli(["report", "small.duckdb"], { folder });
    assertEquals([first.code, first.stderr], [0, ""]);
    assertMatch(first.stdout, /^small\.html: 0\.\d MB; open it in a browser\n$/);
    const text = await Deno.readTextFile(`${folder}/small.html`);
    assert(text.startsWith('<!DOCTYPE html>\n<html lang="en" data-made-by="dioscope">'));
    assertEquals(/(src|href)="(?!#)/.test(text.replaceAll(/<script type="module">[^]*?<\/script>/g, "")), false);
    assertEquals((await runCli(["report", "small.duckdb"], { folder })).code, 0);
    assertEquals(await Deno.readTextFile(`${folder}/small.html`), text, "the same results give the same report");

    const mine = '<!DOCTYPE html>\n<html lang="en">\n<p>mine';
    await Deno.writeTextFile(`${folder}/mine.html`, mine);
    const refused = await runCli(["report", "small.duckdb", "--out", "mine.html"], { folder });
    assertEquals(refused.code, 3);
    assertEquals(
      refused.stderr,
      "dioscope: mine.html is there already and is no report: give another name with --out\n",
    );
    assertEquals(await Deno.readTextFile(`${folder}/mine.html`), mine);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "mine.html",
      "small.duckdb",
      "small.html",
    ]);
  });
});

Deno.test("report says in a line what is wrong with how it is called, or with the file", async () => {
  await withResults(async (folder) => {
    const cases: [string[], number, string][] = [
      [[], 2, "report needs a results file: deno task report DB"],
      [["a", "b"], 2, "report takes one results file; it got 2"],
      [["small.duckdb", "--port", "80"], 2, "--port goes with --serve only"],
      [["small.duckdb", "--serve", "--port", "70000"], 2, "--port 70000: it is a number up to 65535"],
      [["small.duckdb", "--serve", "--out", "x"], 2, "give one of --out FILE.html and --serve"],
      [["small.duckdb", "--out", "small.duckdb"], 2, "--out small.duckdb is the results file itself"],
      [["small.duckdb", "--bright"], 2, "report has no option --bright: see deno task report --help"],
      [["none.duckdb"], 3, "none.duckdb"],
      [
        ["small.duckdb", "--out", "no/such/folder.html"],
        3,
        "cannot write no/such/folder.html: no such file or directory",
      ],
    ];
    const answers = await Promise.all(cases.map(([args]) => runCli(["report", ...args], { folder })));
    answers.forEach(({ code, stderr, stdout }, nth) => {
      assertEquals([code, stdout], [cases[nth][1], ""]);
      assertStringIncludes(stderr, cases[nth][2]);
      assertEquals(stderr.trimEnd().split("\n").length, 1);
    });
  });
});

Deno.test("the report of the fio recording that comes along has less than 5 MB", async () => {
  await inFolder(async (folder) => {
    const analysed = await runCli([
      "analyse",
      trace("fio-ext4/trace.dat"),
      "--budget",
      "50",
      "--out",
      `${folder}/fio.duckdb`,
    ]);
    assertEquals(analysed.code, 0, analysed.stderr);
    const reported = await runCli(["report", "fio.duckdb"], { folder });
    assertEquals(reported.code, 0, reported.stderr);
    assert(Deno.statSync(`${folder}/fio.html`).size < 5e6);
  });
});
