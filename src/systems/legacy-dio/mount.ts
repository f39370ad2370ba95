/**
 * What the files of a mounted file system of 2.6.20 have in common: the device, its free blocks, the bounds of a run.
 *
 * @module
 */

import { BlockAllocator } from "../../machine/block_allocator.ts";
import { BlockDevice, type InjectedError } from "../../machine/block_device.ts";

import { BlockMap } from "../../machine/block_map.ts";
import { CrashOrder } from "../../machine/crash_order.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import type { PageCacheBounds } from "../../machine/page_cache_bounds.ts";
import type { Accountable } from "../../machine/quiescence.ts";
import type { World } from "../../machine/world.ts";
import { sectorsOf } from "../../scenarios/place.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { type DiskLayout, diskLayout } from "../common/disk_layout.ts";
import type { Dio } from "./dio.ts";
import type { LegacyFlags } from "./flags.ts";

/** Errors of the device, by the places in files that they are at. */
function injectedErrors({ device }: Scenario, { sectorsPerPage }: DiskLayout): InjectedError[] {
  return device.errors.flatMap(({ at, op }) => {
    if (at.range === null) return [];
    const { from, to } = sectorsOf(at.range, sectorsPerPage);
    return Array.from({ length: to - from }, (_, nth) => ({ of: { file: at.name, sector: from + nth }, op }));
  });
}

export class LegacyMount {
  readonly world: World;
  readonly flags: LegacyFlags;
  readonly layout: DiskLayout;
  readonly bounds: PageCacheBounds;
  readonly device: BlockDevice;
  readonly allocator: BlockAllocator;
  readonly crashOrder: CrashOrder | null;
  /** What has to be given back: pages of files, direct I/O. */
  readonly accountables: Accountable[] = [];
  readonly dioPages: number;
  readonly bioPages: number;
  readonly #scenario: Scenario;

  constructor(world: World, scenario: Scenario, flags: LegacyFlags) {
    this.world = world;
    this.flags = flags;
    this.#scenario = scenario;
    const layout = this.layout = diskLayout(scenario);
    const { bounds, device, kernel } = scenario;
    this.dioPages = bounds.DIO_PAGES;
    this.bioPages = bounds.BIO_MAX_VECS;
    this.bounds = {
      sectorsPerPage: layout.sectorsPerPage,
      pagesMax: bounds.pages,
      pagevec: bounds.PAGEVEC,
      faultAroundPages: bounds.fault_around,
      readaheadPages: kernel.readahead,
      retriesMax: bounds.retries,
    };
    this.crashOrder = scenario.crash === "never" ? null : new CrashOrder(world);
    this.device = new BlockDevice(world, {
      sectors: layout.sectors,
      sectorsPerBlock: layout.sectorsPerBlock,
      initial: layout.initial,
      volatileCache: flags.volatileCache || device.volatileCache === "on" ? "volatile" : "none",
      errors: injectedErrors(scenario, layout),
      ...(this.crashOrder === null ? {} : { crashOrder: this.crashOrder }),
    });
    this.allocator = new BlockAllocator(world, this.device, {
      free: layout.free,
      enospcAt: device.enospcAt.flatMap(({ name, range }) => {
        if (range === null) return [];
        const { from, to } = sectorsOf(range, layout.sectorsPerPage);
        const first = Math.floor(from / layout.sectorsPerBlock);
        const end = Math.ceil(to / layout.sectorsPerBlock);
        return Array.from({ length: end - first }, (_, nth) => ({ file: name, lblk: first + nth }));
      }),
    });
  }

  /** The block map of a file. */
  mapOf(format: FileFormat): BlockMap {
    return new BlockMap(this.world, this.allocator, format, {
      sectorsPerBlock: this.layout.sectorsPerBlock,
      blocksMax: this.layout.blocksMax,
      boundaryAfter: this.#scenario.files[format.file].boundaryAfter,
    });
  }

  begun(dio: Dio): void {
    this.accountables.push(dio);
  }
}
