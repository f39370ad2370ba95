/**
 * The extent map over time: which part of which file a stretch of a device holds, as the latest events say.
 *
 * Stretches are kept sorted in pieces, so that a new one moves little; a stretch that continues another grows it. What is
 * mapped anew replaces what was there. The map is bounded: beyond that, the oldest knowledge goes, which costs
 * attributions and never makes a wrong one.
 *
 * @module
 */

/** Part of a device and what it holds. Units are the map's own: bytes, or blocks of the filesystem. */
export interface Extent {
  start: number;
  end: number;
  /** Row of `store.file`. */
  file: number;
  /** Position in the file of what is at `start`. */
  offset: number;
  /** Event that last said so. */
  seq: number;
}

const PIECE_MAX = 256;

export class ExtentMap {
  #pieces: Extent[][] = [[]];
  #count = 0;

  /** @param limit extents at most */
  constructor(readonly limit = 262_144) {}

  get size(): number {
    return this.#count;
  }

  /** Index of the piece that holds the last extent with start <= at, or the first piece. */
  #pieceOf(at: number): number {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#pieces[middle][0].start <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Place in the piece of the first extent whose end is beyond `at`. */
  #placeIn(piece: readonly Extent[], at: number): number {
    let low = 0;
    let high = piece.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (piece[middle].end > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** What is at this place; null = not known. */
  find(at: number): Extent | null {
    const piece = this.#pieces[this.#pieceOf(at)];
    const extent = piece[this.#placeIn(piece, at)];
    return extent !== undefined && extent.start <= at ? extent : null;
  }

  /** `[start, end)` holds the file from `offset` on. */
  set(start: number, end: number, file: number, offset: number, seq: number): void {
    if (!(end > start)) return;
    const known = this.find(start);
    if (known !== null && known.file === file && known.end >= end && start - known.start === offset - known.offset) {
      known.seq = seq;
      return;
    }
    // What the same file has here or just before in the same way is continued.
    const before = known ?? (start > 0 ? this.find(start - 1) : null);
    this.remove(start, end);
    if (
      before !== null && before.file === file && before.end === start && before.offset + start - before.start === offset
    ) {
      before.end = end;
      before.seq = seq;
      return;
    }
    this.#insert({ start, end, file, offset, seq });
    if (this.#count > this.limit) this.#forget();
  }

  #insert(extent: Extent): void {
    const at = this.#pieceOf(extent.start);
    const piece = this.#pieces[at];
    piece.splice(this.#placeIn(piece, extent.start), 0, extent);
    this.#count++;
    if (piece.length > PIECE_MAX) this.#pieces.splice(at + 1, 0, piece.splice(PIECE_MAX >> 1));
  }

  /** Nothing is known of `[start, end)` any more. */
  remove(start: number, end: number): void {
    let at = this.#pieceOf(start);
    for (;;) {
      const piece = this.#pieces[at];
      let place = this.#placeIn(piece, start);
      while (place < piece.length && piece[place].start < end) {
        const extent = piece[place];
        if (extent.start < start && extent.end > end) {
          const rest = { ...extent, start: end, offset: extent.offset + end - extent.start };
          extent.end = start;
          this.#insert(rest);
          return;
        }
        if (extent.start < start) {
          extent.end = start;
          place++;
        } else if (extent.end > end) {
          extent.offset += end - extent.start;
          extent.start = end;
          return;
        } else {
          piece.splice(place, 1);
          this.#count--;
        }
      }
      if (place < piece.length) return;
      if (piece.length === 0 && this.#pieces.length > 1) this.#pieces.splice(at, 1);
      else at++;
      if (at >= this.#pieces.length || this.#pieces[at][0] === undefined || this.#pieces[at][0].start >= end) return;
    }
  }

  /** The half that was confirmed longest ago goes. */
  #forget(): void {
    const all = this.#pieces.flat();
    const seqs = Float64Array.from(all, ({ seq }) => seq).sort();
    const middle = seqs[seqs.length >> 1];
    const kept = all.filter(({ seq }) => seq > middle);
    this.#pieces = [];
    for (let i = 0; i < kept.length; i += PIECE_MAX >> 1) this.#pieces.push(kept.slice(i, i + (PIECE_MAX >> 1)));
    if (this.#pieces.length === 0) this.#pieces.push([]);
    this.#count = kept.length;
  }
}
