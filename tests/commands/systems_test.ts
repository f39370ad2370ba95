import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { exploredHere } from "../../src/commands/explored_here.ts";
import { type PlannedRun, planRuns } from "../../src/commands/explore_plan.ts";
import { PROJECT_README, readmePath, readmeSources } from "../../src/commands/systems.ts";
import { writtenReadme } from "../../src/commands/system_readme.ts";
import { comparedScenarioOf } from "../../src/report/compared.ts";
import { markedParts, MarkerError, withMarkedParts } from "../../src/report/marked_parts.ts";
import { verdictTable } from "../../src/report/verdict_readme.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { loadScenarios } from "../../src/scenarios/load.ts";
import { knownSystems, SYSTEMS } from "../../src/systems/index.ts";
import { runCli } from "./run_cli.ts";

const COMPARISONS = new URL("../../fixtures/comparison", import.meta.url).pathname;

/** Comparisons of more classes are explored by who keeps them. */
const CLASSES_MAX = 60;

const SCENARIO = readScenario(
  "10-1-a.yaml",
  `title: t
system: legacy-dio
long: 140
tasks: { T1: [{ pread: "F[0]", name: r }] }
expect:
  - reachable: DEADLOCK
    why: w
    source: 10-1 [D]
    kept:
      - { run: legacy-dio, token: d1~0~A~deadlock, shown: "T1 waits | for itself" }
      - { run: legacy-dio (fs=xfs), token: d1~0~A~deadlock, shown: "T1 waits | for itself" }
  - { result: r, returns: all, why: w, source: "10-2 [D]", kept: [{ run: legacy-dio (fs=ext2), classes: 1200, shown: r returned all }] }
  - { result: r, returns: all, why: w, source: "10-3 [D]" }
  - { not_executable: it does not compile, why: w, source: "10-4 [S]" }
`,
);

Deno.test("a verdict table has a line for each way in which an expectation has been shown", () => {
  assertEquals(verdictTable([SCENARIO]), [
    "4 rows in 1 scenario: 2 of 4 expectations agree, 1 is not executable, 1 has not been kept, " +
    "1 scenario waits for --deep.",
    "",
    "|  | row | scenario | flags | expected | shown | classes |",
    "| --- | --- | --- | --- | --- | --- | --: |",
    "| ✓ | 10-1 | 10-1-a (--deep: 140 s) | default; fs=xfs | DEADLOCK is reachable | T1 waits \\| for itself | witness |",
    "| ✓ | 10-2 | 10-1-a (--deep: 140 s) | fs=ext2 | in every run, r returns all | r returned all | 1,200 |",
    "| ? | 10-3 | 10-1-a (--deep: 140 s) |  | in every run, r returns all | not kept |  |",
    "| – | 10-4 | 10-1-a (--deep: 140 s) |  | not executable | it does not compile |  |",
  ]);
});

Deno.test("what stands between markers is replaced, and nothing else", () => {
  const text = "# a\n\n<!-- verdicts -->\n\nold\n\n<!-- end -->\n\nb\n\n<!-- counterexample x 2 -->\n<!-- end -->\n";
  assertEquals(markedParts(text), [{ kind: "verdicts", words: [] }, { kind: "counterexample", words: ["x", "2"] }]);
  const filled = withMarkedParts(text, ({ kind }) => [kind]);
  assertEquals(filled.split("\n").filter((line) => line !== "" && !line.startsWith("<!--")), [
    "# a",
    "verdicts",
    "b",
    "counterexample",
  ]);
  assertEquals(withMarkedParts(filled, ({ kind }) => [kind]), filled);
  const open = "<!-- verdicts -->\n<!-- counterexample x -->\n<!-- end -->";
  assertEquals(
    assertThrows(() => withMarkedParts(open, () => []), MarkerError).message,
    "line 1: <!-- verdicts --> has no <!-- end --> behind it",
  );
});

