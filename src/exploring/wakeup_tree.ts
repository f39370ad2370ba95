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
export class UntriedMove implements Move {
  readonly task: number;
  readonly outcome: number;
  readonly outcomes: number;
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

/**
 * A node that begins a sequence of moves. Most sequences are done as they are, one move after the other, so that the nodes
 * behind it are made when somebody looks at them: one list of moves is kept until then.
 */
class SequenceNode implements WakeupNode {
  readonly task: number;
  readonly outcome: number;
  readonly outcomes: number;
  readonly #move: Move;
  readonly #moves: readonly Move[];
  readonly #at: number;
  #children: WakeupNode[] | null = null;

  constructor(moves: readonly Move[], at: number) {
    const move = moves[at];
    this.task = move.task;
    this.outcome = move.outcome;
    this.outcomes = move.outcomes;
    this.#move = move;
    this.#moves = moves;
    this.#at = at;
  }

  get footprint(): number {
    return this.#move.footprint;
  }

  get children(): WakeupNode[] {
    if (this.#children === null) {
      const next = this.#at + 1;
      this.#children = next < this.#moves.length ? [new SequenceNode(this.#moves, next)] : [];
    }
    return this.#children;
  }
}

/** The move as data. */
export function triedMove({ task, outcome, outcomes, footprint }: Move): Move {
  return { task, outcome, outcomes, footprint };
}

/** The node and all behind it as data. */
export function triedNode(node: WakeupNode): WakeupNode {
  return { ...triedMove(node), children: node.children.map(triedNode) };
}

/** The place of the task's first move; -1: it is not among them. */
function firstOf(task: number, moves: readonly Move[]): number {
  for (let at = 0; at < moves.length; at++) if (moves[at].task === task) return at;
  return -1;
}

/**
 * True when every run that begins with `moves` is equivalent to one that begins with `move`: it is the first of its task
 * in `moves`, or its task is not among them, and nothing before it depends on it.
 *
 * A choice that is not among the moves may come to another outcome behind them.
 */
export function isWeakInitial(move: Move, moves: readonly Move[], footprints: Footprints): boolean {
  const own = firstOf(move.task, moves);
  // Told without what the move touches, which may take a run to find out.
  if (own === 0) return moves[0].outcome === move.outcome;
  if (own > 0 && moves[own].outcome !== move.outcome) return false;
  let { footprint } = move;
  if (footprint === UNKNOWN) {
    if (own < 0) return false;
    footprint = moves[own].footprint;
  }
  const before = own < 0 ? moves.length : own;
  for (let at = 0; at < before; at++) if (footprints.conflict(moves[at].footprint, footprint)) return false;
  return own >= 0 || move.outcomes === 1;
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
  for (const sleeper of sleep) {
    if (firstOf(sleeper.task, moves) >= 0 && isWeakInitial(sleeper, moves, footprints)) return true;
  }
  return false;
}

/** Of most nodes: no choice sleeps there. */
const NO_MOVES: readonly Move[] = [];

/**
 * Adds a sequence of moves to the branches of a node, unless what is there leads to an equivalent run already.
 *
 * @param moves the tree's own from then on: what is there already is taken out of them
 * @param sleep what sleeps at the node
 * @returns true when the tree has grown
 */
export function insert(
  branches: WakeupNode[],
  moves: Move[],
  footprints: Footprints,
  sleep: readonly Move[],
): boolean {
  return insertAmong(branches, moves, footprints, sleep.some(isChoice) ? sleep.filter(isChoice) : NO_MOVES);
}

/** @param choices that sleep at the node: of what sleeps, only they matter here */
function insertAmong(
  branches: WakeupNode[],
  moves: Move[],
  footprints: Footprints,
  choices: readonly Move[],
): boolean {
  if (moves.length === 0) return false;
  for (const branch of branches) {
    if (isWeakInitial(branch, moves, footprints)) return insertBehind(branches, branch, moves, footprints, choices);
  }
  if (choices.length > 0 || branches.some(isChoice)) {
    const outcomes = outcomesApart([...branches, ...choices], moves, footprints);
    if (outcomes !== null) {
      const grown = branches.filter((branch) => outcomes.includes(branch))
        .map((branch) => insertBehind(branches, branch, [...moves], footprints, choices));
      return grown.includes(true);
    }
  }
  branches.push(new SequenceNode(moves, 0));
  return true;
}

/** Adds what is left of the moves without the branch's own to what follows the branch. */
function insertBehind(
  branches: readonly WakeupNode[],
  branch: WakeupNode,
  moves: Move[],
  footprints: Footprints,
  choices: readonly Move[],
): boolean {
  const { task, children } = branch;
  // Nothing has to follow: all will be explored there.
  if (children.length === 0) return false;
  const own = firstOf(task, moves);
  if (own >= 0) takeOut(moves, own);
  let asleep = choices;
  if (choices.length > 0 || branches.some(isChoice)) {
    const before = branches.slice(0, branches.indexOf(branch)).filter(isChoice);
    asleep = [...choices, ...before].filter((each) =>
      each.task !== task && !footprints.conflict(each.footprint, branch.footprint)
    );
  }
  return insertAmong(children, moves, footprints, asleep);
}

function takeOut(moves: Move[], at: number): void {
  for (let i = at + 1; i < moves.length; i++) moves[i - 1] = moves[i];
  moves.pop();
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
