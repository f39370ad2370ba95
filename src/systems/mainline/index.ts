/**
 * Mainline 6.1 and 6.18: ext4 and XFS over iomap, with the events that their tracepoints fire.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { KernelBelow } from "../common/kernel_below.ts";
import type { Surroundings } from "../common/surroundings.ts";
import { Ext4Volume } from "../ext4-iomap-dio/ext4_file.ts";
import { ext4IomapDio } from "../ext4-iomap-dio/index.ts";
import type { MountedSystem, System } from "../system.ts";
import { xfsIomapDio } from "../xfs-iomap-dio/index.ts";
import { XfsVolume } from "../xfs-iomap-dio/xfs_file.ts";
import { kernelOf } from "./core.ts";
import {
  ext4FlagsOf,
  MAINLINE_FLAGS,
  MAINLINE_PRESETS,
  type MainlineFlags,
  mainlineFlags,
  refusesMainlineFlags,
  xfsFlagsOf,
} from "./flags.ts";
import { MAINLINE_STEPS } from "./steps.ts";

function mount(...[world, scenario, values]: Parameters<System["mount"]>): MountedSystem {
  const flags = mainlineFlags(values);
  return volumeOf(world, scenario, flags, kernelOf(flags));
}

/** A mounted file system of it. */
export type MainlineVolume = Ext4Volume | XfsVolume;

/** The same with what is around it decided by somebody else than the scenario, such as a recording. */
export function mountAmong(
  surroundings: Surroundings,
  ...[world, scenario, values]: Parameters<System["mount"]>
): MainlineVolume {
  const flags = mainlineFlags(values);
  const kernel: KernelBelow = {
    ...kernelOf(flags),
    surroundings,
    get timestamps() {
      return surroundings.timestamps();
    },
  };
  return volumeOf(world, scenario, flags, kernel);
}

function volumeOf(
  world: World,
  scenario: Scenario,
  flags: MainlineFlags,
  kernel: KernelBelow,
): MainlineVolume {
  return flags.fs === "ext4"
    ? new Ext4Volume(world, scenario, ext4FlagsOf(flags), kernel)
    : new XfsVolume(world, scenario, xfsFlagsOf(flags), kernel);
}

/** Of both file systems; not the one of page locks and transactions: ext4 starts a transaction first, XFS under the lock. */
const LOCK_ORDER = [
  ...new Map(
    [...ext4IomapDio.lockOrder, ...xfsIomapDio.lockOrder].filter((pair) => !pair.includes("txn"))
      .map((pair) => [pair.join(" "), pair] as const),
  ).values(),
];

export const mainline: System = {
  name: "mainline",
  title: "mainline 6.1 and 6.18, ext4 and XFS",
  sources:
    "fs/iomap, fs/ext4, fs/xfs, mm and block of 6.1-rc7 and 6.18.2; recordings of 6.18.44 and of Debian's 6.1.192",
  flags: MAINLINE_FLAGS,
  presets: MAINLINE_PRESETS,
  steps: MAINLINE_STEPS,
  lockOrder: LOCK_ORDER,
  contract: (values) =>
    mainlineFlags(values).fs === "xfs"
      ? { transfers: "all_or_nothing", cached: "posix" }
      : { transfers: "may_be_short" },
  refuses: refusesMainlineFlags,
  lacks: (scenario, flags) =>
    mainlineFlags(flags).fs === "ext4"
      ? ext4IomapDio.lacks?.(scenario, flags) ?? null
      : xfsIomapDio.lacks?.(scenario, flags) ?? null,
  mount,
};
