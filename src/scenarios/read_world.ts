/**
 * Bounds, mount, device, files and kernel tasks of a scenario file, with their defaults.
 *
 * @module
 */

import type * as z from "zod";
import {
  DEFAULT_BOUNDS,
  DEFAULT_DEVICE,
  DEFAULT_KERNEL,
  DEFAULT_KERNEL_TASK,
  DEFAULT_MOUNT,
  DEFAULT_SIZE,
} from "./defaults.ts";
import { blockRuns, cacheRuns, delallocPages, type Given, isOfBlocks, type Units } from "./file_state.ts";
import type { Names } from "./names.ts";
import {
  type Length,
  lengthSectors,
  parseLength,
  parseRange,
  type Range,
  rangeOf,
  type SectorRange,
  sectorsOf,
} from "./place.ts";
import type { KeyPath } from "./problems.ts";
import { listed, type Reader } from "./reader.ts";
import type { Bounds, Device, DeviceError, FreeRun, Kernel, KernelTask, Mount, ScenarioFile } from "./scenario.ts";
import type { SECTIONS } from "./scenario_schema.ts";
import { fileSchema } from "./world_schema.ts";

/** What a section of the file says, once it has been checked. */
export type Section<Name extends keyof typeof SECTIONS> = z.output<(typeof SECTIONS)[Name]>;

export function readBounds(input: Section<"bounds">): Bounds {
  return { ...DEFAULT_BOUNDS, ...input };
}

export function readMount(reader: Reader, input: Section<"mount">, bounds: Bounds): Mount {
  const mount: Mount = {
    blocksPerPage: input?.blocks_per_page ?? DEFAULT_MOUNT.blocksPerPage,
    readonly: input?.readonly ?? DEFAULT_MOUNT.readonly,
    logCredits: input?.log_credits ?? DEFAULT_MOUNT.logCredits,
  };
  if (bounds.SECTORS_PER_PAGE % mount.blocksPerPage === 0) return mount;
  reader.problem(
    ["mount", "blocks_per_page"],
    `a page of ${bounds.SECTORS_PER_PAGE} sectors does not make ${mount.blocksPerPage} blocks: bounds: { SECTORS_PER_PAGE: ... }`,
  );
  return { ...mount, blocksPerPage: 1 };
}

export function unitsOf(bounds: Bounds, mount: Mount): Units {
  return {
    sectorsPerPage: bounds.SECTORS_PER_PAGE,
    sectorsPerBlock: bounds.SECTORS_PER_PAGE / mount.blocksPerPage,
  };
}

export function readDevice(input: Section<"device">, names: Names): Device {
  const at = (key: string, nth: number, more: KeyPath = []): KeyPath => ["device", key, nth, ...more];
  const free: FreeRun[] = [];
  if (typeof input?.free === "number") {
    if (input.free > 0) free.push({ blocks: input.free, was: null, state: "free" });
  } else if (input?.free === undefined) free.push(...DEFAULT_DEVICE.free);
  else {
    input.free.forEach(({ blocks, was, state }, nth) => {
      const owner = was === undefined ? undefined : names.place(was, at("free", nth, ["was"]), "file");
      free.push({ blocks, was: owner ?? null, state: state ?? "free" });
    });
  }
  const enospcAt = listed(input?.enospc_at).map((place, nth) =>
    names.place(place, Array.isArray(input?.enospc_at) ? at("enospc_at", nth) : ["device", "enospc_at"], "file")
  );
  const errors = (input?.errors ?? []).map((error, nth): DeviceError | undefined => {
    const place = names.place(error.at, at("errors", nth, ["at"]), "file");
    return place && { at: place, op: error.op, error: error.error ?? "EIO", times: error.times ?? null };
  });
  return {
    volatileCache: input?.volatile_cache ?? DEFAULT_DEVICE.volatileCache,
    fua: input?.fua ?? DEFAULT_DEVICE.fua,
    free,
    enospcAt: enospcAt.filter((place) => place !== undefined),
    errors: errors.filter((error) => error !== undefined),
    pmem: input?.pmem ?? DEFAULT_DEVICE.pmem,
    linesPerSector: input?.lines_per_sector ?? DEFAULT_DEVICE.linesPerSector,
    wordsPerLine: input?.words_per_line ?? DEFAULT_DEVICE.wordsPerLine,
  };
}

export function readKernel(input: Section<"kernel">, names: Names): Kernel {
  const task = (key: "flusher" | "reclaim"): KernelTask | null => {
    const given = input?.[key];
    if (given === undefined) return DEFAULT_KERNEL[key];
    if (given === "on") return DEFAULT_KERNEL_TASK;
    if (typeof given === "string") {
      return { ...DEFAULT_KERNEL_TASK, of: names.place(given, ["kernel", key], "file") ?? null };
    }
    return {
      of: given.of === undefined ? null : names.place(given.of, ["kernel", key, "of"], "file") ?? null,
      passes: given.passes ?? DEFAULT_KERNEL_TASK.passes,
    };
  };
  const commit = input?.journal_commit;
  return {
    flusher: task("flusher"),
    reclaim: task("reclaim"),
    journalCommit: commit === undefined
      ? DEFAULT_KERNEL.journalCommit
      : { passes: commit === "on" ? DEFAULT_KERNEL_TASK.passes : commit.passes },
    readahead: input?.readahead ?? DEFAULT_KERNEL.readahead,
  };
}

