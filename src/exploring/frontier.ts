/**
 * What is left of an exploration that has been cut into parts: the upper part of its tree of runs, with the branches that
 * nobody has begun.
 *
 * Parts can be explored at the same time, and each class is still run once. A branch leaves out what those to the left of
 * it lead to, and counts on the races that were found there: they have put into it what only they could know of. So a
 * branch is handed out when all to the left that still sleep behind its first step have been explored to the end; whoever
 * has been woken by that step does not matter. The leftmost branch that is left can always be handed out.
 *
 * Races that a part finds with events above it come back here, to the node they concern.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import { Execution } from "./execution.ts";
import type { ExplorationState, Insertion, Subtree } from "./subtree.ts";
import { NOTHING } from "./footprints.ts";
import type { PortableMove, Translator } from "./portable.ts";
import type { ScheduledStep } from "./run.ts";
import { isCovered, isWeakInitial, type Move, outcomesApart, UNKNOWN, type WakeupNode } from "./wakeup_tree.ts";

interface FrontierNode {
  /** Moves that had been explored when this node came here, and are not among its branches. */
  sleep: readonly Move[];
  /** In the order in which they are explored. */
  branches: Branch[];
}

interface Branch extends Move {
  /**
   * `open`: nobody has begun; `in hand`: a part is made of it; `inner`: cut into parts at the node behind it; `done`:
   * every run that begins with it has been explored.
   */
  state: "open" | "in hand" | "inner" | "done";
  /** What the step touches is known from having done it here. */
  isSeen: boolean;
  /** Of an open branch: what has to follow; without branches that is left open. */
  behind: FrontierNode;
}

interface Sleeping {
  move: Move;
  isDone: boolean;
}

interface Candidate {
  path: Branch[];
  sleep: Move[];
}

/** A frontier as data: its nodes, every one behind those above it. */
export type PortableFrontier = readonly {
  /** Which node and branch it is behind; null: the beginning. */
  readonly behind: readonly [node: number, branch: number] | null;
  readonly sleep: readonly PortableMove[];
  readonly branches: readonly (PortableMove & { readonly state: "open" | "inner" | "done" })[];
}[];

function emptyNode(): FrontierNode {
  return { sleep: [], branches: [] };
}

function isSameStep(a: ScheduledStep, b: ScheduledStep): boolean {
  return a.task === b.task && a.outcome === b.outcome;
}

function openBranch({ children, ...move }: WakeupNode): Branch {
  return { ...move, state: "open", isSeen: false, behind: { sleep: [], branches: children.map(openBranch) } };
}

function wakeupNode({ task, outcome, outcomes, footprint, behind }: Branch): WakeupNode {
  return { task, outcome, outcomes, footprint, children: behind.branches.map(wakeupNode) };
}

export class Frontier {
  readonly #execution: Execution;
  #root = emptyNode();

  /** @param names those of the explorations that parts are taken from and given to */
  constructor(program: Program, names: Execution) {
    this.#execution = new Execution(program, names);
  }

  /** Takes over what an exploration has left, which must not go on itself. */
  add({ steps, nodes, base }: ExplorationState): void {
    const deepest = nodes.findLastIndex(({ branches }) => branches.length > 0);
    const moves = this.#redo(steps.slice(0, Math.max(deepest + 1, base)));
    let node = this.#root;
    for (let depth = 0; depth < base; depth++) {
      const branch = node.branches.find((each) => isSameStep(each, steps[depth]))!;
      branch.state = depth === base - 1 && deepest < base ? "done" : "inner";
      if (depth === base - 1) branch.behind = emptyNode();
      node = branch.behind;
    }
    for (let depth = base; depth <= deepest; depth++) {
      const { sleep, branches } = nodes[depth];
      const current: Branch = {
        ...moves[depth],
        state: depth < deepest ? "inner" : "done",
        isSeen: true,
        behind: emptyNode(),
      };
      node.sleep = sleep;
      node.branches = [current, ...branches.map(openBranch)];
      node = current.behind;
    }
  }

  /** A part with this prefix and branch has been explored to its end. */
  finish({ prefix, branch }: Subtree): void {
    let node = this.#root;
    for (const step of prefix) node = node.branches.find((each) => isSameStep(each, step))!.behind;
    const found = node.branches.find((each) => isSameStep(each, branch))!;
    found.state = "done";
    found.behind = emptyNode();
  }

