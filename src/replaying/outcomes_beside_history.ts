/**
 * What windows came to in the recording beside what the models allow.
 *
 * @module
 */

import type { RecordedRun } from "../checking/recorded/recorded_run.ts";
import type { HistoryOperation } from "../recording/history/history_line.ts";
import type { ChosenSystem, ExploredShape } from "./explored_shape.ts";
import { type RecordedOutcome, recordedOutcome, type SeenRegion } from "./recorded_outcome.ts";
import { type Source, StampedRun, type Unsaid } from "./stamped_window.ts";

/** A window that came to what the model does not allow. */
export interface OutcomeDiffers {
  readonly shape: string;
  /** op_id of its operations. */
  readonly operations: readonly number[];
  readonly recorded: string;
  /** What each run of the model can come to. */
  readonly allowed: readonly string[];
}

/** Of one system; every window is in one of the three. */
export interface BesideHistory {
  readonly chosen: ChosenSystem;
  readonly windows: number;
  readonly allowed: number;
  readonly differ: readonly OutcomeDiffers[];
  /** Windows of which nothing can be said, by why. */
  readonly unsaid: ReadonlyMap<string, number>;
}

export function outcomesBesideHistory(
  run: RecordedRun,
  history: readonly HistoryOperation[],
  explored: readonly ExploredShape[],
): BesideHistory[] {
  const stamped = new StampedRun(run, history);
  const bySystem = Map.groupBy(explored, ({ chosen }) => chosen);
  return [...bySystem].map(([chosen, shapes]) => {
    const verdicts = new Map<string, Verdict>();
    for (const each of shapes) {
      const possible = possibleOf(each);
      for (const small of each.shape.small) {
        const recorded = recordedOutcome(small, stamped);
        // What two pages do not tell together, because they were not as whole, each of them tells.
        if ("unsaid" in recorded && small.part.border !== null) continue;
        const operations = small.part.touched.map(({ operation }) => operation.id);
        const verdict = verdictOf(each, possible, recorded, operations);
        const key = operations.join();
        const known = verdicts.get(key);
        // What is to be said of a window is the worst of what is to be said of its parts.
        if (known === undefined || gravity(verdict) > gravity(known)) verdicts.set(key, verdict);
      }
    }
    const differ: OutcomeDiffers[] = [];
    const unsaid = new Map<string, number>();
    for (const verdict of verdicts.values()) {
      if (typeof verdict === "string") unsaid.set(verdict, (unsaid.get(verdict) ?? 0) + 1);
      else if (verdict !== null) differ.push(verdict);
    }
    const said = [...unsaid.values()].reduce((sum, count) => sum + count, 0);
    return { chosen, windows: verdicts.size, allowed: verdicts.size - differ.length - said, differ, unsaid };
  });
}

/** Null: allowed; a text: why nothing can be said. */
type Verdict = OutcomeDiffers | string | null;

function gravity(verdict: Verdict): number {
  return verdict === null ? 0 : typeof verdict === "string" ? 1 : 2;
}

function verdictOf(
  explored: ExploredShape,
  possible: readonly ModelOutcome[],
  recorded: RecordedOutcome | Unsaid,
  operations: readonly number[],
): Verdict {
  if ("unsaid" in recorded) return recorded.unsaid;
  if (possible.length === 0) return notExplored(explored);
  if (possible.some((outcome) => allows(outcome, recorded))) return null;
  if (explored.end === "cut") return "explorations cut by the budget";
  return recorded.doubt ?? {
    shape: explored.shape.name,
    operations,
    recorded: outcomeText(recorded),
    allowed: possible.map(({ text }) => text),
  };
}

function notExplored({ end, claim }: ExploredShape): string {
  // Of what is refused, the name of the window and the system go, so that equal reasons are one.
  return end === "not_modelled"
    ? `windows that are not modelled (${claim.replace(/^\S+ on \S+: /, "")})`
    : "windows that were not explored";
}

/** What a complete run came to. */
interface ModelOutcome {
  readonly text: string;
  readonly calls: ReadonlyMap<string, { readonly result: number; readonly tokens: readonly string[] }>;
  /** By sector. */
  readonly content: readonly string[];
}

