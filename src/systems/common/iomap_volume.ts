/**
 * What mounted file systems whose direct I/O goes over iomap have in common: the disk and its journal, the direct I/Os in
 * flight, and the queues in which they end.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import type { InodeOptions } from "../../machine/inode.ts";
import type { Steps } from "../../machine/task.ts";
import { Workqueue } from "../../machine/workqueue.ts";
import type { KernelTracepoints } from "../../machine/tracepoint_log.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { BlockRecord } from "../run_record.ts";
import type { MountedSystem } from "../system.ts";
import { blockReadahead } from "./block_readahead.ts";
import { delallocOperations } from "./delalloc_pages.ts";
import type { IomapFile } from "./iomap_file.ts";
import { IomapDios } from "./iomap_dio_state.ts";
import type { KernelBelow } from "./kernel_below.ts";
import { JournalledDisk, type JournalledDiskOptions } from "./journalled_disk.ts";

export interface IomapVolumeOptions extends Pick<JournalledDiskOptions, "handlesJoinAt" | "thread"> {
  /** Queue of the work that the end of a write to unwritten blocks needs. */
  readonly conversions: string;
  readonly below: KernelBelow;
}

export abstract class IomapVolume<File extends IomapFile = IomapFile> implements MountedSystem {
  readonly world: World;
  readonly below: KernelBelow;
  readonly scenario: Scenario;
  readonly disk: JournalledDisk;
  readonly recovery: JournalledDisk;
  readonly dios = new IomapDios();
  /** `ext4-rsv-conversion`, `xfs-conv`. */
  readonly conversions: Workqueue;
  /** `dio/<dev>`. */
  readonly dioDone: Workqueue;
  readonly ringTask: Workqueue;
  /** `iou-wrk`: workers of rings. */
  readonly ringWorkers: Workqueue;
  readonly deviceFua: "fua" | "no_fua";
  readonly #files = new Map<string, File>();

  constructor(world: World, scenario: Scenario, options: IomapVolumeOptions) {
    const { handlesJoinAt, thread, conversions, below } = options;
    const { device } = below;
    this.world = world;
    this.below = below;
    this.scenario = scenario;
    this.disk = this.recovery = new JournalledDisk(world, scenario, {
      handlesJoinAt,
      thread,
      volatileCache: device.wcache === "on" ? "volatile" : "by_scenario",
      isPreallocated: (file, lblk, state) => this.isPreallocated(file, lblk, state),
      ...(below.surroundings === undefined ? {} : { surroundings: below.surroundings }),
    });
    this.conversions = new Workqueue(world, conversions, "concurrent");
    this.dioDone = new Workqueue(world, "dio_done", "concurrent");
    this.ringTask = new Workqueue(world, "ring", "concurrent");
    // Made here: who of several punts first must make no difference to what the others make.
    this.ringWorkers = new Workqueue(world, "iou-wrk", "concurrent", this.ringTask.object);
    const saysFua = device.fua === "on" || device.fua === "ignored" || scenario.device.fua === "on";
    this.deviceFua = saysFua ? "fua" : "no_fua";
    if (device.fua === "ignored") this.disk.device.ignoreFua();
  }

  /** Made when it is first asked for, which is while the program is set up. */
  file(name: string): File {
    let file = this.#files.get(name);
    if (file === undefined) this.#files.set(name, file = this.newFile(name));
    return file;
  }

  protected abstract newFile(name: string): File;

  /** Whether a block beyond the end of a file is there on purpose. */
  protected abstract isPreallocated(file: string, lblk: number, state: BlockRecord["state"]): boolean;

  get tracepoints(): KernelTracepoints | undefined {
    return this.below.tracepoints;
  }

  /** What a file's pages are read and written with. */
  operationsOf(file: IomapFile): AddressSpaceOperations {
    const { readahead, surroundings } = this.below;
    return {
      ...delallocOperations(file),
      ...(surroundings === undefined ? {} : {
        readaheadWindow: (index, wanted) => surroundings.readaheadWindow(file.name, index, wanted),
        readaheadMarked: (index, end, mark) => surroundings.readaheadMarked(file.name, index, end, mark),
        readaheadMark: (index, end) => surroundings.readaheadMark(file.name, index, end),
        folioOf: (index) => surroundings.folioOf(file.name, index),
      }),
      ...(readahead === "by_page"
        ? {}
        : { readahead: (folios) => blockReadahead(file, folios, file.readaheadEvents()) }),
    };
  }

  /** The page cache of a file. */
  mappingOf(file: IomapFile): InodeOptions["mapping"] {
    return this.operationsOf(file);
  }

  get accountables() {
    return [this.dios, ...[...this.#files.values()].map(({ inode }) => inode.mapping)];
  }

  get zeroings() {
    return this.dios.zeroings;
  }

  get pseudoHolders() {
    return this.dios.holders;
  }

  *commitJournal(): Steps {
    yield* this.disk.journal.forceCommit();
  }
}
