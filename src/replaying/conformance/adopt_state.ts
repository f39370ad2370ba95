/**
 * A file of the model as the recording has shown it to be: size, blocks, what is cached and what of it is dirty.
 *
 * @module
 */

import { ZERO } from "../../machine/tokens.ts";
import type { IomapFile } from "../../systems/common/iomap_file.ts";
import type { StatusTree } from "../../systems/ext4-iomap-dio/status_tree.ts";
import { clearDirtyForIo } from "../../machine/page_table_walk.ts";
import type { ModelledFile } from "../../systems/system.ts";
import type { DiskPlaces } from "./disk_places.ts";
import type { ModelMemory } from "./model_memory.ts";
import type { SeenFile } from "./recorded_state.ts";

const SECTOR = 512;

/** A file of either file system; `tree`: of ext4. */
export type FollowedFile = IomapFile & ModelledFile & { readonly tree?: StatusTree | null };

export interface Adopting {
  readonly ino: number;
  readonly file: FollowedFile;
  readonly memory: ModelMemory;
  readonly places: DiskPlaces;
  readonly held: HeldState;
}

/** What of a file belongs to calls that are at work on it: it stays as the model has it. */
export interface HeldState {
  /** Pages of the page cache. */
  readonly pages: ReadonlySet<number>;
  holdsBlock(lblk: number): boolean;
  readonly size: "held" | "free";
}

/** Does so outside of all steps. What is locked or written at the time stays in the cache as it is. */
export function adoptState({ ino, file, memory, places, held }: Adopting, seen: SeenFile): void {
  adoptBlocks(file, places, held, seen);
  if (held.size === "free") adoptSize(file, seen);
  const { inode: { mapping, bounds } } = file;
  const wanted = new Map<number, boolean>();
  // Folios are at work as a whole.
  const kept = new Set(held.pages);
  for (const { first, pages, isDirty } of seen.cached.values()) {
    const own = Array.from({ length: Math.min(pages, bounds.pagesMax - first) }, (_, nth) => first + nth);
    if (own.some((page) => held.pages.has(page))) {
      for (const page of own) kept.add(page);
      continue;
    }
    const isDirtyHere = (page: number) => mapping.peekFolio(page)?.dirty.peek ?? false;
    // Which blocks of a dirty folio are dirty is not told: the model's, where it has any.
    const isKnown = isDirty && own.some(isDirtyHere);
    for (const page of own) wanted.set(page, isKnown ? isDirtyHere(page) : isDirty);
  }
  for (let page = 0; page < bounds.pagesMax; page++) {
    if (kept.has(page)) continue;
    const folio = mapping.peekFolio(page);
    const isDirty = wanted.get(page);
    if (folio === null) {
      if (isDirty === undefined) continue;
      const added = mapping.addCached(page, Array(bounds.sectorsPerPage).fill(ZERO));
      if (isDirty) added.setDirty();
      continue;
    }
    if (folio.lock.peek || folio.writeback.peek) continue;
    if (isDirty === undefined) {
      memory.forget(ino, page);
      folio.cancelDirty();
      mapping.remove(page);
    } else if (isDirty && !folio.dirty.peek) folio.setDirty();
    else if (!isDirty && folio.dirty.peek) {
      // What is mapped of it has been made read-only for that: the next store tells of itself.
      clearDirtyForIo(mapping, folio);
      mapping.clearTag(page, "DIRTY");
    }
  }
}

function adoptSize({ inode, map, sectorsPerBlock }: FollowedFile, { size }: SeenFile): void {
  if (size === null) return;
  const sectors = Math.ceil(size / SECTOR);
  if (sectors === inode.peekSize) return;
  inode.writeSize(sectors);
  const last = Math.ceil(sectors / sectorsPerBlock) - 1;
  // What is only reserved has not moved the size on disk.
  const isReserved = last >= 0 && last < map.blocksMax && map.peek(last) === "delalloc";
  inode.diskSize.set(isReserved ? Math.min(inode.diskSize.peek, sectors) : sectors);
}

function adoptBlocks(
  { map, tree }: FollowedFile,
  places: DiskPlaces,
  held: HeldState,
  { blocks, known }: SeenFile,
): void {
  for (const [lblk, { state: seen, pblk, isConverting }] of blocks) {
    if (lblk >= map.blocksMax || held.holdsBlock(lblk)) continue;
    const isConverted = isConverting && map.peek(lblk) === "written";
    const state = isConverted ? "written" : seen;
    const before = map.peekBlock(lblk);
    const hasPlace = state === "written" || state === "unwritten";
    const own = !hasPlace ? null : pblk === null ? before ?? places.unnamed() : places.toOwn(pblk);
    if (map.peek(lblk) !== state || before !== own) map.assume(lblk, state, own);
  }
  for (const [lblk, isKnown] of known) {
    if (held.holdsBlock(lblk)) continue;
    if (isKnown) tree?.insert(lblk, 1);
    else tree?.remove(lblk, 1);
  }
}
