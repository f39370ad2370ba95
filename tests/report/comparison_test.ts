import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { bisection } from "../../src/report/bisection.ts";
import {
  ComparedError,
  comparedScenarioOf,
  comparedText,
  mergedCompared,
  readCompared,
} from "../../src/report/compared.ts";
import { comparison, overview } from "../../src/report/comparison.ts";
import { costTable } from "../../src/report/cost_table.ts";
import type { Exploration, RunResult, ScenarioResult } from "../../src/report/explore_result.ts";
import { coloured, plain } from "../../src/report/paint.ts";
import { displayWidth } from "../../src/results/query/text_width.ts";
import { stripVTControlCharacters } from "node:util";

function explored(anomalies: readonly string[], more: Partial<Exploration> = {}): Exploration {
  return {
    kind: "explored",
    sameAs: null,
    claim: "all 3 classes",
    finished: true,
    covers: "all",
    classes: 1234,
    complete: 3,
    deadlocked: 0,
    cutOff: 0,
    blocked: 0,
    steps: 9,
    crashPoints: 0,
    crashImagesPossible: 0,
    crashImages: 0,
    recoveredStates: 0,
    milliseconds: 1,
    findings: anomalies.map((anomaly) => ({
      anomaly,
      attributes: anomaly === "DEADLOCK" ? ["self"] : [],
      severity: "error",
      text: "",
      subject: {},
      count: 1,
      token: "d1~0~A~complete",
    })),
    costs: { bios: [2, 3], tree_ops: [14, 14], "lock_hold_steps(i_mutex)": [30, 31], "lock_hold_steps(page)": [2, 2] },
    notJudged: [],
    ...more,
  };
}

function runs(
  outcomes: readonly [
    system: string,
    set: string | null,
    flags: Record<string, string>,
    outcome: RunResult["outcome"],
  ][],
): RunResult[] {
  return outcomes.map(([system, set, flags, outcome], nth) => ({
    run: nth + 1,
    system,
    flags,
    flagsText: Object.entries(flags).filter(([, value]) => value !== "off").map((each) => each.join("=")).join(", "),
    strategy: "exhaustive",
    seed: null,
    origin: "asked",
    set,
    outcome,
  }));
}

function scenario(name: string, own: RunResult[]): ScenarioResult {
  return {
    scenario: name,
    path: "",
    title: `about ${name}`,
    runs: own,
    expectations: [],
    steps: [],
    pictures: [],
    patches: [],
  };
}

const OPTIONS = { width: 100, paint: plain };

const COMPARED = scenario(
  "s",
  runs([
    ["old", null, {}, explored(["DEADLOCK", "LOST_UPDATE", "OVERWAIT"])],
    ["new", null, { fix: "on" }, explored([])],
    ["other", null, {}, { kind: "refused", reason: "s on other: asynchronous I/O is not modelled" }],
    ["big", null, {}, explored([], { finished: false })],
  ]),
);

Deno.test("systems stand beside each other with what they come to and what it costs, and what one cannot do is said", () => {
  const cost = "bios 2–3, tree ops 14, i_mutex held 30–31";
  assertEquals(comparison(comparedScenarioOf(COMPARED), { ...OPTIONS, width: 200 }), [
    "s: about s",
    "system        verdict    reachable                                          classes  cost",
    `old           hangs +    DEADLOCK (self), LOST_UPDATE                         1,234  ${cost}`,
    `new (fix=on)  coherent                                                        1,234  ${cost}`,
    "other         –          not expressible: asynchronous I/O is not modelled",
    `big           none seen                                                       1,234  ${cost}`,
  ]);
});

Deno.test("no line of a comparison is wider than asked for, in colour as well", () => {
  for (const width of [80, 100, 160]) {
    for (const line of comparison(comparedScenarioOf(COMPARED), { width, paint: coloured })) {
      const bare = stripVTControlCharacters(line);
      assert(displayWidth(bare) <= width, `${width}: ${bare}`);
    }
  }
});

Deno.test("several scenarios are a table of systems and scenarios, a word each", () => {
  const other = scenario("t", runs([["old", null, {}, explored(["STALE_DATA"])], ["new", null, {}, explored([])]]));
  assertEquals(overview([COMPARED, other].map(comparedScenarioOf), OPTIONS), [
    "1  about s",
    "2  about t",
    "",
    "system  1          2",
    "old     hangs +    stale data",
    "new     coherent   coherent",
    "other   –",
    "big     none seen",
    "",
    "bios   1    2",
    "old    2–3  2–3",
    "new    2–3  2–3",
    "other",
    "big    2–3",
    "",
    "tree ops  1   2",
    "old       14  14",
    "new       14  14",
    "other",
    "big       14",
    "",
    "longest lock held  1      2",
    "old                30–31  30–31",
    "new                30–31  30–31",
    "other",
    "big                30–31",
  ]);
});

