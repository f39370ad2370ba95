/**
 * Work in lines, for workers that had better stay with what they are at: whoever goes on with the same kind of work has
 * compiled the code for it, and another one would have to do that again.
 *
 * @module
 */

interface Line<T> {
  readonly all: number;
  /** What nobody has begun. */
  readonly left: T[];
}

/** Lines of work, each begun by one worker where there are enough of them. */
export class WorkLines<T> {
  readonly #lines: readonly Line<T>[];
  /** The line that a worker is at. */
  readonly #ofWorker = new Map<number, Line<T>>();

  /**
   * Puts work into lines.
   *
   * @param lineOf what it has in common with the rest of its line
   */
  constructor(items: Iterable<T>, lineOf: (item: T) => string) {
    const lines = Map.groupBy(items, lineOf);
    this.#lines = [...lines.values()].map((left) => ({ all: left.length, left }));
  }

  /**
   * What the worker does next, from the line that it is at, one that nobody has begun, or the one that has most left.
   *
   * @param choose the place of what comes next among what is left of a line; default: the first
   * @returns null: all has been begun
   */
  next(worker: number, choose: (left: readonly T[]) => number = () => 0): T | null {
    const line = this.#lineFor(worker);
    return line === null ? null : line.left.splice(choose(line.left), 1)[0];
  }

  #lineFor(worker: number): Line<T> | null {
    const at = this.#ofWorker.get(worker);
    if (at !== undefined && at.left.length > 0) return at;
    const open = this.#lines.filter(({ left }) => left.length > 0);
    if (open.length === 0) return null;
    const line = open.find(({ all, left }) => left.length === all) ??
      open.reduce((most, each) => each.left.length > most.left.length ? each : most);
    this.#ofWorker.set(worker, line);
    return line;
  }
}

/** The place of what has most of something; the first of several. */
export function placeOfMost<T>(items: readonly T[], amountOf: (item: T) => number): number {
  const amounts = items.map(amountOf);
  return amounts.indexOf(amounts.reduce((most, each) => Math.max(most, each)));
}
