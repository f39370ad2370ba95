/**
 * Truncation of the page cache. Positions are in sectors.
 *
 * @module
 */

import { type AddressSpace, isWaitedEntry } from "./address_space.ts";
import { Folio } from "./folio.ts";
import type { Inode } from "./inode.ts";
import type { PageTreeEntry } from "./page_tree_entry.ts";
import { type PrivateCopies, unmapMappingFolio, unmapMappingRange } from "./page_table_walk.ts";
import type { Steps } from "./task.ts";
import { ZERO } from "./tokens.ts";

/**
 * `truncate_setsize`, the first half of 2.6.20's `vmtruncate`: the size, then the pages beyond it (05 C6 t4 to t6). The
 * caller holds the inode's lock.
 */
export function* truncateSetsize(inode: Inode, size: number): Steps {
  yield; // t4
  const before = inode.readSize();
  inode.writeSize(size);
  if (size >= before && inode.era.truncateForm === "2.6.20") return;
  yield* truncatePagecache(inode, size);
}

/** `truncate_pagecache`: unmaps what lies wholly beyond a size and removes it from the cache. */
export function* truncatePagecache(inode: Inode, size: number): Steps {
  const { mapping, bounds, era } = inode;
  const hole = inode.pagesOf(size);
  yield* unmapMappingRange(mapping, hole, bounds.pagesMax, "even_cows"); // t5
  yield* truncateInodePagesRange(mapping, size, bounds.pagesMax * bounds.sectorsPerPage); // t6
  if (era.truncateUnmaps === "twice") yield* unmapMappingRange(mapping, hole, bounds.pagesMax, "even_cows");
}

/** `truncate_pagecache_range`: the same for a hole [from, to) in the middle. */
export function* truncatePagecacheRange(inode: Inode, from: number, to: number): Steps {
  const { mapping } = inode;
  const copies: PrivateCopies = "spare_private_copies";
  const first = inode.pagesOf(from);
  const end = inode.pageOf(to);
  if (end > first) yield* unmapMappingRange(mapping, first, end, copies);
  yield* truncateInodePagesRange(mapping, from, to);
}

/** `truncate_inode_pages_range`: removes pages of sectors [from, to), whatever they hold, and zeroes parts of pages. */
export function* truncateInodePagesRange(mapping: AddressSpace, from: number, to: number): Steps {
  yield;
  const nothing = mapping.era.truncateStopsWithout === "folios" ? mapping.nrpages.get() === 0 : mapping.isEmpty();
  if (!nothing) {
    if (mapping.era.truncateForm === "2.6.20") yield* truncatePages2620(mapping, from, to);
    else yield* truncatePages(mapping, from, to);
  }
  yield* mapping.truncated(from, to, nothing ? "nothing" : "pages");
}

/**
 * 2.6.20: a pass that takes what is neither locked nor written, the zeroing of the first page's tail, a pass that waits.
 * Lookups are not bounded by the end of the range, and stop at the first one that finds no page.
 */
function* truncatePages2620(mapping: AddressSpace, from: number, to: number): Steps {
  const { host, bounds } = mapping;
  const { pagevec, sectorsPerPage } = bounds;
  const start = host.pagesOf(from);
  const end = host.pagesOf(to);
  for (let next = start; next < end;) {
    yield;
    const folios = mapping.findGetPages(next, pagevec);
    if (folios.length === 0) break;
    for (const folio of folios) {
      next = Math.max(next, folio.index) + 1;
      if (folio.index < end) {
        yield;
        if (folio.lock.trySet()) {
          if (!folio.writeback.isSet()) yield* truncateComplete(mapping, folio);
          yield;
          folio.lock.clear();
        }
      }
      folio.put();
    }
  }
  if (from % sectorsPerPage !== 0) {
    yield* zeroPart(mapping, host.pageOf(from), from, host.pagesOf(from) * sectorsPerPage);
  }
  for (let next = start;;) {
    yield;
    const folios = mapping.findGetPages(next, pagevec);
    if (folios.length === 0) {
      if (next === start) break;
      next = start;
      continue;
    }
    const beyond = folios[0].index >= end;
    for (const folio of folios) {
      if (folio.index < end) {
        yield* folio.lock.lock();
        yield* folio.waitWriteback();
        next = Math.max(next, folio.index) + 1;
        yield* truncateComplete(mapping, folio);
        yield;
        folio.lock.clear();
      }
      folio.put();
    }
    if (beyond) break;
  }
}

