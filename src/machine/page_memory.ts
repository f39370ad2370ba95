/**
 * What can be mapped, pinned and copied: pages as sectors that are shared each for itself.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Token, ZERO } from "./tokens.ts";
import type { World } from "./world.ts";

/** 512 bytes of memory. */
export interface SectorMemory {
  /** Looks at it, as part of the current step. */
  load(): Token;
  /** Changes it, as part of the current step. */
  store(token: Token): void;
  /** Its content, not looked at by any step. */
  readonly peek: Token;
}

/** A page of memory. */
export interface PageMemory {
  readonly name: string;
  readonly sectors: readonly SectorMemory[];
}

/** A sector of memory that tasks and devices share. */
export class Sector implements SectorMemory {
  readonly #world: World;
  readonly #object: number;
  #token: Token;

  constructor(world: World, token: Token) {
    this.#world = world;
    this.#object = world.newObject();
    this.#token = token;
  }

  get peek(): Token {
    return this.#token;
  }

  load(): Token {
    this.#world.touch(this.#object, Access.Read, 0);
    return this.#token;
  }

  store(token: Token): void {
    this.#world.touch(this.#object, Access.Write, 0);
    this.#token = token;
  }
}

/** A page that belongs to one address space of a process: its own memory, or its copy of a file's page. */
export class AnonymousPage implements PageMemory {
  readonly kind = "anonymous";
  readonly name: string;
  readonly sectors: readonly SectorMemory[];

  constructor(world: World, name: string, tokens: readonly Token[]) {
    this.name = name;
    const sectors: Sector[] = [];
    for (const token of tokens) sectors.push(new Sector(world, token));
    this.sectors = sectors;
  }

  toString(): string {
    return this.name;
  }
}

class ZeroSector implements SectorMemory {
  readonly peek = ZERO;

  load(): Token {
    return ZERO;
  }

  store(token: Token): void {
    throw new Error(`${token} is stored into the zero page`);
  }
}

/** 512 bytes of nothing, to copy from. */
export const ZERO_MEMORY: SectorMemory = new ZeroSector();

/** The page that is read where nothing has been written; no PTE lets anybody write into it. */
export class ZeroPage implements PageMemory {
  readonly kind = "zero";
  readonly name = "zero page";
  readonly sectors: readonly SectorMemory[] = Array(8).fill(ZERO_MEMORY);
}

export const ZERO_PAGE = new ZeroPage();

/** A page of persistent memory that a file's block lies in; its model says what a load and a store do. */
export interface PmemPage extends PageMemory {
  readonly kind: "pmem";
  /** Physical block. */
  readonly pfn: number;
}
