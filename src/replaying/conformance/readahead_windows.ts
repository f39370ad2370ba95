/**
 * What the recording has read ahead around each call, handed out as the model asks for it: each window once, in order.
 *
 * @module
 */

import type { PageWindow } from "../../machine/address_space.ts";
import type { EnvironmentFacts, Readahead } from "./environment.ts";

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
  forMissing(call: number, index: number, wanted: number): readonly PageWindow[] {
    const windows = this.#of(call);
    const at = windows.findIndex(({ runs }) =>
      runs.some(({ first, pages }) => first <= index && index < first + pages)
    );
    if (at < 0) return windows.length > 0 ? [] : [{ first: index, pages: wanted }];
    return windows.splice(0, at + 1).at(-1)!.runs;
  }

  /** What a mark in pages [index, end) begins to read ahead. */
  forMark(call: number, index: number, end: number): readonly PageWindow[] {
    const windows = this.#of(call);
    const next = windows.at(0);
    if (next === undefined) return [];
    if (next.mark !== null) return index <= next.mark && next.mark < end ? windows.shift()!.runs : [];
    // Nothing has told of marks: what lies in the range itself has been missing there.
    const isMissing = next.runs.some(({ first, pages }) => first < end && first + pages > index);
    return this.#environment.names.has("page_cache_async_ra") || isMissing ? [] : windows.shift()!.runs;
  }

  /** The page in [index, end) that is marked for the next window; null: none is. */
  mark(call: number, index: number, end: number): number | null {
    const mark = this.#of(call).at(0)?.mark ?? null;
    return mark !== null && index <= mark && mark < end ? mark : null;
  }
}
