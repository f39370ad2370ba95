/**
 * Bios of writeback, with the pages of several folios in one where they lie in a row: `ext4_io_submit`, `ext4_io_end`.
 *
 * @module
 */

import type { Bio, BioFlag } from "../../machine/bio.ts";
import type { Folio } from "../../machine/folio.ts";
import type { SectorMemory } from "../../machine/page_memory.ts";
import type { Steps } from "../../machine/task.ts";
import type { Ext4File } from "./ext4_file.ts";

/** Blocks [first, first + count) of a file. */
export interface BlockRange {
  readonly first: number;
  readonly count: number;
}

/** A bio that grows until something is written that does not lie behind it. */
interface GrowingBio {
  readonly sector: number;
  readonly memory: SectorMemory[];
  readonly folios: Folio[];
}

/** What one pass over an extent submits, and what is done when all of it has ended: one `ext4_io_end`. */
export class IoSubmit {
  /** Blocks that have to be converted when all has been written. */
  readonly unwritten: BlockRange[] = [];
  readonly #file: Ext4File;
  readonly #flags: readonly BioFlag[];
  /** Bios that a folio is in and that have not ended. */
  readonly #left = new Map<Folio, number>();
  readonly #ended: Folio[] = [];
  #bio: GrowingBio | null = null;
  #inFlight = 0;
  #isClosed = false;
  #failed = false;

  constructor(file: Ext4File, flags: readonly BioFlag[]) {
    this.#file = file;
    this.#flags = flags;
  }

  /** Adds sectors of a folio that is under writeback. @param sector of the device */
  add(folio: Folio, sector: number, memory: readonly SectorMemory[]): void {
    const bio = this.#bio;
    const goesOn = bio !== null && bio.sector + bio.memory.length === sector &&
      (bio.folios.includes(folio) || bio.folios.length < this.#file.bioPagesMax);
    if (!goesOn) this.#submit();
    this.#bio ??= { sector, memory: [], folios: [] };
    this.#bio.memory.push(...memory);
    if (this.#bio.folios.includes(folio)) return;
    this.#bio.folios.push(folio);
    this.#left.set(folio, (this.#left.get(folio) ?? 0) + 1);
  }

  /** Submits what is there: nothing is added any more. */
  close(): void {
    this.#submit();
    this.#isClosed = true;
    this.#perhapsCompletes();
  }

  #submit(): void {
    const own = this.#bio;
    if (own === null) return;
    this.#bio = null;
    this.#inFlight++;
    const { device, inode } = this.#file;
    const { sector, memory, folios } = own;
    const endIo = ({ error }: Bio) => this.#bioEnded(folios, error);
    const bio = device.bio({ op: "write", sector, file: inode.ino, memory, flags: this.#flags, endIo });
    for (const folio of folios) folio.writeback.handOver(bio.name);
    device.submit(bio);
  }

  /** `ext4_end_bio`: without anything to be converted folios end one after another, and whoever waits for one goes on. */
  *#bioEnded(folios: readonly Folio[], error: number): Steps {
    this.#inFlight--;
    if (error !== 0) {
      this.#failed = true;
      this.#file.inode.mapping.setError();
    }
    const done = folios.filter((folio) => {
      const left = this.#left.get(folio)! - 1;
      this.#left.set(folio, left);
      return left === 0;
    });
    if (this.unwritten.length > 0) {
      this.#ended.push(...done);
      this.#perhapsCompletes();
      return;
    }
    for (const [nth, folio] of done.entries()) {
      if (nth > 0) yield;
      folio.endWriteback();
    }
  }

  /** The last reference goes: what was unwritten is converted by a worker, and then all the folios' writeback ends. */
  #perhapsCompletes(): void {
    if (!this.#isClosed || this.#inFlight > 0 || this.#ended.length === 0) return;
    if (this.#failed) {
      for (const folio of this.#ended) folio.endWriteback();
      return;
    }
    const work = this.#file.workqueue.queueWork(`end_io(${this.#ended[0].name})`, ended, this);
    for (const folio of this.#ended) folio.writeback.handOver(work);
  }

  /** `ext4_end_io_end`. */
  *complete(): Steps {
    yield* this.#file.convertWritten(this.unwritten);
    yield;
    for (const folio of this.#ended) folio.endWriteback();
  }
}

function ended(io: IoSubmit): Steps {
  return io.complete();
}
