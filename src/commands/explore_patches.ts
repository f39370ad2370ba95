/**
 * Lays runs of a patched system beside those of the system that it is a patch of.
 *
 * @module
 */

import { overrideFact } from "../checking/judge.ts";
import type { PatchEffect } from "../report/explore_result.ts";
import type { System } from "../systems/system.ts";
import type { Plan, PlannedExpectation, PlannedRun } from "./explore_plan.ts";
import { expectationResult, type KnownRuns } from "./explore_results.ts";

/** Each run of a patched system with the one before, where both were asked for, and what becomes of expectations. */
export function patchEffects(plan: Plan, path: string, systems: readonly System[], known: KnownRuns): PatchEffect[] {
  const runs = plan.runs.filter((run) => run.path === path);
  return runs.flatMap((after): PatchEffect[] => {
    const patched = systems.find(({ name }) => name === after.system);
    const base = systems.find(({ name }) => name === patched?.patchOf);
    if (patched === undefined || base === undefined) return [];
    const before = runs.find((run) => run.system === base.name && goesWith(run, after, base, patched));
    if (before === undefined) return [];
    const about = plan.expectations.filter((each) =>
      each.path === path && each.runs.some(({ id }) => id === before.id)
    );
    return [{
      patch: patched.name,
      before: known.numberOf(before),
      after: known.numberOf(after),
      overrides: overridesOf(after, patched, known),
      expectations: about.map((planned) => {
        const [was, is] = [before, after].map((run) => expectationResult(onlyIn(planned, run), known));
        return { nth: was.nth, kind: was.kind, row: was.row, before: was.verdicts[0], after: is.verdicts[0] };
      }),
    }];
  });
}

/** What the patch overrides in a run, and what of it was gone. */
function overridesOf(run: PlannedRun, patched: System, { ends }: KnownRuns): PatchEffect["overrides"] {
  const end = ends.get(run.id);
  if (end?.kind !== "explored") return [];
  const facts = new Set(end.report.facts.map(({ text }) => text));
  return (patched.overrides?.(run.flags) ?? []).map((path) => ({ path, isReached: facts.has(overrideFact(path)) }));
}

/** The expectation as one about this run only. */
function onlyIn(planned: PlannedExpectation, run: PlannedRun): PlannedExpectation {
  return { ...planned, runs: [run], notRun: [] };
}

/** The same values of all flags that both have; what neither was told is what each of them usually is. */
function goesWith(before: PlannedRun, after: PlannedRun, base: System, patched: System): boolean {
  return base.flags.every(({ name, default: usual }) => {
    const usualAfter = patched.flags.find((flag) => flag.name === name)!.default;
    return before.flags[name] === after.flags[name] ||
      before.flags[name] === usual && after.flags[name] === usualAfter;
  });
}
