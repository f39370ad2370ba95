/**
 * A file of 2.6.20 as the generic paths (mm/filemap.c, fs/direct-io.c, fs/attr.c) see it.
 *
 * @module
 */

import type { AddressSpace } from "../../machine/address_space.ts";
import { ERAS } from "../../machine/era.ts";
import { Inode } from "../../machine/inode.ts";
import type { PageCacheBounds } from "../../machine/page_cache_bounds.ts";
import { Rwsem } from "../../machine/rwsem.ts";
import type { Steps } from "../../machine/task.ts";
import type { World } from "../../machine/world.ts";
import type { Mapping } from "../../machine/block_map.ts";
import type { BlockFile, Create } from "../common/block_file.ts";
import type { Call, Transfer } from "../system.ts";
import type { BoundaryRule, Dio } from "./dio.ts";
import type { LegacyFlags, LockType } from "./flags.ts";

/** struct inode, with what 2.6.20 keeps there beside i_mutex. */
export class LegacyInode extends Inode {
  /** Shared by direct I/O until it is complete, exclusive for truncation. */
  readonly iAllocSem: Rwsem;

  constructor(
    world: World,
    ino: string,
    size: number,
    bounds: PageCacheBounds,
    { fair }: LegacyFlags,
    mapping: (inode: Inode) => AddressSpace,
  ) {
    const fairness = fair ? "fair" : "unfair";
    super(world, { ino, size, era: ERAS.G20, bounds, fairness, mapping });
    this.iAllocSem = new Rwsem(world, `i_alloc_sem(${ino})`, fairness);
  }
}

/** What the file system does with a direct I/O beyond answering for its blocks. */
export interface DirectIoHooks {
  /** Pages that are pinned at once, `DIO_PAGES`. */
  readonly dioPages: number;
  /** Pages of one bio. */
  readonly bioPages: number;
  readonly boundaryRule: BoundaryRule;
  /** Told of every direct I/O that begins. */
  begun(dio: Dio): void;
  /** `end_io`: called when all bios have ended, as part of the step in which it is complete. May queue work. */
  endIo(dio: Dio, transferred: number): void;
}

/** The two functions of 2.6.20 that lock a direct I/O: mm/filemap.c's, and fs/direct-io.c's, which the first one comes to. */
export interface DirectIoPaths {
  /** `generic_file_direct_IO`: ends in the file's `directIo`. */
  genericFileDirectIo(file: LegacyFile, rw: "read" | "write", transfer: Transfer, pos: number): Steps<number>;
  /** `__blockdev_direct_IO`: ends in the file's `getBlock`. */
  blockdevDirectIo(request: DioRequest, lockType: LockType): Steps<number>;
}

/** What a direct I/O is asked for: `transfer`, from sector `pos` of the file on. */
export interface DioRequest {
  readonly file: LegacyFile;
  readonly rw: "read" | "write";
  readonly transfer: Transfer;
  readonly pos: number;
}

export interface LegacyFile extends BlockFile {
  readonly inode: LegacyInode;
  readonly flags: LegacyFlags;
  readonly dioHooks: DirectIoHooks;
  readonly paths: DirectIoPaths;
  /** `get_block` as direct I/O is given it; `call` is told of it. */
  getBlockDirect(lblk: number, max: number, create: Create, call: Call): Steps<Mapping | number>;
  /** `a_ops->direct_IO`. */
  directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number>;
  /** What `mark_inode_dirty` lets the disk know of a size that has grown, as part of the current step. */
  sizeGrew(size: number): void;
  /** `generic_osync_inode(OSYNC_METADATA)`: the inode's metadata on the disk. */
  syncMetadata(call: Call): Steps<number>;
}
