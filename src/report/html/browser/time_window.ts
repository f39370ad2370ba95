/**
 * The part of time that a picture shows; several pictures can share one.
 *
 * @module
 */

/** No picture shows less, ns. */
const LENGTH_MIN = 200;

export class TimeWindow {
  #from = 0;
  #length: number;
  readonly #listeners: (() => void)[] = [];

  /** @param whole length of everything, ns */
  constructor(readonly whole: number) {
    this.#length = this.whole = Math.max(whole, LENGTH_MIN);
  }

  get from(): number {
    return this.#from;
  }

  get length(): number {
    return this.#length;
  }

  get until(): number {
    return this.#from + this.#length;
  }

  /** Shows a part; what is outside of everything is moved inside. */
  show(from: number, length: number): void {
    const kept = Math.min(this.whole, Math.max(LENGTH_MIN, length));
    const begin = Math.min(this.whole - kept, Math.max(0, from));
    if (kept === this.#length && begin === this.#from) return;
    this.#length = kept;
    this.#from = begin;
    for (const listener of this.#listeners) listener();
  }

  /** @param at the time that stays where it is, as a share of the window */
  zoom(factor: number, at = 0.5): void {
    const time = this.#from + this.#length * at;
    const length = Math.min(this.whole, Math.max(LENGTH_MIN, this.#length * factor));
    this.show(time - length * at, length);
  }

  /** @param share of the window, to the right where positive */
  pan(share: number): void {
    this.show(this.#from + this.#length * share, this.#length);
  }

  fit(): void {
    this.show(0, this.whole);
  }

  /** Moves a time into view, and zooms in where it would be too small to be seen. */
  reveal(begin: number, end: number): void {
    const length = Math.max(end - begin, LENGTH_MIN);
    if (length * 400 > this.#length && length <= this.#length && begin >= this.#from && end <= this.until) return;
    const shown = Math.min(this.#length, Math.max(length * 6, LENGTH_MIN));
    this.show(begin + length / 2 - shown / 2, shown);
  }

  /** Shows a stretch of time with some of what is around it. */
  focusOn(begin: number, end: number): void {
    const length = Math.max(end - begin, LENGTH_MIN) * 2;
    this.show((begin + end - length) / 2, length);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
