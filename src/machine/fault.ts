/**
 * Page faults (05 C3, C4): loads and stores of a process that find no PTE to go through.
 *
 * What differs between 2.6.20 and later is what keeps the page in the file while its PTE is made: until 2.6.22 nothing but
 * a look at `truncate_count`, from 2.6.23 on the page's lock.
 *
 * @module
 */

import type { AddressSpace } from "./address_space.ts";
import { filemapFault } from "./filemap_fault.ts";
import { filemapNopage } from "./filemap_nopage.ts";
import { Folio } from "./folio.ts";
import { type AnonymousPage, ZERO_PAGE } from "./page_memory.ts";
import type { Mm, Pte, PteTarget, Vma } from "./page_table.ts";
import type { Steps } from "./task.ts";
import { type Token, ZERO } from "./tokens.ts";

export type FaultAccess = "load" | "store";

/**
 * How a fault ended. `sigbus`: there is no such page of the file, or it could not be read. `segv`: nothing is mapped here.
 * `retry`: mmap_sem has been let go of, and all has to be done again.
 */
export type FaultResult = "done" | "sigbus" | "segv" | "retry";

/** What the handler of a file comes to: a locked folio to be mapped, or `done` when it has made the PTE itself. */
export type FaultOutcome = Folio | Exclude<FaultResult, "segv">;

/** `nopage`: the page is in the file no more, the store has to be tried again. */
export type MkwriteOutcome = "unlocked" | "locked" | "nopage" | "sigbus";

/** Whether the fault may let go of mmap_sem: at its first attempt only. */
export type FaultAttempt = "first" | "again";

/** A fault of a task that holds no mmap_sem: of its own loads and stores, of a copy loop. */
export function* pageFault(mm: Mm, vpn: number, access: FaultAccess): Steps<Exclude<FaultResult, "retry">> {
  yield* mm.mmapSem.lockShared(); // f0
  let result = yield* handleMmFault(mm, vpn, access, "first");
  if (result === "retry") {
    yield* mm.mmapSem.lockShared();
    result = yield* handleMmFault(mm, vpn, access, "again");
    if (result === "retry") throw new Error("a fault that may not let go of mmap_sem has done so");
  }
  yield* mm.mmapSem.unlockShared(); // f7
  return result;
}

/** `handle_mm_fault`: with mmap_sem held shared, which has been released when it returns `retry`. */
export function* handleMmFault(mm: Mm, vpn: number, access: FaultAccess, attempt: FaultAttempt): Steps<FaultResult> {
  yield;
  const vma = mm.vmaAt(vpn);
  if (vma === null) return "segv";
  const pte = mm.pte(vpn);
  const target = pte.look();
  mm.world.note("fault", mm.name, access);
  if (target !== null) {
    if (access === "load" || pte.isWritable()) return "done";
    return yield* writeProtectFault(vma, vpn, target);
  }
  const { mapping } = vma;
  if (mapping === null) {
    if (access === "load") pte.install(ZERO_PAGE, "read_only");
    else pte.install(mm.anonymousPage(zeros(mm)), "writable_dirty");
    return "done";
  }
  const privateStore = access === "store" && vma.sharing === "private";
  if (mapping.era.faultInstalls === "without_page_lock" && mapping.ops.fault === undefined) {
    return yield* faultWithoutPageLock(mapping, vma, vpn, access, privateStore);
  }
  return yield* faultWithFolioLock(mapping, vma, vpn, access, privateStore, attempt);
}

function zeros(mm: Mm): Token[] {
  return Array(mm.sectorsPerPage).fill(ZERO);
}

/** A process's own copy of a page, as part of the current step. */
function privateCopy(mm: Mm, page: PteTarget): AnonymousPage {
  return mm.anonymousPage(zeros(mm).map((_zero, sector) => page.sectors[sector].load()));
}

// A PTE that is there and lets no store through.

