/**
 * Buffered reads (05 C1). Positions and lengths are in sectors.
 *
 * No page lock is held while a page is copied, sector by sector; a lock around the whole, such as XFS's, is the caller's.
 *
 * @module
 */

import type { AddressSpace } from "./address_space.ts";
import type { ReadaheadRun } from "./address_space_operations.ts";
import { EAGAIN, EFAULT, EIO } from "./errno.ts";
import { Folio } from "./folio.ts";
import { Retries } from "./retries.ts";
import { AT_ONCE, type Steps } from "./task.ts";
import type { Token } from "./tokens.ts";
import { copyToUser, type UserBuffer } from "./user_buffer.ts";

export type Waits = "for_io" | "never";

export interface CopyRequest {
  /** Sector of the file. */
  readonly pos: number;
  /** Sectors. */
  readonly len: number;
  readonly buffer: UserBuffer;
  /** Sector of the buffer at which the request's first one goes. */
  readonly bufferAt: number;
  /** `never`: IOCB_NOWAIT, reads ahead and ends with -EAGAIN at what is not up to date in the cache. Default `for_io`. */
  readonly waits?: Waits;
  /** Told of each sector of the file, and what it holds, in the step that copies it. */
  readonly onCopy?: (sector: number, token: Token) => void;
}

/** What a copy loop has done. */
export interface Copied {
  /** Sectors. */
  copied: number;
  /** Why it ended early: a negative error number, 0 at the end of the file. Callers ignore it when something was copied. */
  error: number;
  /** What was copied, by sector. */
  readonly tokens: Token[];
}

/** `generic_file_read` behind its checks: copies what lies below i_size. */
export function* bufferedRead(mapping: AddressSpace, request: CopyRequest): Steps<Copied> {
  const done: Copied = { copied: 0, error: 0, tokens: [] };
  if (request.len === 0) return done;
  if (mapping.era.readLooksAtSize === "once_and_after_reading") yield* mappingRead2620(mapping, request, done);
  else yield* filemapRead(mapping, request, done);
  return done;
}

/** Copies sectors of a page up to a limit of the file; false when the user's memory could not be reached. */
function* copyPage(
  mapping: AddressSpace,
  folio: Folio,
  limit: number,
  request: CopyRequest,
  done: Copied,
): Steps<boolean> {
  const first = folio.index * mapping.bounds.sectorsPerPage;
  const end = Math.min(limit, first + mapping.bounds.sectorsPerPage, request.pos + request.len);
  for (let sector = request.pos + done.copied; sector < end; sector++) {
    const token = yield* copyToUser(request.buffer, request.bufferAt + done.copied, folio.sectors[sector - first]); // r8
    if (token === null) {
      done.error = -EFAULT;
      return false;
    }
    request.onCopy?.(sector, token);
    done.tokens.push(token);
    done.copied++;
  }
  return true;
}

// 2.6.20: do_generic_mapping_read.

function* mappingRead2620(mapping: AddressSpace, request: CopyRequest, done: Copied): Steps {
  const { host, bounds } = mapping;
  yield; // r1
  let size = host.readSize();
  let readaheadEnd = 0;
  while (done.copied < request.len) {
    const pos = request.pos + done.copied;
    if (pos >= size) return;
    const index = host.pageOf(pos);
    if (bounds.readaheadPages > 0 && index >= readaheadEnd) {
      readaheadEnd = index + bounds.readaheadPages;
      yield* readahead2620(mapping, index, readaheadEnd); // r2
    }
    const found = yield* readMappingPage(mapping, index); // r3 to r6
    if (found === "unreadable") {
      done.error = -EIO;
      return;
    }
    if (found.read) {
      yield; // r7
      size = host.readSize();
      if (pos >= size) {
        found.folio.put();
        return;
      }
    }
    const reached = yield* copyPage(mapping, found.folio, size, request, done);
    found.folio.put(); // r9
    if (!reached) return;
  }
}

/** An up-to-date page with a reference, and whether it had to be read. */
function* readMappingPage(mapping: AddressSpace, index: number): Steps<{ folio: Folio; read: boolean } | "unreadable"> {
  const { ops } = mapping;
  const retries = new Retries(mapping.world, `find_page of ${mapping.host.ino}`, mapping.bounds.retriesMax);
  let spare: Folio | null = null;
  retries.next();
  for (;;) {
    let folio = yield* mapping.findGetPage(index); // r3
    if (folio === null) {
      spare ??= new Folio(mapping.world, mapping, index); // r4
      if (!(yield* mapping.addToPageCache(spare))) continue;
      folio = spare;
      spare = null;
    } else {
      if (folio.uptodate.test()) return { folio, read: false };
      yield* folio.lock.lock(); // r5
      const removed = !folio.isIn(mapping);
      if (removed || folio.uptodate.test()) {
        yield* folio.lock.unlock();
        if (!removed) return { folio, read: false };
        folio.put();
        continue;
      }
    }
    const error = yield* ops.readFolio(folio);
    if (error < 0) {
      folio.put();
      return "unreadable";
    }
    yield;
    if (folio.uptodate.test()) return { folio, read: true };
    yield* folio.lock.lock(); // r6
    const uptodate = folio.uptodate.test();
    const removed = !folio.isIn(mapping);
    yield* folio.lock.unlock();
    if (uptodate) return { folio, read: true };
    folio.put();
    if (!removed) return "unreadable";
    retries.next();
  }
}

