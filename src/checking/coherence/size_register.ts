/**
 * C3: whether what reads returned, as far as it tells of the size of the file, fits one order of what changed the size.
 *
 * The size is a register that extending writes raise and truncates set. Time is gone through once; what is kept is every
 * state that the size and the changes under way may be in, and a change is put in its place no sooner than it must be: when
 * it, or a read that needs it, returns (Lowe, Testing for Linearizability, 2017). That is exact, and takes time in
 * proportion to the operations as long as few run at once; what takes too long is left undecided, and said to be.
 *
 * @module
 */

import type { PlainOperation, SizeStep } from "./plain_history.ts";

export interface SizeBreach {
  readonly operation: PlainOperation;
  readonly shows: SizeStep & { kind: "shows" };
}

export interface SizeVerdict {
  readonly breaches: readonly SizeBreach[];
  /** From this time on sizes were not judged: too many states; null: all were. */
  readonly undecidedFrom: number | null;
}

interface Item {
  readonly step: SizeStep;
  readonly operation: PlainOperation;
}

interface State {
  readonly size: number;
  /** Items that have begun and not been put in their place, ascending. */
  readonly open: readonly number[];
}

/** States at one time, and states gone through to get from one time to the next. */
const STATES_MAX = 5000;

class TooMany extends Error {}

/**
 * @param initial size before all operations
 * @param final size when all was done; null: not known
 */
export function judgeSizes(operations: readonly PlainOperation[], initial: number, final: number | null): SizeVerdict {
  const items = itemsOf(operations, initial);
  const breaches: SizeBreach[] = [];
  if (final !== null) items.push({ step: { kind: "shows", atLeast: final, atMost: final }, operation: AT_THE_END });
  if (!items.some(({ step }) => step.kind === "shows")) return { breaches, undecidedFrom: null };

  const events = items.flatMap(({ step, operation: { inv, res } }, item) => {
    const end = step.kind !== "shows" && step.certainty === "possible" ? null : res;
    return end === null ? [{ at: inv, item, ends: false }] : [
      { at: inv, item, ends: false },
      { at: end, item, ends: true },
    ];
  }).sort((a, b) => {
    if (a.at !== b.at) return a.at < b.at ? -1 : 1;
    // What ends at the moment at which another one begins did not come before it.
    return Number(a.ends) - Number(b.ends) || a.item - b.item;
  });

  let states: State[] = [{ size: initial, open: [] }];
  for (const { at, item, ends } of events) {
    if (!ends) {
      states = states.map(({ size, open }) => settled(items, size, [...open, item].sort((a, b) => a - b)));
      continue;
    }
    try {
      const next = placed(items, states, item);
      if (next.length > 0) states = next;
      else {
        const { step, operation } = items[item];
        if (step.kind === "shows") breaches.push({ operation, shows: step });
        states = distinct(states.map(({ size, open }) => ({ size, open: open.filter((other) => other !== item) })));
      }
    } catch (error) {
      if (!(error instanceof TooMany)) throw error;
      return { breaches, undecidedFrom: at };
    }
  }
  return { breaches, undecidedFrom: null };
}

/** Stands for nobody's read of the size behind all operations. */
export const AT_THE_END: PlainOperation = {
  name: "",
  task: "",
  what: "",
  inv: Infinity,
  res: Infinity,
  reads: [],
  writes: [],
  zeroes: [],
  sizes: [],
};

/** What is worth looking at: the size is never less than the smallest that is ever set. */
function itemsOf(operations: readonly PlainOperation[], initial: number): Item[] {
  let least = initial;
  for (const { sizes } of operations) {
    for (const step of sizes) if (step.kind === "sets" && step.to < least) least = step.to;
  }
  const items: Item[] = [];
  for (const operation of operations) {
    for (const step of operation.sizes) {
      if (step.kind === "extends" && step.to <= least) continue;
      if (step.kind === "shows" && (step.atMost === null && step.atLeast <= least || operation.res === null)) continue;
      items.push({ step, operation });
    }
  }
  return items;
}

/** A state without the reads that it explains. */
function settled(items: readonly Item[], size: number, open: readonly number[]): State {
  const explained = (item: number): boolean => {
    const { step } = items[item];
    return step.kind === "shows" && step.atLeast <= size && (step.atMost === null || size <= step.atMost);
  };
  return { size, open: open.some(explained) ? open.filter((item) => !explained(item)) : open };
}

function keyOf({ size, open }: State): string {
  return `${size};${open.join()}`;
}

function distinct(states: readonly State[]): State[] {
  return [...new Map(states.map((state) => [keyOf(state), state])).values()];
}

/** All states in which an item has been put in its place, with what may have gone before it. */
function placed(items: readonly Item[], states: readonly State[], item: number): State[] {
  const seen = new Set<string>();
  const done = new Map<string, State>();
  const work = [...states];
  for (const state of work) seen.add(keyOf(state));
  for (let state = work.pop(); state !== undefined; state = work.pop()) {
    if (!state.open.includes(item)) {
      done.set(keyOf(state), state);
      continue;
    }
    for (const next of moves(items, state)) {
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > STATES_MAX) throw new TooMany();
      work.push(next);
    }
  }
  return [...done.values()];
}

/** What the changes that are under way may do next. */
function* moves(items: readonly Item[], { size, open }: State): Iterable<State> {
  for (const item of open) {
    const { step } = items[item];
    if (step.kind === "shows") continue;
    const others = open.filter((other) => other !== item);
    if (step.kind === "sets") {
      yield settled(items, step.to, others);
      continue;
    }
    yield settled(items, Math.max(size, step.to), others);
    // A write raises the size by and by: as far as a read that waits for an explanation needs it, and no further.
    for (const other of others) {
      const { step: shows } = items[other];
      if (shows.kind !== "shows") continue;
      const raised = Math.max(shows.atLeast, step.from + 1);
      if (raised > size && raised < step.to && (shows.atMost === null || raised <= shows.atMost)) {
        yield settled(items, raised, open);
      }
    }
  }
}
