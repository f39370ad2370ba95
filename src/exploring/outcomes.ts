/**
 * What the runs of an exploration came to: each different outcome once, with how often it occurred and the token of the
 * first and shortest run that shows it.
 *
 * @module
 */

import type { Finding } from "../machine/world.ts";
import type { TokenEnd } from "./token.ts";

/** A finding without its task and step, which differ between runs of one outcome. */
export type OutcomeFinding = Pick<Finding, "anomaly" | "text" | "subject">;

/** Something that runs showed beside their outcome, see `Prepared.facts`. */
export interface Fact {
  /** As the program told it. */
  text: string;
  /** Classes (or runs, or crash images) that showed it. */
  count: number;
  /** Replays one of them. */
  token: string;
}

/** An outcome that runs can have in common. */
export interface Outcome {
  /** How the runs ended. */
  end: TokenEnd;
  /** What the program says of its state at the end; "" when it says nothing, or did not come to its end. */
  finalState: string;
  /** What steps, checks and recovery found, without saying in which step. */
  findings: OutcomeFinding[];
  /** Classes (or runs, or crash images) with this outcome. */
  count: number;
  /** Replays one of them. */
  token: string;
}

/** How many different states recovery has come to. */
export function recoveredStates(outcomes: readonly Outcome[]): number {
  return new Set(outcomes.filter(({ end }) => end === "crash").map(({ finalState }) => finalState)).size;
}

/** What tells outcomes apart. */
export function outcomeKey(end: TokenEnd, finalState: string, findings: readonly OutcomeFinding[]): string {
  const found = findings.map(({ anomaly, text }) => `${anomaly}: ${text}`).sort();
  return JSON.stringify([end, finalState, [...new Set(found)]]);
}

/** Outcomes in an order of their own: those with findings first, then by text. */
export function sortedOutcomes(outcomes: Iterable<[key: string, outcome: Outcome]>): Outcome[] {
  return [...outcomes].sort(([a, left], [b, right]) => {
    const found = Math.sign(right.findings.length) - Math.sign(left.findings.length);
    return found !== 0 ? found : a < b ? -1 : 1;
  }).map(([, outcome]) => outcome);
}
