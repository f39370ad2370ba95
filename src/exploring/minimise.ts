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
  /** How it ended; `cut_off`: at a bound on steps. */
  readonly end: "complete" | "deadlock" | "cut_off" | "crash";
  /** The program's final state, or what recovery made of a crash image. */
  readonly finalState: string;
  /** What steps, checks and recovery found. */
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

/** How hard something smaller is looked for. */
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

/** What a counterexample is told by: the fewer switches, then steps, then picks that are not the first, the smaller. */
interface Found {
  readonly steps: readonly ScheduledStep[];
  readonly switches: number;
  readonly end: Ending["end"];
  readonly picks: readonly number[];
}

/** The smallest ending that is wanted, of those that it has been shown. */
class Smallest {
  found: Found | null = null;
  readonly #program: Program;
  readonly #identities: Identities;
  readonly #isWanted: IsWanted;
  /** The schedule whose crashes have been looked at last. */
  #previous: readonly ScheduledStep[] = [];

  constructor(program: Program, identities: Identities, isWanted: IsWanted) {
    this.#program = program;
    this.#identities = identities;
    this.#isWanted = isWanted;
  }

  /** Looks at the end of a run, unless one that is no larger has been found. */
  considerRun(run: Run): void {
    const { steps } = run;
    const switches = contextSwitches(steps);
    if (!this.#isSmaller(switches, steps.length, [])) return;
    const end = outcomeOf(run.world) ?? "cut_off";
    tellEnd(run, end);
    const finalState = end === "cut_off" ? "" : run.prepared.finalState?.() ?? "";
    if (!this.#isWanted({ end, finalState, findings: run.world.findings })) return;
    this.found = { steps, switches, end, picks: [] };
  }

  /** Looks at crashes after each step of a schedule, but for those that it shares with the one before. */
  considerCrashes(steps: readonly ScheduledStep[]): void {
    const previous = this.#previous;
    this.#previous = steps;
    const isSame = (at: number) => steps[at].task === previous[at].task && steps[at].outcome === previous[at].outcome;
    let shared = 0;
    while (shared < Math.min(steps.length, previous.length) && isSame(shared)) shared++;
    const first = previous.length === 0 ? 0 : shared + 1;
    if (first > steps.length || !this.#isSmaller(contextSwitches(steps.slice(0, first)), first, null)) return;
    const run = new Run(this.#program, this.#identities);
    const model = run.prepared.crash;
    if (model === undefined) return;
    for (let at = 0; at <= steps.length; at++) {
      if (at > 0) run.step(run.world.task(steps[at - 1].task), steps[at - 1].outcome);
      if (at < first) continue;
      const before = steps.slice(0, at);
      const switches = contextSwitches(before);
      if (!this.#isSmaller(switches, at, null)) return;
      for (const { picks, recovered, findings } of crashImages(model, at)) {
        if (!this.#isSmaller(switches, at, picks)) continue;
        if (!this.#isWanted({ end: "crash", finalState: recovered, findings })) continue;
        this.found = { steps: before, switches, end: "crash", picks };
      }
    }
  }

  /** @param picks null: some of them may do */
  #isSmaller(switches: number, steps: number, picks: readonly number[] | null): boolean {
    const { found } = this;
    if (found === null) return true;
    const order = switches - found.switches || steps - found.steps.length ||
      (picks === null ? -1 : sumOf(picks) - sumOf(found.picks));
    return order < 0;
  }
}

function sumOf(picks: readonly number[]): number {
  return picks.reduce((sum, pick) => sum + pick, 0);
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
  const smallest = new Smallest(program, identities, isWanted);
  const consider = (ended: Run) => {
    if (parsed.end === "crash") smallest.considerCrashes(ended.steps);
    else smallest.considerRun(ended);
  };
  consider(runAgain(program, identities, run.steps));
  if (smallest.found === null) throw new TokenError("the token's run does not show the finding");
  let runsLeft = options.runsMax ?? RUNS_MAX_DEFAULT;
  const stepsMax = run.steps.length * 4 + 100;
  for (let preemptions = 0; preemptions < smallest.found.switches && runsLeft > 0; preemptions++) {
    const strategy = new PreemptionBound(preemptions);
    const { found } = smallest;
    for (let number = 0; runsLeft > 0 && strategy.begin(number); number++) {
      runsLeft--;
      const next = new Run(program, identities);
      for (let tasks = next.enabled(); tasks.length > 0 && next.steps.length < stepsMax; tasks = next.enabled()) {
        const { task, outcome } = strategy.choose(next, tasks);
        next.step(next.world.task(task), outcome);
      }
      consider(next);
    }
    if (smallest.found !== found) break;
  }
  const { steps, end, picks } = smallest.found;
  return tokenOf(program, identities, steps, end, picks);
}

/** A run that nobody has been told the end of yet. */
function runAgain(program: Program, identities: Identities, steps: readonly ScheduledStep[]): Run {
  const run = new Run(program, identities);
  for (const { task, outcome } of steps) run.step(run.world.task(task), outcome);
  return run;
}
