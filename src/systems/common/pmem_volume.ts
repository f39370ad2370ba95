/**
 * Persistent memory as the medium of a file system: its blocks are memory that CPUs load from and store into.
 *
 * A block that has lost its owner for good reads as stale to its next one until it is written over, also after a crash; so
 * every stored word is kept with how often its block had been freed by then.
 *
 * @module
 */

import { Access } from "../../machine/access.ts";
import { type BlockMedium, type BlockOwners, misuse } from "../../machine/block_allocator.ts";
import type { AllocatedBlock } from "../../machine/disk_metadata.ts";
import type { CrashOrder } from "../../machine/crash_order.ts";
import type { PmemPage, SectorMemory } from "../../machine/page_memory.ts";
import {
  contentToken,
  type CopyWay,
  type PersistenceDomain,
  PersistentMemory,
  SECTOR_BYTES,
} from "../../machine/persistent_memory.ts";
import type { CrashPick, PersistentLine } from "../../machine/program.ts";
import { PersistentMemoryImage } from "../../machine/persistent_memory_image.ts";
import { staleToken, type Token, ZERO } from "../../machine/tokens.ts";
import type { World } from "../../machine/world.ts";
import type { Zeroing } from "../run_record.ts";
import type { DiskLayout } from "./disk_layout.ts";

export interface PmemVolumeOptions {
  readonly layout: DiskLayout;
  readonly linesPerSector: number;
  readonly wordsPerLine: number;
  readonly domain: PersistenceDomain;
  /** Given where crashes are explored. */
  readonly crashOrder: CrashOrder | null;
}

/** A sector of a file in a block, as somebody believes it to be. */
export interface SectorPlace {
  readonly file: string;
  readonly pblk: number;
  /** Sector of the file. */
  readonly sector: number;
}

/** Part of a sector that a copy means, in bytes. */
export interface Covered {
  readonly from: number;
  readonly to: number;
}

const WHOLE: Covered = { from: 0, to: SECTOR_BYTES };
const GENERATION = /^(\d+)~/;

/** Which blocks files share. */
export interface BlockSharers {
  has(pblk: number, file: string): boolean;
}

export class PmemVolume implements BlockMedium {
  readonly memory: PersistentMemory;
  readonly sectorsPerBlock: number;
  /** Zeros that paths have put into blocks of files. */
  readonly zeroings: Zeroing[] = [];
  /** Files that have a block beside its owner, where the file system shares blocks; null: it does not. */
  sharers: BlockSharers | null = null;
  readonly #world: World;
  /** By block: how often it has been freed. */
  readonly #generations: number[] = [];
  readonly #pages = new Map<string, PmemPage>();
  #owners: BlockOwners | null = null;
  #recovered: PersistentMemoryImage | null = null;

  constructor(world: World, { layout, linesPerSector, wordsPerLine, domain, crashOrder }: PmemVolumeOptions) {
    this.#world = world;
    this.sectorsPerBlock = layout.sectorsPerBlock;
    this.memory = new PersistentMemory(world, {
      sectors: layout.sectors,
      linesPerSector,
      wordsPerLine,
      domain,
      content: (sector) => layout.initial(sector) ?? staleToken(Math.floor(sector / layout.sectorsPerBlock), 0),
      ...(crashOrder === null ? {} : { crashOrder }),
    });
  }

  attach(owners: BlockOwners): void {
    this.#owners = owners;
  }

  ownerChanged(pblk: number): void {
    for (const line of this.linesOf(pblk)) this.#world.touch(this.memory.peekLine(line).object, Access.Write, 0);
  }

  blockFreed(pblk: number): void {
    this.#generations[pblk] = this.generation(pblk) + 1;
    this.ownerChanged(pblk);
  }

  generation(pblk: number): number {
    return this.#generations[pblk] ?? 0;
  }

  /** Lines of a block. */
  *linesOf(pblk: number): Iterable<number> {
    const count = this.sectorsPerBlock * this.memory.linesPerSector;
    for (let i = 0; i < count; i++) yield pblk * count + i;
  }

