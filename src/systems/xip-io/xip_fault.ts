/**
 * `xip_file_fault` of 3.13, which the draft leaves as it is; and the page_mkwrite that its review asks for.
 *
 * @module
 */

import type { FaultAccess, FaultOutcome } from "../../machine/fault.ts";
import { ZERO_PAGE } from "../../machine/page_memory.ts";
import type { Vma } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import { type BufferHead, convertBlocks, createBlock, lookupBlock } from "../common/pmem_inode.ts";
import { reachStep } from "../common/reach_step.ts";
import { type XipInode, xipUnmap } from "./xip_inode.ts";

/** Handles a fault of the file, and the first store to what is mapped for reading. */
export function* xipFaultHandler(inode: XipInode, vma: Vma, vpn: number, access: FaultAccess): Steps<FaultOutcome> {
  const pte = vma.mm.pte(vpn);
  const target = pte.look();
  if (target !== null && target !== ZERO_PAGE) {
    // A PTE without a page behind it is made writable: the generic page_mkwrite takes note of the time.
    yield;
    if (pte.look() === target) pte.makeWritable();
    return "done";
  }
  if (target === ZERO_PAGE) {
    // The sparse page in a shared area: only from reads that did not allocate.
    yield;
    if (pte.look() === ZERO_PAGE) pte.zap();
  }
  return yield* xipFileFault(inode, vma, vpn, access);
}

function* xipFileFault(inode: XipInode, vma: Vma, vpn: number, access: FaultAccess): Steps<FaultOutcome> {
  const { world, mount: { sparse, flags } } = inode;
  const index = vma.indexOf(vpn);
  for (;;) {
    yield; // f1
    reachStep(world, "f1");
    if (index >= inode.pagesOf(inode.readSize())) return "sigbus";
    let bh: BufferHead | number = yield* lookupBlock(inode, index, 1); // f2
    reachStep(world, "f2");
    const converts = flags.mkwriteConvert && bh.state === "unwritten";
    if (bh.state === "hole" || (converts && access === "load")) {
      // May be stored into by somebody: a read allocates, too.
      const shared = vma.sharing === "shared" && !converts;
      if (!shared) {
        const mapped = yield* mapSparsePage(inode, vma, vpn, index); // f4
        if (mapped) return "done";
        continue;
      }
      yield* sparse.mutex.lock(); // f3
      bh = yield* createBlock(inode, index, 1, flags.unwritten ? "unwritten" : "written");
      reachStep(world, "f3");
      yield* sparse.mutex.unlock();
      if (typeof bh === "number") return "sigbus";
      yield* xipUnmap(inode, index);
    }
    return yield* insertBlock(inode, vma, vpn, bh, access); // f5
  }
}

/** The sparse page under its mutex and sequence count; false when there is a block now. */
function* mapSparsePage(inode: XipInode, vma: Vma, vpn: number, index: number): Steps<boolean> {
  const { world, mount: { sparse, flags } } = inode;
  yield* sparse.mutex.lock();
  yield;
  sparse.sequence.set(sparse.sequence.get() + 1);
  const bh = yield* lookupBlock(inode, index, 1);
  const isHole = bh.state === "hole" || (flags.mkwriteConvert && bh.state === "unwritten");
  yield;
  reachStep(world, "f4");
  if (isHole) vma.mm.pte(vpn).tryInstall(ZERO_PAGE, "read_only");
  yield;
  sparse.sequence.set(sparse.sequence.get() + 1);
  yield* sparse.mutex.unlock();
  return isHole;
}

/** `found`: looks at i_size again under i_mmap_mutex, and maps the block. */
function* insertBlock(
  inode: XipInode,
  vma: Vma,
  vpn: number,
  bh: BufferHead,
  access: FaultAccess,
): Steps<FaultOutcome> {
  const { world, mapping, fs, sectorsPerBlock, mount: { flags } } = inode;
  const iMmapMutex = mapping.iMmapMutex!;
  const first = bh.lblk * sectorsPerBlock;
  const converts = flags.mkwriteConvert && bh.state === "unwritten" && access === "store" && vma.sharing === "shared";
  if (converts) {
    for (let sector = first; sector < first + sectorsPerBlock; sector++) {
      yield;
      fs.volume.zeroSector(inode.placeOf(bh, sector), "new_block");
    }
    yield* xipUnmap(inode, bh.lblk);
  }
  yield* iMmapMutex.lock();
  yield;
  reachStep(world, "f5");
  const inside = bh.lblk < inode.pagesOf(inode.readSize());
  if (inside) {
    fs.volume.checkUse({ file: inode.ino, pblk: bh.pblk! }, "mapping");
    const mode = access === "store" && vma.sharing === "shared" ? "writable_dirty" : "read_only";
    vma.mm.pte(vpn).tryInstall(fs.volume.page(inode.ino, bh.pblk!, bh.lblk), mode);
  }
  yield* iMmapMutex.unlock();
  if (converts) yield* convertBlocks(inode, first, first + sectorsPerBlock);
  return inside ? "done" : "sigbus";
}
