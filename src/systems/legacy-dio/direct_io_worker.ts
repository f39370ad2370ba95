/**
 * The worker of fs/direct-io.c: pins the user's pages in batches, asks the file system where the blocks are, packs bios,
 * waits for them or leaves that to the interrupt. What is locked meanwhile, and who may allocate, is the dio's own matter.
 *
 * Names of steps: A9 to A11 of a write, R6, R6b, R8 of a read.
 *
 * @module
 */

import type { Bio } from "../../machine/bio.ts";
import { EIO, ENOTBLK } from "../../machine/errno.ts";
import { EIOCBQUEUED } from "../../machine/kiocb.ts";
import { ZERO_MEMORY, ZERO_PAGE } from "../../machine/page_memory.ts";
import type { Steps } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import { getUserPages } from "../../machine/user_buffer.ts";
import { type Dio, type DioPage, folioOf } from "./dio.ts";

/** `direct_io_worker`. */
export function* directIoWorker(dio: Dio): Steps<number> {
  const { file, rw, transfer } = dio;
  const { call } = transfer;
  const { sectorsPerPage } = file.inode.bounds;
  yield* dio.begin(); // A8
  const ahead = dio.pinsAllFirst ? yield* pinAll(dio) : [];
  let ret = 0;
  let left = transfer.len;
  let page = 0;
  for (const { npages } of transfer.buffer.segments) {
    if (left === 0) break;
    const sectors = Math.min(left, npages * sectorsPerPage);
    dio.size += sectors;
    dio.finalBlockInRequest = dio.blockInFile + sectors / dio.unit;
    dio.pages = ahead.shift() ?? [];
    dio.curPage = page + dio.pages.length;
    dio.totalPages = page + Math.ceil(sectors / sectorsPerPage);
    ret = yield* doDirectIo(dio); // A9, R6
    dio.result += sectors - (dio.finalBlockInRequest - dio.blockInFile) * dio.unit;
    if (ret !== 0) break;
    left -= sectors;
    page += npages;
  }
  if (ret === -ENOTBLK && rw === "write") ret = 0; // the rest will go through the page cache
  // A10
  yield* dioZeroBlock(dio, "end");
  if (dio.current !== null) yield* dioSendCurPage(dio);
  if (dio.bio !== null) yield* dioBioSubmit(dio);
  for (const { pinned } of [...dio.pages, ...ahead.flat()]) pinned?.unpin();
  dio.pages = [];
  yield* dio.allMapped();
  // A11, R8. `rw & READ` is 0, so that a read that is not whole waits, too.
  if (dio.isAsync && ret === 0 && dio.result > 0 && dio.result === dio.size) ret = -EIOCBQUEUED;
  if (ret !== -EIOCBQUEUED) yield* dioAwaitCompletion(dio);
  if (dio.isAsync) {
    yield;
    call.at(rw === "write" ? "A11" : "R8");
    if (!dropReference(dio)) {
      dio.leftInFlight();
      return -EIOCBQUEUED;
    }
  }
  return yield* dio.complete(ret === -EIOCBQUEUED ? 0 : ret);
}

/** Pins the whole buffer, as far as it can be had: pages by segment. */
function* pinAll(dio: Dio): Steps<DioPage[][]> {
  const { transfer, file } = dio;
  const ahead: DioPage[][] = [];
  let left = Math.ceil(transfer.len / file.inode.bounds.sectorsPerPage);
  let first = 0;
  for (const { npages } of transfer.buffer.segments) {
    const wanted = Math.min(left, npages);
    const pages: DioPage[] = [];
    dio.curPage = first;
    dio.totalPages = first + wanted;
    while (pages.length < wanted && (yield* dioRefillPages(dio)) === 0) pages.push(...dio.pages);
    ahead.push(pages);
    left -= wanted;
    first += npages;
  }
  return ahead;
}

/** Counts down, as part of the current step; true for the last one. */
function dropReference(dio: Dio): boolean {
  const left = dio.refcount.get() - 1;
  dio.refcount.set(left);
  return left === 0;
}

