/**
 * Events of ext4 and jbd2 (include/trace/events/ext4.h, jbd2.h), for runs that are traced.
 *
 * The extent status tree is taken to know the whole file, as it does after the first look at it: a lookup finds, and nothing
 * of the extent tree is read for it.
 *
 * @module
 */

import type { Mapping } from "../../machine/block_map.ts";
import { ENOSPC } from "../../machine/errno.ts";
import type { PageCacheEvents } from "../../machine/page_cache_events.ts";
import type { ReadaheadEvents } from "../common/block_readahead.ts";
import type { IomapFile } from "../common/iomap_file.ts";
import { SECTOR_BYTES } from "../common/iomap_events.ts";
import type { Ext4Flags } from "./flags.ts";
import type { StatusTree, UnmergedExtents } from "./status_tree.ts";

const STATUS = { written: "W", unwritten: "U", delalloc: "D", hole: "H" } as const;

/** A file whose extents stand in the inode, or, once there were too many, in blocks. */
interface Ext4Extents extends IomapFile {
  readonly extents: { stand: "in_inode" | "in_blocks" };
  /** What the status tree knows; null: everything. */
  readonly tree: StatusTree | null;
  readonly unmerged: UnmergedExtents | null;
}

/** A lookup of the extent status tree for a block: `ext4_es_lookup_extent`. */
export function ext4Lookup({ inode: { world, ino }, map, tree }: Ext4Extents, lblk: number, blocks = 1): void {
  const { tracepoints } = world;
  if (tracepoints === null) return;
  tracepoints.emit("ext4_es_lookup_extent_enter", { file: ino, lblk });
  const state = lblk < map.blocksMax ? map.peek(lblk) : "hole";
  if (tree?.has(lblk) ?? true) {
    tracepoints.emit("ext4_es_lookup_extent_exit", { file: ino, lblk, len: blocks, found: 1, status: STATUS[state] });
    return;
  }
  tracepoints.emit("ext4_es_lookup_extent_exit", { file: ino, lblk, len: blocks, found: 0, status: "" });
  tracepoints.emit("ext4_ext_map_blocks_enter", { file: ino, lblk, len: blocks, flags: "" });
  const status = STATUS[state];
  if (state === "hole") tracepoints.emit("ext4_es_insert_extent", { file: ino, lblk, len: blocks, status });
  tracepoints.emit("ext4_ext_map_blocks_exit", {
    file: ino,
    lblk,
    len: blocks,
    flags: "",
    ret: state === "hole" ? 0 : blocks,
  });
  if (state !== "hole") tracepoints.emit("ext4_es_insert_extent", { file: ino, lblk, len: blocks, status });
  tree!.learn(lblk, blocks);
}

/** A lookup for the sectors of a request. */
export function ext4LookupAt(file: Ext4Extents, pos: number, len: number): void {
  const first = Math.floor(pos / file.sectorsPerBlock);
  ext4Lookup(file, first, Math.ceil((pos + len) / file.sectorsPerBlock) - first);
}

/** Blocks [lblk, lblk + len) have been allocated, in a handle: `ext4_map_blocks`. */
export function ext4Allocated(file: Ext4Extents, lblk: number, len: number, flags: string, as: "U" | "W"): void {
  const { inode: { world, ino } } = file;
  const { tracepoints } = world;
  if (tracepoints === null) return;
  const blocks = { file: ino, lblk, len };
  tracepoints.emit("ext4_ext_map_blocks_enter", { ...blocks, flags });
  tracepoints.emit("ext4_request_blocks", blocks);
  // dquot_alloc_block; what is reserved was charged then.
  if (!flags.includes("DELALLOC")) ext4ClaimsSpace(file);
  loadsBuddies(file);
  tracepoints.emit("ext4_allocate_blocks", blocks);
  extentsGrow(file, blocks);
  tracepoints.emit("ext4_ext_map_blocks_exit", { ...blocks, flags, ret: len });
  if (flags.includes("PRE_IO")) {
    const status = flags.includes("DELALLOC") ? "D" : "H";
    tracepoints.emit("ext4_es_lookup_extent_enter", { file: ino, lblk });
    tracepoints.emit("ext4_es_lookup_extent_exit", { ...blocks, found: 1, status });
  }
  tracepoints.emit("ext4_es_insert_extent", { ...blocks, status: as });
  file.tree?.insert(lblk, len);
}

