/**
 * Writeback of ext4 by folios and extents: `ext4_do_writepages` of 6.1 to 6.18.
 *
 * First all that has its blocks is written, up to the first folio that has not. Then, extent by extent, each in a handle
 * of its own: folios in a row are locked, their blocks allocated (or, where they are unwritten, marked for conversion), and
 * written. A page stands for a buffer here: of a folio of several pages those are written that are dirty.
 *
 * @module
 */

import type { BioFlag } from "../../machine/bio.ts";
import { ENOSPC } from "../../machine/errno.ts";
import type { Folio } from "../../machine/folio.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Handle } from "../../machine/journal_handle.ts";
import type { WritebackSync } from "../../machine/page_cache_flush.ts";
import { clearDirtyForIo } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import { ZERO } from "../../machine/tokens.ts";
import { ext4Allocated, ext4ClaimsSpace, ext4Lookup, ext4MapsUnwritten } from "./ext4_events.ts";
import type { Ext4File } from "./ext4_file.ts";
import { IoSubmit } from "./io_submit.ts";

/** MAX_WRITEPAGES_EXTENT_LEN: blocks that are mapped at a time. */
const EXTENT_BLOCKS_MAX = 2048;

type NeedsMapping = "delalloc" | "unwritten";

/** Blocks in a row that need the same. */
interface Extent {
  readonly lblk: number;
  len: number;
  readonly state: NeedsMapping;
}

/** The pages of a folio that are dirty, locked. */
interface DirtyFolio {
  readonly first: number;
  /** Page behind the folio. */
  readonly end: number;
  readonly pages: Folio[];
}

/** `mpage_da_data`. */
interface Pass {
  readonly file: Ext4File;
  readonly last: number;
  readonly sync: WritebackSync;
  /** Pages that were dirty when it began: an integrity sync does not run after those who dirty more. Null: all. */
  readonly tagged: ReadonlySet<number> | null;
  /** Page at which it goes on. */
  at: number;
  /** Page behind the last folio that was looked at. */
  next: number;
  atEnd: boolean;
  extent: Extent | null;
  /** Folios of the extent, locked, not submitted. */
  locked: DirtyFolio[];
  /** Unwritten blocks that have been mapped in this pass. */
  readonly mapped: Set<number>;
  pages: number;
}

/** Writes dirty pages [first, last]. Returns 0 or a negative error number. */
export function* ext4Writepages(file: Ext4File, first: number, last: number, sync: WritebackSync): Steps<number> {
  const { inode: { world, ino, mapping, bounds } } = file;
  const { tracepoints } = world;
  const flags: readonly BioFlag[] = sync === "background" ? [] : ["SYNC"];
  const tagged = new Set<number>();
  for (let page = first; page <= last && page < bounds.pagesMax; page++) {
    if (mapping.peekTag(page, "DIRTY")) tagged.add(page);
  }
  tracepoints?.emit("ext4_writepages", { file: ino, sync_mode: sync === "for_integrity" ? 1 : 0 });
  tracepoints?.startPlug();
  const pass: Pass = {
    file,
    last: Math.min(last, bounds.pagesMax - 1),
    sync,
    tagged: sync === "for_integrity" ? tagged : null,
    at: first,
    next: first,
    atEnd: false,
    extent: null,
    locked: [],
    mapped: new Set(),
    pages: 0,
  };
  const mapped = new IoSubmit(file, flags);
  yield* collect(pass, mapped, "mapped_only");
  unlockUnused(pass);
  mapped.close();
  let error = 0;
  while (!pass.atEnd && error === 0) {
    const io = new IoSubmit(file, flags);
    const handle = yield* file.startHandle();
    yield;
    tracepoints?.emit("ext4_da_write_folios_start", { file: ino });
    yield* collect(pass, io, "all");
    if (pass.extent !== null) error = yield* mapAndSubmit(pass, io, handle);
    file.stopHandle(handle);
    unlockUnused(pass);
    io.close();
    tracepoints?.emit("ext4_da_write_folios_end", { file: ino });
  }
  tracepoints?.finishPlug();
  tracepoints?.emit("ext4_writepages_result", { file: ino, ret: error, pages_written: pass.pages });
  return error;
}

