/**
 * One piece of a direct I/O: `iomap_dio_iter` (`iomap_dio_actor` before 5.15), from pinning the user's pages to the bios.
 *
 * @module
 */

import type { Bio, BioFlag } from "../../machine/bio.ts";
import type { Iomap } from "../../machine/block_map.ts";
import { EFAULT, EINVAL, EIO } from "../../machine/errno.ts";
import type { SectorMemory } from "../../machine/page_memory.ts";
import type { Steps } from "../../machine/task.ts";
import { type Token, ZERO } from "../../machine/tokens.ts";
import { clearUser, getUserPages, type PinnedPage } from "../../machine/user_buffer.ts";
import { path } from "../path.ts";
import { lastBioEnded } from "./iomap_dio.ts";
import type { IomapDio } from "./iomap_dio_state.ts";

/** A mapping as direct I/O gets it. */
export interface DirectMapping extends Iomap {
  /** `IOMAP_F_DIRTY`: metadata of the file has to reach the disk before what is written can be read back. */
  readonly isDirty: boolean;
  /** `IOMAP_F_SHARED`: the blocks are somebody else's, too, and others take their place. */
  readonly isShared: boolean;
  /** Of a file without extents: `IOMAP_F_MERGED`. Missing: it is not. */
  readonly isMerged?: boolean;
}

/** What a bio of a direct I/O moves. */
interface DioBio {
  readonly dio: IomapDio;
  readonly pages: readonly PinnedPage[];
}

/**
 * Submits sectors [pos, pos + len), which the mapping covers.
 *
 * @returns sectors submitted, or a negative error number when there were none
 */
export const iomapDioIter = path(
  "iomap_dio_iter",
  function* (dio: IomapDio, mapping: DirectMapping, pos: number, len: number): Steps<number> {
    switch (mapping.type) {
      case "hole":
        return dio.op === "write" ? -EIO : yield* holeIter(dio, pos, len);
      case "unwritten":
        return dio.op === "write" ? yield* bioIter(dio, mapping, pos, len) : yield* holeIter(dio, pos, len);
      case "mapped":
        return yield* bioIter(dio, mapping, pos, len);
      case "delalloc":
        // Somebody has dirtied a page since the flush: not expected here.
        dio.file.inode.world.note("warn", `map(${dio.file.inode.ino})`, "delalloc in direct I/O");
        return -EIO;
    }
  },
);

/** Zeros for what a read finds nothing in. */
function* holeIter(dio: IomapDio, pos: number, len: number): Steps<number> {
  const { buffer, call } = dio.transfer;
  for (let sector = pos; sector < pos + len; sector++) {
    if ((yield* clearUser(buffer, sector - dio.pos)) === null) {
      dio.size += sector - pos;
      return sector > pos ? sector - pos : -EFAULT;
    }
    call.saw(sector, ZERO, "direct");
  }
  dio.size += len;
  return len;
}

function* bioIter(dio: IomapDio, mapping: DirectMapping, pos: number, len: number): Steps<number> {
  const { file, transfer } = dio;
  const { inode, core, device, sectorsPerBlock, steps } = file;
  const { call } = transfer;
  const isWrite = dio.op === "write";
  // Blocks that hold what the last owner left get zeros around what is written.
  const needsZeroout = isWrite && (mapping.type === "unwritten" || mapping.isNew);
  if (!transfer.aligned) return -EINVAL;
  if (mapping.type === "unwritten") dio.toUnwritten = true;
  // One bio cannot be torn, several can.
  if (isWrite && core.writes === "atomic" && (pos !== dio.pos || len !== transfer.len)) return -EINVAL;
  const isPureData = mapping.type === "mapped" && !mapping.isNew && !mapping.isShared && !mapping.isDirty;
  if (!isPureData || dio.pos + transfer.len > dio.iSize) dio.isPureOverwrite = false;
  const fua = isPureData && dio.mayWriteThrough && file.deviceFua === "fua";
  const needsNoFua = isPureData && core.writeThrough === "with_fua_or_no_cache" && !device.hasVolatileCache;
  if (!fua && !needsNoFua) dio.mayWriteThrough = false;

  if (needsZeroout && pos % sectorsPerBlock !== 0) {
    const first = pos - pos % sectorsPerBlock;
    yield* zeroSectors(dio, mapping, first, pos);
  }

  const stop = dio.pos + dio.shortAtPage * inode.bounds.sectorsPerPage;
  const end = Math.min(pos + len, Math.max(stop, pos));
  let at = pos;
  let ret = 0;
  while (at < end) {
    yield;
    if (dio.readError() !== 0) return 0;
    call.at(steps.gup);
    const { pages, memory, error } = yield* pinSectors(dio, at, end);
    if (memory.length === 0) {
      ret = error;
      break;
    }
    if (!isWrite) { for (const page of pages) yield* page.setDirtyLock(); }
    yield;
    call.at(steps.bio);
    const flags: BioFlag[] = isWrite ? ["SYNC", "IDLE"] : [...core.readBios];
    if (fua) flags.push("FUA");
    const first = at;
    submit(dio, mapping, at, memory.map((each, nth) => call.observed(each, first + nth, dio.op)), flags, pages);
    dio.size += memory.length;
    at += memory.length;
  }

  // Also at the end of the file, where a fault would show the tail of the block.
  if (isWrite && at % sectorsPerBlock !== 0) {
    let zeroes = needsZeroout;
    if (!zeroes) {
      yield;
      zeroes = at >= inode.readSize();
    }
    if (zeroes) yield* zeroSectors(dio, mapping, at, at + sectorsPerBlock - at % sectorsPerBlock);
  }
  return at > pos ? at - pos : ret;
}

