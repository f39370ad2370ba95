/**
 * What a run and its operations cost, as facts: of the metrics that a scenario asks for.
 *
 * Each is the same in every run of a class. `lock_hold_steps` counts the steps that lie between taking and giving back in
 * every run of the class: the holder's own and those that it waits for, not what others happen to do meanwhile.
 * `max_parallel` is how many operations can have I/O in flight on one file at once in some run of the class.
 *
 * @module
 */

import type { CostExpectation, Metric, Scenario } from "../scenarios/scenario.ts";
import type { OperationRecord } from "../systems/run_record.ts";
import type { LoggedRun } from "./logged_run.ts";
import { type Hold, meansResource, resourceClass } from "./waits.ts";

/** `bios of r`, `lock_hold_steps(i_mutex) of run`: what stands between `cost` and `=` in a fact. */
export function costName(metric: Metric, resource: string | null, of: string | null): string {
  return `${metric}${resource === null ? "" : `(${resource})`} of ${of ?? "run"}`;
}

/** One thing that a scenario wants to know the cost of. */
interface Asked {
  readonly metric: Metric;
  readonly resource: string | null;
  readonly of: string | null;
}

function askedFor(scenario: Scenario): Asked[] {
  const costs = scenario.expectations.filter((each): each is CostExpectation => each.kind === "cost");
  return costs.flatMap(({ metric, resource, of, to }) => {
    const own = { metric, resource, of };
    return typeof to === "number" || to.of === null ? [own] : [own, { metric, resource, of: to.of }];
  });
}

/** Everything that can be counted of a whole run: `lock_hold_steps` of each kind of lock that it has held. */
function allCosts({ log }: LoggedRun): Asked[] {
  const locks = log.holds.filter(({ resource, acquisition }) =>
    acquisition === "waited" && !NO_LOCKS.includes(resourceClass(resource))
  );
  const classes = new Set(locks.map(({ resource }) => resourceClass(resource)));
  return [
    ...WHOLE_RUN.map((metric) => ({ metric, resource: null, of: null })),
    ...[...classes].sort().map((resource) => ({ metric: "lock_hold_steps" as const, resource, of: null })),
  ];
}

const WHOLE_RUN: readonly Metric[] = [
  "tree_ops",
  "tree_inserts",
  "cacheline_writes",
  "bios",
  "get_blocks",
  "max_parallel",
  "steps",
];

/** Held by I/Os, or by what has no owner. */
const NO_LOCKS: readonly string[] = ["bio"];

/** Which costs of a run are told as facts: those that the scenario's expectations ask for, or all of the whole run too. */
export type CostsTold = "asked for" | "all";

/** Facts of one complete run, each once. */
export function costFacts(run: LoggedRun, told: CostsTold = "asked for"): string[] {
  if (run.record.end !== "complete") return [];
  const asked = [...askedFor(run.scenario), ...(told === "all" ? allCosts(run) : [])];
  const facts = asked.flatMap(({ metric, resource, of }) => {
    const value = valueOf(metric, resource, of, run);
    return value === null ? [] : [`cost ${costName(metric, resource, of)} = ${value}`];
  });
  return [...new Set(facts)];
}

/** Null: this run does not tell. */
function valueOf(metric: Metric, resource: string | null, of: string | null, run: LoggedRun): number | null {
  switch (metric) {
    case "runs":
      return null;
    case "lock_hold_steps":
      return resource === null ? null : holdSteps(resource, of, run);
    case "max_parallel":
      return maxParallel(of, run);
    default: {
      if (of === null) return run.record.costs[metric] ?? null;
      const operations = run.record.operations.filter(({ name, task }) => name === of || task === of);
      if (operations.length === 0) return null;
      return operations.reduce((sum, { costs }) => sum + (costs[metric] ?? 0), 0);
    }
  }
}

function isOf(of: string | null, { task, operation }: Hold, names: LoggedRun["names"]): boolean {
  return of === null || task === of || operation !== "" && names.nameOf(operation) === of;
}

function holdSteps(resource: string, of: string | null, { record, log, before, names }: LoggedRun): number {
  let steps = 0;
  for (const hold of log.holds) {
    if (!meansResource(resource, hold.resource) || !isOf(of, hold, names)) continue;
    const last = hold.released ?? record.costs.steps - 1;
    for (let step = hold.acquired + 1; step <= last; step++) {
      if (before(hold.acquired, step) && (hold.released === null || before(step, hold.released))) steps++;
    }
  }
  return steps;
}

/** Largest set of operations of which each has a bio in flight while every other one has: small sets, plain search. */
function maxParallel(of: string | null, { record, log, before, names }: LoggedRun): number {
  const bios = log.holds.filter((hold) =>
    hold.resource.startsWith("bio(") && hold.operation !== "" && isOf(of, hold, names)
  );
  const fileOf = new Map<string, string | null>(
    record.operations.map((each: OperationRecord) => [each.name, each.file]),
  );
  const byFile = new Map<string, Hold[]>();
  for (const bio of bios) {
    const file = fileOf.get(names.nameOf(bio.operation)) ?? null;
    if (file !== null) byFile.set(file, [...byFile.get(file) ?? [], bio]);
  }
  let most = 0;
  for (const all of byFile.values()) most = Math.max(most, largestTogether(all, [], before));
  return most;
}

/** True when two I/Os can both be in flight, in some run of the class: neither ends before the other begins in all. */
function canOverlap(a: Hold, b: Hold, before: LoggedRun["before"]): boolean {
  return !(a.released !== null && before(a.released, b.acquired)) &&
    !(b.released !== null && before(b.released, a.acquired));
}

function largestTogether(left: readonly Hold[], chosen: readonly Hold[], before: LoggedRun["before"]): number {
  let most = chosen.length;
  left.forEach((bio, at) => {
    const rest = left.slice(at + 1).filter((each) => each.operation !== bio.operation && canOverlap(bio, each, before));
    const others = new Set(rest.map(({ operation }) => operation)).size;
    if (chosen.length + 1 + others > most) most = Math.max(most, largestTogether(rest, [...chosen, bio], before));
  });
  return most;
}
