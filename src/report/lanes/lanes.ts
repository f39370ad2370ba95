/**
 * The picture of a run: one lane a task, one row a step, from top to bottom in the order in which they are done.
 *
 * A lane's line says how its task is: `│` under way, `┃` while it holds something, `┊` while it cannot go on. Steps that do
 * nothing a reader would look for are left out; the numbers show where.
 *
 * @module
 */

import { cutToWidth, displayWidth } from "../../results/query/text_width.ts";
import type { Paint, Tone } from "../paint.ts";
import { padded, wrap } from "../text_wrap.ts";
import type { LaneState, LaneStep, LaneTask, LaneTrace } from "./lane_trace.ts";
import { LineColumns } from "./persistent_lines.ts";
import {
  BEGIN,
  changeText,
  NAMED_STEP,
  namedNote,
  noteText,
  RETURN,
  tellingChanges,
  tellingNotes,
} from "./lane_words.ts";

export interface LanesOptions {
  /** Columns. */
  readonly width: number;
  readonly paint: Paint;
  /** What named steps do, where the system says so. */
  readonly stepMeanings?: Readonly<Record<string, string>>;
  /** What the scenario calls operations that runs call `T1#0`. */
  readonly operationNames?: Readonly<Record<string, string>>;
  /** Operations whose return is marked: those that a finding is about. */
  readonly marked?: readonly string[];
}

/** One piece of a cell, not wrapped yet. */
interface Piece {
  readonly tone: Tone | null;
  readonly text: string;
}

interface Row {
  readonly step: number;
  readonly cells: ReadonlyMap<string, readonly Piece[]>;
  readonly states: readonly Piece[];
  /** Of all tasks after the step. */
  readonly after: ReadonlyMap<string, LaneState>;
}

/** A column of the picture: one task, or several that share it. */
interface Lane {
  readonly title: string;
  readonly tasks: readonly string[];
}

/** A lane that has longer text is not narrower than that if it can be helped, and never than this. */
const LANE_WIDTH_GOOD = 26;
const LANE_WIDTH_MIN = 18;
/** From here on, what has changed has a column of its own. */
const STATE_COLUMN_FROM = 120;
const STATE_WIDTH = 36;
const GAP = 1;
/** Columns of a lane's line and the space behind it. */
const LINE_WIDTH = 2;

/** Lines of the picture, none of them wider than asked for. */
export function lanesText(trace: LaneTrace, options: LanesOptions): string[] {
  const separate = options.width >= STATE_COLUMN_FROM;
  const rows = rowsOf(trace, options, separate ? "own column" : "in the lane");
  const used = new Set(rows.flatMap(({ cells }) => [...cells.keys()]));
  const tasks = trace.tasks.filter(({ name }) => used.has(name));
  const numberWidth = Math.max(2, String(trace.steps.length).length);
  const states = rows.flatMap((row) => row.states.map(({ text }) => displayWidth(text)));
  const stateWidth = separate ? Math.min(STATE_WIDTH, Math.max(0, ...states)) : 0;
  const columns = new LineColumns(trace, options.paint);
  const room = options.width - numberWidth - columns.width - (stateWidth === 0 ? 0 : stateWidth + GAP);
  for (const least of [LANE_WIDTH_GOOD, LANE_WIDTH_MIN]) {
    for (const lanes of layouts(tasks)) {
      const widths = laneWidths(lanes, rows, room, least);
      if (widths === null) continue;
      const picture: Picture = { lanes, widths, numberWidth, columns, stateWidth, paint: options.paint };
      return [headLine(picture), ...rows.flatMap((row) => rowLines(row, picture))];
    }
  }
  return listText(rows, numberWidth, options);
}

/** A lane each, or one for all bios and completions. */
function* layouts(tasks: readonly LaneTask[]): Iterable<Lane[]> {
  const own = (task: LaneTask): Lane => ({ title: task.name, tasks: [task.name] });
  yield tasks.map(own);
  const interrupts = tasks.filter(({ kind }) => kind === "interrupt").map(({ name }) => name);
  if (interrupts.length < 2) return;
  yield [...tasks.filter(({ kind }) => kind !== "interrupt").map(own), { title: "interrupts", tasks: interrupts }];
}

