/**
 * Every interleaving, each class of equivalent ones once: optimal dynamic partial order reduction with source sets,
 * wakeup trees and sleep sets (Abdulla, Aronis, Jonsson, Sagonas, J. ACM 64(4), 2017, section 7).
 *
 * Runs are explored depth first. When an event races with an earlier one, the moves that lead to the other order are put
 * into the wakeup tree of the node before the earlier one, unless a run that has been or will be explored there covers
 * them. A sleep set keeps from starting again with a move whose runs have been explored.
 *
 * A race's moves end with the later event. What comes behind it would make no difference to which class is reached, and
 * races can then be looked for once, when an event is first seen.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import type { Task } from "../machine/task.ts";
import { Execution, type Race } from "./execution.ts";
import { insert, isWeakInitial, type Move, type WakeupNode } from "./wakeup_tree.ts";

/** What the exploration of a program has come to. */
export interface ExplorationCounts {
  /** Classes in which every task ends. */
  complete: number;
  /** Classes that end with tasks waiting for ever. */
  deadlocked: number;
  /** Classes whose runs were stopped at the bound on steps. */
  cutOff: number;
  /** Runs that turned out to be in a class already explored before they ended. */
  blocked: number;
  /** Steps done, those of running again included. */
  steps: number;
}

export interface ExhaustiveOptions {
  /** Runs with more steps are cut off. Default 10,000. */
  stepsMax?: number;
}

/** How a class's run ended; the execution is there to be looked at until the call returns. */
export type ClassEnd = "complete" | "deadlock" | "cut_off";

export const STEPS_MAX_DEFAULT = 10_000;

/** A node on the path being explored: what is done there, and what is to come. */
interface Node {
  sleep: readonly Move[];
  branches: WakeupNode[];
}

/** A sequence of moves for a node above the part that is explored here. */
export interface Insertion {
  depth: number;
  moves: Move[];
}

/** A part of a tree of runs: the way to its root, what sleeps there, and what has to be explored first. */
export interface Subtree {
  prefix: { task: number; outcome: number }[];
  sleep: readonly Move[];
  branches: WakeupNode[];
}

/** An exploration that can be stopped after any run and gone on with. */
export class Exhaustive {
  readonly execution: Execution;
  readonly counts: ExplorationCounts = { complete: 0, deadlocked: 0, cutOff: 0, blocked: 0, steps: 0 };
  /** Where races with events above the root go. */
  readonly insertions: Insertion[] = [];
  done = false;
  readonly #stepsMax: number;
  readonly #nodes: Node[] = [];
  readonly #base: number;
  readonly #races: Race[] = [];
  #started = false;

  /** @param root where to begin; default: the beginning of the program */
  constructor(program: Program, options: ExhaustiveOptions = {}, root: Subtree | null = null) {
    this.execution = new Execution(program);
    this.#stepsMax = options.stepsMax ?? STEPS_MAX_DEFAULT;
    this.#base = root?.prefix.length ?? 0;
    if (root !== null) {
      for (const { task, outcome } of root.prefix) {
        this.execution.extend(this.execution.world.task(task), outcome, []);
        this.#nodes.push({ sleep: [], branches: [] });
      }
    }
    this.#nodes.push({ sleep: root?.sleep ?? [], branches: root?.branches ?? [] });
  }

  /**
   * Explores until all is done or `pause` says so.
   *
   * @param onClass called at the end of every class's run
   * @param pause asked after every run
   */
  run(onClass: (end: ClassEnd, execution: Execution) => void, pause: () => boolean): void {
    while (!this.done) {
      if (this.#started) {
        if (!this.#backtrack()) {
          this.done = true;
          break;
        }
      }
      this.#started = true;
      this.#descend(onClass);
      this.counts.steps = this.execution.stepsDone;
      if (pause()) break;
    }
  }

