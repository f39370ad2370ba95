/**
 * A bio: sectors that go between a device and memory, and who is told when that is done.
 *
 * @module
 */

import { Access } from "./access.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { SectorMemory } from "./page_memory.ts";
import type { Steps, Task } from "./task.ts";
import type { Token } from "./tokens.ts";
import type { World } from "./world.ts";

export type BioOperation = "read" | "write" | "flush";

/** As in `blk_opf_t`: only `FUA` and `PREFLUSH` change what the device does, the others are there to be seen. */
export type BioFlag = "SYNC" | "META" | "PRIO" | "FUA" | "PREFLUSH" | "RAHEAD" | "IDLE";

/**
 * What is done when a bio has ended, in interrupt context: its plain part belongs to the step of the completion; what it
 * returns as steps is done after that by the same task.
 */
export type EndIo = (bio: Bio) => Steps | void;

export interface BioOptions {
  readonly op: BioOperation;
  /** First sector on the device; a flush has none. */
  readonly sector?: number;
  /** One for each sector that is moved; looked at and changed only in the step that moves the sector. */
  readonly memory?: readonly SectorMemory[];
  readonly flags?: readonly BioFlag[];
  /** File whose blocks it is meant for: reported when they are not its own as they are moved. */
  readonly file?: string;
  readonly endIo?: EndIo;
  /** What the submitter wants to find again in `endIo`: a dio, a folio. */
  readonly private?: unknown;
}

const NOTHING: readonly never[] = [];

export class Bio implements Resource {
  /** Who made it and how many-th of its maker it is: `T1.0`. The same in every run. */
  readonly id: string;
  readonly op: BioOperation;
  readonly sector: number;
  readonly memory: readonly SectorMemory[];
  readonly flags: readonly BioFlag[];
  readonly file: string | null;
  readonly endIo: EndIo | null;
  readonly private: unknown;
  /** 0, or a negative error number once it has ended. */
  error = 0;
  /** Open when it has ended; the waiting step only looks. */
  readonly whenEnded: Wait;

  // The device's own.
  readonly maker: Task | null;
  readonly ended: Level;
  /** Moves its sectors and ends it; null before it is submitted. */
  task: Task | null = null;
  /** False while a flush has to be done before the data may be written. */
  mayMove = true;
  /** True when a block was found to be somebody else's. */
  isMisdirected = false;

  constructor(world: World, id: string, options: BioOptions) {
    this.id = id;
    this.op = options.op;
    this.sector = options.sector ?? 0;
    this.memory = options.memory ?? NOTHING;
    this.flags = options.flags ?? NOTHING;
    this.file = options.file ?? null;
    this.endIo = options.endIo ?? null;
    this.private = options.private;
    this.maker = world.current;
    this.ended = new Level(world);
    this.whenEnded = { level: this.ended, min: 1, max: 1, access: Access.Read, resource: this };
  }

  get name(): string {
    return `bio(${this.id})`;
  }

  /** How many sectors it moves. */
  get sectors(): number {
    return this.memory.length;
  }

  /** True when it has ended, not looked at by any step. */
  get hasEnded(): boolean {
    return this.ended.peek !== 0;
  }

  /** The device while it works on it; whoever made it while it has not been submitted. */
  holders(): readonly Holder[] {
    if (this.hasEnded) return NOTHING;
    const holder = this.task ?? this.maker;
    return holder === null ? NOTHING : [holder];
  }

  has(flag: BioFlag): boolean {
    return this.flags.includes(flag);
  }

  toString(): string {
    return this.name;
  }
}

/** A sector that nobody changes: a block of a journal. */
export class ConstantSector implements SectorMemory {
  readonly peek: Token;

  constructor(token: Token) {
    this.peek = token;
  }

  load(): Token {
    return this.peek;
  }

  store(): void {
    throw new Error(`a device was told to read into constant memory that holds ${this.peek}`);
  }
}
