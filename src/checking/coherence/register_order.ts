/**
 * C2: whether the writes of a sector have an order that all its reads agree with.
 *
 * When it is known which write each read returned, a write and the reads that returned it are a cluster, and a cluster
 * comes before another one iff something of it ended before something of the other one began. For reads that must all
 * agree, the smallest end and the greatest beginning of each cluster say this (Gibbons and Korach, Testing Shared
 * Memories, 1997). Reads of the device and reads of the page cache need not agree with each other, but each with all
 * writes: so there are two such pairs, and an order must suit both. There is one iff clusters that nothing comes before can
 * be taken away one by one until none is left: O(n log n).
 *
 * @module
 */

import type { Read, Write } from "./sector_history.ts";

/** Whether reads of the device and of the page cache must agree, or only those of one kind. */
export type Agreement = "within_kinds" | "all";

/** A read that no order of the writes explains, given the others. */
export interface Breach {
  readonly read: number;
  /** The write that it returned. */
  readonly returned: number;
  /** A write that comes before the returned one because of `witness`, although it must come after it. */
  readonly newer: number;
  /** A read that returned the newer write and ended before `read` began; null: the write itself ended before. */
  readonly witness: number | null;
  /** The read may have returned several writes, of which the others contradict something else. */
  readonly ofSeveral?: true;
}

/** What a read returned: index of a write; -1: it is left out. */
export type ReadsFrom = readonly number[];

const THE_WRITE = -1;

/** For each cluster: the smallest end, the greatest beginning, and whose they are (a read, or the write). */
class Bounds {
  readonly ends: number[] = [];
  readonly endOf: number[] = [];
  readonly begins: number[] = [];
  readonly beginOf: number[] = [];

  add({ inv, done }: Write): void {
    this.ends.push(done);
    this.endOf.push(THE_WRITE);
    this.begins.push(inv);
    this.beginOf.push(THE_WRITE);
  }

  widen(cluster: number, { inv, res }: Read, read: number): void {
    if (res < this.ends[cluster]) {
      this.ends[cluster] = res;
      this.endOf[cluster] = read;
    }
    if (inv > this.begins[cluster]) {
      this.begins[cluster] = inv;
      this.beginOf[cluster] = read;
    }
  }
}

/** Clusters that are still there by smallest end, and those that nothing comes before as far as these bounds say. */
class Line {
  readonly #bounds: Bounds;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #byBegin: number[];
  #first: number;
  #released = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    const { ends, begins } = bounds;
    const compare = (values: readonly number[]) => (a: number, b: number) =>
      values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : a - b;
    const count = ends.length;
    const byEnd = Array.from({ length: count }, (_, at) => at).sort(compare(ends));
    this.#byBegin = Array.from({ length: count }, (_, at) => at).sort(compare(begins));
    this.#next = new Int32Array(count).fill(-1);
    this.#previous = new Int32Array(count).fill(-1);
    for (let at = 1; at < count; at++) {
      this.#next[byEnd[at - 1]] = byEnd[at];
      this.#previous[byEnd[at]] = byEnd[at - 1];
    }
    this.#first = byEnd[0];
  }

  /** The cluster with the smallest end. */
  get first(): number {
    return this.#first;
  }

  /** The cluster with the smallest end among all but one; -1: there is no other. */
  firstBut(cluster: number): number {
    return this.#first === cluster ? this.#next[cluster] : this.#first;
  }

  remove(cluster: number): void {
    const next = this.#next[cluster];
    const previous = this.#previous[cluster];
    if (previous === -1) this.#first = next;
    else this.#next[previous] = next;
    if (next !== -1) this.#previous[next] = previous;
  }

  /** What comes before a cluster; -1: nothing. */
  before(cluster: number): number {
    const other = this.firstBut(cluster);
    return other !== -1 && this.#bounds.ends[other] < this.#bounds.begins[cluster] ? other : -1;
  }

  /** Clusters that begin no later than the smallest end of all, each once. */
  *release(): Iterable<number> {
    const { ends, begins } = this.#bounds;
    while (this.#released < this.#byBegin.length && begins[this.#byBegin[this.#released]] <= ends[this.#first]) {
      yield this.#byBegin[this.#released++];
    }
  }
}

