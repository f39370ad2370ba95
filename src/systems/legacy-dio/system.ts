/**
 * Linux 2.6.20.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";
import { lengthSectors } from "../../scenarios/place.ts";
import type { Operation, Scenario } from "../../scenarios/scenario.ts";
import type { FlagValues, MountedSystem, System } from "../system.ts";
import { mountExt2 } from "./ext2.ts";
import { mountExt3 } from "./ext3.ts";
import { mountBlockDevices } from "./block_device_file.ts";
import { FLAGS, legacyFlags } from "./flags.ts";
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

function mount(world: World, scenario: Scenario, values: FlagValues): MountedSystem {
  const flags = legacyFlags(values);
  const mount = new LegacyMount(world, scenario, flags);
  const sizes = new Map(
    Object.entries(scenario.files).map(([name, { size }]) => [name, lengthSectors(size, mount.layout.sectorsPerPage)]),
  );
  switch (flags.fs) {
    case "ext2":
      return mountExt2(mount, sizes);
    case "ext3":
      return mountExt3(mount, sizes, scenario.mount.logCredits);
    case "xfs":
      return mountXfs(mount, sizes, scenario.mount.logCredits);
    case "bdev":
      return mountBlockDevices(mount, sizes);
  }
}
