import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readCompared } from "../../src/report/compared.ts";
import { withKept } from "../../src/scenarios/kept.ts";
import { inFolder, runCli } from "./run_cli.ts";

/** Comments, order and forms are the author's own. */
const HANGS = `# A write of a page from a mapping of that page.
title: buffered write from a mapping of the page that it writes, reclaimed in between
system: legacy-dio   # the oldest
files: { F: { size: 1, cache: { 0: clean } } }
tasks: { T1: [{ pwrite: "F[0]", from: "map F[0]" }] }
kernel: { reclaim: "F[0]" }
expect:
  # It hangs itself.
  - reachable: DEADLOCK
    attributes: self
    why: the copy faults the page in that the write has locked
    source: 10-39 [K]
  - { absent: TORN_READ, sibling: torn, why: nothing is read, source: "10-40 [D]" }
  - reachable: TORN_READ
    why: it is not
    source: 10-41 [D]
`;

const TORN = HANGS.replace("- reachable: DEADLOCK", "- reachable: TORN_READ");
const LONG = HANGS.replace("kernel:", "long: 300\nkernel:");

async function withScenarios(files: Record<string, string>, body: (folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}.yaml`, text);
    await body(folder);
  });
}

Deno.test("what agrees is kept where it is expected, and nothing else of the file changes", async () => {
  await withScenarios({ hangs: HANGS, torn: TORN }, async (folder) => {
    const run = await runCli(["explore", "hangs.yaml", "--keep"], { folder });
    assertEquals(run.code, 1);
    assertEquals(run.stderr, "kept 2 expectations, 1 file changed; 1 not kept: they do not agree\n");
    const text = await Deno.readTextFile(`${folder}/hangs.yaml`);
    assertMatch(text, /kept:\n {6}- run: legacy-dio\n {8}token: d1~\S+~deadlock\n {8}classes: 18\n {8}shown: /);
    assertStringIncludes(text, ", kept: [ { run: legacy-dio, classes: 18, shown: absent } ] }\n  - reachable");
    assertEquals(withKept(withKept(text, 0, []), 1, []), HANGS);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["hangs.yaml", "torn.yaml"]);

    // Once more: all is as it was, and nobody has to write anything.
    const again = await runCli(["explore", "hangs.yaml", "--keep", "--no-minimise", "--jobs", "1"], { folder });
    assertStringIncludes(again.stderr, "0 files changed");
    assertEquals(await Deno.readTextFile(`${folder}/hangs.yaml`), text);
  });
});

/** Two overlapping writes: on every system a few classes. */
const WRITES = `title: two direct writes of a page
system: all
files: { F: { size: 1 } }
tasks: { T1: [{ pwrite: "F[0] O_DIRECT" }], T2: [{ pwrite: "F[0] O_DIRECT" }] }
`;

Deno.test("with --systems what lies beside each other is kept in a file of its own, and nothing in the scenario", async () => {
  await withScenarios({ writes: WRITES }, async (folder) => {
    const keep = async (systems: string) => {
      const run = await runCli(["explore", "writes.yaml", "--systems", systems, "--keep", "--brief"], { folder });
      assertEquals([run.code, run.stderr], [0, "kept: compared.json\n"]);
      const [{ runs }] = readCompared("compared.json", await Deno.readTextFile(`${folder}/compared.json`));
      return runs.map(({ system, verdict, classes }) => `${system} ${verdict} ${classes}`);
    };
    assertEquals(await keep("xfs-iomap-dio"), ["xfs-iomap-dio mixes 6"]);
    // What others come to is added, in the order of the systems.
    assertEquals(await keep("dax"), ["dax coherent 4", "xfs-iomap-dio mixes 6"]);
    assertEquals(await Deno.readTextFile(`${folder}/writes.yaml`), WRITES);
  });
});

Deno.test("what is kept and not so any more is said", async () => {
  const kept = `    kept:
      - { run: legacy-dio, token: "d1~1*2~AA~deadlock", classes: 17, shown: x }
      - { run: legacy-dio (fs=ext9), classes: 4 }
`;
  const stale = HANGS.replace("    source: 10-39 [K]\n", `    source: 10-39 [K]\n${kept}`);
  await withScenarios({ hangs: stale, torn: TORN }, async (folder) => {
    const run = await runCli(["explore", "hangs.yaml", "--no-minimise", "--width", "200"], { folder });
    const said = run.stdout.split("\n").filter((line) => line.startsWith("    kept: "));
    assertEquals(said, [
      "    kept: legacy-dio: its token goes another way: step 0: T1 touches something else than when the token was made",
      "    kept: legacy-dio: it had 17 classes",
      "    kept: legacy-dio (fs=ext9) is none of its runs any more",
    ]);
    assertStringIncludes(run.stdout, "what one expectation keeps is not so any more: --keep writes it anew");
    const json = await runCli(["explore", "hangs.yaml", "--no-minimise", "--format", "json"], { folder });
    assertEquals(JSON.parse(json.stdout).scenarios[0].expectations[0].stale.length, 3);
  });
});

Deno.test("scenarios of a folder that take long wait for --deep, and how many is said", async () => {
  await withScenarios({ hangs: HANGS, torn: TORN, long: LONG }, async (folder) => {
    const short = await runCli(["explore", ".", "--no-minimise"], { folder });
    assertStringIncludes(short.stdout, "long left out: 5 min in all; --deep explores them");
    assertEquals(short.stdout.includes("\nlong\n"), false);
    const deep = await runCli(["explore", ".", "--no-minimise", "--deep", "--format", "json"], { folder });
    const { scenarios, left_out } = JSON.parse(deep.stdout);
    assertEquals(scenarios.map(({ scenario }: { scenario: string }) => scenario), ["hangs", "long", "torn"]);
    assertEquals(left_out, []);
    const named = await runCli(["explore", "long.yaml", "--no-minimise", "--format", "json"], { folder });
    assertEquals(JSON.parse(named.stdout).scenarios.length, 1);
  });
  await withScenarios({ torn: LONG }, async (folder) => {
    const none = await runCli(["explore", "."], { folder });
    assertEquals(none.code, 2);
    assert(none.stderr.includes("all 1 scenarios of . take long: --deep explores them"), none.stderr);
  });
});
