/**
 * Flags of mainline 6.1 and 6.18, and what they say to the ext4 and the XFS that it is made of.
 *
 * @module
 */

import { onceFor } from "../../std/once_for.ts";
import { FUA, ON_OFF, TRUNCATE_DIO_WAIT, WCACHE } from "../common/shared_flags.ts";
import type { Ext4Flags } from "../ext4-iomap-dio/flags.ts";
import { EXT4_FLAGS, ext4Flags } from "../ext4-iomap-dio/flags.ts";
import type { FlagValues, SystemFlag } from "../system.ts";
import { XFS_FLAGS, type XfsFlags, xfsFlags } from "../xfs-iomap-dio/flags.ts";

/** Value of a flag that the kernel sets. */
const BY_KERNEL = "by_kernel";

export const MAINLINE_FLAGS: readonly SystemFlag[] = [
  { name: "kver", values: ["6.18", "6.1"], default: "6.18", kind: "variant", meaning: "the kernel; 6.1 is 6.1.0" },
  { name: "fs", values: ["ext4", "xfs"], default: "ext4", kind: "variant", meaning: "the file system" },
  {
    name: "fs_map",
    values: ["extents", "indirect"],
    default: "extents",
    kind: "variant",
    meaning: "the block map of ext4",
  },
  {
    name: "ext_in_end_io",
    values: [BY_KERNEL, ...ON_OFF],
    default: BY_KERNEL,
    kind: "repair",
    meaning: "ext4 extends the inode in ->end_io, before the sync of O_DSYNC: 6.18, and 6.1.y since about 6.1.64",
  },
  {
    name: "nosec",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "off: the first write of a file has to look for privileges to strip, with the lock held exclusive",
  },
  {
    name: "odsync",
    values: ON_OFF,
    default: "off",
    kind: "injection",
    meaning: "every write of the scenario is done as with O_DSYNC; what is promised is still what the scenario says",
  },
  WCACHE,
  FUA,
  {
    name: "fault_drop_mmap",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "a fault lets go of mmap_lock while it waits for I/O, and is done again",
  },
  {
    name: "uring_caller_comp",
    values: ON_OFF,
    default: "off",
    kind: "injection",
    meaning: "6.18: io_uring completes pure overwrites in the task of the ring",
  },
  {
    name: "post_inval_fail",
    values: ON_OFF,
    default: "off",
    kind: "injection",
    meaning: "every invalidation behind a direct write fails",
  },
  {
    name: "zoned",
    values: ON_OFF,
    default: "off",
    kind: "injection",
    meaning: "6.18 XFS: bios of writes end in ioends, which leave the page cache alone when it is empty",
  },
  {
    name: "dontcache",
    values: ON_OFF,
    default: "off",
    kind: "injection",
    meaning: "6.18: buffered reads of the scenario are RWF_DONTCACHE",
  },
  {
    name: "atomic",
    values: ON_OFF,
    default: "off",
    kind: "injection",
    meaning: "6.18: direct writes of the scenario are RWF_ATOMIC",
  },
  {
    name: "efault_at",
    values: null,
    default: "none",
    kind: "injection",
    meaning: "page of the user's buffer that cannot be read",
  },
  TRUNCATE_DIO_WAIT,
  {
    name: "post_inval",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "planted defect, off: the range is not invalidated behind a direct write",
  },
  {
    name: "invalidate_lock",
    values: ON_OFF,
    default: "on",
    kind: "repair",
    meaning: "planted defect, off: pages are filled without invalidate_lock, as before 5.15",
  },
  {
    name: "timestamps",
    values: ["moved", "unmoved"],
    default: "unmoved",
    kind: "injection",
    meaning: "whether the coarse clock has moved when a write looks at it: then the inode is changed, in a transaction",
  },
  {
    name: "stable_writes",
    values: ON_OFF,
    default: "on",
    kind: "injection",
    meaning:
      "off: the device does not ask for pages to stay as they are while they are written, and stores do not wait",
  },
  {
    name: "disk",
    values: ["requests", "bio"],
    default: "requests",
    kind: "injection",
    meaning: "bio: the events of a disk whose driver takes bios as they are, such as pmem",
  },
];

