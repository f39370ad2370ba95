/**
 * Windows explored one after another, where `analyse` has workers for them.
 *
 * @module
 */

import { programOf } from "../../src/commands/scenario_programs.ts";
import { explore } from "../../src/exploring/explore.ts";
import type { ChosenSystem, ExploredShape, ShapeBudget } from "../../src/replaying/explored_shape.ts";
import { type ShapeJob, ShapeQueue, type ShapeResult } from "../../src/replaying/shape_queue.ts";
import type { Shape } from "../../src/replaying/shapes.ts";
import { NotModelled } from "../../src/systems/not_modelled.ts";

/** So many schedules of each, and nothing that ends one before. */
export function runsAtMost(runs: number): ShapeBudget {
  return { runs, hopeless: null, nearly: null, milliseconds: null };
}

/**
 * In the order of the shapes, and for each in that of the systems.
 *
 * @param runs schedules of each
 */
export function exploreShapes(
  shapes: readonly Shape[],
  systems: readonly ChosenSystem[],
  runs: number,
): ExploredShape[] {
  const queue = new ShapeQueue(shapes, systems, runsAtMost(runs), "r");
  for (let item = queue.next(); item !== null; item = queue.next()) queue.take(item.key, exploreHere(item.job));
  return queue.explored();
}

function exploreHere({ run, settings }: ShapeJob): ShapeResult {
  try {
    return { report: explore(programOf(run), settings) };
  } catch (error) {
    if (!(error instanceof NotModelled)) throw error;
    return { refused: error.message };
  }
}
