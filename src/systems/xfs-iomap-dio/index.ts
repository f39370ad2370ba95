/**
 * XFS direct I/O over iomap: unaligned writes and the modes of IOLOCK, from 5.0 to 6.18.
 *
 * @module
 */

import type { System } from "../system.ts";
import { XFS_FLAGS, XFS_PRESETS, xfsFlags } from "./flags.ts";
import { XFS_STEPS } from "./steps.ts";
import { XfsVolume } from "./xfs_file.ts";

export const xfsIomapDio: System = {
  name: "xfs-iomap-dio",
  title: "XFS over iomap, 5.0 to 6.18",
  sources: "Kara's patch 2/2 of 2019-10-08; fs/xfs/xfs_file.c, xfs_iomap.c, xfs_iops.c of 5.0.1, 6.1-rc7 and 6.18.2",
  flags: XFS_FLAGS,
  presets: XFS_PRESETS,
  steps: XFS_STEPS,
  lockOrder: [
    ["IOLOCK", "mmap_sem"],
    ["mmap_sem", "MMAPLOCK"],
    ["mmap_sem", "invalidate_lock"],
    ["IOLOCK", "MMAPLOCK"],
    ["IOLOCK", "invalidate_lock"],
    ["MMAPLOCK", "page"],
    ["invalidate_lock", "page"],
    ["mmap_sem", "page"],
    ["IOLOCK", "page"],
  ],
  lacks: (scenario) =>
    Object.values(scenario.files).some(({ blocks }) => blocks.some(({ sharedWith }) => sharedWith !== null))
      ? "copy on write of shared blocks is not modelled; reflink: on makes an inode that has had some"
      : null,
  contract: () => ({ transfers: "all_or_nothing" }),
  mount: (world, scenario, flags) => new XfsVolume(world, scenario, xfsFlags(flags)),
};
