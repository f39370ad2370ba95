/**
 * Gathers the outcomes of runs. Of each the shortest run is kept, and of the shortest the first by the names of its tasks:
 * the same one whatever order the runs come in.
 *
 * @module
 */

import type { Identities } from "../machine/identities.ts";
import type { Program } from "../machine/program.ts";
import type { Finding } from "../machine/world.ts";
import { compareRuns } from "./linearization.ts";
import { type Outcome, outcomeKey, sortedOutcomes } from "./outcomes.ts";
import type { ScheduledStep } from "./run.ts";
import { parseToken, taskOfPath, type TokenEnd, tokenOf } from "./token.ts";

interface Kept {
  end: TokenEnd;
  finalState: string;
  findings: { anomaly: string; text: string }[];
  count: number;
  steps: readonly ScheduledStep[];
  picks: readonly number[];
}

/** A run that has ended, as the collector takes it. */
export interface EndedRun {
  end: TokenEnd;
  finalState: string;
  findings: readonly Finding[];
  /** Steps of the run. */
  length: number;
  /** The steps, or those of the equivalent run that stands for them all; asked for only when they are needed. */
  steps: () => readonly ScheduledStep[];
  picks?: readonly number[];
}

export class OutcomeCollector {
  readonly #program: Program;
  readonly #identities: Identities;
  readonly #kept = new Map<string, Kept>();

  constructor(program: Program, identities: Identities) {
    this.#program = program;
    this.#identities = identities;
  }

  add({ end, finalState, findings, length, steps, picks = [] }: EndedRun): void {
    const key = outcomeKey(end, finalState, findings);
    const known = this.#kept.get(key);
    if (known === undefined) {
      const own = findings.map(({ anomaly, text }) => ({ anomaly, text }));
      this.#kept.set(key, { end, finalState, findings: own, count: 1, steps: steps(), picks });
      return;
    }
    known.count++;
    if (length <= known.steps.length) this.#prefer(known, steps(), picks);
  }

  /** Adds what another exploration of the same program has found. */
  merge(outcome: Outcome): void {
    const findings = outcome.findings.map((finding) => ({ ...finding, task: "", step: 0 }));
    const key = outcomeKey(outcome.end, outcome.finalState, findings);
    const token = parseToken(outcome.token);
    const steps = token.steps.map(({ task, outcome }) => ({ task: taskOfPath(this.#identities, task), outcome }));
    const known = this.#kept.get(key);
    if (known === undefined) {
      const { end, finalState, findings, count } = outcome;
      this.#kept.set(key, { end, finalState, findings, count, steps, picks: token.picks });
      return;
    }
    known.count += outcome.count;
    this.#prefer(known, steps, token.picks);
  }

  #prefer(known: Kept, steps: readonly ScheduledStep[], picks: readonly number[]): void {
    const order = compareRuns(steps, known.steps, this.#identities);
    if (order > 0 || order === 0 && comparePicks(picks, known.picks) >= 0) return;
    known.steps = steps;
    known.picks = picks;
  }

  /** The outcomes, with the tokens of the runs that stand for them. */
  outcomes(): Outcome[] {
    const all = [...this.#kept].map(([key, { end, finalState, findings, count, steps, picks }]) => {
      const token = tokenOf(this.#program, this.#identities, steps, end, picks);
      return [key, { end, finalState, findings, count, token }] as [string, Outcome];
    });
    return sortedOutcomes(all);
  }
}

function comparePicks(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}
