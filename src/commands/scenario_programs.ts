/**
 * The programs that `explore` runs: a scenario on a system, judged by all checks. Workers get them from here.
 *
 * @module
 */

import { judge } from "../checking/judge.ts";
import type { Program } from "../machine/program.ts";
import { systemNamed, SYSTEMS } from "../systems/index.ts";
import { scenarioProgram } from "../systems/scenario_program.ts";
import type { System } from "../systems/system.ts";
import type { ScenarioRun } from "./explore_jobs.ts";

/** Systems that are modelled. */
export const MODELLED: readonly System[] = SYSTEMS;

/** @throws {NotModelled} when the system does not have what the scenario asks for */
export function programOf({ scenario, system, flags, costs }: ScenarioRun): Program {
  const own = systemNamed(system);
  return scenarioProgram(scenario, own, flags, judge({ scenario, contract: own.contract?.(flags), costs }));
}
