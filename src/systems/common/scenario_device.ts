/**
 * What a scenario says of its device, in the words of the machine.
 *
 * @module
 */

import type { FileBlock } from "../../machine/block_allocator.ts";
import type { InjectedError } from "../../machine/block_device.ts";
import * as errno from "../../machine/errno.ts";
import { sectorsOf } from "../../scenarios/place.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { DiskLayout } from "./disk_layout.ts";

/** Errors of the device, by the places in files that they are at. */
export function injectedErrors({ device }: Scenario, { sectorsPerPage }: DiskLayout): InjectedError[] {
  return device.errors.flatMap(({ at, op, error }) => {
    if (at.range === null) return [];
    const { from, to } = sectorsOf(at.range, sectorsPerPage);
    const number = (errno as Readonly<Record<string, number>>)[error] ?? errno.EIO;
    return Array.from({ length: to - from }, (_, nth) => ({
      of: { file: at.name, sector: from + nth },
      op,
      errno: number,
    }));
  });
}

/** Blocks that cannot be allocated though others can. */
export function enospcBlocks({ device }: Scenario, { sectorsPerPage, sectorsPerBlock }: DiskLayout): FileBlock[] {
  return device.enospcAt.flatMap(({ name, range }) => {
    if (range === null) return [];
    const { from, to } = sectorsOf(range, sectorsPerPage);
    const first = Math.floor(from / sectorsPerBlock);
    const end = Math.ceil(to / sectorsPerBlock);
    return Array.from({ length: end - first }, (_, nth) => ({ file: name, lblk: first + nth }));
  });
}