/** `do_direct_IO`: one segment. */
function* doDirectIo(dio: Dio): Steps<number> {
  const { file, rw, unit } = dio;
  const blocksPerPage = file.inode.bounds.sectorsPerPage / unit;
  while (dio.blockInFile < dio.finalBlockInRequest) {
    const page = yield* dioGetPage(dio);
    if (typeof page === "number") return page;
    let ret = 0;
    for (let blockInPage = 0; blockInPage < blocksPerPage;) {
      if (dio.blocksAvailable === 0) {
        ret = yield* getMoreBlocks(dio);
        if (ret !== 0) break;
        takeMapping(dio);
      }
      if (!isMapped(dio)) {
        if (rw === "write") {
          ret = -ENOTBLK;
          break;
        }
        if (yield* isBehindEof(dio)) {
          page.pinned?.unpin();
          return 0;
        }
        zeroUserBlock(dio, page, blockInPage);
        dio.blockInFile++;
        blockInPage++;
        if (dio.blockInFile === dio.finalBlockInRequest) break;
        continue;
      }
      if (dio.perFsBlock > 1 && !dio.startZeroDone) yield* dioZeroBlock(dio, "start");
      const blocks = Math.min(
        dio.blocksAvailable,
        blocksPerPage - blockInPage,
        dio.finalBlockInRequest - dio.blockInFile,
      );
      dio.boundary = dio.mapping!.isBoundary && isHint(dio, blocks);
      yield* submitPageSection(dio, {
        page,
        offset: blockInPage * unit,
        sectors: blocks * unit,
        sector: dio.nextSectorForIo,
        fileSector: dio.blockInFile * unit,
      });
      dio.nextSectorForIo += blocks * unit;
      dio.blockInFile += blocks;
      blockInPage += blocks;
      dio.blocksAvailable -= blocks;
      if (dio.blockInFile === dio.finalBlockInRequest) break;
    }
    page.pinned?.unpin();
    if (ret !== 0) return ret;
  }
  return 0;
}

/** Whether this part of a boundary mapping counts as its end: every part does in 2.6.20. */
function isHint({ file, blocksAvailable }: Dio, blocks: number): boolean {
  const { boundaryRule } = file.dioHooks;
  return boundaryRule === "2.6.20" || (boundaryRule === "p8" && blocksAvailable === blocks);
}

/** `dio_get_page`: the next page of the user's; pins the next batch when there is none left. */
function* dioGetPage(dio: Dio): Steps<DioPage | number> {
  if (dio.pages.length === 0) {
    const error = yield* dioRefillPages(dio);
    if (error !== 0) return error;
  }
  return dio.pages.shift()!;
}

/** `dio_refill_pages`. */
function* dioRefillPages(dio: Dio): Steps<number> {
  const { dioPages } = dio.file.dioHooks;
  const { buffer, call } = dio.transfer;
  yield* dio.beforePinning();
  const { vpn, npages } = buffer.batchAt(dio.curPage, Math.min(dioPages, dio.totalPages - dio.curPage));
  const { pages, error } = yield* getUserPages(buffer.mm, vpn, npages, dio.rw === "read" ? "store" : "load");
  call.at(dio.rw === "write" ? "A9" : "R6");
  if (pages.length > 0) {
    dio.curPage += pages.length;
    dio.pages = pages.map((pinned) => ({ sectors: pinned.sectors, pinned }));
    return 0;
  }
  call.stopped("fault");
  if (dio.blocksAvailable === 0 || dio.rw === "read") return error;
  // Blocks are mapped that would show what was in them: they get zeros.
  dio.pageErrors ||= error;
  dio.pages = [{ sectors: ZERO_PAGE.sectors, pinned: null }];
  return 0;
}