/** The flags with their types. */
export interface MainlineFlags {
  readonly kver: "6.1" | "6.18";
  readonly fs: "ext4" | "xfs";
  readonly fs_map: "extents" | "indirect";
  readonly ext_in_end_io: "by_kernel" | "on" | "off";
  readonly nosec: "on" | "off";
  readonly odsync: "on" | "off";
  readonly wcache: "on" | "off";
  readonly fua: "on" | "off";
  readonly fault_drop_mmap: "on" | "off";
  readonly uring_caller_comp: "on" | "off";
  readonly post_inval_fail: "on" | "off";
  readonly zoned: "on" | "off";
  readonly dontcache: "on" | "off";
  readonly atomic: "on" | "off";
  readonly efault_at: number | "none";
  readonly truncate_dio_wait: "on" | "off";
  readonly post_inval: "on" | "off";
  readonly invalidate_lock: "on" | "off";
  readonly timestamps: "moved" | "unmoved";
  readonly stable_writes: "on" | "off";
  readonly disk: "requests" | "bio";
}

/** As they are: each is looked at where it counts, so that runs which differ in nothing else are known to be the same. */
export function mainlineFlags(values: FlagValues): MainlineFlags {
  return values as unknown as MainlineFlags;
}

/** Kernels and file systems by their names; 6.1.y is Debian's 6.1.192 of the recordings. */
export const MAINLINE_PRESETS: Readonly<Record<string, FlagValues>> = {
  v61: { kver: "6.1" },
  v61y: { kver: "6.1", ext_in_end_io: "on" },
  v618: { kver: "6.18" },
  ext4: { fs: "ext4" },
  xfs: { fs: "xfs" },
};

/** Flags that exclude each other. */
export function refusesMainlineFlags(values: FlagValues): string | null {
  const flags = mainlineFlags(values);
  if (flags.fs === "xfs" && flags.fs_map === "indirect") return "fs_map=indirect is about fs=ext4";
  if (flags.fs === "xfs" && flags.ext_in_end_io !== BY_KERNEL) return "ext_in_end_io is about fs=ext4";
  if (flags.zoned === "on" && (flags.fs !== "xfs" || flags.kver !== "6.18")) {
    return "zoned is about kver=6.18 and fs=xfs";
  }
  if (flags.kver === "6.18") return null;
  const later = (["uring_caller_comp", "dontcache", "atomic"] as const).find((name) => flags[name] === "on");
  return later === undefined ? null : `${later} is about kver=6.18`;
}

/** Flags that both have, looked at when they are asked for. */
function sharedFlags(flags: MainlineFlags, names: readonly (keyof MainlineFlags)[]): PropertyDescriptorMap {
  return Object.fromEntries(names.map((name) => [name, { get: () => flags[name], enumerable: true }]));
}

/** The ext4 that a kernel has. */
export const ext4FlagsOf: (flags: MainlineFlags) => Ext4Flags = onceFor((flags) => {
  const own = ext4Flags({
    ...Object.fromEntries(EXT4_FLAGS.map((flag) => [flag.name, flag.default])),
    version: flags.kver === "6.18" ? "v618" : "v61",
    ...(flags.ext_in_end_io === BY_KERNEL ? {} : EXTENSION[flags.ext_in_end_io]),
  });
  return Object.defineProperties(
    { ...own },
    sharedFlags(flags, ["fs_map", "wcache", "efault_at", "truncate_dio_wait"]),
  );
});

/** Where the inode is extended: three values of the ext4 system that go together. */
const EXTENSION = {
  on: { ext_in_end_io: "on", end_io_count: "submitted", disksize_point: "end_io" },
  off: { ext_in_end_io: "off", end_io_count: "original", disksize_point: "after_rw" },
} as const;

/** The XFS of both kernels. */
export const xfsFlagsOf: (flags: MainlineFlags) => XfsFlags = onceFor((flags) => {
  const own = xfsFlags({
    ...Object.fromEntries(XFS_FLAGS.map((flag) => [flag.name, flag.default])),
    unaligned: "v512",
  });
  return Object.defineProperties({ ...own }, sharedFlags(flags, ["wcache", "fua", "efault_at", "truncate_dio_wait"]));
});
