/**
 * Page-cache-tracked direct I/O as it was discussed in January 2019, and 5.0 as the control.
 *
 * @module
 */

import type { MountedSystem, System } from "../system.ts";
import { Ext4Volume } from "../ext4-iomap-dio/ext4_file.ts";
import { EXT4_FLAGS, ext4Flags } from "../ext4-iomap-dio/flags.ts";
import { xfsIomapDio } from "../xfs-iomap-dio/index.ts";
import { XfsVolume } from "../xfs-iomap-dio/xfs_file.ts";
import { PAGE_CACHE_FLAGS, type PageCacheFlags, pageCacheFlags } from "./flags.ts";
import { PAGE_CACHE_STEPS } from "./steps.ts";
import { OneLockVolume, TrackedVolume, XFS_5_0 } from "./tracked_file.ts";

/** ext4 as the iomap core of its time would have it. */
const EXT4_5_0 = ext4Flags({
  ...Object.fromEntries(EXT4_FLAGS.map((flag) => [flag.name, flag.default])),
  version: "merged",
});

function mount(...[world, scenario, values]: Parameters<System["mount"]>): MountedSystem {
  const flags: PageCacheFlags = pageCacheFlags(values);
  if (flags.scheme !== "iolock_mmaplock") return new TrackedVolume(world, scenario, flags);
  if (flags.fs === "ext4") return new Ext4Volume(world, scenario, EXT4_5_0);
  return flags.one_lock_for_both === "on"
    ? new OneLockVolume(world, scenario, XFS_5_0)
    : new XfsVolume(world, scenario, XFS_5_0);
}

export const pageCacheDio: System = {
  name: "page-cache-dio",
  title: "page-cache-tracked direct I/O, discussed in 2019-01",
  sources:
    "Dave Chinner's answer to Matthew Wilcox and Andy Lutomirski; fs/iomap.c, fs/xfs/xfs_file.c, mm/filemap.c of 5.0.1",
  flags: PAGE_CACHE_FLAGS,
  presets: {},
  steps: PAGE_CACHE_STEPS,
  lockOrder: [...xfsIomapDio.lockOrder, ["mmap_sem", "pgrwsem"], ["IOLOCK", "pgrwsem"]],
  refuses: (values) => {
    const { scheme, one_lock_for_both, fs } = pageCacheFlags(values);
    if (one_lock_for_both === "off") return null;
    if (scheme !== "iolock_mmaplock") return "one_lock_for_both is about scheme=iolock_mmaplock";
    return fs === "ext4" ? "one_lock_for_both is about fs=xfs" : null;
  },
  lacks: (scenario, flags) => xfsIomapDio.lacks?.(scenario, flags) ?? null,
  mount,
};
