/**
 * Taking clean pages of a range out of the cache, as direct I/O does. Ranges are in pages, the last one included.
 *
 * @module
 */

import type { AddressSpace } from "./address_space.ts";
import { Folio } from "./folio.ts";
import { unmapMappingFolio, unmapMappingRange } from "./page_table_walk.ts";
import { AT_ONCE, type Steps } from "./task.ts";

/**
 * `invalidate_inode_pages2_range`: unmaps and removes every page of the range, waiting for locks and writeback.
 *
 * @returns 0, or the era's error (-EIO, -EBUSY) when a page had to stay: it was dirty or its file system kept it
 */
export function* invalidateInodePages2Range(mapping: AddressSpace, start: number, end: number): Steps<number> {
  return mapping.era.invalidateUnmaps === "under_page_lock"
    ? yield* invalidateUnmappingUnderLock(mapping, start, end)
    : yield* invalidateUnmappingFirst(mapping, start, end);
}

/** To 5.12: a page is unmapped while it is locked. 2.6.20 stops at the first page that has to stay. */
function* invalidateUnmappingUnderLock(mapping: AddressSpace, start: number, end: number): Steps<number> {
  const { era, bounds } = mapping;
  let error = 0;
  let unmappedRest = false;
  let next = start;
  while (next <= end) {
    yield;
    const folios = mapping.findGetPages(next, Math.min(bounds.pagevec, end - next + 1));
    if (folios.length === 0) break;
    let stopped = false;
    for (const folio of folios) {
      stopped ||= error !== 0 && era.invalidateFailure === "stops";
      stopped ||= folio.index > end && era.invalidateBeyond === "leaves_the_page";
      if (!stopped) {
        yield* folio.lock.lock();
        if (folio.isIn(mapping)) {
          next = folio.index + 1;
          if (folio.index > end) stopped = true;
          else {
            yield* folio.waitWriteback();
            // Unmapped only if it is mapped now: a fault of 2.6.20, which takes no page lock, may map it behind this.
            while (folio.isMapped()) {
              const unmapEnd = unmappedRest ? folio.index + 1 : end + 1;
              yield* unmapMappingRange(mapping, folio.index, unmapEnd, "spare_private_copies");
              unmappedRest = true;
            }
            error = (yield* launderAndRemove(mapping, folio)) || error;
          }
        }
        yield;
        folio.lock.clear();
      }
      folio.put();
    }
    if (stopped || (error !== 0 && era.invalidateFailure === "stops")) break;
  }
  return error;
}

/** From 5.13: the rest of the range is unmapped before the first mapped page is locked, then each page under its lock. */
function* invalidateUnmappingFirst(mapping: AddressSpace, start: number, end: number): Steps<number> {
  yield;
  if (mapping.isEmpty()) return 0;
  let error = 0;
  let unmappedRest = false;
  const last = mapping.folioLast(end);
  for (let next = mapping.folioFirst(start); next <= last;) {
    yield;
    const found = mapping.gangLookup(next, last, mapping.bounds.pagevec);
    if (found.length === 0) break;
    for (const { entry } of found) if (entry instanceof Folio) entry.get();
    for (const { index, entry } of found) {
      next = index + 1;
      if (entry.kind === "shadow") {
        yield;
        if (mapping.slotAt(index) === entry) mapping.remove(index);
      }
      if (!(entry instanceof Folio)) continue;
      if (!unmappedRest && entry.isMapped()) {
        yield* unmapMappingRange(mapping, index, last + 1, "spare_private_copies");
        unmappedRest = true;
      }
      yield* entry.lock.lock();
      if (entry.isIn(mapping)) {
        yield* entry.waitWriteback();
        if (entry.isMapped()) yield* unmapMappingFolio(mapping, entry);
        error = (yield* launderAndRemove(mapping, entry)) || error;
      }
      yield AT_ONCE;
      entry.lock.clear();
      entry.put();
    }
  }
  return error;
}

function* launderAndRemove(mapping: AddressSpace, folio: Folio): Steps<number> {
  const { ops, era } = mapping;
  if (ops.launderFolio !== undefined) {
    yield;
    if (folio.dirty.test()) {
      const error = yield* ops.launderFolio(folio);
      if (error < 0) return error;
    }
  }
  if (folio.buffers !== null && ops.releaseFolio !== undefined) {
    yield;
    if (!ops.releaseFolio(folio)) return era.invalidateError;
  }
  yield;
  if (folio.dirty.test()) return era.invalidateError;
  mapping.remove(folio.index);
  return 0;
}

