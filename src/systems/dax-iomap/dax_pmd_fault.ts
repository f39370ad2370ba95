/**
 * `dax_iomap_pmd_fault`: a fault that maps PMD_PAGES pages with one entry, or leaves it to the fault of a page.
 *
 * @module
 */

import { ZERO_PAGE } from "../../machine/page_memory.ts";
import type { Steps } from "../../machine/task.ts";
import { reachStep } from "../common/reach_step.ts";
import { PMD_PAGES } from "./dax_entries.ts";
import { faultEvent } from "./dax_events.ts";
import { type DaxFault, type FaultEnd, insertEntry, insertPfn, isSynchronous, unmapEntry } from "./dax_iomap_fault.ts";
import { copyFromSource } from "./dax_iomap_rw.ts";
import { type DaxIomap, iomapBegin, iomapEnd } from "./iomap_ops.ts";

export function* daxPmdFault(fault: DaxFault): Steps<FaultEnd | "fallback"> {
  faultEvent(fault, "dax_pmd_fault", null);
  const end = yield* pmdFault(fault);
  faultEvent(fault, "dax_pmd_fault_done", end);
  return end;
}

/** `dax_fault_check_fallback`: what a PMD cannot be mapped for, in a fault's first step. */
function mustFallBack({ inode, vma, vpn, index, want }: DaxFault): boolean {
  const colour = index % PMD_PAGES;
  // The colour of address and file must be the same, and areas begin at an address of colour 0 here.
  if ((vpn - vma.vpn) % PMD_PAGES !== colour) return true;
  if (want === "cow") return true;
  const first = vpn - colour;
  if (first < vma.vpn || first + PMD_PAGES > vma.vpn + vma.npages) return true;
  return index - colour + PMD_PAGES > inode.pagesOf(inode.readSize());
}

function* pmdFault(fault: DaxFault): Steps<FaultEnd | "fallback"> {
  const { inode, vma, vpn, index, want, handle } = fault;
  const { entries, world } = inode;
  yield; // P1
  reachStep(world, "P1");
  if (index >= inode.pagesOf(inode.readSize())) return "sigbus";
  if (mustFallBack(fault)) return "fallback";
  const first = index - index % PMD_PAGES;
  yield; // P2
  const entry = yield* entries.grab(first, PMD_PAGES, (split) => unmapEntry(inode, split));
  reachStep(world, "P2");
  if (entry === "fallback") return "fallback";
  const vpns = Array.from({ length: PMD_PAGES }, (_, page) => vpn - index + first + page);
  let end: FaultEnd | "fallback" = "fallback";
  // A page of it that has a PTE of its own: there is no PMD to be put there.
  if (vpns.some((each) => vma.mm.pte(each).look() !== null)) end = "done";
  else {
    const iomap = yield* iomapBegin(inode, want === "store" ? "write" : "read", first, PMD_PAGES, handle); // P3
    if (typeof iomap !== "number") {
      const fits = iomap.blocks >= PMD_PAGES && (iomap.pblk === null || iomap.pblk % PMD_PAGES === 0);
      if (fits) end = yield* pmdIter(fault, first, vpns, iomap, entry);
      yield* iomapEnd(inode, iomap, fits ? inode.sectorsPerBlock * PMD_PAGES : 0, handle);
    }
  }
  yield; // P5
  reachStep(world, "P5");
  entries.unlock(entry);
  return end;
}

function* pmdIter(
  fault: DaxFault,
  first: number,
  vpns: readonly number[],
  iomap: DaxIomap,
  entry: Exclude<Parameters<typeof insertEntry>[1], string>,
): Steps<FaultEnd> {
  const { inode, vma, want } = fault;
  const isHole = iomap.state !== "written";
  yield* insertEntry(fault, entry, isHole ? "zero" : "block", iomap.pblk, iomap);
  if (iomap.source !== null) {
    for (let sector = first * inode.sectorsPerBlock; sector < (first + PMD_PAGES) * inode.sectorsPerBlock; sector++) {
      yield;
      copyFromSource(inode, iomap, sector);
    }
  }
  if (isSynchronous(fault, iomap)) return "needs_sync";
  yield; // P4
  reachStep(inode.world, "P4");
  for (const [page, vpn] of vpns.entries()) {
    if (isHole) vma.mm.pte(vpn).tryInstall(ZERO_PAGE, "read_only");
    else insertPfn({ ...fault, vpn, index: first + page, want }, iomap.pblk! + page);
  }
  if (isHole) faultEvent(fault, "dax_pmd_load_hole", "done");
  return "done";
}
