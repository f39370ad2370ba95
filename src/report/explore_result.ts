/**
 * What `explore` found, as data: the document that `--format json` prints, and what text, matrix and tables are made of.
 *
 * @module
 */

import type { FindingSubject } from "../machine/world.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { FlagValues } from "../systems/system.ts";
import type { LaneTrace } from "./lanes/lane_trace.ts";

/** `open`: it could not be decided, `shown` says why. */
export type Agreement = "agrees" | "disagrees" | "open";

/** Something that runs showed. */
export interface FoundAnomaly {
  readonly anomaly: string;
  readonly attributes: readonly string[];
  readonly severity: string;
  /** What the first of them says, and what it is about. */
  readonly text: string;
  readonly subject: FindingSubject;
  /** Classes (or runs, or crash images) that show it. */
  readonly count: number;
  /** Replays the shortest. */
  readonly token: string;
}

/** One exploration. */
export interface RunResult {
  /** Number in the document, from 1. */
  readonly run: number;
  readonly system: string;
  readonly flags: FlagValues;
  /** Flags that do not have their defaults. */
  readonly flagsText: string;
  readonly strategy: string;
  readonly seed: number | null;
  /** `asked`: for --systems or --set only. */
  readonly origin: "scenario" | "asked";
  /** Set of flags that it is one of, `p1 p2`, where the legal sets of its system are gone through; else null. */
  readonly set: string | null;
  readonly outcome: RunOutcome;
}

export type RunOutcome =
  /** Its system cannot do what the scenario asks for. */
  | { readonly kind: "refused"; readonly reason: string }
  /** A defect of the model or of a check. */
  | { readonly kind: "failed"; readonly reason: string }
  /** Stopped before it was begun. */
  | { readonly kind: "not begun" }
  /** One run of a token, which is a picture. */
  | { readonly kind: "replayed" }
  | Exploration;

export interface Exploration {
  readonly kind: "explored";
  /** Run whose exploration this one shares: they differ only in flags that nothing looked at; null: its own. */
  readonly sameAs: number | null;
  readonly claim: string;
  readonly finished: boolean;
  /** `some`: schedules that the strategy chose. */
  readonly covers: "all" | "some";
  /** Classes of runs, or runs of strategies that know no classes. */
  readonly classes: number;
  readonly complete: number;
  readonly deadlocked: number;
  readonly cutOff: number;
  readonly blocked: number;
  /** Of the runs of all classes. */
  readonly steps: number;
  /** Moments of a crash; images possible at them (0: not counted); images looked at; different states recovered. */
  readonly crashPoints: number;
  readonly crashImagesPossible: number;
  readonly crashImages: number;
  readonly recoveredStates: number;
  readonly milliseconds: number;
  readonly findings: readonly FoundAnomaly[];
  /** By metric, `tree_ops`, `lock_hold_steps(i_mutex)`: the least and the most that a complete run costs. */
  readonly costs: Readonly<Record<string, readonly [least: number, most: number]>>;
  /** What the checks could not judge, and why. */
  readonly notJudged: readonly string[];
}

export interface VerdictResult {
  /** RunResult.run; null: there is none, the expectation is not one about runs or its system is not modelled. */
  readonly run: number | null;
  readonly system: string;
  readonly flagsText: string;
  readonly expected: string;
  readonly shown: string;
  readonly agreement: Agreement;
  readonly claim: string;
  readonly token: string | null;
  /** Kind of the anomaly that the run of the token shows, where the verdict is about one. */
  readonly shows: { readonly anomaly: string; readonly attributes: readonly string[] } | null;
}

export interface ExpectationResult {
  /** Position in the scenario, from 0. */
  readonly nth: number;
  readonly kind: string;
  /** What it is about: `STALE_DATA`, `T1#0`. */
  readonly subject: string;
  readonly why: string;
  readonly source: string;
  readonly row: string | null;
  /** Of all its verdicts together. */
  readonly agreement: Agreement;
  readonly verdicts: readonly VerdictResult[];
  /** What the scenario's file keeps of an earlier exploration and is not so any more, a line each. */
  readonly stale: readonly string[];
}

