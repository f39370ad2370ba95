/**
 * What `shrink_page_list` does with a clean page that is hardly used: unmaps it and takes it from the cache. What is
 * locked, dirty, under writeback or referenced stays.
 *
 * @module
 */

import type { AddressSpace } from "../../machine/address_space.ts";
import type { Folio } from "../../machine/folio.ts";
import type { Steps } from "../../machine/task.ts";

/** Tries to reclaim each page of [first, end). */
export function* reclaimPages(mapping: AddressSpace, first: number, end: number): Steps {
  const last = Math.min(end, mapping.bounds.pagesMax);
  for (let index = first; index < last; index++) {
    const folio = yield* mapping.findGetPage(index);
    if (folio === null) continue;
    yield;
    if (!folio.lock.trySet()) {
      folio.put();
      continue;
    }
    if (folio.isIn(mapping) && !folio.writeback.isSet()) {
      if (folio.isMapped()) yield* tryToUnmap(mapping, folio);
      yield;
      // remove_mapping: the cache has one reference, this function the other.
      const used = folio.refs.get() > 2 || folio.dirty.test() || folio.isMapped();
      if (!used && (folio.buffers === null || (mapping.ops.releaseFolio?.(folio) ?? true))) mapping.remove(index);
    }
    yield;
    folio.lock.clear();
    folio.put();
  }
}

/** Removes the PTEs that map the page, one area after the other. Nobody who faults it in at the same time is told. */
function* tryToUnmap(mapping: AddressSpace, folio: Folio): Steps {
  yield;
  for (const vma of [...mapping.vmas()]) {
    yield;
    for (const vpn of vma.vpnsOf(folio.index, folio.index + 1)) {
      const pte = vma.mm.pte(vpn);
      if (pte.look() === folio) pte.zap();
    }
  }
}
