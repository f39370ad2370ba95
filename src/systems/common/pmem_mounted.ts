/**
 * A system on persistent memory in one run.
 *
 * @module
 */

import { lengthSectors } from "../../scenarios/place.ts";
import type { PersistenceDomain } from "../../machine/persistent_memory.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { MountedSystem } from "../system.ts";
import type { PmemFile, PmemFileOptions } from "./pmem_file.ts";
import { type MetadataKind, PmemFilesystem } from "./pmem_filesystem.ts";
import type { PmemMount } from "./pmem_inode.ts";

/** The file system of a scenario; what the scenario says of the memory goes before the flag. */
export function openPmem(
  world: World,
  scenario: Scenario,
  metadata: MetadataKind,
  domain: PersistenceDomain,
): PmemFilesystem {
  return new PmemFilesystem(world, scenario, { metadata, domain: scenario.device.pmem === "eadr" ? "eadr" : domain });
}

/** Makes the files of a scenario and what the scenario program asks of a mounted system. */
export function mountedPmem<M extends PmemMount>(
  { fs }: M,
  scenario: Scenario,
  open: (options: PmemFileOptions) => PmemFile,
): MountedSystem {
  const { sectorsPerPage } = fs.bounds;
  const files = new Map(
    Object.entries(scenario.files).map(([name, { size }]) => [
      name,
      open({ name, size: lengthSectors(size, sectorsPerPage) }),
    ]),
  );
  return {
    file(name) {
      const file = files.get(name);
      if (file === undefined) throw new Error(`the file system does not have ${name}`);
      return file;
    },
    accountables: [...files.values()].map(({ inode }) => inode.mapping),
    pseudoHolders: [],
    zeroings: fs.volume.zeroings,
    look: () => fs.volume.look(),
    persistentLines: () => fs.volume.persistentLines(),
    ...(fs.journal === null ? {} : { commitJournal: () => fs.commitJournal() }),
    ...(fs.recovery === undefined ? {} : { recovery: fs.recovery }),
  };
}
