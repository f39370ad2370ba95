/**
 * Makes counterexamples small: first what the program does, then how often it changes from one task to another.
 *
 * @module
 */

import type { Identities } from "../machine/identities.ts";
import type { Program } from "../machine/program.ts";
import { crashImages } from "./crash_points.ts";
import type { OutcomeFinding } from "./outcomes.ts";
import { PreemptionBound } from "./preemption_bound.ts";
import { outcomeOf, Run, type ScheduledStep } from "./run.ts";
import { tellEnd } from "./run_end.ts";
import { replay, TokenError, tokenOf } from "./token.ts";

/** How a run, or a crash in it, ended: what a finding is looked for in. */
export interface Ending {
  readonly end: "complete" | "deadlock" | "cut_off" | "crash";
  /** The program's final state, or what recovery made of a crash image. */
  readonly finalState: string;
  readonly findings: readonly OutcomeFinding[];
}

/** Is the finding that matters in this ending? */
export type IsWanted = (ending: Ending) => boolean;

/** Ways to make something smaller, the most promising first. */
export interface Shrinking<S> {
  /** Smaller ones: with an operation less, with fewer pages. Whatever is still too large may be offered again. */
  reductions(subject: S): Iterable<S>;
  /** The token of a run that still shows the finding; null when there is none. */
  find(subject: S): string | null;
}

/**
 * Takes the first reduction that still shows the finding, again and again, until none does.
 *
 * @returns the smallest subject found, and the token of a run of it
 */
export function shrink<S>(
  subject: S,
  token: string,
  { reductions, find }: Shrinking<S>,
): { subject: S; token: string } {
  for (;;) {
    let smaller: { subject: S; token: string } | null = null;
    for (const candidate of reductions(subject)) {
      const found = find(candidate);
      if (found === null) continue;
      smaller = { subject: candidate, token: found };
      break;
    }
    if (smaller === null) return { subject, token };
    ({ subject, token } = smaller);
  }
}

export interface MinimiseOptions {
  /** Runs to look at before what has been found is taken. Default 20,000. */
  runsMax?: number;
}

const RUNS_MAX_DEFAULT = 20_000;

/** Points at which the schedule goes on with another task. */
export function contextSwitches(steps: readonly { readonly task: number | string }[]): number {
  let switches = 0;
  for (let i = 1; i < steps.length; i++) if (steps[i].task !== steps[i - 1].task) switches++;
  return switches;
}

interface Found {
  steps: readonly ScheduledStep[];
  end: Ending["end"];
  picks: readonly number[];
}

/** Endings of the run with these steps: its own, or those of crashes after each of its steps. */
function* endings(
  program: Program,
  identities: Identities,
  steps: readonly ScheduledStep[],
  kind: "run" | "crash",
): Iterable<Ending & Found> {
  const run = new Run(program, identities);
  if (kind === "run") {
    for (const { task, outcome } of steps) run.step(run.world.task(task), outcome);
    const end = outcomeOf(run.world) ?? "cut_off";
    tellEnd(run, end);
    const finalState = end === "cut_off" ? "" : run.prepared.finalState?.() ?? "";
    yield { end, finalState, findings: run.world.findings, steps, picks: [] };
    return;
  }
  const model = run.prepared.crash;
  if (model === undefined) return;
  for (let at = 0; at <= steps.length; at++) {
    for (const { picks, recovered, findings } of crashImages(model, at)) {
      yield { end: "crash", finalState: recovered, findings, steps: steps.slice(0, at), picks };
    }
    if (at < steps.length) run.step(run.world.task(steps[at].task), steps[at].outcome);
  }
}

/**
 * A run of the program that shows the same finding with as few context switches, and then steps, as can be found: schedules
 * with no preemption are searched first, then with one, and so on.
 *
 * @param token of a run that shows the finding
 * @returns its token; the one given when nothing shorter shows it
 * @throws {TokenError} when the token is not one of this program, or its run does not show the finding
 */
export function minimise(program: Program, token: string, isWanted: IsWanted, options: MinimiseOptions = {}): string {
  const { run, token: parsed, divergence } = replay(program, token);
  if (divergence !== null) throw new TokenError(`the token is of another program: ${divergence.text}`);
  // All runs name tasks alike, whoever starts them first.
  const { identities } = run.world;
  const kind = parsed.end === "crash" ? "crash" : "run";
  let best: Found | null = null;
  const consider = (steps: readonly ScheduledStep[]) => {
    for (const ending of endings(program, identities, steps, kind)) {
      if (!isWanted(ending)) continue;
      if (best === null || compare(ending, best) < 0) best = ending;
    }
  };
  consider(run.steps);
  if (best === null) throw new TokenError("the token's run does not show the finding");
  let runsLeft = options.runsMax ?? RUNS_MAX_DEFAULT;
  const stepsMax = run.steps.length * 4 + 100;
  for (let preemptions = 0; preemptions < contextSwitches((best as Found).steps) && runsLeft > 0; preemptions++) {
    const strategy = new PreemptionBound(preemptions);
    let found = false;
    for (let number = 0; runsLeft > 0 && strategy.begin(number); number++) {
      runsLeft--;
      const next = new Run(program, identities);
      while (next.outcome === null && next.steps.length < stepsMax) {
        const { task, outcome } = strategy.choose(next, next.enabled());
        next.step(next.world.task(task), outcome);
      }
      const before: Found = best!;
      consider(next.steps);
      found ||= best !== before;
    }
    if (found) break;
  }
  const { steps, end, picks } = best as Found;
  return tokenOf(program, identities, steps, end, picks);
}

function compare(a: Found, b: Found): number {
  return contextSwitches(a.steps) - contextSwitches(b.steps) || a.steps.length - b.steps.length ||
    a.picks.reduce((sum, pick) => sum + pick, 0) - b.picks.reduce((sum, pick) => sum + pick, 0);
}
