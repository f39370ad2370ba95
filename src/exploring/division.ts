/**
 * An exploration cut into parts that know nothing of each other: for machines that share no memory.
 *
 * Down to a certain depth every task that can go on is a branch, not only those that races ask for, and what was taken to
 * the left sleeps to the right until a step wakes it. So each class is complete in one part only (Godefroid, LNCS 1032,
 * section 5), and below its beginning a part is explored with races like any other exploration. What that costs are runs
 * that go to sleep, since nobody knew that no race asks for them; {@linkcode Exhaustive} counts them as `elsewhere`.
 *
 * A step that touches nothing that is shared is the only branch of its node: whatever the others do comes after it.
 *
 * @module
 */

import type { Program } from "../machine/program.ts";
import { Execution } from "./execution.ts";
import { Exhaustive } from "./exhaustive.ts";
import type { Subtree } from "./subtree.ts";
import { NOTHING } from "./footprints.ts";
import type { ScheduledStep } from "./run.ts";
import { type Move, UNKNOWN } from "./wakeup_tree.ts";

/** Steps that a beginning has at most: parts behind so many are not cut any more. */
const DEPTH_MAX = 200;

/** Runs after which a part that has more of them counts as large. */
const RUNS_SMALL = 8;

/**
 * Cuts the exploration of a program into parts, until so many of them are large or nothing can be cut any more.
 *
 * @param names of the execution that explores the parts
 * @returns the parts in the order of the tree of runs, without those that have no class of their own: the same whoever
 * asks, for the same program and number
 */
export function divide(program: Program, names: Execution, options: { parts: number; stepsMax: number }): Subtree[] {
  const { stepsMax } = options;
  const divider = new Divider(program, names, stepsMax);
  let parts = divider.behind([], [], []) ?? [];
  const large = new Set(parts.filter((part) => !divider.isEnd(part)));
  while (large.size > 0 && large.size < options.parts) {
    let shallowest: Subtree | null = null;
    for (const part of large) if (part.prefix.length < (shallowest?.prefix.length ?? DEPTH_MAX)) shallowest = part;
    if (shallowest === null) break;
    const cut = divider.cut(shallowest).filter((part) =>
      probe(program, names, part, { stepsMax, runs: 1 }) !== "empty"
    );
    large.delete(shallowest);
    for (const part of cut) {
      if (divider.isEnd(part)) continue;
      if (cut.length === 1 || probe(program, names, part, { stepsMax, runs: RUNS_SMALL }) === "large") large.add(part);
    }
    parts = parts.flatMap((part) => part === shallowest ? cut : [part]);
  }
  return parts;
}

/** Explores a part for so many runs, without telling anybody. */
function probe(
  program: Program,
  execution: Execution,
  part: Subtree,
  { stepsMax, runs }: { stepsMax: number; runs: number },
): "empty" | "small" | "large" {
  const explorer = new Exhaustive(program, { stepsMax }, anew(part), execution);
  let left = runs;
  explorer.run(() => {}, () => --left < 0);
  if (!explorer.done) return "large";
  const { complete, deadlocked, cutOff } = explorer.counts;
  return complete + deadlocked + cutOff === 0 ? "empty" : "small";
}

/** The part as it was before anybody explored it, which leaves its traces in the branch. */
export function anew(part: Subtree): Subtree {
  return { ...part, branch: { ...part.branch, children: [] } };
}

class Divider {
  readonly #execution: Execution;
  readonly #stepsMax: number;

  constructor(program: Program, names: Execution, stepsMax: number) {
    this.#execution = new Execution(program, names);
    this.#stepsMax = stepsMax;
  }

  /** The parts behind a part's branch. */
  cut({ prefix, elsewhere, sleep, branch }: Subtree): Subtree[] {
    const begun = [...prefix, { task: branch.task, outcome: branch.outcome }];
    const { footprint } = this.#after(begun)!;
    const { footprints } = this.#execution;
    const asleep = sleep.filter((move) => move.task !== branch.task && !footprints.conflict(move.footprint, footprint));
    return this.behind(begun, elsewhere, asleep)!;
  }

  /** True where nobody can go on behind a part's branch. */
  isEnd({ prefix, branch }: Subtree): boolean {
    this.#after([...prefix, { task: branch.task, outcome: branch.outcome }]);
    return this.#open().length === 0;
  }

  /** Every step that can be done now. */
  #open(): Omit<Move, "footprint">[] {
    const { world } = this.#execution;
    return world.tasks.filter((task) => task.steps < this.#stepsMax && world.isEnabled(task)).flatMap((task) => {
      const outcomes = world.outcomes(task);
      return Array.from({ length: outcomes }, (_, outcome) => ({ task: task.index, outcome, outcomes }));
    });
  }

  /** The branches of the node behind these steps; null: nobody can go on. */
  behind(steps: readonly ScheduledStep[], above: Subtree["elsewhere"], asleep: readonly Move[]): Subtree[] | null {
    this.#after(steps);
    const open = this.#open();
    if (open.length === 0) return null;
    const moves = open.map(({ task, outcome }) => this.#after([...steps, { task, outcome }])!);
    const alone = moves.find(({ footprint, outcomes }) => footprint === NOTHING && outcomes === 1);
    // All that begins here is explored by one part or another: races with steps of the beginning ask for nothing.
    const elsewhere = [...above, moves];
    const sleep = [...asleep];
    const parts: Subtree[] = [];
    for (const move of alone === undefined ? moves : [alone]) {
      if (asleep.some(({ task, outcome }) => task === move.task && outcome === move.outcome)) continue;
      const branch = { ...move, footprint: move.outcomes > 1 ? NOTHING : UNKNOWN, children: [] };
      parts.push({ prefix: [...steps], elsewhere, sleep: [...sleep], branch });
      sleep.push(move);
    }
    return parts;
  }

  /** Runs the program along these steps. @returns the last as a move; undefined where there is none */
  #after(steps: readonly ScheduledStep[]): Move | undefined {
    const execution = this.#execution;
    execution.truncate(0);
    execution.restart();
    for (const { task, outcome } of steps) execution.extend(execution.world.task(task), outcome);
    return steps.length === 0 ? undefined : execution.move(steps.length - 1);
  }
}
