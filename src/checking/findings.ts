/**
 * All findings of an exploration: those of its runs, and those that only all of its runs together show.
 *
 * @module
 */

import type { ExploreReport } from "../exploring/explore.ts";
import type { OutcomeFinding } from "../exploring/outcomes.ts";
import { lockInversions } from "./lock_order.ts";

/** A finding with what shows it. */
export interface Found extends OutcomeFinding {
  /** Classes, runs or crash images that show it. */
  readonly count: number;
  /** Replays the shortest of them. */
  readonly token: string;
}

/**
 * Findings of an exploration, each different one once; those with the shortest token first, then by text.
 *
 * @param lockOrder pairs of resource classes, as the system documents them
 */
export function findingsOf(
  report: ExploreReport,
  lockOrder: readonly (readonly [string, string])[],
): Found[] {
  const found = new Map<string, Found>();
  for (const { findings, count, token } of report.outcomes) {
    const own = new Map(findings.map((finding) => [keyOf(finding), finding]));
    for (const [key, finding] of own) {
      const known = found.get(key);
      if (known === undefined) found.set(key, { ...finding, count, token });
      else found.set(key, { ...known, count: known.count + count, token: shorter(known.token, token) });
    }
  }
  for (const each of lockInversions(report.facts, lockOrder)) {
    const key = keyOf(each);
    if (!found.has(key)) found.set(key, each);
  }
  return [...found.values()].sort((a, b) =>
    a.token.length - b.token.length || compareText(a.anomaly, b.anomaly) || compareText(a.text, b.text)
  );
}

function keyOf({ anomaly, text, subject }: OutcomeFinding): string {
  return JSON.stringify([anomaly, text, subject]);
}

function shorter(a: string, b: string): string {
  return b.length < a.length || b.length === a.length && b < a ? b : a;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
