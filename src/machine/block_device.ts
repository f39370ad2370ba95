/**
 * A block device: bios in flight, each moved sector by sector, and what of it is still there after a crash.
 *
 * Every bio that is submitted becomes a task of its own, so that when a sector is moved and when a bio ends are matters of
 * scheduling: bios end in any order, and the sectors of two that overlap land in any order, each for itself.
 *
 * What is durable is kept apart from what is read. A sector has its durable content and the newer ones that were moved
 * since; a later one becomes durable when its bio ends (a device without a volatile cache, or `FUA`) or when a flush ends
 * that was submitted after the end of its bio. A crash leaves the durable content or any newer one, for each sector by
 * itself. What a write in flight has not moved is not on the disk: it could have been moved just before.
 *
 * @module
 */

import { Access } from "./access.ts";
import { Bio, type BioOptions } from "./bio.ts";
import { type BlockMedium, type BlockOwners, destroysOther, misuse } from "./block_allocator.ts";
import type { CrashOrder } from "./crash_order.ts";
import { EIO } from "./errno.ts";
import type { Steps, Task } from "./task.ts";
import { staleToken, type Token } from "./tokens.ts";
import type { World } from "./world.ts";

/** An error that the device gives, for every bio that it is about. */
export interface InjectedError {
  /** A bad sector: bios that have it end with an error, their other sectors are moved. */
  readonly sector?: number;
  /** A bad sector, by the file that has its block when it is moved. */
  readonly of?: { readonly file: string; readonly sector: number };
  /** Only for bios with this operation. */
  readonly op?: "read" | "write" | "flush";
  /** A bio as {@linkcode Bio.id} names it: nothing of it is moved. */
  readonly bio?: string;
  /** `always`, or a choice of nobody in the program. Default `always`. */
  readonly happens?: "always" | "perhaps";
  /** Error number, positive. Default EIO. */
  readonly errno?: number;
}

export interface BlockDeviceOptions {
  /** Sectors for blocks of files; see {@linkcode BlockDevice.addArea} for more. */
  readonly sectors: number;
  readonly sectorsPerBlock: number;
  /** Content of a sector of a file when the program begins; undefined where no file is. Default: no file anywhere. */
  readonly initial?: (sector: number) => Token | undefined;
  /** Default `none`. */
  readonly volatileCache?: "none" | "volatile";
  readonly errors?: readonly InjectedError[];
  /** Shared by all that is durable, where crashes are explored. */
  readonly crashOrder?: CrashOrder;
  /** What the end of a bio says that no error was injected for: 0, or a negative error number. Missing: 0. */
  readonly outcomeOf?: (bio: Bio) => number;
}

/** What a sector holds or held. */
export interface SectorContent {
  readonly token: Token;
  /** How often the block had been freed when this was written; see {@linkcode BlockDevice.blockFreed}. */
  readonly generation: number;
}

/** One content of a sector, with those that are older and may still be there after a crash. */
interface Version extends SectorContent {
  /** Number of the bio's end among the ends of writes; 0 before that. */
  ended: number;
  older: Version | null;
}

/** What the task of a bio gets. */
interface Submission {
  readonly device: BlockDevice;
  readonly bio: Bio;
  /** Ends of cached writes before it, which a flush makes durable. */
  readonly ends: number;
}

const NO_ERRORS: readonly InjectedError[] = [];

export class BlockDevice implements BlockMedium {
  readonly sectors: number;
  readonly sectorsPerBlock: number;
  readonly hasVolatileCache: boolean;
  readonly crashOrder: CrashOrder | null;
  readonly #world: World;
  readonly #initial: ((sector: number) => Token | undefined) | undefined;
  readonly #errors: readonly InjectedError[];
  readonly #outcomeOf: (bio: Bio) => number;
  readonly #objects: number[] = [];
  /** By sector; missing where nothing has been written. */
  readonly #newest: (Version | undefined)[] = [];
  /** By block: how often it has been freed. */
  readonly #generations: number[] = [];
  readonly #inFlight: Bio[] = [];
  readonly #made = new Map<Task | null, number>();
  /** Sectors that have been written into the volatile cache since they were last flushed. */
  readonly #cached = new Set<number>();
  /** Ends of writes into the volatile cache so far: flushes look at them. */
  readonly #endsObject: number;
  #ends = 0;
  #owners: BlockOwners | null = null;
  #ignoresFua = false;
  #version = 0;

  constructor(world: World, options: BlockDeviceOptions) {
    this.#world = world;
    this.sectors = options.sectors;
    this.sectorsPerBlock = options.sectorsPerBlock;
    this.hasVolatileCache = options.volatileCache === "volatile";
    this.crashOrder = options.crashOrder ?? null;
    this.#initial = options.initial;
    this.#errors = options.errors ?? NO_ERRORS;
    this.#outcomeOf = options.outcomeOf ?? (() => 0);
    this.#endsObject = world.newObject();
    for (let sector = 0; sector < options.sectors; sector++) this.#objects.push(world.newObject());
  }

  /** Bios that have been submitted and have not ended, not looked at by any step. */
  get inFlight(): readonly Bio[] {
    return this.#inFlight;
  }

