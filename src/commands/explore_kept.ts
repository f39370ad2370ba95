/**
 * What scenarios have kept of earlier explorations: its runs are replayed first, and what is not so any more is said.
 *
 * @module
 */

import { type ExpectationResult, isClosed, runName, type RunResult } from "../report/explore_result.ts";
import type { Kept } from "../scenarios/scenario.ts";
import { WorkLines } from "../std/work_lines.ts";
import type { PlannedExpectation } from "./explore_plan.ts";
import type { RunnerPool } from "./explore_pool.ts";
import type { Witness } from "./explore_witnesses.ts";

/** What became of the kept tokens of a plan. */
export type KeptWitnesses = ReadonlyMap<Kept, Witness | string>;

/** Replays all kept tokens of the runs of a plan. */
export async function keptWitnesses(
  expectations: readonly PlannedExpectation[],
  pool: RunnerPool,
): Promise<KeptWitnesses> {
  const todo = expectations.flatMap(({ expectation, runs, nth }) =>
    expectation.kept.flatMap((kept) => {
      const run = runs.find((each) => runName(each) === kept.run);
      return run === undefined || kept.token === null ? [] : [{ kept, run, nth, token: kept.token }];
    })
  );
  const witnesses = new Map<Kept, Witness | string>();
  const lines = new WorkLines(todo, ({ run }) => run.system);
  await pool.run((worker) => {
    const next = lines.next(worker);
    if (next === null) return null;
    const { run: { scenario, system, flags }, nth, token } = next;
    const request = { run: { scenario, system, flags }, nth, token, minimising: "off" as const };
    return { key: next.kept, job: { kind: "witness" as const, request } };
  }, (kept, result) => {
    if (result.kind === "witness") witnesses.set(kept, result.witness);
    else if (result.kind === "failed" || result.kind === "refused") witnesses.set(kept, result.message);
  });
  return witnesses;
}

/**
 * The result with what the scenario has kept of it and is not so any more.
 *
 * @param runs of the scenario
 * @param asked for `all runs` of the expectation, so that a kept one that is none of them is of the past
 */
export function withStale(
  result: ExpectationResult,
  { expectation }: PlannedExpectation,
  runs: readonly RunResult[],
  witnesses: KeptWitnesses,
  asked: "all runs" | "some runs",
): ExpectationResult {
  const stale = expectation.kept.flatMap((kept) => {
    const verdict = result.verdicts.find(({ run }) =>
      runs.some((each) => each.run === run && runName(each) === kept.run)
    );
    if (verdict === undefined) return asked === "all runs" ? [`${kept.run} is none of its runs any more`] : [];
    const { outcome } = runs.find(({ run }) => run === verdict.run)!;
    if (outcome.kind !== "explored") return [];
    const said: string[] = [];
    if (kept.token !== null) {
      const problem = witnessProblem(witnesses.get(kept));
      if (problem !== null) said.push(`${kept.run}: ${problem}`);
    } else if (kept.shown !== null && verdict.agreement !== "open" && kept.shown !== verdict.shown) {
      said.push(`${kept.run}: it showed: ${kept.shown}`);
    }
    if (kept.classes !== null && isClosed(outcome) && kept.classes !== outcome.classes) {
      said.push(`${kept.run}: it had ${kept.classes.toLocaleString("en")} classes`);
    }
    return said;
  });
  return { ...result, stale };
}

function witnessProblem(witness: Witness | string | undefined): string | null {
  if (witness === undefined) return null;
  if (typeof witness === "string") return `its token cannot be replayed: ${witness}`;
  if (witness.divergence !== null) return `its token goes another way: ${witness.divergence}`;
  return witness.agrees ? null : `its token shows: ${witness.shown}`;
}
