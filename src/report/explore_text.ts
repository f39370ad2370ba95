/**
 * What `explore` found, for a person at a terminal.
 *
 * @module
 */

import { bisection } from "./bisection.ts";
import { comparedScenarioOf } from "./compared.ts";
import { comparison, overview } from "./comparison.ts";
import { lanesText } from "./lanes/lanes.ts";
import { lineTable } from "./lanes/persistent_lines.ts";
import {
  countAgreements,
  type ExpectationResult,
  type Exploration,
  type ExploreResult,
  type FoundAnomaly,
  type Picture,
  type RunResult,
  type ScenarioResult,
  type VerdictResult,
} from "./explore_result.ts";
import { patchEffectLines } from "./patch_effects.ts";
import type { Paint } from "./paint.ts";
import { grouped } from "./plural.ts";
import { wrap } from "./text_wrap.ts";
import { MARKS, verdictMatrix } from "./verdict_matrix.ts";

export interface ExploreTextOptions {
  /** Columns of text and pictures. */
  readonly width: number;
  /** Columns of the matrix; Infinity where nobody has to scroll sideways. */
  readonly matrixWidth: number;
  readonly paint: Paint;
  readonly times: "shown" | "left out";
  /** `tables`: no runs, no counterexamples. Default `whole`. */
  readonly detail?: "whole" | "tables";
}

/** The whole report. */
export function exploreText(result: ExploreResult, options: ExploreTextOptions): string {
  const { paint } = options;
  const lines = options.detail === "tables"
    ? []
    : result.scenarios.flatMap((scenario) => [...scenarioText(scenario, options), ""]);
  lines.push(...comparisonLines(result, options));
  const matrix = verdictMatrix(result, { width: options.matrixWidth, paint, times: options.times });
  if (matrix.length > 0) lines.push(...matrix, "");
  if (result.isStopped) lines.push(paint("open", "stopped: this is what had been found until then"));
  lines.push(summaryLine(result, paint), ...leftOutLines(result, options), ...staleLines(result, options));
  return lines.join("\n");
}

/** Runs beside each other, where that was asked for. */
function comparisonLines(result: ExploreResult, options: ExploreTextOptions): string[] {
  const { compares, scenarios } = result;
  if (compares === "nothing") return [];
  const effects = patchEffectLines(result, options);
  if (effects.length > 0) return effects;
  if (compares === "sets") return scenarios.flatMap((scenario) => [...bisection(scenario, options), ""]);
  const compared = scenarios.map(comparedScenarioOf);
  const lines = compared.flatMap((scenario) => [...comparison(scenario, options), ""]);
  return compared.length === 1 ? lines : [...lines, ...overview(compared, options), ""];
}

function summaryLine(result: ExploreResult, paint: Paint): string {
  const { agrees, disagrees, open } = countAgreements(result);
  const total = agrees + disagrees + open;
  if (result.scenarios.some(({ runs }) => runs.some(({ outcome }) => outcome.kind === "replayed"))) return "";
  if (total === 0) return result.compares === "nothing" ? "no expectation was looked at" : "";
  const parts = [
    paint(agrees === total ? "good" : "title", `${grouped(agrees)} of ${grouped(total)} expectations agree`),
  ];
  if (disagrees > 0) parts.push(paint("bad", `${grouped(disagrees)} ${disagrees === 1 ? "disagrees" : "disagree"}`));
  if (open > 0) parts.push(paint("open", `${grouped(open)} left open`));
  return parts.join(", ");
}

function leftOutLines({ leftOut }: ExploreResult, { paint, width }: ExploreTextOptions): string[] {
  if (leftOut.length === 0) return [];
  const seconds = leftOut.reduce((sum, each) => sum + each.seconds, 0);
  const [first] = leftOut;
  const what = leftOut.length === 1 ? first.scenario : `${grouped(leftOut.length)} scenarios`;
  return wrap(`${what} left out: ${durationText(seconds)} in all; --deep explores them`, width)
    .map((line) => paint("open", line));
}

/** A measured time as people say it. */
function durationText(seconds: number): string {
  return seconds < 120 ? `${grouped(Math.round(seconds))} s` : `${grouped(Math.round(seconds / 60))} min`;
}

