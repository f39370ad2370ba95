/**
 * Pages of a file on blocks, read and written with buffers (fs/buffer.c, fs/mpage.c): `block_read_full_page`,
 * `block_write_full_page`, `block_prepare_write`, `block_truncate_page`.
 *
 * A page is read and written as a whole, also where blocks are smaller: which of its buffers are dirty or up to date is
 * not kept apart.
 *
 * @module
 */

import { Access } from "../../machine/access.ts";
import type { Waits } from "../../machine/buffered_read.ts";
import { EAGAIN } from "../../machine/errno.ts";
import type { Bio } from "../../machine/bio.ts";
import type { Mapping } from "../../machine/block_map.ts";
import type { Folio } from "../../machine/folio.ts";
import { Level } from "../../machine/level.ts";
import type { Steps } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import type { ReadaheadEvents } from "./block_readahead.ts";
import type { BlockFile, Create } from "./block_file.ts";

/** Sectors of a page that lie in a row on the device. */
interface Extent {
  /** First sector within the page. */
  readonly within: number;
  readonly sectors: number;
  /** On the device. */
  readonly sector: number;
}

/** Counts bios that end in any order, and says which one was the last. */
class Remaining {
  readonly #level: Level | null;
  #left: number;

  constructor(file: BlockFile, bios: number) {
    this.#left = bios;
    this.#level = bios > 1 ? new Level(file.inode.world) : null;
  }

  /** True for the last one. */
  isLast(): boolean {
    this.#level?.add(1, Access.Write);
    return --this.#left === 0;
  }
}

/** Blocks of a page that are mapped, as few runs as there can be; a negative error number when one cannot be had. */
function* mapPage(
  file: BlockFile,
  folio: Folio,
  blocks: number,
  create: Create,
  mapped?: ReadaheadEvents["mapped"],
): Steps<Extent[] | number> {
  const { sectorsPerBlock } = file.map;
  const first = folio.index * file.inode.bounds.sectorsPerPage / sectorsPerBlock;
  const extents: Extent[] = [];
  for (let block = 0; block < blocks;) {
    const mapping: Mapping | number = yield* file.getBlock(first + block, blocks - block, create);
    if (typeof mapping === "number") return mapping;
    mapped?.(mapping, blocks - block);
    if (mapping.pblk !== null && (mapping.state === "written" || create === "create")) {
      extents.push({
        within: block * sectorsPerBlock,
        sectors: mapping.blocks * sectorsPerBlock,
        sector: mapping.pblk * sectorsPerBlock,
      });
    }
    block += mapping.blocks;
  }
  return extents;
}

/** Whole blocks of a page that begin before a size. */
function blocksInside(file: BlockFile, folio: Folio, size: number): number {
  const { sectorsPerBlock } = file.map;
  const { sectorsPerPage } = file.inode.bounds;
  const inside = Math.ceil((size - folio.index * sectorsPerPage) / sectorsPerBlock);
  return Math.max(0, Math.min(inside, sectorsPerPage / sectorsPerBlock));
}

/** `mpage_readpage`: starts to read a locked folio, which is unlocked by the last bio. Holes and what is beyond i_size are zeros. */
export function* blockReadFullPage(file: BlockFile, folio: Folio, events?: ReadaheadEvents): Steps<number> {
  const { device, inode } = file;
  yield;
  const blocks = blocksInside(file, folio, inode.readSize());
  events?.begins(1);
  const extents = yield* mapPage(file, folio, blocks, "lookup", (mapping, left) => {
    events?.mapped(mapping, left);
    events?.goesOn?.();
  });
  if (typeof extents === "number") {
    yield;
    folio.lock.clear();
    return extents;
  }
  yield;
  zeroAround(folio, extents);
  if (extents.length === 0) {
    folio.uptodate.testAndSet();
    folio.lock.clear();
    return 0;
  }
  const remaining = new Remaining(file, extents.length);
  let failed = false;
  const endIo = ({ error }: Bio) => {
    if (error !== 0) failed = true;
    if (!remaining.isLast()) return;
    if (!failed) folio.uptodate.testAndSet();
    folio.lock.clear();
  };
  for (const [nth, { within, sectors, sector }] of extents.entries()) {
    const memory = folio.sectors.slice(within, within + sectors);
    const bio = device.bio({ op: "read", sector, file: inode.ino, memory, endIo });
    if (nth === 0) folio.lock.handOver(bio.name);
    device.submit(bio);
  }
  return 0;
}

export function endWriteback(folio: Folio): void {
  folio.endWriteback();
}

/** Zeroes the sectors of a page that no extent will be read into, as part of the current step. */
function zeroAround(folio: Folio, extents: readonly Extent[]): void {
  folio.sectors.forEach((memory, at) => {
    if (!extents.some(({ within, sectors }) => within <= at && at < within + sectors)) memory.store(ZERO);
  });
}

/**
 * `block_write_full_page`: allocates blocks for what has none, starts writeback and unlocks the folio; the last bio ends
 * the writeback.
 *
 * @param complete ends the writeback, called when all bios have ended and as part of that step
 * @param submitting called in the step that hands the page to the device
 * @returns a negative error number when blocks could not be had: the folio is unlocked, and its mapping has the error
 */
