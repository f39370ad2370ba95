/**
 * Bios under way, each in a slot of parallel arrays, found by device and by the first or the last sector of the request
 * that they are in. No object is made for a bio: pairing runs for every block event of a recording.
 *
 * A request is the list of bios that are served together; its first bio carries the request's extent, and it alone is
 * found by place.
 *
 * | operation | cost |
 * |---|---|
 * | take, release | O(1), amortised over growth |
 * | place, unplace, look-up | O(1 + bios whose request begins or ends at that sector) |
 *
 * @module
 */

/** Where a bio is on its way. A slot in use has one of these. */
export const QUEUED = 1;
/** First bio of a request that has not been issued. */
export const WAITING = 2;
/** First bio of a request that the driver has. */
export const ISSUED = 3;
/** A bio without data (a flush that a task asked for, a zone command). */
export const EMPTY = 4;
/** In the request of another bio. */
export const MERGED = 5;
/** Found by other ways than its place: a flush of the block layer, or a write that a flush may follow. */
export const ASIDE = 6;

/** Stages of a bio, in btt's order: Q, G, I, D, C. */
export const QUEUE = 0;
export const GETRQ = 1;
export const INSERT = 2;
export const ISSUE = 3;
export const COMPLETE = 4;
export const STAGES = 5;

/** Bits beside those of the stages: the bio has such a link to another one; it was requeued, or ended with an error. */
export const MERGED_LINK = 1 << STAGES;
export const SPLIT_LINK = MERGED_LINK << 1;
export const REMAPPED_LINK = SPLIT_LINK << 1;
export const FAULT = REMAPPED_LINK << 1;

/** No slot. */
export const NONE = -1;

const CAPACITY_MIN = 1024;

function grown<T extends Int32Array | Uint32Array | Float64Array | Uint8Array | Uint16Array>(
  array: T,
  length: number,
): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}

export class OpenBios {
  /** Slots there may be at most. */
  readonly limit: number;
  /** Slots in use. */
  count = 0;

  /** `bio_id`: bios are numbered in the order in which they begin. */
  id = new Uint32Array(CAPACITY_MIN);
  /** 0: the slot is free. */
  state = new Uint8Array(CAPACITY_MIN);
  /** Number of the device in the pairing's list. */
  device = new Int32Array(CAPACITY_MIN);
  /** Operation of the rwbs text, see `request_flags.ts`. */
  operation = new Uint8Array(CAPACITY_MIN);
  sector = new Float64Array(CAPACITY_MIN);
  bytes = new Float64Array(CAPACITY_MIN);
  /** Of the event that it began with. */
  tag = new Int32Array(CAPACITY_MIN);
  /** Times by stage: halves of nanoseconds at `slot * 2 * STAGES + 2 * stage`, low half first. */
  times = new Int32Array(CAPACITY_MIN * 2 * STAGES);
  /** Bit `1 << stage` is set when the stage was seen; `*_LINK` and `FAULT` say which of the columns below hold. */
  seen = new Uint16Array(CAPACITY_MIN);
  /** bio_id of the other bio. */
  mergedInto = new Uint32Array(CAPACITY_MIN);
  splitFrom = new Uint32Array(CAPACITY_MIN);
  remappedFrom = new Uint32Array(CAPACITY_MIN);
  requeues = new Int32Array(CAPACITY_MIN);
  error = new Int32Array(CAPACITY_MIN);
  firstSeq = new Uint32Array(CAPACITY_MIN);
  lastSeq = new Uint32Array(CAPACITY_MIN);

  /** Extent of the request that this bio is the first of: what is still to be done of it, in sectors. */
  start = new Float64Array(CAPACITY_MIN);
  end = new Float64Array(CAPACITY_MIN);
  /** Next bio of the same request, and of a first bio the last one. */
  nextInRequest = new Int32Array(CAPACITY_MIN);
  lastInRequest = new Int32Array(CAPACITY_MIN);
  /** Next slot with the same hash of start; those of one place are in the order in which they were placed. */
  nextByStart = new Int32Array(CAPACITY_MIN);
  /** Next and last slot with the same hash of end, the one that was placed last first. */
  nextByEnd = new Int32Array(CAPACITY_MIN);
  prevByEnd = new Int32Array(CAPACITY_MIN);

