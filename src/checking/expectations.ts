/**
 * Evaluates what a scenario expects against what exploring one of its programs has shown.
 *
 * @module
 */

import type { ExploreReport } from "../exploring/explore.ts";
import type { Fact } from "../exploring/outcomes.ts";
import type {
  AbsentExpectation,
  CostExpectation,
  Expectation,
  InRuns,
  ReachableExpectation,
  Relation,
  Scenario,
} from "../scenarios/scenario.ts";
import { costName } from "./costs.ts";
import { finalText, orderText, resultText } from "./expectation_text.ts";
import { findingsOf, type Found } from "./findings.ts";
import { isMeant } from "./narrowing.ts";

/** What has become of one expectation in one run of a scenario. */
export interface ExpectationVerdict {
  /** In a line: `DEADLOCK (self, placeholder) is reachable`. */
  readonly expected: string;
  /** What was seen, in a line. */
  readonly shown: string;
  /** False where what was seen contradicts it, or leaves it open. */
  readonly agrees: boolean;
  /** What the exploration may claim. */
  readonly claim: string;
  /** Replays a witness, or a run that contradicts; null where there is none. */
  readonly token: string | null;
  /** Finding of that run, where it is about one. */
  readonly finding: Found | null;
}

/** An expectation, and what exploring has shown. */
export interface EvaluateOptions {
  /** That it is an expectation of. */
  readonly scenario: Scenario;
  /** What is expected. */
  readonly expectation: Expectation;
  /** Position of the expectation in the scenario, from 0. */
  readonly nth: number;
  /** Null for what is not executable. */
  readonly report: ExploreReport | null;
  /** Of a cost that is compared with other runs: what those showed. */
  readonly others?: readonly ExploreReport[];
  /** As the system documents it. */
  readonly lockOrder: readonly (readonly [string, string])[];
}

/** What the expectation says, in a line. */
export function expectedText(expectation: Expectation): string {
  switch (expectation.kind) {
    case "reachable":
      return `${expectation.anomaly}${narrowingText(expectation)} is reachable`;
    case "absent":
      return `${expectation.anomalies.join(", ")}${narrowingText(expectation)} ${
        expectation.anomalies.length === 1 ? "is" : "are"
      } absent`;
    case "result":
      return `in ${runsText(expectation.in)}, ${resultText(expectation)}`;
    case "final":
      return expectation.when === "done"
        ? `in ${runsText(expectation.in)}, when all is done, ${finalText(expectation)}`
        : `after recovery from ${expectation.in} crash, ${finalText(expectation)}`;
    case "cost": {
      const { metric, of, resource, over, relation, to } = expectation;
      const what = costName(metric, resource, of);
      const other = typeof to === "number" ? String(to) : "the other run's";
      const which = over === "every" ? "" : over === "most" ? "the most of " : "the least of ";
      return `${which}${what} ${RELATION_WORDS[relation]} ${other}`;
    }
    case "order":
      return `in ${runsText(expectation.in)}, ${orderText(expectation)}`;
    case "not_executable":
      return `not executable: ${expectation.reason}`;
  }
}

const RELATION_WORDS: Readonly<Record<Relation, string>> = {
  equals: "equals",
  less_than: "is less than",
  at_most: "is at most",
  more_than: "is more than",
  at_least: "is at least",
};

function runsText(runs: InRuns): string {
  return runs === "every" ? "every run" : "some run";
}

