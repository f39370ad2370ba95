/** What happens to results when the machine is not as it should be. */
import { assertEquals, assertMatch } from "@std/assert";
import { PlaceClaim } from "../../src/results/place_claim.ts";
import { readResults } from "../commands/made_results.ts";
import { inFolder, runCli, spawnCli, trace } from "../commands/run_cli.ts";
import { LEFT_BEHIND } from "./killed.ts";

const HELLO = trace("hello-ext4/trace.dat");
const SCENARIO = `${trace("..")}/fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("of two runs with one output the second is refused, and the first goes on", async () => {
  await inFolder(async (folder) => {
    // Standard input that stays open keeps the first one at work.
    const first = spawnCli(["analyse", "-", "--out", "out.duckdb"], { folder });
    const input = first.stdin.getWriter();
    const bytes = Deno.readFileSync(HELLO);
    await input.write(bytes.subarray(0, 5000));
    while (!namesIn(folder).some((name) => LEFT_BEHIND.test(name))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const second = await runCli(["analyse", HELLO, "--out", "out.duckdb"], { folder });
    assertEquals([second.code, second.stdout], [3, ""]);
    assertMatch(second.stderr, /^dioscope: another run is writing [^\n]*out\.duckdb at this moment: [^\n]+\n$/);
    await input.write(bytes.subarray(5000));
    await input.close();
    const { code, stderr } = await first.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    assertEquals(namesIn(folder), ["out.duckdb"]);
  });
});

/** Every command that writes, and what. */
const WRITERS: { args: string[]; out: string }[] = [
  { args: ["analyse", HELLO, "--systems", "none", "--out", "out.duckdb"], out: "out.duckdb" },
  { args: ["explore", SCENARIO, "--out", "explored.duckdb"], out: "explored.duckdb" },
  { args: ["export", "in.duckdb", "--csv", "csv"], out: "csv" },
  { args: ["export", "in.duckdb", "--parquet", "parquet"], out: "parquet" },
  { args: ["export", "in.duckdb", "--chrome-trace", "trace.json"], out: "trace.json" },
  { args: ["report", "in.duckdb", "--out", "report.html"], out: "report.html" },
  { args: ["generate", `${trace("..")}/fixtures/generated/planted.json`, "--out", "made"], out: "made" },
];

Deno.test("whatever writes to a place where another run is at work is refused, and leaves that one alone", async () => {
  await inFolder(async (folder) => {
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), `${folder}/in.duckdb`);
    for (const { args, out } of WRITERS) {
      const claim = PlaceClaim.take(`${folder}/${out}`);
      Deno.writeTextFileSync(claim.path, "half");
      const { code, stderr } = await runCli(args, { folder });
      assertEquals(code, 3, `${args.join(" ")}: ${stderr}`);
      assertMatch(stderr, /^dioscope: another run is writing [^\n]+ at this moment: [^\n]+\n$/);
      claim.moveIn();
      assertEquals([namesIn(folder), Deno.readTextFileSync(`${folder}/${out}`)], [["in.duckdb", out].sort(), "half"]);
      Deno.removeSync(`${folder}/${out}`);
    }
  });
});

Deno.test("commands whose output nobody reads do their work all the same, without a word", async () => {
  await inFolder(async (folder) => {
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), `${folder}/in.duckdb`);
    const printing = [["explore", SCENARIO, "--format", "json"], ["diff", "in.duckdb", "in.duckdb"], ["systems"]];
    for (const args of [...WRITERS.map(({ args }) => args), ...printing]) {
      const child = spawnCli(args, { folder });
      child.stdin.close();
      await child.stdout.cancel();
      const errors = await new Response(child.stderr).text();
      assertEquals([(await child.status).code, errors], [0, ""], args.join(" "));
    }
    assertEquals(namesIn(folder), ["in.duckdb", ...WRITERS.map(({ out }) => out)].sort());
  });
});

Deno.test("a pipe that is closed in the middle of a recording is read as far as it goes", async () => {
  await inFolder(async (folder) => {
    const text = Deno.readFileSync(trace("hello-ext4/trace.txt"));
    const half = text.subarray(0, text.length >> 1);
    const { code, stdout, stderr } = await runCli(["analyse", "-", "--out", "out.duckdb"], { folder, stdin: half });
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /\d+ events of/);
  });
});

Deno.test("a reader of the output that goes away ends the run without a word, and results are there", async () => {
  await inFolder(async (folder) => {
    const path = await readResults("hello-ext4/trace.dat");
    const child = spawnCli(["query", path, "SELECT * FROM event, range(20000)", "--format", "csv"], { folder });
    child.stdin.close();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const errors = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, errors], [0, ""]);
  });
});

Deno.test("a recording whose clock jumps back is read whole", async () => {
  await inFolder(async (folder) => {
    const line = (seconds: string) =>
      `            fio-100     [000] d..1. ${seconds}: block_rq_issue: 7,0 WS 4096 () 8 + 8 [fio]`;
    const times = ["100.000000", "100.000100", "3.000000", "3.000100", "99.000000"];
    Deno.writeTextFileSync(`${folder}/trace.txt`, `# tracer: nop\n#\n${times.map(line).join("\n")}\n`);
    const { code, stdout, stderr } = await runCli(["analyse", "trace.txt", "--out", "out.duckdb"], { folder });
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^5 events of 1 type,/m);
  });
});

Deno.test("where no temporary file can be made, that is said in one line", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await runCli(["analyse", trace("hello-ext4/trace.v6.dat.gz")], {
      folder,
      env: { TMPDIR: `${folder}/none` },
    });
    assertEquals([code, stdout], [3, ""]);
    assertMatch(stderr, /^dioscope: [^\n]*has to be unpacked into a temporary file[^\n]*\n$/);
    assertEquals(namesIn(folder), []);
  });
});
