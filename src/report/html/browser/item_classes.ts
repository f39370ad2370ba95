/**
 * What items are drawn as: colour says read, write or other, and how full it is says direct or through the cache.
 *
 * @module
 */

/** A class of items; its number is its place in {@linkcode ITEM_CLASSES}. */
export interface ItemClass {
  readonly name: string;
  /** Custom property of the style that has its colour. */
  readonly colour: string;
  /** Through the page cache: a light body under a dark edge. */
  readonly isLight: boolean;
}

export const ITEM_CLASSES: readonly ItemClass[] = [
  { name: "read, direct", colour: "--read", isLight: false },
  { name: "read, buffered", colour: "--read", isLight: true },
  { name: "write, direct", colour: "--write", isLight: false },
  { name: "write, buffered", colour: "--write", isLight: true },
  { name: "sync, flush", colour: "--sync", isLight: false },
  { name: "mapping, fault", colour: "--map", isLight: false },
  { name: "journal, metadata", colour: "--meta", isLight: false },
  { name: "other", colour: "--other", isLight: true },
  { name: "lock, exclusive", colour: "--lock", isLight: false },
  { name: "lock, shared", colour: "--lock", isLight: true },
  { name: "waits for a lock", colour: "--wait", isLight: true },
];

const OTHER = 7;

const READS = new Set(["pread", "aio_pread", "uring_pread"]);
const WRITES = new Set(["pwrite", "aio_pwrite", "uring_pwrite", "copy"]);
const SYNCS = new Set(["fsync", "fdatasync", "sync", "msync", "sync_file_range"]);
const MAPPINGS = new Set(["load", "store", "mmap", "munmap", "madvise"]);

/** The class of an operation, by its kind and by how its data went. */
export function operationClass(kind: string, execution: string): number {
  const light = execution === "direct" || execution === "dax" || execution === "mixed" ? 0 : 1;
  if (READS.has(kind)) return light;
  if (WRITES.has(kind) || kind === "fallocate" || kind === "ftruncate") return 2 + light;
  if (SYNCS.has(kind)) return 4;
  return MAPPINGS.has(kind) ? 5 : OTHER;
}

/** The class of a bio, by its request flags and by what it carries. */
export function bioClass(rwbs: string, role: string): number {
  if (role === "journal" || role === "metadata") return 6;
  if (role === "flush" || rwbs.startsWith("F")) return 4;
  const light = role === "direct" || role === "unknown" ? 0 : 1;
  if (rwbs.includes("W")) return 2 + light;
  return rwbs.includes("R") ? light : OTHER;
}

/** Begins what is said of a lock that is waited for. */
export const WAITS = "waits ";

/** The class of a lock, by its name and mode. */
export function lockClass(lock: string): number {
  if (lock.startsWith(WAITS)) return 10;
  return /\bSHARED$/.test(lock) ? 9 : 8;
}

/** What page-cache steps are drawn as: a colour and a place in their row, so that they are not told by colour alone. */
export const PAGE_CLASSES: readonly ItemClass[] = [
  { name: "add", colour: "--page-add", isLight: false },
  { name: "delete", colour: "--page-delete", isLight: false },
  { name: "dirty", colour: "--page-dirty", isLight: false },
  { name: "writeback_start", colour: "--page-writeback", isLight: false },
  { name: "writeback_end", colour: "--page-writeback", isLight: true },
  { name: "uptodate", colour: "--read", isLight: true },
  { name: "map", colour: "--map", isLight: false },
  { name: "unmap", colour: "--map", isLight: true },
];

export function pageClass(kind: string): number {
  return Math.max(0, PAGE_CLASSES.findIndex(({ name }) => name === kind));
}
