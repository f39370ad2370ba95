/**
 * A scenario on one system with one set of flags, as a program to explore.
 *
 * What a scenario says is planned once; a run mounts the system, makes memory and tasks, and keeps a record of what the
 * operations did, which is judged at its end and, where it may crash, for each image that a crash leaves.
 *
 * @module
 */

import type { Prepared, Program } from "../machine/program.ts";
import { ResourceLog } from "../machine/resource_log.ts";
import type { World } from "../machine/world.ts";
import { lengthSectors } from "../scenarios/place.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { recoveryLacks } from "./after_recovery.ts";
import { initialContent } from "./common/disk_layout.ts";
import { fillCache, writesBefore } from "./initial_cache.ts";
import { startKernelTasks } from "./kernel_tasks.ts";
import { NotModelled } from "./not_modelled.ts";
import { planScenario } from "./plan_scenario.ts";
import type { RunBasis } from "./run_basis.ts";
import { RunEnding } from "./run_ending.ts";
import type { Judge } from "./run_record.ts";
import { ScenarioMemory } from "./scenario_memory.ts";
import { runTask, ScenarioRun } from "./scenario_run.ts";
import type { FlagValues, System } from "./system.ts";
import { unwatched } from "./watched_flags.ts";

/**
 * Makes the program.
 *
 * @throws {NotModelled} when the flags exclude each other, or the scenario asks for what the system does not have
 */
export function scenarioProgram(scenario: Scenario, system: System, flags: FlagValues, judge: Judge): Program {
  const refused = system.refuses?.(unwatched(flags)) ?? null;
  if (refused !== null) throw new NotModelled(`${scenario.name} on ${system.name}: ${refused}`);
  const lacking = lacks(scenario, system) ?? system.lacks?.(scenario, flags) ?? null;
  if (lacking !== null) throw new NotModelled(`${scenario.name} on ${system.name}: ${lacking}`);
  const { SECTORS_PER_PAGE } = scenario.bounds;
  const files = Object.keys(scenario.files);
  const basis: RunBasis = {
    scenario,
    system,
    flags,
    judge,
    plan: planScenario(scenario),
    initial: Object.fromEntries(files.map((name) => [name, {
      size: lengthSectors(scenario.files[name].size, SECTORS_PER_PAGE),
      tokens: initialContent(scenario, name),
    }])),
    before: files.flatMap((name) => writesBefore(scenario, name)),
  };
  return {
    // Put together when it is asked for: which flags a run looks at is worth knowing, and this looks at all of them.
    get name() {
      const set = Object.entries(flags).map(([name, value]) => `${name}=${value}`).join(" ");
      return `${scenario.name} ${system.name} ${set}`;
    },
    setUp: (world) => setUp(world, basis),
  };
}

/** Advice on how much is read ahead of one open file. */
const CHANGES_READAHEAD: readonly string[] = ["POSIX_FADV_RANDOM", "POSIX_FADV_SEQUENTIAL"];

/** What no system can do for a scenario. */
function lacks(scenario: Scenario, { filesOn }: System): string | null {
  for (const { operations } of Object.values(scenario.tasks)) {
    for (const operation of operations) {
      const { kind, name } = operation;
      if (kind === "ficlone") return `${name}: ficlone is not modelled`;
      if (kind !== "fadvise" || scenario.kernel.readahead === 0 || filesOn === "persistent_memory") continue;
      if (CHANGES_READAHEAD.includes(operation.advice)) {
        return `${name}: ${operation.advice} is not modelled where there is kernel.readahead, which is that of every file`;
      }
    }
  }
  if (scenario.device.errors.some(({ times }) => times !== null)) {
    return "device: an error that happens some times only is not modelled; leave times out";
  }
  return recoveryLacks(scenario);
}

function setUp(world: World, basis: RunBasis): Prepared {
  const { scenario, system, flags, plan } = basis;
  const log = world.resourceLog = new ResourceLog();
  const mounted = system.mount(world, scenario, flags);
  world.mounted = mounted;
  const { SECTORS_PER_PAGE } = scenario.bounds;
  for (const name of Object.keys(scenario.files)) fillCache(world, scenario, name, mounted, basis.initial);
  const memory = new ScenarioMemory(
    world,
    plan,
    SECTORS_PER_PAGE,
    (file) => mounted.file(file).inode.mapping,
    flags.rwsem_fair === "off" ? "unfair" : "fair",
  );
  const run = new ScenarioRun(world, scenario, plan, mounted, memory);
  world.history.setOrder(plan.order);
  for (const task of plan.tasks) world.spawn(task.name, runTask, { argument: { run, task } });
  startKernelTasks(world, scenario, mounted);
  // Last: what set-up puts in its place fires nothing.
  if (world.tracepoints !== null) world.tracepoints.kernel = mounted.tracepoints ?? null;
  return new RunEnding(basis, run, log).prepared();
}