  /** First line of a sector of a file in its block. */
  #firstLine({ pblk, sector }: SectorPlace): number {
    const physical = pblk * this.sectorsPerBlock + sector % this.sectorsPerBlock;
    return physical * this.memory.linesPerSector;
  }

  /** Reports, as part of the current step, that a block is used that is not of the file. */
  checkUse({ file, pblk }: Pick<SectorPlace, "file" | "pblk">, by: string): void {
    if (this.#owners === null) return;
    const first = pblk * this.sectorsPerBlock * this.memory.linesPerSector;
    this.#world.touch(this.memory.peekLine(first).object, Access.Read, 0);
    if (this.sharers?.has(pblk, file)) return;
    const wrong = misuse(this.#owners, pblk, file);
    if (wrong === null) return;
    this.#world.report("USE_AFTER_FREE_BLOCK", `${by} of ${file} meets ${wrong}`, { file });
  }

  /** What one line of a sector holds, as part of the current step. */
  loadLine(place: SectorPlace, nth: number): Token[] {
    return this.memory.loadLine(this.#firstLine(place) + nth).map((word) => this.#read(word, place.pblk));
  }

  /** What a sector holds, as part of the current step. */
  loadSector(place: SectorPlace): Token {
    const words: Token[] = [];
    for (let nth = 0; nth < this.memory.linesPerSector; nth++) words.push(...this.loadLine(place, nth));
    return contentToken(words);
  }

  /** What a sector holds, not looked at by any step. */
  peekSector(place: Pick<SectorPlace, "pblk" | "sector">): Token {
    const first = this.#firstLine({ file: "", ...place });
    const words: Token[] = [];
    for (let nth = 0; nth < this.memory.linesPerSector; nth++) {
      words.push(...this.memory.peekLine(first + nth).visible.map((word) => this.#read(word, place.pblk)));
    }
    return contentToken(words);
  }

  /**
   * Stores into one line of a sector, as part of the current step.
   *
   * A write is judged by whole sectors, so words that it covers in part or not at all take its token too.
   *
   * @param way `nocache`: words that are covered as a whole go past the cache, others through it
   */
  storeLine(place: SectorPlace, nth: number, token: Token, way: CopyWay, covered: Covered = WHOLE): void {
    const { memory } = this;
    const { wordBytes, wordsPerLine } = memory;
    const line = this.#firstLine(place) + nth;
    const value = this.#stored(token, place.pblk);
    for (let word = 0; word < wordsPerLine; word++) {
      const from = (nth * wordsPerLine + word) * wordBytes;
      const whole = covered.from <= from && from + wordBytes <= covered.to;
      if (way === "nocache" && whole) memory.ntstore(line, word, value);
      else memory.store(line, word, value);
    }
  }

  /** Stores a sector through the cache, as part of the current step. */
  storeSector(place: SectorPlace, token: Token): void {
    for (let nth = 0; nth < this.memory.linesPerSector; nth++) this.storeLine(place, nth, token, "cached");
  }

  /** Starts to write the lines of a sector back (`clwb`), as part of the current step. */
  writeBack(place: Pick<SectorPlace, "pblk" | "sector">): void {
    const first = this.#firstLine({ file: "", ...place });
    for (let nth = 0; nth < this.memory.linesPerSector; nth++) this.memory.clwb(first + nth);
  }

  /**
   * Puts zeros into a sector, as part of the current step, and takes note of it.
   *
   * @param way `cached`: a plain `memset`; `nocache`: past the cache, durable with the next fence
   */
  zeroSector(place: SectorPlace, reason: Zeroing["reason"], way: CopyWay = "cached"): void {
    const { file, sector } = place;
    const over = this.loadSector(place);
    const operation = this.#world.current?.account?.operation ?? "";
    this.zeroings.push({ step: this.#world.steps, operation, file, sector, over, reason });
    for (let nth = 0; nth < this.memory.linesPerSector; nth++) this.storeLine(place, nth, ZERO, way);
  }

  /** A block of a file as a page that can be mapped; the same one for the same block. */
  page(file: string, pblk: number, lblk: number): PmemPage {
    const key = `${file} ${lblk} ${pblk}`;
    let page = this.#pages.get(key);
    if (page === undefined) {
      const sectors = Array.from(
        { length: this.sectorsPerBlock },
        (_, within) => new MappedSector(this, { file, pblk, sector: lblk * this.sectorsPerBlock + within }),
      );
      this.#pages.set(key, page = { kind: "pmem", name: `pmem block ${pblk}`, pfn: pblk, sectors });
    }
    return page;
  }

  /** Lines that have been written, with what loads see and what a crash may leave; not looked at by any step. */
  *look(): Iterable<readonly [line: string, state: string]> {
    for (const { name, of, visible, cached, inFlight, durable } of this.persistentLines()) {
      const where = [...cached ? ["cached"] : [], ...inFlight ? ["in flight"] : []].join(" and ");
      yield [name, `${of} ${visible}${where === "" ? ", durable" : ` ${where}, durable ${durable}`}`];
    }
  }

  *persistentLines(): Iterable<PersistentLine> {
    const { memory } = this;
    for (let number = 0; number < memory.lineCount; number++) {
      const line = memory.peekLine(number);
      if (line.writes === 0) continue;
      const sector = Math.floor(number / memory.linesPerSector);
      const pblk = Math.floor(sector / this.sectorsPerBlock);
      const read = (words: readonly Token[]) => contentToken(words.map((word) => this.#read(word, pblk)));
      const survived = this.#recovered?.peekLine(number) ?? null;
      yield {
        name: `${memory.name} line ${number}`,
        of: this.#placeName(pblk, sector % this.sectorsPerBlock),
        visible: read(line.visible),
        ...memory.peekProgress(number),
        durable: read(line.durable),
        survived: survived === null ? null : read(survived),
      };
    }
  }

  #placeName(pblk: number, within: number): string {
    const owner = this.#owners?.ownerOf(pblk) ?? "free";
    if (typeof owner === "string") return `${owner === "free" ? "free" : "freed"} block ${pblk}`;
    return `${owner.file}[${owner.lblk}:${within}]`;
  }

  /** Begins a recovery: its image settles what lines hold as it is looked at. */
  recoverFrom(pick: CrashPick): PersistentMemoryImage {
    return this.#recovered = new PersistentMemoryImage(this.memory, pick);
  }

  /** Content of a sector of a block after a crash. */
  recovered(image: PersistentMemoryImage, { pblk, generation }: AllocatedBlock, within: number): Token {
    const first = this.#firstLine({ file: "", pblk, sector: within });
    const words: Token[] = [];
    for (let nth = 0; nth < this.memory.linesPerSector; nth++) {
      words.push(...image.line(first + nth).map((word) => readWord(word, pblk, generation)));
    }
    return contentToken(words);
  }

  #read(word: Token, pblk: number): Token {
    return readWord(word, pblk, this.generation(pblk));
  }

  #stored(token: Token, pblk: number): Token {
    const generation = this.generation(pblk);
    return generation === 0 ? token : `${generation}~${token}`;
  }
}

/** How a stored word reads to an owner who got the block when it had been freed `generation` times. */
function readWord(word: Token, pblk: number, generation: number): Token {
  const match = GENERATION.exec(word);
  const stored = match === null ? 0 : Number(match[1]);
  if (stored < generation) return staleToken(pblk, generation);
  return match === null ? word : word.slice(match[0].length);
}

/** A sector of a block as it is mapped: loads and stores of the hardware. */
class MappedSector implements SectorMemory {
  readonly #volume: PmemVolume;
  readonly #place: SectorPlace;

  constructor(volume: PmemVolume, place: SectorPlace) {
    this.#volume = volume;
    this.#place = place;
  }

  get peek(): Token {
    return this.#volume.peekSector(this.#place);
  }

  load(): Token {
    this.#volume.checkUse(this.#place, "load through a mapping");
    return this.#volume.loadSector(this.#place);
  }

  store(token: Token): void {
    this.#volume.checkUse(this.#place, "store through a mapping");
    this.#volume.storeSector(this.#place, token);
  }
}
