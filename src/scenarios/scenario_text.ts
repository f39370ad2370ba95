/**
 * Writes a scenario as YAML that loads to the same scenario. Defaults are left out.
 *
 * @module
 */

import { stringify } from "yaml";
import { DEFAULT_BOUNDS, DEFAULT_MOUNT, RECOVERY_TASK } from "./defaults.ts";
import { expectationEntries, selectionEntries } from "./expectation_text.ts";
import { operationList } from "./operation_text.ts";
import { unitsOf } from "./read_world.ts";
import type { Crash, Scenario } from "./scenario.ts";
import { deviceEntries, fileEntries, kernelEntries, mapEntries } from "./world_text.ts";
import { differing, mapValues, oneOrMore, some, unless, withoutUndefined } from "./yaml_entries.ts";

/** The scenario as YAML. Loads to the same, under the same file name. */
export function scenarioText(scenario: Scenario): string {
  const { bounds, mount } = scenario;
  const units = unitsOf(bounds, mount);
  const content = withoutUndefined({
    title: scenario.title,
    ...selectionEntries(scenario.selection),
    steps: some(scenario.steps),
    long: scenario.long ?? undefined,
    bounds: differing(bounds, DEFAULT_BOUNDS),
    mount: some(withoutUndefined({
      blocks_per_page: unless(mount.blocksPerPage, DEFAULT_MOUNT.blocksPerPage),
      readonly: unless(mount.readonly, DEFAULT_MOUNT.readonly),
      log_credits: mount.logCredits ?? undefined,
    })),
    device: some(deviceEntries(scenario.device)),
    files: some(mapValues(scenario.files, (file) => fileEntries(file, units))),
    maps: some(mapValues(scenario.maps, (map) => mapEntries(map))),
    tasks: some(mapValues(scenario.tasks, ({ mm, operations }, task) => {
      const list = operationList(operations, task, units);
      return mm === task ? list : { mm, do: list };
    })),
    kernel: some(kernelEntries(scenario.kernel)),
    crash: crashEntries(scenario.crash),
    after_recovery: some(operationList(scenario.afterRecovery, RECOVERY_TASK, units)),
    recorded: scenario.recorded === null ? undefined : withoutUndefined({
      recording: scenario.recorded.recording,
      operations: some(scenario.recorded.operations),
      windows: scenario.recorded.windows ?? undefined,
    }),
    expect: some(scenario.expectations.map(expectationEntries)),
  });
  return stringify(content, { lineWidth: 0, aliasDuplicateObjects: false });
}

function crashEntries(crash: Crash): unknown {
  if (typeof crash === "string") return unless(crash, "never");
  return { after: oneOrMore(crash.after) };
}