  /** Goes on from the current node to the end of a run. */
  #descend(onClass: (end: ClassEnd, execution: Execution) => void): void {
    const { execution, counts } = this;
    for (;;) {
      const node = this.#nodes[execution.length];
      if (execution.length >= this.#stepsMax) {
        counts.cutOff++;
        onClass("cut_off", execution);
        return;
      }
      if (node.branches.length === 0 && !this.#chooseFreely(node)) {
        if (execution.firstEnabled(() => true) !== null) {
          counts.blocked++;
          return;
        }
        const waiting = execution.waiting();
        for (const { task, wait } of waiting) {
          this.#races.length = 0;
          execution.racesOfWaiting(task, wait, this.#races);
          const footprint = execution.footprints.single(wait.level.object, wait.access);
          this.#takeRaces({ task: task.index, outcome: 0, footprint }, execution.length);
        }
        if (waiting.some(({ task }) => !task.daemon)) {
          counts.deadlocked++;
          onClass("deadlock", execution);
        } else {
          counts.complete++;
          onClass("complete", execution);
        }
        return;
      }
      if (!this.#follow(node)) {
        counts.blocked++;
        return;
      }
    }
  }

  /** Without orders, goes on with the first task that does not sleep; false when there is none. */
  #chooseFreely(node: Node): boolean {
    const { execution } = this;
    for (const task of execution.world.tasks) {
      if (!execution.world.isEnabled(task)) continue;
      const outcomes = execution.world.outcomes(task);
      for (let outcome = 0; outcome < outcomes; outcome++) {
        if (node.sleep.some((move) => move.task === task.index && move.outcome === outcome)) continue;
        node.branches.push({ task: task.index, outcome, footprint: 0, children: [] });
      }
      if (node.branches.length > 0) return true;
    }
    return false;
  }

  /** Takes the first branch of a node; false when that would be to explore a class again. */
  #follow(node: Node): boolean {
    const { execution } = this;
    const branch = node.branches[0];
    const task: Task | undefined = execution.world.task(branch.task);
    if (
      task === undefined || !execution.world.isEnabled(task) ||
      node.sleep.some((move) => move.task === branch.task && move.outcome === branch.outcome)
    ) {
      // The branch was made for a step that touched something else when it was seen.
      node.branches.shift();
      return false;
    }
    const at = execution.length;
    this.#races.length = 0;
    execution.extend(task, branch.outcome, this.#races);
    node.branches.shift();
    const footprint = execution.footprint[at];
    this.#takeRaces({ task: branch.task, outcome: branch.outcome, footprint }, at);
    this.#nodes[at + 1] = { sleep: this.#stillAsleep(node.sleep, branch.task, footprint), branches: branch.children };
    return true;
  }

  /** Those of `sleep` that a step of another task does not wake. */
  #stillAsleep(sleep: readonly Move[], task: number, footprint: number): readonly Move[] {
    if (sleep.length === 0) return sleep;
    const { footprints } = this.execution;
    const isAsleep = (move: Move) => move.task !== task && !footprints.conflict(move.footprint, footprint);
    return sleep.every(isAsleep) ? sleep : sleep.filter(isAsleep);
  }

  /**
   * Puts the other order of every race into the tree of the node before its earlier event.
   *
   * @param move the later step of the races, which comes after the event before `end`
   */
  #takeRaces(move: Move, end: number): void {
    const { execution } = this;
    const { footprints } = execution;
    for (const { removed } of this.#races) {
      const first = Math.min(...removed);
      const moves: Move[] = [];
      for (let event = first + 1; event < end; event++) {
        if (removed.some((each) => execution.happensBefore(each, event))) continue;
        moves.push({
          task: execution.task[event],
          outcome: execution.outcome[event],
          footprint: execution.footprint[event],
        });
      }
      moves.push(move);
      if (first < this.#base) {
        this.insertions.push({ depth: first, moves });
        continue;
      }
      const node = this.#nodes[first];
      if (node.sleep.some((sleeper) => isWeakInitial(sleeper, moves, footprints))) continue;
      insert(node.branches, moves, footprints);
    }
  }

  /** Goes back to the last node with a branch left; false when there is none. */
  #backtrack(): boolean {
    const { execution } = this;
    let at = execution.length;
    while (at > this.#base) {
      at--;
      const node = this.#nodes[at];
      if (node.branches.length === 0) continue;
      const [task, outcome, footprint] = [execution.task[at], execution.outcome[at], execution.footprint[at]];
      node.sleep = [...node.sleep, { task, outcome, footprint }];
      execution.truncate(at);
      execution.restart();
      return true;
    }
    return false;
  }
}
