/**
 * The device of a scenario with what lies on it: its free blocks, the block maps of its files, and whether it may crash.
 *
 * @module
 */

import { BlockAllocator } from "../../machine/block_allocator.ts";
import { BlockDevice } from "../../machine/block_device.ts";
import { BlockMap } from "../../machine/block_map.ts";
import { CrashOrder } from "../../machine/crash_order.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import { Journal, type JournalOptions } from "../../machine/journal.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { type DiskLayout, diskLayout } from "./disk_layout.ts";
import { enospcBlocks, injectedErrors } from "./scenario_device.ts";
import type { Surroundings } from "./surroundings.ts";

export class ScenarioDisk {
  readonly world: World;
  readonly layout: DiskLayout;
  /** Null: the scenario does not crash. */
  readonly crashOrder: CrashOrder | null;
  readonly device: BlockDevice;
  readonly allocator: BlockAllocator;
  readonly #scenario: Scenario;

  /** @param cache `volatile`: the device has a volatile cache whatever the scenario says */
  constructor(world: World, scenario: Scenario, cache: "volatile" | "by_scenario", surroundings?: Surroundings) {
    this.world = world;
    this.#scenario = scenario;
    const layout = this.layout = diskLayout(scenario);
    const crashOrder = this.crashOrder = scenario.crash === "never" ? null : new CrashOrder(world);
    const isVolatile = cache === "volatile" || scenario.device.volatileCache === "on";
    this.device = new BlockDevice(world, {
      sectors: layout.sectors,
      sectorsPerBlock: layout.sectorsPerBlock,
      initial: layout.initial,
      volatileCache: isVolatile ? "volatile" : "none",
      errors: injectedErrors(scenario, layout),
      ...(crashOrder === null ? {} : { crashOrder }),
      ...(surroundings === undefined ? {} : { outcomeOf: (bio) => surroundings.outcomeOf(bio) }),
    });
    this.allocator = new BlockAllocator(world, this.device, {
      free: layout.free,
      enospcAt: enospcBlocks(scenario, layout),
      ...(surroundings === undefined ? {} : {
        placeOf: ({ file, lblk }) => surroundings.placeOf(file, lblk),
        canReserve: ({ file, lblk }) => surroundings.canReserve(file, lblk),
        hasRoom: ({ file, lblk }) => surroundings.hasRoom(file, lblk),
        isFirst: ({ file, lblk }) => surroundings.isFirst(file, lblk),
      }),
    });
  }

  /** The block map of a file. */
  mapOf(format: FileFormat): BlockMap {
    const { sectorsPerBlock, blocksMax } = this.layout;
    const { boundaryAfter } = this.#scenario.files[format.file];
    return new BlockMap(this.world, this.allocator, format, { sectorsPerBlock, blocksMax, boundaryAfter });
  }

  /** A journal of its files; blocks that the scenario says are pending wait for the running transaction. */
  newJournal(
    options: Pick<JournalOptions, "handlesJoinAt" | "barrier" | "writeOrdered" | "thread" | "unloggedCommit">,
  ): Journal {
    const { layout, device, allocator, crashOrder } = this;
    const { logCredits } = this.#scenario.mount;
    const journal = new Journal(this.world, {
      files: layout.formats,
      // Without a crash nobody looks at the log, and a commit is two steps.
      device: crashOrder === null ? null : device,
      allocator,
      ...options,
      ...(logCredits === null ? {} : { logCredits }),
      ...(crashOrder === null ? {} : { crashOrder }),
    });
    for (const pblk of layout.pending) {
      allocator.keepPending(pblk);
      journal.running.freed.push(pblk);
    }
    return journal;
  }
}
