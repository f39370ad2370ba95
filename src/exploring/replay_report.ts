/**
 * What the one run of a token shows, in the form in which an exploration tells of its runs.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import { deadlockFindings } from "./class_recorder.ts";
import { NOTHING_COUNTED } from "./exploration_counts.ts";
import type { ExploreReport } from "./explore.ts";
import { replay } from "./token.ts";

export interface ReplayReport {
  /** Of the run as far as it goes as the token says; it claims nothing of others. */
  readonly report: ExploreReport;
  /** Where the program leaves the way of the token; null: it does not. */
  readonly divergence: string | null;
}

/**
 * Replays a token and reports the run.
 *
 * @throws {TokenError} when the text is no token
 */
export function replayReport(program: Program, text: string): ReplayReport {
  const { run, token: { end }, divergence, recovered } = replay(program, text);
  const { world, prepared } = run;
  if (divergence !== null) return { report: reportOf(program, []), divergence: divergence.text };
  const own = end === "deadlock" ? [...world.findings, ...deadlockFindings(world)] : world.findings;
  const report = reportOf(program, recovered?.facts ?? prepared.facts?.() ?? [], text);
  report.outcomes.push({
    end,
    finalState: recovered?.text ?? (end === "cut_off" ? "" : prepared.finalState?.() ?? ""),
    findings: recovered?.findings ?? own,
    count: 1,
    token: text,
  });
  report.counts = {
    ...NOTHING_COUNTED,
    complete: end === "complete" || end === "crash" ? 1 : 0,
    deadlocked: end === "deadlock" ? 1 : 0,
    cutOff: end === "cut_off" ? 1 : 0,
    steps: run.steps.length,
  };
  return { report, divergence: null };
}

function reportOf(program: Program, facts: Iterable<string>, token = ""): ExploreReport {
  return {
    program: program.name,
    claim: "the run of a token",
    finished: true,
    covers: "some",
    counts: { ...NOTHING_COUNTED },
    crashPoints: 0,
    crashImagesPossible: 0,
    crashImages: 0,
    outcomes: [],
    facts: Array.from(facts, (text) => ({ text, count: 1, token })),
    checkpoint: null,
  };
}
