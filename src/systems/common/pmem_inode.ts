/**
 * An inode of a file on persistent memory, and questions to its block map.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import type { BlockMap } from "../../machine/block_map.ts";
import type { AllocatedState } from "../../machine/disk_metadata.ts";
import { ENOSPC } from "../../machine/errno.ts";
import type { Era } from "../../machine/era.ts";
import { Flag } from "../../machine/flag.ts";
import { Inode } from "../../machine/inode.ts";
import { Rwsem } from "../../machine/rwsem.ts";
import type { Steps } from "../../machine/task.ts";
import type { Call } from "../system.ts";
import type { PmemFilesystem } from "./pmem_filesystem.ts";
import type { SectorPlace } from "./pmem_volume.ts";

/** What a mount has once; systems add their flags and what else there is one of. */
export interface PmemMount {
  readonly fs: PmemFilesystem;
}

/** A file as its mount finds it. */
export interface PmemInodeOptions {
  readonly name: string;
  /** In sectors. */
  readonly size: number;
  readonly mapping: AddressSpaceOperations;
}

/** What tells the inodes of one system, with one set of flags, from another's. */
export interface PmemInodeTraits {
  readonly era: Era;
  /** `before_linking`: ext2 clears a new block before anybody can find it. */
  readonly newBlocks: "before_linking" | "not_cleared";
  /** Whether faults and truncation take MMAPLOCK. */
  readonly mmapLock: "mmaplock" | "none";
  /** Whether `i_data_sem` is held over more than one step by anybody. */
  readonly dataSem: "held_over_overwrites" | "not_modelled";
  /** Whether there are reads that take no i_mutex, which truncation keeps out by DIOREAD_LOCK. */
  readonly unlockedReads: "dioread_lock" | "none";
  /** Whether i_dio_count is held over a copy. */
  readonly dioCount: "held_over_copies" | "not_held";
  /** Whether there are unwritten blocks, so that fallocate has something to do. */
  readonly preallocation: "unwritten_blocks" | "none";
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

export class PmemInode<M extends PmemMount = PmemMount> extends Inode {
  readonly mount: M;
  readonly fs: PmemFilesystem;
  readonly map: BlockMap;
  readonly newBlocks: PmemInodeTraits["newBlocks"];
  /** `MMAPLOCK(F)`; null: faults are not serialised. */
  readonly mmapLock: Rwsem | null;
  /** `i_data_sem(F)`, held shared over overwrites without i_mutex; null: every hold of it is one step. */
  readonly dataSem: Rwsem | null;
  /** EXT4_STATE_DIOREAD_LOCK: truncation keeps reads that take no i_mutex out; null: there are none, or nobody asks. */
  readonly dioreadLock: Flag | null;
  readonly preallocation: PmemInodeTraits["preallocation"];
  readonly #countsIo: boolean;

  constructor(mount: M, { name, size, mapping }: PmemInodeOptions, traits: PmemInodeTraits) {
    const { fs } = mount;
    super(fs.world, { ino: name, size, era: traits.era, bounds: fs.bounds, mapping });
    this.mount = mount;
    this.fs = fs;
    this.map = fs.map(name);
    this.newBlocks = traits.newBlocks;
    this.mmapLock = traits.mmapLock === "mmaplock" ? new Rwsem(fs.world, `MMAPLOCK(${name})`) : null;
    this.dataSem = traits.dataSem === "held_over_overwrites" ? new Rwsem(fs.world, `i_data_sem(${name})`) : null;
    this.dioreadLock = traits.unlockedReads === "dioread_lock" ? new Flag(fs.world) : null;
    this.preallocation = traits.preallocation;
    this.#countsIo = traits.dioCount === "held_over_copies";
  }

  /** The VFS's lock of the inode, exclusively. */
  *lockInode(): Steps {
    if (this.era.inodeLock === "i_mutex") yield* this.iMutex.lock();
    else yield* this.iRwsem.lockExclusive();
  }

  *unlockInode(): Steps {
    if (this.era.inodeLock === "i_mutex") yield* this.iMutex.unlock();
    else yield* this.iRwsem.unlockExclusive();
  }

  /** `inode_dio_begin`, where copies count as I/O under way. */
  *dioBegin(call: Call, step: string | null): Steps {
    if (!this.#countsIo) return;
    yield;
    if (step !== null) call.at(step);
    this.dioCount.increment(call.task);
  }

  /** `inode_dio_done`. */
  *dioDone(call: Call, step: string | null): Steps {
    if (!this.#countsIo) return;
    yield;
    if (step !== null) call.at(step);
    this.dioCount.decrement(call.task);
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

/** `get_block(create=0)`: one run of blocks of one state. What is only reserved is a hole. */
export function* lookupBlock(
  inode: PmemInode,
  lblk: number,
  max: number,
  dataSem: DataSem = "take",
): Steps<BufferHead> {
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
  inode: PmemInode,
  lblk: number,
  max: number,
  as: AllocatedState,
): Steps<BufferHead | number> {
  const { fs } = inode;
  const sink = yield* fs.start();
  if (inode.dataSem !== null) yield* inode.dataSem.lockExclusive();
  yield;
  const found = inode.map.getBlockCreate(lblk, max, as, sink);
  if (found !== null && found.isNew && inode.newBlocks === "before_linking") {
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
export function* convertBlocks(inode: PmemInode, from: number, to: number): Steps {
  const { fs } = inode;
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
export function* freeBlocksFrom(inode: PmemInode, size: number): Steps {
  const { fs } = inode;
  const sink = yield* fs.start();
  yield;
  const freed = inode.map.trim(Math.ceil(size / inode.sectorsPerBlock), sink);
  fs.stopNow(sink, freed.length > 0 ? inode : null);
}

/** True when every block of a range is there and written: an overwrite. */
export function* isOverwrite(inode: PmemInode, pos: number, end: number): Steps<boolean> {
  yield;
  for (let sector = pos; sector < end; sector += inode.sectorsPerBlock) {
    const { state } = inode.map.getBlock(Math.floor(sector / inode.sectorsPerBlock), 1);
    if (state !== "written") return false;
  }
  return true;
}
