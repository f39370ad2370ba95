/**
 * A mounted file system with the series, or a part of it, applied.
 *
 * @module
 */

import type { AddressSpace } from "../../machine/address_space.ts";
import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import type { Inode } from "../../machine/inode.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { LegacyMount } from "../legacy-dio/mount.ts";
import { directIoPaths } from "./direct_io.ts";
import type { PlaceholderFlags } from "./flags.ts";
import { PlaceholderAddressSpace } from "./placeholder_address_space.ts";

export class PlaceholderMount extends LegacyMount {
  readonly series: PlaceholderFlags;
  override readonly paths;
  readonly isReadOnly: boolean;
  readonly #gang: number;

  constructor(world: World, scenario: Scenario, series: PlaceholderFlags) {
    const { bounds, kernel, mount } = scenario;
    super(world, scenario, series.legacy, {
      dioPages: series.dioPages || bounds.DIO_PAGES,
      pageCache: {
        // The exclusive end is a page too far, and may lie behind the last page.
        slotsMax: bounds.pages + 1,
        pagevec: series.pagevec || bounds.PAGEVEC,
        readaheadPages: series.readaheadPages || kernel.readahead,
      },
    });
    this.series = series;
    this.paths = directIoPaths(series);
    this.isReadOnly = mount.readonly === "on";
    this.#gang = series.gang || bounds.GANG;
  }

  override get boundaryRule() {
    return this.series.boundary;
  }

  override newAddressSpace(inode: Inode, operations: AddressSpaceOperations): AddressSpace {
    if (!this.series.p1) return super.newAddressSpace(inode, operations);
    return new PlaceholderAddressSpace(inode, operations, this.series, this.#gang);
  }
}