  #startHeads = new Int32Array(2 * CAPACITY_MIN).fill(NONE);
  #endHeads = new Int32Array(2 * CAPACITY_MIN).fill(NONE);
  #shift = 32 - Math.log2(2 * CAPACITY_MIN);
  /** Slots from here on have never been used. */
  #fresh = 0;
  #free = NONE;

  /** @param limit a power of two */
  constructor(limit: number) {
    this.limit = Math.max(limit, CAPACITY_MIN);
  }

  /** Slots that are left. */
  get room(): number {
    return this.limit - this.count;
  }

  /** A slot for a new bio, in no request and at no place; there must be one left. */
  take(): number {
    let slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.nextByStart[slot];
    } else {
      if (this.#fresh === this.state.length) this.#grow();
      slot = this.#fresh++;
    }
    this.count++;
    this.seen[slot] = 0;
    this.nextInRequest[slot] = NONE;
    this.lastInRequest[slot] = slot;
    return slot;
  }

  /** Gives a slot back, which must be at no place. */
  release(slot: number): void {
    this.state[slot] = 0;
    this.nextByStart[slot] = this.#free;
    this.#free = slot;
    this.count--;
  }

  #grow(): void {
    const length = this.state.length * 2;
    this.id = grown(this.id, length);
    this.state = grown(this.state, length);
    this.device = grown(this.device, length);
    this.operation = grown(this.operation, length);
    this.sector = grown(this.sector, length);
    this.bytes = grown(this.bytes, length);
    this.tag = grown(this.tag, length);
    this.times = grown(this.times, length * 2 * STAGES);
    this.seen = grown(this.seen, length);
    this.mergedInto = grown(this.mergedInto, length);
    this.splitFrom = grown(this.splitFrom, length);
    this.remappedFrom = grown(this.remappedFrom, length);
    this.requeues = grown(this.requeues, length);
    this.error = grown(this.error, length);
    this.firstSeq = grown(this.firstSeq, length);
    this.lastSeq = grown(this.lastSeq, length);
    this.start = grown(this.start, length);
    this.end = grown(this.end, length);
    this.nextInRequest = grown(this.nextInRequest, length);
    this.lastInRequest = grown(this.lastInRequest, length);
    this.nextByStart = grown(this.nextByStart, length);
    this.nextByEnd = grown(this.nextByEnd, length);
    this.prevByEnd = grown(this.prevByEnd, length);
    const starts = this.#startHeads;
    const ends = this.#endHeads;
    this.#shift--;
    this.#startHeads = new Int32Array(2 * length).fill(NONE);
    this.#endHeads = new Int32Array(2 * length).fill(NONE);
    // Those of one place share a list, so that going through the lists keeps their order.
    for (const head of starts) {
      for (let slot = head, next: number; slot !== NONE; slot = next) {
        next = this.nextByStart[slot];
        this.#appendByStart(slot);
      }
    }
    for (const head of ends) {
      let last = head;
      while (last !== NONE && this.nextByEnd[last] !== NONE) last = this.nextByEnd[last];
      for (let slot = last, prev: number; slot !== NONE; slot = prev) {
        prev = this.prevByEnd[slot];
        this.#prependByEnd(slot);
      }
    }
  }

  #bucket(device: number, sector: number): number {
    return Math.imul((sector | 0) ^ Math.imul(device + 1, 0x85ebca6b), 0x9e3779b1) >>> this.#shift;
  }

  #appendByStart(slot: number): number {
    const bucket = this.#bucket(this.device[slot], this.start[slot]);
    let others = 0;
    let at = this.#startHeads[bucket];
    this.nextByStart[slot] = NONE;
    if (at === NONE) {
      this.#startHeads[bucket] = slot;
      return 0;
    }
    const { start, device, nextByStart } = this;
    for (;;) {
      if (start[at] === start[slot] && device[at] === device[slot]) others++;
      if (nextByStart[at] === NONE) break;
      at = nextByStart[at];
    }
    nextByStart[at] = slot;
    return others;
  }

  #prependByEnd(slot: number): void {
    const bucket = this.#bucket(this.device[slot], this.end[slot]);
    const next = this.#endHeads[bucket];
    this.nextByEnd[slot] = next;
    this.prevByEnd[slot] = NONE;
    if (next !== NONE) this.prevByEnd[next] = slot;
    this.#endHeads[bucket] = slot;
  }

  /**
   * Makes a first bio known by the place of its request.
   *
   * @returns how many there are at this place beside it
   */
  place(slot: number): number {
    if (this.bytes[slot] > 0) this.#prependByEnd(slot);
    return this.#appendByStart(slot);
  }

  /** Makes a first bio unknown by place. */
  unplace(slot: number): void {
    this.#removeByStart(slot);
    if (this.bytes[slot] > 0) this.#removeByEnd(slot);
  }

  /** Moves the end of a request that stays placed. */
  setEnd(slot: number, end: number): void {
    this.#removeByEnd(slot);
    this.end[slot] = end;
    this.#prependByEnd(slot);
  }

  /**
   * Moves the start of a request that stays placed.
   *
   * @returns how many there are at the new start beside it
   */
  setStart(slot: number, start: number): number {
    this.#removeByStart(slot);
    this.start[slot] = start;
    return this.#appendByStart(slot);
  }

  #removeByStart(slot: number): void {
    const bucket = this.#bucket(this.device[slot], this.start[slot]);
    let at = this.#startHeads[bucket];
    if (at === slot) {
      this.#startHeads[bucket] = this.nextByStart[slot];
      return;
    }
    while (this.nextByStart[at] !== slot) at = this.nextByStart[at];
    this.nextByStart[at] = this.nextByStart[slot];
  }

  #removeByEnd(slot: number): void {
    const next = this.nextByEnd[slot];
    const prev = this.prevByEnd[slot];
    if (next !== NONE) this.prevByEnd[next] = prev;
    if (prev !== NONE) this.nextByEnd[prev] = next;
    else this.#endHeads[this.#bucket(this.device[slot], this.end[slot])] = next;
  }

  /** The slot that is placed at this start, when there is just one. */
  onlyAtStart(device: number, sector: number): number {
    const slot = this.#startHeads[this.#bucket(device, sector)];
    if (
      slot !== NONE && this.nextByStart[slot] === NONE && this.start[slot] === sector && this.device[slot] === device
    ) {
      return slot;
    }
    return NONE;
  }

  /** Makes room for the columns that few bios have. */
  markFault(slot: number): void {
    if (this.seen[slot] & FAULT) return;
    this.seen[slot] |= FAULT;
    this.requeues[slot] = this.error[slot] = 0;
  }

  /** First slot that is placed at this start, in order of placing; others follow by {@linkcode nextAtStart}. */
  firstAtStart(device: number, sector: number): number {
    const slot = this.#startHeads[this.#bucket(device, sector)];
    if (slot === NONE || (this.start[slot] === sector && this.device[slot] === device)) return slot;
    return this.#nextAtStart(slot, device, sector);
  }

  nextAtStart(slot: number): number {
    if (this.nextByStart[slot] === NONE) return NONE;
    return this.#nextAtStart(slot, this.device[slot], this.start[slot]);
  }

  #nextAtStart(slot: number, device: number, sector: number): number {
    do slot = this.nextByStart[slot]; while (
      slot !== NONE && (this.start[slot] !== sector || this.device[slot] !== device)
    );
    return slot;
  }

  /** A slot that is placed at this end, the one placed last first; others follow by {@linkcode nextAtEnd}. */
  firstAtEnd(device: number, sector: number): number {
    const slot = this.#endHeads[this.#bucket(device, sector)];
    if (slot === NONE || (this.end[slot] === sector && this.device[slot] === device)) return slot;
    return this.#nextAtEnd(slot, device, sector);
  }

  nextAtEnd(slot: number): number {
    return this.#nextAtEnd(slot, this.device[slot], this.end[slot]);
  }

  #nextAtEnd(slot: number, device: number, sector: number): number {
    do slot = this.nextByEnd[slot]; while (
      slot !== NONE && (this.end[slot] !== sector || this.device[slot] !== device)
    );
    return slot;
  }

  /** Last sector of a bio, and one more. */
  endOf(slot: number): number {
    return this.sector[slot] + this.bytes[slot] / 512;
  }

  /** Slots in use, oldest bio first. Cold path. */
  inOrder(): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#fresh; slot++) if (this.state[slot] !== 0) slots.push(slot);
    return slots.sort((a, b) => this.id[a] - this.id[b]);
  }
}
