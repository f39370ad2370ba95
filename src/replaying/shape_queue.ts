/**
 * What there is to explore of the windows of a recording, one exploration after another or several at a time: what comes
 * out does not depend on which.
 *
 * Most windows have a few dozen classes, fewer than it takes runs to see which steps of a kernel path vary, which is most
 * of them. So none is taken to be steady.
 *
 * Each worker explores windows under one system after another: what a worker has compiled of a system serves the next
 * window, and no other worker has to compile it too. When no system is left that nobody has begun, it helps with the one
 * that has most left. Windows that have taken most steps under other systems come first: what is left for the end is short,
 * so that all workers are done at about the same time.
 *
 * @module
 */

import { findingsOf } from "../checking/findings.ts";
import type { Budget, ExploreReport } from "../exploring/explore.ts";
import { readScenario } from "../scenarios/read_scenario.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { placeOfMost, WorkLines } from "../std/work_lines.ts";
import type { FlagValues } from "../systems/system.ts";
import type { ChosenSystem, ExploredShape, ShapeBudget } from "./explored_shape.ts";
import type { Shape } from "./shapes.ts";
import { type Origin, scenarioText } from "./window_scenario.ts";

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
  /** The scenario without its system: what is alike is explored once a system. */
  readonly body: string;
  explored: ExploredShape | null;
}

export class ShapeQueue {
  readonly #items: Item[] = [];
  /** Positions of items, a line for each system, in the order of the shapes; of those that are alike, the first. */
  readonly #lines: WorkLines<number>;
  readonly #budget: Budget;
  readonly #recording: string;
  /** By their texts without a system. */
  readonly #scenarios = new Map<string, Scenario>();
  /** What comes of an item comes of these too, by its position. */
  readonly #alike = new Map<number, Item[]>();
  /** That explorations of a shape have taken so far. */
  readonly #steps = new Map<Shape, number>();
  #done = 0;

  /** @param recording its path, for saved scenarios */
  constructor(shapes: readonly Shape[], systems: readonly ChosenSystem[], budget: ShapeBudget, recording: string) {
    const { runs, milliseconds, hopeless, nearly } = budget;
    this.#budget = {
      runs,
      ...milliseconds === null ? {} : { milliseconds },
      ...hopeless === null ? {} : { hopeless },
      ...nearly === null ? {} : { nearly },
    };
    this.#recording = recording;
    const firsts = systems.map(() => new Map<string, number>());
    for (const shape of shapes) {
      for (const [nth, chosen] of systems.entries()) {
        const { system: { name, filesOn }, named } = chosen;
        const body = filesOn === undefined ? shape.text : shape.textOnPersistentMemory;
        const text = scenarioText(body, shape.title, name, named, this.#originOf(shape));
        const item: Item = { shape, chosen, text, body, explored: null };
        const first = firsts[nth].get(body);
        if (first === undefined) firsts[nth].set(body, this.#items.length);
        else this.#alike.set(first, [...this.#alike.get(first) ?? [], item]);
        this.#items.push(item);
      }
    }
    const positions = firsts.flatMap((items) => [...items.values()]);
    this.#lines = new WorkLines(positions, (position) => this.#items[position].chosen.system.name);
  }

  /** Explorations that have come to their end, and all. */
  get progress(): { readonly done: number; readonly all: number } {
    return { done: this.#done, all: this.#items.length };
  }

  /**
   * The next one to do; its result is to be handed to {@linkcode take} with the key. Null: there is none now.
   *
   * @param worker its number, where there are several
   */
  next(worker = 0): { readonly key: number; readonly job: ShapeJob } | null {
    // First those whose shapes have taken most steps so far: what takes long is not to be begun last.
    const longest = (left: readonly number[]) =>
      placeOfMost(left, (position) => this.#steps.get(this.#items[position].shape) ?? 0);
    const key = this.#lines.next(worker, longest);
    return key === null ? null : { key, job: this.#jobOf(this.#items[key]) };
  }

  #jobOf(item: Item): ShapeJob {
    const { system, flags } = item.chosen;
    const scenario = this.#scenarioOf(item);
    const settings = { stepsMax: scenario.bounds.steps, budget: this.#budget, assumption: "variable" } as const;
    return { run: { scenario, system: system.name, flags }, settings };
  }

  /** Read once, for all systems. */
  #scenarioOf({ shape, body }: Item): Scenario {
    let scenario = this.#scenarios.get(body);
    if (scenario === undefined) {
      const text = scenarioText(body, shape.title, "all", "", this.#originOf(shape));
      this.#scenarios.set(body, scenario = readScenario(`${shape.name}.yaml`, text));
    }
    return scenario;
  }

  #originOf({ windows, count }: Shape): Origin {
    return { recording: this.#recording, operations: windows[0], windows: count };
  }

  take(key: number, result: ShapeResult): void {
    const steps = "report" in result ? result.report.counts.steps : 0;
    const { shape } = this.#items[key];
    this.#steps.set(shape, (this.#steps.get(shape) ?? 0) + steps);
    for (const item of [this.#items[key], ...this.#alike.get(key) ?? []]) {
      item.explored = exploredOf(item, result);
      this.#done++;
    }
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
