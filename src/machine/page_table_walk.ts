/**
 * From a file's pages to the PTEs that map them: unmapping and write-protecting.
 *
 * @module
 */

import type { AddressSpace } from "./address_space.ts";
import { Folio } from "./folio.ts";
import { AnonymousPage } from "./page_memory.ts";
import type { Pte, Vma } from "./page_table.ts";
import type { Steps } from "./task.ts";

/** `even_cows`: whether private copies of the pages go too. */
export type PrivateCopies = "spare_private_copies" | "even_cows";

/**
 * `unmap_mapping_range`: removes the PTEs of pages [first, end) of a file. What was stored through them makes the folios
 * dirty. `truncate_count` goes up first; then the areas that map the file are taken one after the other, each in one step,
 * as one page-table lock covers it.
 */
export function* unmapMappingRange(
  mapping: AddressSpace,
  first: number,
  end: number,
  copies: PrivateCopies,
): Steps {
  const { iMmapMutex, iMmapRwsem } = mapping;
  if (iMmapMutex !== null) yield* iMmapMutex.lock();
  else if (iMmapRwsem !== null) yield* iMmapRwsem.lockExclusive();
  else yield;
  if (mapping.era.faultInstalls === "without_page_lock") mapping.truncateCount.add(1);
  for (const vma of [...mapping.vmas()]) {
    yield;
    for (const vpn of vma.vpnsOf(first, end)) zapForFile(mapping, vma, vpn, copies);
  }
  if (iMmapMutex !== null) yield* iMmapMutex.unlock();
  if (iMmapRwsem !== null) yield* iMmapRwsem.unlockExclusive();
}

/** `unmap_mapping_folio`: removes the PTEs of one folio, private copies spared. */
export function* unmapMappingFolio(mapping: AddressSpace, folio: Folio): Steps {
  yield* unmapMappingRange(mapping, folio.index, folio.index + 1, "spare_private_copies");
}

function zapForFile(mapping: AddressSpace, vma: Vma, vpn: number, copies: PrivateCopies): void {
  const pte = vma.mm.pte(vpn);
  const target = pte.look();
  if (target === null || (copies === "spare_private_copies" && isSpared(mapping, pte))) return;
  pte.zap();
  if (target instanceof AnonymousPage) {
    vma.mm.droppedCopies.push({ vpn, page: target, mapping, index: vma.indexOf(vpn) });
  }
}

function isSpared(mapping: AddressSpace, pte: Pte): boolean {
  const target = pte.peek;
  if (target instanceof AnonymousPage) return true;
  // A folio that has been removed from the cache belongs to no mapping: 2.6.20 leaves its PTEs alone.
  return mapping.era.unmapSpares === "pages_of_no_mapping" && target instanceof Folio && !target.isIn(mapping);
}

/**
 * `page_mkclean`: write-protects the PTEs of a folio in areas that share it, as part of the current step.
 *
 * @returns whether one of them was dirty
 */
export function mkclean(mapping: AddressSpace, folio: Folio): boolean {
  let dirty = false;
  for (const vma of mapping.vmas()) {
    if (vma.sharing !== "shared") continue;
    for (const vpn of vma.vpnsOf(folio.index, folio.index + 1)) {
      const pte = vma.mm.pte(vpn);
      if (pte.look() === folio && pte.clean()) dirty = true;
    }
  }
  return dirty;
}

/**
 * `clear_page_dirty_for_io`: moves what was stored through PTEs to the folio and makes it clean, as part of the current
 * step. A store after this makes it dirty again. Its tag stays until writeback starts.
 *
 * @returns whether it was dirty
 */
export function clearDirtyForIo(mapping: AddressSpace, folio: Folio): boolean {
  if (mkclean(mapping, folio)) folio.setDirty();
  return folio.dirty.testAndClear();
}
