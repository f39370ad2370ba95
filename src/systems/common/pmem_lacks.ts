/**
 * What scenarios may ask for that file systems on persistent memory do not have here.
 *
 * @module
 */

import type { Scenario } from "../../scenarios/scenario.ts";

/**
 * What is lacking, as text; null: nothing.
 *
 * @param has what only some of these systems have
 */
export function pmemLacks(scenario: Scenario, has: "shared_blocks" | "no_shared_blocks"): string | null {
  const { mount, device, files, tasks } = scenario;
  if (mount.blocksPerPage !== 1) return "mount.blocks_per_page: a block has the size of a page on persistent memory";
  if (mount.readonly === "on") return "mount.readonly is not modelled on persistent memory";
  if (device.pmem === "none") return "device.pmem: none, on a system that has nothing else than persistent memory";
  if (device.errors.length > 0) return "device.errors: memory errors are not modelled";
  if (device.volatileCache === "on") {
    return "device.volatile_cache: there is no device with a cache on persistent memory";
  }
  if (device.free.some(({ state }) => state === "pending")) return "device.free: pending blocks are not modelled here";
  for (const [name, file] of Object.entries(files)) {
    if (file.cache.length > 0) return `files.${name}.cache: files on persistent memory begin with nothing cached`;
    const shares = file.blocks.some(({ sharedWith }) => sharedWith !== null);
    if (shares && has === "no_shared_blocks") return `files.${name}.blocks: no shared blocks here`;
    if (file.blocks.some(({ state }) => state === "delalloc")) return `files.${name}.blocks: no delalloc blocks here`;
  }
  for (const { operations } of Object.values(tasks)) {
    for (const { kind, name } of operations) {
      if (kind === "io_submit" || kind === "uring_submit") {
        return `${name}: asynchronous I/O is not modelled: it is done when io_submit returns`;
      }
    }
  }
  return null;
}
