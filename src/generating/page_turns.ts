/**
 * Whose turn it is on the pages of the file: what touches pages that something else changes waits for that, as locks make
 * it in the kernel. Times are microseconds.
 *
 * @module
 */

/** `reads`: others may read meanwhile. */
export type Touch = "reads" | "changes";

export class PageTurns {
  /** When what changes a page, or only reads it, is over. */
  readonly #changedUntil: Float64Array;
  readonly #readUntil: Float64Array;

  constructor(pages: number) {
    this.#changedUntil = new Float64Array(pages);
    this.#readUntil = new Float64Array(pages);
  }

  /** When an operation that is there at a time can begin its work on pages [first, last]. */
  begin(at: number, first: number, last: number, how: Touch): number {
    let begin = at;
    for (let page = first; page <= last; page++) {
      begin = Math.max(begin, this.#changedUntil[page]);
      if (how === "changes") begin = Math.max(begin, this.#readUntil[page]);
    }
    return begin;
  }

  /** Until when they are its own. */
  occupy(until: number, first: number, last: number, how: Touch): void {
    const marks = how === "reads" ? this.#readUntil : this.#changedUntil;
    for (let page = first; page <= last; page++) marks[page] = Math.max(marks[page], until + 1);
  }
}
