/**
 * Puts together what `explore` found: what is reachable in each run, and what becomes of each expectation.
 *
 * @module
 */

import { anomalyInfo } from "../checking/catalogue.ts";
import { evaluate, type EvaluateOptions, expectedText, isClosed } from "../checking/expectations.ts";
import { findingsOf, type Found } from "../checking/findings.ts";
import type { ExploreReport } from "../exploring/explore.ts";
import { recoveredStates } from "../exploring/outcomes.ts";
import {
  type Agreement,
  agreementOf,
  type ExpectationResult,
  type Exploration,
  type FoundAnomaly,
  type RunOutcome,
  type VerdictResult,
} from "../report/explore_result.ts";
import { plural } from "../report/plural.ts";
import type { Expectation, Scenario } from "../scenarios/scenario.ts";
import { expectationLine } from "../scenarios/expectation_text.ts";
import type { System } from "../systems/system.ts";
import type { PlannedExpectation, PlannedRun } from "./explore_plan.ts";
import type { RunEnd } from "./explore_runs.ts";

/** How a fact begins that tells of what was not judged. */
const NOT_JUDGED = "not judged";

/** A finding's kind: anomaly and attributes. */
function kindOfFinding({ anomaly, subject }: Pick<Found, "anomaly" | "subject">): string {
  return JSON.stringify([anomaly, [...subject.attributes ?? []].sort()]);
}

/** Findings by anomaly and attributes, each with the shortest run that shows it. */
function foundAnomalies(report: ExploreReport, { lockOrder }: System): FoundAnomaly[] {
  const groups = new Map<string, Found[]>();
  for (const finding of findingsOf(report, lockOrder)) {
    const key = kindOfFinding(finding);
    groups.set(key, [...groups.get(key) ?? [], finding]);
  }
  return [...groups].sort(([a], [b]) => a < b ? -1 : 1).map(([key, [first]]): FoundAnomaly => {
    // An outcome with several findings of the kind counts once.
    const classes = report.outcomes.filter(({ findings }) => findings.some((each) => kindOfFinding(each) === key));
    return {
      anomaly: first.anomaly,
      attributes: [...first.subject.attributes ?? []].sort(),
      severity: anomalyInfo(first.anomaly).severity,
      text: first.text,
      subject: first.subject,
      count: classes.length === 0 ? first.count : classes.reduce((sum, { count }) => sum + count, 0),
      token: first.token,
    };
  });
}

/** What an exploration was within: `2 tasks and a kernel task, pages of 2 sectors, files of up to 4`. */
function boundsText({ tasks, kernel, bounds, crash }: Scenario): string {
  const kernelTasks = [kernel.flusher, kernel.reclaim, kernel.journalCommit].filter((task) => task !== null).length;
  const parts = [
    `${plural(Object.keys(tasks).length, "task")}${
      kernelTasks === 0 ? "" : ` and ${plural(kernelTasks, "kernel task")}`
    }`,
    `files of up to ${plural(bounds.pages, "page")} of ${plural(bounds.SECTORS_PER_PAGE, "sector")}`,
  ];
  if (crash !== "never") {
    parts.push(plural(bounds.crashes, "crash", "crashes"));
  }
  return parts.join(", ");
}

export function outcomeOf(
  end: RunEnd,
  run: PlannedRun,
  system: System,
  numberOf: (run: PlannedRun) => number,
): RunOutcome {
  if (end.kind !== "explored") return end;
  const { report, milliseconds, sameAs } = end;
  const { complete, deadlocked, cutOff, blocked, runSteps } = report.counts;
  const outcome: Exploration = {
    kind: "explored",
    sameAs: sameAs === null ? null : numberOf(sameAs),
    claim: claimOf(report, run.scenario),
    finished: report.finished,
    covers: report.covers,
    classes: complete + deadlocked + cutOff,
    complete,
    deadlocked,
    cutOff,
    blocked,
    steps: runSteps,
    crashPoints: report.crashPoints,
    crashImagesPossible: report.crashImagesPossible,
    crashImages: report.crashImages,
    recoveredStates: recoveredStates(report.outcomes),
    milliseconds: sameAs === null ? milliseconds : 0,
    findings: foundAnomalies(report, system),
    costs: costsOf(report),
    notJudged: report.facts.map(({ text }) => text).filter((text) => text.startsWith(NOT_JUDGED)),
  };
  return outcome;
}

const COST = /^cost (\S+) of run = (\d+)$/;

/** Costs of whole runs, each with the least and the most that one of them has. */
function costsOf({ facts }: ExploreReport): Exploration["costs"] {
  const costs = new Map<string, readonly [least: number, most: number]>();
  for (const { text } of facts) {
    const [, name, number] = COST.exec(text) ?? [];
    if (name === undefined) continue;
    const value = Number(number);
    const [least, most] = costs.get(name) ?? [value, value];
    costs.set(name, [Math.min(least, value), Math.max(most, value)]);
  }
  return Object.fromEntries([...costs].sort(([a], [b]) => a < b ? -1 : 1));
}

