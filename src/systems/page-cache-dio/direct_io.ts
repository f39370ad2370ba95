/**
 * Direct I/O that the page tree knows of: the schemes of Wilcox (O1 to O6) and Lutomirski.
 *
 * @module
 */

import { EFAULT } from "../../machine/errno.ts";
import { Folio } from "../../machine/folio.ts";
import { EIOCBQUEUED } from "../../machine/kiocb.ts";
import { clearDirtyForIo, unmapMappingFolio } from "../../machine/page_table_walk.ts";
import { Placeholder, XALockEntry } from "../../machine/page_tree_entry.ts";
import { Retries } from "../../machine/retries.ts";
import type { Steps, Task } from "../../machine/task.ts";
import { copyToUser, faultInPages, getUserPages, type PinnedPage } from "../../machine/user_buffer.ts";
import { iomapDioRw } from "../common/iomap_dio.ts";
import type { IomapDio } from "../common/iomap_dio_state.ts";
import { bufferFrom } from "../common/transfer.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import { xfsDioWriteOps } from "../xfs-iomap-dio/end_io.ts";
import { xfsIomapOps } from "../xfs-iomap-dio/iomap_ops.ts";
import type { TrackedFile } from "./tracked_file.ts";

/** What keeps the page cache out of pages [first, last] of a file while direct I/O is in flight. */
interface Hold {
  readonly first: number;
  readonly last: number;
  /** Slots with an entry of this I/O; null: pgrwsem is held. */
  readonly slots: readonly number[] | null;
  /** Who answers for pgrwsem. */
  readonly holder: Task | string;
  released: boolean;
}

/** `pread` and `pwrite` with O_DIRECT. */
export const trackedDirectIo = path(
  "tracked_direct_io",
  function* (file: TrackedFile, transfer: Transfer, op: "read" | "write"): Steps<number> {
    const { inode, mapping } = file;
    const { call, buffer, pos } = transfer;
    yield;
    const size = inode.readSize();
    const len = op === "read" ? Math.min(transfer.len, Math.max(0, size - pos)) : transfer.len;
    let pinned: PinnedPage[] | null = null;
    if (mapping.flags.gup === "pin_all_first") {
      yield;
      call.at("pin_all");
      pinned = yield* pinAll(transfer, op);
      if (pinned === null) return -EFAULT;
    }
    if (len === 0) return 0;
    const { scheme } = mapping.flags;
    if (
      op === "read" && scheme === "lutomirski" && mapping.flags.marker_scope === "page" &&
      pos % inode.bounds.sectorsPerPage === 0
    ) {
      return yield* readPageByPage(file, transfer, pos + len);
    }
    const retries = new Retries(inode.world, `direct I/O of ${inode.ino}`, inode.bounds.retriesMax);
    for (;;) {
      retries.next();
      const hold = yield* keepOut(file, transfer, pos, len);
      const ret = yield* perform(file, transfer, op, hold, pinned);
      if (ret !== -EFAULT || mapping.flags.gup !== "nofault_retry") return ret;
      yield;
      call.at("fault_in");
      const access = op === "read" ? "store" : "load";
      if ((yield* faultInPages(buffer, 0, transfer.len, access)) < transfer.len) return -EFAULT;
    }
  },
);

function* pinAll({ buffer }: Transfer, op: "read" | "write"): Steps<PinnedPage[] | null> {
  const pinned: PinnedPage[] = [];
  for (let page = 0; page < buffer.npages;) {
    const batch = buffer.batchAt(page, buffer.npages);
    const { pages, error } = yield* getUserPages(
      buffer.mm,
      batch.vpn,
      batch.npages,
      op === "read" ? "store" : "load",
    );
    pinned.push(...pages);
    if (error < 0) {
      for (const each of pinned) each.unpin();
      return null;
    }
    page += batch.npages;
  }
  return pinned;
}

/** O1 to O4: pgrwsem for an empty tree, else entries; other schemes have entries only. */
function* keepOut(
  file: TrackedFile,
  transfer: Transfer,
  pos: number,
  len: number,
): Steps<Hold> {
  const { mapping, inode } = file;
  const { call } = transfer;
  const first = inode.pageOf(pos);
  const last = inode.pageOf(pos + len - 1);
  const isHeld = transfer.kiocb !== null && mapping.flags.aio === "held";
  const holder = isHeld ? `dio(${call.name})` : call.task;
  if (mapping.flags.scheme === "wilcox") {
    yield; // O1
    call.at("O1");
    if (mapping.isEmpty()) {
      call.at("O2");
      yield* mapping.pgrwsem.lockShared();
      yield;
      if (mapping.flags.o2_recheck === "off" || mapping.isEmpty()) {
        if (isHeld) mapping.pgrwsem.handOver(call.task, holder);
        mapping.dioBegins(first, last);
        mapping.checkUncached(first, last);
        return { first, last, slots: null, holder, released: false };
      }
      mapping.pgrwsem.releaseShared(call.task);
    }
  }
  call.at("O4");
  const slots: number[] = [];
  const isRange = mapping.flags.marker_scope === "range";
  for (let index = first; index <= last; index++) {
    const retries = slotRetries(file, index);
    yield* emptySlot(file, index, retries);
    if (isRange) continue;
    yield* insertEntry(file, index, retries, () => new XALockEntry(inode.world, inode.ino, index, holder));
    slots.push(index);
  }
  if (isRange) {
    yield* insertEntry(
      file,
      last,
      slotRetries(file, last),
      () => new Placeholder(inode.world, inode.ino, first, last, holder),
    );
    slots.push(last);
  }
  mapping.dioBegins(first, last);
  return { first, last, slots, holder, released: false };
}

