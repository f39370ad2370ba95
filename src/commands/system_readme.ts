/**
 * The generated parts of READMEs: verdict tables, counterexamples as pictures, costs, what patches bring and cure, and
 * systems beside each other.
 *
 * @module
 */

import { evaluate } from "../checking/expectations.ts";
import { replayReport } from "../exploring/replay_report.ts";
import { bisection } from "../report/bisection.ts";
import type { ComparedScenario } from "../report/compared.ts";
import { overview } from "../report/comparison.ts";
import { costTable } from "../report/cost_table.ts";
import { runName } from "../report/explore_result.ts";
import { pictureText } from "../report/explore_text.ts";
import { type MarkedPart, markedParts, MarkerError, withMarkedParts } from "../report/marked_parts.ts";
import { plain } from "../report/paint.ts";
import { verdictTable } from "../report/verdict_readme.ts";
import type { LoadedScenario } from "../scenarios/load.ts";
import { systemNamed, SYSTEMS } from "../systems/index.ts";
import { planSets } from "./explore_bisect.ts";
import { makeCounterexample } from "./explore_jobs.ts";
import { pictureOf, type PlannedPicture, requestOf } from "./explore_pictures.ts";
import { type PlannedRun, planRuns } from "./explore_plan.ts";
import { exploredHere } from "./explored_here.ts";
import { programOf } from "./scenario_programs.ts";

/** Columns of pictures. */
const WIDTH = 100;
/** Columns of matrices. */
const WIDE = 120;
const PLAIN = { width: WIDTH, paint: plain } as const;

/** What the parts of a README are made of. */
export interface ReadmeSources {
  /** Scenarios that the README is about. */
  readonly scenarios: readonly LoadedScenario[];
  /** What a folder keeps of systems beside each other. @throws {ComparedError} */
  comparedIn(folder: string): ComparedScenario[];
}

/**
 * The text of a README with its generated parts as the scenarios have it now. Costs and bisections are explored.
 *
 * @throws {MarkerError} when a marker asks for what there is not
 */
export async function writtenReadme(text: string, sources: ReadmeSources): Promise<string> {
  const parts: string[][] = [];
  for (const part of markedParts(text)) parts.push(await linesOf(part, sources));
  return withMarkedParts(text, () => parts.shift()!);
}

function linesOf(part: MarkedPart, { scenarios, comparedIn }: ReadmeSources): string[] | Promise<string[]> {
  switch (part.kind) {
    case "verdicts":
      return verdictTable(scenarios.map(({ scenario }) => scenario));
    case "counterexample":
      return counterexample(part, scenarios);
    case "comparison":
      return fenced(overview(comparedIn(theWord(part)), { ...PLAIN, width: WIDE }));
    case "costs":
      return costs(part, scenarios);
    case "bisection":
      return bisected(part, scenarios);
  }
}

/** The one word of a marker that takes one. */
function theWord({ kind, words }: MarkedPart): string {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw new MarkerError(`${kind} ${words.join(" ")}: expected one word`);
  return word;
}

function fenced(lines: readonly string[]): string[] {
  return ["```text", ...lines.map((line) => line.trimEnd()), "```"];
}

function scenarioNamed(name: string, scenarios: readonly LoadedScenario[], about: string): LoadedScenario {
  const loaded = scenarios.find(({ scenario }) => scenario.name === name);
  if (loaded === undefined) throw new MarkerError(`${about}: there is no such scenario`);
  return loaded;
}

/** `costs METRIC,METRIC SYSTEM,SYSTEM SCENARIO SCENARIO`. */
async function costs({ words }: MarkedPart, scenarios: readonly LoadedScenario[]): Promise<string[]> {
  const [metrics = "", systems = "", ...names] = words;
  const loaded = names.map((name) => scenarioNamed(name, scenarios, `costs ${name}`));
  if (loaded.length === 0) throw new MarkerError("costs: expected metrics, systems and scenarios");
  const plan = planRuns(loaded, SYSTEMS, { systems: systems.split(","), set: {} });
  const result = await exploredHere(loaded, plan);
  return costTable(result.scenarios, metrics.split(","), (system) => systemNamed(system).legalSets ?? []);
}

async function bisected(part: MarkedPart, scenarios: readonly LoadedScenario[]): Promise<string[]> {
  const name = theWord(part);
  const loaded = [scenarioNamed(name, scenarios, `bisection ${name}`)];
  const result = await exploredHere(loaded, planSets(loaded, SYSTEMS, { systems: null, set: {} }));
  return fenced(bisection(result.scenarios[0], { ...PLAIN, width: WIDE }));
}

function counterexample({ words: [name, number = "1"] }: MarkedPart, scenarios: readonly LoadedScenario[]): string[] {
  const about = `counterexample ${name} ${number}`;
  const loaded = scenarioNamed(name, scenarios, about);
  const nth = Number(number) - 1;
  const expectation = loaded.scenario.expectations.at(nth);
  const kept = expectation?.kept.find(({ token }) => token !== null);
  if (kept === undefined) throw new MarkerError(`${about}: it keeps no witness: deno task explore ... --keep`);
  const plan = planRuns([loaded], SYSTEMS, { systems: null, set: {} });
  const run = plan.runs.find((each) => runName(each) === kept.run);
  if (run === undefined) throw new MarkerError(`${about}: ${kept.run} is none of its runs`);
  return fenced(pictureLines(run, nth, kept.token!, about));
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
  const options = { ...PLAIN, matrixWidth: WIDTH, times: "left out" } as const;
  return pictureText(pictureOf(planned, made, system, []), options);
}
