/**
 * How the data of reads and writes went: direct I/O through iomap, or the page cache, as the events within them say.
 *
 * Direct is what made iomap iterate with DIRECT; iomap_dio_rw_begin alone is not enough (a read at the end of the file,
 * an invalidation that failed). After a failed invalidation the whole operation is buffered.
 *
 * @module
 */

import { beginRequest, closeRequest, directDone, findInFlight, track } from "./async_requests.ts";
import type { LiftingState, Thread } from "./lifting_state.ts";
import { ringTakesUp } from "./ring_requests.ts";
import { EAGAIN, NO, type Operation, SAW, STRONG, type Transfer, WEAK } from "./operation.ts";
import { KIND } from "./operation_kinds.ts";

/** Flags of iomap_iter, Linux 6.1 to 6.18. */
const IOMAP_WRITE = 0x1;
const IOMAP_DIRECT = 0x10;
const IOMAP_DAX = 0x100;
/** Zeroing, reporting, faults and unsharing are no transfers. */
const IOMAP_OTHER = 0x2 | 0x4 | 0x8;
/** ki_flags of a write: IOCB_WRITE. */
const IOCB_WRITE = 1 << 18;

/** True when the thread carries out requests of others, or of its own that outlive the call. */
function takesRequests(thread: Thread): boolean {
  return thread.ringOwner >= 0 || thread.call?.kind === KIND.io_submit;
}

/** What the thread is doing to a file. */
export function current(thread: Thread): Operation | null {
  return thread.request ?? thread.call;
}

/** True when this is the range that the operation is known to have, or the first that is told of it. */
function isSameRange(operation: Operation, { file, offset, bytes }: Transfer): boolean {
  return operation.evidenceFile === NO ||
    (operation.evidenceFile === file && operation.offset === offset &&
      (operation.bytes === NO || bytes === NO || operation.bytes === bytes));
}

/** The operation that a range is of which an event names as the one of a whole read or write. */
function operationOfRange(state: LiftingState, thread: Thread, transfer: Transfer): Operation | null {
  if (!takesRequests(thread) && thread.request === null) return thread.call;
  const { request } = thread;
  if (request !== null && !request.isQueued && !request.hasDone && isSameRange(request, transfer)) return request;
  return nextRequest(state, thread, transfer);
}

/** The request that a thread which takes requests begins with this. */
function nextRequest(state: LiftingState, thread: Thread, transfer: Transfer): Operation | null {
  if (thread.ringOwner >= 0) return ringTakesUp(state, thread, transfer);
  // A ring's submitter carries out one request at a time, and says which.
  if (thread.call?.kind !== KIND.io_submit) return thread.request;
  return beginRequest(state, thread, transfer.data, transfer.file);
}

/** Takes over the range and the file that an event names for the whole operation. */
function takeRange(state: LiftingState, operation: Operation, { file, offset, bytes }: Transfer): void {
  if (operation.data === "none") {
    operation.evidence(file, WEAK);
    return;
  }
  // A copy from or to a mapping reads another range, perhaps of another file.
  if (operation.offset >= 0 && operation.evidenceLevel < STRONG && operation.offset !== offset) {
    operation.evidence(file, WEAK);
    return;
  }
  operation.evidence(file, STRONG);
  if (operation.evidenceFile !== file) return;
  if (operation.offset === NO) operation.offset = offset;
  if (operation.bytes === NO && operation.offset === offset) operation.bytes = bytes;
  operation.lastSeq = state.sink.seq;
}

/** xfs_file_{direct,buffered,dax}_{read,write}: position and length of the whole operation. */
export function fileTransfer(state: LiftingState, thread: Thread, way: string, data: "read" | "write"): void {
  const { file, offset, bytes } = state;
  if (file === NO || offset === NO) return;
  const transfer = { data, file, offset, bytes };
  const operation = operationOfRange(state, thread, transfer);
  if (operation === null) return;
  const isLater = operation.seen & SAW.direct && operation.evidenceFile === file;
  if (way === "buffered" && isLater && !(operation.seen & SAW.buffered)) operation.bufferedFrom = offset;
  takeRange(state, operation, transfer);
  if (operation.data !== data) return;
  if (way === "buffered") operation.seen |= SAW.buffered;
  else if (way === "dax") operation.seen |= SAW.dax;
  else operation.seen |= SAW.begin;
}

/** iomap_dio_rw_begin. */
export function directBegins(state: LiftingState, thread: Thread): void {
  const { file, offset, bytes } = state;
  state.hasBegin[thread.recordingId] = true;
  if (file === NO || offset === NO) return;
  const text = state.text("flags_text");
  const isWrite = text === null ? (state.number("flags") & IOCB_WRITE) !== 0 : /\bWRITE\b/.test(text);
  const data = isWrite ? "write" : thread.call?.data === "write" ? "write" : "read";
  const transfer: Transfer = { data, file, offset, bytes };
  const operation = operationOfRange(state, thread, transfer);
  if (operation === null) return;
  takeRange(state, operation, transfer);
  operation.seen |= SAW.begin;
  operation.hasResult = false;
  thread.mapping.file = NO;
  if (!operation.isAsynchronous) return;
  // __iomap_dio_rw (6.18) gives up a read that begins at the end of the file, without an event of its completion.
  if (data === "read" && state.number("file_size") >= 0 && offset >= state.number("file_size")) {
    directDone(state, operation, 0);
  } else track(state, operation);
}

