/**
 * The disk of a file system with a journal, as a scenario says that it is: device, blocks, the maps of its files, the
 * journal, and what a crash leaves of them.
 *
 * @module
 */

import { BlockAllocator } from "../../machine/block_allocator.ts";
import { BlockDevice } from "../../machine/block_device.ts";
import { BlockMap } from "../../machine/block_map.ts";
import { CrashOrder } from "../../machine/crash_order.ts";
import { DiskImage } from "../../machine/disk_image.ts";
import { RecoveredDisk, type RecoveredFile } from "../../machine/disk_recovery.ts";
import { Journal, type JournalOptions } from "../../machine/journal.ts";
import { ZERO } from "../../machine/tokens.ts";
import type { CrashPick } from "../../machine/program.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { BlockRecord, FileRecord } from "../run_record.ts";
import type { Recovery } from "../system.ts";
import { blockRecords } from "./block_file.ts";
import { type DiskLayout, diskLayout } from "./disk_layout.ts";
import { enospcBlocks, injectedErrors } from "./scenario_device.ts";

/** Which blocks beyond the end of a file are there on purpose. */
export type IsPreallocated = (file: string, lblk: number, state: BlockRecord["state"]) => boolean;

export interface JournalledDiskOptions {
  /** As of {@linkcode JournalOptions}. */
  readonly handlesJoinAt: "start" | "stop";
  readonly thread: string;
  /** `volatile`: the device has a volatile cache whatever the scenario says. */
  readonly volatileCache: "volatile" | "by_scenario";
  readonly isPreallocated: IsPreallocated;
}

export class JournalledDisk implements Recovery {
  readonly layout: DiskLayout;
  readonly device: BlockDevice;
  readonly allocator: BlockAllocator;
  readonly journal: Journal;
  readonly #maps = new Map<string, BlockMap>();
  readonly #isPreallocated: IsPreallocated;

  constructor(world: World, scenario: Scenario, options: JournalledDiskOptions) {
    const layout = this.layout = diskLayout(scenario);
    const { sectorsPerBlock, blocksMax } = layout;
    const crashOrder = scenario.crash === "never" ? null : new CrashOrder(world);
    const device = this.device = new BlockDevice(world, {
      sectors: layout.sectors,
      sectorsPerBlock,
      initial: layout.initial,
      volatileCache: options.volatileCache === "volatile" || scenario.device.volatileCache === "on"
        ? "volatile"
        : "none",
      errors: injectedErrors(scenario, layout),
      ...(crashOrder === null ? {} : { crashOrder }),
    });
    const allocator = this.allocator = new BlockAllocator(world, device, {
      free: layout.free,
      enospcAt: enospcBlocks(scenario, layout),
    });
    for (const format of layout.formats) {
      const { boundaryAfter } = scenario.files[format.file];
      this.#maps.set(
        format.file,
        new BlockMap(world, allocator, format, { sectorsPerBlock, blocksMax, boundaryAfter }),
      );
    }
    const journal: JournalOptions = {
      files: layout.formats,
      // Without a crash nobody looks at the log, and a commit is two steps.
      device: crashOrder === null ? null : device,
      allocator,
      handlesJoinAt: options.handlesJoinAt,
      thread: options.thread,
      ...(scenario.mount.logCredits === null ? {} : { logCredits: scenario.mount.logCredits }),
      ...(crashOrder === null ? {} : { crashOrder }),
    };
    this.journal = new Journal(world, journal);
    for (const pblk of layout.pending) {
      allocator.keepPending(pblk);
      this.journal.running.freed.push(pblk);
    }
    this.#isPreallocated = options.isPreallocated;
  }

  map(file: string): BlockMap {
    const map = this.#maps.get(file);
    if (map === undefined) throw new Error(`the disk does not have ${file}`);
    return map;
  }

  /** Blocks of a file as they are now, not looked at by any step. */
  blocks(file: string): BlockRecord[] {
    return blockRecords(this.map(file))
      .map((record) => ({ ...record, preallocated: this.#isPreallocated(file, record.lblk, record.state) }));
  }

  durableVersion(): number {
    return this.device.durableVersion() + this.journal.durableVersion();
  }

  recover(pick: CrashPick): FileRecord[] {
    const { sectorsPerBlock } = this.layout;
    const image = new DiskImage(this.device, pick);
    const disk = new RecoveredDisk(
      this.journal.recover(image),
      sectorsPerBlock,
      ({ pblk, generation }, within) => image.read(pblk * sectorsPerBlock + within, generation),
    );
    return [...disk.files.values()].map((file) => this.#recovered(file, image));
  }

  #recovered({ file, size, blocks }: RecoveredFile, image: DiskImage): FileRecord {
    const { sectorsPerBlock } = this.layout;
    const sorted = [...blocks].sort(([a], [b]) => a - b);
    const end = Math.max(size, ...sorted.map(([lblk]) => (lblk + 1) * sectorsPerBlock));
    return {
      name: file,
      size,
      diskSize: size,
      onOrphanList: false,
      blocks: sorted.map(([lblk, { pblk, state }]) => ({
        lblk,
        pblk,
        state,
        preallocated: this.#isPreallocated(file, lblk, state),
        conversionQueued: false,
      })),
      folios: [],
      ptes: [],
      media: Array.from({ length: end }, (_, sector) => {
        const block = blocks.get(Math.floor(sector / sectorsPerBlock));
        if (block === undefined || block.state !== "written") return ZERO;
        return image.read(block.pblk * sectorsPerBlock + sector % sectorsPerBlock, block.generation);
      }),
    };
  }
}
