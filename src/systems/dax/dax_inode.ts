/**
 * An inode of a file on DAX, and one question to its block map.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space.ts";
import { BitLock } from "../../machine/bit_lock.ts";
import type { BlockMap } from "../../machine/block_map.ts";
import type { AllocatedState } from "../../machine/disk_metadata.ts";
import { ENOSPC } from "../../machine/errno.ts";
import { type Era, ERAS } from "../../machine/era.ts";
import { Flag } from "../../machine/flag.ts";
import { Inode } from "../../machine/inode.ts";
import { Sector, ZeroPage } from "../../machine/page_memory.ts";
import { Rwsem } from "../../machine/rwsem.ts";
import type { Steps } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import type { World } from "../../machine/world.ts";
import type { PmemFilesystem } from "../common/pmem_filesystem.ts";
import type { SectorPlace } from "../common/pmem_volume.ts";
import type { DaxFlags } from "./flags.ts";

/** Harrosh's `g_zero_page`: one page for the holes of all files. A mkwrite that goes wrong makes it writable. */
export class GlobalZeroPage extends ZeroPage {
  override readonly sectors: readonly Sector[];
  readonly lock: BitLock;

  constructor(world: World, sectorsPerPage: number) {
    super();
    this.lock = new BitLock(world, "page(g_zero_page,0)");
    this.sectors = Array.from({ length: sectorsPerPage }, () => new Sector(world, ZERO));
  }
}

/** What a mount has once. */
export interface DaxMount {
  readonly fs: PmemFilesystem;
  readonly flags: DaxFlags;
  /** Null: hole pages are in the page cache. */
  readonly zeroPage: GlobalZeroPage | null;
}

/** A private answer of the map (`struct buffer_head`): stale as soon as somebody else changes the map. */
export interface BufferHead {
  readonly state: "hole" | "unwritten" | "written";
  readonly lblk: number;
  /** Blocks of this state in a row. */
  readonly blocks: number;
  /** Of the first; null: hole. */
  readonly pblk: number | null;
  /** This call has allocated them. */
  readonly isNew: boolean;
}

const ERA: Era = { ...ERAS.G40, unmapLock: "i_mmap_rwsem" };

export class DaxInode extends Inode {
  readonly mount: DaxMount;
  readonly map: BlockMap;
  /** `MMAPLOCK(F)`; null: faults are not serialised. */
  readonly mmapLock: Rwsem | null;
  /** `i_data_sem(F)`, held shared over overwrites without i_mutex; null: every hold of it is one step. */
  readonly dataSem: Rwsem | null;
  /** EXT4_STATE_DIOREAD_LOCK: truncation keeps reads that take no i_mutex out. */
  readonly dioreadLock: Flag;

  constructor(mount: DaxMount, name: string, size: number, mapping: AddressSpaceOperations) {
    const { fs, flags } = mount;
    super(fs.world, { ino: name, size, era: ERA, bounds: fs.bounds, mapping });
    this.mount = mount;
    this.map = fs.map(name);
    this.mmapLock = flags.faultSerial === "mmaplock" ? new Rwsem(fs.world, `MMAPLOCK(${name})`) : null;
    this.dataSem = flags.locking === "none" && flags.fsAlloc !== "ext2"
      ? new Rwsem(fs.world, `i_data_sem(${name})`)
      : null;
    this.dioreadLock = new Flag(fs.world);
  }

  get sectorsPerBlock(): number {
    return this.map.sectorsPerBlock;
  }

  /** Where a sector is, by an answer of the map. */
  placeOf({ lblk, pblk }: BufferHead, sector: number): SectorPlace {
    return { file: this.ino, pblk: pblk! + Math.floor(sector / this.sectorsPerBlock) - lblk, sector };
  }
}

/** How a question to the map is asked: under `i_data_sem`, or by somebody who holds it. */
export type DataSem = "take" | "held";

/** `get_block(create=0)`: one run of blocks of one state. What is only reserved is a hole to DAX. */
export function* lookupBlock(inode: DaxInode, lblk: number, max: number, dataSem: DataSem = "take"): Steps<BufferHead> {
  const sem = dataSem === "take" ? inode.dataSem : null;
  if (sem !== null) yield* sem.lockShared();
  yield;
  const found = inode.map.getBlock(lblk, max);
  if (sem !== null) yield* sem.unlockShared();
  if (found.state === "delalloc" || found.state === "hole") {
    // b_state is 0, so that buffer_size_valid makes it one block.
    return { state: "hole", lblk, blocks: 1, pblk: null, isNew: false };
  }
  const { state, blocks, pblk } = found;
  return { state, lblk, blocks, pblk, isNew: false };
}

/**
 * `get_block(create=1)`: the same, with blocks allocated where there are none; ext2 clears them before it links them.
 *
 * @param as state of new blocks
 * @returns -ENOSPC when there is none to be had
 */
export function* createBlock(
  inode: DaxInode,
  lblk: number,
  max: number,
  as: AllocatedState,
): Steps<BufferHead | number> {
  const { fs, flags } = inode.mount;
  const sink = yield* fs.start();
  if (inode.dataSem !== null) yield* inode.dataSem.lockExclusive();
  yield;
  const found = inode.map.getBlockCreate(lblk, max, as, sink);
  if (found !== null && found.isNew && flags.fsAlloc === "ext2") {
    const end = (lblk + found.blocks) * inode.sectorsPerBlock;
    const bh: BufferHead = { state: "written", lblk, blocks: found.blocks, pblk: found.pblk, isNew: true };
    for (let sector = lblk * inode.sectorsPerBlock; sector < end; sector++) {
      fs.volume.zeroSector(inode.placeOf(bh, sector), "new_block");
    }
  }
  fs.stopNow(sink, found !== null && found.isNew ? inode : null);
  if (inode.dataSem !== null) yield* inode.dataSem.unlockExclusive();
  if (found === null) return -ENOSPC;
  const { state, blocks, pblk, isNew } = found;
  return { state: state as AllocatedState, lblk, blocks, pblk, isNew };
}

/** Converts unwritten blocks of a range that have got their data. */
export function* convertBlocks(inode: DaxInode, from: number, to: number): Steps {
  const { fs } = inode.mount;
  const first = Math.floor(from / inode.sectorsPerBlock);
  const count = Math.ceil(to / inode.sectorsPerBlock) - first;
  const sink = yield* fs.start();
  if (inode.dataSem !== null) yield* inode.dataSem.lockExclusive();
  yield;
  const converted = inode.map.convert(first, count, sink);
  fs.stopNow(sink, converted > 0 ? inode : null);
  if (inode.dataSem !== null) yield* inode.dataSem.unlockExclusive();
}

/** Frees the blocks from a size on, as a failed or short write beyond EOF and truncation do. */
export function* freeBlocksFrom(inode: DaxInode, size: number): Steps {
  const { fs } = inode.mount;
  const sink = yield* fs.start();
  yield;
  const freed = inode.map.trim(Math.ceil(size / inode.sectorsPerBlock), sink);
  fs.stopNow(sink, freed.length > 0 ? inode : null);
}
