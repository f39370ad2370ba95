/**
 * The generated parts of a system's README: its verdict table, and counterexamples as pictures.
 *
 * @module
 */

import { evaluate } from "../checking/expectations.ts";
import { replayReport } from "../exploring/replay_report.ts";
import { runName } from "../report/explore_result.ts";
import { pictureText } from "../report/explore_text.ts";
import { type MarkedPart, MarkerError, withMarkedParts } from "../report/marked_parts.ts";
import { plain } from "../report/paint.ts";
import { verdictTable } from "../report/verdict_readme.ts";
import type { LoadedScenario } from "../scenarios/load.ts";
import { systemNamed, SYSTEMS } from "../systems/index.ts";
import { makeCounterexample } from "./explore_jobs.ts";
import { pictureOf, type PlannedPicture, requestOf } from "./explore_pictures.ts";
import { type PlannedRun, planRuns } from "./explore_plan.ts";
import { programOf } from "./scenario_programs.ts";

/** Columns of pictures. */
const WIDTH = 100;

/**
 * The text of a README with its generated parts as the scenarios have it now.
 *
 * @throws {MarkerError} when a marker asks for what there is not
 */
export function writtenReadme(text: string, scenarios: readonly LoadedScenario[]): string {
  return withMarkedParts(text, (part) => {
    switch (part.kind) {
      case "verdicts":
        return verdictTable(scenarios.map(({ scenario }) => scenario));
      case "counterexample":
        return counterexample(part, scenarios);
      case "comparison":
        throw new MarkerError("a comparison belongs into the README of all systems");
    }
  });
}

function counterexample({ words: [name, number = "1"] }: MarkedPart, scenarios: readonly LoadedScenario[]): string[] {
  const about = `counterexample ${name} ${number}`;
  const loaded = scenarios.find(({ scenario }) => scenario.name === name);
  if (loaded === undefined) throw new MarkerError(`${about}: there is no such scenario`);
  const nth = Number(number) - 1;
  const expectation = loaded.scenario.expectations.at(nth);
  const kept = expectation?.kept.find(({ token }) => token !== null);
  if (kept === undefined) throw new MarkerError(`${about}: it keeps no witness: deno task explore ... --keep`);
  const plan = planRuns([loaded], SYSTEMS, { systems: null, set: {} });
  const run = plan.runs.find((each) => runName(each) === kept.run);
  if (run === undefined) throw new MarkerError(`${about}: ${kept.run} is none of its runs`);
  return ["```text", ...pictureLines(run, nth, kept.token!, about), "```"];
}

function pictureLines(run: PlannedRun, nth: number, token: string, about: string): string[] {
  const { scenario } = run;
  const system = systemNamed(run.system);
  const { report, divergence } = replayReport(programOf(run), token);
  if (divergence !== null) throw new MarkerError(`${about}: the kept run goes another way: ${divergence}`);
  const expectation = scenario.expectations[nth];
  const { finding } = evaluate({ scenario, expectation, nth, report, lockOrder: system.lockOrder });
  const wanted = finding === null
    ? null
    : { anomaly: finding.anomaly, attributes: [...finding.subject.attributes ?? []].sort() };
  const planned: PlannedPicture = { run, runs: [1], wanted, text: finding?.text ?? null, expectations: [nth], token };
  const made = makeCounterexample(programOf, requestOf(planned, "off"), { isStopped: () => false });
  const options = { width: WIDTH, matrixWidth: WIDTH, paint: plain, times: "left out" } as const;
  return pictureText(pictureOf(planned, made, system, []), options).map((line) => line.trimEnd());
}