function staleLines({ scenarios }: ExploreResult, { paint, width }: ExploreTextOptions): string[] {
  const stale = scenarios.flatMap(({ expectations }) => expectations).filter((each) => each.stale.length > 0).length;
  if (stale === 0) return [];
  const what = stale === 1 ? "what one expectation keeps" : `what ${grouped(stale)} expectations keep`;
  return wrap(`${what} is not so any more: --keep writes it anew`, width).map((line) => paint("open", line));
}

/** One scenario: its runs, its expectations, its counterexamples. */
export function scenarioText(scenario: ScenarioResult, options: ExploreTextOptions): string[] {
  const { paint, width } = options;
  const lines = [paint("title", scenario.scenario), ...wrap(`  ${scenario.title}`, width, 2)];
  for (const run of scenario.runs) lines.push(...runText(run, options));
  if (scenario.steps.length > 0) {
    const names = (isReached: boolean) =>
      scenario.steps.filter((step) => step.isReached === isReached).map(({ step }) => step).join(", ");
    const missing = names(false);
    lines.push(
      `  steps reached: ${names(true) || "none"}${missing === "" ? "" : paint("open", `; not reached: ${missing}`)}`,
    );
  }
  for (const expectation of scenario.expectations) lines.push(...expectationText(expectation, options));
  for (const picture of scenario.pictures) lines.push("", ...pictureText(picture, options));
  return lines;
}

function expectationText(expectation: ExpectationResult, { paint, width }: ExploreTextOptions): string[] {
  const { nth, why, source, agreement, verdicts, stale } = expectation;
  const { mark, tone } = MARKS[agreement];
  const groups = alike(verdicts);
  const head = `  ${mark} ${nth + 1}. ${agreement}: ${verdicts[0]?.expected ?? ""}`;
  const lines = wrap(head, width, 4).map((line, at) => at === 0 ? line.replace(mark, paint(tone, mark)) : line);
  for (const group of groups) {
    const [{ shown, token, agreement: own }] = group;
    const where = verdicts.length > 1 || group[0].run === null ? ` [${whereOf(group)}]` : "";
    const text = wrap(`    shown: ${shown}${group[0].system === "" ? "" : where}`, width, 11);
    lines.push(...(own === "agrees" ? text : text.map((line) => paint(MARKS[own].tone, line))));
    if (token !== null && (own !== "agrees" || expectation.kind === "reachable")) {
      lines.push(paint("faint", `      ${token}`));
    }
  }
  return [
    ...lines,
    ...wrap(`    why: ${why} (${source})`, width, 9),
    ...stale.flatMap((text) => wrap(`    kept: ${text}`, width, 10)).map((line) => paint("open", line)),
  ];
}

function whereOf(verdicts: readonly VerdictResult[]): string {
  const flags = [...new Set(verdicts.map(({ flagsText }) => flagsText || "default flags"))].join(" | ");
  return `${verdicts.length === 1 ? "" : `${verdicts.length} runs: `}${verdicts[0].system}, ${flags}`;
}

/** Verdicts that say the same, but for the run that they are about. */
function alike(verdicts: readonly VerdictResult[]): VerdictResult[][] {
  const groups = new Map<string, VerdictResult[]>();
  for (const verdict of verdicts) {
    const key = JSON.stringify([verdict.agreement, verdict.system, verdict.shown, verdict.token]);
    groups.set(key, [...groups.get(key) ?? [], verdict]);
  }
  return [...groups.values()];
}

function runText({ run, system, flagsText, strategy, outcome }: RunResult, options: ExploreTextOptions): string[] {
  const { paint, width } = options;
  const head = `  run ${run}: ${system}${flagsText === "" ? "" : ` (${flagsText})`}`;
  switch (outcome.kind) {
    case "refused":
      return wrap(`${head}: not run: ${outcome.reason}`, width, 4);
    case "failed":
      return wrap(`${head}: failed: ${outcome.reason}`, width, 4).map((line) => paint("bad", line));
    case "not begun":
      return wrap(`${head}: not begun`, width, 4);
    case "replayed":
      return wrap(head, width, 4);
    case "explored":
      if (outcome.sameAs !== null) {
        return wrap(`${head}: as run ${outcome.sameAs}, they differ only in flags that nothing looks at`, width, 4);
      }
      return [
        ...wrap(`${head}: ${outcome.claim}`, width, 4),
        ...wrap(`    ${statistics(outcome, options)}`, width, 6),
        ...outcome.notJudged.flatMap((text) => wrap(`    ${text}`, width, 6)),
        ...outcome.findings.flatMap((finding) => findingText(finding, strategy, paint, width)),
      ];
  }
}

