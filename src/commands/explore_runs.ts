/**
 * Explores the runs of a plan, each once, and those only once that differ in nothing that anybody looks at.
 *
 * @module
 */

import { exploreParallel, type ExploreReport, type Progress } from "../exploring/explore.ts";
import { WorkLines } from "../std/work_lines.ts";
import { NotModelled } from "../systems/not_modelled.ts";
import type { FlagValues } from "../systems/system.ts";
import { type ExploreSettings, type ProgramOf, type ScenarioRun, whereOf } from "./explore_jobs.ts";
import type { PlannedRun } from "./explore_plan.ts";
import type { RunnerPool } from "./explore_pool.ts";
import type { ProgramModule } from "./explore_runner_messages.ts";

/** What became of a planned run. */
export type RunEnd =
  | { readonly kind: "refused" | "failed"; readonly reason: string }
  | { readonly kind: "not begun" }
  | {
    readonly kind: "explored";
    readonly report: ExploreReport;
    readonly milliseconds: number;
    /** Run that it shares the exploration with; null: it has its own. */
    readonly sameAs: PlannedRun | null;
  };

interface Own {
  readonly end: Exclude<RunEnd, { kind: "not begun" }>;
  /** Null: nothing is known of it. */
  readonly flagsRead: readonly string[] | null;
}

/** True when a run with these flags would go as one with the others that has looked at so many of them. */
function goesAs(flags: FlagValues, { flags: others }: PlannedRun, read: readonly string[] | null): boolean {
  return read !== null && read.every((name) => flags[name] === others[name]);
}

/** True when one exploration is enough for the other, too. */
function servesFor({ witnesses }: ExploreSettings, other: ExploreSettings): boolean {
  return witnesses.length === 0 || witnesses.join() === other.witnesses.join();
}

/**
 * Explores all runs of a plan.
 *
 * @param onProgress told of a run that is under way, and how many are done
 * @returns what became of each, by its number in the plan; the same whatever the number of workers
 */
export async function exploreRuns(
  runs: readonly PlannedRun[],
  pool: Pick<RunnerPool, "run" | "isStopped">,
  settingsOf: (run: PlannedRun) => ExploreSettings,
  onProgress: (run: PlannedRun, done: number, progress: Progress) => void,
): Promise<Map<number, RunEnd>> {
  const own = new Map<number, Own>();
  const sharing = (run: PlannedRun): PlannedRun | undefined =>
    runs.find((other) =>
      other.id < run.id && other.path === run.path && other.system === run.system &&
      goesAs(run.flags, other, own.get(other.id)?.flagsRead ?? null) && servesFor(settingsOf(other), settingsOf(run))
    );
  const lines = new WorkLines(runs, ({ system }) => system);
  const next = (worker: number) => {
    while (!pool.isStopped) {
      const run = lines.next(worker);
      if (run === null) return null;
      if (run.refusal !== undefined) {
        own.set(run.id, { end: { kind: "refused", reason: run.refusal }, flagsRead: null });
        continue;
      }
      // One that is under way may turn out to be the same: then it has been done twice, and the earlier one counts.
      if (sharing(run) !== undefined) continue;
      const { scenario, system, flags } = run;
      return {
        key: run,
        job: { kind: "explore" as const, run: { scenario, system, flags }, settings: settingsOf(run) },
      };
    }
    return null;
  };
  await pool.run(next, (run, result) => {
    if (result.kind === "refused" || result.kind === "failed") {
      own.set(run.id, { end: { kind: result.kind, reason: result.message }, flagsRead: null });
    } else if (result.kind === "explored") {
      const { report, milliseconds, flagsRead } = result.explored;
      own.set(run.id, { end: { kind: "explored", report, milliseconds, sameAs: null }, flagsRead });
    }
  }, (run, progress) => onProgress(run, own.size, progress));

  const ends = new Map<number, RunEnd>();
  for (const run of runs) {
    const same = sharing(run);
    const end = own.get((same ?? run).id)?.end;
    if (end === undefined) ends.set(run.id, { kind: "not begun" });
    else if (same === undefined || end.kind !== "explored") ends.set(run.id, end);
    else ends.set(run.id, { ...end, sameAs: firstOf(same, ends, runs) });
  }
  return ends;
}

/** Explores a single run with all workers: they share its schedules out among them. */
export async function exploreAlone(
  run: PlannedRun,
  programs: ProgramModule,
  { programOf, jobs, settings, isStopped, onProgress }: {
    readonly programOf: ProgramOf;
    readonly jobs: number;
    readonly settings: ExploreSettings;
    readonly isStopped: () => boolean;
    readonly onProgress: (progress: Progress) => void;
  },
): Promise<RunEnd> {
  const begun = performance.now();
  const { budget, stepsMax, costs } = settings;
  const argument: ScenarioRun = { scenario: run.scenario, system: run.system, flags: run.flags, costs };
  try {
    const options = { jobs, budget, stepsMax, isStopped, onProgress };
    const report = await exploreParallel(programOf(argument), { ...programs, argument }, options);
    return { kind: "explored", report, milliseconds: performance.now() - begun, sameAs: null };
  } catch (error) {
    if (!(error instanceof NotModelled)) return { kind: "failed", reason: whereOf(error) };
    return { kind: "refused", reason: error.message };
  }
}

/** The run itself, or the one whose exploration it shares. */
function firstOf(run: PlannedRun, ends: ReadonlyMap<number, RunEnd>, runs: readonly PlannedRun[]): PlannedRun {
  const end = ends.get(run.id);
  const first = end?.kind === "explored" && end.sameAs !== null ? end.sameAs : run;
  return runs.find(({ id }) => id === first.id)!;
}