Deno.test("a marker that nobody can follow is told of", async () => {
  const sources = { scenarios: [], comparedIn: () => [] };
  for (
    const [marker, message] of [
      ["counterexample x", "counterexample x 1: there is no such scenario"],
      ["comparison", "comparison : expected one word"],
      ["bisection x", "bisection x: there is no such scenario"],
      ["costs bios legacy-dio", "costs: expected metrics, systems and scenarios"],
    ]
  ) {
    const text = `<!-- ${marker} -->\n<!-- end -->`;
    assertEquals((await assertRejects(() => writtenReadme(text, sources), MarkerError)).message, message);
  }
});

Deno.test("the generated parts of every system's README are what its scenarios keep; else run: deno task systems --write-readme", async () => {
  for (const { name } of SYSTEMS) {
    const text = Deno.readTextFileSync(readmePath(name));
    assert(await writtenReadme(text, readmeSources(name)) === text, `src/systems/${name}/README.md`);
  }
});

Deno.test("the overview of the project's README is what is kept of the comparisons, of every system", async () => {
  const text = Deno.readTextFileSync(PROJECT_README);
  assertEquals(markedParts(text), [{ kind: "comparison", words: ["fixtures/comparison"] }]);
  assert(await writtenReadme(text, readmeSources(null)) === text, "README.md: deno task systems --write-readme");
  const kept = readmeSources(null).comparedIn("fixtures/comparison");
  const loaded = loadScenarios([COMPARISONS], { systems: knownSystems() });
  assertEquals(
    kept.map(({ scenario, title }) => [scenario, title]),
    loaded.map(({ scenario: { name, title } }) => [name, title]),
  );
  for (const { runs } of kept) assertEquals(new Set(runs.map(({ system }) => system)).size, SYSTEMS.length);
});

Deno.test("comparisons of few classes are still what is kept of them", async () => {
  const kept = readmeSources(null).comparedIn("fixtures/comparison");
  const loaded = loadScenarios([COMPARISONS], { systems: knownSystems() });
  const isSmall = (scenario: string, { system, flagsText }: PlannedRun) =>
    kept.find((each) => each.scenario === scenario)!.runs.some((run) =>
      run.system === system && run.flags === flagsText && run.finished &&
      (run.classes === null || run.classes <= CLASSES_MAX)
    );
  const plan = planRuns(loaded, SYSTEMS, { systems: "all", set: {} });
  const runs = plan.runs.filter((run) => isSmall(run.scenario.name, run));
  assert(runs.length >= 24, `${runs.length} runs are small`);
  const { scenarios } = await exploredHere(loaded, { ...plan, runs });
  for (const found of scenarios.map(comparedScenarioOf)) {
    const own = kept.find(({ scenario }) => scenario === found.scenario)!;
    for (const run of found.runs) {
      assertEquals(run, own.runs.find(({ system, flags }) => system === run.system && flags === run.flags));
    }
  }
});

Deno.test("all systems are listed with flags and standing; one has a card; both as data", async () => {
  const list = await runCli(["systems"]);
  assertEquals([list.code, list.stderr], [0, ""]);
  for (const { name, title, sources } of SYSTEMS) {
    assertStringIncludes(list.stdout, `${name}  ${title}`);
    assert(sources !== undefined, name);
  }
  const card = await runCli(["systems", "legacy-dio", "--width", "80"]);
  for (const word of ["fs=ext3; or ext2, xfs, bdev", "A9 ", "lock order", "i_mutex → "]) {
    assertStringIncludes(card.stdout, word);
  }
  assertEquals(card.stdout.split("\n").filter((line) => line.length > 80), []);
  const data = JSON.parse((await runCli(["systems", "dax", "--format", "json"])).stdout);
  assertEquals([data.name, data.standing.rows > 40], ["dax", true]);
  const wrong = await runCli(["systems", "daks"]);
  assertEquals([wrong.code, wrong.stderr.split(":")[0]], [2, "dioscope"]);
  assertStringIncludes(wrong.stderr, "daks is not modelled: there are legacy-dio, ");
});