/** `get_more_blocks`. */
function* getMoreBlocks(dio: Dio): Steps<number> {
  if (dio.pageErrors !== 0) return dio.pageErrors;
  const { flags: { shortAt }, inode, map } = dio.file;
  const lblk = Math.floor(dio.blockInFile / dio.perFsBlock);
  let max = Math.ceil((dio.finalBlockInRequest - dio.blockInFile) / dio.perFsBlock);
  if (shortAt !== null && dio.rw === "write") {
    const end = shortAt * inode.bounds.sectorsPerPage / map.sectorsPerBlock;
    if (lblk >= end) return -ENOTBLK;
    max = Math.min(max, end - lblk);
  }
  const mapping = yield* dio.mapBlocks(lblk, max);
  if (typeof mapping === "number") return mapping;
  dio.mapping = mapping;
  return 0;
}

/** Whether there are blocks to do I/O on: an unwritten one reads as a hole, and a write gets it from `getBlock` as its own. */
function isMapped({ mapping, rw }: Dio): boolean {
  return mapping !== null && mapping.pblk !== null && (rw === "write" || mapping.state === "written");
}

/** Takes over what get_block has said; an I/O that begins within a new block leaves its beginning for zeros. */
function takeMapping(dio: Dio): void {
  const { mapping, perFsBlock, unit } = dio;
  if (mapping === null || !isMapped(dio)) return;
  dio.metUnwritten ||= mapping.state === "unwritten";
  dio.blocksAvailable = mapping.blocks * perFsBlock;
  dio.nextSectorForIo = mapping.pblk! * perFsBlock * unit;
  const remainder = dio.blockInFile % perFsBlock;
  if (!zeroesAround(dio)) dio.nextSectorForIo += remainder * unit;
  dio.blocksAvailable -= remainder;
}

/** `buffer_new`: what is not written of the block must be zeroed. XFS does not say so of an unwritten one inside i_size. */
function zeroesAround({ mapping, file }: Dio): boolean {
  return mapping !== null && mapping.pblk !== null &&
    (mapping.isNew || mapping.state === "unwritten" && file.flags.subblockZero);
}

function* isBehindEof(dio: Dio): Steps<boolean> {
  yield;
  const blocks = Math.ceil(dio.file.inode.readSize() / dio.unit);
  return dio.blockInFile >= blocks;
}

/** Gives the user zeros for one block of a hole. */
function zeroUserBlock({ transfer: { call }, mapping, blockInFile, unit }: Dio, page: DioPage, block: number): void {
  for (let i = 0; i < unit; i++) {
    page.sectors[block * unit + i].store(ZERO);
    const from = mapping === null || mapping.state === "written" ? "hole" : mapping.state;
    call.saw(blockInFile * unit + i, ZERO, "direct", from);
  }
}

/** `dio_zero_block`: zeroes what of a new block lies before or behind the I/O. */
function* dioZeroBlock(dio: Dio, at: "start" | "end"): Steps {
  dio.startZeroDone = true;
  const { perFsBlock, unit } = dio;
  if (perFsBlock === 1 || !zeroesAround(dio)) return;
  let blocks = dio.blockInFile % perFsBlock;
  if (blocks === 0) return;
  const fileSector = (at === "start" ? dio.blockInFile - blocks : dio.blockInFile) * unit;
  if (at === "end") blocks = perFsBlock - blocks;
  const page: DioPage = { sectors: Array(blocks * unit).fill(ZERO_MEMORY), pinned: null };
  yield* submitPageSection(dio, {
    page,
    offset: 0,
    sectors: blocks * unit,
    sector: dio.nextSectorForIo,
    fileSector,
  });
  dio.nextSectorForIo += blocks * unit;
}

/** `submit_page_section`: part of a page waits until it is known whether the next part goes on where it ends. */
function* submitPageSection(dio: Dio, part: NonNullable<Dio["current"]>): Steps {
  const { current, boundary } = dio;
  const sendsAtOnce = boundary && dio.file.dioHooks.boundaryRule !== "2.6.20";
  // Not for the part that has been waiting.
  if (sendsAtOnce) dio.boundary = false;
  const goesOn = current !== null && current.page === part.page && current.offset + current.sectors === part.offset &&
    current.sector + current.sectors === part.sector;
  if (goesOn) current.sectors += part.sectors;
  else {
    if (current !== null) yield* dioSendCurPage(dio);
    folioOf(part.page)?.get();
    dio.current = part;
  }
  if (boundary && (goesOn || sendsAtOnce)) {
    dio.boundary = true;
    yield* dioSendCurPage(dio);
  }
}