/** As much as each lane's longest text needs; where that is too much for all, the widest give way. Null: no room. */
function laneWidths(
  lanes: readonly Lane[],
  rows: readonly Row[],
  room: number,
  widthMin: number,
): number[] | null {
  const widths = lanes.map((lane) =>
    Math.max(
      displayWidth(lane.title),
      ...rows.flatMap((row) => piecesOf(lane, row).map(({ text }) => displayWidth(text))),
    ) + LINE_WIDTH
  );
  const least = widths.map((width) => Math.min(width, widthMin));
  const sum = (list: readonly number[]) => list.reduce((total, width) => total + width + GAP, 0);
  if (sum(least) > room) return null;
  for (let excess = sum(widths) - room; excess > 0; excess--) widths[widths.indexOf(Math.max(...widths))]--;
  return widths;
}

/** What a row has in a lane; where tasks share it, whose it is. */
function piecesOf({ tasks }: Lane, { cells }: Row): readonly Piece[] {
  return tasks.flatMap((task) => {
    const own = cells.get(task) ?? [];
    if (tasks.length === 1) return own;
    return own.map(({ tone, text }) => ({ tone, text: text.startsWith(task) ? text : `${task}: ${text}` }));
  });
}

function rowsOf(trace: LaneTrace, options: LanesOptions, changes: "own column" | "in the lane"): Row[] {
  const rows: Row[] = [];
  let before = trace.before;
  let previous: string | null = null;
  for (const step of trace.steps) {
    const row = rowOf(step, before, previous, options, changes);
    if (row !== null) {
      rows.push(row);
      previous = step.task;
    }
    before = step.after;
  }
  return rows;
}

function rowOf(
  step: LaneStep,
  before: ReadonlyMap<string, LaneState>,
  previous: string | null,
  options: LanesOptions,
  changes: "own column" | "in the lane",
): Row | null {
  const cells = new Map<string, Piece[]>();
  const cell = (task: string) => {
    const pieces = cells.get(task) ?? [];
    cells.set(task, pieces);
    return pieces;
  };
  for (const [task, notes] of step.notes) {
    const pieces = together(notePieces(tellingNotes(notes, step.changes), options));
    if (pieces.length > 0) cell(task).push(...pieces);
  }
  if (step.choice !== null) cell(step.task).push({ tone: null, text: step.choice });
  const changed = tellingChanges(step.changes, step.notes);
  const states = changed.map((change): Piece => ({ tone: "state", text: changeText(change) }));
  if (changes === "in the lane" && states.length > 0) cell(step.task).push(...states);
  for (const { anomaly } of step.findings) cell(step.task).push({ tone: "bad", text: `✗ ${anomaly}` });
  const now = step.after.get(step.task)!;
  const was = before.get(step.task);
  if (now.waits !== null && now.waits !== was?.waits) {
    if (now.holds.length > 0) cell(step.task).push({ tone: "holds", text: `holds ${now.holds.join(", ")}` });
    cell(step.task).push({ tone: "waits", text: `waits ${now.waits}` });
  }
  // Who cannot go on any more because of this step.
  for (const [task, { waits, phase }] of step.after) {
    if (task === step.task || phase !== "begun" || waits === null || before.get(task)?.waits != null) continue;
    cell(task).push({ tone: "waits", text: `waits ${waits}` });
  }
  if (cells.size === 0 && states.length === 0) return null;
  if (cells.size === 0) cell(step.task);
  // Whoever is left for another: what it has meanwhile.
  if (previous !== null && previous !== step.task && !cells.has(previous)) {
    const left = step.after.get(previous)!;
    if (left.phase === "begun" && left.holds.length > 0 && left.waits === null) {
      cell(previous).push({ tone: "holds", text: `holds ${left.holds.join(", ")}` });
    }
  }
  return { step: step.step, cells, states: changes === "own column" ? states : [], after: step.after };
}

function notePieces(
  notes: readonly { action: string; resource: string; detail: string }[],
  { stepMeanings = {}, operationNames = {}, marked = [] }: LanesOptions,
): Piece[] {
  // A named step stands before what it does.
  const inOrder = [...notes].sort((a, b) => Number(b.action === NAMED_STEP) - Number(a.action === NAMED_STEP));
  const begins = inOrder.filter(({ action }) => action === BEGIN);
  return [...begins, ...inOrder.filter(({ action }) => action !== BEGIN)].map((note): Piece => {
    if (note.action === NAMED_STEP) {
      // The first words say what it is.
      const [meaning] = (stepMeanings[note.resource] ?? "").split("; ");
      return { tone: "named", text: `${note.resource} ${meaning}`.trimEnd() };
    }
    if (note.action !== RETURN) return { tone: null, text: noteText(note) };
    const named = namedNote(note, operationNames);
    const text = noteText(named);
    const isMarked = marked.includes(named.resource) || marked.includes(note.resource);
    return isMarked ? { tone: "bad", text: `✗ ${text}` } : { tone: null, text };
  });
}