export function* blockWriteFullPage(
  file: BlockFile,
  folio: Folio,
  complete: (folio: Folio) => void = endWriteback,
  submitting?: (folio: Folio) => void,
): Steps<number> {
  const { device, inode } = file;
  yield;
  const blocks = blocksInside(file, folio, inode.readSize());
  const extents = yield* mapPage(file, folio, blocks, "create"); // b5
  yield; // b6
  if (typeof extents === "number") {
    folio.home.setError();
    folio.home.clearTag(folio.index, "DIRTY");
    folio.lock.clear();
    return extents;
  }
  if (extents.length === 0) {
    folio.home.clearTag(folio.index, "DIRTY");
    folio.lock.clear();
    return 0;
  }
  const remaining = new Remaining(file, extents.length);
  const endIo = ({ error }: Bio) => {
    if (error !== 0) folio.home.setError();
    if (!remaining.isLast()) return;
    complete(folio); // b7
  };
  const bios = extents.map(({ within, sectors, sector }) => {
    const memory = folio.sectors.slice(within, within + sectors);
    return device.bio({ op: "write", sector, file: inode.ino, memory, endIo });
  });
  submitting?.(folio);
  folio.startWriteback(bios[0].name);
  for (const bio of bios) device.submit(bio);
  folio.lock.clear();
  return 0;
}

/**
 * `block_prepare_write`: blocks for sectors [from, to) of a locked folio, allocated where there are none; what is not
 * overwritten of a page that is not up to date is read, or zeros.
 *
 * @param waits `never`: -EAGAIN where something would have to be read
 */
export function* blockPrepareWrite(
  file: BlockFile,
  folio: Folio,
  from: number,
  to: number,
  waits: Waits = "for_io",
): Steps<number> {
  const { map, inode, device } = file;
  const { sectorsPerBlock } = map;
  const { sectorsPerPage } = inode.bounds;
  const first = folio.index * sectorsPerPage / sectorsPerBlock;
  const uptodate = folio.uptodate.test();
  const reads: Bio[] = [];
  for (let block = 0; block < sectorsPerPage / sectorsPerBlock; block++) {
    const start = block * sectorsPerBlock;
    const end = start + sectorsPerBlock;
    const isWritten = start < to && end > from;
    const isWhole = from <= start && end <= to;
    if (!isWritten && uptodate) continue;
    const mapping: Mapping | number = yield* file.getBlock(first + block, 1, isWritten ? "create" : "lookup");
    if (typeof mapping === "number") {
      for (const bio of reads) yield* device.wait(bio);
      return mapping;
    }
    if (uptodate && isWritten && file.newBuffers === "dirty_if_uptodate" && mapping.state !== "written") {
      folio.setDirty();
    }
    if (uptodate || isWhole) continue;
    const memory = folio.sectors.slice(start, end);
    if (mapping.state === "written" && !mapping.isNew) {
      if (waits === "never") return -EAGAIN;
      yield;
      const sector = mapping.pblk! * sectorsPerBlock;
      const bio = device.bio({ op: "read", sector, file: inode.ino, memory, flags: file.fillsWith ?? [] });
      device.submit(bio);
      reads.push(bio);
      continue;
    }
    memory.forEach((sector, at) => {
      if (start + at < from || start + at >= to) sector.store(ZERO);
    });
  }
  let error = 0;
  for (const bio of reads) error = (yield* device.wait(bio)) || error;
  return error;
}

/** Reads all of a locked folio that is not up to date, and waits; it stays locked. */
export function* fillPage(file: BlockFile, folio: Folio): Steps<number> {
  const { inode, map, device } = file;
  if (folio.uptodate.test()) return 0;
  const blocks = inode.bounds.sectorsPerPage / map.sectorsPerBlock;
  const extents = yield* mapPage(file, folio, blocks, "lookup");
  yield;
  if (typeof extents === "number") return extents;
  zeroAround(folio, extents);
  let error = 0;
  for (const { within, sectors, sector } of extents) {
    const memory = folio.sectors.slice(within, within + sectors);
    const flags = file.fillsWith ?? [];
    error = (yield* device.submitAndWait({ op: "read", sector, file: inode.ino, memory, flags })) || error;
  }
  if (error === 0) folio.uptodate.testAndSet();
  return error;
}

/** `block_truncate_page`: zeroes what lies behind a size in the block that the size is in, in the page cache. */
export function* blockTruncatePage(file: BlockFile, size: number): Steps<number> {
  const { inode, map } = file;
  const { sectorsPerBlock } = map;
  if (size % sectorsPerBlock === 0) return 0;
  const { sectorsPerPage } = inode.bounds;
  const folio = yield* inode.mapping.grabPage(inode.pageOf(size));
  const error = yield* fillPage(file, folio);
  if (error === 0) {
    yield;
    const first = size % sectorsPerPage;
    const end = Math.ceil(first / sectorsPerBlock) * sectorsPerBlock;
    for (let sector = first; sector < end; sector++) folio.sectors[sector].store(ZERO);
    folio.setDirty();
  }
  yield* folio.lock.unlock();
  folio.put();
  return error;
}

/**
 * Zeroes sectors [from, to) of one page, which becomes dirty.
 *
 * @param writeback of the page as it was
 */
export function* zeroInPage(
  file: BlockFile,
  from: number,
  to: number,
  writeback: "waited_for" | "not_looked_at",
): Steps {
  const { inode } = file;
  const { sectorsPerPage } = inode.bounds;
  const folio = yield* inode.mapping.grabPage(inode.pageOf(from));
  if (writeback === "waited_for") yield* folio.waitWriteback();
  const error = yield* fillPage(file, folio);
  yield;
  if (error === 0) {
    for (let sector = from; sector < to; sector++) folio.sectors[sector % sectorsPerPage].store(ZERO);
    folio.setDirty();
  }
  folio.lock.clear();
  folio.put();
}
