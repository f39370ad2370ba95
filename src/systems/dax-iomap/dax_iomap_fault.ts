/**
 * Faults of a DAX file of 6.1: `ext4_dax_huge_fault` and `__xfs_filemap_fault` around `dax_iomap_fault`.
 *
 * What keeps a fault from truncation and punching is invalidate_lock, held shared; what keeps faults of one page and its
 * write-back from each other is the lock bit of its entry. Neither keeps it from write(2).
 *
 * @module
 */

import type { MetadataSink } from "../../machine/disk_metadata.ts";
import type { FaultAccess, FaultOutcome } from "../../machine/fault.ts";
import { ZERO_PAGE } from "../../machine/page_memory.ts";
import type { Vma } from "../../machine/page_table.ts";
import { unmapMappingRange } from "../../machine/page_table_walk.ts";
import type { Steps } from "../../machine/task.ts";
import { copyPage } from "../common/pmem_copy.ts";
import { reachStep } from "../common/reach_step.ts";
import type { DaxEntry, EntryKind } from "./dax_entries.ts";
import { copyFromSource } from "./dax_iomap_rw.ts";
import type { DaxIomapInode } from "./dax_iomap_inode.ts";
import { faultEvent } from "./dax_events.ts";
import { type DaxIomap, iomapBegin, iomapEnd } from "./iomap_ops.ts";
import { daxPmdFault } from "./dax_pmd_fault.ts";
import { daxSyncPages } from "./dax_writeback.ts";

/** What a fault wants: `cow` a private copy of the page. */
export type Want = "load" | "store" | "cow";

/** A fault, as its parts hand it on. */
export interface DaxFault {
  readonly inode: DaxIomapInode;
  readonly vma: Vma;
  readonly vpn: number;
  /** Page of the file. */
  readonly index: number;
  readonly want: Want;
  /** Something is mapped already, which lets no store through (FAULT_FLAG_MKWRITE). */
  readonly isMkwrite: boolean;
  /** What ext4 holds a handle of over the whole of a store fault; null: XFS, and loads. */
  readonly handle: MetadataSink | null;
}

/** VM_FAULT_NEEDDSYNC: metadata has to be made durable before a store may go through. */
export type FaultEnd = FaultOutcome | "needs_sync";

/** Handles a fault of the file, and the first store to what is mapped for reading. */
export function* daxIomapFaultHandler(
  inode: DaxIomapInode,
  vma: Vma,
  vpn: number,
  access: FaultAccess,
): Steps<FaultOutcome> {
  const { fs, mapping, mount: { flags } } = inode;
  const isMkwrite = vma.mm.pte(vpn).look() !== null;
  const want: Want = access === "load" ? "load" : vma.sharing === "private" ? "cow" : "store";
  const lock = flags.faultLock ? mapping.invalidateLock! : null;
  if (lock !== null) yield* lock.lockShared(); // F1
  reachStep(inode.world, "F1");
  const handle = want === "store" && flags.fs === "ext4" ? yield* fs.start() : null;
  const fault: DaxFault = { inode, vma, vpn, index: vma.indexOf(vpn), want, isMkwrite, handle };
  let end: FaultEnd | "fallback" = flags.pmd && !isMkwrite ? yield* daxPmdFault(fault) : "fallback";
  if (end === "fallback") end = yield* ptFault(fault);
  if (handle !== null) {
    yield;
    fs.stopNow(handle, inode);
  }
  if (end === "needs_sync") end = yield* finishSyncFault(fault); // F9
  if (lock !== null) yield* lock.unlockShared();
  return end;
}

/** `dax_iomap_pte_fault`. */
function* ptFault(fault: DaxFault): Steps<FaultEnd> {
  faultEvent(fault, "dax_pte_fault", null);
  const { end, isMajor } = yield* oneFault(fault);
  faultEvent(fault, "dax_pte_fault_done", end, isMajor ? "major" : "minor");
  return end;
}

/** VM_FAULT_MAJOR: the fault has got a new block. */
interface FaultDone {
  readonly end: FaultEnd;
  readonly isMajor: boolean;
}

function* oneFault(fault: DaxFault): Steps<FaultDone> {
  const { inode, index, want, handle } = fault;
  const { entries, world } = inode;
  yield; // F2
  reachStep(world, "F2");
  if (index >= inode.pagesOf(inode.readSize())) return { end: "sigbus", isMajor: false };
  yield; // F3
  const entry = yield* entries.grab(index, 1, (split) => unmapEntry(inode, split));
  if (entry === "fallback") throw new Error("an entry of one page has no smaller one in its way");
  reachStep(world, "F3");
  const iomap = yield* iomapBegin(inode, want === "store" ? "write" : "read", index, 1, handle); // F4
  let end: FaultEnd = "sigbus";
  if (typeof iomap !== "number") {
    end = yield* faultIter(fault, entry, iomap);
    yield* iomapEnd(inode, iomap, end === "sigbus" ? 0 : inode.sectorsPerBlock, handle);
  }
  yield; // F8
  reachStep(world, "F8");
  entries.unlock(entry);
  return { end, isMajor: typeof iomap !== "number" && iomap.isNew };
}