/** True when the order in which the clusters are given is one; mostly it is, as writes are given as they began. */
function isOrdered({ ends, begins }: Bounds): boolean {
  let latest = -Infinity;
  for (let cluster = 0; cluster < ends.length; cluster++) {
    if (ends[cluster] < latest) return false;
    if (begins[cluster] > latest) latest = begins[cluster];
  }
  return true;
}

/** A read that breaks the order, null when there is an order that explains all. */
export function findBreach(
  writes: readonly Write[],
  reads: readonly Read[],
  readsFrom: ReadsFrom,
  agreement: Agreement,
): Breach | null {
  const clusterOf = new Int32Array(writes.length).fill(-1);
  const writeOf: number[] = [];
  const direct = new Bounds();
  const cached = agreement === "all" ? direct : new Bounds();
  const open = (write: number): void => {
    clusterOf[write] = writeOf.length;
    writeOf.push(write);
    direct.add(writes[write]);
    if (cached !== direct) cached.add(writes[write]);
  };
  // A possible write that nobody saw stands nowhere.
  for (let write = 0; write < writes.length; write++) if (writes[write].done !== Infinity) open(write);
  for (let read = 0; read < reads.length; read++) {
    const write = readsFrom[read];
    if (write === -1) continue;
    if (clusterOf[write] === -1) open(write);
    (reads[read].kind === "direct" ? direct : cached).widen(clusterOf[write], reads[read], read);
  }
  if (isOrdered(direct) && (cached === direct || isOrdered(cached))) return null;
  const lines = cached === direct ? [new Line(direct)] : [new Line(direct), new Line(cached)];
  const bounds = [direct, cached];

  let left = writeOf.length;
  const taken = new Uint8Array(left);
  const released = new Uint8Array(left);
  const free: number[] = [];
  while (left > 0) {
    for (const line of lines) {
      for (const cluster of line.release()) if (++released[cluster] === lines.length) free.push(cluster);
    }
    let next = free.pop() ?? -1;
    if (next !== -1 && taken[next] === 1) continue;
    // Only the first of a line can be held back by nobody but itself.
    for (const { first } of next === -1 ? lines : []) {
      if (lines.every((line) => line.before(first) === -1)) next = first;
    }
    if (next === -1) return breachOf(lines, bounds, writeOf, reads);
    taken[next] = 1;
    for (const line of lines) line.remove(next);
    left--;
  }
  return null;
}

/** Every cluster that is left has one before it: going back comes round, and some read on the way began too late. */
function breachOf(
  lines: readonly Line[],
  bounds: readonly Bounds[],
  writeOf: readonly number[],
  reads: readonly Read[],
): Breach {
  const path: { to: number; from: number; line: number }[] = [];
  const seen = new Map<number, number>();
  let at = lines[0].first;
  while (!seen.has(at)) {
    seen.set(at, path.length);
    const line = lines.findIndex((each) => each.before(at) !== -1);
    const from = lines[line].before(at);
    path.push({ to: at, from, line });
    at = from;
  }
  let breach: Breach | null = null;
  let latest = -Infinity;
  for (const { to, from, line } of path.slice(seen.get(at)!)) {
    const read = bounds[line].beginOf[to];
    if (read === THE_WRITE || reads[read].inv < latest) continue;
    latest = reads[read].inv;
    const end = bounds[line].endOf[from];
    breach = {
      read,
      returned: writeOf[to],
      newer: writeOf[from],
      witness: end === THE_WRITE ? null : end,
    };
  }
  if (breach === null) throw new Error("writes that came round without a read");
  return breach;
}
