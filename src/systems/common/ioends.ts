/**
 * Writeback by ioends (fs/iomap/buffered-io.c, `iomap_writepages`): pages that lie in a row in the file and on the device go
 * in one bio, which is submitted when the next page does not follow, or when nothing is left to be written.
 *
 * @module
 */

import { Access } from "../../machine/access.ts";
import type { Bio, BioFlag } from "../../machine/bio.ts";
import type { BlockState } from "../../machine/block_map.ts";
import type { Folio } from "../../machine/folio.ts";
import { Level } from "../../machine/level.ts";
import { type WritebackSync, writeCachePages } from "../../machine/page_cache_flush.ts";
import type { Steps } from "../../machine/task.ts";
import { type DelallocFile, piecesForWriteback, type WritebackEnd, type WritebackPass } from "./delalloc_pages.ts";

/** A page that is written, by one ioend or by several. */
interface PageWrite {
  readonly folio: Folio;
  /** Ioends that have not ended, and the page's own turn. */
  readonly left: Level;
}

/** `struct iomap_ioend`. */
interface Ioend {
  readonly file: DelallocFile;
  readonly first: number;
  count: number;
  /** Sector of the file behind the last one that lies inside i_size. */
  end: number;
  /** Block of the device. */
  readonly pblk: number;
  readonly state: BlockState;
  readonly pages: PageWrite[];
  /** Once it is submitted; null: nothing. */
  completes: WritebackEnd | null;
}

/** `iomap_writepages`: writes dirty pages [first, last]. Returns 0 or the last error. */
export function* iomapWritepages(file: DelallocFile, first: number, last: number, sync: WritebackSync): Steps<number> {
  const pass = new IoendWriteback(file, sync);
  const range = { index: first, end: last, sync };
  const { error } = yield* writeCachePages(file.inode.mapping, range, (folio) => pass.writeFolio(folio));
  pass.submit();
  return error;
}

/** `struct iomap_writepage_ctx`. */
class IoendWriteback implements WritebackPass {
  mapped: WritebackPass["mapped"] = null;
  readonly #file: DelallocFile;
  readonly #flags: readonly BioFlag[];
  #ioend: Ioend | null = null;

  constructor(file: DelallocFile, sync: WritebackSync) {
    this.#file = file;
    this.#flags = sync === "background" ? [] : ["SYNC"];
  }

  /** 05 C5 b4 to b6, but for the bio: that may have to wait for the pages that follow. */
  *writeFolio(folio: Folio): Steps<number> {
    const written = yield* piecesForWriteback(this.#file, folio, this);
    if (typeof written === "number") return written;
    const { world } = this.#file.inode;
    const page: PageWrite = { folio, left: new Level(world, 1) };
    folio.startWriteback(world.current!);
    for (const run of written.pieces) this.#add(page, run, written.size);
    settle(page);
    folio.lock.clear();
    return 0;
  }

  /** `iomap_add_to_ioend`, as part of the current step. */
  #add(page: PageWrite, run: { lblk: number; blocks: number; pblk: number; state: BlockState }, size: number): void {
    const { map: { sectorsPerBlock } } = this.#file;
    let ioend = this.#ioend;
    const follows = ioend !== null && ioend.first + ioend.count === run.lblk &&
      ioend.pblk + ioend.count === run.pblk && ioend.state === run.state;
    if (ioend === null || !follows) {
      this.submit();
      const { lblk: first, pblk, state } = run;
      ioend = this.#ioend = { file: this.#file, first, count: 0, end: 0, pblk, state, pages: [], completes: null };
    }
    ioend.count += run.blocks;
    ioend.end = Math.min(size, (run.lblk + run.blocks) * sectorsPerBlock);
    if (ioend.pages.at(-1) !== page) {
      ioend.pages.push(page);
      page.left.add(1, Access.Write);
    }
  }

  /** `iomap_ioend_writeback_submit`, as part of the current step. */
  submit(): void {
    const ioend = this.#ioend;
    if (ioend === null) return;
    this.#ioend = null;
    const { inode, map: { sectorsPerBlock }, device } = this.#file;
    const { sectorsPerPage } = inode.bounds;
    const from = ioend.first * sectorsPerBlock;
    const memory = Array.from({ length: ioend.count * sectorsPerBlock }, (_, nth) => {
      const page = Math.floor((from + nth) / sectorsPerPage);
      const { folio } = ioend.pages[page - ioend.pages[0].folio.index];
      return folio.sectors[(from + nth) % sectorsPerPage];
    });
    const { first, count, end: behind } = ioend;
    ioend.completes = this.#file.writebackEnd({ first, count, end: behind });
    const bio = device.bio({
      op: "write",
      sector: ioend.pblk * sectorsPerBlock,
      file: inode.ino,
      memory,
      flags: this.#flags,
      endIo: ioend.completes === null ? end : endInWorkqueue,
      private: ioend,
    });
    for (const { folio } of ioend.pages) folio.writeback.handOver(bio.name);
    device.submit(bio);
  }
}

/** `xfs_end_bio`: what its end has to do may sleep. */
function endInWorkqueue(bio: Bio): void {
  const ioend = bio.private as Ioend;
  if (bio.error !== 0) {
    end(bio);
    return;
  }
  const { file, pages } = ioend;
  const task = file.workqueue.queueWork(`end_io(${pages[0].folio.name})`, complete, ioend);
  for (const { folio } of pages) folio.writeback.handOver(task);
}

function* complete(ioend: Ioend): Steps {
  yield* ioend.file.completeWriteback(ioend.completes!);
  yield;
  finish(ioend);
}

/** `iomap_finish_ioend`, as part of the current step. */
function end(bio: Bio): void {
  const ioend = bio.private as Ioend;
  if (bio.error !== 0) { for (const { folio } of ioend.pages) folio.home.setError(); }
  finish(ioend);
}

function finish({ pages }: Ioend): void {
  for (const page of pages) settle(page);
}

function settle({ folio, left }: PageWrite): void {
  left.add(-1, Access.Write);
  if (left.peek === 0) folio.endWriteback();
}
