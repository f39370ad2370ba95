/**
 * The placeholder series for direct I/O (Chris Mason, 2006-12 and 2007-02), on 2.6.20.
 *
 * @module
 */

import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { BlockDeviceFile, mountedDevices } from "../legacy-dio/block_device_file.ts";
import { mountExt2 } from "../legacy-dio/ext2.ts";
import { mountExt3, mountWithKjournald } from "../legacy-dio/ext3.ts";
import { legacyDio } from "../legacy-dio/index.ts";
import { mountXfs } from "../legacy-dio/xfs.ts";
import type { FlagValues, MountedSystem, System } from "../system.ts";
import { PerBlockExt3File } from "./ext3.ts";
import { PLACEHOLDER_FLAGS } from "./flag_table.ts";
import { type PlaceholderFileSystem, placeholderFlags } from "./flags.ts";
import { illegalSet, LEGAL_SETS, PRESETS } from "./legal_sets.ts";
import { PlaceholderMount } from "./mount.ts";
import { mountReiserfs } from "./reiserfs.ts";
import { withRenamedSteps } from "./renamed_steps.ts";
import { LOCK_ORDER, PLACEHOLDER_STEPS } from "./steps.ts";

export const placeholderDio: System = {
  name: "placeholder-dio",
  title: "the O_DIRECT placeholder series of 2007-02 on 2.6.20",
  sources: "Chris Mason's eight patches of 2007-02-07 with their review on linux-fsdevel, patch 1 of version 5 of " +
    "2006-12-22, and 2.6.20 where they change nothing",
  flags: PLACEHOLDER_FLAGS,
  presets: PRESETS,
  legalSets: LEGAL_SETS,
  steps: PLACEHOLDER_STEPS,
  lockOrder: LOCK_ORDER,
  refuses: (values) => illegalSet(values) ?? refusal(values) ?? legacyDio.refuses?.(values) ?? null,
  lacks(scenario, values) {
    const blocks = scenario.mount.blocksPerPage;
    if (values.blocksize === 1024 && blocks !== 4) {
      return `blocksize=1024 goes with mount: { blocks_per_page: 4 }, found ${blocks}`;
    }
    return legacyDio.lacks?.(scenario, values) ?? null;
  },
  contract: (values) => legacyDio.contract!(values),
  mount,
};

/** Flags that mean nothing together. */
function refusal(values: FlagValues): string | null {
  if (values.flags_used !== "from_fs" && values.p4 !== "on") {
    return `flags_used=${values.flags_used} needs p4, which brings the flags`;
  }
  if (values.fs === "xfs" && values.p4 === "on" && values.p7 !== "on") {
    return "fs=xfs with p4 needs p7: patch 4 takes away blockdev_direct_IO_own_locking, which XFS calls";
  }
  for (const name of ["readahead_pages", "DIO_PAGES", "PAGEVEC", "GANG"]) {
    const value = values[name];
    if (typeof value !== "number" || value < 0) return `${name} is a number from 0 on, found ${value}`;
  }
  return null;
}

const MOUNTS: Readonly<Record<PlaceholderFileSystem, (mount: PlaceholderMount) => MountedSystem>> = {
  ext2: mountExt2,
  ext3: (mount) =>
    mount.series.p5
      ? mountWithKjournald(mount, (journal, format) => new PerBlockExt3File(mount, journal, format))
      : mountExt3(mount),
  reiserfs: mountReiserfs,
  xfs: mountXfs,
  bdev: (mount) => mountedDevices(mount, mount.filesOf((format) => new BlockDeviceFile(mount, format))),
};

function mount(world: World, scenario: Scenario, values: FlagValues): MountedSystem {
  const series = placeholderFlags(values);
  const mounted = MOUNTS[series.fs](new PlaceholderMount(world, scenario, series));
  const files = new Map(Object.keys(scenario.files).map((name) => [name, withRenamedSteps(mounted.file(name))]));
  return { ...mounted, file: (name) => files.get(name)! };
}
