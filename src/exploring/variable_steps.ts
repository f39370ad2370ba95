/**
 * Steps that do not always touch the same: a compare-and-swap that may succeed or fail, a path that looks before it acts.
 *
 * What a step would touch in another order is known when it always touches the same. Else it has to be tried, which takes
 * a run; so it matters which steps those are. A step counts as steady until it has been seen to differ.
 *
 * That a step differs is always seen where it matters: whoever covers a run in which the step would touch something else
 * has a run of its own in which the step comes upon the same state. In the other order of a race the task of the later
 * step has the same past, so that anything that follows from a task's own past may tell its steps apart: here it is what
 * the step before has touched, and how often the task has done that. It stays the same where a task has taken a step more
 * or less on its way. All of its past would tell more apart, and every step that differs would have to be found anew
 * behind each.
 *
 * @module
 */

import { type Identities, SETUP } from "../machine/identities.ts";
import type { Footprints } from "./footprints.ts";

/** Mixes a number into another, of 32 bits both. Two places with one number only cost time: more steps count as variable. */
function mixed(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, 0x9e3779b1);
  return Math.imul(product ^ (product >>> 15), 0x85ebca6b) ^ (product >>> 13);
}

/** Places of tasks in their own past, as numbers that are the same in every process. */
export class OwnPasts {
  readonly #identities: Identities;
  readonly #footprints: Footprints;
  readonly #ofTask: number[] = [];
  readonly #ofFootprint: number[] = [];

  constructor(identities: Identities, footprints: Footprints) {
    this.#identities = identities;
    this.#footprints = footprints;
  }

  /**
   * The place of a task behind a step of its own.
   *
   * @param footprint what that step has touched; `NOTHING` for the beginning
   * @param outcome what it has chosen
   * @param times how often the task has touched just that, this time included; 0 for the beginning
   */
  behind(task: number, footprint: number, outcome: number, times: number): number {
    const step = mixed(this.#footprintHash(footprint), outcome);
    return mixed(mixed(this.#taskHash(task), step), times);
  }

  #taskHash(task: number): number {
    if (task === SETUP) return 1;
    const known = this.#ofTask[task];
    if (known !== undefined) return known;
    const [maker, nth] = this.#identities.taskIdentity(task);
    return this.#ofTask[task] = mixed(this.#taskHash(maker), nth + 1);
  }

  /** The order in which a footprint lists its accesses is not the same everywhere: they are added up. */
  #footprintHash(footprint: number): number {
    let hash: number | undefined = this.#ofFootprint[footprint];
    if (hash === undefined) {
      hash = 0;
      for (const { object, kind } of this.#footprints.accesses(footprint)) {
        const [maker, nth] = this.#identities.objectIdentity(object);
        hash = (hash + mixed(mixed(this.#taskHash(maker), nth + 1), kind + 1)) | 0;
      }
      this.#ofFootprint[footprint] = hash;
    }
    return hash;
  }
}

/**
 * What is thought of a step before it has been seen to vary. `steady`: that it always touches the same. `variable`: that
 * it may not, so that every step is tried where it matters, and nothing has to be explored anew.
 */
export type Assumption = "steady" | "variable";

/** Which steps vary, by the place of their task before them. */
export class VariableSteps {
  readonly assumption: Assumption;
  readonly #seen = new Map<number, number>();
  readonly #variable = new Set<number>();
  /** Grows with every step found to be variable. */
  version = 0;

  constructor(assumption: Assumption = "steady") {
    this.assumption = assumption;
  }

  /** Takes note of what a step has touched. */
  note(place: number, footprint: number): void {
    const seen = this.#seen.get(place);
    if (seen === footprint) return;
    if (seen === undefined) this.#seen.set(place, footprint);
    else this.add(place);
  }

  isVariable(place: number): boolean {
    return this.assumption === "variable" || this.#variable.has(place);
  }

  /** The places of variable steps. */
  places(): Iterable<number> {
    return this.#variable;
  }

  add(place: number): void {
    if (this.#variable.has(place)) return;
    this.#variable.add(place);
    this.version++;
  }
}
