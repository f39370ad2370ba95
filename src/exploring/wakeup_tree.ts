/**
 * Wakeup trees: the beginnings of runs that still have to be explored from a node (Abdulla, Aronis, Jonsson, Sagonas,
 * "Source Sets: A Foundation for Optimal Dynamic Partial Order Reduction", J. ACM 64(4), 2017, section 6).
 *
 * @module
 */

import type { Footprints } from "./footprints.ts";

/** Footprint of an outcome that has not been seen yet. */
export const UNKNOWN = -1;

/** A step of a task, with what it touched when it was seen. */
export interface Move {
  task: number;
  /** Outcome of the choice that the step begins with; 0 where there is none. */
  outcome: number;
  /** How many outcomes the choice has; 1 where there is none. */
  outcomes: number;
  footprint: number;
}

/** A move that is not begun with again. */
export interface Sleeper extends Move {
  /**
   * `all`: every run that begins with it has been explored, and the races found there are in the tree. `elsewhere`: they
   * are being explored at the same time; their races will not come in time for this part.
   */
  explored: "all" | "elsewhere";
}

/** A move to explore, and what has to follow it; a node without children leaves that open. */
export interface WakeupNode extends Move {
  children: WakeupNode[];
}

/**
 * True when every run that begins with `moves` is equivalent to one that begins with `move`: it is the first of its task
 * in `moves`, or its task is not among them, and nothing before it depends on it.
 *
 * A choice that is not among the moves may come to another outcome behind them.
 */
export function isWeakInitial(move: Move, moves: readonly Move[], footprints: Footprints): boolean {
  if (move.footprint === UNKNOWN) {
    const own = moves.find(({ task }) => task === move.task);
    return own !== undefined && isWeakInitial({ ...move, footprint: own.footprint }, moves, footprints);
  }
  for (const each of moves) {
    if (each.task === move.task) return each.outcome === move.outcome;
    if (footprints.conflict(each.footprint, move.footprint)) return false;
  }
  return move.outcomes === 1;
}

/** True when the task is not among the moves, and none of them depends on this step of it. */
function isApart(move: Move, moves: readonly Move[], footprints: Footprints): boolean {
  return moves.every(({ task, footprint }) => task !== move.task && !footprints.conflict(footprint, move.footprint));
}

/**
 * True when runs that begin like this have been explored: one of the sleepers could come first.
 *
 * A sleeper that is explored elsewhere at the same time does not count: its races come too late for this part.
 */
export function isCovered(sleep: readonly Sleeper[], moves: readonly Move[], footprints: Footprints): boolean {
  for (const sleeper of sleep) {
    if (sleeper.explored === "all" && isFirstOf(sleeper, sleep, moves, footprints)) return true;
  }
  return false;
}

/**
 * The same whatever comes behind the moves: the sleeper is one of them.
 *
 * The moves are known to be covered.
 */
export function isCoveredForGood(sleep: readonly Sleeper[], moves: readonly Move[], footprints: Footprints): boolean {
  return sleep.some((sleeper) =>
    sleeper.explored === "all" && moves.some(({ task }) => task === sleeper.task) &&
    isWeakInitial(sleeper, moves, footprints)
  );
}

/** The same where it is enough that somebody explores the sleeper. */
export function isInHand(sleep: readonly Sleeper[], moves: readonly Move[], footprints: Footprints): boolean {
  for (const sleeper of sleep) if (isFirstOf(sleeper, sleep, moves, footprints)) return true;
  return false;
}

function isFirstOf(
  sleeper: Sleeper,
  sleep: readonly Sleeper[],
  moves: readonly Move[],
  footprints: Footprints,
): boolean {
  if (isWeakInitial(sleeper, moves, footprints)) return true;
  if (sleeper.outcomes === 1 || sleeper.outcome !== 0) return false;
  // All outcomes of a choice, none of which the moves have to do with.
  const apart = sleep.filter((each) =>
    each.task === sleeper.task && each.explored === sleeper.explored && isApart(each, moves, footprints)
  );
  return apart.length === sleeper.outcomes;
}

/**
 * Adds a sequence of moves to the branches of a node, unless what is there leads to an equivalent run already.
 *
 * @param moves is changed
 * @returns true when the tree has grown
 */
export function insert(branches: WakeupNode[], moves: Move[], footprints: Footprints): boolean {
  let list = branches;
  descend: for (;;) {
    for (const branch of list) {
      if (!isWeakInitial(branch, moves, footprints)) continue;
      if (branch.children.length === 0) return false;
      const at = moves.findIndex(({ task }) => task === branch.task);
      if (at >= 0) moves.splice(at, 1);
      if (moves.length === 0) return false;
      list = branch.children;
      continue descend;
    }
    break;
  }
  for (const move of moves) {
    const node: WakeupNode = { ...move, children: [] };
    list.push(node);
    list = node.children;
  }
  return true;
}
