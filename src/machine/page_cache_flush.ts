/**
 * Writing back the dirty pages of a range and waiting for them (05 C5; the same in every era).
 *
 * Ranges are in sectors, and their last sector is part of them, as it is of the kernel's `lend`.
 *
 * @module
 */

import type { AddressSpace } from "./address_space.ts";
import { EIO } from "./errno.ts";
import type { Folio } from "./folio.ts";
import { clearDirtyForIo } from "./page_table_walk.ts";
import type { Steps } from "./task.ts";
import { ZERO } from "./tokens.ts";

/** `for_integrity`: waits for earlier writeback of a page and writes it again; else such pages are left out. */
export type WritebackSync = "for_integrity" | "background";

/** `filemap_write_and_wait_range`. Returns 0, or -EIO when a write failed since it was last asked for. */
export function* filemapWriteAndWaitRange(mapping: AddressSpace, first: number, last: number): Steps<number> {
  if (last < first) return 0;
  yield;
  if (mapping.nrpages.get() === 0) return 0;
  const error = yield* filemapFdatawriteRange(mapping, first, last, "for_integrity");
  if (error === -EIO) return error;
  return (yield* filemapFdatawaitRange(mapping, first, last)) || error;
}

/** `filemap_write_and_wait`: the whole file. */
export function* filemapWriteAndWait(mapping: AddressSpace): Steps<number> {
  return yield* filemapWriteAndWaitRange(mapping, 0, mapping.bounds.pagesMax * mapping.bounds.sectorsPerPage - 1);
}

/** Writes a locked dirty folio, as {@linkcode AddressSpaceOperations.writeFolio} does. */
export type WriteFolio = (folio: Folio) => Steps<number>;

/** Starts to write every page of a range that is dirty when it is its turn, ascending. Returns 0 or the last error. */
export function* filemapFdatawriteRange(
  mapping: AddressSpace,
  first: number,
  last: number,
  sync: WritebackSync,
): Steps<number> {
  const { host, ops, world } = mapping;
  const index = mapping.folioFirst(host.pageOf(first));
  const end = mapping.folioLast(host.pageOf(last));
  if (ops.writepages !== undefined) {
    yield;
    return mapping.isTagged("DIRTY") ? yield* ops.writepages(index, end, sync) : 0;
  }
  const events = world.tracepoints !== null && mapping.peekDirty ? ops.events : undefined;
  events?.writepagesBegins?.(sync);
  const { error, written } = yield* writeCachePages(
    mapping,
    { index, end, sync },
    (folio) => ops.writeFolio(folio, sync),
  );
  events?.writepagesEnds?.(written);
  return error;
}

/** `write_cache_pages`: pages [index, end] that are dirty, one after the other. Counts those that were. */
export function* writeCachePages(
  mapping: AddressSpace,
  { index, end, sync }: { readonly index: number; readonly end: number; readonly sync: WritebackSync },
  write: WriteFolio,
): Steps<{ readonly error: number; readonly written: number }> {
  let error = 0;
  let written = 0;
  for (let next = index;;) {
    yield;
    const folios = mapping.findGetPagesTag(next, end, "DIRTY", mapping.bounds.pagevec);
    if (folios.length === 0) return { error, written };
    written += folios.length;
    for (const folio of folios) {
      error = (yield* writebackFolio(mapping, folio, sync, write)) || error;
      folio.put();
    }
    next = folios[folios.length - 1].index + 1;
  }
}

/** Waits for every page of a range that is under writeback. */
export function* filemapFdatawaitRange(mapping: AddressSpace, first: number, last: number): Steps<number> {
  const { host, bounds } = mapping;
  const end = mapping.folioLast(host.pageOf(last));
  for (let index = mapping.folioFirst(host.pageOf(first));;) {
    yield;
    const folios = mapping.findGetPagesTag(index, end, "WRITEBACK", bounds.pagevec);
    if (folios.length === 0) break;
    for (const folio of folios) {
      yield* folio.waitWriteback();
      folio.put();
    }
    index = folios[folios.length - 1].index + 1;
  }
  return mapping.eio.testAndClear() ? -EIO : 0;
}

/** Writes one page if it is still dirty (C5 b1 to b7); the caller has a reference. */
function* writebackFolio(mapping: AddressSpace, folio: Folio, sync: WritebackSync, write: WriteFolio): Steps<number> {
  yield* folio.lock.lock(); // b1
  if (!folio.isIn(mapping)) return yield* unlocked(folio);
  if (folio.writeback.isSet()) {
    if (sync === "background") return yield* unlocked(folio);
    yield* folio.waitWriteback();
  }
  yield; // b2
  const { sectorsPerPage } = mapping.bounds;
  const inside = mapping.host.readSize() - folio.index * sectorsPerPage;
  if (inside <= 0) {
    // Truncation has set the size and will come for the page.
    folio.cancelDirty();
    mapping.clearTag(folio.index, "DIRTY");
    return yield* unlocked(folio);
  }
  for (let sector = inside; sector < sectorsPerPage; sector++) folio.sectors[sector].store(ZERO);
  yield; // b3
  if (!clearDirtyForIo(mapping, folio)) return yield* unlocked(folio);
  mapping.world.note("write back", folio.name);
  return yield* write(folio);
}

function* unlocked(folio: Folio): Steps<number> {
  yield* folio.lock.unlock();
  return 0;
}