/** iomap_dio_rw_queued: the submitter is done with the request. */
export function directQueued(_state: LiftingState, thread: Thread): void {
  const { request } = thread;
  if (request === null) return;
  request.isQueued = true;
  // What follows in a worker or in io_submit is another one's.
  if (thread.ringOwner >= 0 || thread.call?.kind === KIND.io_submit) thread.request = null;
}

/** iomap_dio_complete, in whatever context. */
export function directCompletes(state: LiftingState, thread: Thread | null): void {
  const { file, offset, sink } = state;
  if (file === NO || offset === NO || !sink.hasRet) return;
  // Where calls are not recorded nothing else tells that the task is done with it.
  if (thread !== null && thread.call === null && thread.mapping.file === file) thread.mapping.file = NO;
  const result = sink.ret < 0 && sink.retHi <= 0 ? sink.ret : sink.retHi * 4294967296 + (sink.ret >>> 0);
  const start = result > 0 ? offset - result : offset;
  const operation = thread === null ? null : thread.request;
  if (operation !== null && !operation.isQueued && operation.offset === start && operation.seen & SAW.begin) {
    directDone(state, operation, result);
    return;
  }
  if (state.signed("asynchronous", 1) === 0) return;
  const request = findInFlight(state, file, start, result);
  if (request !== null) directDone(state, request, result);
}

/** iomap_dio_invalidate_fail. */
export function invalidationFails(state: LiftingState, thread: Thread): void {
  const operation = current(thread);
  if (operation === null) return;
  operation.seen = (operation.seen | SAW.invalidateFail) & ~SAW.direct;
  if (state.file !== NO) operation.evidence(state.file, WEAK);
}

/** iomap_iter: flags tell direct I/O, DAX and buffered writes. */
export function iomapIterates(state: LiftingState, thread: Thread): void {
  const { file, offset, bytes } = state;
  if (file === NO) return;
  const flags = iterationFlags(state);
  const isDirect = (flags & IOMAP_DIRECT) !== 0;
  thread.directFile = isDirect ? file : NO;
  if (flags & IOMAP_OTHER) return;
  const data = flags & IOMAP_WRITE ? "write" : "read";
  let operation = current(thread);
  if (isDirect && takesRequests(thread) && !state.hasBegin[thread.recordingId]) {
    const { request } = thread;
    // Where nothing tells the beginning of a request: two iterations without a mapping between are of two requests.
    if (
      request === null || request.hasDone || request.isQueued || (request.iterations > 0 && request.seen & SAW.direct)
    ) {
      if (request !== null && request.seen & SAW.direct) request.isQueued = true;
      operation = nextRequest(state, thread, { data, file, offset, bytes });
      if (operation !== null) {
        takeRange(state, operation, { data, file, offset, bytes: bytes > 0 ? bytes : NO });
        operation.seen |= SAW.begin;
        track(state, operation);
      }
    }
  }
  if (operation === null) return;
  operation.iterations++;
  // Control blocks are in user memory: the first iteration is sure to tell the direction of a request.
  if (isDirect && operation.kind === KIND.aio_pread && data === "write" && operation.evidenceFile === file) {
    operation.kind = KIND.aio_pwrite;
    operation.data = "write";
  }
  if (operation.data !== data) return;
  if (operation.offset >= 0 && operation.evidenceLevel < STRONG) {
    // The first iteration is at the start of what the call asked for, or of the block that it is in.
    if (isDirect || data === "write" || flags & IOMAP_DAX) {
      operation.evidence(file, offset === operation.offset ? STRONG : WEAK);
    }
  } else if (operation.evidenceLevel < STRONG) operation.evidence(file, isDirect ? STRONG : WEAK);
  if (operation.evidenceFile !== file) return;
  if (flags & IOMAP_DAX) operation.seen |= SAW.dax;
  else if (isDirect) operation.seen |= SAW.direct;
  else if (data === "write") {
    if (operation.seen & SAW.direct && !(operation.seen & SAW.buffered)) operation.bufferedFrom = offset;
    operation.seen |= SAW.buffered;
  }
  if (operation.offset === NO && (isDirect || data === "write" || flags & IOMAP_DAX)) operation.offset = offset;
}

