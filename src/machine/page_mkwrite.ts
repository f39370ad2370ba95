/**
 * What most file systems do before the first store through a mapping.
 *
 * @module
 */

import type { MkwriteOutcome } from "./fault.ts";
import type { Folio } from "./folio.ts";
import type { Steps } from "./task.ts";

/**
 * `page_mkwrite` of file systems that reserve or map blocks for a page before it is stored into (05 C4 k1 to k3).
 *
 * @param reserve called with the folio locked and inside i_size; negative: the store fails
 */
export function* genericPageMkwrite(folio: Folio, reserve: (folio: Folio) => Steps<number>): Steps<MkwriteOutcome> {
  const mapping = folio.home;
  const { host, invalidateLock, ops: { events } } = mapping;
  events?.mkwriteBegins?.();
  if (invalidateLock !== null) yield* invalidateLock.lockShared(); // k1
  yield* folio.lock.lock(); // k2
  // 2.6.20 has no way to say that the page is in the file no more.
  let outcome: MkwriteOutcome = mapping.era.mkwriteReturns === "locked" ? "nopage" : "sigbus";
  if (folio.isIn(mapping) && folio.index < host.pagesOf(host.readSize())) {
    events?.mkwriteMaps?.(folio.index);
    if ((yield* reserve(folio)) < 0) outcome = "sigbus";
    else {
      yield; // k3
      folio.setDirty();
      // A folio of several pages is made dirty as a whole.
      for (let index = mapping.folioFirst(folio.index); index <= mapping.folioLast(folio.index); index++) {
        if (index !== folio.index) mapping.folioAt(index)?.setDirty();
      }
      if (mapping.era.stableWrites === "waited_for") yield* folio.waitWriteback();
      outcome = mapping.era.mkwriteReturns;
    }
  }
  if (outcome !== "locked") yield* folio.lock.unlock();
  if (invalidateLock !== null) yield* invalidateLock.unlockShared();
  events?.mkwriteEnds?.();
  return outcome;
}