function* writeProtectFault(vma: Vma, vpn: number, target: PteTarget): Steps<FaultResult> {
  const pte = vma.mm.pte(vpn);
  const { mapping } = vma;
  if (mapping === null || vma.sharing === "private") {
    yield;
    if (pte.look() !== target || pte.isWritable()) return "done";
    const copy = privateCopy(vma.mm, target);
    pte.zap();
    pte.install(copy, "writable_dirty");
    return "done";
  }
  if (mapping.ops.fault !== undefined) {
    const outcome = yield* mapping.ops.fault(vma, vpn, "store");
    if (!(outcome instanceof Folio)) return outcome;
    yield;
    return mapAndUnlock(pte, outcome, "store");
  }
  const folio = target as Folio;
  folio.get();
  const result = yield* makeSharedWritable(mapping, pte, folio);
  folio.put();
  return result;
}

/** The first store through a shared mapping to a page that is mapped for reading. */
function* makeSharedWritable(mapping: AddressSpace, pte: Pte, folio: Folio): Steps<FaultResult> {
  let locked = false;
  if (mapping.ops.pageMkwrite !== undefined) {
    const outcome = yield* mapping.ops.pageMkwrite(folio);
    if (outcome === "sigbus") return "sigbus";
    if (outcome === "nopage") return "done";
    locked = outcome === "locked";
  }
  yield; // k4
  const same = pte.look() === folio;
  if (same) pte.makeWritable();
  if (locked) {
    if (same) folio.setDirty();
    folio.lock.clear();
    return "done";
  }
  if (!same) return "done";
  if (mapping.era.faultInstalls === "without_page_lock") {
    yield;
    folio.setDirty();
    return "done";
  }
  yield* folio.lock.lock();
  yield;
  folio.setDirty();
  folio.lock.clear();
  return "done";
}

// 2.6.20: do_no_page.

function* faultWithoutPageLock(
  mapping: AddressSpace,
  vma: Vma,
  vpn: number,
  access: FaultAccess,
  privateStore: boolean,
): Steps<FaultResult> {
  const index = vma.indexOf(vpn);
  const pte = vma.mm.pte(vpn);
  for (;;) {
    yield; // f1
    const sequence = mapping.truncateCount.get();
    const folio = index < mapping.host.pagesOf(mapping.host.readSize()) ? yield* filemapNopage(mapping, index) : null;
    if (folio === null) return "sigbus";
    if (access === "store" && !privateStore && mapping.ops.pageMkwrite !== undefined) {
      const outcome = yield* mapping.ops.pageMkwrite(folio);
      if (outcome === "sigbus") {
        folio.put();
        return "sigbus";
      }
    }
    let page: PteTarget = folio;
    if (privateStore) {
      yield;
      page = privateCopy(vma.mm, folio);
      folio.put();
    }
    yield; // f6
    if (mapping.truncateCount.get() !== sequence) {
      if (!privateStore) folio.put();
      continue;
    }
    if (pte.look() !== null) {
      // Another task of the process was faster.
      if (!privateStore) folio.put();
      return "done";
    }
    pte.install(page, access === "load" ? "read_only" : "writable_dirty");
    if (access === "store" && !privateStore) {
      yield; // k4, without the page lock
      folio.setDirty();
    }
    if (!privateStore) folio.put();
    return "done";
  }
}

// From 2.6.23 on: do_fault.

