/**
 * One run of a scenario as a kernel with nothing else to do would have it, and the events that it fires.
 *
 * @module
 */

import { Run } from "../../src/exploring/run.ts";
import { type EmittedEvent, traced } from "../../src/machine/tracepoint_log.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { FlagValue } from "../../src/scenarios/scenario.ts";
import { flagValues } from "../../src/systems/index.ts";
import { scenarioProgram } from "../../src/systems/scenario_program.ts";
import type { System } from "../../src/systems/system.ts";

/** Who goes on when several could: the tasks of the scenario as long as they can, or interrupts at once. */
export type Order = "calls_first" | "interrupts_first";

const STEPS_MAX = 100_000;

/** Events of a run of the scenario, in order. */
export function eventsOfRun(
  text: string,
  system: System,
  given: Readonly<Record<string, FlagValue>>,
  order: Order,
): readonly EmittedEvent[] {
  const scenario = readScenario("scenario.yaml", text);
  const program = scenarioProgram(scenario, system, flagValues(system, given), () => ({ findings: [], facts: [] }));
  const run = new Run(traced(program));
  const own = new Set(Object.keys(scenario.tasks));
  for (let step = 0; step < STEPS_MAX; step++) {
    const enabled = run.enabled();
    if (enabled.length === 0) break;
    const first = order === "calls_first"
      ? enabled.find(({ name }) => own.has(name))
      : enabled.find(({ context }) => context === "irq");
    run.step(first ?? enabled[0], 0);
  }
  return run.world.tracepoints!.events;
}

/** An event as a line: name, and the fields that are asked for, in their order. */
export function eventLine({ name, fields }: EmittedEvent, shown: readonly string[]): string {
  const values = shown.flatMap((field) => fields[field] === undefined ? [] : [`${field}=${fields[field]}`]);
  return [name, ...values].join(" ");
}