  /** Runs the program along these steps and returns them as moves, as far as they can be done. */
  #redo(steps: readonly ScheduledStep[]): Move[] {
    const execution = this.#execution;
    execution.truncate(0);
    execution.restart();
    for (const { task, outcome } of steps) {
      const next = execution.world.task(task);
      if (next === undefined || !execution.world.isEnabled(next)) break;
      execution.extend(next, outcome);
    }
    return Array.from({ length: execution.length }, (_, event) => execution.move(event));
  }

  /**
   * A part to explore; null when there is none that can be explored now.
   *
   * @param which the first in the order of the tree, which keeps what is left small; or the one nearest to its root
   */
  take(which: "first" | "nearest"): Subtree | null {
    let best: Candidate | null = null;
    for (const candidate of this.#candidates(this.#root, [], [])) {
      if (best === null || candidate.path.length < best.path.length) best = candidate;
      if (which === "first") break;
    }
    if (best === null) return null;
    const { path, sleep } = best;
    const branch = path[path.length - 1];
    for (const above of path.slice(0, -1)) above.state = "inner";
    const part = {
      prefix: path.slice(0, -1).map(({ task, outcome }) => ({ task, outcome })),
      elsewhere: this.#elsewhere(path),
      sleep,
      branch: wakeupNode(branch),
    };
    branch.state = "in hand";
    branch.behind = emptyNode();
    return part;
  }

  /** At every node of a path, what others explore or have explored. */
  #elsewhere(path: readonly Branch[]): Move[][] {
    const result: Move[][] = [];
    let node = this.#root;
    let above: Sleeping[] = [];
    for (const branch of path) {
      const others = node.branches.filter((each) => each !== branch && this.#isTaken(each));
      result.push([...this.#asleepAt(node, above).map(({ move }) => move), ...others]);
      above = this.#stillAsleep(this.#leftOf(node, branch, above), branch);
      node = branch.behind;
    }
    return result;
  }

  /** True when every run that begins with the branch has been, is being or will be explored, whatever else is found. */
  #isTaken({ state, footprint, behind }: Branch): boolean {
    return state === "done" || state === "in hand" ||
      state === "open" && behind.branches.length === 0 && footprint !== UNKNOWN;
  }

  /** Branches that can be handed out, from left to right; on the way, nodes with nothing left are found to be done. */
  *#candidates(node: FrontierNode, path: Branch[], above: readonly Sleeping[]): Generator<Candidate> {
    const asleep = this.#asleepAt(node, above);
    for (const branch of node.branches) {
      if (branch.state === "open" || branch.state === "inner") {
        this.#see(branch, path);
        const behind = this.#stillAsleep(asleep, branch);
        const isSettled = behind.every(({ isDone }) => isDone);
        const here = [...path, branch];
        if (branch.state === "open" && isSettled) yield { path: here, sleep: asleep.map(({ move }) => move) };
        else yield* this.#candidates(branch.behind, here, behind);
        if (branch.state === "inner" && isSettled && branch.behind.branches.every(({ state }) => state === "done")) {
          branch.state = "done";
          branch.behind = emptyNode();
        }
      }
      asleep.push({ move: branch, isDone: branch.state === "done" });
    }
  }

  /** @param above what sleeps behind the step to the node */
  #asleepAt(node: FrontierNode, above: readonly Sleeping[]): Sleeping[] {
    const asleep = [...above];
    for (const move of node.sleep) {
      if (!asleep.some((each) => isSameStep(each.move, move))) asleep.push({ move, isDone: true });
    }
    return asleep;
  }

  #stillAsleep(asleep: readonly Sleeping[], { task, footprint }: Move): Sleeping[] {
    const { footprints } = this.#execution;
    return asleep.filter(({ move }) => move.task !== task && !footprints.conflict(move.footprint, footprint));
  }

  /** What a variable step touches is known only when it is done where it is in the tree. */
  #see(branch: Branch, path: readonly Branch[]): void {
    if (branch.isSeen) return;
    branch.isSeen = true;
    if (branch.footprint !== UNKNOWN && !this.#execution.variable.isVariable(this.#placeBehind(path, branch.task))) {
      return;
    }
    const moves = this.#redo([...path, branch]);
    if (moves.length === path.length + 1) Object.assign(branch, moves[path.length]);
  }

  #placeBehind(path: readonly Branch[], task: number): number {
    const own = path.filter((branch) => branch.task === task);
    const last = own.at(-1);
    if (last === undefined) return this.#execution.pasts.behind(task, NOTHING, 0, 0);
    const times = own.filter(({ footprint }) => footprint === last.footprint).length;
    return this.#execution.pasts.behind(task, last.footprint, last.outcome, times);
  }

  /** Puts the other order of a race that a part with this prefix has found into the node before the earlier event. */
  insert(prefix: readonly ScheduledStep[], { depth, moves }: Insertion): void {
    let node = this.#root;
    let above: Sleeping[] = [];
    for (const step of prefix.slice(0, depth)) {
      const branch = node.branches.find((each) => isSameStep(each, step))!;
      above = this.#stillAsleep(this.#leftOf(node, branch, above), branch);
      node = branch.behind;
    }
    this.#insert(node, above, moves);
  }

  /** What sleeps when the branch is explored. */
  #leftOf(node: FrontierNode, branch: Branch, above: readonly Sleeping[]): Sleeping[] {
    const left = node.branches.slice(0, node.branches.indexOf(branch)).filter(({ footprint }) => footprint !== UNKNOWN);
    return [...this.#asleepAt(node, above), ...left.map((move) => ({ move, isDone: move.state === "done" }))];
  }

  #insert(node: FrontierNode, above: readonly Sleeping[], moves: Move[]): void {
    const { footprints } = this.#execution;
    const begun = node.branches.filter(({ state }) => state === "done" || state === "in hand");
    const asleep = this.#asleepAt(node, above).map(({ move }) => move);
    if (isCovered([...asleep, ...begun], moves, footprints)) return;
    const branch = node.branches.find((each) => isWeakInitial(each, moves, footprints));
    if (branch !== undefined) {
      const rest = [...moves];
      const at = rest.findIndex(({ task }) => task === branch.task);
      if (at >= 0) rest.splice(at, 1);
      if (rest.length > 0) this.#insertBehind(node, branch, above, rest);
      return;
    }
    const outcomes = outcomesApart([...node.branches, ...asleep], moves, footprints);
    if (outcomes !== null) {
      for (const each of node.branches) if (outcomes.includes(each)) this.#insertBehind(node, each, above, moves);
      return;
    }
    let list = node.branches;
    for (const move of moves) {
      const added = openBranch({ ...move, children: [] });
      list.push(added);
      list = added.behind.branches;
    }
  }

  #insertBehind(node: FrontierNode, branch: Branch, above: readonly Sleeping[], moves: Move[]): void {
    const { state, behind } = branch;
    if (state === "inner") {
      this.#insert(behind, this.#stillAsleep(this.#leftOf(node, branch, above), branch), moves);
    } else if (state === "open" && behind.branches.length > 0) this.#insert(behind, [], moves);
  }

  /** Only when no part is in hand. */
  toPortable(translator: Translator): PortableFrontier {
    const list: { -readonly [key in keyof PortableFrontier[number]]: PortableFrontier[number][key] }[] = [];
    const nodes: FrontierNode[] = [];
    const add = (behind: PortableFrontier[number]["behind"], node: FrontierNode) => {
      nodes.push(node);
      list.push({
        behind,
        sleep: node.sleep.map((move) => translator.moveOut(move)),
        branches: node.branches.map(({ state, ...branch }) => {
          if (state === "in hand") throw new Error("a part that is being explored cannot be written down");
          return { ...translator.moveOut(branch), state };
        }),
      });
    };
    add(null, this.#root);
    for (let at = 0; at < nodes.length; at++) {
      nodes[at].branches.forEach(({ behind }, branch) => {
        if (behind.branches.length > 0) add([at, branch], behind);
      });
    }
    return list;
  }

  static fromPortable(
    frontier: PortableFrontier,
    translator: Translator,
    program: Program,
    names: Execution,
  ): Frontier {
    const result = new Frontier(program, names);
    const nodes: FrontierNode[] = [];
    for (const { behind, sleep, branches } of frontier) {
      const node = {
        sleep: sleep.map((move) => translator.moveIn(move)),
        branches: branches.map(({ state, ...move }): Branch => ({
          ...translator.moveIn(move),
          state,
          isSeen: state !== "open",
          behind: emptyNode(),
        })),
      };
      nodes.push(node);
      if (behind === null) result.#root = node;
      else nodes[behind[0]].branches[behind[1]].behind = node;
    }
    return result;
  }
}
