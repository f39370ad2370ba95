/**
 * Buffered writes (05 C2): the loop over pages, with the inode's lock held by the caller.
 *
 * @module
 */

import type { AddressSpace } from "./address_space.ts";
import type { Copied, CopyRequest } from "./buffered_read.ts";
import { EFAULT } from "./errno.ts";
import type { Folio } from "./folio.ts";
import type { Steps } from "./task.ts";
import { ZERO } from "./tokens.ts";
import { copyFromUser, faultInPages } from "./user_buffer.ts";

/** `generic_perform_write`, 2.6.20's `generic_file_buffered_write`. */
export function* bufferedWrite(mapping: AddressSpace, request: CopyRequest): Steps<Copied> {
  const { bounds, ops, era } = mapping;
  const done: Copied = { copied: 0, error: 0, tokens: [] };
  /** After a copy that was too short to count: no more than it got, so that the next one does count. */
  let most = Infinity;
  let mappedTo = request.pos;
  const { waits = "for_io" } = request;
  let end = request.pos;
  while (done.copied < request.len) {
    const pos = request.pos + done.copied;
    const from = pos % bounds.sectorsPerPage;
    if (ops.mapWrite !== undefined && pos >= mappedTo) {
      mappedTo = yield* ops.mapWrite(pos, request.len - done.copied, waits);
      if (mappedTo < 0) {
        done.error = mappedTo;
        break;
      }
    }
    const mapped = ops.mapWrite === undefined ? Infinity : mappedTo - pos;
    const to = Math.min(bounds.sectorsPerPage, from + Math.min(most, mapped, chunk(mapping, request, done)));
    most = Infinity;
    end = pos + to - from;
    const at = request.bufferAt + done.copied;
    const reached = yield* faultInPages(request.buffer, at, at + to - from, "load"); // w2
    if (reached === at && era.copyFault === "short_copy") {
      done.error = -EFAULT;
      break;
    }
    ops.events?.writeBegins?.(pos, request.len - done.copied);
    const folio = yield* mapping.grabPage(mapping.host.pageOf(pos)); // w3
    const error = ops.prepareWrite === undefined ? 0 : yield* ops.prepareWrite(folio, from, to, waits); // w4, w5
    if (error < 0) {
      yield* unlockPut(folio);
      ops.events?.writeDone?.(0, waits);
      done.error = error;
      break;
    }
    const before = done.copied;
    yield* copyToPage(folio, from, to, request, done); // w6
    const copied = done.copied - before;
    const size = mapping.host.peekSize;
    ops.events?.writeEnds?.(pos, copied);
    const counted = ops.commitWrite === undefined
      ? yield* genericCommitWrite(folio, from, to, copied) // w7, w8
      : yield* ops.commitWrite(folio, from, to, copied);
    yield* unlockPut(folio); // w9
    if (ops.writeEnded !== undefined) yield* ops.writeEnded(folio, pos, Math.max(counted, 0), size);
    ops.events?.writeDone?.(request.len - done.copied, waits);
    if (counted < copied) {
      done.tokens.length = done.copied = before + Math.max(counted, 0);
      most = Math.max(1, copied);
    }
    if (counted < 0) {
      done.error = counted;
      break;
    }
    if (copied < to - from && era.copyFault === "fault_with_page_locked") {
      done.error = -EFAULT;
      break;
    }
  }
  if (done.error < 0 && ops.writeFailed !== undefined) yield* ops.writeFailed(done.error, end);
  return done;
}

/** Sectors of the next chunk: 2.6.20 faults in, and copies, no further than the current vector. */
function chunk(mapping: AddressSpace, request: CopyRequest, done: Copied): number {
  const rest = request.len - done.copied;
  if (mapping.era.copyFault === "short_copy") return rest;
  let before = request.bufferAt + done.copied;
  for (const { npages } of request.buffer.segments) {
    const sectors = npages * request.buffer.mm.sectorsPerPage;
    if (before < sectors) return Math.min(rest, sectors - before);
    before -= sectors;
  }
  return rest;
}

/**
 * Copies into the locked page without taking faults. 2.6.20 then goes on with faults taken, page locked as it is: a page
 * that has been reclaimed since it was faulted in, and that is the page being written, waits for itself.
 */
function* copyToPage(folio: Folio, from: number, to: number, request: CopyRequest, done: Copied): Steps {
  const faults = folio.home.era.copyFault === "fault_with_page_locked" ? "fault" : "nofault";
  for (let sector = from; sector < to; sector++) {
    const token = yield* copyFromUser(request.buffer, request.bufferAt + done.copied, folio.sectors[sector], faults);
    if (token === null) return;
    request.onCopy?.(request.pos + done.copied, token);
    done.tokens.push(token);
    done.copied++;
  }
}

/**
 * What `commit_write` and `write_end` do at least (w7, w8): the page is up to date and dirty, and the file ends behind it.
 *
 * After a short copy 2.6.20 commits all the same, with zeros for the rest; later kernels do so for a page that was up to
 * date, and else take nothing.
 *
 * @returns sectors that count as written
 */
export function* genericCommitWrite(folio: Folio, from: number, to: number, copied: number): Steps<number> {
  const { host, bounds, era } = folio.home;
  yield; // w7
  const commitsAll = era.copyFault === "fault_with_page_locked";
  if (copied === 0 && !commitsAll) return 0;
  if (copied < to - from) {
    if (commitsAll) { for (let sector = from + copied; sector < to; sector++) folio.sectors[sector].store(ZERO); }
    else if (!folio.uptodate.test()) return 0;
  }
  folio.uptodate.testAndSet();
  folio.setDirty();
  yield; // w8
  const end = folio.index * bounds.sectorsPerPage + (commitsAll ? to : from + copied);
  if (end > host.readSize()) host.writeSize(end);
  return copied;
}

function* unlockPut(folio: Folio): Steps {
  yield* folio.lock.unlock();
  folio.put();
}
