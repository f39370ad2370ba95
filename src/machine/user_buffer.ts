/**
 * Memory of a user's program that a system call reads from and writes to: by copying, or pinned for a device.
 *
 * A buffer is made of segments (the vectors of a readv); its sectors are counted through all of them. A segment begins at
 * a page's beginning, but for the first one, of which sectors may be left out. A page that is in no area of the address
 * space cannot be faulted in: EFAULT.
 *
 * @module
 */

import { EFAULT } from "./errno.ts";
import { type FaultAccess, handleMmFault, pageFault } from "./fault.ts";
import { Folio } from "./folio.ts";
import type { PageMemory, SectorMemory } from "./page_memory.ts";
import type { Mm, PteTarget, Segment } from "./page_table.ts";
import { AT_ONCE, type Steps } from "./task.ts";
import { type Token, ZERO } from "./tokens.ts";

/** Whether a fault may be taken while copying or pinning. */
export type FaultMode = "fault" | "nofault";

export class UserBuffer {
  readonly mm: Mm;
  readonly segments: readonly Segment[];
  /** Sectors of the first page before the buffer begins; what is pinned begins at a page. */
  readonly skip: number;

  constructor(mm: Mm, segments: readonly Segment[], skip = 0) {
    this.mm = mm;
    this.segments = segments;
    this.skip = skip;
  }

  get npages(): number {
    return this.segments.reduce((sum, { npages }) => sum + npages, 0);
  }

  /** Virtual page of a sector of the buffer; -1 behind its end. */
  vpnOf(sector: number): number {
    let page = Math.floor((this.skip + sector) / this.mm.sectorsPerPage);
    for (const { vpn, npages } of this.segments) {
      if (page < npages) return vpn + page;
      page -= npages;
    }
    return -1;
  }

  /** Virtual pages from a page of the buffer on, `max` at most, no further than its segment: what is pinned at once. */
  batchAt(page: number, max: number): Segment {
    let at = page;
    for (const { vpn, npages } of this.segments) {
      if (at < npages) return { vpn: vpn + at, npages: Math.min(max, npages - at) };
      at -= npages;
    }
    return { vpn: -1, npages: 0 };
  }

  /** Memory of a sector when it can be reached without a fault, as part of the current step. */
  reach(sector: number, access: FaultAccess): SectorMemory | null {
    const vpn = this.vpnOf(sector);
    return vpn < 0 ? null : this.mm.pte(vpn).access((this.skip + sector) % this.mm.sectorsPerPage, access);
  }

  /** What is in the buffer, not looked at by any step; "?" where nothing is mapped. */
  get tokens(): Token[] {
    const { sectorsPerPage } = this.mm;
    return Array.from({ length: this.npages * sectorsPerPage - this.skip }, (_, sector) => {
      const target = this.mm.pte(this.vpnOf(sector)).peek;
      return target === null ? "?" : target.sectors[(this.skip + sector) % sectorsPerPage].peek;
    });
  }
}

/** Copies one sector to the user, faulting the page in. Returns what was copied, null for EFAULT. */
export function* copyToUser(
  buffer: UserBuffer,
  sector: number,
  from: SectorMemory,
  mode: FaultMode = "fault",
): Steps<Token | null> {
  for (;;) {
    yield AT_ONCE;
    const to = buffer.reach(sector, "store");
    if (to !== null) {
      const token = from.load();
      to.store(token);
      buffer.mm.world.note("copy to user", buffer.mm.name, token);
      return token;
    }
    if (!(yield* faultIn(buffer, sector, "store", mode))) return null;
  }
}

/** Copies one sector from the user. Returns what was copied, null for EFAULT. */
export function* copyFromUser(
  buffer: UserBuffer,
  sector: number,
  to: SectorMemory,
  mode: FaultMode = "fault",
): Steps<Token | null> {
  for (;;) {
    yield;
    const from = buffer.reach(sector, "load");
    if (from !== null) {
      const token = from.load();
      to.store(token);
      buffer.mm.world.note("copy from user", buffer.mm.name, token);
      return token;
    }
    if (!(yield* faultIn(buffer, sector, "load", mode))) return null;
  }
}

/** Zeroes one sector of the user's. */
export function* clearUser(buffer: UserBuffer, sector: number): Steps<Token | null> {
  return yield* copyToUser(buffer, sector, { load: () => ZERO, store() {}, peek: ZERO });
}

