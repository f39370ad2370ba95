/**
 * Flags of 2.6.20 and of what it might have been.
 *
 * @module
 */

import { onceFor } from "../../std/once_for.ts";
import { ON_OFF } from "../common/shared_flags.ts";
import type { FlagValues, SystemFlag } from "../system.ts";

export type FileSystem = "ext2" | "ext3" | "xfs" | "bdev";

/** Who locks a direct I/O: fs/direct-io.c, nobody, or the file system. */
export type LockType = "LOCKING" | "NO_LOCKING" | "OWN_LOCKING";

export const FLAGS: readonly SystemFlag[] = [
  {
    name: "fs",
    values: ["ext2", "ext3", "xfs", "bdev"],
    default: "ext3",
    kind: "variant",
    meaning:
      "ext2 (no journal), ext3 (a transaction over the whole direct write), xfs (unwritten extents), block device",
  },
  {
    name: "post_inval_only",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "off: the page cache is invalidated before a direct write, too",
  },
  {
    name: "extend_sync",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "a write that extends the file waits for its I/O although it is asynchronous",
  },
  {
    name: "trunc_alloc_sem",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "truncation takes i_alloc_sem for writing",
  },
  {
    name: "dio_alloc_sem",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "direct I/O holds i_alloc_sem for reading until it is complete",
  },
  {
    name: "read_i_mutex",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "a direct read holds i_mutex while it flushes and maps",
  },
  {
    name: "hole_policy",
    values: ["buffered", "fill"],
    default: "buffered",
    kind: "repair",
    meaning: "a direct write that meets a hole inside i_size goes on buffered, or allocates the block itself",
  },
  {
    name: "xfs_subblock_zero",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "a direct write of part of an unwritten block zeroes the rest of it",
  },
  {
    name: "blkfactor",
    values: null,
    default: 0,
    kind: "variant",
    meaning: "above 0: direct I/O may begin and end within a block, at any sector",
  },
  {
    name: "refile_waits",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning:
      "journal_dirty_data waits for data on its way to the disk before it takes it from the committing transaction",
  },
  { name: "wcache", values: ON_OFF, default: "off", kind: "variant", meaning: "the device has a volatile write cache" },
  { name: "rwsem_fair", values: ON_OFF, default: "on", kind: "variant", meaning: "a queued writer keeps readers out" },
  {
    name: "short_at",
    values: null,
    default: "none",
    kind: "injection",
    meaning: "page of the file at which direct writes end short, as at a hole",
  },
];

export interface LegacyFlags {
  readonly fs: FileSystem;
  readonly preInvalidates: boolean;
  readonly extendSync: boolean;
  readonly truncAllocSem: boolean;
  readonly dioAllocSem: boolean;
  readonly readMutex: boolean;
  readonly fillsHoles: boolean;
  readonly subblockZero: boolean;
  readonly blkfactor: number;
  readonly refileWaits: boolean;
  readonly volatileCache: boolean;
  readonly fair: boolean;
  /** Null: nowhere. */
  readonly shortAt: number | null;
}

export const legacyFlags: (values: FlagValues) => LegacyFlags = onceFor((values) => {
  const isOn = (name: string) => values[name] === "on";
  return {
    fs: values.fs as FileSystem,
    preInvalidates: !isOn("post_inval_only"),
    extendSync: isOn("extend_sync"),
    truncAllocSem: isOn("trunc_alloc_sem"),
    dioAllocSem: isOn("dio_alloc_sem"),
    readMutex: isOn("read_i_mutex"),
    fillsHoles: values.hole_policy === "fill",
    subblockZero: isOn("xfs_subblock_zero"),
    blkfactor: Number(values.blkfactor),
    refileWaits: isOn("refile_waits"),
    volatileCache: isOn("wcache"),
    fair: isOn("rwsem_fair"),
    shortAt: values.short_at === "none" ? null : Number(values.short_at),
  };
});
