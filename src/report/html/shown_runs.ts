/**
 * Runs of the model that are kept, as a page plays them: what each step does, and what is held, waited for and changed.
 *
 * @module
 */
import type { EngineConnection } from "../../results/wasm_engine.ts";
import type { Cell } from "../../results/query/cells.ts";
import { BEGIN, NAMED_STEP, noteText } from "../lanes/lane_words.ts";
import { hasRelation, objects, SEVERITY } from "./report_queries.ts";
import type { ShownRun, ShownStep } from "./page_data.ts";

/** Meanings of the named steps of a system: `A1` is `lock i_mutex; ...`. */
export type StepMeanings = (system: string) => Readonly<Record<string, string>>;

export function shownRuns(connection: EngineConnection, meanings: StepMeanings): ShownRun[] {
  if (!hasRelation(connection, "step") || !hasRelation(connection, "run")) return [];
  const runs = objects(connection, "SELECT * FROM main.run WHERE kind <> 'exploration' ORDER BY run_id");
  const steps = Map.groupBy(
    objects(connection, "SELECT run_id, step, task, action, resource, detail FROM main.step ORDER BY run_id, rowid"),
    ({ run_id }) => Number(run_id),
  );
  const explanations = objects(
    connection,
    `SELECT run_id, anomaly, attributes, explanation, ${SEVERITY} AS severity FROM main.finding
     WHERE run_id IS NOT NULL ORDER BY finding_id`,
  );
  const findingOf = (run: Record<string, Cell>) =>
    explanations.find(({ run_id, anomaly, attributes }) =>
      run_id === run.of_run && text(run.claim) === [anomaly, attributes].filter((part) => text(part) !== "").join(", ")
    );
  // The gravest come first: the first is the one that is shown.
  const gravity = new Map(runs.map((run) => [run, Number(findingOf(run)?.severity ?? Infinity)]));
  return runs.toSorted((a, b) => gravity.get(a)! - gravity.get(b)! || 0).map((run): ShownRun => {
    const found = findingOf(run);
    const tasks: string[] = [];
    return {
      id: Number(run.run_id),
      scenario: text(run.scenario),
      system: text(run.system),
      flags: text(run.flags),
      kind: text(run.kind),
      outcome: text(run.outcome),
      shows: text(run.claim),
      token: text(run.token),
      text: text(run.scenario_text),
      explanation: found === undefined ? [] : sentencesOf(text(found.explanation)),
      steps: tellingSteps(stepsOf(steps.get(Number(run.run_id)) ?? [], tasks, meanings(text(run.system)))),
      tasks,
    };
  });
}

/** Lines of an explanation; what a later one says again, behind the name of the anomaly, is left to that one. */
export function sentencesOf(explanation: string): string[] {
  const lines = [...new Set(explanation.split("\n"))].filter((line) => line !== "");
  return lines.filter((line) =>
    !lines.some((other) => other !== line && /^[A-Z_]+: /.test(other) && other.includes(line))
  );
}

function text(cell: Cell | undefined): string {
  return cell === null || cell === undefined ? "" : String(cell);
}

/** Steps after which nothing is to be seen that was not before are part of the next one; the last one stays. */
function tellingSteps(steps: readonly ShownStep[]): ShownStep[] {
  const states = new Map<number, string>();
  return steps.filter(({ task, notes, changes, holds, waits, others }, nth) => {
    const state = JSON.stringify([holds, waits]);
    const isNew = state !== (states.get(task) ?? "[[],null]");
    states.set(task, state);
    for (const [other, held, waitsFor] of others) states.set(other, JSON.stringify([held, waitsFor]));
    return isNew || notes.length + changes.length + others.length > 0 || nth === steps.length - 1;
  });
}

/** @param tasks is filled, in the order in which they are met */
function stepsOf(
  rows: readonly Record<string, Cell>[],
  tasks: string[],
  meanings: Readonly<Record<string, string>>,
): ShownStep[] {
  const codeOf = (task: string) => {
    const known = tasks.indexOf(task);
    return known >= 0 ? known : tasks.push(task) - 1;
  };
  return [...Map.groupBy(rows, ({ step }) => Number(step))].map(([step, own]): ShownStep => {
    const isOfAnother = ({ action, detail }: typeof own[number]) =>
      ["holds", "waits", "woken"].includes(text(action)) && text(detail) !== "";
    const others = own.filter(isOfAnother);
    const itself = own.filter((row) => !isOfAnother(row));
    // What is held, waited for or changed is that of the task that does the step.
    const state = itself.find(({ action }) => ["holds", "waits", "changed", "choice"].includes(text(action)));
    const of = (action: string) => itself.filter((row) => text(row.action) === action);
    const told = own.filter(({ action }) => !["holds", "waits", "woken", "changed"].includes(text(action)));
    return {
      step,
      task: codeOf(text((state ?? itself[0]).task)),
      notes: told.map((row) => [codeOf(text(row.task)), ...noteOf(row, meanings)] as const),
      changes: of("changed").map(({ resource, detail }) => {
        const [before, after] = text(detail).split(" → ");
        return [text(resource), before ?? "", after ?? ""] as const;
      }),
      holds: of("holds").map(({ resource }) => text(resource)),
      waits: of("waits").map(({ resource }) => text(resource))[0] ?? null,
      others: [...Map.groupBy(others, ({ task }) => text(task))].map(([task, rows]) => {
        const resources = (action: string) =>
          rows.filter((row) => text(row.action) === action).map(({ resource }) => text(resource));
        return [codeOf(task), resources("holds"), resources("waits")[0] ?? null] as const;
      }),
    };
  });
}

function noteOf(
  row: Record<string, Cell>,
  meanings: Readonly<Record<string, string>>,
): [words: string, tone: "" | "named" | "begin"] {
  const note = { action: text(row.action), resource: text(row.resource), detail: text(row.detail) };
  if (note.action === NAMED_STEP) {
    const [meaning] = (meanings[note.resource] ?? "").split("; ");
    return [`${note.resource} ${meaning}`.trimEnd(), "named"];
  }
  if (note.action === "choice") return [`chosen: ${note.detail}`, ""];
  return [noteText(note), note.action === BEGIN ? "begin" : ""];
}