/** `truncate_complete_page`, with the page locked; 2.6.20 has unmapped it before. */
function* truncateComplete(mapping: AddressSpace, folio: Folio): Steps {
  yield;
  if (!folio.isIn(mapping)) return;
  folio.cancelDirty();
  if (folio.buffers !== null) mapping.ops.invalidateFolio?.(folio, 0, mapping.bounds.sectorsPerPage);
  mapping.remove(folio.index);
}

/** From 3.x: the same passes over all entries up to the end; pages still mapped are unmapped under their lock. */
function* truncatePages(mapping: AddressSpace, from: number, to: number): Steps {
  const { host, bounds } = mapping;
  const { sectorsPerPage } = bounds;
  const start = host.pagesOf(from);
  const end = host.pageOf(to);
  for (let next = start; next < end;) {
    // find_lock_entries: entry by entry, tries its lock and leaves out what is under writeback. Others may come between.
    const locked: Folio[] = [];
    let found = 0;
    while (next < end && found < bounds.pagevec) {
      yield;
      const [first] = truncatable(mapping, next, end, 1);
      if (first === undefined) break;
      found++;
      next = first.index + 1;
      if (!(first.entry instanceof Folio)) mapping.remove(first.index);
      else if (!first.entry.writeback.isSet() && first.entry.lock.trySet()) {
        first.entry.get();
        locked.push(first.entry);
      }
    }
    if (found === 0) break;
    for (const folio of locked) yield* truncateFolio(mapping, folio);
    for (const folio of locked) {
      yield;
      folio.lock.clear();
      folio.put();
    }
  }
  const firstPage = host.pageOf(from);
  if (from % sectorsPerPage !== 0) {
    yield* zeroPart(mapping, firstPage, from, Math.min(to, (firstPage + 1) * sectorsPerPage));
  }
  if (to % sectorsPerPage !== 0 && (end !== firstPage || from % sectorsPerPage === 0)) {
    yield* zeroPart(mapping, end, end * sectorsPerPage, to);
  }
  for (let next = start; next < end;) {
    yield;
    const found = truncatable(mapping, next, end, bounds.pagevec);
    if (found.length === 0) {
      if (next === start) break;
      next = start;
      continue;
    }
    for (const { entry } of found) if (entry instanceof Folio) entry.get();
    for (const { index, entry } of found) {
      next = index + 1;
      if (!(entry instanceof Folio)) continue;
      yield* entry.lock.lock();
      yield* entry.waitWriteback();
      yield* truncateFolio(mapping, entry);
      yield;
      entry.lock.clear();
      entry.put();
    }
    for (const { index, entry } of found) {
      if (!(entry instanceof Folio) && mapping.slotAt(index) === entry) mapping.remove(index);
    }
  }
}

/** What truncation takes from the tree, `max` entries at most: not those that are there to be waited for. */
function truncatable(
  mapping: AddressSpace,
  next: number,
  end: number,
  max: number,
): { index: number; entry: PageTreeEntry }[] {
  const taken: { index: number; entry: PageTreeEntry }[] = [];
  for (let at = next; at < end && taken.length < max;) {
    const [found] = mapping.gangLookup(at, end - 1, 1);
    if (found === undefined) break;
    at = found.index + 1;
    if (!isWaitedEntry(found.entry)) taken.push(found);
  }
  return taken;
}

/** `truncate_inode_folio`, with the folio locked. */
function* truncateFolio(mapping: AddressSpace, folio: Folio): Steps {
  if (!folio.isIn(mapping)) return;
  if (folio.isMapped()) yield* unmapMappingFolio(mapping, folio);
  yield* truncateComplete(mapping, folio);
}

/** Zeroes sectors [from, to) of the file in the one page that has them, if it is cached. */
function* zeroPart(mapping: AddressSpace, index: number, from: number, to: number): Steps {
  const folio = yield* mapping.findLockPage(index);
  if (folio === null) return;
  yield* folio.waitWriteback();
  yield;
  const first = index * mapping.bounds.sectorsPerPage;
  for (let sector = from; sector < to; sector++) folio.sectors[sector - first].store(ZERO);
  if (folio.buffers !== null) mapping.ops.invalidateFolio?.(folio, from - first, to - first);
  yield;
  folio.lock.clear();
  folio.put();
}