/** Looks up every page of the window first, then adds those that are missing one by one, and reads them at the end. */
function* readahead2620(mapping: AddressSpace, start: number, end: number): Steps {
  const { host } = mapping;
  yield;
  const last = Math.min(end, host.pagesOf(host.readSize()));
  const absent: Folio[] = [];
  for (let index = start; index < last; index++) {
    yield;
    if (mapping.entryAt(index) === null) absent.push(new Folio(mapping.world, mapping, index));
  }
  const added: Folio[] = [];
  for (const folio of absent) if (yield* mapping.addToPageCache(folio, "readahead")) added.push(folio);
  yield* submitReadahead(mapping, added);
}

function* submitReadahead(mapping: AddressSpace, folios: readonly Folio[]): Steps {
  if (folios.length === 0) return;
  if (mapping.ops.readahead !== undefined) yield* mapping.ops.readahead(folios);
  else for (const folio of folios) yield* mapping.ops.readFolio(folio);
  for (const folio of folios) folio.put();
}

// From 3.x on: filemap_read; until 5.11 do_generic_file_read, which goes page by page.

function* filemapRead(mapping: AddressSpace, request: CopyRequest, done: Copied): Steps {
  const { host, era } = mapping;
  const first = era.readLooksAtSize === "before_and_after_page";
  for (;;) {
    const pos = request.pos + done.copied;
    if (first) {
      yield; // r1
      if (pos >= host.readSize()) return;
    }
    const { waits = "for_io" } = request;
    const batch = yield* filemapGetPages(mapping, host.pageOf(pos), host.pagesOf(request.pos + request.len), waits); // r2 to r6
    if (batch.length === 0) {
      done.error = waits === "never" ? -EAGAIN : -EIO;
      return;
    }
    yield AT_ONCE; // r7
    const size = host.readSize();
    let reached = true;
    for (const folio of batch) {
      if (reached && request.pos + done.copied < size) {
        reached = yield* copyPage(mapping, folio, size, request, done);
      }
      folio.put(); // r9
    }
    if (!reached || done.copied === request.len || request.pos + done.copied >= size) return;
  }
}

/** Up-to-date folios from `index` on, one at least, with references; empty when it could not be read. */
function* filemapGetPages(mapping: AddressSpace, index: number, end: number, waits: Waits): Steps<Folio[]> {
  const { folios, from } = yield* findOrReadPages(mapping, index, end, waits);
  if (from === "cache") {
    mapping.world.tracepoints?.emit("mm_filemap_get_pages", { ...mapping.placeOf(index), last_index: end - 1 });
  }
  return folios;
}

/** `created`: a page that was missing was added and read by itself, or those before one that had to be waited for. */
function* findOrReadPages(
  mapping: AddressSpace,
  index: number,
  end: number,
  waits: Waits,
): Steps<{ readonly folios: Folio[]; readonly from: "cache" | "created" }> {
  const max = mapping.era.readLooksAtSize === "before_and_after_page" ? mapping.bounds.pagevec : 1;
  for (;;) {
    // A folio that is marked for readahead ends the batch.
    const mark = mapping.ops.readaheadMark?.(index, end) ?? null;
    const to = mark === null ? end : Math.min(end, mapping.folioLast(mark) + 1);
    let batch = yield* getReadBatch(mapping, index, to, max); // r3
    if (batch.length === 0) {
      const windows = windowsAt(mapping, index, end - index);
      if (windows.length > 0) {
        const asked = mapping.ops.readaheadWindow === undefined ? windows[0].pages : end - index;
        mapping.ops.events?.readaheadBegins?.(index, asked);
        yield* readahead(mapping, windows); // r2
        batch = yield* getReadBatch(mapping, index, end, max);
      }
    }
    if (batch.length === 0) {
      if (waits === "never") return { folios: [], from: "created" };
      const created = yield* createFolio(mapping, index); // r4
      if (created === "retry") continue;
      return { folios: created === "unreadable" ? [] : [created], from: "created" };
    }
    const last = batch[batch.length - 1];
    yield* readahead(mapping, mapping.ops.readaheadMarked?.(index, to, "not_told") ?? []);
    if (last.uptodate.test()) return { folios: batch, from: "cache" };
    const updated = waits === "never" ? "unreadable" : yield* updateFolio(mapping, last, batch.length > 1); // r5
    if (updated === "uptodate") return { folios: batch, from: "cache" };
    last.put();
    batch.pop();
    // Pages before the one that was waited for: this way out fires nothing.
    if (batch.length > 0) return { folios: batch, from: "created" };
    if (updated === "unreadable") return { folios: [], from: "created" };
  }
}

