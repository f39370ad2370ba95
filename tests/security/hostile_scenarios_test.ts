/** Scenarios are sent around: their names and texts are text wherever they go. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { inFolder, runCli } from "../commands/run_cli.ts";

const HOSTILE = `*/ int evil; /* <script>alert(1)</script> '; DROP TABLE run; -- ../../../x`;
/** A file may have any name but one with a slash in it. */
const NAME = `a'b"--<img src=x onerror=alert(1)>\u001b[2J;$(touch x)`;

const scenario = (title: string) =>
  `title: ${JSON.stringify(title)}
system: legacy-dio
files:
  F: { cache: { 0: clean } }
tasks:
  T1:
    - pwrite: F[0]
      from: map F[0]
kernel:
  reclaim: F[0]
expect:
  - reachable: DEADLOCK
    why: ${JSON.stringify(title)}
    source: ${JSON.stringify(title)}
`;

Deno.test("a scenario with hostile names and texts is explored, saved, asked, reported and made a program of", async () => {
  await inFolder(async (folder) => {
    const cli = (...args: string[]) => runCli(args, { folder });
    Deno.writeTextFileSync(`${folder}/${NAME}.yaml`, scenario(HOSTILE));
    const made = ["--out", "out.duckdb", "--reproducer", "r.c", "--save", "saved"];
    const explored = await cli("explore", `${NAME}.yaml`, ...made);
    assertEquals([explored.code, explored.stderr], [0, ""]);
    assert(!explored.stdout.includes("\u001b"), "names move no cursor");
    const program = Deno.readTextFileSync(`${folder}/r.c`);
    const code = program.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/"(\\.|[^"\\\n])*"/g, "");
    assert(!/evil|DROP|script/.test(code), "what is in the title becomes code");
    const asked = await cli("query", "out.duckdb", "SELECT scenario, outcome FROM run");
    assertEquals([asked.code, asked.stderr, asked.stdout.includes("\u001b")], [0, "", false]);
    assertEquals((await cli("report", "out.duckdb")).code, 0);
    const html = Deno.readTextFileSync(`${folder}/out.html`);
    assert(!html.includes("<script>alert") && !html.includes("<img src=x"));
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(left, [`${NAME}.yaml`, "out.duckdb", "out.html", "r.c", "saved"].sort());
    for (const { name } of Deno.readDirSync(`${folder}/saved`)) assert(!name.includes("\u001b"), name);
  });
});

Deno.test("a control character in a scenario is refused, in a line without it", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/${NAME}.yaml`, scenario("cleared \u001b[2J"));
    const { code, stdout, stderr } = await runCli(["explore", `${NAME}.yaml`], { folder });
    assertEquals([code, stdout, stderr.includes("\u001b")], [3, "", false]);
    assertMatch(stderr, /^dioscope: [^\n]+:1:8: a text has a control character \("\\u001b"\): leave it out\n/);
  });
});

Deno.test("names in a scenario that would be paths are refused", async () => {
  await inFolder(async (folder) => {
    for (const name of ["../../x", "/etc/passwd", "a/b", ".."]) {
      Deno.writeTextFileSync(`${folder}/s.yaml`, scenario("t").replaceAll("F", JSON.stringify(name)));
      const { code, stdout } = await runCli(["explore", "s.yaml"], { folder });
      assertEquals([code, stdout], [3, ""], name);
    }
  });
});
