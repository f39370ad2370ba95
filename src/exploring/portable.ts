/**
 * Moves and states of an exploration without the numbers of one process: for checkpoints, and for workers.
 *
 * @module
 */

import type { Access } from "../machine/access.ts";
import { type Identities, SETUP } from "../machine/identities.ts";
import type { ExplorationState, Insertion, Subtree } from "./subtree.ts";
import type { Footprints } from "./footprints.ts";
import type { ScheduledStep } from "./run.ts";
import { taskOfPath, taskPath } from "./token.ts";
import { type Move, UNKNOWN, type WakeupNode } from "./wakeup_tree.ts";

/** `[path of the task that made the object ("" for set-up), how many-th, Access]` */
type PortableTouch = readonly [maker: string, nth: number, kind: Access];

export interface PortableStep {
  readonly task: string;
  readonly outcome: number;
}

export interface PortableMove extends PortableStep {
  readonly outcomes: number;
  /** null: not seen yet. */
  readonly touches: readonly PortableTouch[] | null;
}

export interface PortableNode extends PortableMove {
  readonly children: readonly PortableNode[];
}

export interface PortableInsertion {
  readonly depth: number;
  readonly moves: readonly PortableMove[];
}

export interface PortableSubtree {
  readonly prefix: readonly PortableStep[];
  readonly elsewhere: readonly (readonly PortableMove[])[];
  readonly sleep: readonly PortableMove[];
  readonly branch: PortableNode;
}

export interface PortableExplorationState {
  readonly steps: readonly PortableStep[];
  readonly nodes: readonly { sleep: readonly PortableMove[]; branches: readonly PortableNode[] }[];
  readonly base: number;
}

/** Translates between one process's numbers and names that hold everywhere. */
export class Translator {
  readonly #identities: Identities;
  readonly #footprints: Footprints;

  constructor({ identities, footprints }: { identities: Identities; footprints: Footprints }) {
    this.#identities = identities;
    this.#footprints = footprints;
  }

  stepOut({ task, outcome }: ScheduledStep): PortableStep {
    return { task: taskPath(this.#identities, task), outcome };
  }

  stepIn({ task, outcome }: PortableStep): ScheduledStep {
    return { task: taskOfPath(this.#identities, task), outcome };
  }

  moveOut(move: Move): PortableMove {
    const { outcomes } = move;
    if (move.footprint === UNKNOWN) return { ...this.stepOut(move), outcomes, touches: null };
    const touches: PortableTouch[] = [];
    for (const { object, kind } of this.#footprints.accesses(move.footprint)) {
      const [maker, nth] = this.#identities.objectIdentity(object);
      touches.push([maker === SETUP ? "" : taskPath(this.#identities, maker), nth, kind]);
    }
    return { ...this.stepOut(move), outcomes, touches };
  }

  moveIn(move: PortableMove): Move {
    const { outcomes } = move;
    if (move.touches === null) return { ...this.stepIn(move), outcomes, footprint: UNKNOWN };
    const objects = move.touches.map(([maker, nth]) =>
      this.#identities.object(maker === "" ? SETUP : taskOfPath(this.#identities, maker), nth)
    );
    const kinds = Uint8Array.from(move.touches, ([, , kind]) => kind);
    return {
      ...this.stepIn(move),
      outcomes,
      footprint: this.#footprints.of(Int32Array.from(objects), kinds, objects.length),
    };
  }

  nodeOut(node: WakeupNode): PortableNode {
    return { ...this.moveOut(node), children: node.children.map((child) => this.nodeOut(child)) };
  }

  nodeIn(node: PortableNode): WakeupNode {
    return { ...this.moveIn(node), children: node.children.map((child) => this.nodeIn(child)) };
  }

  insertionOut({ depth, moves }: Insertion): PortableInsertion {
    return { depth, moves: moves.map((move) => this.moveOut(move)) };
  }

  insertionIn({ depth, moves }: PortableInsertion): Insertion {
    return { depth, moves: moves.map((move) => this.moveIn(move)) };
  }

  subtreeOut({ prefix, elsewhere, sleep, branch }: Subtree): PortableSubtree {
    return {
      elsewhere: elsewhere.map((moves) => moves.map((move) => this.moveOut(move))),
      prefix: prefix.map((step) => this.stepOut(step)),
      sleep: sleep.map((sleeper) => this.moveOut(sleeper)),
      branch: this.nodeOut(branch),
    };
  }

  subtreeIn({ prefix, elsewhere, sleep, branch }: PortableSubtree): Subtree {
    return {
      elsewhere: elsewhere.map((moves) => moves.map((move) => this.moveIn(move))),
      prefix: prefix.map((step) => this.stepIn(step)),
      sleep: sleep.map((sleeper) => this.moveIn(sleeper)),
      branch: this.nodeIn(branch),
    };
  }

  stateOut({ steps, nodes, base }: ExplorationState): PortableExplorationState {
    return {
      steps: steps.map((step) => this.stepOut(step)),
      nodes: nodes.map(({ sleep, branches }) => ({
        sleep: sleep.map((sleeper) => this.moveOut(sleeper)),
        branches: branches.map((branch) => this.nodeOut(branch)),
      })),
      base,
    };
  }

  stateIn({ steps, nodes, base }: PortableExplorationState): ExplorationState {
    return {
      steps: steps.map((step) => this.stepIn(step)),
      nodes: nodes.map(({ sleep, branches }) => ({
        sleep: sleep.map((sleeper) => this.moveIn(sleeper)),
        branches: branches.map((branch) => this.nodeIn(branch)),
      })),
      base,
    };
  }
}