function claimOf({ claim }: ExploreReport, scenario: Scenario): string {
  return `${claim}; bound: ${boundsText(scenario)}`;
}

/** What is known of the runs of a plan. */
export interface KnownRuns {
  readonly ends: ReadonlyMap<number, RunEnd>;
  readonly numberOf: (run: PlannedRun) => number;
  readonly systemOf: (name: string) => System;
}

/** An expectation with its verdict in every run that it is about. */
export function expectationResult(planned: PlannedExpectation, known: KnownRuns): ExpectationResult {
  const { nth, expectation, runs, notRun } = planned;
  const verdicts = expectation.kind === "not_executable" ? [notExecutable(planned)] : [
    ...runs.map((run) => verdictIn(run, planned, known)),
    ...notRun.map(({ system, flagsText, reason }): VerdictResult => ({
      ...openVerdict(expectation, reason),
      system,
      flagsText,
    })),
  ];
  return {
    nth,
    kind: expectation.kind,
    subject: subjectOf(expectation),
    why: expectation.why,
    source: expectation.source.text,
    row: expectation.source.row,
    agreement: agreementOf(verdicts),
    verdicts,
    stale: [],
  };
}

/** What an expectation is about, in a word or two. */
export function subjectOf(expectation: Expectation): string {
  switch (expectation.kind) {
    case "reachable":
      return expectation.anomaly;
    case "absent":
      return expectation.anomalies.join(", ");
    case "result":
      return expectation.op;
    case "final":
      return Object.keys(expectation.files).join(", ");
    case "cost":
      return expectation.metric;
    case "order":
      return expectation.party;
    case "not_executable":
      return "";
  }
}

/** What an expectation says, in a line. */
function sayingOf(expectation: Expectation): string {
  const { kind } = expectation;
  return kind === "reachable" || kind === "absent" || kind === "not_executable"
    ? expectedText(expectation)
    : expectationLine(expectation);
}

function openVerdict(expectation: Expectation, shown: string): VerdictResult {
  return {
    run: null,
    system: "",
    flagsText: "",
    expected: sayingOf(expectation),
    shown,
    agreement: "open",
    claim: "",
    token: null,
    shows: null,
  };
}

function notExecutable({ scenario, expectation, nth }: PlannedExpectation): VerdictResult {
  const { shown, claim } = evaluate({ scenario, expectation, nth, report: null, lockOrder: [] });
  return { ...openVerdict(expectation, shown), claim, agreement: "agrees" };
}

function verdictIn(run: PlannedRun, planned: PlannedExpectation, known: KnownRuns): VerdictResult {
  const { scenario, expectation, nth, others } = planned;
  const { system, flagsText } = run;
  const verdict = (shown: Partial<VerdictResult>): VerdictResult => ({
    ...openVerdict(expectation, ""),
    run: known.numberOf(run),
    system,
    flagsText,
    ...shown,
  });
  const ends = [run, ...others].map((each) => known.ends.get(each.id)!);
  const missing = ends.find((end) => end.kind !== "explored");
  if (missing !== undefined) {
    return verdict({ shown: missing.kind === "not begun" ? "not run: stopped before" : `not run: ${missing.reason}` });
  }
  const [report, ...otherReports] = ends.flatMap((end) => end.kind === "explored" ? [end.report] : []);
  const { lockOrder } = known.systemOf(system);
  const options = { scenario, expectation, nth, report, others: otherReports, lockOrder };
  const { shown, token, finding } = evaluate(options);
  return verdict({
    shown,
    token,
    shows: finding === null
      ? null
      : { anomaly: finding.anomaly, attributes: [...finding.subject.attributes ?? []].sort() },
    claim: claimOf(report, scenario),
    agreement: agreementIn(options, report, otherReports),
  });
}

/** Whether only more runs could tell: then it is open. */
function agreementIn(options: EvaluateOptions, report: ExploreReport, others: readonly ExploreReport[]): Agreement {
  const verdict = evaluate(options);
  if (verdict.agrees) return "agrees";
  if ([report, ...others].every(isClosed)) return "disagrees";
  const { expectation } = options;
  const asksForOne = expectation.kind === "reachable" || "in" in expectation && expectation.in === "some";
  if (asksForOne) return "open";
  const asClosed = (each: ExploreReport): ExploreReport => ({
    ...each,
    finished: true,
    covers: "all",
    counts: { ...each.counts, cutOff: 0 },
  });
  const closed = evaluate({ ...options, report: asClosed(report), others: others.map(asClosed) });
  return closed.agrees ? "open" : "disagrees";
}