  /**
   * Adds sectors for something else than blocks of files: a journal, inodes. To be called while the program is set up.
   *
   * @returns the first of them
   */
  addArea(sectors: number): number {
    const first = this.#objects.length;
    for (let i = 0; i < sectors; i++) this.#objects.push(this.#world.newObject());
    return first;
  }

  /** Has FUA taken for a plain write, as no device should; to be called while the program is set up. */
  ignoreFua(): void {
    this.#ignoresFua = true;
  }

  /** Makes a bio that is not submitted yet. */
  bio(options: BioOptions): Bio {
    const maker = this.#world.current;
    const nth = this.#made.get(maker) ?? 0;
    this.#made.set(maker, nth + 1);
    return new Bio(this.#world, `${maker?.name ?? "setup"}.${nth}`, options);
  }

  /** Hands a bio to the device, as part of the current step. */
  submit(bio: Bio): void {
    const world = this.#world;
    if (bio.task !== null || bio.hasEnded) {
      world.report("BUG_CONTEXT", `${bio.name} is submitted twice`);
      return;
    }
    if (bio.sector + bio.sectors > this.#objects.length) {
      throw new Error(`${bio.name} goes beyond the end of the device`);
    }
    let ends = 0;
    if (this.hasVolatileCache && (bio.op === "flush" || bio.has("PREFLUSH"))) {
      world.touch(this.#endsObject, Access.Read, 0);
      ends = this.#ends;
      bio.mayMove = false;
    }
    this.#inFlight.push(bio);
    if (bio.file !== null) world.count("bios");
    world.resourceLog?.acquired(bio, bio.name, "exclusive", "tried");
    world.note("submit", bio.name, `${bio.op} ${bio.sector}+${bio.sectors}${bio.flags.map((f) => ` ${f}`).join("")}`);
    world.tracepoints?.bioSubmitted(bio);
    bio.task = world.spawn(bio.name, BlockDevice.#perform, {
      argument: { device: this, bio, ends },
      context: "irq",
      daemon: "daemon",
    });
  }

  /** Makes a bio, submits it in a step of its own, and waits for its end. Returns 0 or a negative error number. */
  *submitAndWait(options: BioOptions): Steps<number> {
    this.#world.mightSleep("submit_bio_wait");
    yield;
    const bio = this.bio(options);
    this.submit(bio);
    yield bio.whenEnded;
    return bio.error;
  }

  /** Waits for the end of a bio. Returns 0 or a negative error number. */
  *wait(bio: Bio): Steps<number> {
    this.#world.mightSleep("wait for", bio.name);
    yield bio.whenEnded;
    return bio.error;
  }

  attach(owners: BlockOwners): void {
    this.#owners = owners;
  }

  /** Takes note that a block has another owner, as part of the current step. */
  ownerChanged(pblk: number): void {
    const first = pblk * this.sectorsPerBlock;
    for (let i = 0; i < this.sectorsPerBlock; i++) this.#world.touch(this.#objects[first + i], Access.Write, 0);
  }

  /**
   * Takes note that a block has lost its owner for good, as part of the current step: what the sectors hold is from now on content
   * of a former owner, and read as such until it is written over.
   */
  blockFreed(pblk: number): void {
    this.#generations[pblk] = this.generation(pblk) + 1;
    this.ownerChanged(pblk);
  }

  /** How often a block has been freed, not looked at by any step. */
  generation(pblk: number): number {
    return this.#generations[pblk] ?? 0;
  }

  /** What a read of a sector finds, not looked at by any step. */
  peek(sector: number): Token {
    const pblk = Math.floor(sector / this.sectorsPerBlock);
    return this.tokenOf(sector, this.#newest[sector] ?? this.#first(sector), this.generation(pblk));
  }

  /** How content of a sector reads to an owner who got the block when it had been freed `generation` times. */
  tokenOf(sector: number, content: SectorContent, generation: number): Token {
    if (content.generation >= generation) return content.token;
    return staleToken(Math.floor(sector / this.sectorsPerBlock), generation);
  }

  /** Changes when what a crash may leave changes. */
  durableVersion(): number {
    return this.#version;
  }

  /** What a sector may hold after a crash now: the durable content first, then newer ones. Equal ones are given once. */
  survivors(sector: number): readonly SectorContent[] {
    const found: SectorContent[] = [];
    let version: Version | null = this.#newest[sector] ?? this.#first(sector);
    for (; version !== null; version = version.older) found.unshift(version);
    return found.filter((content, i) =>
      found.findIndex((each) => each.token === content.token && each.generation === content.generation) === i
    );
  }

  /** What a sector held when the program began: a file's own, or what is left of one that is gone. */
  #first(sector: number): Version {
    const token = this.#initial?.(sector);
    return token !== undefined
      ? { token, generation: 0, ended: 0, older: null }
      : { token: staleToken(Math.floor(sector / this.sectorsPerBlock), 0), generation: 0, ended: 0, older: null };
  }

  /** The error that is injected for a bio as a whole, or for one of its sectors. */
  #errorOf(bio: Bio, sector: number | null): InjectedError | null {
    for (const error of this.#errors) {
      if (error.op !== undefined && error.op !== bio.op) continue;
      if (sector === null ? error.bio === bio.id : error.sector === sector || this.#isAt(error, sector)) return error;
    }
    return null;
  }

  #isAt({ of }: InjectedError, sector: number): boolean {
    if (of === undefined || this.#owners === null) return false;
    const owner = this.#owners.ownerOf(Math.floor(sector / this.sectorsPerBlock));
    return typeof owner === "object" && owner.file === of.file &&
      owner.lblk * this.sectorsPerBlock + sector % this.sectorsPerBlock === of.sector;
  }

  /** Every step of a bio, from its submission to what its end causes. */
  static *#perform(_task: Task, { device, bio, ends }: Submission): Steps {
    let error = 0;
    const refused = device.#errorOf(bio, null);
    if (
      refused !== null && (refused.happens !== "perhaps" || (yield { count: 2, what: `error of ${bio.name}` }) === 1)
    ) {
      error = -(refused.errno ?? EIO);
    }
    if (error === 0 && !bio.mayMove) {
      yield;
      device.#flushed(ends);
      bio.mayMove = true;
    }
    const moved: Version[] = [];
    for (let i = 0; error === 0 && i < bio.sectors; i++) {
      const sector = bio.sector + i;
      const bad = device.#errorOf(bio, sector);
      const fails = bad !== null &&
        (bad.happens !== "perhaps" || (yield { count: 2, what: `error of sector ${sector}` }) === 1);
      if (bad === null) yield;
      if (bio.file !== null) device.#checkUse(bio, bio.file, sector);
      if (fails) bio.error = -(bad.errno ?? EIO);
      else if (bio.op === "read") bio.memory[i].store(device.#read(sector));
      else moved.push(device.#write(sector, bio.memory[i].load()));
    }
    yield;
    if (error !== 0) bio.error = error;
    else if (bio.error === 0) bio.error = device.#outcomeOf(bio);
    device.#end(bio, moved);
    const further = bio.endIo === null ? undefined : bio.endIo(bio);
    if (further !== undefined) yield* further;
  }

  /** Reports a bio, once, when it meets a block that is not of its file. */
  #checkUse(bio: Bio, file: string, sector: number): void {
    if (this.#owners === null || bio.isMisdirected) return;
    const pblk = Math.floor(sector / this.sectorsPerBlock);
    const wrong = misuse(this.#owners, pblk, file);
    if (wrong === null) return;
    bio.isMisdirected = true;
    const attributes = bio.op === "write" && destroysOther(this.#owners, pblk, file) ? ["other_file"] : [];
    const text = `${bio.name} (${bio.op} of ${file}) meets ${wrong}`;
    this.#world.report("USE_AFTER_FREE_BLOCK", text, { attributes, file });
  }

  #read(sector: number): Token {
    this.#world.touch(this.#objects[sector], Access.Read, 0);
    const token = this.peek(sector);
    this.#world.note("read", `sector(${sector})`, token);
    return token;
  }

  #write(sector: number, token: Token): Version {
    this.#world.touch(this.#objects[sector], Access.Write, 0);
    this.#world.note("write", `sector(${sector})`, token);
    const generation = this.generation(Math.floor(sector / this.sectorsPerBlock));
    const version = { token, generation, ended: 0, older: this.#newest[sector] ?? this.#first(sector) };
    this.#newest[sector] = version;
    this.#version++;
    this.crashOrder?.moreMayBeFound();
    return version;
  }

  /** Ends a bio; what it has moved is durable now, or in the cache for the next flush. */
  #end(bio: Bio, moved: readonly Version[]): void {
    this.#inFlight.splice(this.#inFlight.indexOf(bio), 1);
    if (bio.op === "write" && bio.error === 0) {
      if (!this.hasVolatileCache || (bio.has("FUA") && !this.#ignoresFua)) {
        for (const version of moved) version.older = null;
        this.#version++;
        this.crashOrder?.lessMayBeFound();
      } else {
        this.#world.touch(this.#endsObject, Access.Add, 0);
        this.#ends++;
        for (let i = 0; i < moved.length; i++) {
          moved[i].ended = this.#ends;
          this.#cached.add(bio.sector + i);
        }
      }
    }
    this.#world.resourceLog?.released(bio, bio.name);
    this.#world.tracepoints?.bioEnded(bio);
    bio.ended.add(1, Access.Write);
    this.#world.note("end", bio.name, bio.error === 0 ? "" : `error ${bio.error}`);
  }

  /** Ends a flush: the newest content of every sector whose write had ended when the flush was submitted is durable. */
  #flushed(ends: number): void {
    for (const sector of this.#cached) {
      for (let version = this.#newest[sector] ?? null; version !== null; version = version.older) {
        if (version.ended === 0 || version.ended > ends) continue;
        version.older = null;
        if (version === this.#newest[sector]) this.#cached.delete(sector);
      }
    }
    this.#version++;
    this.crashOrder?.lessMayBeFound();
  }
}
