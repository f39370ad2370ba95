import { assertEquals } from "@std/assert";
import type { PlannedRun } from "../../src/commands/explore_plan.ts";
import { expectationResult } from "../../src/commands/explore_results.ts";
import type { RunEnd } from "../../src/commands/explore_runs.ts";
import type { ExploreReport } from "../../src/exploring/explore.ts";
import type { Agreement } from "../../src/report/explore_result.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { System } from "../../src/systems/system.ts";

const SYSTEM: System = {
  name: "legacy-dio",
  title: "",
  flags: [],
  presets: {},
  steps: {},
  lockOrder: [],
  mount: () => {
    throw new Error("nothing is mounted here");
  },
};

interface Shown {
  readonly anomalies?: readonly string[];
  readonly facts?: readonly string[];
  /** Default: finished. */
  readonly end?: "finished" | "stopped" | "cut off" | "sampled";
}

function report({ anomalies = [], facts = [], end = "finished" }: Shown): ExploreReport {
  const token = "d1~0~A~complete";
  const counts = { complete: 3, deadlocked: 0, cutOff: end === "cut off" ? 1 : 0, blocked: 0, steps: 9, runSteps: 9 };
  return {
    program: "p",
    claim: "three classes",
    finished: end !== "stopped",
    covers: end === "sampled" ? "some" : "all",
    counts: { ...counts } as ExploreReport["counts"],
    crashPoints: 0,
    crashImagesPossible: 0,
    crashImages: 0,
    outcomes: [{
      end: "complete",
      finalState: "",
      findings: anomalies.map((anomaly) => ({ anomaly, text: "it is so", subject: {} })),
      count: 3,
      token,
    }],
    facts: facts.map((text) => ({ text, count: 1, token })),
    checkpoint: null,
  };
}

/** What becomes of an expectation where a run ends so. */
function agreement(expect: string, end: RunEnd): Agreement {
  const text = `title: t\nsystem: legacy-dio\ntasks: { T1: [{ pread: "F[0]", name: r }] }\n` +
    `expect: [{ ${expect}, why: w, source: "10-1 [D]" }]`;
  const scenario = readScenario("a.yaml", text);
  const run: PlannedRun = {
    id: 0,
    path: "a.yaml",
    scenario,
    system: "legacy-dio",
    flags: {},
    flagsText: "",
    origin: "scenario",
  };
  const [expectation] = scenario.expectations;
  const planned = { path: "a.yaml", scenario, nth: 0, expectation, runs: [run], others: [], notRun: [] };
  const known = { ends: new Map([[0, end]]), numberOf: () => 1, systemOf: () => SYSTEM };
  return expectationResult(planned, known).agreement;
}

function explored(shown: Shown): RunEnd {
  return { kind: "explored", report: report(shown), milliseconds: 1, sameAs: null };
}

const REACHABLE = "reachable: STALE_DATA";
const ABSENT = "absent: STALE_DATA, sibling: a";
const EVERY = "result: r, returns: all";
const SOME = "result: r, in: some, returns: all";
const HOLDS = ["expectation 0 holds: r returned all"];
const FAILS = ["expectation 0 fails: r returned -EIO"];

const CASES: readonly [expect: string, shown: Shown, agreement: Agreement][] = [
  [REACHABLE, { anomalies: ["STALE_DATA"], end: "stopped" }, "agrees"],
  [REACHABLE, {}, "disagrees"],
  [REACHABLE, { end: "stopped" }, "open"],
  [REACHABLE, { end: "cut off" }, "open"],
  [ABSENT, {}, "agrees"],
  [ABSENT, { anomalies: ["STALE_DATA"] }, "disagrees"],
  [ABSENT, { anomalies: ["STALE_DATA"], end: "stopped" }, "disagrees"],
  [ABSENT, { end: "stopped" }, "open"],
  [ABSENT, { end: "cut off" }, "open"],
  [REACHABLE, { anomalies: ["STALE_DATA"], end: "sampled" }, "agrees"],
  [REACHABLE, { end: "sampled" }, "open"],
  [ABSENT, { end: "sampled" }, "open"],
  [EVERY, { facts: HOLDS, end: "sampled" }, "open"],
  [EVERY, { facts: HOLDS }, "agrees"],
  [EVERY, { facts: HOLDS, end: "stopped" }, "open"],
  [EVERY, { facts: [...HOLDS, ...FAILS], end: "stopped" }, "disagrees"],
  [EVERY, { facts: FAILS }, "disagrees"],
  [SOME, { facts: [...HOLDS, ...FAILS], end: "stopped" }, "agrees"],
  [SOME, { facts: FAILS, end: "stopped" }, "open"],
  [SOME, { facts: FAILS }, "disagrees"],
];

for (const [expect, shown, expected] of CASES) {
  const { anomalies = [], facts = [], end = "finished" } = shown;
  const what = [...anomalies, ...facts].join(", ") || "nothing";
  Deno.test(`{ ${expect} } where an exploration that is ${end} shows ${what}: ${expected}`, () => {
    assertEquals(agreement(expect, explored(shown)), expected);
  });
}

Deno.test("a run that could not be done leaves what is expected of it open", () => {
  assertEquals(agreement(REACHABLE, { kind: "refused", reason: "it has no such call" }), "open");
  assertEquals(agreement(ABSENT, { kind: "failed", reason: "a defect" }), "open");
  assertEquals(agreement(EVERY, { kind: "not begun" }), "open");
});
