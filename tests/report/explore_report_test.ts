import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { traceRun } from "../../src/report/lanes/lane_trace.ts";
import { exploreJson } from "../../src/report/explore_json.ts";
import type { ExpectationResult, ExploreResult, VerdictResult } from "../../src/report/explore_result.ts";
import { exploreText } from "../../src/report/explore_text.ts";
import { plain } from "../../src/report/paint.ts";
import { verdictMatrix } from "../../src/report/verdict_matrix.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import { displayWidth } from "../../src/results/query/text_width.ts";
import { crossedLocks } from "./lane_programs.ts";

const TOKEN = "d1~0*2,1*2~2n2N~deadlock";

function verdict(more: Partial<VerdictResult>): VerdictResult {
  return {
    run: 1,
    system: "toy",
    flagsText: "",
    expected: "DEADLOCK is reachable",
    shown: "absent",
    agreement: "disagrees",
    claim: "all 5 classes",
    token: null,
    shows: null,
    ...more,
  };
}

function expectation(nth: number, verdicts: readonly VerdictResult[]): ExpectationResult {
  return {
    nth,
    kind: "reachable",
    subject: "DEADLOCK",
    why: "because",
    source: "10-1 [D]",
    row: "10-1",
    agreement: verdicts[0].agreement,
    verdicts,
    stale: [],
  };
}

const RESULT: ExploreResult = {
  isStopped: false,
  leftOut: [],
  compares: "nothing",
  scenarios: [{
    scenario: "crossed",
    path: "crossed.yaml",
    title: "two renames",
    runs: [{
      run: 1,
      system: "toy",
      flags: { fs: "ext2" },
      flagsText: "",
      strategy: "exhaustive",
      seed: null,
      origin: "scenario",
      set: null,
      outcome: {
        kind: "explored",
        sameAs: null,
        claim: "all 5 classes (4 complete, 1 in deadlock); bound: 2 tasks",
        finished: true,
        covers: "all",
        classes: 5,
        complete: 4,
        deadlocked: 1,
        cutOff: 0,
        blocked: 2,
        steps: 1234,
        crashPoints: 0,
        crashImagesPossible: 0,
        crashImages: 0,
        recoveredStates: 0,
        milliseconds: 1500,
        notJudged: ["not judged: what nobody recorded"],
        costs: {},
        findings: [{
          anomaly: "DEADLOCK",
          attributes: ["AB-BA"],
          severity: "error",
          text: "T1 waits",
          subject: {},
          count: 1,
          token: TOKEN,
        }],
      },
    }, {
      run: 2,
      system: "toy",
      flags: { fs: "ext3" },
      flagsText: "fs=ext3",
      strategy: "exhaustive",
      seed: null,
      origin: "scenario",
      set: null,
      outcome: { kind: "refused", reason: "toy has no ext3" },
    }],
    expectations: [
      expectation(0, [
        verdict({ agreement: "agrees", shown: "DEADLOCK reachable: T1 waits", token: TOKEN }),
        verdict({ run: 2, flagsText: "fs=ext3", agreement: "open", shown: "not run: toy has no ext3" }),
      ]),
      expectation(1, [verdict({})]),
      expectation(2, [verdict({ run: null, agreement: "open", shown: "other is not modelled yet" })]),
    ],
    steps: [{ step: "A1", isReached: true }, { step: "A9", isReached: false }],
    pictures: [{
      anomaly: "DEADLOCK",
      attributes: ["AB-BA"],
      runs: [1],
      expectations: [0],
      token: TOKEN,
      smaller: null,
      caveat: null,
      shown: readScenario("crossed.yaml", 'title: t\nsystem: mainline\ntasks: { T1: [{ pread: "F[0]" }] }\n'),
      head: ["two renames: toy", "T1: rename ‖ T2: rename"],
      explanation: ["DEADLOCK: each waits for the other. Neither goes on."],
      stepMeanings: {},
      operationNames: {},
      trace: traceRun(crossedLocks, TOKEN),
    }],
    patches: [],
  }],
};

const OPTIONS = { width: 80, matrixWidth: Infinity, paint: plain, times: "left out" } as const;