/** `mpage_prepare_extent_to_map`. */
function* collect(pass: Pass, io: IoSubmit, which: "mapped_only" | "all"): Steps {
  pass.extent = null;
  pass.next = pass.at;
  let at = pass.at;
  for (;;) {
    yield;
    const found = nextDirty(pass, at);
    if (found === null) {
      pass.atEnd = true;
      return;
    }
    if (pass.extent !== null && pass.next !== found.first) return;
    const pages = yield* lockDirty(pass, found.pages);
    at = found.end;
    if (pages.length === 0) continue;
    const folio: DirtyFolio = { ...found, pages };
    if (pass.extent === null) pass.at = folio.first;
    pass.next = folio.end;
    pass.locked.push(folio);
    const { sectorsPerBlock, inode: { bounds } } = pass.file;
    if (!addBuffers(pass, io, folio, folio.first * bounds.sectorsPerPage / sectorsPerBlock, which)) return;
  }
}

/** The next folio that has dirty pages, with those of them that are in the range. */
function nextDirty({ file, last, tagged }: Pass, from: number): DirtyFolio | null {
  const { mapping } = file.inode;
  const isWanted = (page: number) => tagged === null || tagged.has(page);
  for (let page = from; page <= last; page++) {
    if (!isWanted(page) || !mapping.peekTag(page, "DIRTY")) continue;
    const first = mapping.folioFirst(page);
    const end = mapping.folioLast(page) + 1;
    const pages: Folio[] = [];
    for (let each = Math.max(first, 0); each < end && each < mapping.bounds.pagesMax; each++) {
      const folio = mapping.peekTag(each, "DIRTY") ? mapping.folioAt(each) : null;
      if (folio !== null) pages.push(folio);
    }
    return { first, end, pages };
  }
  return null;
}

function* lockDirty({ file, sync }: Pass, folios: readonly Folio[]): Steps<Folio[]> {
  const { mapping } = file.inode;
  const kept: Folio[] = [];
  for (const folio of folios) {
    yield* folio.lock.lock();
    if (!folio.isIn(mapping) || !isDirty(folio) || (folio.writeback.isSet() && sync === "background")) {
      folio.lock.clear();
      continue;
    }
    yield* folio.waitWriteback();
    kept.push(folio);
  }
  return kept;
}

/** Its own bit, or a PTE that was stored through: its tag stays until writeback starts. */
function isDirty(folio: Folio): boolean {
  return folio.dirty.test() || folio.isMapped();
}

/** `mpage_process_page_bufs`. @returns whether the next folio may be looked at */
function addBuffers(
  pass: Pass,
  io: IoSubmit,
  folio: DirtyFolio,
  from: number,
  which: "mapped_only" | "all",
): boolean {
  const { file } = pass;
  const perPage = file.inode.bounds.sectorsPerPage / file.sectorsPerBlock;
  const blocks = Math.ceil(file.inode.readSize() / file.sectorsPerBlock);
  let lblk = from;
  for (; lblk < folio.end * perPage; lblk++) {
    if (lblk < blocks && addBuffer(pass, folio, lblk, which)) continue;
    if (pass.extent !== null || which === "mapped_only" && lblk < blocks) return false;
    break;
  }
  if (pass.extent === null) submitFolio(pass, io, folio);
  if (lblk >= blocks) {
    pass.atEnd = true;
    return false;
  }
  return true;
}

/** `mpage_add_bh_to_extent`. */
function addBuffer(pass: Pass, { pages }: DirtyFolio, lblk: number, which: "mapped_only" | "all"): boolean {
  const { file: { map, inode: { bounds }, sectorsPerBlock }, extent, mapped } = pass;
  const page = Math.floor(lblk * sectorsPerBlock / bounds.sectorsPerPage);
  const state = pages.some(({ index }) => index === page) ? map.getBlock(lblk, 1).state : "hole";
  const needs = state === "delalloc" || (state === "unwritten" && !mapped.has(lblk));
  if (!needs) return extent === null;
  if (extent === null) {
    if (which === "mapped_only") return false;
    pass.extent = { lblk, len: 1, state };
    return true;
  }
  if (extent.len >= EXTENT_BLOCKS_MAX || extent.lblk + extent.len !== lblk || extent.state !== state) return false;
  extent.len++;
  return true;
}

