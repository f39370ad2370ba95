/**
 * What `explore` found as one JSON document. The same input gives the same text: times are left out unless asked for.
 *
 * @module
 */

import { TOOL_VERSION } from "../version.ts";
import { countAgreements, type ExploreResult, type Picture, type RunResult } from "./explore_result.ts";
import type { PersistentLine } from "../machine/program.ts";
import type { LaneStep, LaneTrace } from "./lanes/lane_trace.ts";

export interface JsonOptions {
  readonly times: "shown" | "left out";
}

export function exploreJson(result: ExploreResult, options: JsonOptions): string {
  const document = {
    tool_version: TOOL_VERSION,
    stopped: result.isStopped,
    expectations: countAgreements(result),
    left_out: result.leftOut,
    scenarios: result.scenarios.map((scenario) => ({
      scenario: scenario.scenario,
      path: scenario.path,
      title: scenario.title,
      expectations: scenario.expectations.map((expectation) => ({
        number: expectation.nth,
        row: expectation.row,
        kind: expectation.kind,
        subject: expectation.subject,
        why: expectation.why,
        source: expectation.source,
        agreement: expectation.agreement,
        stale: expectation.stale,
        verdicts: expectation.verdicts.map(({ run, system, flagsText, expected, shown, agreement, claim, token }) => ({
          run,
          system,
          flags: flagsText,
          expected,
          shown,
          agreement,
          claim,
          token,
        })),
      })),
      runs: scenario.runs.map((run) => runJson(run, options)),
      steps: scenario.steps.map(({ step, isReached }) => ({ step, reached: isReached })),
      pictures: scenario.pictures.map(pictureJson),
      patches: scenario.patches,
    })),
  };
  return JSON.stringify(document, null, 2);
}

function runJson({ run, system, flags, set, strategy, seed, origin, outcome }: RunResult, { times }: JsonOptions) {
  const head = { run, system, flags, set, strategy, seed, asked_only: origin === "asked" };
  if (outcome.kind !== "explored") {
    return { ...head, outcome: outcome.kind, reason: "reason" in outcome ? outcome.reason : null };
  }
  const { sameAs, claim, finished, classes, complete, deadlocked, cutOff, blocked, steps } = outcome;
  return {
    ...head,
    outcome: outcome.kind,
    same_as: sameAs,
    claim,
    finished,
    classes,
    complete,
    deadlocked,
    cut_off: cutOff,
    blocked,
    steps,
    crash_points: outcome.crashPoints,
    crash_images_possible: outcome.crashImagesPossible,
    crash_images: outcome.crashImages,
    recovered_states: outcome.recoveredStates,
    ...(times === "shown" ? { seconds: outcome.milliseconds / 1000 } : {}),
    not_judged: outcome.notJudged,
    costs: outcome.costs,
    findings: outcome.findings.map(({ anomaly, attributes, severity, text, subject, count, token }) => {
      return { anomaly, attributes, severity, text, subject, count, token };
    }),
  };
}

function pictureJson(
  { anomaly, attributes, runs, expectations, token, smaller, caveat, head, explanation, trace }: Picture,
) {
  return { anomaly, attributes, runs, expectations, token, smaller, caveat, head, explanation, ...traceJson(trace) };
}

function traceJson({ tasks, steps, lines, end, recovered, divergence, findings }: LaneTrace) {
  return {
    end,
    recovered,
    divergence,
    findings: findings.map(({ anomaly, text, subject }) => ({ anomaly, text, subject })),
    tasks,
    steps: steps.map(stepJson),
    ...(lines.length === 0 ? {} : { persistent_lines: lines.map(lineJson) }),
  };
}

function lineJson({ name, of, visible, cached, inFlight, durable, survived }: PersistentLine) {
  return { line: name, of, visible, cached, in_flight: inFlight, durable, survived };
}

function stepJson({ step, task, notes, choice, changes, lines, after }: LaneStep) {
  const state = after.get(task);
  return {
    step,
    task,
    notes: [...notes].flatMap(([of, own]) => own.map((note) => ({ task: of, ...note }))),
    choice,
    changes,
    ...(lines.length === 0 ? {} : { persistent_lines: lines.map(lineJson) }),
    holds: state?.holds ?? [],
    waits: state?.waits ?? null,
  };
}