Deno.test("a file keeps what was explored to its end; of a run that was stopped it keeps what it had", () => {
  const names = ["old", "new", "other", "big"];
  const first = mergedCompared([], [COMPARED], names);
  assertEquals(first[0].runs.map(({ system, verdict, finished }) => [system, verdict, finished]), [
    ["old", "hangs +", true],
    ["new", "coherent", true],
    ["other", "–", true],
    ["big", "none seen", false],
  ]);
  assertEquals(readCompared("compared.json", comparedText(first)), first);

  const later = scenario(
    "s",
    runs([
      ["old", null, {}, explored(["STALE_DATA"], { finished: false })],
      ["new", null, { fix: "twice" }, explored(["STALE_DATA"])],
    ]),
  );
  assertEquals(mergedCompared(first, [later], names)[0].runs.map(({ flags, verdict }) => [flags, verdict]), [
    ["", "hangs +"],
    ["fix=twice", "stale data"],
    ["", "–"],
    ["", "none seen"],
  ]);
  const stopped = { ...first[0], runs: [{ ...first[0].runs[0], finished: false }] };
  assertStringIncludes(overview([stopped], OPTIONS).join("\n"), "old     hangs + …");
  assertEquals(mergedCompared(first, [later], ["new"])[0].runs.length, 1);
  assertThrows(() => readCompared("c.json", "{}"), ComparedError, "c.json: keeps no comparison");
});

Deno.test("costs stand beside each other by the names of the sets of patches, and what is not counted is 0", () => {
  const sets = [{ name: "none", flags: { p1: "off" } }, { name: "p1", flags: { p1: "on" } }];
  const result = scenario(
    "s",
    runs([
      ["old", null, {}, explored([])],
      ["series", null, { p1: "on", fs: "a" }, explored([])],
      ["series", null, { p1: "off", fs: "a" }, explored([], { costs: {} })],
      ["series", null, { p1: "off", fs: "b" }, { kind: "refused", reason: "no b" }],
    ]),
  );
  assertEquals(costTable([result], ["bios", "lock_hold_steps(i_mutex)"], (name) => name === "old" ? [] : sets), [
    "| scenario | run | `bios` | `lock_hold_steps(i_mutex)` |",
    "| --- | --- | --: | --: |",
    "| about s | old | 2–3 | 30–31 |",
    "|  | series p1 fs=a | 2–3 | 30–31 |",
    "|  | series none fs=a | 0 | 0 |",
    "|  | series none fs=b |  |  |",
  ]);
});

Deno.test("a bisection tells which patch brings and which one cures what, by sets that differ in that one", () => {
  const series = scenario(
    "s",
    runs([
      ["series", "none", { p1: "off", p2: "off", p3: "off" }, explored(["STALE_DATA"])],
      ["series", "p1", { p1: "on", p2: "off", p3: "off" }, explored(["STALE_DATA", "DEADLOCK"])],
      ["series", "p3", { p1: "off", p2: "off", p3: "on" }, explored(["STALE_DATA"])],
      ["series", "p1 p2", { p1: "on", p2: "on", p3: "off" }, explored(["DEADLOCK"])],
      ["series", "p1 p3", { p1: "on", p2: "off", p3: "on" }, explored([], { finished: false })],
      ["series", "p1 p2 p3", { p1: "on", p2: "on", p3: "on" }, { kind: "refused", reason: "p3 needs more" }],
    ]),
  );
  assertEquals(bisection(series, OPTIONS), [
    "s: about s",
    "",
    "series    verdict          DEADLOCK  STALE_DATA  classes",
    "none      stale data       ·         ●             1,234",
    "p1        hangs +          ●         ●             1,234",
    "p3        stale data       ·         ●             1,234",
    "p1 p2     hangs            ●         ·             1,234",
    "p1 p3     none seen        ?         ?             1,234",
    "p1 p2 p3  – p3 needs more",
    "",
    "p1 brings DEADLOCK (1 of 2 pairs of sets)",
    "p2 cures STALE_DATA",
  ]);
  const narrow = bisection(series, { width: 40, paint: plain }).join("\n");
  assertStringIncludes(narrow, "A  DEADLOCK\nB  STALE_DATA");
  assert(narrow.split("\n").every((line) => displayWidth(line) <= 40), narrow);
});
