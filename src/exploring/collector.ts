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
import { type Fact, type Outcome, type OutcomeFinding, outcomeKey, sortedOutcomes } from "./outcomes.ts";
import type { ScheduledStep } from "./run.ts";
import { parseToken, taskOfPath, type TokenEnd, tokenOf } from "./token.ts";

interface KeptRun {
  end: TokenEnd;
  count: number;
  steps: readonly ScheduledStep[];
  picks: readonly number[];
}

interface Kept extends KeptRun {
  finalState: string;
  findings: OutcomeFinding[];
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
  facts?: Iterable<string>;
}

export class OutcomeCollector {
  readonly #program: Program;
  readonly #identities: Identities;
  readonly #kept = new Map<string, Kept>();
  readonly #facts = new Map<string, KeptRun>();
  /** Of runs, by how they ended. */
  readonly #tokens = new WeakMap<readonly ScheduledStep[], Map<string, string>>();

  constructor(program: Program, identities: Identities) {
    this.#program = program;
    this.#identities = identities;
  }

  add({ end, finalState, findings, length, steps, picks = [], facts = [] }: EndedRun): void {
    const key = outcomeKey(end, finalState, findings);
    let own: readonly ScheduledStep[] | null = null;
    const ownSteps = () => own ??= steps();
    const known = this.#kept.get(key);
    if (known === undefined) {
      const found = findings.map(({ anomaly, text, subject }) => ({ anomaly, text, subject }));
      this.#kept.set(key, { end, finalState, findings: found, count: 1, steps: ownSteps(), picks });
    } else this.#count(known, end, length, ownSteps, picks);
    for (const text of new Set(facts)) {
      const fact = this.#facts.get(text);
      if (fact === undefined) this.#facts.set(text, { end, count: 1, steps: ownSteps(), picks });
      else this.#count(fact, end, length, ownSteps, picks);
    }
  }

  #count(
    known: KeptRun,
    end: TokenEnd,
    length: number,
    steps: () => readonly ScheduledStep[],
    picks: readonly number[],
  ): void {
    known.count++;
    if (length <= known.steps.length) this.#prefer(known, end, steps(), picks);
  }

  /** Adds what another exploration of the same program has found. */
  merge(outcome: Outcome): void {
    const { end, finalState, findings, count } = outcome;
    const key = outcomeKey(end, finalState, findings);
    const run = this.#runOf(outcome);
    const known = this.#kept.get(key);
    if (known === undefined) this.#kept.set(key, { ...run, finalState, findings });
    else this.#add(known, run, count);
  }

  mergeFact(fact: Fact): void {
    const run = this.#runOf(fact);
    const known = this.#facts.get(fact.text);
    if (known === undefined) this.#facts.set(fact.text, run);
    else this.#add(known, run, fact.count);
  }

  #runOf({ token, count }: { token: string; count: number }): KeptRun {
    const { steps, picks, end } = parseToken(token);
    const own = steps.map(({ task, outcome }) => ({ task: taskOfPath(this.#identities, task), outcome }));
    return { end, count, steps: own, picks };
  }

  #add(known: KeptRun, { end, steps, picks }: KeptRun, count: number): void {
    known.count += count;
    this.#prefer(known, end, steps, picks);
  }

  #prefer(known: KeptRun, end: TokenEnd, steps: readonly ScheduledStep[], picks: readonly number[]): void {
    const order = compareRuns(steps, known.steps, this.#identities);
    if (order > 0 || order === 0 && comparePicks(picks, known.picks) >= 0) return;
    known.end = end;
    known.steps = steps;
    known.picks = picks;
  }

  /** The outcomes, with the tokens of the runs that stand for them. */
  outcomes(): Outcome[] {
    const all = [...this.#kept].map(([key, kept]) => {
      const { end, finalState, findings, count } = kept;
      return [key, { end, finalState, findings, count, token: this.#tokenOf(kept) }] as [string, Outcome];
    });
    return sortedOutcomes(all);
  }

  /** The facts by their texts, with the tokens of runs that show them. */
  facts(): Fact[] {
    return [...this.#facts].sort(([a], [b]) => a < b ? -1 : 1)
      .map(([text, kept]) => ({ text, count: kept.count, token: this.#tokenOf(kept) }));
  }

  /** Making one takes a run, and many facts have the same that stands for them. */
  #tokenOf({ steps, end, picks }: KeptRun): string {
    const ends = this.#tokens.get(steps) ?? new Map<string, string>();
    this.#tokens.set(steps, ends);
    const key = `${end} ${picks.join()}`;
    const token = ends.get(key) ?? tokenOf(this.#program, this.#identities, steps, end, picks);
    ends.set(key, token);
    return token;
  }
}

function comparePicks(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}
