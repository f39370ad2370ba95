/**
 * Looks whether the run of a token is a witness of what a scenario expects, and for one that is shorter.
 *
 * @module
 */

import { evaluate } from "../checking/expectations.ts";
import { type Ending, minimise } from "../exploring/minimise.ts";
import { replayReport } from "../exploring/replay_report.ts";
import { type ProgramOf, type ScenarioRun, SWITCH_RUNS_MAX } from "./explore_jobs.ts";
import { systemNamed } from "../systems/index.ts";

export interface WitnessRequest {
  readonly run: ScenarioRun;
  /** Position of the expectation in the scenario, from 0. */
  readonly nth: number;
  readonly token: string;
  /** `on`: a run with fewer switches from task to task is looked for. */
  readonly minimising: "on" | "off";
}

/** What the run of a token is to an expectation. */
export interface Witness {
  readonly token: string;
  readonly agrees: boolean;
  /** What the run shows, in a line. */
  readonly shown: string;
  /** Where the run goes another way than the token says; null: it does not. */
  readonly divergence: string | null;
}

/**
 * Replays a token and holds the run against an expectation.
 *
 * @throws {TokenError} when the text is no token
 */
export function witnessOf(programOf: ProgramOf, { run, nth, token, minimising }: WitnessRequest): Witness {
  const { scenario, system } = run;
  const { lockOrder } = systemNamed(system);
  const program = programOf(run);
  const expectation = scenario.expectations[nth];
  const judged = (text: string): Witness => {
    const { report, divergence } = replayReport(program, text);
    const { agrees, shown } = evaluate({ scenario, expectation, nth, report, lockOrder });
    return { token: text, agrees, shown, divergence };
  };
  const own = judged(token);
  // What only the order of locks shows is in no single ending.
  const isOfOneRun = expectation.kind === "reachable" && expectation.anomaly !== "LOCK_INVERSION";
  if (minimising === "off" || !own.agrees || !isOfOneRun) return own;
  const replayed = replayReport(program, token).report;
  const isDeadlock = expectation.anomaly === "DEADLOCK";
  const isWanted = ({ end, findings }: Ending) => {
    // The circle of a deadlock is made out only when it is the shortest.
    if (isDeadlock) return end === "deadlock";
    if (!findings.some(({ anomaly }) => anomaly === expectation.anomaly)) return false;
    const outcomes = [{ end, finalState: "", findings: [...findings], count: 1, token }];
    const report = { ...replayed, outcomes, facts: [] };
    return evaluate({ scenario, expectation, nth, report, lockOrder }).agrees;
  };
  const shorter = judged(minimise(program, token, isWanted, { runsMax: SWITCH_RUNS_MAX }));
  return shorter.agrees ? shorter : own;
}