/** The file in whose page cache the allocator keeps what is free: `s_buddy_cache`. */
export const BUDDY_CACHE = "s_buddy_cache";

/** `ext4_mb_init_cache`: the bitmap of a group that is looked at first, and what is made of it, are two blocks of that file. */
function loadsBuddies({ below: { surroundings }, inode: { world, bounds }, sectorsPerBlock }: Ext4Extents): void {
  const perPage = bounds.sectorsPerPage / sectorsPerBlock;
  for (const group of surroundings?.groupsLoaded() ?? []) {
    for (const page of new Set([2 * group, 2 * group + 1].map((block) => Math.floor(block / perPage)))) {
      const file_offset = page * bounds.sectorsPerPage * SECTOR_BYTES;
      world.tracepoints!.emit("mm_filemap_add_to_page_cache", { file: BUDDY_CACHE, file_offset, order: 0 });
    }
  }
}

/** Blocks were asked for, in a handle, and there were none. */
export function ext4FindsNoRoom({ inode: { world, ino } }: IomapFile, lblk: number): void {
  const blocks = { file: ino, lblk, len: 0 };
  world.tracepoints?.emit("ext4_ext_map_blocks_enter", { ...blocks, flags: "CREATE" });
  world.tracepoints?.emit("ext4_request_blocks", blocks);
  world.tracepoints?.emit("ext4_ext_map_blocks_exit", { ...blocks, flags: "CREATE", ret: -ENOSPC });
}

/** `mark_inode_dirty` where space is charged to the inode, in a handle: `dquot_alloc_block`, `dquot_claim_block`. */
export function ext4ClaimsSpace({ inode: { world, ino } }: IomapFile): void {
  world.tracepoints?.emit("ext4_journal_start_inode", { file: ino });
  world.tracepoints?.emit("ext4_mark_inode_dirty", { file: ino });
}

/** Extents that the inode has room for; with more of them they stand in blocks, whose change no event tells of. */
export const EXTENTS_IN_INODE = 4;

/** An extent has been added: `ext4_ext_insert_extent`, with `ext4_ext_grow_indepth` where the inode has no more room. */
function extentsGrow(
  file: Ext4Extents,
  blocks: { readonly file: string; readonly lblk: number; readonly len: number },
): void {
  const { inode: { world, ino }, map, extents } = file;
  if (extents.stand === "in_inode" && map.peekExtents(EXTENTS_IN_INODE) > EXTENTS_IN_INODE) {
    extents.stand = "in_blocks";
    world.tracepoints?.emit("ext4_request_blocks", blocks);
    world.tracepoints?.emit("ext4_allocate_blocks", blocks);
    ext4ClaimsSpace(file);
    world.tracepoints?.emit("ext4_mark_inode_dirty", { file: ino });
  } else {
    ext4MergesUp(file);
    ext4DirtiesLeaf(file);
  }
}

/** `ext4_ext_try_to_merge_up`: the extents of the one leaf have room in the inode again, and the leaf's block is freed. */
function ext4MergesUp(file: Ext4Extents): void {
  const { map, extents } = file;
  if (extents.stand === "in_inode" || map.peekExtents(EXTENTS_IN_INODE) > EXTENTS_IN_INODE) return;
  extents.stand = "in_inode";
  ext4ClaimsSpace(file);
}

/** `ext4_ext_dirty`: the leaf that an extent stands in is changed. */
export function ext4DirtiesLeaf(file: Ext4Extents): void {
  const { inode: { world, ino }, extents } = file;
  if (extents.stand === "in_inode") world.tracepoints?.emit("ext4_mark_inode_dirty", { file: ino });
}

