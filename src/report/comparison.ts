/**
 * Runs of one scenario on several systems beside each other: who hangs, who exposes stale data, who is coherent, and at
 * what cost; and several scenarios over the same systems.
 *
 * @module
 */

import { isTold, outcomeWord } from "./consequences.ts";
import {
  type Exploration,
  type ExploreResult,
  runName,
  type RunResult,
  type ScenarioResult,
} from "./explore_result.ts";
import type { Paint } from "./paint.ts";
import { wrap } from "./text_wrap.ts";
import { type Cell, wrappedTable } from "./wrapped_table.ts";

export interface ComparisonOptions {
  readonly width: number;
  readonly paint: Paint;
}

const number = (value: number) => value.toLocaleString("en");

/** One scenario on all the systems that were asked for, a line a run. */
export function comparison({ scenario, title, runs }: ScenarioResult, { width, paint }: ComparisonOptions): string[] {
  const rows = runs.map((run): Cell[] => {
    const { outcome } = run;
    const word = outcomeWord(outcome);
    const name = { text: runName(run), tone: "named" as const };
    if (outcome.kind !== "explored") {
      const reason = "reason" in outcome ? outcome.reason : "stopped before";
      const text = outcome.kind === "refused" ? `not expressible: ${withoutHead(reason, run, scenario)}` : reason;
      return [name, word, { text, tone: "faint" }, { text: "" }, { text: "" }];
    }
    return [name, word, { text: anomaliesText(outcome) }, { text: number(outcome.classes) }, {
      text: costText(outcome),
    }];
  });
  return [
    ...wrap(`${scenario}: ${title}`, width, 2).map((line) => paint("title", line)),
    ...wrappedTable(
      { titles: ["system", "verdict", "reachable", "classes", "cost"], rows, numbers: ["classes"] },
      width,
      paint,
    ),
  ];
}

/** The reason without the scenario and system that stand beside it. */
function withoutHead(reason: string, { system }: RunResult, scenario: string): string {
  const head = `${scenario} on ${system}: `;
  return reason.startsWith(head) ? reason.slice(head.length) : reason;
}

function anomaliesText({ findings }: Exploration): string {
  return findings.filter(isTold).map(({ anomaly, attributes }) =>
    attributes.length === 0 ? anomaly : `${anomaly} (${attributes.join(", ")})`
  ).join(", ");
}

/** `bios 2–3, tree ops 14, shared writes 57, i_mutex held 31, at once 1`. */
export function costText(outcome: Pick<Exploration, "costs">): string {
  return [...costParts(outcome)].map(([name, value]) => `${name} ${value}`).join(", ");
}

/** What people look at first, by a short name; of locks the one that is held longest. */
export function costParts({ costs }: Pick<Exploration, "costs">): Map<string, string> {
  const range = ([least, most]: readonly [number, number]) =>
    least === most ? number(least) : `${number(least)}–${number(most)}`;
  const held = Object.entries(costs).flatMap(([name, value]) => {
    const [, lock] = /^lock_hold_steps\((.*)\)$/.exec(name) ?? [];
    return lock === undefined ? [] : [[lock, value] as const];
  }).sort(([a, left], [b, right]) => right[1] - left[1] || (a < b ? -1 : 1));
  const parts = SHORT_NAMES.flatMap(([metric, name]) =>
    costs[metric] === undefined ? [] : [[name, range(costs[metric])] as const]
  );
  return new Map([...parts, ...held.slice(0, 1).map(([lock, value]) => [`${lock} held`, range(value)] as const)]);
}

const SHORT_NAMES: readonly (readonly [metric: string, name: string])[] = [
  ["bios", "bios"],
  ["tree_ops", "tree ops"],
  ["cacheline_writes", "shared writes"],
  ["max_parallel", "at once"],
];

/** Several scenarios over the systems: a line a run's system and flags, a column a scenario. */
export function overview({ scenarios }: ExploreResult, { width, paint }: ComparisonOptions): string[] {
  const names = [...new Set(scenarios.flatMap(({ runs }) => runs.map(({ system }) => system)))];
  const rows = names.map((system): Cell[] => [
    { text: system, tone: "named" },
    ...scenarios.map(({ runs }) => cellOf(runs.filter((run) => run.system === system))),
  ]);
  const titles = ["system", ...scenarios.map((_, nth) => String(nth + 1))];
  return [
    ...scenarios.flatMap(({ title }, nth) => wrap(`${nth + 1}  ${title}`, width, 3)),
    "",
    ...wrappedTable({ titles, rows }, width, paint),
  ];
}

/** Runs with several sets of flags: each word once. */
function cellOf(runs: readonly RunResult[]): Cell {
  const words = runs.map(({ outcome }) => outcomeWord(outcome));
  const texts = [...new Set(words.map(({ text }) => text))];
  const [first = { text: "", tone: "faint" as const }] = words;
  return texts.length <= 1
    ? first
    : { text: texts.join(" / "), tone: words.find(({ tone }) => tone === "bad")?.tone ?? first.tone };
}
