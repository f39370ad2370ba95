/**
 * ext4 direct I/O over iomap: from 5.0 over the patch of 2019-10 and its review to 6.18.
 *
 * @module
 */

import type { System } from "../system.ts";
import { Ext4Volume } from "./ext4_file.ts";
import { EXT4_FLAGS, EXT4_PRESETS, ext4Flags, refusesExt4Flags } from "./flags.ts";
import { EXT4_STEPS } from "./steps.ts";

export const ext4IomapDio: System = {
  name: "ext4-iomap-dio",
  title: "ext4 over iomap, 2019-10 (5.0 to 6.18)",
  sources:
    "Jan Kara's review of 2019-10-08 with the patches attached to it; fs/ext4/file.c, fs/ext4/inode.c, fs/iomap of " +
    "5.0.1, the 5.5 merge, 6.1-rc7 and 6.18.2",
  flags: EXT4_FLAGS,
  presets: EXT4_PRESETS,
  steps: EXT4_STEPS,
  lockOrder: [
    ["i_rwsem", "mmap_sem"],
    ["mmap_sem", "MMAPLOCK"],
    ["mmap_sem", "invalidate_lock"],
    ["i_rwsem", "MMAPLOCK"],
    ["i_rwsem", "invalidate_lock"],
    ["MMAPLOCK", "page"],
    ["invalidate_lock", "page"],
    ["mmap_sem", "page"],
    ["i_rwsem", "page"],
    // As the comment on lock ordering in fs/ext4/super.c has it: page faults, buffered writes and ->writepages start the
    // transaction first. ext3 of 2.6.20 did it the other way round.
    ["txn", "page"],
  ],
  refuses: refusesExt4Flags,
  lacks: (scenario) =>
    Object.values(scenario.files).some(({ blocks }) => blocks.some(({ sharedWith }) => sharedWith !== null))
      ? "ext4 has no shared blocks"
      : null,
  mount: (world, scenario, flags) => new Ext4Volume(world, scenario, ext4Flags(flags)),
};
