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

/** A move to explore, and what has to follow it; a node without children leaves that open. */
export interface WakeupNode extends Move {
  children: WakeupNode[];
}

/**
 * A move of which it is found out only when it matters what it touches: that takes a run, and most moves are done before
 * anybody asks.
 */
export class UntriedMove implements WakeupNode {
  readonly task: number;
  readonly outcome: number;
  readonly outcomes: number;
  readonly children: WakeupNode[] = [];
  readonly #find: () => number;
  #footprint: number | null = null;

  /** @param find to be asked only while the run is as it was up to the node that the move is for */
  constructor({ task, outcome, outcomes }: Omit<Move, "footprint">, find: () => number) {
    this.task = task;
    this.outcome = outcome;
    this.outcomes = outcomes;
    this.#find = find;
  }

  get footprint(): number {
    return this.#footprint ??= this.#find();
  }
}

function nodeOf(move: Move): WakeupNode {
  return move instanceof UntriedMove ? new UntriedMove(move, () => move.footprint) : { ...move, children: [] };
}

/** The move as data. */
export function triedMove({ task, outcome, outcomes, footprint }: Move): Move {
  return { task, outcome, outcomes, footprint };
}

/** The node and all behind it as data. */
export function triedNode(node: WakeupNode): WakeupNode {
  return { ...triedMove(node), children: node.children.map(triedNode) };
}

/**
 * True when every run that begins with `moves` is equivalent to one that begins with `move`: it is the first of its task
 * in `moves`, or its task is not among them, and nothing before it depends on it.
 *
 * A choice that is not among the moves may come to another outcome behind them.
 */
export function isWeakInitial(move: Move, moves: readonly Move[], footprints: Footprints): boolean {
  const own = moves.find(({ task }) => task === move.task);
  // Told without what the move touches, which may take a run to find out.
  if (own !== undefined && (own === moves[0] || own.outcome !== move.outcome)) return own.outcome === move.outcome;
  if (move.footprint === UNKNOWN) {
    return own !== undefined && isWeakInitial({ ...triedMove(move), footprint: own.footprint }, moves, footprints);
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
 * True when runs that begin like this have been explored: one of the moves that sleep, every run of which has been
 * explored, could come first.
 */
export function isCovered(sleep: readonly Move[], moves: readonly Move[], footprints: Footprints): boolean {
  for (const sleeper of sleep) if (isWeakInitial(sleeper, moves, footprints)) return true;
  return outcomesApart(sleep, moves, footprints) !== null;
}

/**
 * The same whatever comes behind the moves: the sleeper is one of them.
 *
 * The moves are known to be covered.
 */
export function isCoveredForGood(sleep: readonly Move[], moves: readonly Move[], footprints: Footprints): boolean {
  return sleep.some((sleeper) =>
    moves.some(({ task }) => task === sleeper.task) && isWeakInitial(sleeper, moves, footprints)
  );
}

/**
 * Adds a sequence of moves to the branches of a node, unless what is there leads to an equivalent run already.
 *
 * @param sleep what sleeps at the node
 * @returns true when the tree has grown
 */
export function insert(
  branches: WakeupNode[],
  moves: readonly Move[],
  footprints: Footprints,
  sleep: readonly Move[],
): boolean {
  if (moves.length === 0) return false;
  const behind = (branch: WakeupNode, rest: readonly Move[]): boolean => {
    // Nothing has to follow: all will be explored there.
    if (branch.children.length === 0) return false;
    const asleep = [...sleep, ...branches.slice(0, branches.indexOf(branch))]
      .filter(({ task, footprint }) => task !== branch.task && !footprints.conflict(footprint, branch.footprint));
    return insert(branch.children, rest, footprints, asleep);
  };
  for (const branch of branches) {
    if (!isWeakInitial(branch, moves, footprints)) continue;
    const at = moves.findIndex(({ task }) => task === branch.task);
    return behind(branch, at < 0 ? moves : [...moves.slice(0, at), ...moves.slice(at + 1)]);
  }
  const outcomes = branches.some(isChoice) || sleep.some(isChoice)
    ? outcomesApart([...branches, ...sleep], moves, footprints)
    : null;
  if (outcomes !== null) {
    const grown = branches.filter((branch) => outcomes.includes(branch)).map((branch) => behind(branch, moves));
    return grown.includes(true);
  }
  let list = branches;
  for (const move of moves) {
    const node = nodeOf(move);
    list.push(node);
    list = node.children;
  }
  return true;
}

function isChoice({ outcomes }: Move): boolean {
  return outcomes > 1;
}

/** All outcomes of a choice that the moves have nothing to do with: the moves may follow each of them. */
export function outcomesApart<M extends Move>(among: readonly M[], moves: readonly Move[], footprints: Footprints) {
  for (const { task, outcomes, outcome } of among) {
    if (outcomes === 1 || outcome !== 0) continue;
    const apart = among.filter((each) => each.task === task && isApart(each, moves, footprints));
    if (new Set(apart.map((each) => each.outcome)).size === outcomes) return apart;
  }
  return null;
}
