/**
 * The smallest file system that the page cache can stand on: a file whose blocks never move, read and written sector by
 * sector by tasks of their own.
 *
 * @module
 */

import type { AddressSpaceOperations } from "../../src/machine/address_space_operations.ts";
import type { MkwriteOutcome } from "../../src/machine/fault.ts";
import { type Era, ERAS } from "../../src/machine/era.ts";
import type { Folio } from "../../src/machine/folio.ts";
import { Inode } from "../../src/machine/inode.ts";
import { PAGE_CACHE_BOUNDS, type PageCacheBounds } from "../../src/machine/page_cache_bounds.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import { Mm } from "../../src/machine/page_table.ts";
import type { Steps } from "../../src/machine/task.ts";
import { initialToken, type Token, ZERO } from "../../src/machine/tokens.ts";
import { Counter } from "../../src/machine/variable.ts";
import type { World } from "../../src/machine/world.ts";

export interface MemoryFileOptions {
  readonly ino?: string;
  readonly era?: Era["name"] | Era;
  /** In pages. */
  readonly pages?: number;
  /** In sectors; default: all pages. */
  readonly size?: number;
  readonly bounds?: Partial<PageCacheBounds>;
  /** Error of every read or write that fails. */
  readonly readError?: number;
  readonly writeError?: number;
  /** Whether pages are made ready for stores by the file system. */
  readonly mkwrite?: (folio: Folio) => Steps<MkwriteOutcome>;
}

/** Bounds of tests: pages of one sector. */
export const SMALL: PageCacheBounds = { ...PAGE_CACHE_BOUNDS, sectorsPerPage: 1, pagesMax: 4, retriesMax: 1 };

export class MemoryFile {
  readonly world: World;
  readonly inode: Inode;
  readonly disk: Sector[];
  readonly ops: AddressSpaceOperations;
  /** Reads that have been submitted. */
  readonly reads: Counter;
  /** Writes that have been submitted, by page. */
  readonly written: number[] = [];

  constructor(world: World, options: MemoryFileOptions = {}) {
    const { ino = "F", era = "G20", pages = 2, readError = 0, writeError = 0 } = options;
    const bounds = { ...SMALL, ...options.bounds };
    this.world = world;
    this.reads = new Counter(world, "reads");
    this.ops = {
      readFolio: (folio) => this.#read(folio, readError),
      writeFolio: (folio) => this.#write(folio, writeError),
      ...(options.mkwrite === undefined ? {} : { pageMkwrite: options.mkwrite }),
    };
    this.inode = new Inode(world, {
      ino,
      size: options.size ?? pages * bounds.sectorsPerPage,
      era: typeof era === "string" ? ERAS[era] : era,
      bounds,
      mapping: this.ops,
    });
    this.disk = Array.from(
      { length: bounds.pagesMax * bounds.sectorsPerPage },
      (_, sector) => new Sector(world, sector < pages * bounds.sectorsPerPage ? initialToken(ino, sector) : ZERO),
    );
  }

  get mapping() {
    return this.inode.mapping;
  }

  /** Puts a page into the cache as it is on disk. */
  cache(index: number): Folio {
    const { sectorsPerPage } = this.inode.bounds;
    return this.mapping.addCached(
      index,
      this.disk.slice(index * sectorsPerPage, (index + 1) * sectorsPerPage).map(({ peek }) => peek),
    );
  }

  /** The same, with newer content than on disk. */
  cacheDirty(index: number, tokens: readonly Token[]): Folio {
    const folio = this.cache(index);
    folio.sectors.forEach((sector, at) => sector.store(tokens[at]));
    folio.setDirty();
    return folio;
  }

  *#read(folio: Folio, error: number): Steps<number> {
    const { world, disk } = this;
    const { sectorsPerPage } = this.inode.bounds;
    yield;
    const size = this.inode.readSize();
    this.reads.add(1);
    folio.lock.handOver(`read of ${folio.name}`);
    world.spawn("read", function* () {
      for (let at = 0; at < sectorsPerPage && error === 0; at++) {
        yield;
        const sector = folio.index * sectorsPerPage + at;
        folio.sectors[at].store(sector < size ? disk[sector].load() : ZERO);
      }
      yield;
      if (error === 0) folio.uptodate.testAndSet();
      folio.lock.clear();
    }, { context: "irq", daemon: "daemon" });
    return 0;
  }

  *#write(folio: Folio, error: number): Steps<number> {
    const { world, disk, written } = this;
    const { sectorsPerPage } = this.inode.bounds;
    const mapping = folio.home;
    yield;
    folio.startWriteback(`write of ${folio.name}`);
    folio.lock.clear();
    written.push(folio.index);
    world.spawn("write", function* () {
      for (let at = 0; at < sectorsPerPage && error === 0; at++) {
        yield;
        disk[folio.index * sectorsPerPage + at].store(folio.sectors[at].load());
      }
      yield;
      if (error !== 0) mapping.setError();
      folio.endWriteback();
    }, { context: "irq", daemon: "daemon" });
    return 0;
  }

  /** Content of the cache by page: `-` where there is none, `*` behind what is dirty. */
  get cached(): string {
    const { mapping } = this;
    return Array.from({ length: mapping.bounds.pagesMax }, (_, index) => {
      const folio = mapping.peekFolio(index);
      return folio === null ? "-" : `${folio.tokens}${folio.dirty.peek ? "*" : ""}`;
    }).join(" ");
  }

  /** Content of the disk by sector. */
  get media(): string {
    return this.disk.map(({ peek }) => peek).join(" ");
  }
}

/** An address space of a process with pages like the file's. */
export function mmOf(file: MemoryFile, name = "mm1"): Mm {
  return new Mm(file.world, name, file.inode.bounds.sectorsPerPage);
}