/** Faults may fill a slot again as often as it is emptied. */
function slotRetries({ inode }: TrackedFile, index: number): Retries {
  return new Retries(inode.world, `emptying slot ${index} of ${inode.ino}`, inode.bounds.retriesMax);
}

/** Waits for an entry of somebody else, and takes a folio out. */
function* emptySlot({ mapping }: TrackedFile, index: number, retries: Retries): Steps {
  for (;;) {
    yield;
    const entry = mapping.entryAt(index);
    if (entry === null || entry.kind === "shadow" || entry.kind === "dax") return;
    if (entry instanceof Folio) {
      retries.next();
      yield* takeOut(mapping, entry);
    } else yield entry.whenGone;
  }
}

/** Flushes a folio if it is dirty, unmaps it and removes it. */
function* takeOut(mapping: TrackedFile["mapping"], folio: Folio): Steps {
  folio.get();
  yield* folio.lock.lock();
  if (folio.isIn(mapping)) {
    if (folio.writeback.isSet()) yield* folio.writeback.waitClear();
    if (folio.isMapped()) yield* unmapMappingFolio(mapping, folio);
    yield;
    if (clearDirtyForIo(mapping, folio)) {
      yield* mapping.ops.writeFolio(folio);
      yield* folio.writeback.waitClear();
      folio.put();
      return;
    }
    mapping.remove(folio.index);
  }
  yield;
  folio.lock.clear();
  folio.put();
}

/** A step of its own behind the removal: somebody else may have been quicker. */
function* insertEntry(
  file: TrackedFile,
  index: number,
  retries: Retries,
  make: () => XALockEntry | Placeholder,
): Steps {
  const { mapping } = file;
  for (;;) {
    yield;
    if (mapping.entryAt(index) === null) {
      mapping.insert(index, make());
      return;
    }
    yield* emptySlot(file, index, retries);
  }
}

/** O5, O6. */
function* perform(
  file: TrackedFile,
  transfer: Transfer,
  op: "read" | "write",
  hold: Hold,
  pinned: readonly PinnedPage[] | null,
): Steps<number> {
  const { mapping, volume } = file;
  transfer.call.at("O5");
  const ret = yield* iomapDioRw(file, volume.dios, transfer, transfer.pos, {
    op,
    ops: xfsIomapOps(file),
    dioOps: { endIo: (dio, size, error) => endIo(file, dio, { size, error, hold }) },
    wait: mapping.flags.aio === "sync" ? "always" : "sync_only",
    pages: pinned ?? (mapping.flags.gup === "nofault_retry" ? "nofault" : "fault"),
  });
  if (ret !== -EIOCBQUEUED && !hold.released) {
    yield;
    release(file, transfer, hold);
  }
  return ret;
}

/** What a write converts first, then O6. */
function* endIo(
  file: TrackedFile,
  dio: IomapDio,
  { size, error, hold }: { readonly size: number; readonly error: number; readonly hold: Hold },
): Steps<number> {
  const ended = dio.op === "write" ? yield* xfsDioWriteOps(file).endIo!(dio, size, error) : error;
  yield;
  release(file, dio.transfer, hold);
  return ended;
}

/** O6, as part of the current step; interrupts may. */
function release({ mapping }: TrackedFile, { call }: Transfer, hold: Hold): void {
  call.at("O6");
  hold.released = true;
  mapping.dioEnds(hold.first, hold.last);
  if (hold.slots === null) {
    mapping.pgrwsem.releaseShared(hold.holder);
    return;
  }
  for (const index of hold.slots) {
    const entry = mapping.peekEntry(index);
    mapping.remove(index);
    if (entry instanceof XALockEntry || entry instanceof Placeholder) entry.wake();
  }
}

/** Lutomirski's read: what is cached is copied, for the rest of the pages there is one marker and one I/O each. */
function* readPageByPage(file: TrackedFile, transfer: Transfer, end: number): Steps<number> {
  const { mapping, inode } = file;
  const { sectorsPerPage } = inode.bounds;
  const { call, pos, buffer } = transfer;
  for (let at = pos; at < end; at = (inode.pageOf(at) + 1) * sectorsPerPage) {
    yield;
    const entry = mapping.entryAt(inode.pageOf(at));
    const until = Math.min(end, (inode.pageOf(at) + 1) * sectorsPerPage);
    if (entry instanceof Folio && entry.uptodate.test()) {
      call.at("O4.cached");
      entry.get();
      for (let sector = at; sector < until; sector++) {
        const token = yield* copyToUser(buffer, sector - pos, entry.sectors[sector % sectorsPerPage]);
        if (token === null) return sector > pos ? sector - pos : -EFAULT;
        call.saw(sector, token, "cached");
      }
      entry.put();
      continue;
    }
    const hold = yield* keepOut(file, transfer, at, until - at);
    const part = partOf(transfer, at, until - at, sectorsPerPage);
    const ret = yield* perform(file, part, "read", hold, null);
    if (ret < 0) return ret;
  }
  return end - pos;
}

/** Sectors [at, at + len) of a read, as a read of their own. */
function partOf(transfer: Transfer, at: number, len: number, sectorsPerPage: number): Transfer {
  const { buffer, pos } = transfer;
  const page = (at - pos) / sectorsPerPage;
  return { ...transfer, pos: at, len, kiocb: null, buffer: bufferFrom(buffer, page) };
}
