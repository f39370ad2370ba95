/**
 * The rows of ext4-iomap-dio, xfs-iomap-dio, page-cache-dio and mainline that are closed in a second or two, explored and compared
 * with what they expect. `deno task explore fixtures/...` does all of them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { evaluate } from "../../src/checking/expectations.ts";
import { judge } from "../../src/checking/judge.ts";
import { planRuns } from "../../src/commands/explore_plan.ts";
import { explore, type ExploreReport } from "../../src/exploring/explore.ts";
import { checkIndependence } from "../../src/exploring/independence.ts";
import type { Program } from "../../src/machine/program.ts";
import { type LoadedScenario, loadScenarios } from "../../src/scenarios/load.ts";
import { ext4IomapDio } from "../../src/systems/ext4-iomap-dio/index.ts";
import { mainline } from "../../src/systems/mainline/index.ts";
import { pageCacheDio } from "../../src/systems/page-cache-dio/index.ts";
import { scenarioProgram } from "../../src/systems/scenario_program.ts";
import type { FlagValues, System } from "../../src/systems/system.ts";
import { xfsIomapDio } from "../../src/systems/xfs-iomap-dio/index.ts";

const SYSTEMS: readonly System[] = [ext4IomapDio, xfsIomapDio, pageCacheDio, mainline];

/** Rows with a verdict that is found in little time. */
const QUICK: Readonly<Record<string, readonly string[]>> = {
  "ext4-iomap-dio": ["2", "3", "9", "11", "16", "21", "22", "23", "25", "26", "28", "30", "31", "32", "33", "35", "36"],
  "xfs-iomap-dio": ["5", "6", "8", "10", "11", "12", "13", "15", "23", "24", "25", "26", "28", "29"],
  "page-cache-dio": ["1", "2", "4", "10", "13", "21", "22", "23"],
  "mainline": ["6", "7", "13", "14", "17", "19", "21", "22", "24", "26", "27"],
};

function quick(system: string): LoadedScenario[] {
  const folder = new URL(`../../fixtures/${system}`, import.meta.url).pathname;
  return loadScenarios([folder]).filter(({ scenario }) => {
    const row = /^\d\d-(\d+)[a-z]?-/.exec(scenario.name)?.[1];
    return row !== undefined && QUICK[system].includes(row);
  });
}

function programOf({ scenario }: Pick<LoadedScenario, "scenario">, system: System, flags: FlagValues): Program {
  return scenarioProgram(scenario, system, flags, judge({ scenario, contract: system.contract?.(flags) }));
}

for (const system of SYSTEMS) {
  Deno.test(`${system.name}: quick rows show what they expect`, () => {
    const plan = planRuns(quick(system.name), SYSTEMS, { systems: null, set: {} });
    const reports = new Map<number, ExploreReport>();
    for (const run of plan.runs) reports.set(run.id, explore(programOf(run, system, run.flags)));
    const wrong: string[] = [];
    let evaluated = 0;
    for (const { expectation, nth, scenario, runs, others, notRun } of plan.expectations) {
      assertEquals(notRun, []);
      for (const run of runs) {
        evaluated++;
        const { agrees, expected, shown } = evaluate({
          scenario,
          expectation,
          nth,
          report: reports.get(run.id)!,
          others: others.map(({ id }) => reports.get(id)!),
          lockOrder: system.lockOrder,
        });
        if (!agrees) wrong.push(`${scenario.name} [${run.flagsText}] ${expected}: ${shown}`);
      }
    }
    assert(evaluated > 20);
    assertEquals(wrong, []);
  });

  Deno.test(`${system.name}: what its steps share is touched where it is looked at`, () => {
    for (const loaded of quick(system.name).slice(0, 4)) {
      const [run] = planRuns([loaded], SYSTEMS, { systems: null, set: {} }).runs;
      const found = checkIndependence(programOf(run, system, run.flags), { runs: 15, variants: 2, seed: 7 });
      assertEquals(found, null, `${run.scenario.name} [${run.flagsText}]`);
    }
  });
}
