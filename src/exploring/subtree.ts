/**
 * Parts of the tree of a program's runs, which are explored apart, and what one part has to tell the others.
 *
 * @module
 */

import type { ScheduledStep } from "./run.ts";
import type { Move, WakeupNode } from "./wakeup_tree.ts";

/** A sequence of moves for a node above the part that is explored here. */
export interface Insertion {
  depth: number;
  moves: Move[];
}

/** A part of a tree of runs: a node, by the way to it, and the one branch of it that is to be explored. */
export interface Subtree {
  prefix: ScheduledStep[];
  /** For every node of the prefix, from the first one: moves that others explore, or have explored, from there. */
  elsewhere: readonly (readonly Move[])[];
  sleep: readonly Move[];
  branch: WakeupNode;
}

/** Where an exploration stands after a run: the steps of that run, and the nodes between them. */
export interface ExplorationState {
  steps: ScheduledStep[];
  /** For every step, the node before it. */
  nodes: { sleep: readonly Move[]; branches: WakeupNode[] }[];
  /** Nodes before this one are not this exploration's own. */
  base: number;
}
