/**
 * Does runs of scenarios at random, in a process of its own whose young generation has room for all of them, and prints
 * what they have made and what a small collection leaves of it.
 *
 * @module
 */

import { planRuns } from "../../src/commands/explore_plan.ts";
import { programOf } from "../../src/commands/scenario_programs.ts";
import { RandomSource } from "../../src/exploring/random_source.ts";
import { Run } from "../../src/exploring/run.ts";
import { Identities } from "../../src/machine/identities.ts";
import type { Program } from "../../src/machine/program.ts";
import { loadScenarios } from "../../src/scenarios/load.ts";
import { allSystems, knownSystems } from "../../src/systems/index.ts";

/** Megabytes. */
export interface Garbage {
  readonly path: string;
  readonly made: number;
  readonly left: number;
}

/** There with --expose-gc. */
const { gc } = globalThis as unknown as { gc(options: { type: "major" | "minor" }): void };

function runs(program: Program, identities: Identities, number: number): void {
  for (let seed = 0; seed < number; seed++) {
    const random = new RandomSource(seed);
    const run = new Run(program, identities);
    for (let tasks = run.enabled(); tasks.length > 0; tasks = run.enabled()) {
      const task = tasks[random.below(tasks.length)];
      run.step(task, random.below(run.world.outcomes(task)));
    }
  }
}

const used = () => Deno.memoryUsage().heapUsed / 1e6;

for (const path of Deno.args) {
  const plan = planRuns(loadScenarios([path], { systems: knownSystems() }), allSystems(), { systems: null, set: {} });
  const { scenario, system, flags } = plan.runs[0];
  const program = programOf({ scenario, system, flags });
  const identities = new Identities();
  // Compiled code and what is made once for all runs.
  runs(program, identities, 200);
  gc({ type: "major" });
  const before = used();
  runs(program, identities, 150);
  const made = used() - before;
  gc({ type: "minor" });
  console.log(JSON.stringify({ path, made, left: used() - before } satisfies Garbage));
}
