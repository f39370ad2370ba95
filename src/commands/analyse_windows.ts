/**
 * What could have happened, in `analyse`: windows of a recording explored under the chosen systems, as rows, as lines of
 * the summary, and as scenario files.
 *
 * @module
 */

import type { RecordedRun } from "../checking/recorded/recorded_run.ts";
import type { HistoryOperation } from "../recording/history/history_line.ts";
import type { ChosenSystem, ExploredShape, ShapeBudget } from "../replaying/explored_shape.ts";
import { outcomesBesideHistory } from "../replaying/outcomes_beside_history.ts";
import { recordedKernel } from "../replaying/recorded_kernel.ts";
import { risksOf } from "../replaying/risks.ts";
import { ShapeQueue } from "../replaying/shape_queue.ts";
import { type Shapes, shapesOf } from "../replaying/shapes.ts";
import { cutWindows } from "../replaying/windows.ts";
import type { WindowsSummary } from "../report/analyse_summary.ts";
import type { TableRow } from "../results/row_inserts.ts";
import { allSystems, flagValues, systemNamed } from "../systems/index.ts";
import { NotModelled } from "../systems/not_modelled.ts";
import { flagsText } from "./explore_tables.ts";
import { UsageError } from "./command.ts";
import type { RunnerPool } from "./explore_pool.ts";
import { makeSaveFolder, type SavedScenario, saveScenarios } from "./saved_scenarios.ts";
import { isOwn, type Shard } from "./shard.ts";
import { counterexampleRows } from "./window_counterexamples.ts";
import type { WindowOptions } from "./window_options.ts";

/** @throws {UsageError} for a name of nothing */
export function checkSystems(names: string): void {
  for (const name of names === "all" ? [] : names.split(",")) {
    try {
      systemNamed(name);
    } catch (error) {
      if (!(error instanceof NotModelled)) throw error;
      throw new UsageError(`--systems ${names}: ${error.message}, all, none`);
    }
  }
}

export interface WindowSurroundings {
  readonly history: readonly HistoryOperation[] | null;
  readonly onProgress: (text: string) => void;
  readonly pool: RunnerPool;
  /** Whose part of the windows is explored; null: all are. */
  readonly shard: Shard | null;
}

type WindowRows = Record<"run" | "step" | "run_event" | "finding" | "window_shape", TableRow[]>;

export class Windows {
  summary: WindowsSummary | null = null;
  readonly #options: WindowOptions;
  readonly #recording: string;
  readonly #history: readonly HistoryOperation[] | null;
  readonly #onProgress: (text: string) => void;
  readonly #pool: RunnerPool;
  readonly #shard: Shard | null;
  #isExploring = false;

  constructor(
    options: WindowOptions,
    recording: string,
    { history, onProgress, pool, shard }: WindowSurroundings,
  ) {
    this.#options = options;
    this.#recording = recording;
    this.#history = history;
    this.#onProgress = onProgress;
    this.#pool = pool;
    this.#shard = shard;
  }

