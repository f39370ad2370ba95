/**
 * What runs of a scenario come to and cost, as little as tables of many of them need; and the file that keeps it.
 *
 * The overview of a README is made from what is kept: exploring all of it takes long.
 *
 * @module
 */

import { z } from "zod";
import { isTold, outcomeWord } from "./consequences.ts";
import type { Exploration, RunOutcome, RunResult, ScenarioResult } from "./explore_result.ts";
import { grouped } from "./plural.ts";

const comparedRun = z.strictObject({
  system: z.string(),
  /** Flags that do not have their defaults. */
  flags: z.string(),
  /** In a word or two: `hangs`, `coherent`, `–` where the system does not have what the scenario asks for. */
  verdict: z.string(),
  tone: z.enum(["bad", "good", "open", "faint"]),
  /** Every schedule was looked at, or the system cannot do it; else it is what had been seen when the search stopped. */
  finished: z.boolean(),
  /** Why it was not run; null: it was. */
  reason: z.string().nullable(),
  /** `DEADLOCK (self), STALE_DATA`. */
  reachable: z.string(),
  classes: z.number().int().nullable(),
  /** By a short name, the least and the most that a run costs: `bios`: `2–3`. */
  costs: z.record(z.string(), z.string()),
});

const comparedScenario = z.strictObject({ scenario: z.string(), title: z.string(), runs: z.array(comparedRun) });
const comparedFile = z.strictObject({ scenarios: z.array(comparedScenario) });

/** A run as it stands in a table. */
export type ComparedRun = Readonly<z.infer<typeof comparedRun>>;

/** A scenario with its runs, in the order of the systems. */
export interface ComparedScenario {
  readonly scenario: string;
  readonly title: string;
  readonly runs: readonly ComparedRun[];
}

/** Short names of what people look at first. The lock that is held longest stands behind them, as `i_mutex held`. */
export const COST_NAMES: readonly (readonly [metric: string, name: string])[] = [
  ["bios", "bios"],
  ["tree_ops", "tree ops"],
  ["cacheline_writes", "shared writes"],
  ["max_parallel", "at once"],
];

/** Behind the name of the lock that is held longest. */
export const HELD = " held";

/** `2–3`, or `2` where the least is the most. */
export function rangeText([least, most]: readonly [number, number]): string {
  return least === most ? grouped(least) : `${grouped(least)}–${grouped(most)}`;
}

/** What people look at first, by a short name; of locks the one that is held longest. */
export function costParts({ costs }: Pick<Exploration, "costs">): Map<string, string> {
  const held = Object.entries(costs).flatMap(([name, value]) => {
    const [, lock] = /^lock_hold_steps\((.*)\)$/.exec(name) ?? [];
    return lock === undefined ? [] : [[lock, value] as const];
  }).sort(([a, left], [b, right]) => right[1] - left[1] || (a < b ? -1 : 1));
  const parts = COST_NAMES.flatMap(([metric, name]) =>
    costs[metric] === undefined ? [] : [[name, rangeText(costs[metric])] as const]
  );
  return new Map([...parts, ...held.slice(0, 1).map(([lock, value]) => [`${lock}${HELD}`, rangeText(value)] as const)]);
}

/** A scenario's runs, short. */
export function comparedScenarioOf(result: ScenarioResult): ComparedScenario {
  return {
    scenario: result.scenario,
    title: result.title,
    runs: result.runs.map((run) => comparedOf(run, result.scenario)),
  };
}

function comparedOf(run: RunResult, scenario: string): ComparedRun {
  const { system, flagsText, outcome } = run;
  const { text, tone } = outcomeWord(outcome);
  const finished = isWhole(outcome);
  const head = { system, flags: flagsText, verdict: text, tone: tone as ComparedRun["tone"], finished };
  if (outcome.kind === "explored") {
    const costs = Object.fromEntries(costParts(outcome));
    return { ...head, reason: null, reachable: anomaliesText(outcome), classes: outcome.classes, costs };
  }
  return { ...head, reason: reasonOf(outcome, run, scenario), reachable: "", classes: null, costs: {} };
}

/** Of a run that Ctrl-C came before. */
const STOPPED = "stopped before";

function reasonOf(outcome: Exclude<RunOutcome, Exploration>, { system }: RunResult, scenario: string): string {
  if (!("reason" in outcome)) return STOPPED;
  if (outcome.kind !== "refused") return outcome.reason;
  // The scenario and the system stand beside it.
  const name = `${scenario} on ${system}: `;
  return `not expressible: ${outcome.reason.startsWith(name) ? outcome.reason.slice(name.length) : outcome.reason}`;
}

function anomaliesText({ findings }: Exploration): string {
  return findings.filter(isTold).map(({ anomaly, attributes }) =>
    attributes.length === 0 ? anomaly : `${anomaly} (${attributes.join(", ")})`
  ).join(", ");
}

/**
 * What a file keeps.
 *
 * @param path for the message
 * @throws {ComparedError} when it is not such a file
 */
export function readCompared(path: string, text: string): ComparedScenario[] {
  try {
    return comparedFile.parse(JSON.parse(text)).scenarios;
  } catch (error) {
    const [what] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new ComparedError(`${path}: keeps no comparison: ${what}; deno task explore FOLDER --systems all --keep`);
  }
}

/** A file that should keep a comparison. */
export class ComparedError extends Error {
  override readonly name = "ComparedError";
}

/** The text of a file that keeps scenarios, in the order of their names. */
export function comparedText(scenarios: readonly ComparedScenario[]): string {
  const sorted = [...scenarios].sort((a, b) => a.scenario < b.scenario ? -1 : 1);
  return `${JSON.stringify({ scenarios: sorted }, null, 2)}\n`;
}

/**
 * What is kept with what has been found since. Of a system that has been run only its new runs stay; of a run that was
 * stopped what had been kept of it, where that was explored to its end.
 *
 * @param systems all there are, in their order; what is not among them is not kept
 */
export function mergedCompared(
  kept: readonly ComparedScenario[],
  results: readonly ScenarioResult[],
  systems: readonly string[],
): ComparedScenario[] {
  const merged = new Map(kept.map((each) => [each.scenario, each]));
  for (const result of results) {
    const before = merged.get(result.scenario)?.runs ?? [];
    const found = comparedScenarioOf(result);
    const asked = new Set(found.runs.map(({ system }) => system));
    const wholeOf = (run: ComparedRun) =>
      before.find(({ system, flags, finished }) => finished && system === run.system && flags === run.flags);
    const fresh = found.runs.map((run) => run.finished ? run : wholeOf(run) ?? run);
    const runs = [...before.filter(({ system }) => !asked.has(system)), ...fresh];
    const place = ({ system }: ComparedRun) => systems.indexOf(system);
    merged.set(result.scenario, {
      ...found,
      runs: runs.filter((run) => place(run) >= 0 && run.reason !== STOPPED).sort((a, b) => place(a) - place(b)),
    });
  }
  return [...merged.values()];
}

/** Nothing was left out: all schedules were looked at, or the system cannot do it. */
function isWhole(outcome: RunOutcome): boolean {
  return outcome.kind === "refused" || outcome.kind === "explored" && outcome.finished && outcome.covers === "all";
}
