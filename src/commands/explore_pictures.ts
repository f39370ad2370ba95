/**
 * Which runs are worth a picture, and the pictures of them: what expectations turn on first, then everything else that is
 * wrong, each kind of it once a scenario.
 *
 * @module
 */

import { anomalyInfo, explain } from "../checking/catalogue.ts";
import { OperationNames } from "../checking/narrowing.ts";
import type { Finding } from "../machine/world.ts";
import type { ExpectationResult, Picture, RunResult } from "../report/explore_result.ts";
import { scenarioLines } from "../report/scenario_lines.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { scenarioText } from "../scenarios/scenario_text.ts";
import type { System } from "../systems/system.ts";
import { type Counterexample, type CounterexampleRequest, isWanted, type Wanted } from "./explore_jobs.ts";
import type { PlannedRun } from "./explore_plan.ts";

/** A run that is to be shown. */
export interface PlannedPicture {
  readonly run: PlannedRun;
  /** Numbers of the runs that show the same. */
  readonly runs: readonly number[];
  /** Null: it is shown for what an expectation says of it, not for an anomaly. */
  readonly wanted: Wanted | null;
  /** What all runs together show, where a single one does not say it. */
  readonly text: string | null;
  /** Expectations that it is shown for. */
  readonly expectations: readonly number[];
  readonly token: string;
}

interface Kind {
  readonly anomaly: string;
  readonly attributes: readonly string[];
}

const keyOf = ({ anomaly, attributes }: Kind) => JSON.stringify([anomaly, attributes]);

/** Runs of one scenario that are worth a picture. */
export function plannedPictures(
  results: readonly RunResult[],
  planned: readonly PlannedRun[],
  expectations: readonly ExpectationResult[],
): PlannedPicture[] {
  const pictures: PlannedPicture[] = [];
  const shown = new Set<string>();
  const runOf = (number: number) => planned[results.findIndex(({ run }) => run === number)];
  const foundIn = (kind: Kind) =>
    results.flatMap((result) => {
      const { outcome, run } = result;
      if (outcome.kind !== "explored") return [];
      const found = outcome.findings.find((each) => keyOf(each) === keyOf(kind));
      return found === undefined ? [] : [{ run, found }];
    });
  for (const { nth, verdicts, kind } of expectations) {
    for (const { run, shows, token, agreement } of verdicts) {
      if (run === null || token === null) continue;
      if (shows === null) {
        // What holds in a run needs no picture, what does not does.
        if (agreement === "agrees" || kind === "reachable") continue;
        const same = pictures.findIndex((each) => each.wanted === null && each.runs[0] === run && each.token === token);
        const expectations = same < 0 ? [nth] : [...pictures[same].expectations, nth];
        const picture = { run: runOf(run), runs: [run], wanted: null, text: null, expectations, token };
        pictures.splice(same < 0 ? pictures.length : same, same < 0 ? 0 : 1, picture);
        break;
      }
      if (shown.has(keyOf(shows))) break;
      shown.add(keyOf(shows)).add(shows.anomaly);
      const all = foundIn(shows);
      const own = all.find((each) => each.run === run);
      const runs = [run, ...all.map((each) => each.run).filter((each) => each !== run)];
      pictures.push({
        run: runOf(run),
        runs,
        wanted: shows,
        text: own?.found.text ?? null,
        expectations: [nth],
        token,
      });
      break;
    }
  }
  for (const { outcome, run } of results) {
    if (outcome.kind !== "explored") continue;
    for (const found of outcome.findings) {
      const { anomaly, attributes, text, token } = found;
      // One picture of an anomaly that nobody asked for will do.
      if (shown.has(anomaly) || !isGrave(anomaly)) continue;
      shown.add(anomaly);
      const runs = foundIn(found).map((each) => each.run);
      pictures.push({ run: runOf(run), runs, wanted: { anomaly, attributes }, text, expectations: [], token });
    }
  }
  return pictures;
}

export function requestOf(
  { run: { scenario, system, flags }, token, wanted, expectations }: PlannedPicture,
  minimising: "on" | "off",
): CounterexampleRequest {
  const nth = wanted === null ? null : expectations.at(0) ?? null;
  return { run: { scenario, system, flags }, token, wanted, nth, minimising };
}

export function pictureOf(
  { run, runs, wanted, text, expectations }: PlannedPicture,
  { token, smaller, trace, caveat }: Counterexample,
  system: System,
  results: readonly ExpectationResult[],
): Picture {
  const scenario: Scenario = smaller?.scenario ?? run.scenario;
  const own = wanted === null ? undefined : trace.findings.find((finding) => isWanted(wanted, finding));
  const explanation = wanted === null
    ? contradicted(expectations, runs[0], results)
    : explanationOf(own ?? { ...wanted, text: text ?? "", subject: {} });
  return {
    anomaly: wanted?.anomaly ?? null,
    attributes: wanted?.attributes ?? [],
    runs,
    expectations,
    token,
    smaller: smaller === null ? null : { scenario: scenarioText(smaller.scenario), token: smaller.token },
    caveat,
    shown: scenario,
    head: scenarioLines(scenario, run.system, run.flagsText),
    explanation,
    stepMeanings: system.steps,
    operationNames: operationNames(scenario),
    trace,
  };
}

/** Names that the scenario gives, by those that a run uses. */
function operationNames(scenario: Scenario): Record<string, string> {
  const names = OperationNames.of(scenario);
  return Object.fromEntries(
    Object.entries(scenario.tasks).flatMap(([task, { operations }]) =>
      operations.map((_, nth) => [`${task}#${nth}`, names.nameOf(`${task}#${nth}`)])
    ),
  );
}

/** What the run says against expectations. */
function contradicted(expectations: readonly number[], run: number, results: readonly ExpectationResult[]): string[] {
  return results.filter(({ nth }) => expectations.includes(nth)).flatMap(({ nth, verdicts }) => {
    const verdict = verdicts.find((each) => each.run === run);
    return verdict === undefined ? [] : [`expectation ${nth + 1}: ${verdict.expected}; but ${verdict.shown}`];
  });
}

/** What is shown without being asked for; the rest is listed with its token. */
function isGrave(anomaly: string): boolean {
  const { severity, standing } = anomalyInfo(anomaly);
  return standing === "anomaly" && (severity === "error" || severity === "data_loss");
}

/** The circle of a deadlock as it stands, then what has happened and what that means. */
function explanationOf(finding: Pick<Finding, "anomaly" | "text" | "subject">): string[] {
  const [first, ...rest] = explain(finding);
  const sentences = [`${finding.anomaly}: ${first}`, ...rest].join(" ");
  return finding.anomaly === "DEADLOCK" && finding.text !== ""
    ? [...finding.text.split("\n"), "", sentences]
    : [sentences];
}
