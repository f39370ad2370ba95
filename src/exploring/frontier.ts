/**
 * What is left of an exploration that has been cut into parts: the nodes that several parts have in common, with the
 * branches that nobody has begun.
 *
 * A branch that has been handed out sleeps for those handed out after it, whether or not it has been explored by then:
 * its runs will be. Races that a part finds with events above it come back here, to the node they concern. So the parts
 * can be explored at the same time, and each class is still run once. A part may then begin runs that end as those of
 * another part would, which are stopped when that shows: they are counted as blocked.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import { Execution } from "./execution.ts";
import type { ExplorationState, Insertion, Subtree } from "./exhaustive.ts";
import type { PortableNode, PortableSleeper, PortableStep, Translator } from "./portable.ts";
import type { ScheduledStep } from "./run.ts";
import { insert, isInHand, type Move, type Sleeper, type WakeupNode } from "./wakeup_tree.ts";

interface SharedNode {
  prefix: readonly ScheduledStep[];
  /** Moves whose runs have been handed out. */
  sleep: Sleeper[];
  /** Branches that have not. */
  branches: WakeupNode[];
}

/** A frontier as data. */
export type PortableFrontier = readonly {
  readonly prefix: readonly PortableStep[];
  readonly sleep: readonly PortableSleeper[];
  readonly branches: readonly PortableNode[];
}[];

function keyOf(prefix: readonly ScheduledStep[]): string {
  return prefix.map(({ task, outcome }) => `${task}=${outcome}`).join();
}

export class Frontier {
  readonly #execution: Execution;
  readonly #explored: Sleeper["explored"];
  readonly #nodes = new Map<string, SharedNode>();

  /**
   * @param names those of the explorations that parts are taken from and given to
   * @param parts how they are explored: one by one in the order in which they are taken, or several at once
   */
  constructor(program: Program, names: Execution, parts: "one by one" | "at once") {
    this.#execution = new Execution(program, names);
    this.#explored = parts === "one by one" ? "all" : "elsewhere";
  }

  /** Branches that have not been handed out. */
  get waiting(): number {
    let count = 0;
    for (const { branches } of this.#nodes.values()) count += branches.length;
    return count;
  }

  /** Takes over what an exploration has left, which must not go on itself. */
  add({ steps, nodes, base }: ExplorationState): void {
    const deepest = nodes.findLastIndex(({ branches }) => branches.length > 0);
    const moves = this.#redo(steps.slice(0, deepest + 1));
    for (let depth = base; depth <= deepest; depth++) {
      const prefix = steps.slice(0, depth);
      const { sleep, branches } = nodes[depth];
      const current = { ...moves[depth], explored: this.#explored };
      this.#nodes.set(keyOf(prefix), { prefix, sleep: [...sleep, current], branches });
    }
  }

  /** Runs the program along these steps and returns them as moves. */
  #redo(steps: readonly ScheduledStep[]): Move[] {
    const execution = this.#execution;
    execution.truncate(0);
    execution.restart();
    for (const { task, outcome } of steps) execution.extend(execution.world.task(task), outcome, []);
    return steps.map((_, event) => execution.move(event));
  }

  /** A part to explore, the deepest first; null when there is none. */
  take(): Subtree | null {
    let node: SharedNode | null = null;
    for (const each of this.#nodes.values()) {
      if (each.branches.length > 0 && (node === null || each.prefix.length > node.prefix.length)) node = each;
    }
    if (node === null) return null;
    const branch = node.branches.shift()!;
    const moves = this.#redo([...node.prefix, branch]);
    const sleep = node.sleep;
    node.sleep = [...sleep, { ...moves[node.prefix.length], explored: this.#explored }];
    return { prefix: [...node.prefix], sleep, branch };
  }

  /** Puts the other order of a race that a part with this prefix has found into the node before the earlier event. */
  insert(prefix: readonly ScheduledStep[], { depth, moves }: Insertion): void {
    const node = this.#nodes.get(keyOf(prefix.slice(0, depth)))!;
    const { footprints } = this.#execution;
    // Whoever explores a sleeper at the same time does not count on the others' races: it will find this run.
    if (isInHand(node.sleep, moves, footprints)) return;
    insert(node.branches, moves, footprints);
  }

  toPortable(translator: Translator): PortableFrontier {
    return [...this.#nodes.values()].map(({ prefix, sleep, branches }) => ({
      prefix: prefix.map((step) => translator.stepOut(step)),
      sleep: sleep.map((sleeper) => translator.sleeperOut(sleeper)),
      branches: branches.map((branch) => translator.nodeOut(branch)),
    }));
  }

  addPortable(frontier: PortableFrontier, translator: Translator): void {
    for (const node of frontier) {
      const prefix = node.prefix.map((step) => translator.stepIn(step));
      this.#nodes.set(keyOf(prefix), {
        prefix,
        sleep: node.sleep.map((sleeper) => translator.sleeperIn(sleeper)),
        branches: node.branches.map((branch) => translator.nodeIn(branch)),
      });
    }
  }
}
