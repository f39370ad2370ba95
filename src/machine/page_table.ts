/**
 * Page tables: what the pages of a process's address space map.
 *
 * An address is the number of a virtual page, `vpn`. What the kernel does under a page-table lock is one step, and so is a
 * store of the hardware: it goes through when the PTE is writable, and makes the PTE dirty.
 *
 * @module
 */

import { Access } from "./access.ts";
import type { AddressSpace } from "./address_space.ts";
import { Folio } from "./folio.ts";
import { AnonymousPage, type PmemPage, type SectorMemory, type ZeroPage } from "./page_memory.ts";
import { type Fairness, Rwsem } from "./rwsem.ts";
import type { Steps } from "./task.ts";
import { type Token, ZERO } from "./tokens.ts";
import type { World } from "./world.ts";

export type PteTarget = Folio | AnonymousPage | ZeroPage | PmemPage;

/** Whether a mapping was made with MAP_SYNC: a store waits until metadata that finds it again is durable. */
export type MappingSync = "map_sync" | "none";

export type PteMode = "read_only" | "writable" | "writable_dirty";

export class Pte {
  readonly #world: World;
  readonly #object: number;
  #target: PteTarget | null = null;
  #writable = false;
  #dirty = false;

  constructor(world: World) {
    this.#world = world;
    this.#object = world.newObject();
  }

  /** What it maps, not looked at by any step. */
  get peek(): PteTarget | null {
    return this.#target;
  }

  get peekMode(): PteMode {
    return !this.#writable ? "read_only" : this.#dirty ? "writable_dirty" : "writable";
  }

  /** Looks at it; null: nothing is mapped. */
  look(): PteTarget | null {
    this.#world.touch(this.#object, Access.Read, 0);
    return this.#target;
  }

  /** Looks whether what it maps may be stored into. */
  isWritable(): boolean {
    this.#world.touch(this.#object, Access.Read, 0);
    return this.#writable;
  }

  /** Maps something unless something is mapped (`-EBUSY`): false. */
  tryInstall(target: PteTarget, mode: PteMode): boolean {
    if (this.look() !== null) return false;
    this.install(target, mode);
    return true;
  }

