/**
 * A mounted file system whose page trees record direct I/O: XFS of 5.0 in all that the discussion does not touch.
 *
 * @module
 */

import { AddressSpace } from "../../machine/address_space.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { InodeOptions } from "../../machine/inode.ts";
import { isWaitedEntry } from "../../machine/address_space.ts";
import { truncateSetsize } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { blockTruncatePage } from "../common/block_pages.ts";
import { readThroughCache } from "../common/buffered_io.ts";
import type { IomapDioCore } from "../common/iomap_dio.ts";
import type { IomapFile } from "../common/iomap_file.ts";
import type { Call, Transfer } from "../system.ts";
import { XFS_FLAGS, xfsFlags } from "../xfs-iomap-dio/flags.ts";
import { XfsFile, XfsVolume } from "../xfs-iomap-dio/xfs_file.ts";
import { trackedDirectIo } from "./direct_io.ts";
import type { PageCacheFlags } from "./flags.ts";
import { MarkedAddressSpace } from "./marked_address_space.ts";

/** XFS as 5.0 has it. */
export const XFS_5_0 = xfsFlags({
  ...Object.fromEntries(XFS_FLAGS.map((flag) => [flag.name, flag.default])),
  unaligned: "v50",
});

export class TrackedVolume extends XfsVolume {
  readonly tracked: PageCacheFlags;

  constructor(world: World, scenario: Scenario, tracked: PageCacheFlags) {
    super(world, scenario, XFS_5_0);
    this.tracked = tracked;
  }

  protected override newFile(name: string): XfsFile {
    return new TrackedFile(this, name);
  }

  override mappingOf(file: IomapFile): InodeOptions["mapping"] {
    return (inode) => new MarkedAddressSpace(inode, this.operationsOf(file), this.tracked);
  }
}

export class TrackedFile extends XfsFile {
  /** The page tree does what flushing and invalidating are for. */
  override get core(): IomapDioCore {
    return { ...super.core, pageCache: "left_alone" };
  }

  get mapping(): MarkedAddressSpace {
    return this.inode.mapping as MarkedAddressSpace;
  }

  override *read(transfer: Transfer): Steps<number> {
    if (transfer.direct) return yield* trackedDirectIo(this, transfer, "read");
    if (this.mapping.flags.fs === "ext4") return yield* readThroughCache(this.mapping, transfer, transfer.pos);
    return yield* super.read(transfer);
  }

  override *write(transfer: Transfer): Steps<number> {
    return transfer.direct ? yield* trackedDirectIo(this, transfer, "write") : yield* super.write(transfer);
  }

  /**
   * Truncation looks for direct I/O where it is recorded: with pgrwsem exclusive, and entry by entry. The page that the new
   * end is in is zeroed before that: it may have to be read into a tree that is empty, which takes pgrwsem itself.
   */
  override *truncate(size: number, call: Call): Steps<number> {
    const { inode, journal, map, mapping, sectorsPerBlock } = this;
    const waits = mapping.flags.trunc_pgrwsem === "on";
    call.at("t1");
    yield* this.iolock.lockExclusive();
    yield* mapping.invalidateLock!.lockExclusive();
    yield;
    if (size < inode.readSize()) yield* blockTruncatePage(this, size);
    if (waits) {
      call.at("trunc_wait");
      yield* mapping.pgrwsem.lockExclusive();
      yield* this.#waitForEntries(size);
    }
    yield;
    const before = inode.readSize();
    call.at("t4");
    yield* truncateSetsize(inode, size);
    const handle = yield* journal.start();
    yield;
    call.at("t7");
    setDiskSize(inode, size, handle);
    if (size < before) map.trim(Math.ceil(size / sectorsPerBlock), handle);
    this.stopHandle(handle);
    if (waits) yield* mapping.pgrwsem.unlockExclusive();
    yield* mapping.invalidateLock!.unlockExclusive();
    yield* this.iolock.unlockExclusive();
    return 0;
  }

  *#waitForEntries(size: number): Steps {
    const { mapping, inode } = this;
    for (let index = inode.pageOf(size); index < inode.bounds.pagesMax;) {
      yield;
      const entry = mapping.entryAt(index);
      if (isWaitedEntry(entry)) yield entry.whenGone;
      else index++;
    }
  }
}

/** The control with one lock for everything: faults take what reads and writes take. */
export class OneLockVolume extends XfsVolume {
  protected override newFile(name: string): XfsFile {
    return new OneLockFile(this, name);
  }

  override mappingOf(file: IomapFile): InodeOptions["mapping"] {
    return (inode) => new AddressSpace(inode, this.operationsOf(file));
  }
}

class OneLockFile extends XfsFile {
  /** MMAPLOCK is what is taken as IOLOCK, too. */
  override get iolock() {
    return this.inode.mapping.invalidateLock!;
  }
}