Deno.test("the report tells of runs, expectations, steps, counterexamples, and ends with the matrix", () => {
  assertEquals(
    `\n${exploreText(RESULT, OPTIONS)}\n`,
    `
crossed
  two renames
  run 1: toy: all 5 classes (4 complete, 1 in deadlock); bound: 2 tasks
    2 blocked, 1,234 steps
    not judged: what nobody recorded
    reachable: DEADLOCK (AB-BA), error, in 1 class
      d1~0*2,1*2~2n2N~deadlock
  run 2: toy (fs=ext3): not run: toy has no ext3
  steps reached: A1; not reached: A9
  ✓ 1. agrees: DEADLOCK is reachable
    shown: DEADLOCK reachable: T1 waits [toy, default flags]
      d1~0*2,1*2~2n2N~deadlock
    shown: not run: toy has no ext3 [toy, fs=ext3]
    why: because (10-1 [D])
  ✗ 2. disagrees: DEADLOCK is reachable
    shown: absent
    why: because (10-1 [D])
  ? 3. open: DEADLOCK is reachable
    shown: other is not modelled yet [toy, default flags]
    why: because (10-1 [D])

── DEADLOCK, AB-BA ─────────────────────────────────────────────────────────────
two renames: toy
T1: rename ‖ T2: rename

     T1                            T2
 0 │ ▶ rename over G
 1 ┃ lock i_mutex(F)
 2 ┃ holds i_mutex(F)            │ ▶ rename over F
 3 ┊ waits i_mutex(G) (owner T2) ┊ lock i_mutex(G)
   ┊                             ┊ holds i_mutex(G)
   ┊                             ┊ waits i_mutex(F) (owner T1)

DEADLOCK: each waits for the other. Neither goes on.
replay: d1~0*2,1*2~2n2N~deadlock

  row   scenario  flags    expected               shown                         classes  steps reached
✓ 10-1  crossed            DEADLOCK is reachable  DEADLOCK reachable: T1 waits        5  A1 not A9
? 10-1  crossed   fs=ext3  DEADLOCK is reachable  not run: toy has no ext3            0  A1 not A9
✗ 10-1  crossed            DEADLOCK is reachable  absent                              5  A1 not A9
? 10-1  crossed            DEADLOCK is reachable  other is not modelled yet              A1 not A9

1 of 3 expectations agree, 1 disagrees, 1 left open
`,
  );
});

Deno.test("times are told on request, and what was stopped says so", () => {
  const text = exploreText({ ...RESULT, isStopped: true }, { ...OPTIONS, times: "shown" });
  assertStringIncludes(text, "2 blocked, 1,234 steps, 1.50 s");
  assert(/steps reached {2}seconds\n/.test(text));
  assertStringIncludes(text, "stopped: this is what had been found until then");
  assert(!exploreText(RESULT, OPTIONS).includes("seconds"));
});

Deno.test("the matrix is as wide as the terminal and no wider", () => {
  for (const width of [90, 110]) {
    const lines = verdictMatrix(RESULT, { width, paint: plain, times: "left out" });
    for (const line of lines) assert(displayWidth(line) <= width, line);
  }
});

Deno.test("the JSON document has runs, verdicts and every step of a counterexample, and no times", () => {
  const text = exploreJson(RESULT, { times: "left out" });
  assert(!text.includes("seconds"));
  assertStringIncludes(exploreJson(RESULT, { times: "shown" }), '"seconds": 1.5');
  const { expectations, scenarios: [scenario] } = JSON.parse(text);
  assertEquals(expectations, { agrees: 1, disagrees: 1, open: 1 });
  assertEquals(
    scenario.runs.map(({ outcome, classes, reason }: Record<string, unknown>) => [outcome, classes, reason]),
    [
      ["explored", 5, undefined],
      ["refused", undefined, "toy has no ext3"],
    ],
  );
  const agreements = scenario.expectations.map((each: ExpectationResult) =>
    each.verdicts.map(({ agreement }) => agreement)
  );
  assertEquals(agreements, [["agrees", "open"], ["disagrees"], ["open"]]);
  const [picture] = scenario.pictures;
  assertEquals(picture.steps.at(-1), {
    step: 3,
    task: "T2",
    notes: [{ task: "T2", action: "lock", resource: "i_mutex(G)", detail: "" }],
    choice: null,
    changes: [],
    holds: ["i_mutex(G)"],
    waits: "i_mutex(F) (owner T1)",
  });
});
