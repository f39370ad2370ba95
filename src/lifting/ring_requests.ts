/**
 * Requests of io_uring, from its own events.
 *
 * The rules:
 * - `io_uring_submit_req` (`submit_sqe` on older kernels) begins a request, known by the address of the kernel's
 *   structure until its completion; what the submitting thread does then is the request's, until it submits the next one
 *   or the call ends. Its operation is told, its file descriptor by `io_uring_file_get`; its range is not: that is what
 *   the read or write itself shows.
 * - `io_uring_queue_async_work` hands it to a worker of the submitting thread, which is named for that thread
 *   (`iou-wrk-TID`). When such a worker begins a read or write, it has taken up the oldest waiting request of its
 *   submitter that has this file and direction; an attempt within the submission that gave up has shown the range.
 * - `io_uring_complete` ends it with its result: that is when user space can see it. When a worker completes another
 *   request than the one it was thought to carry out, the two change places.
 * - The file of a request is certain when its own events name it and no other request could have been meant.
 *
 * @module
 */

import { ringKind } from "./call_table.ts";
import { settle } from "./settle_operation.ts";
import type { LiftingState, Thread } from "./lifting_state.ts";
import { NO, Operation, type Transfer } from "./operation.ts";
import { KIND } from "./operation_kinds.ts";
import { findOpenFile } from "./calls.ts";

/** Requests under way at most. */
const REQUESTS_MAX = 65_536;

/** A request is submitted. */
export function ringSubmits(state: LiftingState, thread: Thread): void {
  const key = state.number("request");
  const kind = ringKind(state.text("opcode_text"), state.number("opcode"));
  const data = kind === KIND.uring_pread ? "read" : kind === KIND.uring_pwrite ? "write" : "none";
  const request = new Operation(state.newOperationId(), kind, data, state.sink);
  request.isRing = true;
  request.queueKey = thread.pid;
  const { call } = thread;
  if (call !== null) {
    request.startLo = call.startLo;
    request.startHi = call.startHi;
    request.partOf = call.id;
  }
  thread.request = request;
  thread.mapping.file = NO;
  const unfinished = state.ringRequests.get(key);
  if (unfinished !== undefined) {
    state.doubt().trouble(
      "ring_request_without_end",
      "requests of io_uring whose completion is not in the recording",
      state.sink,
    );
    settle(state, unfinished);
  }
  state.ringRequests.set(key, request);
  if (state.ringRequests.size > REQUESTS_MAX) {
    for (const [oldest, lost] of state.ringRequests) {
      state.ringRequests.delete(oldest);
      settle(state, lost);
      break;
    }
  }
}

/** A request's file descriptor is looked up. */
export function ringFile(state: LiftingState, thread: Thread): void {
  const request = state.ringRequests.get(state.number("request"));
  if (request === undefined) return;
  request.fd = state.signed("fd", NO);
  findOpenFile(state, state.threadOf(thread.recordingId, request.queueKey) ?? thread, request);
}

/** A request is handed to a worker. */
export function ringWaits(state: LiftingState, thread: Thread): void {
  const request = state.ringRequests.get(state.number("request"));
  if (request === undefined) return;
  if (thread.request === request) thread.request = null;
  request.isQueued = false;
  const key = thread.recordingId * 0x100000000 + request.queueKey;
  const waiting = state.ringWaiting.get(key);
  if (waiting === undefined) state.ringWaiting.set(key, [request]);
  else waiting.push(request);
}

/** A worker begins a read or write of this range: of which request is it? */
export function ringTakesUp(
  state: LiftingState,
  thread: Thread,
  { data, file, offset, bytes }: Transfer,
): Operation | null {
  const waiting = state.ringWaiting.get(thread.recordingId * 0x100000000 + thread.ringOwner);
  if (waiting === undefined) return thread.request;
  // Direct I/O does not always tell its direction: a request of the other one is taken if there is none of this.
  let found: Operation | null = null;
  let isFoundOfData = false;
  for (const request of waiting) {
    const known = request.evidenceFile !== NO ? request.evidenceFile : request.open?.file ?? NO;
    if (known !== NO && known !== file) continue;
    if (request.offset >= 0 && offset >= 0 && request.offset !== offset) continue;
    if (request.bytes >= 0 && bytes >= 0 && request.bytes !== bytes) continue;
    if (request.data === "none") continue;
    const isOfData = request.data === data;
    if (found === null || (isOfData && !isFoundOfData)) {
      found = request;
      isFoundOfData = isOfData;
    }
  }
  if (found === null) return null;
  waiting.splice(waiting.indexOf(found), 1);
  thread.mapping.file = NO;
  return thread.request = found;
}

/** What one request is known by changes places with what another one is. */
function exchange(a: Operation, b: Operation): void {
  for (
    const key of ["offset", "bytes", "evidenceFile", "evidenceLevel", "seen", "bufferedFrom", "hasDone"] as const
  ) {
    const value = a[key];
    (a as unknown as Record<string, unknown>)[key] = b[key];
    (b as unknown as Record<string, unknown>)[key] = value;
  }
}

/** A request is complete, and user space can see it. */
export function ringCompletes(state: LiftingState, thread: Thread | null): void {
  const { sink } = state;
  const key = state.number("request");
  const request = state.ringRequests.get(key);
  if (request === undefined) {
    state.doubt().trouble(
      "ring_completion_without_request",
      "completions of io_uring whose request was submitted before the recording, or without an event",
      sink,
    );
    return;
  }
  state.ringRequests.delete(key);
  const waiting = state.ringWaiting.get(request.recordingId * 0x100000000 + request.queueKey);
  const at = waiting?.indexOf(request) ?? -1;
  if (at >= 0) waiting!.splice(at, 1);
  if (thread !== null && thread.ringOwner >= 0 && thread.request !== null) {
    const carried = thread.request;
    if (carried !== request && !carried.isQueued) {
      exchange(carried, request);
      if (at >= 0) waiting!.unshift(carried);
    }
    thread.request = null;
  } else if (thread !== null && thread.request === request) thread.request = null;
  request.endNow(sink);
  if (sink.hasRet) {
    request.result = sink.ret;
    request.hasResult = true;
  }
  settle(state, request);
}

/** Hands on what is still under way. */
export function finishRing(state: LiftingState): void {
  for (const request of state.ringRequests.values()) settle(state, request);
  state.ringRequests.clear();
}
