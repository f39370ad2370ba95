/**
 * `dax_fault` and `dax_mkwrite` of 4.0, and Harrosh's variant with one zero page for all holes.
 *
 * Between Y3 and Y8 the answer of the map is a private copy that nobody keeps up to date: most of what goes wrong with DAX
 * comes from that.
 *
 * @module
 */

import type { FaultAccess, FaultOutcome } from "../../machine/fault.ts";
import { Folio } from "../../machine/folio.ts";
import type { Vma } from "../../machine/page_table.ts";
import { clearDirtyForIo, unmapMappingRange } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import { copyPage } from "../common/pmem_copy.ts";
import { reachStep } from "../common/reach_step.ts";
import { type BufferHead, convertBlocks, createBlock, lookupBlock } from "../common/pmem_inode.ts";
import { path } from "../path.ts";
import type { DaxInode } from "./dax_inode.ts";

/** What a fault wants: `cow` a private copy of the page. */
type Want = "load" | "store" | "cow";

/** Handles a fault of the file, and the first store to what is mapped for reading. */
export const daxFaultHandler = path(
  "dax_fault",
  function* (inode: DaxInode, vma: Vma, vpn: number, access: FaultAccess): Steps<FaultOutcome> {
    const target = vma.mm.pte(vpn).look();
    const { zeroPage } = inode.mount;
    if (target !== null && target.kind === "pmem") {
      // do_wp_page: a PTE without a page behind it is made writable, and the file system hears nothing of it.
      yield;
      const pte = vma.mm.pte(vpn);
      if (pte.look() === target) pte.makeWritable();
      return "done";
    }
    const { mmapLock } = inode;
    if (mmapLock !== null) yield* mmapLock.lockExclusive();
    const index = vma.indexOf(vpn);
    const want: Want = access === "load" ? "load" : vma.sharing === "private" ? "cow" : "store";
    const outcome = target !== null && target === zeroPage
      ? yield* mkwriteOfZeroPage(inode, vma, vpn)
      : yield* daxFault(inode, vma, vpn, index, want);
    if (mmapLock !== null) yield* mmapLock.unlockExclusive();
    return outcome;
  },
);

/** `do_dax_fault`: the same for `fault` and `page_mkwrite`. */
function* daxFault(inode: DaxInode, vma: Vma, vpn: number, index: number, want: Want): Steps<FaultOutcome> {
  const { world, mapping, mount } = inode;
  yield; // Y1
  reachStep(world, "Y1");
  if (index >= inode.pagesOf(inode.readSize())) return "sigbus";
  let folio = yield* findCleanPage(inode, index); // Y2
  if (folio !== null) {
    yield;
    reachStep(world, "Y2");
    if (index >= inode.pagesOf(inode.readSize())) return unlockPut(folio);
  }
  let bh: BufferHead | number = yield* lookupBlock(inode, index, 1); // Y3
  reachStep(world, "Y3");
  let major = false;
  if (bh.state === "hole" && want !== "cow") { // Y4
    if (want === "store") {
      // Plain ext4_get_block: the block is in written state at once, whatever the file system's write(2) does.
      bh = yield* createBlock(inode, index, 1, "written");
      reachStep(world, "Y4");
      major = true;
      if (typeof bh === "number") {
        if (folio !== null) {
          yield;
          unlockPut(folio);
        }
        return "sigbus";
      }
    } else if (mount.zeroPage !== null) return yield* mapZeroPage(inode, vma, vpn);
    else {
      const hole = yield* daxLoadHole(inode, index, folio);
      if (!(hole instanceof Folio)) return hole;
      if (!mount.flags.faultRechecksBlock) return hole;
      bh = yield* lookupBlock(inode, index, 1);
      if (bh.state === "hole") return hole;
      folio = hole;
    }
  }
  if (want === "cow") return yield* copyOnWrite(inode, vma, vpn, bh, folio); // Y5
  if (folio === null && major) { // Y6
    folio = yield* mapping.findLockPage(index);
    reachStep(world, "Y6");
    if (folio !== null && mount.flags.dropDirtyCheck && folio.dirty.test()) {
      yield* writeBackAndUnlock(inode, folio);
      return "done";
    }
  }
  if (folio !== null) { // Y7
    yield* unmapMappingRange(mapping, index, index + 1, mount.flags.evenCows ? "even_cows" : "spare_private_copies");
    yield;
    reachStep(world, "Y7");
    mapping.remove(index);
    unlockPut(folio);
  }
  return yield* daxInsertMapping(inode, vma, vpn, bh, want); // Y8
}

/** `dax_load_hole`: a zeroed page in the page cache; it looks at i_size again, and not at the map. */
function* daxLoadHole(inode: DaxInode, index: number, found: Folio | null): Steps<FaultOutcome> {
  const folio = found ?? (yield* inode.mapping.grabPage(index));
  yield;
  reachStep(inode.world, "Y4");
  if (index < inode.pagesOf(inode.readSize())) return folio;
  return unlockPut(folio);
}