/** Unwritten blocks that have been written into are mapped for writeback, in a handle: they stay unwritten until it ends. */
export function ext4MapsUnwritten(
  { inode: { world, ino } }: IomapFile,
  lblk: number,
  len: number,
  flags: string,
): void {
  const { tracepoints } = world;
  if (tracepoints === null) return;
  const blocks = { file: ino, lblk, len };
  tracepoints.emit("ext4_ext_map_blocks_enter", { ...blocks, flags });
  tracepoints.emit("ext4_ext_handle_unwritten_extents", { file: ino, lblk });
  tracepoints.emit("ext4_ext_map_blocks_exit", { ...blocks, flags, ret: len });
  tracepoints.emit("ext4_es_lookup_extent_enter", { file: ino, lblk });
  tracepoints.emit("ext4_es_lookup_extent_exit", { ...blocks, found: 1, status: "U" });
  tracepoints.emit("ext4_es_insert_extent", { ...blocks, status: "U" });
}

const CONVERT = "CREATE|UNWRIT|CONVERT|IO_SUBMIT|EX_NOCACHE";

/** Unwritten blocks have been converted, in a handle: `ext4_convert_unwritten_extents`. */
export function ext4Converts(file: Ext4Extents, lblk: number, len: number): void {
  const { inode: { world, ino } } = file;
  const { tracepoints } = world;
  if (tracepoints === null) return;
  const blocks = { file: ino, lblk, len };
  ext4Lookup(file, lblk, len);
  tracepoints.emit("ext4_ext_map_blocks_enter", { ...blocks, flags: CONVERT });
  tracepoints.emit("ext4_ext_handle_unwritten_extents", { file: ino, lblk });
  ext4DirtiesLeaf(file);
  tracepoints.emit("ext4_ext_map_blocks_exit", { ...blocks, flags: CONVERT, ret: len });
  tracepoints.emit("ext4_es_insert_extent", { ...blocks, status: "W" });
  tracepoints.emit("ext4_mark_inode_dirty", { file: ino });
}

/** Blocks that were to be converted are written already. */
export function ext4FindsWritten(file: Ext4Extents, lblk: number, len: number): void {
  const { inode: { world, ino } } = file;
  ext4Lookup(file, lblk, len);
  world.tracepoints?.emit("ext4_mark_inode_dirty", { file: ino });
}

const UNWRITE = "CREATE|UNWRIT|NO_NORMALIZE|CONVERT_UNWRITTEN|EX_NOCACHE";

/** Blocks have been made unwritten, in a handle: `ext4_alloc_file_blocks` for ZERO_RANGE. */
export function ext4MadeUnwritten({ inode: { world, ino } }: IomapFile, lblk: number, len: number): void {
  const blocks = { file: ino, lblk, len };
  world.tracepoints?.emit("ext4_ext_map_blocks_enter", { ...blocks, flags: UNWRITE });
  world.tracepoints?.emit("ext4_ext_map_blocks_exit", { ...blocks, flags: UNWRITE, ret: len });
  world.tracepoints?.emit("ext4_es_insert_extent", { ...blocks, status: "U" });
}