/** What eviction has done, in pages. */
export interface Evicted {
  removed: number;
  /** Pages that were dirty, mapped or referenced by others. */
  failed: number;
}

/**
 * `invalidate_mapping_pages`: removes pages that nobody uses. What is locked, dirty, mapped, under writeback or referenced
 * stays; nothing is waited for.
 */
export function* invalidateMappingPages(mapping: AddressSpace, start: number, end: number): Steps<Evicted> {
  return mapping.era.evictionLocks === "batches"
    ? yield* evictInBatches(mapping, start, end)
    : yield* evictOneByOne(mapping, start, end);
}

/** To 5.11: pages are looked up, then locked and removed one after the other. */
function* evictOneByOne(mapping: AddressSpace, start: number, end: number): Steps<Evicted> {
  const { bounds } = mapping;
  const done: Evicted = { removed: 0, failed: 0 };
  for (let next = start; next <= end;) {
    yield;
    const folios = mapping.findGetPages(next, bounds.pagevec);
    if (folios.length === 0) break;
    for (const folio of folios) {
      next = Math.max(next, folio.index) + 1;
      if (folio.index > end) {
        folio.put();
        continue;
      }
      yield;
      if (!folio.lock.trySet()) {
        folio.put();
        continue;
      }
      // It may have been removed before it was locked: invalidate_inode_page looks at page->mapping.
      const stays = !folio.isIn(mapping) || !isEvictable(folio);
      if (!stays) yield;
      if (!stays && tryRemove(mapping, [folio])) done.removed++;
      else done.failed++;
      yield;
      folio.lock.clear();
      folio.put();
    }
  }
  return done;
}

/** From 5.12: `find_lock_entries` locks as many folios as a batch holds, then they are removed. */
function* evictInBatches(mapping: AddressSpace, start: number, end: number): Steps<Evicted> {
  const done: Evicted = { removed: 0, failed: 0 };
  for (let next = start; next <= end;) {
    const batch: (readonly Folio[])[] = [];
    next = yield* lockBatch(mapping, next, end, batch);
    if (batch.length === 0) break;
    for (const pages of batch) {
      const stays = !pages.every(isEvictable);
      if (!stays) yield;
      if (!stays && tryRemove(mapping, pages)) done.removed += pages.length;
      else done.failed += pages.length;
      yield AT_ONCE;
      for (const page of pages) page.lock.clear();
    }
    yield AT_ONCE;
    for (const page of batch.flat()) page.put();
  }
  return done;
}

/**
 * Folios that lie in [start, end] whole and are neither locked nor under writeback when it is their turn, locked, with a
 * reference to each of their pages. No lock is held over all of them: who goes from folio to folio as well may come between.
 *
 * @returns where to go on
 */
function* lockBatch(
  mapping: AddressSpace,
  start: number,
  end: number,
  batch: (readonly Folio[])[],
): Steps<number> {
  const last = Math.min(end, mapping.slotsMax - 1);
  yield;
  for (let index = start; index <= last;) {
    const [first, behind] = [mapping.folioFirst(index), mapping.folioLast(index) + 1];
    const pages = Array.from({ length: behind - first }, (_, nth) => mapping.folioAt(first + nth))
      .filter((page) => page !== null);
    index = behind;
    if (pages.length === 0 || first < start || behind - 1 > end) continue;
    if (!pages.some((page) => page.lock.isSet() || page.writeback.isSet())) {
      for (const page of pages) {
        page.lock.trySet();
        page.get();
      }
      batch.push(pages);
      if (batch.length === mapping.bounds.pagevec) return behind;
    }
    if (index <= last) yield;
  }
  return last + 1;
}

function isEvictable(folio: Folio): boolean {
  return !folio.dirty.test() && !folio.writeback.isSet() && !folio.isMapped();
}

/** `mapping_evict_folio` behind its first looks: the pages of a folio, which are locked, or none of them. */
function tryRemove(mapping: AddressSpace, pages: readonly Folio[]): boolean {
  const { ops } = mapping;
  // The cache has one reference, who removes it the other.
  if (pages.some((page) => page.refs.get() > 2 || page.dirty.test())) return false;
  if (!pages.every((page) => page.buffers === null || (ops.releaseFolio?.(page) ?? true))) return false;
  for (const page of pages) mapping.remove(page.index);
  return true;
}