/** `iomap_dio_zero`: a bio of zeros for sectors [from, to) of a block. */
function* zeroSectors(dio: IomapDio, mapping: DirectMapping, from: number, to: number): Steps {
  const { call } = dio.transfer;
  yield;
  call.at(dio.file.steps.zero);
  const memory = Array.from({ length: to - from }, (_, nth) => new ZeroingSector(dio, mapping, from + nth));
  submit(dio, mapping, from, memory, ["SYNC", "IDLE"], []);
}

/** Zeros for a sector of a file, which are told of as the device takes them. */
class ZeroingSector implements SectorMemory {
  readonly peek = ZERO;
  readonly #dio: IomapDio;
  readonly #mapping: DirectMapping;
  readonly #sector: number;

  constructor(dio: IomapDio, mapping: DirectMapping, sector: number) {
    this.#dio = dio;
    this.#mapping = mapping;
    this.#sector = sector;
  }

  load(): Token {
    const { dios, file: { inode, device }, transfer } = this.#dio;
    dios.zeroings.push({
      step: inode.world.steps,
      operation: transfer.call.name,
      file: inode.ino,
      sector: this.#sector,
      over: device.peek(this.#mapping.addr! + this.#sector - this.#mapping.offset),
      reason: "sub_block",
    });
    return ZERO;
  }

  store(): void {
    throw new Error("a device was told to read into zeros");
  }
}

/** `bio_iov_iter_get_pages`: as much of the buffer as one bio takes; less than that, but something, is no error. */
function* pinSectors(
  dio: IomapDio,
  from: number,
  end: number,
): Steps<{ pages: PinnedPage[]; memory: SectorMemory[]; error: number }> {
  const { transfer: { buffer }, file: { inode: { bounds: { sectorsPerPage } }, bioPagesMax } } = dio;
  const pages: PinnedPage[] = [];
  const memory: SectorMemory[] = [];
  let at = from - dio.pos;
  const stop = end - dio.pos;
  while (at < stop && pages.length < bioPagesMax) {
    const page = Math.floor(at / sectorsPerPage);
    const wanted = Math.min(bioPagesMax - pages.length, Math.ceil(stop / sectorsPerPage) - page);
    const batch = buffer.batchAt(page, wanted);
    if (typeof dio.pages !== "string") {
      const pinned = dio.pages[page];
      pages.push(pinned);
      const pageEnd = Math.min(stop, at - at % sectorsPerPage + sectorsPerPage);
      while (at < pageEnd) memory.push(pinned.sectors[at++ % sectorsPerPage]);
      continue;
    }
    if (batch.npages === 0) return { pages, memory, error: -EFAULT };
    const got = yield* getUserPages(
      buffer.mm,
      batch.vpn,
      batch.npages,
      dio.op === "read" ? "store" : "load",
      dio.pages,
    );
    for (const pinned of got.pages) {
      pages.push(pinned);
      const pageEnd = Math.min(stop, at - at % sectorsPerPage + sectorsPerPage);
      while (at < pageEnd) memory.push(pinned.sectors[at++ % sectorsPerPage]);
    }
    if (got.error < 0) return { pages, memory, error: got.error };
  }
  return { pages, memory, error: 0 };
}

/** `iomap_dio_submit_bio`, as part of the current step. */
function submit(
  dio: IomapDio,
  mapping: DirectMapping,
  at: number,
  memory: readonly SectorMemory[],
  flags: readonly BioFlag[],
  pages: readonly PinnedPage[],
): void {
  const { inode, device } = dio.file;
  const carried: DioBio = { dio, pages };
  const bio = device.bio({
    op: dio.op,
    sector: mapping.addr! + at - mapping.offset,
    file: inode.ino,
    memory,
    flags,
    endIo: bioEndIo,
    private: carried,
  });
  dio.addBio(bio);
  device.submit(bio);
}

/** `iomap_dio_bio_end_io`, in interrupt context. */
function bioEndIo(bio: Bio): Steps | void {
  const { dio, pages } = bio.private as DioBio;
  releasePages(dio, pages);
  const { core, workqueue } = dio.file;
  if (dio.op === "write" && core.writeBios === "ioends") {
    workqueue.queueWork(`ioend(${bio.name})`, finishIoend, bio);
    return;
  }
  if (dio.bioEnded(bio)) return lastBioEnded(dio);
}

/**
 * `iomap_finish_ioend_direct`: it must not invalidate, since buffered writes end in the same queue, and where nothing is
 * cached nobody has to.
 */
function* finishIoend(bio: Bio): Steps {
  yield;
  const { dio } = bio.private as DioBio;
  if (!dio.bioEnded(bio)) return;
  dio.sparesPageCache = dio.file.inode.mapping.nrpages.get() === 0;
  const further = lastBioEnded(dio);
  if (further !== undefined) yield* further;
}

/**
 * `bio_check_pages_dirty`, `bio_release_pages`: a page of a file that has been cleaned since the I/O was submitted is made
 * dirty again where that may sleep.
 */
function releasePages(dio: IomapDio, pages: readonly PinnedPage[]): void {
  const cleaned = dio.op === "read" ? pages.filter(({ folio }) => folio !== null && !folio.dirty.test()) : [];
  if (cleaned.length > 0) dio.file.dioWorkqueue.queueWork(`dirty(${dio.name})`, dirtyPages, cleaned);
  for (const page of pages) if (!cleaned.includes(page)) page.unpin();
}

function* dirtyPages(pages: readonly PinnedPage[]): Steps {
  for (const page of pages) {
    yield* page.setDirtyLock();
    page.unpin();
  }
}
