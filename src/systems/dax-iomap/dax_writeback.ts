/**
 * `dax_writeback_mapping_range`: entries that are marked dirty have their PTEs made read-only and their lines written back.
 *
 * @module
 */

import { EIO } from "../../machine/errno.ts";
import type { Steps } from "../../machine/task.ts";
import { reachStep } from "../common/reach_step.ts";
import type { DaxEntry } from "./dax_entries.ts";
import { writebackEvent } from "./dax_events.ts";
import type { DaxIomapInode } from "./dax_iomap_inode.ts";

/** Does so for pages [first, end). Returns 0 or a negative error number. */
export function* daxSyncPages(inode: DaxIomapInode, first: number, end: number): Steps<number> {
  const { entries, world } = inode;
  yield; // y1
  reachStep(world, "y1");
  if (entries.nrpages.get() === 0) return 0;
  // filemap_fdatawrite_wbc does not ask for write-back where no entry of the file is dirty.
  const asks = entries.peekDirty();
  if (asks) writebackEvent(inode, "dax_writeback_range", first, end);
  const tagged: { readonly index: number; readonly entry: DaxEntry }[] = [];
  for (let index = first; index < end; index++) {
    const entry = entries.look(index);
    if (entry === null || tagged.some((each) => each.entry === entry)) continue;
    if (entry.dirty) entries.mark(entry, { toWrite: true });
    if (entry.toWrite) tagged.push({ index, entry });
  }
  let error = 0;
  for (const { index } of tagged) {
    error = yield* writebackOne(inode, index);
    if (error < 0) break;
  }
  if (asks) writebackEvent(inode, "dax_writeback_range_done", first, end);
  return error;
}

/** `dax_writeback_one`. */
function* writebackOne(inode: DaxIomapInode, index: number): Steps<number> {
  const { entries, world, fs: { volume }, mount: { flags } } = inode;
  yield; // y2
  const found = entries.look(index);
  if (found === null || !found.toWrite) return 0;
  let entry: DaxEntry | null = found;
  if (found.lock.isSet()) {
    const before = found.pblk;
    entry = yield* entries.unlocked(index);
    if (entry === null || entry.pblk !== before) return 0;
    // A mark on what is no block: only looked at where the entry was locked at first.
    if (entry.kind !== "block") return -EIO;
    if (!entry.toWrite) return 0;
  }
  reachStep(world, "y2");
  entries.lock(entry);
  entries.mark(entry, { toWrite: false });
  if (flags.fsyncCleans) yield* makeClean(inode, entry); // y3
  yield; // y4
  reachStep(world, "y4");
  if (flags.fsyncFlushes && entry.kind === "block") {
    for (let page = 0; page < entry.pages; page++) {
      for (const line of volume.linesOf(entry.pblk! + page)) volume.memory.clwb(line);
    }
  }
  yield; // y5: the lock of the tree is a locked instruction, which waits for the flushes
  reachStep(world, "y5");
  volume.memory.sfence();
  entries.mark(entry, { dirty: false });
  entries.unlock(entry);
  writebackEvent(inode, "dax_writeback_one", entry.index, entry.end);
  return 0;
}

/** `pfn_mkclean_range`: PTEs that map the entry's block become read-only, one area after the other. */
function* makeClean(inode: DaxIomapInode, entry: DaxEntry): Steps {
  const { mapping } = inode;
  yield* mapping.iMmapRwsem!.lockShared();
  reachStep(inode.world, "y3");
  for (const vma of [...mapping.vmas()]) {
    yield;
    for (const vpn of vma.vpnsOf(entry.index, entry.end)) {
      const pte = vma.mm.pte(vpn);
      const target = pte.look();
      if (target?.kind === "pmem" && target.pfn === entry.pblk! + vma.indexOf(vpn) - entry.index) pte.clean();
    }
  }
  yield* mapping.iMmapRwsem!.unlockShared();
}
