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

/** Of the run that was told its end last: its tables serve the next one of the same program. */
let last: Execution | null = null;

/** The run as an explorer sees it. Nobody asks what varies, so that no note is taken of that. */
function executionOf({ program, world: { identities }, steps }: Run): Execution {
  if (last?.program !== program || last.identities !== identities) {
    const variable = new VariableSteps("variable");
    last = new Execution(program, { identities, footprints: new Footprints(), variable });
  } else {
    last.truncate(0);
    last.restart();
  }
  for (const { task, outcome } of steps) last.extend(last.world.task(task), outcome);
  return last;
}

/** Lets the program check and judge the end of a run; what came before what is found out when it asks. */
export function tellEnd(run: Run, end: Outcome): void {
  const { prepared } = run;
  if (end === "complete") prepared.atEnd?.();
  let execution: Execution | null = null;
  prepared.judge?.(end, (earlier, later) => {
    execution ??= executionOf(run);
    return execution.happensBefore(earlier, later);
  });
}
