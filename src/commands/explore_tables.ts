/**
 * What `explore` found as rows of a results file.
 *
 * @module
 */

import type { EmittedEvent } from "../machine/tracepoint_log.ts";
import type { ExploreResult, Picture, RunResult, ScenarioResult } from "../report/explore_result.ts";
import type { LaneStep, LaneTrace } from "../report/lanes/lane_trace.ts";
import { namedNote } from "../report/lanes/lane_words.ts";
import type { ModelRows } from "../results/results_writer.ts";
import type { TableRow } from "../results/row_inserts.ts";
import type { FlagValues } from "../systems/system.ts";

export interface TableOptions {
  readonly times: "shown" | "left out";
  /** The scenarios as given, as YAML, by name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Rows of all tables. Runs that are kept follow the explorations in their numbers. */
export function modelRows(result: ExploreResult, options: TableOptions): ModelRows {
  const rows = {
    run: [] as TableRow[],
    step: [] as TableRow[],
    run_event: [] as TableRow[],
    finding: [] as TableRow[],
    verdict: [] as TableRow[],
  };
  for (const scenario of result.scenarios) {
    for (const run of scenario.runs) rows.run.push(explorationRow(scenario, run, options));
  }
  let nextRun = rows.run.length + 1;
  for (const scenario of result.scenarios) {
    for (const picture of scenario.pictures) {
      const id = nextRun++;
      rows.run.push(pictureRow(scenario, picture, id, options));
      const { step, run_event } = traceRows(id, picture.trace, picture.operationNames);
      rows.step.push(...step);
      rows.run_event.push(...run_event);
    }
    rows.finding.push(...findingRows(scenario, rows.finding.length));
    rows.verdict.push(...verdictRows(scenario));
  }
  return rows;
}

/**
 * What a run that is kept does: rows of tables `step` and `run_event`.
 *
 * @param names what the scenario calls `T1#0`
 */
export function traceRows(
  run: number,
  { before, steps, events }: LaneTrace,
  names: Picture["operationNames"] = {},
): Record<"step" | "run_event", TableRow[]> {
  return {
    step: steps.flatMap((step, nth) => stepRows(run, step, { before: steps[nth - 1]?.after ?? before, names })),
    run_event: events.map((event, seq) => eventRow(run, event, seq)),
  };
}

/** How a run that is kept for an anomaly ends, as table `run` has it. */
export function outcomeOfKept({ divergence, end }: LaneTrace, anomaly: string | null): string {
  return divergence !== null ? "diverged" : anomaly === "LIVELOCK" ? "livelock" : end;
}

export function flagsText(flags: FlagValues): string {
  return Object.entries(flags).map(([name, value]) => `${name}=${value}`).join(", ");
}

function explorationRow({ scenario }: ScenarioResult, run: RunResult, { times }: TableOptions): TableRow {
  const { outcome } = run;
  const row: TableRow = {
    run_id: run.run,
    scenario,
    system: run.system,
    flags: flagsText(run.flags),
    strategy: run.strategy,
    seed: run.seed,
    kind: "exploration",
  };
  if (outcome.kind !== "explored") {
    return { ...row, claim: "reason" in outcome ? `not run: ${outcome.reason}` : "not run: stopped before" };
  }
  return {
    ...row,
    classes: outcome.classes,
    blocked: outcome.blocked,
    cut_off: outcome.cutOff,
    claim: outcome.claim,
    same_as: outcome.sameAs,
    steps: outcome.steps,
    crash_points: outcome.crashPoints,
    crash_images_possible: outcome.crashImagesPossible === 0 ? null : outcome.crashImagesPossible,
    crash_images: outcome.crashImages,
    recovered_states: outcome.recoveredStates,
    seconds: times === "shown" ? outcome.milliseconds / 1000 : null,
  };
}

function pictureRow(
  { scenario, runs }: ScenarioResult,
  picture: Picture,
  id: number,
  { texts }: TableOptions,
): TableRow {
  const { trace, smaller, anomaly, attributes, expectations } = picture;
  const of = runs.find(({ run }) => run === picture.runs[0]);
  const shows = anomaly === null
    ? expectations.length === 0 ? "replay" : `expectation ${expectations.map((nth) => nth + 1).join(", ")}`
    : [anomaly, ...attributes].join(", ");
  return {
    run_id: id,
    scenario,
    system: of?.system ?? null,
    flags: of === undefined ? null : flagsText(of.flags),
    strategy: of?.strategy ?? null,
    seed: of?.seed ?? null,
    token: smaller?.token ?? picture.token,
    outcome: outcomeOfKept(trace, anomaly),
    claim: shows,
    kind: of?.strategy === "replay" ? "replay" : "counterexample",
    of_run: of?.strategy === "replay" ? null : of?.run ?? null,
    steps: trace.steps.length,
    scenario_text: smaller?.scenario ?? texts.get(scenario) ?? null,
  };
}

/**
 * One row for each thing that a step tells of, and for what has changed, is held and is waited for after it. Those that
 * cannot go on any more because of it, in the middle of what they do, and those that now can, have such rows as well,
 * with its task in `detail`; so have those that now wait for another owner. A row `woken` says what is waited for no more.
 */
function stepRows(
  run: number,
  { step, task, notes, choice, changes, after }: LaneStep,
  { before, names }: { readonly before: LaneStates; readonly names: Picture["operationNames"] },
): TableRow[] {
  const row = (of: string, action: string, resource: string, detail: string): TableRow => {
    return { run_id: run, step, task: of, action, resource, detail };
  };
  const stateRows = (of: string, detail: string) => {
    const { holds, waits } = after.get(of) ?? { holds: [], waits: null };
    return [
      ...holds.map((resource) => row(of, "holds", resource, detail)),
      ...(waits === null ? [] : [row(of, "waits", waits, detail)]),
    ];
  };
  const others = [...after].filter(([of, { phase }]) => of !== task && phase === "begun")
    .map(([of, { waits }]) => ({ of, was: before.get(of)?.waits ?? null, waits }));
  const kept = others.filter(({ was, waits }) => waits !== null && waits !== was);
  const woken = others.filter(({ was, waits }) => was !== null && waits === null);
  return [
    ...[...notes].flatMap(([of, own]) =>
      own.map((note) => namedNote(note, names)).map(({ action, resource, detail }) => row(of, action, resource, detail))
    ),
    ...(choice === null ? [] : [row(task, "choice", "", choice)]),
    ...changes.map(({ thing, before, after }) =>
      row(task, "changed", thing, `${before ?? "absent"} → ${after ?? "gone"}`)
    ),
    ...stateRows(task, ""),
    ...kept.flatMap(({ of }) => stateRows(of, `by ${task}`)),
    ...woken.flatMap(({ of, was }) => [row(of, "woken", was!, `by ${task}`), ...stateRows(of, `by ${task}`)]),
  ];
}

type LaneStates = LaneStep["after"];

/** Columns of run_event that hold a field of the event. */
const EVENT_COLUMNS = ["file", "file_offset", "sector", "bytes", "rwbs", "ret"] as const;

function eventRow(run: number, { step, task, operation, name, fields }: EmittedEvent, seq: number): TableRow {
  const own = Object.entries(fields).filter(([field]) => !(EVENT_COLUMNS as readonly string[]).includes(field));
  return {
    run_id: run,
    seq,
    step,
    task,
    op: operation === "" ? null : operation,
    name,
    ...Object.fromEntries(EVENT_COLUMNS.map((column) => [column, fields[column] ?? null])),
    fields: own.map(([field, value]) => `${field}=${value}`).join(", "),
  };
}

function findingRows({ runs, pictures }: ScenarioResult, before: number): TableRow[] {
  const rows: TableRow[] = [];
  const systemOf = new Map(runs.map(({ run, system }) => [run, system]));
  for (const { run, system, outcome } of runs) {
    if (outcome.kind !== "explored") continue;
    for (const { anomaly, attributes, severity, text, count, token, subject } of outcome.findings) {
      // What another system does is no explanation, even if it comes to the same.
      const picture = pictures.find((each) =>
        each.anomaly === anomaly && each.runs.includes(run) && each.attributes.join() === attributes.join() &&
        systemOf.get(each.runs[0]) === system
      );
      const explanation = (picture?.explanation ?? []).filter((line) => line !== text);
      const sectors = subject.sectors ?? [];
      rows.push({
        finding_id: before + rows.length + 1,
        run_id: run,
        anomaly,
        severity,
        op_a: subject.operations?.[0] ?? null,
        op_b: subject.operations?.[1] ?? null,
        first_sector: sectors.length === 0 ? null : Math.min(...sectors),
        sectors: sectors.length === 0 ? null : sectors.length,
        explanation: [text, ...explanation].join("\n"),
        token,
        attributes: attributes.join(", "),
        file: subject.file ?? null,
        count,
      });
    }
  }
  return rows;
}

function verdictRows({ scenario, expectations }: ScenarioResult): TableRow[] {
  return expectations.flatMap(({ kind, subject, row, why, source, verdicts }) =>
    verdicts.map((verdict): TableRow => ({
      scenario,
      row,
      system: verdict.system,
      flags: verdict.flagsText,
      kind,
      subject,
      expected: verdict.expected,
      actual: verdict.shown,
      agrees: verdict.agreement === "open" ? null : verdict.agreement === "agrees",
      claim: verdict.claim,
      run_id: verdict.run,
      token: verdict.token,
      why,
      source,
    }))
  );
}
