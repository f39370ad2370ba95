/**
 * Flags of ext4 direct I/O over iomap, and what its versions set.
 *
 * @module
 */

import { onceFor } from "../../std/once_for.ts";
import { ON_OFF, TRUNCATE_DIO_WAIT, WCACHE } from "../common/shared_flags.ts";
import type { FlagValues, SystemFlag } from "../system.ts";

/** Value of a flag that the version sets. */
const BY_VERSION = "by_version";

export const EXT4_FLAGS: readonly SystemFlag[] = [
  {
    name: "version",
    values: ["old", "v5", "proposal", "merged", "v61", "v61y", "v618"],
    default: "merged",
    kind: "variant",
    meaning: "sets the flags below it: 5.0, the patch of 2019-10, Kara's proposal, 5.5, 6.1.0, 6.1.192, 6.18",
  },
  {
    name: "ext_in_end_io",
    values: [BY_VERSION, ...ON_OFF],
    default: BY_VERSION,
    kind: "repair",
    meaning: "the inode is extended by ->end_io",
  },
  {
    name: "end_io_count",
    values: [BY_VERSION, "submitted", "original"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "length that is known where the inode is extended: what was submitted, or what was asked for",
  },
  {
    name: "wait_api",
    values: [BY_VERSION, "in_core", "eiocbqueued_then_dio_wait", "iomap_dio_rw_wait", "force_wait"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "who waits for an asynchronous write that extends: the core, or the submitter with inode_dio_wait",
  },
  {
    name: "short_magic",
    values: [BY_VERSION, ...ON_OFF],
    default: BY_VERSION,
    kind: "repair",
    meaning: "iomap_end returns -ENOTBLK when nothing was written",
  },
  {
    name: "isize_point",
    values: [BY_VERSION, "after_rw", "end_io_before_inval"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "where i_size grows",
  },
  {
    name: "disksize_point",
    values: [BY_VERSION, "after_rw", "end_io"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "where i_disksize grows and the inode leaves the orphan list",
  },
  {
    name: "lock_mode",
    values: [BY_VERSION, "excl", "shared_first"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "shared_first: i_rwsem is taken exclusive only for what needs it",
  },
  {
    name: "unaligned",
    values: [BY_VERSION, "aio_only", "all_unaligned_excl", "excl_only_if_not_pure_overwrite"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "which unaligned writes are kept apart from others",
  },
  {
    name: "unwritten_shared",
    values: [BY_VERSION, ...ON_OFF],
    default: BY_VERSION,
    kind: "repair",
    meaning: "an aligned write to unwritten blocks keeps the shared lock",
  },
  {
    name: "inval_fail",
    values: [BY_VERSION, "enotblk", "warn"],
    default: BY_VERSION,
    kind: "repair",
    meaning: "what comes of pages that cannot be invalidated before the write",
  },
  {
    name: "fallback",
    values: ["buffered", "none"],
    default: "buffered",
    kind: "repair",
    meaning: "what is left of a short direct write is written through the page cache",
  },
  {
    name: "fallback_gap",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "the lock is dropped between the direct and the buffered part; off: it is kept",
  },
  { name: "fs_map", values: ["extents", "indirect"], default: "extents", kind: "variant", meaning: "the block map" },
  { name: "dioread_nolock", values: ON_OFF, default: "off", kind: "variant", meaning: "mount option" },
  {
    name: "inval_before_convert",
    values: ON_OFF,
    default: "off",
    kind: "repair",
    meaning: "counter-factual: the range is invalidated before unwritten blocks are converted",
  },
  {
    name: "create_test",
    values: ["i_size", "i_disksize"],
    default: "i_size",
    kind: "repair",
    meaning: "what decides whether new blocks are written or unwritten; i_disksize is a counter-factual",
  },
  TRUNCATE_DIO_WAIT,
  {
    name: "end_io_converts",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "planted defect, off: unwritten blocks of a direct write are not converted",
  },
  WCACHE,
  {
    name: "efault_at",
    values: null,
    default: "none",
    kind: "injection",
    meaning: "page of the buffer that cannot be read",
  },
  { name: "enospc_at", values: null, default: "none", kind: "injection", meaning: "page of the request without space" },
  {
    name: "short_at",
    values: null,
    default: "none",
    kind: "injection",
    meaning: "page of the request at which a piece makes no progress, without an error",
  },
];

/** What a version sets. */
interface VersionFlags {
  readonly ext_in_end_io: "on" | "off";
  readonly end_io_count: "submitted" | "original";
  readonly wait_api: "in_core" | "eiocbqueued_then_dio_wait" | "iomap_dio_rw_wait" | "force_wait";
  readonly short_magic: "on" | "off";
  readonly isize_point: "after_rw" | "end_io_before_inval";
  readonly disksize_point: "after_rw" | "end_io";
  readonly lock_mode: "excl" | "shared_first";
  readonly unaligned: "aio_only" | "all_unaligned_excl" | "excl_only_if_not_pure_overwrite";
  readonly unwritten_shared: "on" | "off";
  readonly inval_fail: "enotblk" | "warn";
}

const MERGED: VersionFlags = {
  ext_in_end_io: "off",
  end_io_count: "original",
  wait_api: "force_wait",
  short_magic: "on",
  isize_point: "after_rw",
  disksize_point: "after_rw",
  lock_mode: "excl",
  unaligned: "aio_only",
  unwritten_shared: "off",
  inval_fail: "warn",
};

const V61: VersionFlags = {
  ...MERGED,
  isize_point: "end_io_before_inval",
  lock_mode: "shared_first",
  unaligned: "all_unaligned_excl",
  inval_fail: "enotblk",
};

/** 6.1 as it was released, with what stable releases after it took from later kernels. */
const V61Y: VersionFlags = { ...V61, ext_in_end_io: "on", end_io_count: "submitted", disksize_point: "end_io" };

const V618: VersionFlags = {
  ...V61Y,
  short_magic: "off",
  unaligned: "excl_only_if_not_pure_overwrite",
  unwritten_shared: "on",
};

const VERSIONS = {
  old: { ...MERGED, wait_api: "in_core", inval_fail: "enotblk" },
  v5: {
    ...MERGED,
    ext_in_end_io: "on",
    end_io_count: "submitted",
    wait_api: "eiocbqueued_then_dio_wait",
    isize_point: "end_io_before_inval",
    disksize_point: "end_io",
  },
  proposal: { ...MERGED, wait_api: "iomap_dio_rw_wait" },
  merged: MERGED,
  v61: V61,
  v61y: V61Y,
  v618: V618,
} as const satisfies Record<string, VersionFlags>;

export type Ext4Version = keyof typeof VERSIONS;

/** A version's column of the flag table, by its name. */
export const EXT4_PRESETS: Readonly<Record<Ext4Version, FlagValues>> = Object.fromEntries(
  Object.keys(VERSIONS).map((version) => [version, { version }]),
) as unknown as Record<Ext4Version, FlagValues>;

/** The flags with their types. */
export interface Ext4Flags extends VersionFlags {
  readonly version: Ext4Version;
  readonly fallback: "buffered" | "none";
  readonly fallback_gap: "on" | "off";
  readonly fs_map: "extents" | "indirect";
  readonly dioread_nolock: "on" | "off";
  readonly inval_before_convert: "on" | "off";
  readonly create_test: "i_size" | "i_disksize";
  readonly truncate_dio_wait: "on" | "off";
  readonly end_io_converts: "on" | "off";
  readonly wcache: "on" | "off";
  readonly efault_at: number | "none";
  readonly enospc_at: number | "none";
  readonly short_at: number | "none";
}

/** Reads the values of all flags; what is not set is what the version says. */
export const ext4Flags: (values: FlagValues) => Ext4Flags = onceFor((values) => {
  const set = Object.entries(values).filter(([, value]) => value !== BY_VERSION);
  return { ...VERSIONS[values.version as Ext4Version], ...Object.fromEntries(set) } as unknown as Ext4Flags;
});

/** Flags that exclude each other. */
export function refusesExt4Flags(values: FlagValues): string | null {
  const flags = ext4Flags(values);
  const inEndIo = flags.ext_in_end_io === "on";
  if (inEndIo !== (flags.disksize_point === "end_io")) {
    return "ext_in_end_io and disksize_point=end_io are one thing: set both or none";
  }
  if (inEndIo && flags.isize_point !== "end_io_before_inval") {
    return "ext_in_end_io=on extends i_size, too: set isize_point=end_io_before_inval";
  }
  return null;
}
