/**
 * The picture of a run: one lane a task, one row a step, from top to bottom in the order in which they are done.
 *
 * A lane's line says how its task is: `│` under way, `┃` while it holds something, `┊` while it cannot go on. Steps that do
 * nothing a reader would look for are left out; the numbers show where.
 *
 * @module
 */

import { displayWidth } from "../../results/query/text_width.ts";
import type { Paint, Tone } from "../paint.ts";
import { padded, wrap } from "../text_wrap.ts";
import type { LaneState, LaneStep, LaneTask, LaneTrace } from "./lane_trace.ts";
import { changeText, NAMED_STEP, noteText, RETURN, tellingNotes } from "./lane_words.ts";

export interface LanesOptions {
  /** Columns. */
  readonly width: number;
  readonly paint: Paint;
  /** What named steps do, where the system says so. */
  readonly stepMeanings?: Readonly<Record<string, string>>;
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

/** Narrower than this nothing can be read. */
const LANE_WIDTH_MIN = 17;
/** From here on, what has changed has a column of its own. */
const STATE_COLUMN_FROM = 120;
const STATE_WIDTH = 36;
const GAP = 1;

/** Lines of the picture, none of them wider than asked for. */
export function lanesText(trace: LaneTrace, options: LanesOptions): string[] {
  const separate = options.width >= STATE_COLUMN_FROM;
  const rows = rowsOf(trace, options, separate ? "own column" : "in the lane");
  const used = new Set(rows.flatMap(({ cells }) => [...cells.keys()]));
  const tasks = trace.tasks.filter(({ name }) => used.has(name));
  const numberWidth = Math.max(2, String(trace.steps.length).length);
  const hasStates = rows.some(({ states }) => states.length > 0);
  const stateWidth = separate && hasStates ? STATE_WIDTH : 0;
  const room = options.width - numberWidth - (stateWidth === 0 ? 0 : stateWidth + GAP);
  const lanes = layOut(tasks, room);
  if (lanes === null) return listText(rows, numberWidth, options);
  const laneWidth = Math.min(60, Math.floor(room / lanes.length) - GAP);
  const picture: Picture = { lanes, laneWidth, numberWidth, stateWidth, paint: options.paint };
  return [headLine(picture), ...rows.flatMap((row) => rowLines(row, picture))];
}

/** Which tasks share a lane when there is not room for one each: bios and completions; null: not even then. */
function layOut(tasks: readonly LaneTask[], room: number): Lane[] | null {
  const fits = (count: number) => count * (LANE_WIDTH_MIN + GAP) <= room;
  const own = (task: LaneTask): Lane => ({ title: task.name, tasks: [task.name] });
  if (fits(tasks.length)) return tasks.map(own);
  const interrupts = tasks.filter(({ kind }) => kind === "interrupt").map(({ name }) => name);
  const others = tasks.filter(({ kind }) => kind === "task").map(own);
  if (interrupts.length < 2 || !fits(others.length + 1)) return null;
  return [...others, { title: "interrupts", tasks: interrupts }];
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
    const pieces = notePieces(tellingNotes(notes, step.changes), options);
    if (pieces.length > 0) cell(task).push(...pieces);
  }
  if (step.choice !== null) cell(step.task).push({ tone: null, text: step.choice });
  const states = step.changes.map((change): Piece => ({ tone: "state", text: changeText(change) }));
  if (changes === "in the lane" && states.length > 0) cell(step.task).push(...states);
  for (const { anomaly } of step.findings) cell(step.task).push({ tone: "bad", text: `✗ ${anomaly}` });
  const now = step.after.get(step.task)!;
  const was = before.get(step.task);
  if (now.waits !== null && now.waits !== was?.waits) {
    cell(step.task).push({ tone: "waits", text: `waits ${now.waits}` });
    if (now.holds.length > 0) cell(step.task).push({ tone: "holds", text: `holds ${now.holds.join(", ")}` });
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
  { stepMeanings = {}, marked = [] }: LanesOptions,
): Piece[] {
  return notes.map((note): Piece => {
    if (note.action === NAMED_STEP) {
      const meaning = note.detail !== "" ? note.detail : stepMeanings[note.resource] ?? "";
      return { tone: "named", text: `${note.resource} ${meaning}`.trimEnd() };
    }
    const text = noteText(note);
    return note.action === RETURN && marked.includes(note.resource)
      ? { tone: "bad", text: `✗ ${text}` }
      : { tone: null, text };
  });
}

interface Picture {
  readonly lanes: readonly Lane[];
  readonly laneWidth: number;
  readonly numberWidth: number;
  /** 0: no such column. */
  readonly stateWidth: number;
  readonly paint: Paint;
}

function headLine({ lanes, laneWidth, numberWidth, stateWidth, paint }: Picture): string {
  const titles = lanes.map(({ title }) => paint("title", padded(cut(`  ${title}`, laneWidth), laneWidth)));
  const state = stateWidth === 0 ? [] : [paint("title", "what has changed")];
  return [" ".repeat(numberWidth), ...titles, ...state].join(" ").trimEnd();
}

function cut(text: string, width: number): string {
  return wrap(text, width)[0];
}

function rowLines(row: Row, picture: Picture): string[] {
  const { lanes, laneWidth, numberWidth, stateWidth, paint } = picture;
  const inner = laneWidth - 2;
  const cells = lanes.map(({ tasks }) => {
    const pieces = tasks.flatMap((task) => {
      const own = row.cells.get(task) ?? [];
      return tasks.length > 1 && own.length > 0 ? [{ tone: null, text: `${task}:` }, ...own] : own;
    });
    return wrapped(pieces, inner);
  });
  const states = stateWidth === 0 ? [] : wrapped(row.states, stateWidth);
  const height = Math.max(1, states.length, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const number = line === 0 ? String(row.step).padStart(numberWidth) : " ".repeat(numberWidth);
    const parts = [paint("faint", number)];
    lanes.forEach((lane, nth) => {
      const piece = cells[nth][line];
      const text = piece === undefined ? " ".repeat(inner) : padded(piece.text, inner);
      parts.push(lifeline(lane, row, paint) + " " + painted(paint, piece?.tone ?? null, text));
    });
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

/** How the tasks of a lane are after a step. */
function lifeline({ tasks }: Lane, { after }: Row, paint: Paint): string {
  const states = tasks.map((task) => after.get(task)).filter((state) => state?.phase === "begun");
  if (states.length === 0) return " ";
  if (states.some((state) => state!.waits !== null)) return paint("waits", "┊");
  return states.some((state) => state!.holds.length > 0) ? paint("holds", "┃") : paint("faint", "│");
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