/** What the page cache of a file fires. */
export function ext4PageCacheEvents(
  file: () => IomapFile & { writesFolios: boolean; readonly flags: Ext4Flags },
): PageCacheEvents {
  return {
    readaheadBegins(index, pages) {
      const { inode: { world, mapping } } = file();
      world.tracepoints?.emit("page_cache_sync_ra", { ...mapping.placeOf(index), req_count: pages });
    },
    writeBegins(pos, left) {
      const { inode: { world, ino, bounds: { sectorsPerPage } }, flags } = file();
      // With large folios 6.18 asks for all that is left, 6.1 for what goes into the page.
      const asked = flags.version === "v618" ? left : Math.min(left, sectorsPerPage - pos % sectorsPerPage);
      world.tracepoints?.emit("ext4_da_write_begin", {
        file: ino,
        file_offset: pos * SECTOR_BYTES,
        bytes: asked * SECTOR_BYTES,
      });
    },
    writeEnds(pos, copied) {
      const { inode: { world, ino } } = file();
      world.tracepoints?.emit("ext4_da_write_end", {
        file: ino,
        file_offset: pos * SECTOR_BYTES,
        bytes: copied * SECTOR_BYTES,
      });
    },
    writepagesBegins(sync) {
      const { inode: { world, ino } } = file();
      world.tracepoints?.emit("ext4_writepages", { file: ino, sync_mode: sync === "for_integrity" ? 1 : 0 });
      world.tracepoints?.startPlug();
    },
    writepagesEnds(pages) {
      const { inode: { world, ino }, writesFolios } = file();
      if (writesFolios) world.tracepoints?.emit("ext4_da_write_folios_end", { file: ino });
      file().writesFolios = false;
      world.tracepoints?.finishPlug();
      world.tracepoints?.emit("ext4_writepages_result", { file: ino, ret: 0, pages_written: pages });
    },
  };
}

/**
 * What reading pages of a file fires (`ext4_mpage_readpages`): a lookup for each run of blocks that are written, and one for
 * each block that is not.
 */
export function ext4ReadaheadEvents(file: Ext4Extents): ReadaheadEvents {
  return {
    begins() {},
    mapped({ lblk, blocks, state }: Mapping, left) {
      const single = state === "written" ? blocks : 1;
      for (let nth = 0; nth < blocks; nth += single) {
        ext4Lookup(file, lblk + nth, state === "written" ? blocks : left - nth);
      }
    },
    ends() {},
  };
}

/**
 * Blocks [lblk, lblk + len) are about to go, in a handle: `ext4_ext_remove_space`. An extent that goes on behind them is
 * split there first; of each one that has blocks among them they are freed (`ext4_remove_blocks`, `dquot_free_block`), and its
 * leaf is changed; a tree with nothing left in it goes back into the inode.
 */
export function ext4Removes(file: Ext4Extents, lblk: number, len: number): void {
  ext4Forgets(file, lblk, len);
  ext4RemovesSpace(file, lblk, len);
}

/** The status tree forgets blocks: `ext4_es_remove_extent`. */
export function ext4Forgets(
  { inode: { world, ino }, tree, unmerged }: Ext4Extents,
  lblk: number,
  len: number,
): void {
  if (world.tracepoints === null) return;
  world.tracepoints.emit("ext4_es_remove_extent", { file: ino, lblk, len });
  tree?.remove(lblk, len);
  unmerged?.remove(lblk, len);
}

/** The extent tree's part of {@linkcode ext4Removes}. */
export function ext4RemovesSpace(file: Ext4Extents, lblk: number, len: number): void {
  const { inode: { world, ino }, map, extents } = file;
  const { tracepoints } = world;
  if (tracepoints === null) return;
  const end = Math.min(lblk + len, map.blocksMax);
  tracepoints.emit("ext4_journal_start_inode", { file: ino });
  tracepoints.emit("ext4_ext_remove_space", { file: ino, start: lblk });
  if (end > lblk && end < map.blocksMax && map.peekBlock(end) !== null && map.peekExtent(end).first < end) {
    ext4DirtiesLeaf(file);
    ext4DirtiesLeaf(file);
  }
  for (let at = lblk; at < end;) {
    const extent = map.peekExtent(at);
    if (map.peekBlock(at) !== null) {
      loadsBuddies(file);
      ext4ClaimsSpace(file);
      ext4DirtiesLeaf(file);
    }
    at = extent.end;
  }
  tracepoints.emit("ext4_ext_remove_space_done", { file: ino, start: lblk });
  const isLeft = map.peekAllocatedFrom(0).some((each) => each < lblk || each >= end);
  if (isLeft) return;
  extents.stand = "in_inode";
  ext4DirtiesLeaf(file);
}
