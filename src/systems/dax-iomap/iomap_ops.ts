/**
 * `ext4_iomap_ops`, `xfs_read_iomap_ops` and `xfs_dax_write_iomap_ops`: what a piece of a file is mapped to.
 *
 * @module
 */

import type { MetadataSink } from "../../machine/disk_metadata.ts";
import { ENOSPC } from "../../machine/errno.ts";
import type { Steps } from "../../machine/task.ts";
import type { BufferHead } from "../common/pmem_inode.ts";
import { reachStep } from "../common/reach_step.ts";
import type { DaxIomapInode } from "./dax_iomap_inode.ts";

/** What a piece of a file is mapped to: true when it was looked up, and nobody keeps it so. */
export interface DaxIomap extends BufferHead {
  /** IOMAP_F_SHARED: a copy on write; where the data is now. */
  readonly source: BufferHead | null;
  /** IOMAP_F_DIRTY: there is metadata that fsync would have to make durable. */
  readonly isDirty: boolean;
}

export type IomapOperation = "read" | "write";

/**
 * `iomap_begin`. A write gets blocks where there are none; nothing that it is given is unwritten.
 *
 * @param handle of the caller, which the changes join (ext4 faults); null: one of its own
 * @returns -ENOSPC where there is no space: on ext4 when there is not one block, on XFS when the piece does not fit
 */
export function* iomapBegin(
  inode: DaxIomapInode,
  op: IomapOperation,
  lblk: number,
  max: number,
  handle: MetadataSink | null,
): Steps<DaxIomap | number> {
  const { world, fs, mount: { flags, shared } } = inode;
  yield;
  reachStep(world, "I1");
  const found = mapping(inode, lblk, max);
  if (op === "read") return found;
  if (shared.any) {
    const copied = yield* beginCow(inode, found, handle);
    if (copied !== null) return copied;
  }
  if (found.state === "written") return { ...found, isDirty: fs.hasUncommittedChange(inode) };
  const sink = handle ?? (yield* fs.start());
  yield;
  reachStep(world, "I2");
  const run = mapping(inode, lblk, max);
  const needed = run.state === "hole" ? run.blocks : 0;
  let got: DaxIomap | null = run;
  if (run.state === "hole") {
    const isFull = flags.fs === "xfs" && (fs.isFull() || fs.allocator.free.length < needed);
    const made = isFull ? null : inode.map.getBlockCreate(lblk, needed, "written", sink);
    got = made === null ? null : { ...bufferHead(made), source: null, isDirty: true };
  } else if (run.state === "unwritten") {
    if (flags.converts) inode.map.convert(lblk, run.blocks, sink);
    got = { ...run, state: "written", isNew: true, isDirty: true };
  }
  if (got !== null && got.isNew && flags.zeroOnAlloc === "on") clearBlocks(inode, got);
  if (handle === null) fs.stopNow(sink, got?.isNew ? inode : null);
  if (got !== null && got.isNew && flags.zeroOnAlloc === "late") {
    yield;
    clearBlocks(inode, got);
  }
  return got ?? -ENOSPC;
}

/** A run of blocks of one state as the map has it now, holes as long as they are. */
function mapping(inode: DaxIomapInode, lblk: number, max: number): DaxIomap {
  const isDirty = inode.fs.hasUncommittedChange(inode);
  return { ...bufferHead(inode.map.getBlock(lblk, max)), source: null, isDirty };
}

function bufferHead(
  { state, lblk, blocks, pblk, isNew }: {
    state: string;
    lblk: number;
    blocks: number;
    pblk: number | null;
    isNew: boolean;
  },
): BufferHead {
  const known = state === "written" || state === "unwritten" ? state : "hole";
  return { state: known, lblk, blocks, pblk, isNew };
}

/** EXT4_GET_BLOCKS_ZERO, XFS_BMAPI_ZERO: in the transaction that maps the blocks, past the cache, with a fence. */
function clearBlocks(inode: DaxIomapInode, bh: BufferHead): void {
  const { volume } = inode.fs;
  const end = (bh.lblk + bh.blocks) * inode.sectorsPerBlock;
  for (let sector = bh.lblk * inode.sectorsPerBlock; sector < end; sector++) {
    volume.zeroSector(inode.placeOf(bh, sector), "new_block", "nocache");
  }
  volume.memory.sfence();
}

/**
 * `xfs_reflink_allocate_cow`: a block beside the one that others have too. It is nobody's data yet, and it is not cleared.
 *
 * @returns null where the first block is not shared
 */
function* beginCow(
  inode: DaxIomapInode,
  found: DaxIomap,
  handle: MetadataSink | null,
): Steps<DaxIomap | number | null> {
  const { world, fs, mount: { shared } } = inode;
  const { lblk, pblk } = found;
  if (found.state !== "written" || !shared.isShared(pblk!)) return null;
  const sink = handle ?? (yield* fs.start());
  yield;
  reachStep(world, "I3");
  const source: BufferHead = { ...found, blocks: 1 };
  let block = inode.cowBlock(lblk);
  if (block === null) {
    block = fs.allocator.allocate({ file: inode.ino, lblk });
    if (block !== null) inode.setCowBlock(lblk, block);
  }
  if (handle === null) fs.stopNow(sink, null);
  if (block === null) return -ENOSPC;
  return { state: "written", lblk, blocks: 1, pblk: block, isNew: false, source, isDirty: true };
}

/** `xfs_dax_write_iomap_end`: what was copied takes the place of the shared blocks, or nothing was and it is given back. */
export function* iomapEnd(
  inode: DaxIomapInode,
  iomap: DaxIomap,
  written: number,
  handle: MetadataSink | null,
): Steps {
  if (iomap.source === null) return;
  const { world, fs, mount: { shared } } = inode;
  const { lblk } = iomap;
  const sink = handle ?? (yield* fs.start());
  yield;
  reachStep(world, "I4");
  const block = inode.cowBlock(lblk);
  if (block !== null) {
    inode.setCowBlock(lblk, null);
    if (written === 0) sink.free([block]);
    else {
      const generation = fs.volume.generation(block);
      const before = inode.map.replace(lblk, { state: "written", pblk: block, generation }, sink);
      if (before !== null && shared.leave(before, inode.ino)) sink.free([before]);
    }
  }
  if (handle === null) fs.stopNow(sink, written > 0 ? inode : null);
}
