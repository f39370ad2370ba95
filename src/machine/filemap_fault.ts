/**
 * How a fault of later kernels finds a page of a file (05 C3 f3 to f5): it ends with an up-to-date folio that is locked.
 *
 * @module
 */

import type { AddressSpace } from "./address_space.ts";
import type { ReadaheadRun } from "./address_space_operations.ts";
import type { FaultAttempt, FaultOutcome } from "./fault.ts";
import { pageCacheRead } from "./filemap_nopage.ts";
import { Folio } from "./folio.ts";
import type { Mm } from "./page_table.ts";
import { readahead } from "./buffered_read.ts";
import { Retries } from "./retries.ts";
import type { Steps } from "./task.ts";

/** `filemap_fault` behind its size check and fault-around: the locked, up-to-date folio, with a reference. */
export function* filemapFault(
  mapping: AddressSpace,
  mm: Mm,
  index: number,
  attempt: FaultAttempt,
): Steps<FaultOutcome> {
  const { era, ops } = mapping;
  const fillLock = era.fillLock === "while_filling" ? mapping.invalidateLock : null;
  let keepsMmapSem = attempt === "again" || era.faultWaits === "with_mmap_sem";
  let filling = false;
  let dropped = false;
  /** Before waiting for I/O. */
  function* dropMmapSem(): Steps {
    if (keepsMmapSem) return;
    keepsMmapSem = true;
    dropped = true;
    yield* mm.mmapSem.unlockShared();
  }
  function* fill(): Steps {
    if (filling) return;
    filling = true;
    if (fillLock !== null) yield* fillLock.lockShared();
  }
  function* finish(outcome: FaultOutcome): Steps<FaultOutcome> {
    if (filling && fillLock !== null) yield* fillLock.unlockShared();
    return dropped ? "retry" : outcome;
  }

  mapping.world.tracepoints?.emit("mm_filemap_fault", mapping.placeOf(index));
  const retries = new Retries(mapping.world, `filemap_fault of ${mapping.host.ino}`, mapping.bounds.retriesMax);
  let folio = yield* mapping.findGetPage(index); // f3
  if (folio !== null && !folio.uptodate.test()) yield* fill();
  if (ops.readaheadWindow !== undefined) {
    // do_sync_mmap_readahead, do_async_mmap_readahead
    const missing = folio === null ? ops.readaheadWindow(index, "fault") : [];
    const windows = folio !== null ? markedBy(mapping, folio) : missing.length > 0 ? missing : null;
    if (windows !== null) {
      yield* dropMmapSem();
      yield* readahead(mapping, windows);
      folio ??= yield* mapping.findGetPage(index);
    }
  }
  for (;;) {
    while (folio === null) {
      retries.next();
      yield* fill();
      if (era.faultAdds === "locks_again") folio = yield* findOrAdd(mapping, index); // f4
      else {
        if ((yield* pageCacheRead(mapping, index)) < 0) return yield* finish("sigbus");
        folio = yield* mapping.findGetPage(index);
      }
    }
    if (!(yield* folio.lock.tryLock())) {
      yield* dropMmapSem();
      yield* folio.lock.lock();
    }
    if (!folio.isIn(mapping) || (!folio.uptodate.test() && !filling)) {
      yield* folio.lock.unlock();
      folio.put();
      folio = null;
      continue;
    }
    if (folio.uptodate.test()) break;
    yield* dropMmapSem(); // f5
    const error: number = yield* ops.readFolio(folio);
    if (error === 0) yield* folio.lock.waitClear();
    const failed = error < 0 || !folio.uptodate.test();
    folio.put();
    folio = null;
    if (dropped || failed) return yield* finish("sigbus");
  }
  if (dropped) {
    yield* folio.lock.unlock();
    folio.put();
    return yield* finish("retry");
  }
  return yield* finish(folio);
}

/** `page_cache_async_ra`: what a folio that is marked begins to read ahead; it is marked no more. Null: it is not marked. */
function markedBy({ ops }: AddressSpace, folio: Folio): readonly ReadaheadRun[] | null {
  const mark = folio.takeReadahead() ? "marked" : "not_told";
  return ops.readaheadMarked?.(folio.index, folio.index + 1, mark) ?? null;
}

/** `FGP_CREAT | FGP_FOR_MMAP`: the folio of an index, a new one when there is none, unlocked. */
function* findOrAdd(mapping: AddressSpace, index: number): Steps<Folio> {
  let made: Folio | null = null;
  for (;;) {
    const folio = yield* mapping.findGetPage(index);
    if (folio !== null) return folio;
    made ??= new Folio(mapping.world, mapping, index);
    if (yield* mapping.addToPageCache(made)) {
      yield* made.lock.unlock();
      return made;
    }
  }
}
