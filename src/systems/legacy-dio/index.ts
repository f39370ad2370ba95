/**
 * Linux 2.6.20.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";
import type { Operation, Scenario } from "../../scenarios/scenario.ts";
import type { FlagValues, MountedSystem, System } from "../system.ts";
import { mountExt2 } from "./ext2.ts";
import { mountExt3 } from "./ext3.ts";
import { mountBlockDevices } from "./block_device_file.ts";
import { type FileSystem, FLAGS, legacyFlags } from "./flags.ts";
import { LegacyMount } from "./mount.ts";
import { LOCK_ORDER, STEPS } from "./steps.ts";
import { mountXfs } from "./xfs.ts";

/** Operations that came later. */
const LATER: Partial<Record<Operation["kind"], string>> = {
  uring_submit: "io_uring came with 5.1",
  fallocate: "fallocate came with 2.6.23",
};

export const legacyDio: System = {
  name: "legacy-dio",
  title: "Linux 2.6.20",
  sources: "fs/direct-io.c, mm/filemap.c, mm/truncate.c, mm/memory.c, ext2, ext3, jbd and XFS of 2.6.20",
  flags: FLAGS,
  presets: {},
  steps: STEPS,
  lockOrder: LOCK_ORDER,
  refuses({ blkfactor, short_at }) {
    if (typeof blkfactor !== "number" || blkfactor < 0) return `blkfactor is a number of bits, found ${blkfactor}`;
    if (short_at !== "none" && typeof short_at !== "number") return `short_at is a page or none, found ${short_at}`;
    return null;
  },
  lacks(scenario, values) {
    for (const { operations } of Object.values(scenario.tasks)) {
      for (const { kind, name } of operations) {
        const later = LATER[kind];
        if (later !== undefined) return `${name}: ${later}`;
      }
    }
    const { fs } = legacyFlags(values);
    for (const [name, { blocks }] of Object.entries(scenario.files)) {
      if (blocks.some(({ sharedWith }) => sharedWith !== null)) return `${name}: no file system shares blocks`;
      const state = blocks.find(({ state }) => state !== "written" && fs !== "xfs")?.state;
      if (state !== undefined) return `${name}: ${fs} has no ${state} blocks`;
    }
    return null;
  },
  contract: ({ fs }) => ({ transfers: "may_be_short", cached: fs === "xfs" ? "posix" : "page" }),
  mount,
};

const MOUNTS: Readonly<Record<FileSystem, (mount: LegacyMount) => MountedSystem>> = {
  ext2: mountExt2,
  ext3: mountExt3,
  xfs: mountXfs,
  bdev: mountBlockDevices,
};

function mount(world: World, scenario: Scenario, values: FlagValues): MountedSystem {
  const flags = legacyFlags(values);
  return MOUNTS[flags.fs](new LegacyMount(world, scenario, flags));
}