/** `filemap_get_read_batch`: folios in a row; it ends with the first that is not up to date. */
function* getReadBatch(mapping: AddressSpace, index: number, end: number, max: number): Steps<Folio[]> {
  const first = yield* mapping.findGetPage(index);
  if (first === null) return [];
  const batch = [first];
  let folios = 1;
  let inFolio = mapping.folioLast(index);
  while (batch[batch.length - 1].uptodate.test() && index + batch.length < end) {
    const next = index + batch.length;
    if (next > inFolio && ++folios > max) break;
    if (next > inFolio) inFolio = mapping.folioLast(next);
    if (next >= mapping.bounds.pagesMax) break;
    const folio = mapping.folioAt(next);
    if (folio === null) break;
    folio.get();
    batch.push(folio);
  }
  return batch;
}

/** What is read ahead where a page is missing. */
function windowsAt({ ops, bounds }: AddressSpace, index: number, wanted: number): readonly ReadaheadRun[] {
  if (ops.readaheadWindow !== undefined) return ops.readaheadWindow(index, wanted);
  return bounds.readaheadPages > 0 ? [{ first: index, pages: bounds.readaheadPages }] : [];
}

/** `filemap_create_folio`: adds a folio and reads it, with truncation kept out. */
function* createFolio(mapping: AddressSpace, index: number): Steps<Folio | "retry" | "unreadable"> {
  const lock = fillLock(mapping);
  const folio = new Folio(mapping.world, mapping, index);
  if (lock !== null) yield* lock.lockShared();
  const added = yield* mapping.addToPageCache(folio);
  const read = added && (yield* readAndWait(mapping, folio));
  if (lock !== null) yield* lock.unlockShared();
  if (read) return folio;
  if (added) folio.put();
  return added ? "unreadable" : "retry";
}

/**
 * `filemap_update_page`: reads a folio that is in the cache. Who finds it locked waits, and looks it up again.
 *
 * @param hasOthers there are folios before it, which are copied first
 */
function* updateFolio(
  mapping: AddressSpace,
  folio: Folio,
  hasOthers: boolean,
): Steps<"uptodate" | "retry" | "unreadable"> {
  const lock = fillLock(mapping);
  if (lock !== null) yield* lock.lockShared();
  let result: "uptodate" | "retry" | "unreadable";
  if (!(yield* folio.lock.tryLock())) {
    if (lock !== null) yield* lock.unlockShared();
    yield* folio.lock.waitClear(hasOthers ? "what_is_not_seen" : undefined);
    return "retry";
  }
  if (!folio.isIn(mapping) || folio.uptodate.test()) {
    result = folio.isIn(mapping) ? "uptodate" : "retry";
    yield* folio.lock.unlock();
  } else result = (yield* readAndWait(mapping, folio)) ? "uptodate" : "unreadable";
  if (lock !== null) yield* lock.unlockShared();
  return result;
}

function fillLock(mapping: AddressSpace) {
  return mapping.era.fillLock === "while_filling" ? mapping.invalidateLock : null;
}

/** `filemap_read_folio`: true when it is up to date. */
function* readAndWait(mapping: AddressSpace, folio: Folio): Steps<boolean> {
  if ((yield* mapping.ops.readFolio(folio)) < 0) return false;
  yield* folio.lock.waitClear();
  return folio.uptodate.test();
}

/** `force_page_cache_readahead`: begins to read the pages [first, end) that are missing, whatever is read ahead by itself. */
export function* forceReadahead(mapping: AddressSpace, first: number, end: number): Steps {
  if (mapping.era.readLooksAtSize === "once_and_after_reading") yield* readahead2620(mapping, first, end);
  else yield* readahead(mapping, [{ first, pages: end - first }]);
}

/**
 * `do_page_cache_ra`, `page_cache_ra_unbounded`: adds and submits the missing pages of the runs of one window, with
 * truncation kept out. How long the file is it has looked at before.
 */
export function* readahead(mapping: AddressSpace, runs: readonly ReadaheadRun[]): Steps {
  if (runs.length === 0) return;
  const { host } = mapping;
  yield;
  const end = host.pagesOf(host.readSize());
  const lock = fillLock(mapping);
  if (lock !== null) yield* lock.lockShared();
  for (const { first, pages, mark } of runs) {
    let added: Folio[] = [];
    for (let index = first; index < Math.min(first + pages, end); index++) {
      yield;
      const entry = mapping.entryAt(index);
      const folio = entry === null || entry.kind === "shadow" ? new Folio(mapping.world, mapping, index) : null;
      if (folio !== null && index === mark) folio.markReadahead();
      if (folio !== null && (yield* mapping.addToPageCache(folio))) added.push(folio);
      else {
        yield* submitReadahead(mapping, added);
        added = [];
      }
    }
    yield* submitReadahead(mapping, added);
  }
  if (lock !== null) yield* lock.unlockShared();
}