  /** Ends exploring with what has been found; false: nothing is being explored, or it is to end already. */
  stop(): boolean {
    if (!this.#isExploring || this.#pool.isStopped) return false;
    this.#pool.stop();
    return true;
  }

  /** True when exploring was ended before all was done. */
  get isStopped(): boolean {
    return this.summary?.stopped === true;
  }

  /**
   * The run is held no longer than by this call, unless there is a history that windows are laid beside.
   *
   * @param findings rows of table `finding` that there are already
   */
  rows(run: RecordedRun, findings: number): Promise<WindowRows> {
    const systems = chosenSystems(this.#options, run);
    if (this.#history === null) {
      return this.#rowsOf(shapesOf(run, cutWindows(run), "texts"), systems, findings, () => null);
    }
    return this.#rowsOf(shapesOf(run), systems, findings, besideHistory(run, this.#history));
  }

  /** @param compare explored windows with the history */
  async #rowsOf(
    shapes: Shapes,
    systems: readonly ChosenSystem[],
    findings: number,
    compare: (explored: readonly ExploredShape[]) => WindowsSummary["beside_history"],
  ): Promise<WindowRows> {
    if (this.#options.save !== null) makeSaveFolder(this.#options.save);
    const { explored, stopped } = await this.#explore(shapes, systems);
    if (this.#options.save !== null) await saveScenarios(this.#options.save, savedScenarios(explored));
    this.summary = {
      ...summaryOf(shapes, explored, systems),
      beside_history: compare(explored),
      stopped,
      budget: budgetText(this.#options.budget),
    };
    const runs = explored.map((each, at) => runRow(each, at + 1));
    const found: TableRow[] = [];
    for (const [at, each] of explored.entries()) {
      for (const finding of each.findings) {
        const { anomaly, text, subject, count, token } = finding;
        found.push({
          finding_id: findings + found.length + 1,
          run_id: at + 1,
          anomaly,
          severity: severityOf(each, anomaly),
          op_a: subject.operations?.[0] ?? null,
          op_b: subject.operations?.[1] ?? null,
          first_sector: subject.sectors?.[0] ?? null,
          sectors: subject.sectors?.length ?? 0,
          explanation: text,
          token,
          attributes: (subject.attributes ?? []).join(", "),
          file: subject.file ?? null,
          count,
        });
      }
    }
    const { run: kept, step, run_event } = counterexampleRows(explored);
    return { run: [...runs, ...kept], step, run_event, finding: found, window_shape: shapes.shapes.map(shapeRow) };
  }

  async #explore(
    { shapes }: Shapes,
    systems: readonly ChosenSystem[],
  ): Promise<{ explored: ExploredShape[]; stopped: boolean }> {
    const { budget } = this.#options;
    const queue = new ShapeQueue(shapes, systems, budget, this.#recording);
    const [pool, shard] = [this.#pool, this.#shard];
    this.#isExploring = true;
    const next = (worker: number) => {
      let item = pool.isStopped ? null : queue.next(worker);
      while (item !== null && shard !== null && !isOwn(shard, item.key)) item = queue.next(worker);
      if (item === null) return null;
      const { run, settings } = item.job;
      return { key: item.key, job: { kind: "explore", run, settings: { ...settings, witnesses: [] } } as const };
    };
    try {
      await pool.run<number>(next, (key, result) => {
        if (result.kind === "explored") queue.take(key, { report: result.explored.report });
        else if (result.kind === "refused") queue.take(key, { refused: result.message });
        else throw new Error(`a window was not explored: ${result.kind === "failed" ? result.message : result.kind}`);
        const { done, all } = queue.progress;
        this.#onProgress(`windows: ${done} of ${all} explored, each up to ${budgetText(budget)}; Ctrl-C: no more`);
      });
      return { explored: queue.explored(), stopped: pool.isStopped };
    } finally {
      this.#isExploring = false;
    }
  }
}

function budgetText({ runs, milliseconds, hopeless, nearly }: ShapeBudget): string {
  if (milliseconds !== null) return `${milliseconds / 1000} s`;
  const others = [
    ...hopeless === null ? [] : [`${hopeless.runs} if little`],
    ...nearly === null ? [] : [`${nearly.runs.toLocaleString("en")} if nearly all`],
  ];
  return `${runs.toLocaleString("en")} schedules${others.length === 0 ? "" : ` (${others.join(", ")} is done)`}`;
}

function severityOf(explored: ExploredShape, anomaly: string): string {
  return risksOf([explored]).find((risk) => risk.anomaly === anomaly)!.severity;
}

/** mainline takes the kernel and the file system of the recording, as far as its events tell or the user says. */
function chosenSystems({ systems: names, said }: WindowOptions, run: RecordedRun): ChosenSystem[] {
  const systems = names === "all" ? allSystems() : names.split(",").map(systemNamed);
  return systems.map((system) => {
    const own: Record<string, string> = {};
    const has = (flag: string) => system.flags.some(({ name }) => name === flag);
    if (system.name === "mainline") {
      const { kver, fs } = recordedKernel(run.eventNames, run.release, said);
      if (has("fs")) own.fs = fs;
      if (has("kver")) own.kver = kver;
    }
    const named = Object.entries(own).filter(([name, value]) =>
      system.flags.some((flag) => flag.name === name && flag.default !== value)
    );
    return {
      system,
      flags: flagValues(system, own),
      named: named.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", "),
    };
  });
}

function runRow({ shape, chosen, claim, report, end, text }: ExploredShape, run_id: number): TableRow {
  const row: TableRow = {
    run_id,
    scenario: shape.name,
    system: chosen.system.name,
    flags: flagsText(chosen.flags),
    strategy: "exhaustive",
    kind: "exploration",
    scenario_text: text,
  };
  if (report === null) return { ...row, claim: `not run: ${claim}` };
  const { counts } = report;
  return {
    ...row,
    claim: end === "cut" ? `${claim} (cut off by the budget)` : claim,
    classes: counts.complete + counts.deadlocked,
    blocked: counts.blocked,
    cut_off: counts.cutOff,
    steps: counts.steps,
  };
}

function shapeRow({ name, title, count, windows, text }: Shapes["shapes"][number]): TableRow {
  return {
    shape: name,
    title,
    windows: count,
    op_ids: `[${windows.flat().join(", ")}]`,
    scenario_text: text,
  };
}

function systemText({ name, named }: { name: string; named: string }): string {
  return named === "" ? name : `${name} (${named})`;
}

function besideHistory(
  run: RecordedRun,
  history: readonly HistoryOperation[],
): (explored: readonly ExploredShape[]) => NonNullable<WindowsSummary["beside_history"]> {
  return (explored) =>
    outcomesBesideHistory(run, history, explored).map(({ chosen, allowed, differ, unsaid }) => ({
      system: systemText({ name: chosen.system.name, named: chosen.named }),
      allowed,
      differ: differ.length,
      example: differ.length === 0 ? null : {
        operations: [...differ[0].operations],
        shape: differ[0].shape,
        scenario: scenarioFile(differ[0].shape, chosen.system.name),
        recorded: differ[0].recorded,
      },
      unsaid: Object.fromEntries([...unsaid].sort(([a], [b]) => a < b ? -1 : 1)),
    }));
}

function summaryOf(
  { shapes, windows, inPairs, leftOut }: Shapes,
  explored: readonly ExploredShape[],
  systems: readonly ChosenSystem[],
): Omit<WindowsSummary, "beside_history" | "stopped" | "budget"> {
  const count = (name: string, named: string, end: ExploredShape["end"]) =>
    explored.filter((each) => each.chosen.system.name === name && each.chosen.named === named && each.end === end)
      .length;
  const reasons = new Map<string, number>();
  for (const { end, claim } of explored) if (end === "not_modelled") reasons.set(claim, (reasons.get(claim) ?? 0) + 1);
  return {
    windows,
    distinct: shapes.length,
    in_pairs: inPairs,
    left_out: Object.fromEntries([...leftOut].sort(([a], [b]) => a < b ? -1 : 1)),
    systems: systems.map(({ system: { name }, named }) => ({
      system: systemText({ name, named }),
      closed: count(name, named, "closed"),
      cut: count(name, named, "cut"),
      not_modelled: count(name, named, "not_modelled"),
      not_explored: count(name, named, "not_explored"),
    })),
    risks: risksOf(explored).map((
      { system, flags, anomaly, severity, standing, shapes, windows, example, token, text },
    ) => ({
      system: flags === "" ? system : `${system} (${flags})`,
      anomaly,
      severity,
      standing,
      shapes,
      windows,
      example: example.name,
      operations: [...example.windows[0]],
      token,
      text,
    })),
  };
}

/** Each window that was explored, as a scenario of its own. */
function savedScenarios(explored: readonly ExploredShape[]): SavedScenario[] {
  return explored.filter(({ end }) => end !== "not_modelled" && end !== "not_explored")
    .map(({ shape, chosen, text }) => ({ name: scenarioFile(shape.name, chosen.system.name), text }));
}

/** What the scenario of a window is called for a system. */
function scenarioFile(shape: string, system: string): string {
  return `${shape}-${system}.yaml`;
}
