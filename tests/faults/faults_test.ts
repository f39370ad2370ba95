/** What happens to results when the machine is not as it should be. */
import { assertEquals, assertMatch } from "@std/assert";
import { readResults } from "../commands/made_results.ts";
import { inFolder, runCli, spawnCli, trace } from "../commands/run_cli.ts";
import { LEFT_BEHIND } from "./killed.ts";

const HELLO = trace("hello-ext4/trace.dat");

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
    assertMatch(stdout, /^5 events of 1 types/m);
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
