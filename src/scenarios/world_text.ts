/**
 * Files, device, areas of memory and kernel tasks of a scenario, as its YAML has them.
 *
 * @module
 */

import { DEFAULT_DEVICE, DEFAULT_KERNEL, DEFAULT_KERNEL_TASK } from "./defaults.ts";
import { blocksText, cacheText, type Units } from "./file_state.ts";
import { type Length, lengthText, placeText, rangeText } from "./place.ts";
import { unitsOf } from "./read_world.ts";
import type { Device, Kernel, KernelTask, Mapped, Scenario, ScenarioFile, ScenarioMap } from "./scenario.ts";
import { type Entries, oneOrMore, some, unless, withoutUndefined } from "./yaml_entries.ts";

export function deviceEntries(device: Device): Entries {
  const { free } = device;
  const plain = free.length === 1 && free[0].was === null && free[0].state === "free";
  const isUsual = plain && free[0].blocks === DEFAULT_DEVICE.free[0].blocks;
  return withoutUndefined({
    volatile_cache: unless(device.volatileCache, DEFAULT_DEVICE.volatileCache),
    fua: unless(device.fua, DEFAULT_DEVICE.fua),
    free: isUsual
      ? undefined
      : free.length === 0
      ? 0
      : plain
      ? free[0].blocks
      : free.map(({ blocks, was, state }) =>
        withoutUndefined({
          blocks,
          was: was === null ? undefined : placeText(was),
          state: unless(state, "free"),
        })
      ),
    enospc_at: oneOrMore(device.enospcAt.map(placeText)),
    errors: some(
      device.errors.map(({ at, op, error, times }) =>
        withoutUndefined({ at: placeText(at), op, error: unless(error, "EIO"), times: times ?? undefined })
      ),
    ),
    pmem: device.pmem ?? undefined,
    lines_per_sector: unless(device.linesPerSector, DEFAULT_DEVICE.linesPerSector),
    words_per_line: unless(device.wordsPerLine, DEFAULT_DEVICE.wordsPerLine),
  });
}

function sameLength(a: Length, b: Length): boolean {
  return a.pages === b.pages && a.sectors === b.sectors;
}

export function fileEntries(file: ScenarioFile, units: Units): Entries {
  return withoutUndefined({
    size: lengthText(file.size),
    disksize: sameLength(file.disksize, file.size) ? undefined : lengthText(file.disksize),
    blocks: some(blocksText(file.blocks, file.size, units)),
    cache: some(Object.fromEntries(file.cache.map((run) => [rangeText(run.range), cacheText(run)]))),
    disk: some(Object.fromEntries(file.disk.map(({ range, pblk }) => [rangeText(range), pblk]))),
    boundary_after: some(file.boundaryAfter),
  });
}

/** A file at the beginning in a line: `size 2, blocks 1: hole, cache 0: clean`. */
export function fileLine(file: ScenarioFile, { bounds, mount }: Pick<Scenario, "bounds" | "mount">): string {
  const text = (value: unknown): string =>
    typeof value === "object" && value !== null
      ? Object.entries(value).map(([key, each]) => Array.isArray(value) ? text(each) : `${key}: ${text(each)}`).join(
        ", ",
      )
      : String(value);
  return Object.entries(fileEntries(file, unitsOf(bounds, mount)))
    .map(([key, value]) => `${key.replaceAll("_", " ")} ${text(value)}`).join(", ");
}

export function mappedText(mapped: Mapped): string {
  if (mapped.kind === "anon") return `anon ${mapped.pages}`;
  const flags = [mapped.mode === "shared" ? "MAP_SHARED" : "MAP_PRIVATE", ...mapped.flags];
  return `${placeText(mapped.place)} ${flags.join("|")}`;
}

export function mapEntries({ mapped, mm, present }: ScenarioMap): Entries {
  const isUsual = mapped.kind === "file"
    ? present === null
    : present !== null && rangeText(present) === (mapped.pages === 1 ? "0" : `0..${mapped.pages - 1}`);
  return withoutUndefined({
    map: mappedText(mapped),
    mm,
    present: isUsual || present === null ? undefined : rangeText(present),
  });
}

function kernelTaskEntries(task: KernelTask | null): unknown {
  if (task === null) return undefined;
  const isOnce = task.passes === DEFAULT_KERNEL_TASK.passes;
  if (isOnce) return task.of === null ? "on" : placeText(task.of);
  return withoutUndefined({ of: task.of === null ? undefined : placeText(task.of), passes: task.passes });
}

export function kernelEntries({ flusher, reclaim, journalCommit, readahead }: Kernel): Entries {
  return withoutUndefined({
    flusher: kernelTaskEntries(flusher),
    reclaim: kernelTaskEntries(reclaim),
    journal_commit: journalCommit === null
      ? undefined
      : journalCommit.passes === DEFAULT_KERNEL_TASK.passes
      ? "on"
      : journalCommit,
    readahead: unless(readahead, DEFAULT_KERNEL.readahead),
  });
}
