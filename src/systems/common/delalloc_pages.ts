/**
 * Pages of a file whose blocks are reserved when they are written into, allocated as unwritten when they are written back,
 * and converted when that has ended: ext4 and XFS of our days (05 C2, C4, C5).
 *
 * A page is clean or dirty as a whole: where blocks are smaller, all that it has inside i_size are written.
 *
 * @module
 */

import { Access } from "../../machine/access.ts";
import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import type { Bio, BioFlag } from "../../machine/bio.ts";
import type { BlockState, Mapping } from "../../machine/block_map.ts";
import type { MetadataSink } from "../../machine/disk_metadata.ts";
import { ENOSPC } from "../../machine/errno.ts";
import type { Folio } from "../../machine/folio.ts";
import { Level } from "../../machine/level.ts";
import { genericPageMkwrite } from "../../machine/page_mkwrite.ts";
import type { Steps } from "../../machine/task.ts";
import type { Workqueue } from "../../machine/workqueue.ts";
import type { BlockFile, Create } from "./block_file.ts";
import { blockPrepareWrite, blockReadFullPage } from "./block_pages.ts";

/** Blocks [first, first + count) of a page that is written back. */
export interface WrittenBlocks {
  readonly first: number;
  readonly count: number;
  /** Sector of the file behind the last one that is written and lies inside i_size. */
  readonly end: number;
}

/** What the end of writeback has to do that may sleep. */
export interface WritebackEnd extends WrittenBlocks {
  /** Some of the blocks were unwritten when writeback began. */
  readonly isUnwritten: boolean;
}

/** What a call of `writepages` remembers of the last look at the extents. */
export interface WritebackPass {
  /** Blocks before this one have the mapping that was found last, as long as the map has that version; null: none was. */
  mapped: { readonly first: number; readonly end: number; readonly version: number } | null;
}

/** What a file system does of its own. */
export interface DelallocFile extends BlockFile {
  /** Where ends of writeback go that change metadata. */
  readonly workqueue: Workqueue;
  /** b4, b5: gives the reserved ones among these blocks a place, as unwritten. Returns 0 or a negative error number. */
  allocateForWriteback(blocks: WrittenBlocks, pass?: WritebackPass): Steps<number>;
  /** Looked at in the step that starts writeback; null: its end has nothing to do that may sleep. */
  writebackEnd(blocks: WrittenBlocks): WritebackEnd | null;
  /** Told, for runs that are traced, of a block that the cache is written into, before it is reserved. */
  writesInto?(lblk: number): void;
  /** b7: converts what was unwritten, and the like. */
  completeWriteback(end: WritebackEnd): Steps;
}

/** Bios that write one page, and what is done when the last of them has ended. */
interface PageWrite {
  readonly file: DelallocFile;
  readonly folio: Folio;
  /** Null: there is nothing to be done. */
  readonly completes: WritebackEnd | null;
  /** Bios that have not ended. */
  readonly left: Level;
  /** Some bio has failed; looked at in the step that ends the last one. */
  failed: boolean;
}

/** The file as those see it who prepare its pages for being written: what is a hole gets reserved. */
class Reserving implements BlockFile {
  readonly #file: DelallocFile;

  constructor(file: DelallocFile) {
    this.#file = file;
  }

  get inode(): BlockFile["inode"] {
    return this.#file.inode;
  }

  get map(): BlockFile["map"] {
    return this.#file.map;
  }

  get device(): BlockFile["device"] {
    return this.#file.device;
  }

  get fillsWith(): BlockFile["fillsWith"] {
    return this.#file.fillsWith;
  }

  get newBuffers(): BlockFile["newBuffers"] {
    return this.#file.newBuffers;
  }

