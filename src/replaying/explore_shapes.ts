/**
 * What each generation of the locking could have done to the operations of a recording: every distinct window explored
 * under every chosen system.
 *
 * @module
 */

import { anomalyInfo } from "../checking/catalogue.ts";
import type { Found } from "../checking/findings.ts";
import { type Budget, explore, type ExploreReport } from "../exploring/explore.ts";
import type { Program } from "../machine/program.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { NotModelled } from "../systems/not_modelled.ts";
import type { FlagValues, System } from "../systems/system.ts";
import type { Shape } from "./shapes.ts";
import { type ShapeJob, ShapeQueue, type ShapeResult } from "./shape_queue.ts";

/** A system with the values of its flags. */
export interface ChosenSystem {
  readonly system: System;
  readonly flags: FlagValues;
  /** Those that do not have their defaults, as a scenario names them: `fs: xfs`. */
  readonly named: string;
}

/** Makes the program of a scenario on a system, judged by all checks. */
export type ProgramOf = (run: { scenario: Scenario; system: string; flags: FlagValues }) => Program;

/**
 * `cut`: the budget came to an end before all schedules were looked at; `not_explored`: all was stopped before its turn.
 */
export type ShapeEnd = "closed" | "cut" | "not_modelled" | "not_explored";

export interface ExploredShape {
  readonly shape: Shape;
  readonly chosen: ChosenSystem;
  readonly end: ShapeEnd;
  /** Why it is not modelled; what has been shown, else. */
  readonly claim: string;
  /** Null where nothing was explored. */
  readonly report: ExploreReport | null;
  readonly findings: readonly Found[];
  /** The scenario as it was explored, as YAML. */
  readonly text: string;
}

export interface ShapeBudget {
  /** Schedules of one shape on one system. */
  readonly runs: number;
  /** Ends an exploration that is a long way from its end before that; null: none. */
  readonly hopeless: NonNullable<Budget["hopeless"]> | null;
  /** Lets an exploration go on that is about to come to its end; null: none. */
  readonly nearly: NonNullable<Budget["nearly"]> | null;
  /** Milliseconds of one shape on one system; null: as long as it takes, so that the result is the same on any machine. */
  readonly milliseconds: number | null;
}

/** Explores shapes one after another. In the order of the shapes, and for each in that of the systems. */
export function exploreShapes(
  shapes: readonly Shape[],
  systems: readonly ChosenSystem[],
  budget: ShapeBudget,
  { recording, programOf }: { readonly recording: string; readonly programOf: ProgramOf },
): ExploredShape[] {
  const queue = new ShapeQueue(shapes, systems, budget, recording);
  for (let item = queue.next(); item !== null; item = queue.next()) {
    queue.take(item.key, exploreHere(item.job, programOf));
  }
  return queue.explored();
}

function exploreHere({ run, settings }: ShapeJob, programOf: ProgramOf): ShapeResult {
  try {
    return { report: explore(programOf(run), settings) };
  } catch (error) {
    if (!(error instanceof NotModelled)) throw error;
    return { refused: error.message };
  }
}

/** Windows at risk of one anomaly under one system. */
export interface Risk {
  readonly system: string;
  readonly flags: string;
  readonly anomaly: string;
  readonly severity: string;
  /** `report_only` is allowed by what the kernel promises. */
  readonly standing: string;
  /** Distinct windows that can show it, and the windows of the recording that they stand for. */
  readonly shapes: number;
  readonly windows: number;
  /** The first of them, and a run of it. */
  readonly example: Shape;
  readonly token: string;
  readonly text: string;
}

export function risksOf(explored: readonly ExploredShape[]): Risk[] {
  const risks = new Map<string, Risk>();
  // Several shapes may be parts of one window.
  const windows = new Map<string, Set<string>>();
  for (const { shape, chosen, findings } of explored) {
    const told = new Set<string>();
    for (const { anomaly, token, text } of findings) {
      const key = `${chosen.system.name} ${chosen.named} ${anomaly}`;
      if (told.has(key)) continue;
      told.add(key);
      const atRisk = windows.get(key) ?? new Set<string>();
      windows.set(key, atRisk);
      for (const operations of shape.windows) atRisk.add(operations.join());
      const known = risks.get(key);
      const { severity, standing } = anomalyInfo(anomaly);
      risks.set(
        key,
        known === undefined
          ? {
            system: chosen.system.name,
            flags: chosen.named,
            anomaly,
            severity,
            standing,
            shapes: 1,
            windows: atRisk.size,
            example: shape,
            token,
            text,
          }
          : { ...known, shapes: known.shapes + 1, windows: atRisk.size },
      );
    }
  }
  return [...risks.values()];
}