function* faultWithFolioLock(
  mapping: AddressSpace,
  vma: Vma,
  vpn: number,
  access: FaultAccess,
  privateStore: boolean,
  attempt: FaultAttempt,
): Steps<FaultResult> {
  const pte = vma.mm.pte(vpn);
  const index = vma.indexOf(vpn);
  let outcome: FaultOutcome;
  const ownHandler = mapping.ops.fault !== undefined;
  if (mapping.ops.fault !== undefined) outcome = yield* mapping.ops.fault(vma, vpn, access);
  else {
    yield; // f1
    if (index >= mapping.host.pagesOf(mapping.host.readSize())) return "sigbus";
    if (access === "load" && mapping.era.faultAround === "cached_neighbours") {
      yield; // f2
      if (mapCachedNeighbours(mapping, vma, vpn)) return "done";
    }
    const around = mapping.era.fillLock === "around_fault" ? mapping.invalidateLock : null;
    if (around !== null) yield* around.lockShared();
    mapping.ops.events?.faultBegins?.();
    outcome = yield* filemapFault(mapping, vma.mm, index, attempt);
    if (around !== null) yield* around.unlockShared();
  }
  if (!(outcome instanceof Folio)) return outcome;
  yield; // f6: truncation sets the size before it comes for the page
  if (!ownHandler && index >= mapping.host.pagesOf(mapping.host.readSize())) {
    outcome.lock.clear();
    outcome.put();
    return "sigbus";
  }
  if (privateStore) {
    if (pte.look() === null) pte.install(privateCopy(vma.mm, outcome), "writable_dirty");
    outcome.lock.clear();
    outcome.put();
    return "done";
  }
  if (access === "store" && mapping.ops.pageMkwrite !== undefined) {
    outcome.lock.clear();
    const made = yield* mapping.ops.pageMkwrite(outcome);
    if (made === "sigbus" || made === "nopage") {
      outcome.put();
      return made === "sigbus" ? "sigbus" : "done";
    }
    yield; // k4
  }
  return mapAndUnlock(pte, outcome, access);
}

/** `finish_fault`: makes the PTE of a locked folio and gives it and the reference back, as part of the current step. */
function mapAndUnlock(pte: Pte, folio: Folio, access: FaultAccess): FaultResult {
  if (pte.look() === null) {
    pte.install(folio, access === "load" ? "read_only" : "writable_dirty");
    if (access === "store") folio.setDirty();
  }
  folio.lock.clear();
  folio.put();
  return "done";
}

/**
 * `filemap_map_pages`: maps what needs no waiting, as part of the current step; true when the page itself is mapped. What is
 * marked to begin a readahead is left for a fault of its own.
 */
function mapCachedNeighbours(mapping: AddressSpace, vma: Vma, vpn: number): boolean {
  const { host, bounds } = mapping;
  const pages = host.pagesOf(host.readSize());
  const first = vpn - vpn % bounds.faultAroundPages;
  let found = false;
  for (let each = first; each < first + bounds.faultAroundPages; each++) {
    if (vma.mm.vmaAt(each) !== vma || vma.indexOf(each) >= pages) continue;
    const folio = mapping.folioAt(vma.indexOf(each));
    if (folio === null || folio.lock.isSet() || !folio.uptodate.test()) continue;
    if (folio.beginsReadahead() || (mapping.ops.readaheadMark?.(folio.index, folio.index + 1) ?? null) !== null) {
      continue;
    }
    found = true;
    const pte = vma.mm.pte(each);
    if (pte.look() === null) pte.install(folio, "read_only");
  }
  const index = vma.indexOf(vpn);
  if (found) mapping.world.tracepoints?.emit("mm_filemap_map_pages", { ...mapping.placeOf(index), last_index: index });
  return vma.mm.pte(vpn).look() !== null;
}

/** A load of a user's program. */
export function* userLoad(mm: Mm, vpn: number, sector: number): Steps<Token | "sigbus" | "segv"> {
  for (;;) {
    yield;
    const memory = mm.pte(vpn).access(sector, "load");
    if (memory !== null) {
      const token = memory.load();
      mm.world.note("load", mm.name, token);
      return token;
    }
    mm.world.tracepoints?.emit("page_fault_user", {});
    const result = yield* pageFault(mm, vpn, "load");
    if (result !== "done") return result;
  }
}

/** A store of a user's program; `undefined` when it has gone through. */
export function* userStore(mm: Mm, vpn: number, sector: number, token: Token): Steps<undefined | "sigbus" | "segv"> {
  for (;;) {
    yield; // k5
    const memory = mm.pte(vpn).access(sector, "store");
    if (memory !== null) {
      memory.store(token);
      mm.world.note("store", mm.name, token);
      return undefined;
    }
    mm.world.tracepoints?.emit("page_fault_user", {});
    const result = yield* pageFault(mm, vpn, "store");
    if (result !== "done") return result;
  }
}
