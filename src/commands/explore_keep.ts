/**
 * `--keep`: writes what an exploration has shown into the files of its scenarios, under the expectations it is about; and
 * what systems beside each other come to into a file of its own.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { comparedText, mergedCompared, readCompared } from "../report/compared.ts";
import { type ExpectationResult, type ExploreResult, isClosed, runName } from "../report/explore_result.ts";
import { ResultsError } from "../results/results_error.ts";
import { withKept } from "../scenarios/kept.ts";
import { readScenario } from "../scenarios/read_scenario.ts";
import type { Kept } from "../scenarios/scenario.ts";
import { knownSystems, SYSTEMS } from "../systems/index.ts";
import type { Plan } from "./explore_plan.ts";
import type { RunnerPool } from "./explore_pool.ts";
import type { Witness, WitnessRequest } from "./explore_witnesses.ts";

/** What was written. */
export interface KeepSummary {
  readonly kept: number;
  readonly notKept: number;
  /** Paths of the files that are not as they were. */
  readonly changed: readonly string[];
}

interface KeptRun {
  readonly run: string;
  readonly classes: number | null;
  readonly shown: string;
  /** Witness to be made as short as can be; null: all runs together show it. */
  readonly request: WitnessRequest | null;
}

interface Keeping {
  readonly path: string;
  readonly nth: number;
  readonly runs: readonly KeptRun[];
}

/**
 * Keeps all expectations that agree; those that do not, or are left open, keep what they had.
 *
 * @throws {ResultsError} when a file cannot be written
 */
export async function keepResults(result: ExploreResult, plan: Plan, pool: RunnerPool): Promise<KeepSummary> {
  const keepings: Keeping[] = [];
  let notKept = 0;
  for (const scenario of result.scenarios) {
    for (const expectation of scenario.expectations) {
      if (expectation.kind === "not_executable") continue;
      if (expectation.agreement !== "agrees") notKept++;
      else {keepings.push({
          path: scenario.path,
          nth: expectation.nth,
          runs: keptRuns(expectation, result, plan),
        });}
    }
  }
  const witnesses = await shortest(keepings, pool);
  const paths = [...new Set(keepings.map(({ path }) => path))];
  const changed = paths.filter((path) => {
    const own = keepings.filter((keeping) => keeping.path === path);
    return rewrite(
      path,
      (text) =>
        own.reduce((before, { nth, runs }) => withKept(before, nth, runs.map((run) => keptOf(run, witnesses))), text),
      (text) => readScenario(path, text, { systems: knownSystems() }),
    );
  });
  return { kept: keepings.length, notKept, changed };
}

/** Runs of an expectation that have an exploration of their own. */
function keptRuns(
  { verdicts, kind, nth }: ExpectationResult,
  { scenarios }: ExploreResult,
  plan: Plan,
): KeptRun[] {
  const results = new Map(scenarios.flatMap(({ runs }) => runs.map((run) => [run.run, run] as const)));
  const own = new Set(verdicts.map(({ run }) => run));
  return verdicts.flatMap((verdict): KeptRun[] => {
    const result = verdict.run === null ? undefined : results.get(verdict.run);
    if (result?.outcome.kind !== "explored") return [];
    const { outcome } = result;
    if (outcome.sameAs !== null && own.has(outcome.sameAs)) return [];
    const { scenario, system, flags } = plan.runs[result.run - 1];
    const expectation = scenario.expectations[nth];
    const isWitnessed = kind === "reachable" || "in" in expectation && expectation.in === "some";
    const request = isWitnessed && verdict.token !== null
      ? { run: { scenario, system, flags }, nth, token: verdict.token, minimising: "on" as const }
      : null;
    return [{
      run: runName(result),
      classes: isClosed(outcome) ? outcome.classes : null,
      shown: verdict.shown,
      request,
    }];
  });
}

async function shortest(keepings: readonly Keeping[], pool: RunnerPool): Promise<Map<WitnessRequest, Witness>> {
  const requests = keepings.flatMap(({ runs }) => runs.flatMap(({ request }) => request ?? []));
  const witnesses = new Map<WitnessRequest, Witness>();
  let at = 0;
  await pool.run(() => {
    const request = requests[at++];
    return request === undefined ? null : { key: request, job: { kind: "witness" as const, request } };
  }, (request, done) => {
    if (done.kind === "witness") witnesses.set(request, done.witness);
  });
  return witnesses;
}

function keptOf({ run, classes, shown, request }: KeptRun, witnesses: ReadonlyMap<WitnessRequest, Witness>): Kept {
  const witness = request === null ? undefined : witnesses.get(request);
  // What a single run does not show is told as all runs together show it.
  return witness?.agrees === true
    ? { run, token: witness.token, classes, shown: witness.shown }
    : { run, token: request?.token ?? null, classes, shown };
}

/** Where the runs of a folder's scenarios are kept that lie beside each other. */
export function comparedPath(folder: string): string {
  return join(folder, "compared.json");
}

/**
 * Keeps what the systems beside each other come to, for each folder that scenarios are in.
 *
 * @returns paths of the files that are not as they were
 * @throws {ResultsError} when a file cannot be written
 */
export function keepComparison({ scenarios }: ExploreResult): string[] {
  const names = SYSTEMS.map(({ name }) => name);
  const folders = [...new Set(scenarios.map(({ path }) => dirname(path)))];
  return folders.map(comparedPath).filter((path, nth) =>
    rewrite(path, (text) => {
      const kept = text === "" ? [] : readCompared(path, text);
      return comparedText(
        mergedCompared(kept, scenarios.filter((each) => dirname(each.path) === folders[nth]), names),
      );
    }, (after) => readCompared(path, after))
  );
}

/**
 * Changes the text of a file, all of it or nothing; of one that there is not, from nothing.
 *
 * @param check throws where the new text cannot be read back: then it is not written
 * @returns whether it is another text now
 */
function rewrite(path: string, change: (text: string) => string, check: (text: string) => void): boolean {
  try {
    const before = textOf(path);
    const after = change(before);
    if (after === before) return false;
    check(after);
    const partial = `${path}.partial`;
    Deno.writeTextFileSync(partial, after);
    Deno.renameSync(partial, path);
    return true;
  } catch (error) {
    throw new ResultsError("unwritable", `cannot write ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