/** Harrosh: nothing in the page cache, so that nothing has to be removed from it, and nothing can be found by it. */
function* mapZeroPage(inode: DaxInode, vma: Vma, vpn: number): Steps<FaultOutcome> {
  yield;
  reachStep(inode.world, "Y4");
  vma.mm.pte(vpn).tryInstall(inode.mount.zeroPage!, "read_only");
  return "done";
}

/** `dax_insert_mapping`: behind its look at i_size nothing keeps the answer of the map true. */
function* daxInsertMapping(
  inode: DaxInode,
  vma: Vma,
  vpn: number,
  bh: BufferHead,
  want: "load" | "store",
): Steps<FaultOutcome> {
  const { world, mapping, mount, sectorsPerBlock } = inode;
  const { volume } = mount.fs;
  const iMmapRwsem = mapping.iMmapRwsem!;
  yield* iMmapRwsem.lockShared();
  yield;
  reachStep(world, "Y8");
  const inside = bh.lblk < inode.pagesOf(inode.readSize());
  if (inside) {
    if (bh.state === "unwritten" || bh.isNew) {
      const first = bh.lblk * sectorsPerBlock;
      for (let sector = first; sector < first + sectorsPerBlock; sector++) {
        yield;
        volume.checkUse(inode.placeOf(bh, sector), "clear_page");
        volume.zeroSector(inode.placeOf(bh, sector), "new_block");
      }
    }
    yield;
    // -EBUSY: somebody else's fault was faster.
    volume.checkUse({ file: inode.ino, pblk: bh.pblk! }, "mapping");
    const page = volume.page(inode.ino, bh.pblk!, bh.lblk);
    vma.mm.pte(vpn).tryInstall(page, want === "store" ? "writable_dirty" : "read_only");
  }
  yield* iMmapRwsem.unlockShared();
  if (bh.state === "unwritten") {
    // b_end_io
    const first = bh.lblk * sectorsPerBlock;
    yield* convertBlocks(inode, first, first + sectorsPerBlock);
  }
  return inside ? "done" : "sigbus";
}

/** A private store: a copy of the block, or zeros, in a page of the process. */
function* copyOnWrite(
  inode: DaxInode,
  vma: Vma,
  vpn: number,
  bh: BufferHead,
  folio: Folio | null,
): Steps<FaultOutcome> {
  const { world } = inode;
  const tokens = yield* copyPage(inode, bh, bh.lblk);
  yield;
  reachStep(world, "Y5");
  const inside = folio !== null || bh.lblk < inode.pagesOf(inode.readSize());
  if (inside) {
    const pte = vma.mm.pte(vpn);
    if (pte.look() === null) pte.install(vma.mm.anonymousPage(tokens), "writable_dirty");
  }
  if (folio !== null) unlockPut(folio);
  return inside ? "done" : "sigbus";
}

/** The page, locked. 4.0 asks no more; with `drop_dirty_check` what only the page cache has goes to its block first. */
function* findCleanPage(inode: DaxInode, index: number): Steps<Folio | null> {
  for (;;) {
    const folio = yield* inode.mapping.findLockPage(index);
    if (folio === null || !inode.mount.flags.dropDirtyCheck || !folio.dirty.test()) return folio;
    yield* writeBackAndUnlock(inode, folio);
  }
}

function* writeBackAndUnlock(inode: DaxInode, folio: Folio): Steps {
  yield;
  if (clearDirtyForIo(inode.mapping, folio)) yield* inode.mapping.ops.writeFolio(folio);
  else folio.lock.clear();
  folio.put();
}

/**
 * Harrosh's mkwrite: the zero page does not know where in which file it is mapped, so the place comes from the address.
 * When the write fault has allocated the block, the zero page is unmapped everywhere, and who stores tries again.
 */
function* mkwriteOfZeroPage(inode: DaxInode, vma: Vma, vpn: number): Steps<FaultOutcome> {
  const { mapping, mount, world } = inode;
  const zeroPage = mount.zeroPage!;
  const pgoff = mount.flags.pgoffRecompute ? vma.indexOf(vpn) : 0;
  const outcome = yield* daxFault(inode, vma, vpn, pgoff, "store");
  if (outcome !== "done") return outcome;
  yield* unmapMappingRange(mapping, pgoff, pgoff + 1, "even_cows");
  yield* zeroPage.lock.lock();
  yield;
  reachStep(world, "mkwrite");
  // do_wp_page: only if the PTE is still the same does the page become writable.
  const pte = vma.mm.pte(vpn);
  if (pte.look() === zeroPage) pte.makeWritable();
  zeroPage.lock.clear();
  return "done";
}

/** Gives a locked folio and its reference back, as part of the current step. */
function unlockPut(folio: Folio): "sigbus" {
  folio.lock.clear();
  folio.put();
  return "sigbus";
}
