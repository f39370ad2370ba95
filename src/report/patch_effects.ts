/**
 * What a patch changes: runs before and after it side by side, what is cured, what is new, and the cost.
 *
 * @module
 */

import { costParts } from "./compared.ts";
import type { ComparisonOptions } from "./comparison.ts";
import { isTold, outcomeWord } from "./consequences.ts";
import {
  brokenBy,
  type Exploration,
  type ExploreResult,
  isClosed,
  type PatchEffect,
  runName,
  type RunResult,
  type ScenarioResult,
} from "./explore_result.ts";
import { flagsOfRuns, MARKS } from "./verdict_matrix.ts";
import { wrap } from "./text_wrap.ts";
import { type Cell, wrappedTable } from "./wrapped_table.ts";

/** A run before and after a patch. */
interface Pair {
  readonly scenario: ScenarioResult;
  readonly effect: PatchEffect;
  readonly before: RunResult;
  readonly after: RunResult;
}

/** Lines for every patch that was asked for beside its system; none where there is no such patch. */
export function patchEffectLines({ scenarios }: ExploreResult, options: ComparisonOptions): string[] {
  const pairs = scenarios.flatMap((scenario): Pair[] => {
    const runOf = (number: number) => scenario.runs.find(({ run }) => run === number)!;
    return scenario.patches.map((effect) => ({
      scenario,
      effect,
      before: runOf(effect.before),
      after: runOf(effect.after),
    }));
  });
  const patches = [...new Set(pairs.map(({ effect }) => effect.patch))];
  return patches.flatMap((patch) => linesOf(patch, pairs.filter(({ effect }) => effect.patch === patch), options));
}

function linesOf(patch: string, pairs: readonly Pair[], options: ComparisonOptions): string[] {
  const { width, paint } = options;
  const changed = pairs.filter(isChanged);
  const rows = alike(changed).map((group): Cell[] => {
    const [{ scenario, before, after }] = group;
    return [
      { text: scenario.scenario },
      { text: flagsOfRuns(group.map((pair) => pair.after)) },
      outcomeWord(before.outcome),
      outcomeWord(after.outcome),
      { text: without(before, after).join(", "), tone: "good" },
      { text: without(after, before).join(", "), tone: "bad" },
      { text: costChanges(before, after) },
    ];
  });
  const [{ before }] = pairs;
  return [
    paint("title", `${patch} beside ${before.system}`),
    ...wrappedTable(
      { titles: ["scenario", "flags", "before", "after", "cured", "new", "cost"], rows },
      width,
      paint,
    ),
    ...changed.flatMap((pair) => expectationLines(pair, options)),
    ...summary(patch, pairs, changed).flatMap((line) => wrap(line, width, 2)),
    "",
  ];
}

/** Anomalies of a run that the other one, looked at whole, does not have. */
function without({ outcome: has }: RunResult, { outcome: lacks }: RunResult): string[] {
  if (has.kind !== "explored" || lacks.kind !== "explored" || !isClosed(lacks)) return [];
  const other = new Set(namesOf(lacks));
  return namesOf(has).filter((name) => !other.has(name));
}

function namesOf({ findings }: Exploration): string[] {
  return findings.filter(isTold).map(({ anomaly, attributes }) =>
    attributes.length === 0 ? anomaly : `${anomaly} (${attributes.join(", ")})`
  );
}

/** Pairs of one scenario in which the same has changed. */
function alike(pairs: readonly Pair[]): Pair[][] {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const { scenario, before, after } = pair;
    const words = [before, after].map(({ outcome }) => outcomeWord(outcome).text);
    const key = JSON.stringify([
      scenario.path,
      words,
      without(before, after),
      without(after, before),
      costChanges(before, after),
    ]);
    groups.set(key, [...groups.get(key) ?? [], pair]);
  }
  return [...groups.values()];
}

/** `bios 2 → 3, i_mutex held 43–45 → 51 steps`: what is not as it was, where all runs are known. */
function costChanges({ outcome: before }: RunResult, { outcome: after }: RunResult): string {
  if (before.kind !== "explored" || after.kind !== "explored" || !isClosed(before) || !isClosed(after)) return "";
  const [was, is] = [costParts(before), costParts(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const [from, to] = [was.get(name) ?? "none", is.get(name) ?? "none"];
    return from === to ? [] : [`${name} ${from} → ${to}`];
  }).join(", ");
}

function isChanged({ before, after, effect }: Pair): boolean {
  return outcomeWord(before.outcome).text !== outcomeWord(after.outcome).text ||
    without(before, after).length > 0 || without(after, before).length > 0 || costChanges(before, after) !== "" ||
    brokenBy(effect).length > 0 || mendedBy(effect).length > 0;
}

/** Expectations that agree with the patch only. */
function mendedBy({ expectations }: PatchEffect): PatchEffect["expectations"] {
  return expectations.filter(({ before, after }) => before.agreement === "disagrees" && after.agreement === "agrees");
}

/** Expectations that are met before or after only. */
function expectationLines({ scenario, after, effect }: Pair, { width, paint }: ComparisonOptions): string[] {
  return [...brokenBy(effect), ...mendedBy(effect)].flatMap((each) => {
    const { mark, tone } = MARKS[each.after.agreement];
    const head = `${mark} ${each.row ?? scenario.scenario} ${runName(after)}: ${each.after.expected}`;
    return wrap(`${head}; before: ${each.before.shown}; after: ${each.after.shown}`, width, 2)
      .map((line, nth) => nth === 0 ? line.replace(mark, paint(tone, mark)) : line);
  });
}

function summary(patch: string, pairs: readonly Pair[], changed: readonly Pair[]): string[] {
  const count = (number: number, one: string, more: string) => `${number} ${number === 1 ? one : more}`;
  const each = (of: (pair: Pair) => readonly string[]) => {
    const counts = new Map<string, number>();
    for (const pair of changed) for (const name of of(pair)) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts].sort(([a], [b]) => a < b ? -1 : 1).map(([name, runs]) =>
      `${name} (${count(runs, "run", "runs")})`
    )
      .join(", ") || "nothing";
  };
  const overrides = pairs.flatMap(({ effect }) => effect.overrides);
  const reached = new Set(overrides.filter(({ isReached }) => isReached).map(({ path }) => path));
  const never = [...new Set(overrides.map(({ path }) => path))].filter((path) => !reached.has(path));
  const all = pairs.flatMap(({ effect }) => effect.expectations);
  const broken = pairs.flatMap(({ effect }) => brokenBy(effect)).length;
  const mended = pairs.flatMap(({ effect }) => mendedBy(effect)).length;
  return [
    `${changed.length} of ${count(pairs.length, "run is", "runs are")} changed by ${patch}; cured: ${
      each(({ before, after }) => without(before, after))
    }; new: ${each(({ before, after }) => without(after, before))}`,
    ...(never.length === 0 ? [] : [
      `no run of these scenarios comes to what ${patch} puts in the place of ${
        never.join(", ")
      }: they say nothing of it`,
    ]),
    ...(all.length === 0
      ? []
      : [`of ${count(all.length, "expectation", "expectations")}, ${agreements(broken, mended)}`]),
  ];
}

function agreements(broken: number, mended: number): string {
  return `${broken} no longer ${broken === 1 ? "agrees" : "agree"}, ${mended} now ${mended === 1 ? "agrees" : "agree"}`;
}