/** `T1#0=2 [I(F,0) 0]`, and `F 4: I(F,0) 0 0 I(F,3)`. */
const CALL = /^(T\d+)#0=(-?\d+)(?: \[(.*)\])?$/;
const CONTENT = /^F \d+: ?(.*)$/;

function possibleOf({ report }: ExploredShape): ModelOutcome[] {
  const complete = report?.outcomes.filter(({ end }) => end === "complete") ?? [];
  return [...new Set(complete.map(({ finalState }) => finalState))].map((text) => {
    const calls = new Map<string, { result: number; tokens: string[] }>();
    let content: string[] = [];
    const words = (list: string | undefined) => list === undefined || list === "" ? [] : list.split(" ");
    for (const part of text.split("; ")) {
      const call = CALL.exec(part);
      if (call !== null) calls.set(call[1], { result: Number(call[2]), tokens: words(call[3]) });
      else content = words(CONTENT.exec(part)?.[1]);
    }
    return { text, calls, content };
  });
}

/** Where a token that sector `sector` shows is from. */
function sourceOf(token: string, sector: number): Source {
  if (token === "0") return "zero";
  if (token === `I(F,${sector})`) return "before";
  // Of a page that begins dirty, it is what was written there before the tasks begin.
  if (/^W\(before_F_\d+,/.test(token) && token.endsWith(`,${sector})`)) return "before";
  const write = /^W\((T\d+)#0,(\d+)\)$/.exec(token);
  return write !== null && Number(write[2]) === sector ? write[1] : token;
}

function allows({ calls, content }: ModelOutcome, { results, afterwards }: RecordedOutcome): boolean {
  for (const { task, result, firstSector, reads } of results) {
    const call = calls.get(task);
    if (call === undefined || (result === "fails" ? call.result >= 0 : call.result !== result)) return false;
    const sources = call.tokens.map((token, nth) => sourceOf(token, firstSector + nth));
    const isShown = ({ region, sources: seen }: SeenRegion) =>
      runsAlike(seen, sources.slice(region.first - firstSector, region.end - firstSector));
    if (!reads.every(isShown)) return false;
  }
  return afterwards.every(({ region, sources }) => {
    const length = region.end - region.first;
    // What is behind the end is zeroes to whom the file grows there.
    const shown = Array.from({ length }, (_, nth) => sourceOf(content[region.first + nth] ?? "0", region.first + nth));
    return runsAlike(sources, shown);
  });
}

/** True when both go through the same sources in the same order, however long they stay with each. */
function runsAlike(seen: SeenRegion["sources"], shown: readonly Source[]): boolean {
  if (seen.length === 0) return true;
  const fits = (at: number, source: Source) => seen[at] === null || seen[at].has(source);
  // Places in what is shown that what was seen so far can have come to.
  let reached = new Set<number>();
  for (let at = 0; at < seen.length; at++) {
    const next = new Set<number>();
    for (let to = 0; to < shown.length; to++) {
      const isBegun = at === 0 ? to === 0 : reached.has(to) || reached.has(to - 1);
      // Both may go on by themselves, as long as they agree.
      if (fits(at, shown[to]) && (isBegun || next.has(to - 1))) next.add(to);
    }
    reached = next;
  }
  return reached.has(shown.length - 1);
}

/** `T1=2 T2=2 [before before T1]; afterwards T1`: the sources of runs of sectors, those that are not known left out. */
function outcomeText({ results, afterwards }: RecordedOutcome): string {
  const sources = (regions: readonly SeenRegion[]) => {
    const all = regions.flatMap(({ sources }) => sources.flatMap((each) => each === null ? [] : [[...each].join("|")]));
    return all.filter((each, at) => each !== all[at - 1]).join(" ");
  };
  const calls = results.map(({ task, result, reads }) =>
    `${task}=${result}${reads.length === 0 ? "" : ` [${sources(reads)}]`}`
  );
  return `${calls.join("; ")}${afterwards.length === 0 ? "" : `; afterwards ${sources(afterwards)}`}`;
}
