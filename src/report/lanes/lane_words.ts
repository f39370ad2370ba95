/**
 * What steps say of themselves, in few words.
 *
 * @module
 */

import { errnoName } from "../../checking/errno_names.ts";
import type { LaneNote, StateChange } from "./lane_trace.ts";

/** Action of a note that a named step of the system has been reached: its resource is the step. */
export const NAMED_STEP = "step";
/** Actions of notes that an operation begins (its resource is its name, its detail what it does) and returns. */
export const BEGIN = "begin";
export const RETURN = "return";

/** What a state change says already. */
const TOLD_BY_STATE: ReadonlySet<string> = new Set([
  "set dirty",
  "insert",
  "remove",
  "reserve",
  "hole",
  "delalloc",
  "unwritten",
  "written",
  "write",
]);

type Words = (resource: string, detail: string) => string;

const WORDS: Readonly<Record<string, Words>> = {
  [BEGIN]: (_name, what) => `▶ ${what}`,
  [RETURN]: (name, result) => `◀ ${name} returns ${/^-\d+$/.test(result) ? errnoName(Number(result)) : result}`,
  "set": (bit) => /^page\(/.test(bit) ? `lock ${bit}` : `set ${bit}`,
  "clear": (bit) => /^page\(/.test(bit) ? `unlock ${bit}` : `clear ${bit}`,
  "read": (thing, token) => `reads ${thing}: ${token}`,
  "write": (thing, value) => `${thing} = ${value}`,
  "load": (memory, token) => `load in ${memory}: ${token}`,
  "store": (memory, token) => `store in ${memory}: ${token}`,
  "copy to user": (memory, token) => `copy to ${memory}: ${token}`,
  "copy from user": (memory, token) => `copy from ${memory}: ${token}`,
  "submit": (bio, what) => `submit ${bio}: ${what}`,
  "end": (bio, error) => `${bio} ends${error === "" ? "" : ` with ${error}`}`,
  "written": (block, where) => `${block} ${where === "" ? "written" : `= ${where}, written`}`,
  "unwritten": (block, where) => `${block} ${where === "" ? "unwritten" : `= ${where}, unwritten`}`,
  "hole": (block) => `${block} is a hole`,
};

/** One note as text: the action, what it is done to, and what comes of it. */
export function noteText({ action, resource, detail }: LaneNote): string {
  const words = Object.hasOwn(WORDS, action) ? WORDS[action] : undefined;
  if (words !== undefined) return words(resource, detail);
  return [action, resource, detail].filter((part) => part !== "").join(" ");
}

/** A note whose operation has the name that the scenario gives it. @param names what the scenario calls `T1#0` */
export function namedNote(note: LaneNote, names: Readonly<Record<string, string>>): LaneNote {
  const isOfOperation = note.action === BEGIN || note.action === RETURN;
  return isOfOperation ? { ...note, resource: names[note.resource] ?? note.resource } : note;
}

/** Notes worth telling: what a state change beside them says is not told twice. */
export function tellingNotes(notes: readonly LaneNote[], changes: readonly StateChange[]): LaneNote[] {
  const changed = new Set(changes.map(({ thing }) => thing));
  return notes.filter(({ action, resource }) => !(TOLD_BY_STATE.has(action) && changed.has(resource)));
}

/** Changes that others of the same step tell, or its notes: an entry by its page, what a block holds by a sector or by itself. */
const TOLD_BY_OTHERS: readonly { readonly thing: RegExp; readonly other: RegExp }[] = [
  { thing: /^pte\(/, other: /^(map|zap) / },
  { thing: /^block\(/, other: /^(write sector|changed map)\(/ },
];

/** State changes worth telling beside the notes of their step. */
export function tellingChanges(
  changes: readonly StateChange[],
  notes: ReadonlyMap<string, readonly LaneNote[]>,
): StateChange[] {
  const all = [
    ...[...notes.values()].flat().map(({ action, resource }) => `${action} ${resource}`),
    ...changes.map(({ thing }) => `changed ${thing}`),
  ];
  const told = TOLD_BY_OTHERS.filter(({ other }) => all.some((each) => other.test(each)));
  return changes.filter((change) => !told.some(({ thing }) => thing.test(change.thing)));
}

/** States as long as this are not told twice, once as they were. */
const BOTH_STATES_UP_TO = 12;

export function changeText({ thing, before, after }: StateChange): string {
  if (after === null) return `${thing} gone`;
  const both = before !== null && before.length <= BOTH_STATES_UP_TO && after.length <= BOTH_STATES_UP_TO;
  return both ? `${thing}: ${before} → ${after}` : `${thing}: ${after}`;
}
