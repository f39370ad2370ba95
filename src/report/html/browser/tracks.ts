/**
 * Rows of a timeline: spans that do not overlap, or moments, in order of time. A part of a row is summed up by two
 * look-ups whatever lies in it, so that nothing has to be left out when a pixel stands for thousands of items.
 *
 * @module
 */

/** First place whose value is greater than `value`. */
export function upperBound(values: Float64Array, value: number, from = 0, to = values.length): number {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle] <= value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The same, looked for close to `from` first. */
function gallop(values: Float64Array, value: number, from: number): number {
  let step = 1;
  let low = from;
  while (low + step < values.length && values[low + step] <= value) {
    low += step;
    step *= 2;
  }
  return upperBound(values, value, low, Math.min(values.length, low + step + 1));
}

/** Called for each rectangle of a row: pixels from and to, the class, and how much of it is covered (0 to 1). */
export type Emit = (from: number, to: number, itemClass: number, cover: number, item: number) => void;

/** No single item: several are drawn as one. */
export const SEVERAL = -1;

/** Spans narrower than this are summed up, in pixels. */
const SPAN_MIN = 1.5;

/** Spans of one row of a lane. */
export class SpanTrack {
  readonly #sums: readonly (Float64Array | null)[];

  /**
   * @param starts in order, ns
   * @param ends none later than the next start
   * @param items rows of the table that they are from
   */
  constructor(
    readonly starts: Float64Array,
    readonly ends: Float64Array,
    readonly items: Int32Array,
    readonly classes: Uint8Array,
    classCount: number,
  ) {
    const { length } = starts;
    const there = classesIn(classes, classCount);
    this.#sums = Array.from({ length: classCount }, (_, each) => there[each] ? new Float64Array(length + 1) : null);
    this.#sums.forEach((sums, each) => {
      for (let nth = 0; sums !== null && nth < length; nth++) {
        sums[nth + 1] = sums[nth] + (classes[nth] === each ? Math.max(1, ends[nth] - starts[nth]) : 0);
      }
    });
  }

  /** Hands on what is to be drawn from time `from` on, at `scale` pixels a ns, over `width` pixels. */
  draw(from: number, scale: number, width: number, emit: Emit): void {
    const { starts, ends } = this;
    const until = from + width / scale;
    let nth = upperBound(ends, from);
    while (nth < starts.length && starts[nth] < until) {
      const left = (starts[nth] - from) * scale;
      const right = (ends[nth] - from) * scale;
      if (right - left >= SPAN_MIN) {
        emit(Math.max(-2, left), Math.min(width + 2, right), this.classes[nth], 1, this.items[nth]);
        nth++;
        continue;
      }
      const pixel = Math.floor(left);
      const columnEnd = from + (pixel + 1) / scale;
      let next = Math.max(nth + 1, gallop(starts, columnEnd, nth));
      // A long one that begins in this pixel is drawn as what it is.
      if (next - nth > 1 && (ends[next - 1] - starts[next - 1]) * scale >= SPAN_MIN) next--;
      this.#emitSum(nth, next, pixel, scale, emit);
      nth = next;
    }
  }

  #emitSum(nth: number, next: number, pixel: number, scale: number, emit: Emit): void {
    let most = 0;
    let busy = 0;
    let total = 0;
    for (let each = 0; each < this.#sums.length; each++) {
      const sums = this.#sums[each];
      if (sums === null) continue;
      const own = sums[next] - sums[nth];
      total += own;
      if (own > busy) {
        busy = own;
        most = each;
      }
    }
    emit(pixel, pixel + 1, most, Math.min(1, total * scale), next - nth === 1 ? this.items[nth] : SEVERAL);
  }

  /** The item at a time, or the one nearest to it within `reach` ns; -1 where there is none. */
  at(time: number, reach: number): number {
    const { starts, ends, items } = this;
    let best = -1;
    let distance = Infinity;
    for (let nth = upperBound(ends, time - reach); nth < starts.length && starts[nth] <= time + reach; nth++) {
      const own = Math.max(0, starts[nth] - time, time - ends[nth]);
      if (own < distance) {
        distance = own;
        best = items[nth];
      }
      if (own === 0) break;
    }
    return best;
  }
}

/** Moments of one row of a lane. */
export class TickTrack {
  readonly #counts: readonly (Uint32Array | null)[];

  /** @param classCount 1: classes are not told apart */
  constructor(
    readonly starts: Float64Array,
    readonly items: Int32Array,
    readonly classes: Uint8Array,
    classCount: number,
  ) {
    const { length } = starts;
    const there = classesIn(classCount === 1 ? NO_CLASSES : classes, classCount);
    this.#counts = Array.from(
      { length: classCount === 1 ? 0 : classCount },
      (_, each) => there[each] ? new Uint32Array(length + 1) : null,
    );
    this.#counts.forEach((counts, each) => {
      for (let nth = 0; counts !== null && nth < length; nth++) {
        counts[nth + 1] = counts[nth] + (classes[nth] === each ? 1 : 0);
      }
    });
  }

  /** One rectangle a pixel and class; `cover` grows with the number of moments, 1 at a hundred of them. */
  draw(from: number, scale: number, width: number, emit: Emit): void {
    const { starts } = this;
    const until = from + width / scale;
    let nth = upperBound(starts, from - 1 / scale);
    while (nth < starts.length && starts[nth] < until) {
      const pixel = Math.floor((starts[nth] - from) * scale);
      const next = Math.max(nth + 1, gallop(starts, from + (pixel + 1) / scale, nth));
      const item = next - nth === 1 ? this.items[nth] : SEVERAL;
      if (this.#counts.length === 0) emit(pixel, pixel + 1, 0, strength(next - nth), item);
      for (let each = 0; each < this.#counts.length; each++) {
        const counts = this.#counts[each];
        const count = counts === null ? 0 : counts[next] - counts[nth];
        if (count > 0) emit(pixel, pixel + 1, each, strength(count), item);
      }
      nth = next;
    }
  }

  at(time: number, reach: number): number {
    const { starts, items } = this;
    const next = upperBound(starts, time);
    const before = next > 0 ? time - starts[next - 1] : Infinity;
    const after = next < starts.length ? starts[next] - time : Infinity;
    if (Math.min(before, after) > reach) return -1;
    return before <= after ? items[next - 1] : items[next];
  }
}

function strength(count: number): number {
  return Math.min(1, 0.35 + 0.325 * Math.log10(count));
}

/** Sorted numbers of rows, by the start of each. */
export function inOrder(rows: Int32Array, starts: Float64Array): Int32Array {
  for (let nth = 1; nth < rows.length; nth++) {
    if (starts[rows[nth]] < starts[rows[nth - 1]]) return rows.sort((a, b) => starts[a] - starts[b] || a - b);
  }
  return rows;
}

/**
 * Values at the places of a list, in its order. A loop: `from` with a function takes ten times as long.
 *
 * @param make the kind of array that is made
 */
export function picked<T extends Float64Array | Uint8Array>(
  values: T,
  places: ArrayLike<number>,
  make: new (length: number) => T,
): T {
  const list = new make(places.length);
  for (let nth = 0; nth < places.length; nth++) list[nth] = values[places[nth]];
  return list;
}

const NO_CLASSES = new Uint8Array(0);

/** Which classes are among those of a row: the others need no sums. */
function classesIn(classes: Uint8Array, classCount: number): readonly boolean[] {
  const there = new Array<boolean>(classCount).fill(false);
  for (let nth = 0; nth < classes.length; nth++) there[classes[nth]] = true;
  return there;
}