/** `dio_send_cur_page`: adds the waiting part to the bio, which is submitted when the part does not go on where it ends. */
function* dioSendCurPage(dio: Dio): Steps {
  const { bioPages } = dio.file.dioHooks;
  const isOld = dio.boundary && dio.file.dioHooks.boundaryRule === "2.6.20";
  const part = dio.current!;
  dio.current = null;
  if (dio.bio !== null) {
    if (dio.bio.sector + dio.bio.memory.length !== part.sector) yield* dioBioSubmit(dio);
    // The file system is about to read metadata. A bio that has just been submitted has taken the hint with it.
    if (isOld && dio.boundary && dio.bio !== null) yield* dioBioSubmit(dio);
  }
  if (dio.bio !== null && dio.bio.pages.length === bioPages) yield* dioBioSubmit(dio);
  dio.bio ??= { sector: part.sector, memory: [], pages: [] };
  dio.bio.pages.push(part.page);
  for (let i = 0; i < part.sectors; i++) {
    const memory = part.page.sectors[part.offset + i];
    dio.bio.memory.push(dio.transfer.call.observed(memory, part.fileSector + i, dio.rw));
  }
  // So it has here: the hint is lost, and what was submitted is never nothing.
  if (!isOld && dio.boundary) yield* dioBioSubmit(dio);
}

/** `dio_bio_submit`. */
function* dioBioSubmit(dio: Dio): Steps {
  const { device, inode } = dio.file;
  const { sector, memory, pages } = dio.bio!;
  dio.bio = null;
  dio.boundary = false; // also where it was full: who has set it finds it gone
  // The pages of an asynchronous read are made dirty now, while it may sleep.
  if (dio.isAsync && dio.rw === "read") {
    for (const { pinned } of pages) if (pinned?.folio) yield* pinned.setDirtyLock();
  }
  yield;
  dio.transfer.call.at(dio.rw === "write" ? "A10" : "R6b");
  const bio = device.bio({
    op: dio.rw,
    sector,
    memory,
    file: inode.ino,
    flags: dio.rw === "write" ? ["SYNC"] : [],
    endIo: dio.isAsync ? dioBioEndAio : undefined,
    private: { dio, pages },
  });
  dio.bios.push(bio);
  if (dio.isAsync) dio.refcount.add(1);
  device.submit(bio);
}

/** `dio_bio_end_aio`: in an interrupt; the last one completes the I/O. */
function dioBioEndAio(bio: Bio): Steps | void {
  const { dio, pages } = bio.private as { dio: Dio; pages: readonly DioPage[] };
  for (const page of pages) folioOf(page)?.put();
  if (bio.error !== 0) dio.ioError = -EIO;
  if (dropReference(dio)) return completeInInterrupt(dio);
}

function* completeInInterrupt(dio: Dio): Steps {
  const { kiocb } = dio.transfer;
  const ret = yield* dio.complete(0);
  yield;
  kiocb!.complete(ret);
}

/** `dio_await_completion`: waits for all bios, in process context, and makes pages dirty that a device has stored into. */
function* dioAwaitCompletion(dio: Dio): Steps {
  for (const bio of dio.bios) {
    yield bio.whenEnded;
    if (bio.error !== 0) dio.ioError = -EIO;
    if (dio.isAsync) continue;
    const { pages } = bio.private as { pages: readonly DioPage[] };
    for (const page of pages) {
      if (dio.rw === "read" && folioOf(page) !== null) yield* page.pinned!.setDirtyLock();
      folioOf(page)?.put();
    }
  }
}