function* faultIn(buffer: UserBuffer, sector: number, access: FaultAccess, mode: FaultMode): Steps<boolean> {
  const vpn = buffer.vpnOf(sector);
  return mode === "fault" && vpn >= 0 && (yield* pageFault(buffer.mm, vpn, access)) === "done";
}

/**
 * `fault_in_readable`, `fault_in_writeable`: touches every page of sectors [from, to) of the buffer once.
 *
 * @returns the first sector that could not be reached; `to` when all can
 */
export function* faultInPages(buffer: UserBuffer, from: number, to: number, access: FaultAccess): Steps<number> {
  const { sectorsPerPage } = buffer.mm;
  for (let sector = from; sector < to; sector += sectorsPerPage - (buffer.skip + sector) % sectorsPerPage) {
    for (;;) {
      yield;
      if (buffer.reach(sector, access) !== null) break;
      if (!(yield* faultIn(buffer, sector, access, "fault"))) return sector;
    }
  }
  return to;
}

/** A page that a device may read and write, whatever becomes of its mappings. */
export class PinnedPage implements PageMemory {
  readonly name: string;
  readonly sectors: readonly SectorMemory[];
  /** The file's page, when it is one. */
  readonly folio: Folio | null;

  constructor(page: PteTarget) {
    this.name = page.name;
    if (page instanceof Folio) {
      this.folio = page;
      this.sectors = page.sectors.map((_sector, at) => new PinnedSector(page, at));
      page.get();
      page.pins.add(1);
    } else {
      this.folio = null;
      this.sectors = page.sectors;
    }
  }

  /** Gives it back, as part of the current step. */
  unpin(): void {
    this.folio?.pins.add(-1);
    this.folio?.put();
  }

  /** `set_page_dirty_lock`: after a device has written into it. Sleeps. */
  *setDirtyLock(): Steps {
    const { folio } = this;
    if (folio === null) return;
    yield* folio.lock.lock();
    yield;
    folio.setDirty();
    folio.lock.clear();
  }
}

/** Part of a file's page as a device sees it: a page that has left the cache takes what is stored, and nobody sees it. */
class PinnedSector implements SectorMemory {
  readonly #folio: Folio;
  readonly #sector: number;

  constructor(folio: Folio, sector: number) {
    this.#folio = folio;
    this.#sector = sector;
  }

  get peek(): Token {
    return this.#folio.sectors[this.#sector].peek;
  }

  load(): Token {
    return this.#folio.sectors[this.#sector].load();
  }

  store(token: Token): void {
    const folio = this.#folio;
    folio.sectors[this.#sector].store(token);
    if (!folio.isIn(folio.home)) folio.orphanStores.push({ sector: this.#sector, token });
  }
}

export interface UserPages {
  /** As many as could be pinned, from the first one on. */
  readonly pages: readonly PinnedPage[];
  /** 0, or -EFAULT when that was not all. */
  readonly error: number;
}

/**
 * `get_user_pages` (05 C10): pins pages of a buffer, in one hold of mmap_sem, with the faults of the calling task.
 *
 * @param vpn first virtual page; a batch ends where a segment ends
 * @param access `store` when the device writes into them: they must be writable then
 */
export function* getUserPages(
  mm: Mm,
  vpn: number,
  npages: number,
  access: FaultAccess,
  mode: FaultMode = "fault",
): Steps<UserPages> {
  const pages: PinnedPage[] = [];
  let error = 0;
  let attempt: "first" | "again" = "first";
  yield* mm.mmapSem.lockShared(); // g1
  while (pages.length < npages) {
    yield; // g2
    const pte = mm.pte(vpn + pages.length);
    const target = mm.vmaAt(vpn + pages.length) === null ? null : pte.look();
    if (target !== null && (access === "load" || pte.isWritable())) {
      pages.push(new PinnedPage(target));
      attempt = "first";
      continue;
    }
    if (mode === "nofault") {
      error = -EFAULT;
      break;
    }
    const result = yield* handleMmFault(mm, vpn + pages.length, access, attempt);
    if (result === "retry") {
      attempt = "again";
      yield* mm.mmapSem.lockShared();
    } else if (result !== "done") {
      error = -EFAULT;
      break;
    }
  }
  yield* mm.mmapSem.unlockShared(); // g3
  return { pages, error };
}
