/**
 * Tells a program that a single run of it has ended.
 *
 * @module
 */

import type { Outcome } from "../machine/program.ts";
import { Execution } from "./execution.ts";
import { Footprints } from "./footprints.ts";
import type { Run } from "./run.ts";
import { VariableSteps } from "./variable_steps.ts";

/** Lets the program check and judge the end of a run; what came before what is found out when it asks. */
export function tellEnd({ program, prepared, steps, world }: Run, end: Outcome): void {
  if (end === "complete") prepared.atEnd?.();
  let execution: Execution | null = null;
  prepared.judge?.(end, (earlier, later) => {
    if (execution === null) {
      const { identities } = world;
      // Nobody asks it what varies, so that it need not take note of that.
      execution = new Execution(program, {
        identities,
        footprints: new Footprints(),
        variable: new VariableSteps("variable"),
      });
      for (const { task, outcome } of steps) execution.extend(execution.world.task(task), outcome);
    }
    return execution.happensBefore(earlier, later);
  });
}
