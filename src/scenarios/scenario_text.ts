/**
 * Writes a scenario as YAML that loads to the same scenario. Defaults are left out.
 *
 * @module
 */

import { stringify } from "yaml";
import {
  DEFAULT_BOUNDS,
  DEFAULT_DEVICE,
  DEFAULT_KERNEL,
  DEFAULT_KERNEL_TASK,
  DEFAULT_MOUNT,
  defaultIocbName,
  defaultOperationName,
  RECOVERY_TASK,
} from "./defaults.ts";
import { blocksText, cacheText, type Units } from "./file_state.ts";
import { type Length, lengthText, placeText, rangeText, sectorsOf } from "./place.ts";
import { unitsOf } from "./read_world.ts";
import type {
  BufferSegment,
  Contents,
  Crash,
  Device,
  Expectation,
  FinalFile,
  Iocb,
  Kernel,
  KernelTask,
  Mapped,
  Operation,
  Returned,
  Scenario,
  ScenarioFile,
  ScenarioMap,
  Selection,
  Transfer,
} from "./scenario.ts";

/** A mapping as it goes into the file; what is undefined is left out. */
type Entries = Record<string, unknown>;

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

function unless<T>(value: T, usual: T): T | undefined {
  return value === usual ? undefined : value;
}

/** Undefined when there is nothing in it. */
function some<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

function withoutUndefined(entries: Entries): Entries {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

function differing<T extends object>(values: T, usual: T): Entries | undefined {
  return some(Object.fromEntries(
    Object.entries(values).filter(([key, value]) => value !== (usual as Record<string, unknown>)[key]),
  ));
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, to: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, to(value, key)]));
}

/** One value as such, several as a list, none not at all. */
function oneOrMore<T>(values: readonly T[]): T | readonly T[] | undefined {
  return values.length === 0 ? undefined : values.length === 1 ? values[0] : values;
}

function selectionEntries({ systems, presets, flags }: Selection): Entries {
  return withoutUndefined({
    system: oneOrMore(systems),
    preset: oneOrMore(presets),
    flags: some(mapValues(flags, (values) => oneOrMore(values))),
  });
}

