import { assert, assertEquals } from "@std/assert";
import { shrink } from "../../src/exploring/minimise.ts";
import { loadScenarios } from "../../src/scenarios/load.ts";
import { aimedAt, reductions } from "../../src/scenarios/reductions.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { Scenario } from "../../src/scenarios/scenario.ts";
import { scenarioText } from "../../src/scenarios/scenario_text.ts";

const FIXTURES = new URL("../../fixtures", import.meta.url).pathname;

const HEAD = "title: t\nsystem: dax\n";
const EXPECT = "expect:\n  - reachable: DEADLOCK\n    why: w\n    source: ours\n";

/** What the tasks of scenarios do, as text; each different one once. */
function differentTasks(scenarios: Iterable<Scenario>): string[] {
  return [...new Set([...scenarios].map(tasksOf))];
}

function tasksOf(scenario: Scenario): string {
  const text = scenarioText({ ...scenario, expectations: [], files: {} });
  return text.slice(text.indexOf("tasks:"));
}

Deno.test("tasks go first, then kernel tasks, operations, pages, what is cached, and sectors", () => {
  const scenario = readScenario(
    "a.yaml",
    `${HEAD}files:
  F: { size: 1, cache: clean }
tasks:
  T1:
    - pwrite: F[0..1]
    - fsync: F
  T2:
    - load: F[0]
kernel: { flusher: on }
${EXPECT}`,
  );
  const shown = [...reductions(scenario)].map(({ tasks, kernel, files }) => {
    const operations = Object.entries(tasks).map(([task, { operations }]) =>
      `${task} ${
        operations.map((operation) => {
          if (!("place" in operation)) return operation.kind;
          const { firstPage, lastPage, lastSector } = operation.place.range!;
          return `${operation.kind} ${firstPage}..${lastPage}${lastSector === null ? "" : `:${lastSector}`}`;
        }).join(", ")
      }`
    );
    const rest = [kernel.flusher && "flusher", files.F.cache.length > 0 && "cached", `${files.F.size.pages} pages`];
    return [...operations, ...rest.filter(Boolean)].join("; ");
  });
  assertEquals(shown, [
    "T1 pwrite 0..1, fsync; flusher; cached; 1 pages",
    "T2 load 0..0; flusher; cached; 1 pages",
    "T1 pwrite 0..1, fsync; T2 load 0..0; cached; 1 pages",
    "T1 pwrite 0..1; T2 load 0..0; flusher; cached; 1 pages",
    "T1 fsync; T2 load 0..0; flusher; cached; 1 pages",
    "T1 pwrite 0..0, fsync; T2 load 0..0; flusher; cached; 1 pages",
    "T1 pwrite 1..1, fsync; T2 load 0..0; flusher; cached; 1 pages",
    "T1 pwrite 0..1, fsync; T2 load 0..0; flusher; 1 pages",
    "T1 pwrite 0..1, fsync; T2 load 0..0; flusher; 0 pages",
    "T1 pwrite 0..1, fsync; T2 load 0..0:0; flusher; cached; 1 pages",
  ]);
});

Deno.test("nothing is taken away that the expectation refers to, and default names move up", () => {
  const scenario = readScenario(
    "a.yaml",
    `${HEAD}tasks:
  T1:
    - fsync: F
    - pread: F[0]
  T2:
    - pwrite: F[0]
      after: T1#0
expect:
  - result: T1#1
    reads: { 0: [initial, T2#0] }
    why: w
    source: ours
`,
  );
  const smaller = [...reductions(scenario)];
  assertEquals(differentTasks(smaller).filter((text) => text !== tasksOf(scenario)), [
    "tasks:\n  T1:\n    - pread: F[0]\n  T2:\n    - pwrite: F[0]\n",
    "tasks:\n  T1:\n    - fsync: F\n    - pread: F[0:0]\n  T2:\n    - pwrite: F[0]\n      after: T1#0\n",
    "tasks:\n  T1:\n    - fsync: F\n    - pread: F[0]\n  T2:\n    - pwrite: F[0:0]\n      after: T1#0\n",
  ]);
  const [expectation] = smaller[0].expectations;
  assert(expectation.kind === "result");
  assertEquals([expectation.op, expectation.reads[0].origins], ["T1#0", ["initial", "T2#0"]]);
});

Deno.test("the pages of a buffer go with those of the file", () => {
  const scenario = readScenario(
    "a.yaml",
    `${HEAD}tasks:\n  T1:\n    - pwritev: F[0..2]\n      from: anon 1 + map G[1..2]\n${EXPECT}`,
  );
  assertEquals(differentTasks(reductions(scenario)).filter((text) => text !== tasksOf(scenario)), [
    "tasks:\n  T1:\n    - pwritev: F[0..1]\n      from: anon 1 + map G[1]\n",
    "tasks:\n  T1:\n    - pwritev: F[1..2]\n      from: map G[1..2]\n",
  ]);
});

Deno.test("what is submitted together becomes less, and the wait for it stays", () => {
  const scenario = readScenario(
    "a.yaml",
    `${HEAD}tasks:\n  T1:\n    - io_submit:\n        - pread: F[0]\n        - pread: F[1]\n${EXPECT}`,
  );
  const [smaller] = reductions(scenario);
  assertEquals(smaller.tasks.T1.operations.map(({ kind }) => kind), ["io_submit", "io_getevents"]);
  assertEquals(tasksOf(smaller), "tasks:\n  T1:\n    - io_submit:\n        - pread: F[0]\n");
});

Deno.test("every reduction of every fixture is a scenario, and smaller ones end", () => {
  for (const { scenario } of loadScenarios([FIXTURES])) {
    for (const expectation of scenario.expectations) {
      const aimed = aimedAt(scenario, expectation);
      const { subject } = shrink(aimed, "", { reductions, find: () => "" });
      assertEquals([...reductions(subject)], []);
      assertEquals(readScenario(`${subject.name}.yaml`, scenarioText(subject)), subject);
    }
  }
});
