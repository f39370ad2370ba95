/**
 * What the anomalies of a run come to, in a word or two: for tables that lay many runs beside each other.
 *
 * @module
 */

import { anomalyInfo } from "../checking/catalogue.ts";
import { type FoundAnomaly, isClosed, type RunOutcome } from "./explore_result.ts";
import type { Tone } from "./paint.ts";

/** The gravest first. */
const CONSEQUENCES: readonly (readonly [word: string, anomalies: readonly string[]])[] = [
  ["hangs", ["DEADLOCK", "LIVELOCK"]],
  ["stale data", ["STALE_DATA", "USE_AFTER_FREE_BLOCK", "UNCONVERTED"]],
  ["loses data", [
    "LOST_UPDATE",
    "LOST_CONVERT_DATA",
    "PERSIST_LOST",
    "LOST_DMA",
    "PRIVATE_LOST",
    "BLOCK_ZEROED_BY_PEER",
  ]],
  ["stale cache", ["STALE_CACHE", "STALE_MAPPING"]],
  ["mixes", ["TORN_SECTOR", "TORN_READ", "OVERLAP_MIX", "MIXED_RACE"]],
  ["wrong size", ["WRONG_SIZE", "BEYOND_EOF", "WRONG_DISKSIZE"]],
  ["starves", ["STARVATION"]],
  ["wrong result", ["SPURIOUS_ERROR", "SHORT_ON_SUCCESS"]],
  ["lock order", ["LOCK_INVERSION"]],
];
const OTHER = "defect";

/** What is worth a word: anomalies, and what is at least a warning although the kernel promises nothing else. */
export function isTold({ anomaly }: Pick<FoundAnomaly, "anomaly">): boolean {
  return anomaly.split("|").some((each) => {
    const { standing, severity } = anomalyInfo(each);
    return standing === "anomaly" || standing === "report_only" && severity !== "info";
  });
}

/** What the anomalies of a run come to, the gravest first; none: nothing is wrong. */
export function consequences(findings: readonly Pick<FoundAnomaly, "anomaly">[]): string[] {
  const told = findings.filter(isTold).flatMap(({ anomaly }) => anomaly.split("|"));
  const words = new Set(told.map((anomaly) => wordOf(anomaly)));
  return [...CONSEQUENCES.map(([word]) => word), OTHER].filter((word) => words.has(word));
}

function wordOf(anomaly: string): string {
  return CONSEQUENCES.find(([, anomalies]) => anomalies.includes(anomaly))?.[0] ?? OTHER;
}

/** A run in a word: `hangs`, `coherent`; behind it a plus where there is more. */
export function outcomeWord(outcome: RunOutcome): { readonly text: string; readonly tone: Tone } {
  switch (outcome.kind) {
    case "refused":
      return { text: "–", tone: "faint" };
    case "failed":
      return { text: "failed", tone: "bad" };
    case "not begun":
    case "replayed":
      return { text: "not run", tone: "open" };
    case "explored":
      return exploredWord(outcome.findings, isClosed(outcome) ? "to its end" : "stopped before");
  }
}

/** An exploration in a word; `worst` is that without a plus. */
export function exploredWord(
  findings: readonly Pick<FoundAnomaly, "anomaly">[],
  explored: "to its end" | "stopped before",
): { readonly worst: string; readonly text: string; readonly tone: Tone } {
  const [first, ...more] = consequences(findings).filter((word) => word !== "lock order");
  if (first !== undefined) return { worst: first, text: first + (more.length === 0 ? "" : " +"), tone: "bad" };
  const [word, tone] = explored === "to its end" ? ["coherent", "good"] as const : ["none seen", "open"] as const;
  return { worst: word, text: word, tone };
}
