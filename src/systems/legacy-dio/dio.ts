/**
 * One direct I/O under way: `struct dio` of fs/direct-io.c.
 *
 * @module
 */

import type { Bio } from "../../machine/bio.ts";
import type { Folio } from "../../machine/folio.ts";
import type { Accountable } from "../../machine/quiescence.ts";
import type { Steps } from "../../machine/task.ts";
import type { SectorMemory } from "../../machine/page_memory.ts";
import type { PinnedPage } from "../../machine/user_buffer.ts";
import { Counter } from "../../machine/variable.ts";
import type { Mapping } from "../../machine/block_map.ts";
import type { Transfer } from "../system.ts";
import type { DioRequest, LegacyFile } from "./legacy_file.ts";

/** A page of the user's, or the zero page. */
export interface DioPage {
  readonly sectors: readonly SectorMemory[];
  /** Null: the zero page. */
  readonly pinned: PinnedPage | null;
}

/** Part of a page that waits to be added to a bio: `cur_page` and what goes with it. */
export interface CurrentPage {
  readonly page: DioPage;
  /** First sector within the page. */
  readonly offset: number;
  sectors: number;
  /** First sector on the device. */
  readonly sector: number;
  /** Sector of the file that the first one is. */
  readonly fileSector: number;
}

/** A bio that is being put together. */
export interface OpenBio {
  readonly sector: number;
  readonly memory: SectorMemory[];
  readonly pages: DioPage[];
}

/**
 * What follows from a mapping that ends where metadata has to be read. `2.6.20`: the bio is submitted before the next page is
 * added, for each page of the mapping. `p8`: behind the mapping's last page. `ignored`: nothing.
 */
export type BoundaryRule = "2.6.20" | "p8" | "ignored";

export abstract class Dio implements Accountable {
  /** As reports name who has a lock of an I/O in flight: `dio(T1#0)`. */
  readonly name: string;
  readonly file: LegacyFile;
  readonly rw: "read" | "write";
  readonly transfer: Transfer;
  /** Sector of the file. */
  readonly pos: number;
  /** Sectors of one of its blocks, `1 << blkbits`: of the file system's blocks, or 1. */
  readonly unit: number;
  /** Such blocks in a block of the file system, `1 << blkfactor`. */
  readonly perFsBlock: number;
  readonly isAsync: boolean;
  /** i_size when it began: what a read is clipped to. */
  iSize = 0;

  // Where the submission stands.
  blockInFile = 0;
  finalBlockInRequest = 0;
  blocksAvailable = 0;
  /** Sector on the device that comes next. */
  nextSectorForIo = 0;
  mapping: Mapping | null = null;
  startZeroDone = false;
  /** Some of its blocks were unwritten: `b_private`. */
  metUnwritten = false;
  boundary = false;
  pages: DioPage[] = [];
  /** First page of the segment that has not been pinned, and the end of the segment's, as pages of the buffer. */
  curPage = 0;
  totalPages = 0;
  current: CurrentPage | null = null;
  bio: OpenBio | null = null;

  readonly bios: Bio[] = [];
  pageErrors = 0;
  ioError = 0;
  /** Sectors that were asked for, and that are on their way. */
  size = 0;
  result = 0;
  /** Bios in flight, and one for the submitter: who counts it down to nothing completes it. */
  readonly refcount: Counter;
  #isFreed = false;

  constructor({ file, rw, transfer, pos }: DioRequest, isAsync: boolean) {
    this.name = `dio(${transfer.call.name})`;
    this.file = file;
    this.rw = rw;
    this.transfer = transfer;
    this.pos = pos;
    const { sectorsPerBlock } = file.map;
    const whole = pos % sectorsPerBlock === 0 && transfer.len % sectorsPerBlock === 0;
    this.unit = whole ? sectorsPerBlock : 1;
    this.perFsBlock = sectorsPerBlock / this.unit;
    this.isAsync = isAsync;
    this.blockInFile = pos / this.unit;
    this.refcount = new Counter(file.inode.world, `refcount of ${this.name}`, 1);
  }

  /** Whether the whole buffer is pinned before anything is mapped, and not batch by batch. */
  get pinsAllFirst(): boolean {
    return false;
  }

  /** Told before a batch of the buffer is pinned. */
  *beforePinning(): Steps {}

  /** Asks for at most `max` blocks from `lblk` on: what of get_more_blocks depends on who locks. */
  abstract mapBlocks(lblk: number, max: number): Steps<Mapping | number>;

  /** `dio_complete`: in the submitter's context, or in an interrupt. Returns sectors or a negative error number. */
  abstract complete(error: number): Steps<number>;

  /** The worker's beginning: A8, R5a. */
  *begin(): Steps {
    yield;
    this.transfer.call.at(this.rw === "write" ? "A8" : "R5a");
    this.iSize = this.file.inode.readSize();
  }

  /** Told when no more blocks will be asked for. */
  *allMapped(): Steps {}

  /** Told in the step in which the submitter leaves it to interrupts. */
  leftInFlight(): void {}

  /** What of {@linkcode complete} comes first: A12, R9. Returns the sectors that were transferred. */
  protected *endIo(): Steps<number> {
    const { rw, file, transfer } = this;
    yield;
    transfer.call.at(rw === "write" ? "A12" : "R9");
    const clipped = rw === "read" && this.pos + this.result > this.iSize;
    const transferred = clipped ? this.iSize - this.pos : this.result;
    if (this.result > 0) file.dioHooks.endIo(this, transferred);
    return transferred;
  }

  /** What it returns, of its first error and what was transferred. */
  protected resultOf(error: number, transferred: number): number {
    return error || this.pageErrors || this.ioError || transferred;
  }

  /** `kfree`. */
  free(): void {
    this.#isFreed = true;
  }

  leftOver(): readonly string[] {
    return this.#isFreed ? [] : [`${this.name} is never freed`];
  }
}

/** The page of a file's cache that a user page is; null for memory of its own. */
export function folioOf({ pinned }: DioPage): Folio | null {
  return pinned?.folio ?? null;
}