function statistics(outcome: Exploration, { times }: ExploreTextOptions): string {
  const { blocked, steps, milliseconds } = outcome;
  const parts = [`${grouped(blocked)} blocked`, `${grouped(steps)} steps`];
  if (outcome.crashPoints > 0) parts.push(crashText(outcome));
  if (times === "shown") parts.push(`${(milliseconds / 1000).toFixed(2)} s`);
  return parts.join(", ");
}

/** `12 crash points: 340 images possible, 57 told apart by recovery, 9 states recovered`. */
function crashText({ crashPoints, crashImagesPossible, crashImages, recoveredStates }: Exploration): string {
  const possible = crashImagesPossible === 0 ? "" : `${grouped(crashImagesPossible)} images possible, `;
  const told = `${grouped(crashImages)} ${possible === "" ? "images " : ""}told apart by recovery`;
  return `${grouped(crashPoints)} crash points: ${possible}${told}, ${grouped(recoveredStates)} states recovered`;
}

function findingText(
  { anomaly, attributes, severity, count, token }: FoundAnomaly,
  strategy: string,
  paint: Paint,
  width: number,
): string[] {
  const of = attributes.length === 0 ? "" : ` (${attributes.join(", ")})`;
  const [one, more] = token.includes("~crash=")
    ? ["crash image", "crash images"]
    : strategy === "exhaustive"
    ? ["class", "classes"]
    : ["run", "runs"];
  const places = `${grouped(count)} ${count === 1 ? one : more}`;
  const lines = wrap(`    reachable: ${anomaly}${of}, ${severity}, in ${places}`, width, 6);
  const tone = severity === "info" || severity === "warning" ? "open" : "bad";
  return [...lines.map((line) => line.replace(anomaly, paint(tone, anomaly))), `      ${paint("faint", token)}`];
}

/** A counterexample or replay with what is above and below the lanes. */
export function pictureText(picture: Picture, { width, paint }: ExploreTextOptions): string[] {
  const { anomaly, attributes, runs, expectations, head, smaller, token, caveat, explanation, trace } = picture;
  const { stepMeanings, operationNames } = picture;
  const name = anomaly !== null
    ? [anomaly, ...attributes].join(", ")
    : expectations.length === 0
    ? `replay (${trace.end})`
    : `against expectation ${expectations.map((nth) => nth + 1).join(", ")} (${trace.end})`;
  const of = runs.length > 1 ? `, runs ${runs.join(", ")}` : "";
  const marked = trace.findings.filter((finding) => finding.anomaly === anomaly)
    .flatMap(({ subject }) => subject.operations?.slice(0, 1) ?? []);
  const lines = [
    paint(anomaly === null ? "title" : "bad", `── ${name}${of} `.padEnd(width, "─")),
    ...head.flatMap((line) => wrap(line, width, 2)),
    "",
    ...lanesText(trace, { width, paint, stepMeanings, operationNames, marked }),
  ];
  const { end, divergence, recovered } = trace;
  if (divergence !== null) lines.push(paint("bad", `the run goes another way here: ${divergence}`));
  else if (end === "crash") {
    lines.push(
      paint("bad", "══ crash ".padEnd(width, "═")),
      ...lineTable(trace, width, paint),
      ...recoveredLines(recovered ?? "", width),
    );
  } else if (end === "cut_off") lines.push("cut off here: a task has done all the steps that it may");
  lines.push("", ...explanation.flatMap((text) => text.split("\n").flatMap((line) => wrap(line, width, 2))));
  if (smaller !== null) lines.push(`replay of this smaller scenario: ${smaller.token}`);
  lines.push(`${smaller === null ? "replay" : "replay of the scenario as it is"}: ${token}`);
  if (caveat !== null) lines.push(...wrap(`(${caveat})`, width, 1));
  return lines;
}

function recoveredLines(text: string, width: number): string[] {
  return text === "" ? [] : text.split("\n").flatMap((line) => wrap(`recovered: ${line}`, width, 2));
}