  getBlock(lblk: number, max: number, create: Create): Steps<Mapping | number> {
    return getReserved(this.#file, lblk, max, create);
  }
}

export function delallocOperations(file: DelallocFile): AddressSpaceOperations {
  const reserving = new Reserving(file);
  return {
    readFolio: (folio) => blockReadFullPage(file, folio),
    writeFolio: (folio, sync) => writeFolio(file, folio, sync === "background" ? [] : ["SYNC"]),
    prepareWrite: (folio, from, to, waits) => blockPrepareWrite(reserving, folio, from, to, waits),
    pageMkwrite: (folio) => genericPageMkwrite(folio, (each) => reservePage(file, each)),
  };
}

/** `ext4_da_get_block_prep`, `xfs_buffered_write_iomap_begin`: a hole becomes a reservation. */
function* getReserved(file: DelallocFile, lblk: number, max: number, create: Create): Steps<Mapping | number> {
  const { map } = file;
  yield;
  if (create === "create" && !reserves(file, lblk)) return -ENOSPC;
  return map.getBlock(lblk, max);
}

/** Reserves a block where there is none, as part of the current step; false: there is no room. */
function reserves(file: DelallocFile, lblk: number): boolean {
  const { map } = file;
  file.writesInto?.(lblk);
  if (map.peek(lblk) === "hole" && !map.peekCanReserve(lblk)) return false;
  map.reserve(lblk);
  return true;
}

/** Blocks of a page that begin inside i_size, and i_size; as part of the current step. */
function blocksInside({ inode, map }: DelallocFile, folio: Folio): { first: number; end: number; size: number } {
  const { sectorsPerBlock } = map;
  const { sectorsPerPage } = inode.bounds;
  const size = inode.readSize();
  const first = folio.index * sectorsPerPage / sectorsPerBlock;
  const end = Math.min(first + sectorsPerPage / sectorsPerBlock, Math.ceil(size / sectorsPerBlock));
  return { first, end, size };
}

/** Reserves what a page that is about to be stored into has no blocks for. */
function* reservePage(file: DelallocFile, folio: Folio): Steps<number> {
  yield;
  const { mapping, bounds: { sectorsPerPage } } = file.inode;
  const perPage = sectorsPerPage / file.map.sectorsPerBlock;
  const first = mapping.folioFirst(folio.index) * perPage;
  const inside = Math.ceil(file.inode.readSize() / file.map.sectorsPerBlock);
  const end = Math.min((mapping.folioLast(folio.index) + 1) * perPage, inside);
  for (let lblk = first; lblk < end; lblk++) {
    if (!reserves(file, lblk)) return -ENOSPC;
    if (file.newBuffers === "dirty_if_uptodate" && file.map.peek(lblk) !== "written") folio.setDirty();
  }
  return 0;
}

/** What of a page is to be written. */
export interface WrittenPieces {
  readonly blocks: WrittenBlocks;
  /** Those of its blocks that have a place on the device. */
  readonly pieces: readonly (Mapping & { readonly pblk: number })[];
  /** i_size. */
  readonly size: number;
}

/**
 * 05 C5 b4 to b6, but for what is submitted: blocks of a locked page inside i_size get places. Where they cannot, the page
 * is clean and unlocked, and the mapping has an error.
 *
 * @returns the negative error number then
 */
export function* piecesForWriteback(
  file: DelallocFile,
  folio: Folio,
  pass?: WritebackPass,
): Steps<number | WrittenPieces> {
  const { map } = file;
  yield; // b4
  const { first, end, size } = blocksInside(file, folio);
  const blocks: WrittenBlocks = { first, count: end - first, end: Math.min(size, end * map.sectorsPerBlock) };
  const error = yield* file.allocateForWriteback(blocks, pass); // b5
  yield; // b6
  if (error < 0) {
    folio.home.setError();
    folio.home.clearTag(folio.index, "DIRTY");
    folio.lock.clear();
    return error;
  }
  const pieces: (Mapping & { pblk: number })[] = [];
  for (let lblk = first; lblk < end;) {
    const run = map.getBlock(lblk, end - lblk);
    if (run.pblk !== null) pieces.push({ ...run, pblk: run.pblk });
    lblk += run.blocks;
  }
  return { blocks, pieces, size };
}

/** 05 C5 b4 to b6. */
function* writeFolio(file: DelallocFile, folio: Folio, flags: readonly BioFlag[]): Steps<number> {
  const written = yield* piecesForWriteback(file, folio);
  if (typeof written === "number") return written;
  const { blocks, pieces } = written;
  const { inode, map: { sectorsPerBlock }, device } = file;
  const firstSector = folio.index * inode.bounds.sectorsPerPage;
  const io: PageWrite = {
    file,
    folio,
    completes: file.writebackEnd(blocks),
    left: new Level(inode.world, pieces.length),
    failed: false,
  };
  const bios = pieces.map(({ lblk, blocks: count, pblk }) => {
    const at = lblk * sectorsPerBlock - firstSector;
    return device.bio({
      op: "write",
      sector: pblk * sectorsPerBlock,
      file: inode.ino,
      memory: folio.sectors.slice(at, at + count * sectorsPerBlock),
      flags,
      endIo: writeEnded,
      private: io,
    });
  });
  if (bios.length > 0) {
    folio.startWriteback(bios[0].name);
    const { tracepoints } = inode.world;
    tracepoints?.startPlug();
    for (const bio of bios) device.submit(bio);
    tracepoints?.finishPlug();
  } else folio.home.clearTag(folio.index, "DIRTY");
  folio.lock.clear();
  return 0;
}

/** b7. */
function writeEnded(bio: Bio): void {
  const io = bio.private as PageWrite;
  const { file, folio, completes, left } = io;
  if (bio.error !== 0) {
    io.failed = true;
    folio.home.setError();
  }
  left.add(-1, Access.Write);
  if (left.peek > 0) return;
  if (completes === null || io.failed) folio.endWriteback();
  else folio.writeback.handOver(file.workqueue.queueWork(`end_io(${folio.name})`, completeWriteback, io));
}

function* completeWriteback({ file, folio, completes }: PageWrite): Steps {
  yield* file.completeWriteback(completes!);
  yield;
  folio.endWriteback();
}

/** Whether any of the blocks is in this state, looked at in the current step. */
export function hasBlockIn({ map }: DelallocFile, { first, count }: WrittenBlocks, state: BlockState): boolean {
  for (let lblk = first; lblk < first + count;) {
    const run = map.getBlock(lblk, first + count - lblk);
    if (run.state === state) return true;
    lblk += run.blocks;
  }
  return false;
}

/** Gives reserved blocks a place, as unwritten, in the current step. Returns 0 or a negative error number. */
export function allocateReserved({ map }: DelallocFile, { first, count }: WrittenBlocks, sink: MetadataSink): number {
  for (let lblk = first; lblk < first + count;) {
    const run = map.getBlock(lblk, first + count - lblk);
    const made = run.state === "delalloc" ? map.getBlockCreate(lblk, run.blocks, "unwritten", sink) : run;
    if (made === null) return -ENOSPC;
    lblk += made.blocks;
  }
  return 0;
}
