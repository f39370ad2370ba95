/**
 * What there is to explore of the windows of a recording, one exploration after another or several at a time: what comes
 * out does not depend on which.
 *
 * Most windows have a few dozen classes, fewer than it takes runs to see which steps of a kernel path vary, which is most
 * of them. So none is taken to be steady.
 *
 * @module
 */

import { findingsOf } from "../checking/findings.ts";
import type { Budget, ExploreReport } from "../exploring/explore.ts";
import { readScenario } from "../scenarios/read_scenario.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { FlagValues } from "../systems/system.ts";
import type { ChosenSystem, ExploredShape, ShapeBudget } from "./explore_shapes.ts";
import type { Shape } from "./shapes.ts";
import { scenarioText } from "./window_scenario.ts";

/** A scenario to explore on a system, every class once. */
export interface ShapeJob {
  readonly run: { readonly scenario: Scenario; readonly system: string; readonly flags: FlagValues };
  readonly settings: { readonly stepsMax: number; readonly budget: Budget; readonly assumption: "variable" };
}

/** How it went; a message: the system does not have what the scenario asks for. */
export type ShapeResult = { readonly report: ExploreReport } | { readonly refused: string };

/** A shape on a system, and what has come of it. */
interface Item {
  readonly shape: Shape;
  readonly chosen: ChosenSystem;
  readonly text: string;
  readonly job: ShapeJob;
  explored: ExploredShape | null;
}

export class ShapeQueue {
  readonly #items: Item[];
  /** The first of the items that has not been begun. */
  #next = 0;
  #done = 0;

  /** @param recording its path, for saved scenarios */
  constructor(shapes: readonly Shape[], systems: readonly ChosenSystem[], budget: ShapeBudget, recording: string) {
    const { runs, milliseconds, hopeless } = budget;
    const most: Budget = {
      runs,
      ...milliseconds === null ? {} : { milliseconds },
      ...hopeless === null ? {} : { hopeless },
    };
    this.#items = shapes.flatMap((shape) =>
      systems.map((chosen): Item => {
        const origin = { recording, operations: shape.windows[0], windows: shape.count };
        const text = scenarioText(shape.text, shape.title, chosen.system.name, chosen.named, origin);
        const scenario = readScenario(`${shape.name}.yaml`, text);
        const settings = { stepsMax: scenario.bounds.steps, budget: most, assumption: "variable" } as const;
        const run = { scenario, system: chosen.system.name, flags: chosen.flags };
        return { shape, chosen, text, job: { run, settings }, explored: null };
      })
    );
  }

  /** Explorations that have come to their end, and all. */
  get progress(): { readonly done: number; readonly all: number } {
    return { done: this.#done, all: this.#items.length };
  }

  /** The next one to do; its result is to be handed to {@linkcode take} with the key. Null: there is none now. */
  next(): { readonly key: number; readonly job: ShapeJob } | null {
    if (this.#next === this.#items.length) return null;
    const key = this.#next++;
    return { key, job: this.#items[key].job };
  }

  take(key: number, result: ShapeResult): void {
    const item = this.#items[key];
    item.explored = exploredOf(item, result);
    this.#done++;
  }

  /** In the order of the shapes, and for each in that of the systems. */
  explored(): ExploredShape[] {
    return this.#items.map((item) => item.explored ?? notExplored(item));
  }
}

function exploredOf({ shape, chosen, text }: Item, result: ShapeResult): ExploredShape {
  if ("refused" in result) {
    return { shape, chosen, end: "not_modelled", claim: result.refused, report: null, findings: [], text };
  }
  const { report } = result;
  return {
    shape,
    chosen,
    end: report.finished ? "closed" : "cut",
    claim: report.claim,
    report: { ...report, checkpoint: null },
    findings: findingsOf(report, chosen.system.lockOrder),
    text,
  };
}

function notExplored({ shape, chosen, text }: Item): ExploredShape {
  const claim = "stopped before its turn: nothing is known of it";
  return { shape, chosen, end: "not_explored", claim, report: null, findings: [], text };
}
