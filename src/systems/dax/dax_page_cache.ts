/**
 * The page cache of a DAX file, which is there for hole pages, and for the buffered write that `fallback=buffered` has
 * behind a short one.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import { genericCommitWrite } from "../../machine/buffered_write.ts";
import { ENOSPC } from "../../machine/errno.ts";
import type { Folio } from "../../machine/folio.ts";
import type { Steps } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import { daxFaultHandler } from "./dax_fault.ts";
import { convertBlocks, createBlock, freeBlocksFrom, lookupBlock } from "../common/pmem_inode.ts";
import type { DaxInode } from "./dax_inode.ts";

export function daxAddressSpaceOperations(inode: () => DaxInode): AddressSpaceOperations {
  return {
    readFolio: (folio) => readFolio(inode(), folio),
    writeFolio: (folio) => writeFolio(inode(), folio),
    prepareWrite: (folio, from, to) => prepareWrite(inode(), folio, from, to),
    commitWrite: (folio, from, to, copied) => genericCommitWrite(folio, from, to, copied),
    writeFailed: () => writeFailed(inode()),
    fault: (vma, vpn, access) => daxFaultHandler(inode(), vma, vpn, access),
  };
}

/** Fills sectors of a locked folio from the block, as the driver of the memory does it: by copying. */
function* fill(inode: DaxInode, folio: Folio, wanted: (within: number) => boolean): Steps {
  const { sectorsPerPage } = inode.bounds;
  const bh = yield* lookupBlock(inode, folio.index, 1);
  for (let within = 0; within < sectorsPerPage; within++) {
    if (!wanted(within)) continue;
    yield;
    const token = bh.state === "written"
      ? inode.mount.fs.volume.loadSector(inode.placeOf(bh, folio.index * sectorsPerPage + within))
      : ZERO;
    folio.sectors[within].store(token);
  }
}

/** Takes back blocks beyond i_size. */
function* writeFailed(inode: DaxInode): Steps {
  yield;
  yield* freeBlocksFrom(inode, inode.readSize());
}

function* readFolio(inode: DaxInode, folio: Folio): Steps<number> {
  yield* fill(inode, folio, () => true);
  yield;
  folio.uptodate.testAndSet();
  folio.lock.clear();
  return 0;
}

/** 05 C2 w4, w5: ext2 allocates at once, ext4 reserves and allocates at writeback. */
function* prepareWrite(inode: DaxInode, folio: Folio, from: number, to: number): Steps<number> {
  const { fs, flags } = inode.mount;
  if (flags.fsAlloc === "ext2") {
    const got = yield* createBlock(inode, folio.index, 1, "written");
    if (typeof got === "number") return got;
  } else {
    yield;
    if (inode.map.peek(folio.index) === "hole" && fs.isFull()) return -ENOSPC;
    inode.map.reserve(folio.index);
  }
  yield;
  if (!folio.uptodate.test()) yield* fill(inode, folio, (within) => within < from || within >= to);
  return 0;
}

/** 05 C5 b5 to b7. */
function* writeFolio(inode: DaxInode, folio: Folio): Steps<number> {
  const { fs, flags } = inode.mount;
  const { sectorsPerPage } = inode.bounds;
  const as = flags.fsAlloc === "ext4_ext" ? "unwritten" : "written";
  const bh = yield* createBlock(inode, folio.index, 1, as); // b5
  yield; // b6
  if (typeof bh === "number") {
    folio.home.setError();
    folio.lock.clear();
    return bh;
  }
  folio.startWriteback("pmem driver");
  folio.lock.clear();
  const first = folio.index * sectorsPerPage;
  for (let within = 0; within < sectorsPerPage; within++) {
    yield;
    fs.volume.checkUse(inode.placeOf(bh, first + within), "writeback");
    fs.volume.storeSector(inode.placeOf(bh, first + within), folio.sectors[within].load());
  }
  if (bh.state === "unwritten") yield* convertBlocks(inode, first, first + sectorsPerPage);
  yield; // b7
  folio.endWriteback();
  return 0;
}