function narrowingText(expectation: ReachableExpectation | AbsentExpectation): string {
  const { attributes, tasks, resources, at, op } = expectation;
  const words = [...attributes, ...tasks, ...resources, ...(op === null ? [] : [op])];
  if (at !== null) words.push(`at ${at.name}`);
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

/**
 * Evaluates one expectation.
 *
 * What must be so in every run, or is absent, agrees only when every schedule that there is has been looked at, and none was cut
 * off; what must be so in some run needs one.
 *
 * @throws when there is no report of something executable
 */
export function evaluate(options: EvaluateOptions): ExpectationVerdict {
  const { expectation, report } = options;
  const expected = expectedText(expectation);
  if (expectation.kind === "not_executable") {
    return { expected, shown: "was not run", agrees: true, claim: "none", token: null, finding: null };
  }
  if (report === null) throw new Error(`${expected}: there is nothing to evaluate`);
  const verdict = { expected, claim: report.claim, ...evaluated(options, report) };
  return verdict;
}

type Evaluated = Pick<ExpectationVerdict, "shown" | "agrees" | "token" | "finding">;

function evaluated(options: EvaluateOptions, report: ExploreReport): Evaluated {
  const { expectation, nth } = options;
  switch (expectation.kind) {
    case "reachable":
      return reachable(expectation, options, report);
    case "absent":
      return absent(expectation, options, report);
    case "cost":
      return cost(expectation, report, options.others ?? []);
    case "result":
    case "final":
    case "order":
      return inRuns(expectation.in, nth, report);
    case "not_executable":
      throw new Error("what is not executable has no runs");
  }
}

/** Every schedule has been looked at to its end. */
export function isClosed({ finished, covers, counts }: ExploreReport): boolean {
  return finished && covers === "all" && counts.cutOff === 0;
}

function openText({ finished, covers }: ExploreReport): string {
  if (covers === "some") return "only some schedules were run";
  return finished ? "runs were cut off" : "the exploration was not finished";
}

function reachable(expectation: ReachableExpectation, options: EvaluateOptions, report: ExploreReport): Evaluated {
  const all = findingsOf(report, options.lockOrder).filter(({ anomaly }) => anomaly === expectation.anomaly);
  const meant = all.filter(({ anomaly, subject }) => isMeant(anomaly, subject, expectation, options.scenario));
  if (meant.length > 0) return { shown: reachableText(meant), agrees: true, token: meant[0].token, finding: meant[0] };
  if (all.length > 0) {
    const shown = `${expectation.anomaly}, but not as narrowed: ${firstLine(all[0].text)}`;
    return { shown, agrees: false, token: all[0].token, finding: all[0] };
  }
  const shown = isClosed(report) ? "absent" : `not seen, and ${openText(report)}`;
  return { shown, agrees: false, token: null, finding: null };
}

/** Of what could only be told to be one of several anomalies, each counts as not absent, and none as reached. */
function absent(expectation: AbsentExpectation, options: EvaluateOptions, report: ExploreReport): Evaluated {
  const meant = findingsOf(report, options.lockOrder).filter(({ anomaly, subject }) =>
    anomaly.split("|").some((each) => expectation.anomalies.includes(each)) &&
    isMeant(anomaly, subject, expectation, options.scenario)
  );
  if (meant.length > 0) return { shown: reachableText(meant), agrees: false, token: meant[0].token, finding: meant[0] };
  if (isClosed(report)) return { shown: "absent", agrees: true, token: null, finding: null };
  return { shown: `not seen, but ${openText(report)}`, agrees: false, token: null, finding: null };
}

function reachableText([first, ...rest]: readonly Found[]): string {
  const more = rest.length === 0 ? "" : ` (and ${rest.length} more)`;
  return `${first.anomaly} reachable: ${firstLine(first.text)}${more}`;
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : `${text.slice(0, end)} ...`;
}

const VERDICT = /^expectation (\d+) (holds|fails): (.*)$/s;

/** Expectations whose verdict each run has given as a fact. */
function inRuns(runs: InRuns, nth: number, report: ExploreReport): Evaluated {
  const held: { text: string; fact: Fact }[] = [];
  const failed: { text: string; fact: Fact }[] = [];
  for (const fact of report.facts) {
    const match = VERDICT.exec(fact.text);
    if (match === null || Number(match[1]) !== nth) continue;
    (match[2] === "holds" ? held : failed).push({ text: match[3], fact });
  }
  const texts = (list: typeof held) => [...new Set(list.map(({ text }) => text))].join(" / ");
  if (held.length + failed.length === 0) {
    return { shown: "no run came as far as to tell", agrees: false, token: null, finding: null };
  }
  if (runs === "some") {
    return held.length > 0
      ? { shown: texts(held), agrees: true, token: shortest(held).fact.token, finding: null }
      : { shown: texts(failed), agrees: false, token: shortest(failed).fact.token, finding: null };
  }
  if (failed.length > 0) {
    return { shown: texts(failed), agrees: false, token: shortest(failed).fact.token, finding: null };
  }
  const shown = isClosed(report) ? texts(held) : `${texts(held)}, but ${openText(report)}`;
  return { shown, agrees: isClosed(report), token: shortest(held).fact.token, finding: null };
}

function shortest<T extends { readonly fact: Fact }>(list: readonly T[]): T {
  return list.reduce((best, each) => each.fact.token.length < best.fact.token.length ? each : best);
}

interface Value {
  readonly value: number;
  readonly token: string;
}

/** Different values of a cost, ascending. */
function valuesOf(report: ExploreReport, name: string): Value[] {
  const start = `cost ${name} = `;
  return report.facts.filter(({ text }) => text.startsWith(start))
    .map(({ text, token }) => ({ value: Number(text.slice(start.length)), token }))
    .sort((a, b) => a.value - b.value);
}

const COMPARES: Readonly<Record<Relation, (a: number, b: number) => boolean>> = {
  equals: (a, b) => a === b,
  less_than: (a, b) => a < b,
  at_most: (a, b) => a <= b,
  more_than: (a, b) => a > b,
  at_least: (a, b) => a >= b,
};

function picked(values: readonly Value[], over: CostExpectation["over"]): readonly Value[] {
  if (over === "every") return values;
  return over === "most" ? values.slice(-1) : values.slice(0, 1);
}

function cost(expectation: CostExpectation, report: ExploreReport, others: readonly ExploreReport[]): Evaluated {
  const { metric, of, resource, over, relation, to } = expectation;
  const none = { agrees: false, token: null, finding: null };
  if (typeof to !== "number" && others.length === 0) return { ...none, shown: "there is no run to compare with" };
  if (metric === "runs") return equalRuns(report, others);
  const own = picked(valuesOf(report, costName(metric, resource, of)), over);
  if (own.length === 0) return { ...none, shown: "no complete run has told what it costs" };
  const text = (values: readonly Value[]) => values.map(({ value }) => value).join(", ");
  const compared = typeof to === "number"
    ? [[{ value: to, token: "" }]]
    : others.map((other) => picked(valuesOf(other, costName(metric, resource, to.of ?? of)), over));
  const beside = typeof to === "number" ? "" : ` beside ${compared.map(text).join(" and ")}`;
  const shown = `${text(own)}${beside}`;
  if (compared.some((values) => values.length === 0)) return { ...none, shown: `${shown}: nothing to compare with` };
  const wrong = own.find(({ value }) =>
    compared.some((values) => values.some((other) => !COMPARES[relation](value, other.value)))
  );
  if (wrong !== undefined) return { shown, agrees: false, token: wrong.token, finding: null };
  const open = [report, ...others].find((each) => !isClosed(each));
  return {
    shown: open === undefined ? shown : `${shown}, but ${openText(open)}`,
    agrees: open === undefined,
    token: own[0].token,
    finding: null,
  };
}

/** Whether two programs have the same runs: as many classes of each kind, and each outcome and fact as often. */
function equalRuns(report: ExploreReport, others: readonly ExploreReport[]): Evaluated {
  const open = [report, ...others].find((each) => !isClosed(each));
  const { complete, deadlocked } = report.counts;
  const count = (of: ExploreReport) => `${of.counts.complete + of.counts.deadlocked}`;
  const shown = `${complete + deadlocked} classes beside ${others.map(count).join(" and ")}`;
  if (open !== undefined) {
    return { shown: `${shown}, but ${openText(open)}`, agrees: false, token: null, finding: null };
  }
  const own = runsKey(report);
  const differs = others.find((other) => runsKey(other) !== own);
  return {
    shown: differs === undefined ? `${shown}, all alike` : `${shown}, not all alike`,
    agrees: differs === undefined,
    token: null,
    finding: null,
  };
}

function runsKey({ counts: { complete, deadlocked }, outcomes, facts }: ExploreReport): string {
  const ends = outcomes.map(({ end, finalState, findings, count }) => {
    const found = findings.map(({ anomaly, text }) => `${anomaly} ${text}`).sort();
    return JSON.stringify([end, finalState, found, count]);
  });
  const told = facts.map(({ text, count }) => JSON.stringify([text, count]));
  return JSON.stringify([complete, deadlocked, ends.sort(), told.sort()]);
}
