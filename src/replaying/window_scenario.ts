/**
 * A small window as the text of a scenario.
 *
 * @module
 */

import type { SmallOperation, SmallRange, SmallWindow } from "./normalise.ts";
import { isDirect, type Verb } from "./windows.ts";

/** The scenario without what tells one window of a shape from another: equal texts are equal shapes. */
export function shapeOf(small: SmallWindow): string {
  return tasksText(small, inTaskOrder(small.operations));
}

function tasksText(
  { pages, sectorsPerPage, size, cache, blocks }: SmallWindow,
  tasks: readonly SmallOperation[],
): string {
  const lines = [
    `bounds: { pages: ${Math.max(pages, size.pages + (size.sectors > 0 ? 1 : 0), 1)}${
      sectorsPerPage === 2 ? "" : `, SECTORS_PER_PAGE: ${sectorsPerPage}`
    } }`,
    "files:",
    `  F: { size: ${lengthText(size)}${states("cache", cache)}${states("blocks", blocks)} }`,
    "tasks:",
  ];
  for (const [at, operation] of tasks.entries()) {
    lines.push(`  T${at + 1}:`, `    - ${operationText(operation)}`);
  }
  return lines.join("\n") + "\n";
}

/**
 * The same tasks on a file that is in persistent memory, as {@linkcode shapeOf} has them. Nothing of it is cached, so that
 * what only the cache had is where the file is; and asynchronous I/O is done when the call that submits it returns.
 */
export function onPersistentMemory(small: SmallWindow): string {
  const blocks = [...small.blocks].filter(([page]) => small.cache.get(page) !== "dirty");
  const tasks = inTaskOrder(small.operations).map((operation): SmallOperation => {
    const { touched } = operation;
    return { ...operation, touched: { ...touched, verb: SYNCHRONOUS[touched.verb] ?? touched.verb } };
  });
  return tasksText({ ...small, cache: new Map(), blocks: new Map(blocks) }, tasks);
}

const SYNCHRONOUS: Partial<Record<Verb, Verb>> = {
  aio_pread: "pread",
  aio_pwrite: "pwrite",
  uring_pread: "pread",
  uring_pwrite: "pwrite",
};

/**
 * The operations of T1, T2, ...: tasks are told apart by what they do only, so that their order is that of their texts.
 */
export function inTaskOrder(operations: readonly SmallOperation[]): SmallOperation[] {
  const texts = new Map(operations.map((operation) => [operation, operationText(operation)]));
  return operations.toSorted((a, b) => {
    const [left, right] = [texts.get(a)!, texts.get(b)!];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** What a saved scenario says of where it is from. */
export interface Origin {
  readonly recording: string;
  /** op_id of the operations of the first window of the shape. */
  readonly operations: readonly number[];
  readonly windows: number;
}

export function scenarioText(shape: string, title: string, system: string, flags: string, origin: Origin): string {
  const { recording, operations, windows } = origin;
  return `title: ${title}\nsystem: ${system}\n${flags === "" ? "" : `flags: { ${flags} }\n`}${shape}recorded:\n` +
    `  recording: ${JSON.stringify(recording)}\n  operations: [${operations.map((id) => `"${id}"`).join(", ")}]\n` +
    `  windows: ${windows}\n`;
}

/** `direct pwrite beside store`. */
export function titleOf({ operations }: SmallWindow): string {
  return operations.map(({ touched }) => `${isDirect(touched.operation) ? "direct " : ""}${touched.verb}`)
    .sort().join(" beside ");
}

function lengthText({ pages, sectors }: { pages: number; sectors: number }): string {
  return sectors === 0 ? String(pages) : `"${pages}:${sectors}"`;
}

function states(name: string, of: ReadonlyMap<number, string>): string {
  if (of.size === 0) return "";
  const items = [...of].sort(([a], [b]) => a - b).map(([page, state]) => `${page}: ${state}`);
  return `, ${name}: { ${items.join(", ")} }`;
}

function placeText(range: SmallRange | null): string {
  if (range === null) return "F";
  const { firstPage, firstSector, lastPage, lastSector } = range;
  const first = firstSector === 0 && (lastSector === null || firstPage !== lastPage)
    ? `${firstPage}`
    : `${firstPage}:${firstSector}`;
  if (firstPage === lastPage && lastSector === null) {
    return firstSector === 0 ? `F[${firstPage}]` : `F[${firstPage}:${firstSector}..${lastPage}]`;
  }
  if (firstPage === lastPage && firstSector === lastSector) return `F[${firstPage}:${firstSector}]`;
  return `F[${first}..${lastPage}${lastSector === null ? "" : `:${lastSector}`}]`;
}

const FLAGS: Partial<Record<Verb, string>> = {
  punch: " FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE",
  zero: " FALLOC_FL_ZERO_RANGE",
  msync: " MS_SYNC",
  sync_file_range: " SYNC_FILE_RANGE_WRITE",
};

function operationText({ touched, range, size }: SmallOperation): string {
  const { verb, operation } = touched;
  switch (verb) {
    case "fsync":
    case "fdatasync":
      return `${verb}: F`;
    case "ftruncate":
      return `{ ftruncate: F, size: ${lengthText(size!)} }`;
    case "punch":
    case "zero":
    case "fallocate":
      return `fallocate: ${placeText(range)}${FLAGS[verb] ?? ""}`;
    default:
      return `${verb}: ${placeText(range)}${isDirect(operation) ? " O_DIRECT" : FLAGS[verb] ?? ""}`;
  }
}
