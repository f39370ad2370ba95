/**
 * Records that differ in nothing that checks of a record look at are judged once: many classes of runs differ only in who
 * waited for whom.
 *
 * Of times nothing counts but their order, so that steps are compared by their rank among all that a record tells of.
 *
 * @module
 */

import { onceFor } from "../std/once_for.ts";
import type { Judgement, RunRecord } from "../systems/run_record.ts";

/** What is thought of a record, whatever was held and waited for. */
export interface RecordVerdict {
  readonly findings: Judgement["findings"];
  /** What was not decided. */
  readonly notes: readonly string[];
}

/** Verdicts that are remembered; beyond that all are forgotten. */
const SEEN_MAX = 4_000;

export class SeenRecords {
  readonly #judge: (record: RunRecord) => RecordVerdict;
  readonly #seen = new Map<string, RecordVerdict>();

  /** @param judge looks at neither costs nor named steps nor what was held, and at the order of steps only */
  constructor(judge: (record: RunRecord) => RecordVerdict) {
    this.#judge = judge;
  }

  judged(record: RunRecord): RecordVerdict {
    const key = keyOf(record);
    let verdict = this.#seen.get(key);
    if (verdict === undefined) {
      verdict = this.#judge(record);
      if (this.#seen.size >= SEEN_MAX) this.#seen.clear();
      this.#seen.set(key, verdict);
    }
    return verdict;
  }
}

let numbersGiven = 0;

/** Numbers for what all runs of a scenario share: to be told apart by them is never wrong, and soon done. */
const numberOf = onceFor((_shared: object) => ({ number: ++numbersGiven }));

/** All of a record but its costs, named steps and what was held. */
function keyOf(record: RunRecord): string {
  const { operations, zeroings = [], crash } = record;
  const steps = new Set<number>();
  for (const { begun, returned, submitted } of operations) {
    steps.add(begun);
    if (returned !== null) steps.add(returned);
    if (submitted !== null) steps.add(submitted.step);
  }
  for (const { step } of zeroings) steps.add(step);
  if (crash !== null) steps.add(crash.step);
  const ranks = new Map([...steps].sort((a, b) => a - b).map((step, rank) => [step, rank]));
  const rankOf = (step: number) => step < 0 ? step : ranks.get(step)!;
  return JSON.stringify({
    ...record,
    initial: numberOf(record.initial),
    operations: operations.map((operation) => {
      // Before the run: the same for all of them.
      if (operation.begun < 0) return numberOf(operation);
      const { steps: _steps, costs: _costs, ...each } = operation;
      return {
        ...each,
        begun: rankOf(each.begun),
        returned: each.returned === null ? null : rankOf(each.returned),
        submitted: each.submitted === null ? null : { ...each.submitted, step: rankOf(each.submitted.step) },
      };
    }),
    zeroings: zeroings.map((zeroing) => ({ ...zeroing, step: rankOf(zeroing.step) })),
    crash: crash === null ? null : rankOf(crash.step),
    costs: null,
    resources: null,
    events: null,
  });
}