/** What is said several times in a row, once. */
function together(pieces: readonly Piece[]): Piece[] {
  const runs: { piece: Piece; times: number }[] = [];
  for (const piece of pieces) {
    const last = runs.at(-1);
    if (last?.piece.text === piece.text) last.times++;
    else runs.push({ piece, times: 1 });
  }
  return runs.map(({ piece, times }) => times === 1 ? piece : { ...piece, text: `${piece.text} (${times} times)` });
}

interface Picture {
  readonly lanes: readonly Lane[];
  /** Of each lane, its line included. */
  readonly widths: readonly number[];
  readonly numberWidth: number;
  readonly columns: LineColumns;
  /** 0: no such column. */
  readonly stateWidth: number;
  readonly paint: Paint;
}

function headLine({ lanes, widths, numberWidth, columns, stateWidth, paint }: Picture): string {
  const titles = lanes.map(({ title }, nth) =>
    paint("title", padded(cut(" ".repeat(LINE_WIDTH) + title, widths[nth]), widths[nth]))
  );
  const state = stateWidth === 0 ? [] : [paint("title", "what has changed")];
  const head = [" ".repeat(numberWidth), ...titles].join(" ") + columns.head;
  return [head, ...state].join(" ").trimEnd();
}

function cut(text: string, width: number): string {
  return displayWidth(text) > width ? cutToWidth(text, width) : text;
}

function rowLines(row: Row, picture: Picture): string[] {
  const { lanes, widths, numberWidth, columns, stateWidth, paint } = picture;
  const cells = lanes.map((lane, nth) => wrapped(piecesOf(lane, row), widths[nth] - LINE_WIDTH));
  const states = stateWidth === 0 ? [] : wrapped(row.states, stateWidth);
  const height = Math.max(1, states.length, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const number = line === 0 ? String(row.step).padStart(numberWidth) : " ".repeat(numberWidth);
    const parts = [paint("faint", number)];
    lanes.forEach((lane, nth) => {
      const piece = cells[nth][line];
      const text = padded(piece?.text ?? "", widths[nth] - LINE_WIDTH);
      parts.push(lifeline(lane, row, paint) + " " + painted(paint, piece?.tone ?? null, text));
    });
    parts[parts.length - 1] += columns.row(row.step, line);
    const state = states[line];
    if (state !== undefined) parts.push(painted(paint, state.tone, state.text));
    return parts.join(" ").trimEnd();
  });
}

function painted(paint: Paint, tone: Tone | null, text: string): string {
  if (tone === null) return text;
  const bare = text.trimEnd();
  return paint(tone, bare) + text.slice(bare.length);
}

function wrapped(pieces: readonly Piece[], width: number): Piece[] {
  return pieces.flatMap(({ tone, text }) => wrap(text, width, 2).map((line) => ({ tone, text: line })));
}

/** How the tasks of a lane are after a step; one that ends with it is still there. */
function lifeline({ tasks }: Lane, { after, cells }: Row, paint: Paint): string {
  const states = tasks.filter((task) => cells.has(task) || after.get(task)?.phase === "begun")
    .map((task) => after.get(task)!);
  if (states.length === 0) return " ";
  if (states.some(({ waits }) => waits !== null)) return paint("waits", "┊");
  return states.some(({ holds }) => holds.length > 0) ? paint("holds", "┃") : paint("faint", "│");
}

/** Where lanes do not fit: the steps one below the other, each with its task. */
function listText(rows: readonly Row[], numberWidth: number, { width, paint }: LanesOptions): string[] {
  const names = rows.flatMap(({ cells }) => [...cells.keys()]);
  const nameWidth = Math.min(16, Math.max(0, ...names.map((name) => displayWidth(name))));
  const room = Math.max(10, width - numberWidth - nameWidth - 2);
  return rows.flatMap((row) => {
    let isFirst = true;
    const entries: [string, readonly Piece[]][] = [...row.cells];
    if (row.states.length > 0) entries.push(["", row.states]);
    return entries.flatMap(([task, pieces]) =>
      wrapped(pieces, room).map(({ tone, text }, line) => {
        const number = isFirst ? String(row.step).padStart(numberWidth) : " ".repeat(numberWidth);
        isFirst = false;
        const name = padded(line === 0 ? cut(task, nameWidth) : "", nameWidth);
        return `${paint("faint", number)} ${paint("title", name)} ${painted(paint, tone, text)}`.trimEnd();
      })
    );
  });
}
