/**
 * How a fault of 2.6.20 finds a page of a file (05 C3 f3 to f5): it ends with an up-to-date page that is not locked.
 *
 * @module
 */

import type { AddressSpace } from "./address_space.ts";
import { Folio } from "./folio.ts";
import { Retries } from "./retries.ts";
import type { Steps } from "./task.ts";

/** `filemap_nopage` behind its size check: an up-to-date page with a reference; null when it cannot be read. */
export function* filemapNopage(mapping: AddressSpace, index: number): Steps<Folio | null> {
  const { host } = mapping;
  const retries = new Retries(mapping.world, `filemap_nopage of ${host.ino}`, mapping.bounds.retriesMax);
  for (;;) {
    let folio = yield* mapping.findGetPage(index); // f3
    while (folio === null) {
      retries.next();
      if ((yield* pageCacheRead(mapping, index)) < 0) return null; // f4
      folio = yield* mapping.findGetPage(index);
    }
    if (folio.uptodate.test()) return folio;
    const state = yield* bringUptodate(mapping, folio); // f5
    if (state === "uptodate") return folio;
    folio.put();
    if (state === "unreadable") return null;
    yield;
    if (index >= host.pagesOf(host.readSize())) return null;
  }
}

/** `page_not_uptodate`: locks the page and reads it when nobody has done so; a failed read is tried once more. */
function* bringUptodate(mapping: AddressSpace, folio: Folio): Steps<"uptodate" | "removed" | "unreadable"> {
  for (let attempt = 0; attempt < 2; attempt++) {
    yield* folio.lock.lock();
    const removed = !folio.isIn(mapping);
    if (removed || folio.uptodate.test()) {
      yield* folio.lock.unlock();
      return removed ? "removed" : "uptodate";
    }
    if ((yield* mapping.ops.readFolio(folio)) < 0) continue;
    yield* folio.lock.waitClear();
    if (folio.uptodate.test()) return "uptodate";
  }
  return "unreadable";
}

/** `page_cache_read`: adds a page and starts to read it, unless there is one now. */
export function* pageCacheRead(mapping: AddressSpace, index: number): Steps<number> {
  const folio = new Folio(mapping.world, mapping, index);
  if (!(yield* mapping.addToPageCache(folio))) return 0;
  const error = yield* mapping.ops.readFolio(folio);
  folio.put();
  return error;
}
