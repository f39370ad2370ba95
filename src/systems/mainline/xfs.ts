/**
 * XFS of mainline.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space.ts";
import type { Era } from "../../machine/era.ts";
import type { Steps } from "../../machine/task.ts";
import type { KernelTracepoints } from "../../machine/tracepoint_log.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { blockReadahead } from "../common/block_readahead.ts";
import type { IomapDioCore } from "../common/iomap_dio.ts";
import type { IomapFile } from "../common/iomap_file.ts";
import { xfsReadaheadEvents } from "../xfs-iomap-dio/xfs_events.ts";
import { XfsFile, XfsVolume } from "../xfs-iomap-dio/xfs_file.ts";
import type { Transfer } from "../system.ts";
import { coreOf, eraOf, readDontcache, writeOf } from "./core.ts";
import { type MainlineFlags, xfsFlagsOf } from "./flags.ts";
import { MAINLINE_DIO_STEPS } from "./steps.ts";
import { tracepointsOf } from "./tracepoints.ts";

export class MainlineXfsVolume extends XfsVolume {
  override readonly era: Era;
  override readonly core: IomapDioCore;
  readonly kernel: MainlineFlags;
  readonly tracepoints: KernelTracepoints;

  constructor(world: World, scenario: Scenario, kernel: MainlineFlags) {
    super(world, scenario, xfsFlagsOf(kernel));
    this.kernel = kernel;
    this.era = eraOf(kernel);
    this.core = coreOf(kernel);
    this.tracepoints = tracepointsOf(kernel);
  }

  protected override newFile(name: string): XfsFile {
    return new MainlineXfsFile(this, name);
  }

  override operationsOf(file: IomapFile): AddressSpaceOperations {
    return {
      ...super.operationsOf(file),
      readahead: (folios) => blockReadahead(file, folios, xfsReadaheadEvents(file)),
    };
  }
}

class MainlineXfsFile extends XfsFile {
  override readonly steps = MAINLINE_DIO_STEPS;
  readonly kernel: MainlineFlags;

  constructor(volume: MainlineXfsVolume, name: string) {
    super(volume, name);
    this.kernel = volume.kernel;
    if (this.kernel.nosec === "off") this.inode.nosec.testAndClear();
  }

  /** `xfs_vn_update_time`. That fsync waits for it, and fdatasync does not, is left out: it is about no data. */
  override *updateTimes(): Steps {
    if (this.kernel.timestamps === "unmoved") return;
    const { world, ino } = this.inode;
    world.tracepoints?.emit("xfs_update_time", { file: ino });
    const handle = yield* this.startHandle();
    yield;
    this.dropHandle(handle);
  }

  override *read(transfer: Transfer): Steps<number> {
    return yield* readDontcache(this.inode, transfer, this.kernel, super.read(transfer));
  }

  override *write(transfer: Transfer): Steps<number> {
    return yield* super.write(writeOf(transfer, this.kernel));
  }
}
