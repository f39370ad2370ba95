/**
 * What the recording has read ahead around each call, handed out as the model asks for it: each window once, in order.
 *
 * Which page was marked to begin a window 6.18 tells (`page_cache_async_ra`). 6.1 does not: what faults have read ahead is
 * marked here as mm/filemap.c and mm/readahead.c do it.
 *
 * @module
 */

import type { PageWindow, ReadaheadRun } from "../../machine/address_space_operations.ts";
import type { EnvironmentFacts, Readahead } from "./environment.ts";

/** Of the 32 pages that a fault reads around it (`ra_pages`, unless somebody has asked for another number) the last. */
const FAULT_ASYNC_PAGES = 8;

export class ReadaheadWindows {
  readonly #environment: EnvironmentFacts;
  /** Windows that a call has not used. */
  readonly #left = new Map<number, Readahead[]>();

  constructor(environment: EnvironmentFacts) {
    this.#environment = environment;
  }

  #of(call: number): Readahead[] {
    let own = this.#left.get(call);
    if (own === undefined) this.#left.set(call, own = [...this.#environment.around(call).windows]);
    return own;
  }

  /** What the recording reads ahead for a missing page; where it reads nothing ahead, what is asked for. */
  forMissing(call: number, index: number, wanted: number | "fault"): readonly ReadaheadRun[] {
    const windows = this.#of(call);
    const pagesWanted = wanted === "fault" ? 1 : wanted;
    const has = (page: number) => ({ runs }: Readahead) =>
      runs.some(({ first, pages }) => first <= page && page < first + pages);
    let at = windows.findIndex(has(index));
    // Somebody else may have added the page since it was looked for.
    for (let page = index; at < 0 && page < index + pagesWanted; page++) {
      if (windows[0]?.mark === null && has(page)(windows[0])) at = 0;
    }
    if (at < 0) return windows.length > 0 ? [] : [{ first: index, pages: pagesWanted }];
    const { runs } = windows.splice(0, at + 1).at(-1)!;
    return wanted === "fault" ? this.#marked(runs, endOf(runs) - FAULT_ASYNC_PAGES) : runs;
  }

  /** What a mark in pages [index, end) begins to read ahead; null: none of them is marked. */
  forMark(call: number, index: number, end: number, mark: "marked" | "not_told"): readonly ReadaheadRun[] | null {
    const windows = this.#of(call);
    const next = windows.at(0);
    if (next === undefined) return null;
    if (next.mark !== null) return index <= next.mark && next.mark < end ? windows.shift()!.runs : null;
    // What a mark begins is marked at its beginning.
    if (mark === "marked") return this.#marked(windows.shift()!.runs, next.runs[0].first);
    // Nothing has told of marks: what lies in the range itself has been missing there.
    const isMissing = next.runs.some(({ first, pages }) => first < end && first + pages > index);
    return this.#environment.names.has("page_cache_async_ra") || isMissing ? null : windows.shift()!.runs;
  }

  /** Runs with one page marked, where no event tells of marks; what was cached already is not marked. */
  #marked(runs: readonly PageWindow[], mark: number): readonly ReadaheadRun[] {
    return this.#environment.names.has("page_cache_async_ra") ? runs : runs.map((run) => ({ ...run, mark }));
  }

  /** The page in [index, end) that is marked for the next window; null: none is. */
  mark(call: number, index: number, end: number): number | null {
    const mark = this.#of(call).at(0)?.mark ?? null;
    return mark !== null && index <= mark && mark < end ? mark : null;
  }
}

/** Page behind the last of some runs. */
function endOf(runs: readonly PageWindow[]): number {
  return Math.max(...runs.map(({ first, pages }) => first + pages));
}