/** A run that is shown. */
export interface Picture {
  /** Null: a replay, or a run that shows something else than an anomaly. */
  readonly anomaly: string | null;
  readonly attributes: readonly string[];
  /** Runs that show it; the picture is of the first. */
  readonly runs: readonly number[];
  /** Expectations that it is shown for, from 0. */
  readonly expectations: readonly number[];
  /** Replays it with the scenario as it is. */
  readonly token: string;
  /** The smaller scenario that the picture is of, as YAML, with the token that replays it; null: nothing smaller. */
  readonly smaller: { readonly scenario: string; readonly token: string } | null;
  readonly caveat: string | null;
  /** The scenario that the picture is of. */
  readonly shown: Scenario;
  /** What it is, and what its tasks do. */
  readonly head: readonly [about: string, tasks: string];
  /** Sentences that explain it. */
  readonly explanation: readonly string[];
  readonly stepMeanings: Readonly<Record<string, string>>;
  /** What the scenario calls `T1#0`. */
  readonly operationNames: Readonly<Record<string, string>>;
  readonly trace: LaneTrace;
}

/** A run with a patch, beside the one without it. */
export interface PatchEffect {
  readonly patch: string;
  /** RunResult.run. */
  readonly before: number;
  readonly after: number;
  /** Paths that the patch overrides, and whether some schedule went one of them. */
  readonly overrides: readonly { readonly path: string; readonly isReached: boolean }[];
  /** Those that are about the run without it, and what becomes of them. */
  readonly expectations: readonly {
    readonly nth: number;
    readonly kind: string;
    readonly row: string | null;
    readonly before: VerdictResult;
    readonly after: VerdictResult;
  }[];
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly path: string;
  readonly title: string;
  readonly runs: readonly RunResult[];
  readonly expectations: readonly ExpectationResult[];
  /** Steps that the scenario names, and which of them some run reached. */
  readonly steps: readonly { readonly step: string; readonly isReached: boolean }[];
  readonly pictures: readonly Picture[];
  readonly patches: readonly PatchEffect[];
}

/** A scenario whose exploration takes long, and was not asked for. */
export interface LeftOut {
  readonly scenario: string;
  /** Its exploration, as its file says. */
  readonly seconds: number;
  readonly expectations: number;
}

export interface ExploreResult {
  /** `systems`: runs of other systems beside each other; `sets`: those of the legal sets of flags of a system. */
  readonly compares: "nothing" | "systems" | "sets";
  readonly scenarios: readonly ScenarioResult[];
  readonly leftOut: readonly LeftOut[];
  /** Stopped by Ctrl-C: what had been found until then. */
  readonly isStopped: boolean;
}

/** How a run is called where there are several: system, and flags that do not have their defaults. */
export function runName({ system, flagsText }: Pick<RunResult, "system" | "flagsText">): string {
  return flagsText === "" ? system : `${system} (${flagsText})`;
}

/** Every schedule has been looked at to its end. */
export function isClosed({ finished, covers, cutOff }: Exploration): boolean {
  return finished && covers === "all" && cutOff === 0;
}

/** Expectations that a patch breaks. What was reachable and is not any more is no harm. */
export function brokenBy({ expectations }: PatchEffect): PatchEffect["expectations"] {
  return expectations.filter(({ kind, before, after }) =>
    kind !== "reachable" && before.agreement === "agrees" && after.agreement !== "agrees"
  );
}

/** How many expectations agree. */
export function countAgreements({ scenarios }: ExploreResult): Record<Agreement, number> {
  const counts = { agrees: 0, disagrees: 0, open: 0 };
  for (const { expectations } of scenarios) for (const { agreement } of expectations) counts[agreement]++;
  return counts;
}

/** Of several verdicts together: one that disagrees decides, then one that is open. */
export function agreementOf(verdicts: readonly { readonly agreement: Agreement }[]): Agreement {
  if (verdicts.some(({ agreement }) => agreement === "disagrees")) return "disagrees";
  return verdicts.length === 0 || verdicts.some(({ agreement }) => agreement === "open") ? "open" : "agrees";
}