function deviceEntries(device: Device): Entries {
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

function fileEntries(file: ScenarioFile, units: Units): Entries {
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

function mappedText(mapped: Mapped): string {
  if (mapped.kind === "anon") return `anon ${mapped.pages}`;
  const flags = [mapped.mode === "shared" ? "MAP_SHARED" : "MAP_PRIVATE", ...mapped.flags];
  return `${placeText(mapped.place)} ${flags.join("|")}`;
}

function mapEntries({ mapped, mm, present }: ScenarioMap): Entries {
  const isUsual = mapped.kind === "file"
    ? present === null
    : present !== null && rangeText(present) === (mapped.pages === 1 ? "0" : `0..${mapped.pages - 1}`);
  return withoutUndefined({
    map: mappedText(mapped),
    mm,
    present: isUsual || present === null ? undefined : rangeText(present),
  });
}

function operationList(operations: readonly Operation[], task: string, units: Units): Entries[] {
  return withoutOwnWaits(operations).map((operation, nth) => operationEntries(operation, task, nth, units));
}

/** Leaves out the waits that are there by themselves. */
function withoutOwnWaits(operations: readonly Operation[]): readonly Operation[] {
  let left = operations;
  for (const kind of ["uring_wait", "io_getevents"] as const) {
    const last = left.at(-1);
    const submits = kind === "uring_wait" ? "uring_submit" : "io_submit";
    const isOwn = last !== undefined && last.kind === kind && last.count === null && last.after.length === 0 &&
      last.name.includes("#") && left.filter((operation) => operation.kind === kind).length === 1 &&
      left.some((operation) => operation.kind === submits);
    if (isOwn) left = left.slice(0, -1);
  }
  return left;
}

function operationEntries(operation: Operation, task: string, nth: number, units: Units): Entries {
  const usualName = defaultOperationName(task, nth);
  return withoutUndefined({
    ...callEntries(operation, units),
    name: unless(operation.name, usualName),
    after: oneOrMore(operation.after),
  });
}

/** One operation in a line: `pwrite F[1] O_DIRECT from map F[0]`. Names are left out, and what it comes after is not. */
function operationLine(operation: Operation, { bounds, mount }: Pick<Scenario, "bounds" | "mount">): string {
  const words = (entries: Entries): string =>
    Object.entries(entries).filter(([key]) => key !== "name").map(([key, value]) =>
      `${key} ${Array.isArray(value) ? `(${value.map((each) => words(each as Entries)).join(" + ")})` : value}`
    ).join(" ");
  const after = operation.after.length === 0 ? "" : ` after ${operation.after.join(", ")}`;
  return words(callEntries(operation, unitsOf(bounds, mount))) + after;
}

/** The operations of a task, without the waits that are there by themselves. */
export function operationLines(
  operations: readonly Operation[],
  scenario: Pick<Scenario, "bounds" | "mount">,
): string[] {
  return withoutOwnWaits(operations).map((operation) => operationLine(operation, scenario));
}

function segmentText(segment: BufferSegment): string {
  if ("pages" in segment) return `${segment.kind} ${segment.pages}`;
  const place = placeText(segment.place);
  return segment.kind === "map" ? place : segment.kind === "shared" ? `map ${place}` : `private ${place}`;
}

function transferEntries(key: string, iocb: Transfer, units: Units): Entries {
  const { from, to } = sectorsOf(iocb.place.range!, units.sectorsPerPage);
  const pages = Math.ceil((to - from) / units.sectorsPerPage);
  const flags = [...iocb.open, ...iocb.rwf].join("|");
  const [first] = iocb.buffer;
  const isUsual = iocb.buffer.length === 1 && first.kind === "anon" && first.pages === pages;
  return withoutUndefined({
    [key]: `${placeText(iocb.place)}${flags === "" ? "" : ` ${flags}`}`,
    [iocb.kind.startsWith("pread") ? "to" : "from"]: isUsual ? undefined : iocb.buffer.map(segmentText).join(" + "),
    skip: unless(iocb.skip, 0),
    bytes: iocb.bytes ?? undefined,
  });
}

function iocbEntries(iocb: Iocb, units: Units): Entries {
  return "place" in iocb ? transferEntries(iocb.kind, iocb, units) : { [iocb.kind]: iocb.file };
}

function withFlags(place: string, flags: readonly string[]): string {
  return flags.length === 0 ? place : `${place} ${flags.join("|")}`;
}

function callEntries(operation: Operation, units: Units): Entries {
  switch (operation.kind) {
    case "pread":
    case "preadv":
    case "pwrite":
    case "pwritev":
    case "fsync":
    case "fdatasync":
      return iocbEntries(operation, units);
    case "io_submit":
    case "uring_submit": {
      const [only, ...rest] = operation.iocbs;
      if (rest.length === 0 && only.name === operation.name && (only.kind === "pread" || only.kind === "pwrite")) {
        return transferEntries(`${operation.kind === "io_submit" ? "aio" : "uring"}_${only.kind}`, only, units);
      }
      return {
        [operation.kind]: operation.iocbs.map((iocb, nth) =>
          withoutUndefined({
            ...iocbEntries(iocb, units),
            name: unless(iocb.name, defaultIocbName(operation.name, nth)),
          })
        ),
      };
    }
    case "io_getevents":
    case "uring_wait":
      return { [operation.kind]: operation.count ?? "all" };
    case "syncfs":
    case "close":
    case "fstat":
      return { [operation.kind]: operation.file };
    case "ftruncate":
      return { ftruncate: operation.file, size: lengthText(operation.size) };
    case "load":
    case "store":
      return {
        [operation.kind]: `${placeText(operation.place)}${operation.mode === "private" ? " MAP_PRIVATE" : ""}`,
      };
    case "mmap":
      return withoutUndefined({
        mmap: mappedText(operation.mapped),
        as: operation.as ?? undefined,
        over: operation.over ?? undefined,
      });
    case "munmap":
      return { munmap: placeText(operation.place) };
    case "ficlone":
      return { ficlone: placeText(operation.from), to: placeText(operation.to) };
    case "drop_caches":
      return { drop_caches: operation.what };
    case "fadvise":
      return { fadvise: `${placeText(operation.place)} ${operation.advice}` };
    case "msync":
    case "sync_file_range":
    case "fallocate":
      return { [operation.kind]: withFlags(placeText(operation.place), operation.flags) };
  }
}

function kernelTaskEntries(task: KernelTask | null): unknown {
  if (task === null) return undefined;
  const isOnce = task.passes === DEFAULT_KERNEL_TASK.passes;
  if (isOnce) return task.of === null ? "on" : placeText(task.of);
  return withoutUndefined({ of: task.of === null ? undefined : placeText(task.of), passes: task.passes });
}

function kernelEntries({ flusher, reclaim, journalCommit, readahead }: Kernel): Entries {
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

function crashEntries(crash: Crash): unknown {
  if (typeof crash === "string") return unless(crash, "never");
  return { after: oneOrMore(crash.after) };
}

/** What an expectation says, in a line: `result w, returns all`; without where and why. */
export function expectationLine(expectation: Expectation): string {
  const text = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(text).join(" or ");
    if (typeof value !== "object" || value === null) return String(value);
    return Object.entries(value).map(([key, each]) => `${key.replaceAll("_", " ")} ${text(each)}`).join(", ");
  };
  return text(withoutUndefined(kindEntries(expectation)));
}

function contentsEntries(contents: readonly Contents[]): Entries | undefined {
  return some(Object.fromEntries(contents.map(({ range, origins }) => [rangeText(range), oneOrMore(origins)])));
}

function returnedText(value: Returned): string | number {
  return typeof value === "string" ? value : lengthText(value);
}

function finalEntries(file: FinalFile): Entries {
  return withoutUndefined({
    size: oneOrMore(file.size.map(lengthText)),
    disksize: oneOrMore(file.disksize.map(lengthText)),
    blocks: some(Object.fromEntries(file.blocks.map(({ range, states }) => [rangeText(range), oneOrMore(states)]))),
    cache: some(Object.fromEntries(file.cache.map(({ range, states }) => [rangeText(range), oneOrMore(states)]))),
    content: contentsEntries(file.content),
    orphan: file.orphan ?? undefined,
  });
}

function expectationEntries(expectation: Expectation): Entries {
  return withoutUndefined({
    ...kindEntries(expectation),
    why: expectation.why,
    source: expectation.source.text,
    ...selectionEntries(expectation.on),
    again: oneOrMore(expectation.again.map(selectionEntries)),
    kept: some(expectation.kept.map(({ run, token, classes, shown }) =>
      withoutUndefined({
        run,
        token: token ?? undefined,
        classes: classes ?? undefined,
        shown: shown ?? undefined,
      })
    )),
  });
}

function kindEntries(expectation: Expectation): Entries {
  switch (expectation.kind) {
    case "reachable":
    case "absent":
      return {
        ...(expectation.kind === "reachable" ? { reachable: expectation.anomaly } : {
          absent: oneOrMore(expectation.anomalies),
          sibling: oneOrMore(expectation.siblings),
        }),
        attributes: oneOrMore(expectation.attributes),
        tasks: oneOrMore(expectation.tasks),
        resources: oneOrMore(expectation.resources),
        at: expectation.at === null ? undefined : placeText(expectation.at),
        op: expectation.op ?? undefined,
      };
    case "result":
      return {
        result: expectation.op,
        in: unless(expectation.in, "every"),
        returns: oneOrMore(expectation.returns.map(returnedText)),
        never_returns: oneOrMore(expectation.neverReturns.map(returnedText)),
        submit_returns: oneOrMore(expectation.submitReturns.map(returnedText)),
        reads: contentsEntries(expectation.reads),
        never_reads: contentsEntries(expectation.neverReads),
        through: oneOrMore(expectation.through),
        not_through: oneOrMore(expectation.notThrough),
      };
    case "final":
      return {
        final: expectation.when,
        in: unless(expectation.in, "every"),
        files: mapValues(expectation.files, finalEntries),
      };
    case "cost": {
      const { to } = expectation;
      return {
        cost: expectation.metric,
        of: expectation.of ?? undefined,
        resource: expectation.resource ?? undefined,
        over: unless(expectation.over, "every"),
        [expectation.relation]: typeof to === "number"
          ? to
          : withoutUndefined({ of: to.of ?? undefined, ...selectionEntries(to.on) }),
      };
    }
    case "order":
      return {
        order: expectation.party,
        in: unless(expectation.in, "every"),
        waits_for: expectation.waitsFor ?? undefined,
        never_waits_for: expectation.neverWaitsFor ?? undefined,
        on: expectation.resource ?? undefined,
        until: expectation.until ?? undefined,
        holds: oneOrMore(expectation.holds),
        not_holds: oneOrMore(expectation.notHolds),
        at: expectation.at ?? undefined,
        sequence: some(
          expectation.sequence.map(({ step, holds, notHolds }) =>
            withoutUndefined({ step, holds: oneOrMore(holds), not_holds: oneOrMore(notHolds) })
          ),
        ),
      };
    case "not_executable":
      return { not_executable: expectation.reason };
  }
}
