/**
 * A scenario in two lines: what it is about, where it runs and with which files, and what its tasks do.
 *
 * @module
 */

import { placeText } from "../scenarios/place.ts";
import type { KernelTask, Scenario } from "../scenarios/scenario.ts";
import { operationLines } from "../scenarios/operation_text.ts";
import { fileLine } from "../scenarios/world_text.ts";

export function scenarioLines(scenario: Scenario, system: string, flagsText: string): [about: string, tasks: string] {
  const flags = flagsText === "" ? "" : ` (${flagsText})`;
  const tasks = Object.entries(scenario.tasks).map(([name, { operations }]) =>
    `${name}: ${operationLines(operations, scenario).join("; ")}`
  );
  const files = Object.entries(scenario.files).map(([name, file]) => `${name}: ${fileLine(file, scenario)}`);
  return [
    `${scenario.title}: ${system}${flags}; ${files.join("; ")}`,
    [...tasks, ...kernelTexts(scenario)].join(" ‖ "),
  ];
}

function kernelTexts({ kernel, crash, afterRecovery, bounds, mount }: Scenario): string[] {
  const texts: string[] = [];
  const add = (name: string, task: KernelTask | null) => {
    if (task === null) return;
    texts.push(
      `${name}${task.of === null ? "" : ` ${placeText(task.of)}`}${task.passes === 1 ? "" : ` ×${task.passes}`}`,
    );
  };
  add("flusher", kernel.flusher);
  add("reclaim", kernel.reclaim);
  if (kernel.journalCommit !== null) add("journal commit", { of: null, passes: kernel.journalCommit.passes });
  if (kernel.readahead > 0) texts.push(`readahead ${kernel.readahead}`);
  if (crash === "anywhere") texts.push("crash anywhere");
  else if (crash !== "never") texts.push(`crash after ${crash.after.join(", ")}`);
  if (afterRecovery.length > 0) {
    texts.push(`after recovery: ${operationLines(afterRecovery, { bounds, mount }).join("; ")}`);
  }
  return texts;
}
