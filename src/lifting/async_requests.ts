/**
 * Requests of io_submit: what each call submitted, when each was complete and when it was delivered.
 *
 * The control blocks are in user memory, so that a request is known by what it does within io_submit: direct I/O tells
 * its beginning (from Linux 6.2 on), XFS the range, ext4 only its first mapping. A request is complete with
 * iomap_dio_complete of the same file and start; it is delivered by the io_getevents that returns it, which hands out
 * the completed requests of the same context in their order.
 *
 * @module
 */

import { settle } from "./settle_operation.ts";
import type { LiftingState, RequestQueue, Thread } from "./lifting_state.ts";
import { EAGAIN, NO, Operation, SAW, STRONG } from "./operation.ts";
import { ATTRIBUTION, KIND } from "./operation_kinds.ts";

/** Requests under way at most; the oldest are handed on without an end beyond that. */
const PENDING_MAX = 65_536;

function queueOf(state: LiftingState, key: number): RequestQueue {
  // Addresses of contexts are user memory; two processes may have the same one, which costs an order at worst.
  let queue = state.queues.get(key);
  if (queue === undefined) state.queues.set(key, queue = { pending: [], completed: [], unseen: 0 });
  return queue;
}

/** A request begins within io_submit. `data`: as far as known by now. */
export function beginRequest(state: LiftingState, thread: Thread, data: "read" | "write", file: number): Operation {
  const call = thread.call!;
  closeRequest(state, thread);
  const kind = data === "read" ? KIND.aio_pread : KIND.aio_pwrite;
  const request = new Operation(state.newOperationId(), kind, data, state.sink);
  request.startLo = call.startLo;
  request.startHi = call.startHi;
  request.partOf = call.id;
  request.queueKey = call.queueKey;
  request.table = thread.descriptors;
  if (file >= 0) request.evidence(file, STRONG);
  const queue = queueOf(state, call.queueKey);
  queue.pending.push(request);
  if (queue.pending.length > PENDING_MAX) settle(state, queue.pending.shift()!);
  call.mode = Math.max(0, call.mode) + 1;
  thread.request = request;
  thread.mapping.file = NO;
  return request;
}

/** The part of the current request that runs in the submitter is over. */
export function closeRequest(state: LiftingState, thread: Thread): void {
  const request = thread.request;
  thread.request = null;
  if (request === null || request.isRing || request.isQueued || request.hasDone) return;
  if (request.seen & SAW.begin) {
    // A refused attempt that was not repeated is the result.
    if (request.hasResult) complete(state, request);
    return;
  }
  // A buffered request is done when its part in the submitter is.
  request.hasResult = request.bytes >= 0;
  request.result = Math.max(0, request.bytes);
  if (state.hasBegin[request.recordingId]) complete(state, request);
}

/** Direct I/O of a request was begun: its completion may come from anywhere. */
export function track(state: LiftingState, request: Operation): void {
  const list = state.inFlight.get(request.evidenceFile);
  if (list === undefined) state.inFlight.set(request.evidenceFile, [request]);
  else {
    if (!list.includes(request)) list.push(request);
    if (list.length > PENDING_MAX) list.shift();
  }
}

/** The request in flight that this completion is of; null where none is known. */
export function findInFlight(state: LiftingState, file: number, start: number, result: number): Operation | null {
  const list = state.inFlight.get(file);
  if (list === undefined) return null;
  let found: Operation | null = null;
  for (const request of list) {
    if (request.offset !== start || (request.bytes >= 0 && result > request.bytes)) continue;
    if (found === null) found = request;
    else {
      state.doubt().ambiguity("A3", state.sink);
      found.attribution = ATTRIBUTION["by-time"];
      break;
    }
  }
  return found;
}

/** Direct I/O of the request is over, with this result. */
export function directDone(state: LiftingState, request: Operation, result: number): void {
  const list = state.inFlight.get(request.evidenceFile);
  const at = list?.indexOf(request) ?? -1;
  if (at >= 0) list!.splice(at, 1);
  request.result = result;
  request.hasResult = true;
  if (result === -EAGAIN && !request.isQueued) return;
  if (!request.isRing) complete(state, request);
  else request.doneNow(state.sink);
}

function complete(state: LiftingState, request: Operation): void {
  const queue = queueOf(state, request.queueKey);
  const at = queue.pending.indexOf(request);
  if (at >= 0) queue.pending.splice(at, 1);
  request.doneNow(state.sink);
  queue.completed.push(request);
  if (queue.completed.length > PENDING_MAX) deliver(state, queue.completed.shift()!);
}

function deliver(state: LiftingState, request: Operation): void {
  if (!request.hasEnd && request.hasDone) {
    request.endLo = request.doneLo;
    request.endHi = request.doneHi;
    request.hasEnd = true;
  }
  settle(state, request);
}

/** io_submit ends. */
export function submissionEnds(state: LiftingState, thread: Thread, call: Operation): void {
  closeRequest(state, thread);
  const seen = Math.max(0, call.mode);
  const submitted = call.hasResult && call.result > 0 ? call.result : 0;
  if (submitted > seen) {
    queueOf(state, call.queueKey).unseen += submitted - seen;
    state.doubt().trouble(
      "request_not_seen",
      "requests of io_submit that left no event of their own: of which file and range is not known",
      state.sink,
    );
  }
}

/** io_getevents returns: it delivers as many requests of its context as it says, the ones complete first. */
export function reap(state: LiftingState, call: Operation): void {
  const queue = queueOf(state, call.queueKey);
  for (let left = call.result; left > 0; left--) {
    let request = queue.completed.shift();
    if (request === undefined) {
      if (queue.unseen > 0) {
        queue.unseen--;
        continue;
      }
      request = queue.pending.shift();
      if (request === undefined) break;
      state.doubt().ambiguity("A2", state.sink);
    }
    request.endLo = call.endLo;
    request.endHi = call.endHi;
    request.hasEnd = true;
    request.lastSeq = call.lastSeq;
    settle(state, request);
  }
}

/** A context is given up. */
export function giveUpContext(state: LiftingState, key: number): void {
  const queue = state.queues.get(key);
  if (queue === undefined) return;
  for (const request of [...queue.completed, ...queue.pending]) deliver(state, request);
  state.queues.delete(key);
}

/** Hands on what was never delivered. */
export function finishRequests(state: LiftingState): void {
  for (const key of [...state.queues.keys()]) giveUpContext(state, key);
}

/** A direct write in flight over this range of the file; null where none is known. */
export function findInFlightOver(state: LiftingState, file: number, start: number, end: number): Operation | null {
  for (const request of state.inFlight.get(file) ?? []) {
    if (request.data === "write" && request.offset < end && start < request.offset + Math.max(1, request.bytes)) {
      return request;
    }
  }
  return null;
}
