/** Inputs and outputs at places that are no plain files: one line each, and nothing is replaced that was there. */
import { assertEquals, assertMatch } from "@std/assert";
import { readResults } from "../commands/made_results.ts";
import { inFolder, runCli, trace } from "../commands/run_cli.ts";

const HELLO = trace("hello-ext4/trace.dat");
const SCENARIO = `${trace("..")}/fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml`;

/** Commands that write, without the place. */
const WRITERS: string[][] = [
  ["analyse", HELLO, "--systems", "none", "--conformance", "none", "--out"],
  ["explore", SCENARIO, "--no-minimise", "--out"],
  ["explore", SCENARIO, "--no-minimise", "--save"],
  ["explore", SCENARIO, "--no-minimise", "--reproducer"],
  ["export", "in.duckdb", "--csv"],
  ["export", "in.duckdb", "--chrome-trace"],
  ["report", "in.duckdb", "--out"],
  ["generate", `${trace("..")}/fixtures/generated/planted.json`, "--out"],
];

/** Deno keeps programs with the tasks' permissions from /dev/full; of /dev/null it lets them know. */
const PLACES = ["/dev/full", "/dev/null", "circle", "file/below", "pipe"];

Deno.test("no command writes to a device, a pipe, a circle of links, or below a file, and each says so in a line", async () => {
  await inFolder(async (folder) => {
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), `${folder}/in.duckdb`);
    Deno.symlinkSync("circle", `${folder}/circle`);
    Deno.writeTextFileSync(`${folder}/file`, "precious");
    assertEquals(new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).outputSync().success, true);
    const namesIn = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const before = namesIn();
    for (const [nth, args] of WRITERS.entries()) {
      // Each place with every kind of command somewhere, not all with all: they share the code that refuses.
      for (const place of [PLACES[nth % PLACES.length], PLACES[(nth + 2) % PLACES.length]]) {
        const { code, stderr } = await runCli([...args, place], { folder });
        assertEquals(code, 3, `${args.join(" ")} ${place}: ${stderr}`);
        assertMatch(stderr, /^dioscope: [^\n]+\n$/);
        assertEquals(namesIn(), before, `${args.join(" ")} ${place}`);
      }
    }
    assertEquals(Deno.readTextFileSync(`${folder}/file`), "precious");
    assertEquals(Deno.lstatSync("/dev/null").isCharDevice, true);
  });
});

Deno.test("windows that cannot be saved are told of before they are explored", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "precious");
    const { code, stderr } = await runCli(["analyse", HELLO, "--budget", "1", "--save", "file"], { folder });
    assertEquals([code, stderr], [
      3,
      "dioscope: cannot write scenarios to file: something of that name is there already\n",
    ]);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["file"]);
  });
});

Deno.test("a name that leaves the database no room for that of its log is refused", async () => {
  await inFolder(async (folder) => {
    const analyse = (out: string) =>
      runCli(["analyse", HELLO, "--systems", "none", "--conformance", "none", "--out", out], { folder });
    const { code, stderr } = await analyse("x".repeat(252));
    assertEquals(code, 3);
    assertMatch(stderr, /^dioscope: cannot write results to [^\n]*x: the name is too long\n$/);
    const longest = "x".repeat(251);
    assertEquals((await analyse(longest)).code, 0);
    const { stdout } = await runCli(["query", longest, "SELECT count(*) AS n FROM event", "--format", "csv"], {
      folder,
    });
    assertEquals(stdout, "n\r\n178\r\n");
  });
});

Deno.test("texts that never end, or are larger than any text, are refused in a line", async () => {
  await inFolder(async (folder) => {
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), `${folder}/in.duckdb`);
    const sparse = Deno.openSync(`${folder}/sparse`, { create: true, write: true });
    sparse.truncateSync(2 ** 40);
    sparse.close();
    const commands = [
      ["explore"],
      ["generate", "--out", "made"],
      ["query", "in.duckdb", "--file"],
      ["query", "in.duckdb", "--expect"],
      ["analyse", HELLO, "--history"],
    ];
    for (const args of commands) {
      for (const input of ["/dev/zero", "sparse"]) {
        const { code, stderr } = await runCli([...args, input], { folder });
        assertEquals(code, 3, `${args.join(" ")} ${input}: ${stderr}`);
        assertMatch(stderr, /^dioscope: [^\n]*it has more than \d+ MB[^\n]*\n$/);
      }
    }
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["in.duckdb", "sparse"]);
  });
});

Deno.test("what only standard input can give is told so", async () => {
  const { code, stderr } = await runCli(["analyse", "/proc/kallsyms"]);
  assertEquals([code, stderr], [
    3,
    "dioscope: /proc/kallsyms: cannot be read (Deno keeps it from programs without all permissions): " +
    "give it as standard input (-)\n",
  ]);
});