  /** Maps something where nothing is mapped, as the step knows. */
  install(target: PteTarget, mode: PteMode): void {
    if (this.#target !== null) throw new Error(`${target.name} is mapped over ${this.#target.name}`);
    this.#world.touch(this.#object, Access.Write, 0);
    this.#target = target;
    this.#writable = mode !== "read_only";
    this.#dirty = mode === "writable_dirty";
    if (target instanceof Folio) target.mapcount.add(1);
    this.#world.note("map", target.name, mode);
  }

  /** Lets stores through from now on. */
  makeWritable(): void {
    if (this.#target === null) throw new Error("a PTE that maps nothing is made writable");
    this.#world.touch(this.#object, Access.Write, 0);
    this.#writable = true;
    this.#dirty = true;
  }

  /**
   * Memory behind it when a load (or a store) can go through now, else null. A store makes it dirty, which only those look
   * at who change it: it is a look for them, and stores commute.
   */
  access(sector: number, kind: "load" | "store"): SectorMemory | null {
    const target = this.look();
    if (target === null) return null;
    if (kind === "store") {
      if (!this.#writable) return null;
      this.#dirty = true;
    }
    return target.sectors[sector];
  }

  /** Makes it clean and read-only (`mkclean`); returns whether it was dirty. */
  clean(): boolean {
    const dirty = this.#dirty;
    this.#world.touch(this.#object, dirty || this.#writable ? Access.Write : Access.Read, 0);
    this.#dirty = false;
    this.#writable = false;
    return dirty;
  }

  /** Maps nothing any more; what was stored through it makes the folio dirty. Returns what it mapped. */
  zap(): PteTarget | null {
    const target = this.look();
    if (target === null) return null;
    const dirty = this.clean();
    this.#world.touch(this.#object, Access.Write, 0);
    this.#target = null;
    if (target instanceof Folio) {
      if (dirty) target.setDirty();
      target.mapcount.add(-1);
    }
    this.#world.note("zap", target.name);
    return target;
  }
}

/** An area of an address space: memory of its own (`mapping` null), or pages of a file. */
export class Vma {
  readonly mm: Mm;
  /** First virtual page. */
  readonly vpn: number;
  readonly npages: number;
  readonly mapping: AddressSpace | null;
  /** Page of the file at the first virtual page. */
  readonly pgoff: number;
  readonly sharing: "shared" | "private";
  readonly sync: MappingSync;

  constructor(
    mm: Mm,
    vpn: number,
    npages: number,
    mapping: AddressSpace | null,
    pgoff: number,
    sharing: Vma["sharing"],
    sync: MappingSync = "none",
  ) {
    this.mm = mm;
    this.vpn = vpn;
    this.npages = npages;
    this.mapping = mapping;
    this.pgoff = pgoff;
    this.sharing = sharing;
    this.sync = sync;
  }

  /** Page of the file that a virtual page of this area shows. */
  indexOf(vpn: number): number {
    return this.pgoff + vpn - this.vpn;
  }

  /** Virtual pages of this area that show pages [first, end) of the file; a later mapping may have taken some away. */
  *vpnsOf(first: number, end: number): Iterable<number> {
    const from = Math.max(first, this.pgoff);
    const to = Math.min(end, this.pgoff + this.npages);
    for (let index = from; index < to; index++) {
      const vpn = this.vpn + index - this.pgoff;
      if (this.mm.vmaAt(vpn) === this) yield vpn;
    }
  }
}

/** Virtual pages in a row, for a buffer. */
export interface Segment {
  readonly vpn: number;
  readonly npages: number;
}

/** A private copy of a file's page that was taken away while its mapping lives. */
export interface DroppedCopy {
  readonly vpn: number;
  readonly page: AnonymousPage;
  readonly mapping: AddressSpace;
  readonly index: number;
}

/** The address space of a process. Its pages are reserved during set-up. */
export class Mm {
  readonly world: World;
  readonly name: string;
  /** `mmap_sem(mm1)`: shared by faults, exclusive for those who change what is where. */
  readonly mmapSem: Rwsem;
  readonly sectorsPerPage: number;
  /** Private copies that unmapping has taken, for checks. */
  readonly droppedCopies: DroppedCopy[] = [];
  readonly #ptes: Pte[] = [];
  readonly #vmas: (Vma | null)[] = [];
  readonly #vmasObject: number;
  #copies = 0;

  /** @param name `mm1` */
  constructor(world: World, name: string, sectorsPerPage: number, fairness: Fairness = "fair") {
    this.world = world;
    this.name = name;
    this.sectorsPerPage = sectorsPerPage;
    this.mmapSem = new Rwsem(world, `mmap_sem(${name})`, fairness);
    this.#vmasObject = world.newObject();
  }

  pte(vpn: number): Pte {
    return this.#ptes[vpn];
  }

  /** The area that a virtual page belongs to, as part of the current step. */
  vmaAt(vpn: number): Vma | null {
    this.world.touch(this.#vmasObject, Access.Read, 0);
    return this.#vmas[vpn] ?? null;
  }

  peekVma(vpn: number): Vma | null {
    return this.#vmas[vpn];
  }

  /** Reserves virtual pages that map nothing, not even an area: whoever touches them gets EFAULT. Set-up only. */
  reserve(npages: number): Segment {
    const vpn = this.#ptes.length;
    for (let i = 0; i < npages; i++) {
      this.#ptes.push(new Pte(this.world));
      this.#vmas.push(null);
    }
    return { vpn, npages };
  }

  /**
   * Memory of its own. Set-up only.
   *
   * @param tokens content by sector, as many as are there already; pages behind it come with the first fault
   */
  anonymous(npages: number, tokens: readonly Token[] = []): Segment {
    const segment = this.reserve(npages);
    this.mapFixed(segment, null, 0, "private");
    const { sectorsPerPage } = this;
    for (let i = 0; i * sectorsPerPage < tokens.length && i < npages; i++) {
      const page = tokens.slice(i * sectorsPerPage, (i + 1) * sectorsPerPage);
      while (page.length < sectorsPerPage) page.push(ZERO);
      this.#ptes[segment.vpn + i].install(this.anonymousPage(page), "writable_dirty");
    }
    return segment;
  }

  /** A new page of memory of its own. */
  anonymousPage(tokens: readonly Token[]): AnonymousPage {
    return new AnonymousPage(this.world, `${this.name} page ${this.#copies++}`, tokens);
  }

  /** Pages of a file, not faulted in. Set-up only. */
  mapFile(
    mapping: AddressSpace,
    pgoff: number,
    npages: number,
    sharing: Vma["sharing"],
    sync: MappingSync = "none",
  ): Segment {
    const segment = this.reserve(npages);
    this.mapFixed(segment, mapping, pgoff, sharing, sync);
    return segment;
  }

  /** Puts an area over virtual pages, as part of the current step; what was there is unmapped. */
  mapFixed(
    segment: Segment,
    mapping: AddressSpace | null,
    pgoff: number,
    sharing: Vma["sharing"],
    sync: MappingSync = "none",
  ): Vma {
    this.unmapFixed(segment);
    const vma = new Vma(this, segment.vpn, segment.npages, mapping, pgoff, sharing, sync);
    for (let i = 0; i < segment.npages; i++) this.#vmas[segment.vpn + i] = vma;
    mapping?.addVma(vma);
    return vma;
  }

  /** Takes areas from virtual pages, with all that their PTEs map, as part of the current step. */
  unmapFixed(segment: Segment): void {
    this.world.touch(this.#vmasObject, Access.Write, 0);
    for (let vpn = segment.vpn; vpn < segment.vpn + segment.npages; vpn++) {
      this.#ptes[vpn].zap();
      const vma = this.#vmas[vpn];
      this.#vmas[vpn] = null;
      if (vma !== null && vma.mapping !== null && !this.#vmas.includes(vma)) vma.mapping.removeVma(vma);
    }
  }

  /** `mmap(MAP_FIXED)`: puts an area over virtual pages, under `mmap_sem`. */
  *mmap(
    segment: Segment,
    mapping: AddressSpace | null,
    pgoff: number,
    sharing: Vma["sharing"],
    sync: MappingSync = "none",
  ): Steps {
    yield* this.mmapSem.lockExclusive();
    yield;
    this.mapFixed(segment, mapping, pgoff, sharing, sync);
    yield* this.mmapSem.unlockExclusive();
  }

  *munmap(segment: Segment): Steps {
    yield* this.mmapSem.lockExclusive();
    yield;
    this.unmapFixed(segment);
    yield* this.mmapSem.unlockExclusive();
  }
}
