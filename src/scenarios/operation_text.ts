/**
 * Operations of a scenario, as its YAML has them and in a line each.
 *
 * @module
 */

import { defaultIocbName, defaultOperationName } from "./defaults.ts";
import type { Units } from "./file_state.ts";
import { lengthText, placeText, sectorsOf } from "./place.ts";
import { unitsOf } from "./read_world.ts";
import type { BufferSegment, Iocb, Operation, Scenario, Transfer } from "./scenario.ts";
import { mappedText } from "./world_text.ts";
import { type Entries, oneOrMore, unless, withoutUndefined } from "./yaml_entries.ts";

export function operationList(operations: readonly Operation[], task: string, units: Units): Entries[] {
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
