/**
 * The programs that `explore` runs: a scenario on a system, judged by all checks. Workers get them from here.
 *
 * Systems from outside are named in the module's own address, `?system=file:///home/me/my-patch.ts`, so that whoever
 * imports it has them: every worker does so for itself.
 *
 * @module
 */

import { judge } from "../checking/judge.ts";
import type { Program } from "../machine/program.ts";
import { systemNamed } from "../systems/index.ts";
import { scenarioProgram } from "../systems/scenario_program.ts";
import type { ScenarioRun } from "./explore_jobs.ts";
import { loadOutside } from "./outside_systems.ts";
import { OUTSIDE } from "./program_module.ts";

for (const module of new URL(import.meta.url).searchParams.getAll(OUTSIDE)) await loadOutside(module, module);

/** @throws {NotModelled} when the system does not have what the scenario asks for */
export function programOf({ scenario, system, flags, costs }: ScenarioRun): Program {
  const own = systemNamed(system);
  return scenarioProgram(scenario, own, flags, judge({ scenario, contract: own.contract?.(flags), costs }));
}