function iterationFlags(state: LiftingState): number {
  const flags = state.number("flags");
  if (flags >= 0) return flags;
  const text = state.text("flags_text") ?? "";
  return (/\bDIRECT\b/.test(text) ? IOMAP_DIRECT : 0) | (/\bWRITE\b/.test(text) ? IOMAP_WRITE : 0) |
    (/\bDAX\b/.test(text) ? IOMAP_DAX : 0) | (/\b(ZERO|REPORT|FAULT)\b/.test(text) ? IOMAP_OTHER : 0);
}

/** ext4_write_begin, ext4_da_write_begin: one step of a buffered write. */
export function bufferedWriteStep(state: LiftingState, thread: Thread): void {
  const { file, offset, bytes } = state;
  if (file === NO || offset === NO) return;
  let operation = current(thread);
  if (takesRequests(thread)) {
    const { request } = thread;
    const goesOn = request !== null && request.evidenceFile === file && request.offset >= 0 &&
      (offset === request.offset + Math.max(0, request.bytes) || request.holds(offset));
    if (!goesOn) {
      operation = nextRequest(state, thread, { data: "write", file, offset, bytes: NO });
      if (operation !== null && operation.offset === NO) {
        operation.offset = offset;
        operation.bytes = 0;
      }
    }
    if (operation !== null && !(operation.seen & SAW.begin) && operation.bytes >= 0) {
      operation.bytes = Math.max(operation.bytes, offset + Math.max(0, bytes) - operation.offset);
    }
  }
  if (operation === null || operation.data !== "write") return;
  if (operation.seen & SAW.direct && !(operation.seen & SAW.buffered)) operation.bufferedFrom = offset;
  operation.seen |= SAW.buffered;
  if (operation.offset === NO) operation.offset = offset;
  operation.evidence(file, operation.offset === offset || operation.holds(offset) ? STRONG : WEAK);
}

/** mm_filemap_get_pages: a buffered read found these pages. */
export function bufferedReadStep(state: LiftingState, thread: Thread): void {
  const { file, offset } = state;
  if (file === NO || offset === NO) return;
  let operation = current(thread);
  if (takesRequests(thread) && !goesOnReading(thread, state)) {
    const ofPages = { data: "read", file, offset: NO, bytes: NO } as const;
    if (thread.ringOwner >= 0) operation = thread.request ?? ringTakesUp(state, thread, ofPages);
    else operation = beginRequest(state, thread, "read", file);
  }
  if (operation === null || operation.data !== "read") return;
  takePages(operation, offset, state);
  const page = 2 ** state.sink.type.key.pageShift;
  const isInRange = operation.offset >= 0 && offset <= operation.offset &&
    operation.offset < offset + Math.max(page, state.bytes);
  operation.evidence(file, operation.offset === NO || isInRange ? STRONG : WEAK);
  if (operation.evidenceFile === file) operation.seen |= SAW.buffered;
}

/** True when the pages are some of those that the request of this thread is reading already. */
function goesOnReading({ request }: Thread, { file, offset, bytes }: LiftingState): boolean {
  if (request === null || request.isQueued || request.hasDone || request.data !== "read") return false;
  if (request.evidenceFile !== NO && request.evidenceFile !== file) return false;
  // What direct I/O has left to the page cache.
  if (request.seen & SAW.begin) return true;
  // The first request of the pages it was asked for names them all; what is left of them is named again later.
  return request.offset === NO || (offset + bytes === request.pagesEnd && offset > request.pagesStart) ||
    (request.pagesEnd === NO && request.offset < offset + bytes &&
      offset < request.offset + Math.max(1, request.bytes));
}

/** Of a request that names no range: where it is, as far as its pages tell. */
function takePages(operation: Operation, offset: number, { bytes }: LiftingState): void {
  if (!operation.isAsynchronous || operation.pagesEnd !== NO || bytes <= 0) return;
  operation.pagesStart = offset;
  operation.pagesEnd = offset + bytes;
  if (operation.offset !== NO) return;
  // As many bytes as the pages hold can only be at their start; a request whose length is not known is taken for these.
  if (operation.bytes === NO) operation.bytes = bytes;
  if (operation.bytes === bytes) operation.offset = offset;
}

/** An event of a call on one file that names the file: a flush, a truncation, an allocation, a hole. */
export function fileEvidence(state: LiftingState, thread: Thread): void {
  const operation = current(thread);
  const { file } = state;
  if (operation === null || file === NO) return;
  operation.evidence(file, STRONG);
}

/** Any other event of a file within a call. */
export function weakEvidence(state: LiftingState, thread: Thread): void {
  const operation = current(thread);
  const { file } = state;
  if (operation === null || file === NO) return;
  operation.evidence(file, WEAK);
}

/** xfs_end_io_direct_write: the data of a direct write is on its way into the file, on kernels that tell no completion. */
export function directWriteEnds(state: LiftingState): void {
  const { file, offset, bytes, recordingId } = state;
  if (file === NO || offset === NO || bytes <= 0 || state.hasBegin[recordingId]) return;
  const request = findInFlight(state, file, offset, bytes);
  if (request !== null) directDone(state, request, bytes);
}

export { closeRequest, EAGAIN };
