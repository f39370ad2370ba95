/**
 * STARVATION, as far as a bounded run can show it.
 *
 * A task comes to a wait. In some run of the class `overtakers` operations of other tasks begin only after that, each gets
 * what the task waits for, gives it back and returns, and the task goes on only then, if at all. That is claimed, and no
 * more: that an unbounded stream of such operations keeps the task out for ever is what the reader concludes, since each of
 * them has come from nothing that the task has done. With fewer operations in a scenario than the bound nothing is found.
 *
 * @module
 */

import type { Judgement } from "../systems/run_record.ts";
import type { LoggedRun } from "./logged_run.ts";
import type { Wait } from "./waits.ts";

type Finding = Judgement["findings"][number];

/** Tasks that at least as many operations have overtaken as the scenario's bound `retries` says. */
export function checkStarvation(run: LoggedRun): Finding[] {
  const { record, log, names, scenario } = run;
  if (record.operations.length < scenario.bounds.retries) return [];
  const findings = new Map<string, Finding>();
  for (const wait of log.waits) {
    const passing = overtaking(wait, run);
    if (passing.length < scenario.bounds.retries) continue;
    const who = wait.operation === "" ? wait.task : names.nameOf(wait.operation);
    const key = `${who} ${wait.resource}`;
    if (findings.has(key)) continue;
    findings.set(key, {
      anomaly: "STARVATION",
      text: `${who} waits for ${wait.resource} while ${passing.join(", ")}, which began later, get it and return`,
      subject: {
        tasks: [wait.task],
        operations: [...(wait.operation === "" ? [] : [who]), ...passing],
        resources: [wait.resource],
      },
    });
  }
  return [...findings.values()];
}

/** Operations that all overtake the wait in one run of the class: each for itself can, and then all together can. */
function overtaking(
  { resource, mode, task, arrived, passed }: Wait,
  { record: { operations }, log: { holds }, before, names }: LoggedRun,
): string[] {
  return operations.filter(({ name, task: of, begun, returned }) => {
    if (of === task || returned === null || before(begun, arrived)) return false;
    if (passed !== null && before(passed, returned)) return false;
    return holds.some((hold) =>
      hold.resource === resource && names.nameOf(hold.operation) === name && hold.released !== null &&
      !(mode === "shared" && hold.mode === "shared") && (passed === null || before(hold.released, passed))
    );
  }).map(({ name }) => name);
}
