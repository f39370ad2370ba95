/**
 * What a scenario is where it says nothing: the one place for all defaults.
 *
 * @module
 */

import { type Length, lengthSectors } from "./place.ts";
import type { Bounds, Device, Kernel, KernelTask, Mount, Selection } from "./scenario.ts";

/** Files that are there when something names them: 4 written pages each, nothing cached, nothing mapped. */
export const DEFAULT_FILES = ["F", "G"] as const;

export const DEFAULT_SIZE: Length = { pages: 4, sectors: 0 };

export const DEFAULT_BOUNDS: Bounds = {
  tasks: 4,
  pages: 8,
  SECTORS_PER_PAGE: 2,
  DIO_PAGES: 2,
  PAGEVEC: 2,
  GANG: 2,
  BIO_MAX_VECS: 256,
  fault_around: 1,
  retries: 3,
  crashes: 1,
  steps: 10_000,
};

export const DEFAULT_MOUNT: Mount = { blocksPerPage: 1, readonly: "off", logCredits: null };

/** One pool of 6 free blocks; a block that has been freed is the next to be given away. */
export const DEFAULT_DEVICE: Device = {
  volatileCache: "off",
  fua: "off",
  free: [{ blocks: 6, was: null, state: "free" }],
  enospcAt: [],
  errors: [],
  pmem: null,
  linesPerSector: 1,
  wordsPerLine: 2,
};

/** No flusher, no read-around beyond the page asked for. */
export const DEFAULT_KERNEL: Kernel = { flusher: null, reclaim: null, journalCommit: null, readahead: 0 };

/** What `on` stands for. */
export const DEFAULT_KERNEL_TASK: KernelTask = { of: null, passes: 1 };

export const NO_SELECTION: Selection = { systems: [], presets: [], flags: {} };

/** Name of an operation that was given none: the nth of its task. */
export function defaultOperationName(task: string, nth: number): string {
  return `${task}#${nth}`;
}

/** Name of an I/O that was given none: the nth of a batch. */
export function defaultIocbName(batch: string, nth: number): string {
  return `${batch}.${nth}`;
}

/** Task that runs what comes after a crash. */
export const RECOVERY_TASK = "recovery";

/** Sectors that are written where a file says nothing of its blocks: the blocks that i_size reaches into. */
export function writtenSectors(size: Length, sectorsPerPage: number, sectorsPerBlock: number): number {
  return Math.ceil(lengthSectors(size, sectorsPerPage) / sectorsPerBlock) * sectorsPerBlock;
}

/** Pages that a word about all of a file means: those that i_size reaches into. */
export function sizePages(size: Length): number {
  return size.pages + (size.sectors > 0 ? 1 : 0);
}