/** Takes all PTEs of an entry's pages. */
export function* unmapEntry({ mapping }: DaxIomapInode, { index, end }: DaxEntry): Steps {
  yield* unmapMappingRange(mapping, index, end, "spare_private_copies");
}

/** `dax_fault_iter`. */
function* faultIter(fault: DaxFault, entry: DaxEntry, iomap: DaxIomap): Steps<FaultEnd> {
  const { inode, vma, vpn, index, want } = fault;
  if (want === "cow") return yield* copyPrivate(fault, iomap);
  if (iomap.state !== "written") {
    // dax_load_hole
    yield* insertEntry(fault, entry, "zero", null, iomap);
    yield; // F6
    vma.mm.pte(vpn).tryInstall(ZERO_PAGE, "read_only");
    faultEvent(fault, "dax_load_hole", "done");
    return "done";
  }
  yield* insertEntry(fault, entry, "block", iomap.pblk, iomap);
  if (iomap.source !== null) {
    for (let within = 0; within < inode.sectorsPerBlock; within++) { // F7
      yield;
      copyFromSource(inode, iomap, index * inode.sectorsPerBlock + within);
    }
    reachStep(inode.world, "F7");
  }
  if (isSynchronous(fault, iomap)) return "needs_sync";
  yield; // F6
  insertPfn(fault, iomap.pblk!);
  return "done";
}

/**
 * `dax_fault_is_synchronous`. A page that the end of the file lies in counts as one with metadata to sync, whatever has been
 * synced: IOMAP_F_DIRTY is set for what reaches behind i_size.
 */
export function isSynchronous({ inode, vma, index, want }: DaxFault, iomap: DaxIomap): boolean {
  if (want !== "store" || vma.sync !== "map_sync" || !inode.mount.flags.mapSyncWaits) return false;
  return iomap.isDirty || (index + 1) * inode.bounds.sectorsPerPage > inode.readSize();
}

/**
 * `dax_insert_entry`: what the entry says is replaced only where it was empty or a zero page, or at a copy on write. An
 * entry that says another block stays as it is.
 */
export function* insertEntry(
  fault: DaxFault,
  entry: DaxEntry,
  kind: Exclude<EntryKind, "empty">,
  pblk: number | null,
  iomap: DaxIomap,
): Steps {
  const { inode, want } = fault;
  const { entries, world, mount: { flags } } = inode;
  const isCow = want === "store" && iomap.source !== null;
  const replacesHole = entry.kind === "zero" && kind === "block";
  if (isCow || (replacesHole && flags.holeUnmaps)) {
    yield* unmapEntry(inode, entry);
  }
  yield; // F5
  reachStep(world, "F5");
  if (isCow || entry.kind !== "block") entries.replace(entry, kind, pblk);
  const dirties = !isSynchronous(fault, iomap) && (flags.readFaultDirties || want === "store");
  if (dirties) entries.mark(entry, { dirty: true });
  if (isCow) entries.mark(entry, { toWrite: true });
}

/**
 * `insert_pfn`, as part of the current step. Where something is mapped, a store fault makes it writable if it is the
 * same block; another one stays, and the store will fault again.
 */
export function insertPfn({ inode, vma, vpn, index, want }: DaxFault, pblk: number): void {
  const { volume } = inode.fs;
  const pte = vma.mm.pte(vpn);
  const target = pte.look();
  reachStep(inode.world, "F6");
  if (target === null) {
    volume.checkUse({ file: inode.ino, pblk }, "mapping");
    pte.install(volume.page(inode.ino, pblk, index), want === "store" ? "writable_dirty" : "read_only");
  } else if (want === "store") {
    if (target.kind === "pmem" && target.pfn === pblk) pte.makeWritable();
    else {
      inode.refused(pte).next();
      return;
    }
  }
  inode.refused(pte).progress();
}

/** `dax_fault_cow_page`: a private store takes a copy of the block, or zeros. */
function* copyPrivate({ inode, vma, vpn, index }: DaxFault, iomap: DaxIomap): Steps<FaultEnd> {
  const tokens = yield* copyPage(inode, iomap, index);
  yield;
  const pte = vma.mm.pte(vpn);
  if (pte.look() === null) pte.install(vma.mm.anonymousPage(tokens), "writable_dirty");
  return "done";
}

/** `dax_finish_sync_fault`: the metadata first, then `dax_insert_pfn_mkwrite`. */
function* finishSyncFault(fault: DaxFault): Steps<FaultOutcome> {
  const { inode, index } = fault;
  const { entries, fs, world } = inode;
  yield* daxSyncPages(inode, index, index + 1);
  if ((yield* fs.syncMetadata(inode)) < 0) return "sigbus";
  yield; // F9
  const entry = yield* entries.unlocked(index);
  reachStep(world, "F9");
  if (entry === null || entry.kind !== "block") return "done";
  entries.mark(entry, { dirty: true });
  entries.lock(entry);
  for (let page = entry.index; page < entry.end; page++) {
    yield;
    const vpn = fault.vpn + page - index;
    if (fault.vma.mm.vmaAt(vpn) === fault.vma) {
      insertPfn({ ...fault, vpn, index: page }, entry.pblk! + page - entry.index);
    }
  }
  faultEvent(fault, "dax_insert_pfn_mkwrite", "done");
  yield;
  entries.unlock(entry);
  return "done";
}
