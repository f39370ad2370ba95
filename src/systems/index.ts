/**
 * All systems that are modelled, by name.
 *
 * @module
 */

import type { KnownSystems } from "../scenarios/selection.ts";
import type { FlagValue } from "../scenarios/scenario.ts";
import { dax } from "./dax/index.ts";
import { daxIomap } from "./dax-iomap/index.ts";
import { ext4IomapDio } from "./ext4-iomap-dio/index.ts";
import { legacyDio } from "./legacy-dio/index.ts";
import { mainline } from "./mainline/index.ts";
import { NotModelled } from "./not_modelled.ts";
import { pageCacheDio } from "./page-cache-dio/index.ts";
import { placeholderDio } from "./placeholder-dio/index.ts";
import type { FlagValues, System } from "./system.ts";
import { xfsIomapDio } from "./xfs-iomap-dio/index.ts";
import { xipIo } from "./xip-io/index.ts";

/** In the order of their kernels. */
export const SYSTEMS: readonly System[] = [
  legacyDio,
  placeholderDio,
  xipIo,
  dax,
  pageCacheDio,
  ext4IomapDio,
  xfsIomapDio,
  daxIomap,
  mainline,
];

/** Systems from outside, in the order in which they were loaded. */
const outside: System[] = [];

/** Adds a system from outside: from then on it is one like the others. */
export function addSystem(system: System): void {
  outside.push(system);
}

/** All systems that there are, those from outside last. */
export function allSystems(): readonly System[] {
  return [...SYSTEMS, ...outside];
}

/** @throws {NotModelled} when there is no such system */
export function systemNamed(name: string): System {
  const system = allSystems().find((each) => each.name === name);
  if (system === undefined) {
    throw new NotModelled(`${name} is not modelled: there are ${allSystems().map((each) => each.name).join(", ")}`);
  }
  return system;
}

/** Words that scenarios may use of the systems that are modelled. */
export function knownSystems(): KnownSystems {
  return Object.fromEntries(
    allSystems().map(({ name, flags, presets }) => [name, {
      flags: Object.fromEntries(flags.map((flag) => [flag.name, flag.values ?? []])),
      presets: Object.keys(presets),
    }]),
  );
}

/** The values of all flags of a system: those given, and defaults for the others. */
export function flagValues(system: System, given: Readonly<Record<string, FlagValue>> = {}): FlagValues {
  return { ...Object.fromEntries(system.flags.map((flag) => [flag.name, flag.default])), ...given };
}