/** `mpage_map_and_submit_extent`. */
function* mapAndSubmit(pass: Pass, io: IoSubmit, handle: Handle): Steps<number> {
  const { file } = pass;
  const { inode } = file;
  let error = 0;
  while (pass.extent !== null && error === 0) {
    yield;
    const end = mapExtent(pass, io, pass.extent, handle);
    pass.extent = null;
    if (end === null) error = -ENOSPC;
    else submitMapped(pass, io, end);
  }
  const size = Math.min(pass.at * inode.bounds.sectorsPerPage, inode.readSize());
  if (size > inode.diskSize.get()) {
    setDiskSize(inode, size, handle);
    inode.world.tracepoints?.emit("ext4_mark_inode_dirty", { file: inode.ino });
  }
  return error;
}

/** `mpage_map_one_extent`. @returns the block behind what has been mapped; null: there is no room */
function mapExtent({ file, mapped }: Pass, io: IoSubmit, extent: Extent, handle: Handle): number | null {
  const { map, inode: { world, ino } } = file;
  const { lblk, len, state } = extent;
  world.tracepoints?.emit("ext4_da_write_pages_extent", { file: ino, lblk, len });
  ext4Lookup(file, lblk, len);
  const made = state === "delalloc" ? map.getBlockCreate(lblk, len, "unwritten", handle) : map.getBlock(lblk, len);
  if (made === null) return null;
  const flags = "CREATE|UNWRIT|DELALLOC|PRE_IO|METADATA_NOFAIL|IO_SUBMIT|EX_NOCACHE";
  if (state === "delalloc") {
    ext4Allocated(file, lblk, made.blocks, flags, "U");
    ext4ClaimsSpace(file);
  } else ext4MapsUnwritten(file, lblk, made.blocks, flags);
  io.unwritten.push({ first: lblk, count: made.blocks });
  for (let each = lblk; each < lblk + made.blocks; each++) mapped.add(each);
  return lblk + made.blocks;
}

/** `mpage_map_and_submit_buffers`: the folios up to block `end`; what is left of the last one is the next extent. */
function submitMapped(pass: Pass, io: IoSubmit, end: number): void {
  const { file } = pass;
  const perPage = file.inode.bounds.sectorsPerPage / file.sectorsPerBlock;
  for (const folio of [...pass.locked]) {
    if (folio.first * perPage >= end) return;
    if (folio.end * perPage > end) {
      addBuffers(pass, io, folio, end, "all");
      return;
    }
    submitFolio(pass, io, folio);
  }
}

/** `mpage_submit_folio`, `mpage_folio_done`. */
function submitFolio(pass: Pass, io: IoSubmit, folio: DirtyFolio): void {
  const { file } = pass;
  const { inode: { mapping, bounds: { sectorsPerPage } }, map, sectorsPerBlock } = file;
  pass.locked.splice(pass.locked.indexOf(folio), 1);
  const size = file.inode.readSize();
  for (const page of folio.pages) {
    const from = page.index * sectorsPerPage;
    for (let sector = Math.max(0, size - from); sector < sectorsPerPage; sector++) page.sectors[sector].store(ZERO);
    const isWritten = clearDirtyForIo(mapping, page);
    const end = Math.min(Math.ceil(size / sectorsPerBlock), (from + sectorsPerPage) / sectorsPerBlock);
    const pieces = [];
    for (let lblk = from / sectorsPerBlock; isWritten && lblk < end;) {
      const run = map.getBlock(lblk, end - lblk);
      if (run.pblk !== null) pieces.push(run);
      lblk += run.blocks;
    }
    if (pieces.length > 0) {
      page.startWriteback(`writeback(${page.name})`);
      for (const { lblk, blocks, pblk } of pieces) {
        const at = lblk * sectorsPerBlock - from;
        io.add(page, pblk! * sectorsPerBlock, page.sectors.slice(at, at + blocks * sectorsPerBlock));
      }
    } else mapping.clearTag(page.index, "DIRTY");
    page.lock.clear();
  }
  pass.at = folio.end;
  pass.pages += folio.end - folio.first;
}

/** `mpage_release_unused_pages`. */
function unlockUnused(pass: Pass): void {
  for (const { pages } of pass.locked) for (const page of pages) page.lock.clear();
  pass.locked = [];
}
