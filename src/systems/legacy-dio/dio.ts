/**
 * One direct I/O under way: `struct dio` of fs/direct-io.c.
 *
 * @module
 */

import type { Bio } from "../../machine/bio.ts";
import type { Folio } from "../../machine/folio.ts";
import type { Accountable } from "../../machine/quiescence.ts";
import type { SectorMemory } from "../../machine/page_memory.ts";
import type { PinnedPage } from "../../machine/user_buffer.ts";
import { Counter } from "../../machine/variable.ts";
import type { Mapping } from "../../machine/block_map.ts";
import type { Transfer } from "../system.ts";
import type { LockType } from "./flags.ts";
import type { LegacyFile } from "./legacy_file.ts";

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

export class Dio implements Accountable {
  /** As reports name who has a lock of an I/O in flight: `dio(T1#0)`. */
  readonly name: string;
  readonly file: LegacyFile;
  readonly rw: "read" | "write";
  readonly transfer: Transfer;
  readonly lockType: LockType;
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

  constructor(
    file: LegacyFile,
    rw: "read" | "write",
    transfer: Transfer,
    pos: number,
    lockType: LockType,
    unit: number,
    isAsync: boolean,
  ) {
    this.name = `dio(${transfer.call.name})`;
    this.file = file;
    this.rw = rw;
    this.transfer = transfer;
    this.pos = pos;
    this.lockType = lockType;
    this.unit = unit;
    this.perFsBlock = file.map.sectorsPerBlock / unit;
    this.isAsync = isAsync;
    this.blockInFile = pos / unit;
    this.refcount = new Counter(file.inode.world, `refcount of ${this.name}`, 1);
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
