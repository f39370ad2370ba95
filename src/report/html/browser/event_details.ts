/**
 * Fields of events, which the page brings sorted by what the events are.
 *
 * @module
 */

/** A table of the page. */
interface Columns {
  column(name: string): Float64Array;
}

export class EventDetails {
  /** Of each event, its row in the table. */
  readonly #places: Uint32Array;

  /** @param tags of each event */
  constructor(private readonly table: Columns, tags: Float64Array) {
    const next: number[] = [];
    for (let row = 0; row < tags.length; row++) next[tags[row]] = (next[tags[row]] ?? 0) + 1;
    let begin = 0;
    for (let tag = 0; tag < next.length; tag++) {
      const count = next[tag] ?? 0;
      next[tag] = begin;
      begin += count;
    }
    this.#places = new Uint32Array(tags.length);
    for (let row = 0; row < tags.length; row++) this.#places[row] = next[tags[row]]++;
  }

  /** A field of an event; NaN where it has none. */
  at(name: string, event: number): number {
    return this.table.column(name)[this.#places[event]];
  }
}