/** The file that is there when only its name is known. */
export function defaultFile(units: Units): ScenarioFile {
  return fileOf({}, DEFAULT_SIZE, undefined, undefined, [], units);
}

function fileOf(
  input: { disksize?: string | number; boundary_after?: number[] },
  size: Length,
  blocksGiven: Given | undefined,
  cacheGiven: Given | undefined,
  disk: ScenarioFile["disk"],
  units: Units,
): ScenarioFile {
  const blocks = blockRuns(size, blocksGiven, units);
  return {
    size,
    disksize: input.disksize === undefined ? size : parseLength(input.disksize),
    blocks,
    cache: cacheRuns(size, cacheGiven, blocks),
    disk,
    boundaryAfter: (input.boundary_after ?? []).toSorted((a, b) => a - b),
  };
}

/** Reads one file; undefined when something is wrong with it. */
export function readFile(
  reader: Reader,
  value: unknown,
  file: string,
  names: Names,
  bounds: Bounds,
  units: Units,
): ScenarioFile | undefined {
  const path = ["files", file];
  const input = reader.check(fileSchema, value ?? {}, path);
  if (input === undefined) return undefined;
  const given = input.size === undefined ? DEFAULT_SIZE : parseLength(input.size);
  // What goes on to find what else is wrong needs a size that memory can be set aside for.
  const size = checkLength(reader, given, [...path, "size"], bounds) ? given : DEFAULT_SIZE;
  if (input.disksize !== undefined) checkLength(reader, parseLength(input.disksize), [...path, "disksize"], bounds);
  const blocks = givenOf(input.blocks, "blocks");
  const cache = givenOf(input.cache, "cache");
  const disk = (givenOf(input.disk, "disk") ?? []) as { range: Range; state: unknown }[];
  for (const { range, state } of typeof blocks === "object" ? blocks : []) {
    const text = Object.keys(input.blocks as object).find((key) => same(parseRange(key), range))!;
    if (!isOfBlocks(range, units)) reader.keyProblem([...path, "blocks", text], "expected whole blocks");
    else checkShared(state, sectorsOf(range, units.sectorsPerPage), [...path, "blocks", text]);
  }
  if (typeof blocks === "string") {
    checkShared(blocks, { from: 0, to: lengthSectors(size, units.sectorsPerPage) }, [...path, "blocks"]);
  }
  const result = fileOf(
    input,
    size,
    blocks,
    cache,
    disk.map(({ range, state }) => ({ range, pblk: state as number })).toSorted((a, b) =>
      a.range.firstPage - b.range.firstPage || a.range.firstSector - b.range.firstSector
    ),
    units,
  );
  for (const page of delallocPages(result.blocks)) {
    const cached = result.cache.find(({ range }) => range.firstPage <= page && page <= range.lastPage);
    if (cached?.state !== "dirty") {
      reader.problem([...path, "cache"], `page ${page} is delalloc, so it can only be dirty`);
    }
  }
  return result;

  /** Checks that the other file can have as many blocks from there on. */
  function checkShared(state: string, { from, to }: SectorRange, at: KeyPath): void {
    if (!state.startsWith("shared ")) return;
    const other = names.place(state.slice("shared ".length), at, "file");
    if (other === undefined) return;
    const start = other.range === null ? 0 : sectorsOf(other.range, units.sectorsPerPage).from;
    if (start % units.sectorsPerBlock !== 0) reader.problem(at, "expected a place where a block begins");
    const text = `${other.name} from there on, for as many blocks`;
    if (to > from) names.range(rangeOf({ from: start, to: start + to - from }, units.sectorsPerPage), at, text);
  }

  function givenOf(given: unknown, key: "blocks" | "cache" | "disk"): Given | undefined {
    if (typeof given !== "object" || given === null) return given as Given | undefined;
    const entries: { range: Range; state: string }[] = [];
    const taken = new Map<number, string>();
    for (const [text, state] of Object.entries(given)) {
      const range = parseRange(text);
      const at = [...path, key, text];
      if (!names.range(range, at, text)) continue;
      if (key === "cache" && (range.firstSector !== 0 || range.lastSector !== null)) {
        reader.keyProblem(at, "expected whole pages");
        continue;
      }
      const { from, to } = sectorsOf(range, units.sectorsPerPage);
      for (let sector = from; sector < to; sector++) {
        const other = taken.get(sector);
        if (other !== undefined) {
          reader.keyProblem(at, `overlaps ${other}`);
          break;
        }
        taken.set(sector, text);
      }
      entries.push({ range, state });
    }
    return entries;
  }
}

function same(a: Range, b: Range): boolean {
  return a.firstPage === b.firstPage && a.firstSector === b.firstSector && a.lastPage === b.lastPage &&
    a.lastSector === b.lastSector;
}

/** Checks that a length in pages and sectors is one, and within the bounds. */
export function checkLength(reader: Reader, length: Length, path: KeyPath, bounds: Bounds): boolean {
  const { pages, SECTORS_PER_PAGE } = bounds;
  if (length.sectors >= SECTORS_PER_PAGE) {
    reader.problem(
      path,
      `expected at most ${SECTORS_PER_PAGE - 1} sectors beyond whole pages, found ${length.sectors}`,
    );
  } else if (lengthSectors(length, SECTORS_PER_PAGE) > pages * SECTORS_PER_PAGE) {
    reader.problem(path, `${length.pages} pages, a file has at most ${pages}: bounds: { pages: ... }`);
  } else {
    return true;
  }
  return false;
}
