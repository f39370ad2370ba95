/**
 * System calls: their beginning and end, their file and range, and what they do to descriptors and mappings.
 *
 * @module
 */

import type { CallRule } from "./call_table.ts";
import { giveUpContext, reap, submissionEnds } from "./async_requests.ts";
import { settle } from "./settle_operation.ts";
import type { LiftingState, Thread } from "./lifting_state.ts";
import { mapFile, unmap, wholeArea } from "./memory_areas.ts";
import { O_APPEND, O_DIRECTORY } from "./open_files.ts";
import { NO, Operation, STRONG } from "./operation.ts";
import { KIND } from "./operation_kinds.ts";

/** Largest errno; a result below zero and not below this is a failure. */
const ERRNO_MAX = 4095;
const F_DUPFD = 0;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;

/** Beginning of a system call. */
export function enterCall(state: LiftingState, thread: Thread, rule: CallRule): void {
  if (thread.call !== null) {
    state.doubt().trouble(
      "call_without_exit",
      "system calls whose end is not in the recording",
      state.sink,
    );
    settle(state, thread.call);
  }
  endFault(state, thread);
  if (thread.unplaced.length > 0) state.dropUnplaced(thread);
  thread.request = null;
  const call = thread.call = new Operation(state.newOperationId(), rule.kind, rule.data, state.sink);
  call.shape = rule.shape;
  thread.mapping.file = NO;
  call.fd = state.signed("fd", NO);
  call.flags = state.signed("flags", NO);
  call.mode = state.signed("mode", NO);
  switch (rule.shape) {
    case "range":
      call.offset = state.offset;
      call.bytes = state.bytes;
      findOpenFile(state, thread, call);
      break;
    case "vector":
      call.offset = state.offset;
      findOpenFile(state, thread, call);
      break;
    case "stream":
    case "copy":
      call.bytes = state.bytes;
      findOpenFile(state, thread, call);
      break;
    case "length":
      call.offset = state.number("length");
      findOpenFile(state, thread, call);
      break;
    case "mmap":
      call.offset = state.offset;
      call.bytes = state.bytes;
      // An anonymous mapping has no file.
      if (call.fd >= 0) findOpenFile(state, thread, call);
      break;
    case "memory":
      call.address = state.number("address");
      call.bytes = state.number("length");
      wholeArea(state, thread, call);
      break;
    case "submit":
    case "reap":
    case "destroy":
      call.queueKey = state.number("queue");
      break;
    case "open":
      call.address = state.textCode("path");
      break;
    case "dup":
      findOpenFile(state, thread, call);
      call.mode = state.signed("fd2", NO);
      break;
    default:
      if (call.fd >= 0 && rule.shape !== "plain" && rule.shape !== "ring") findOpenFile(state, thread, call);
  }
}

/** The open file that the call's descriptor stands for. */
export function findOpenFile(state: LiftingState, thread: Thread, operation: Operation): void {
  const { fd } = operation;
  if (fd < 0) return;
  const { openFiles } = state;
  operation.open = openFiles.own(thread.descriptors, fd);
  if (operation.open !== null) return;
  operation.open = openFiles.guess(thread.descriptors, fd);
  operation.isGuess = operation.open !== null;
  if (operation.open !== null) return;
  // Open since before the recording: what is learned of it holds for this task's later calls.
  operation.open = openFiles.make(thread.recordingId, NO, NO);
  openFiles.set(thread.descriptors, fd, operation.open);
}

/** End of a system call. */
export function exitCall(state: LiftingState, thread: Thread, kind: number): void {
  const { sink } = state;
  const call = thread.call;
  if (call === null || call.kind !== kind) {
    state.doubt().trouble(
      "exit_without_call",
      "ends of system calls whose beginning is not in the recording",
      sink,
    );
    if (call === null) return;
  }
  endFault(state, thread);
  thread.call = null;
  call!.endNow(sink);
  if (sink.hasRet) {
    call!.result = resultOf(state);
    call!.hasResult = true;
  }
  finishCall(state, thread, call!);
}

/** The result as a number: a failure is negative whatever the width it is printed in. */
function resultOf(state: LiftingState): number {
  const { ret } = state.sink;
  const hi = state.sink.retHi;
  // Text that shows 32 bits of a failure, as some tools print it.
  if (hi === 0 && ret < 0 && ret >= -ERRNO_MAX) return ret;
  return hi * 4294967296 + (ret >>> 0);
}

function finishCall(state: LiftingState, thread: Thread, call: Operation): void {
  const ok = call.hasResult && call.result >= 0;
  switch (call.shape) {
    case "open":
      if (ok) opened(state, thread, call);
      break;
    case "close":
      call.open = call.open ?? null;
      if (ok || !call.hasResult) {
        const closed = state.openFiles.close(thread.descriptors, call.fd, state.descriptorTables.values());
        if (closed !== null) call.open = closed;
      }
      break;
    case "close_range":
      closeRange(state, thread, call);
      break;
    case "stream":
    case "stream_vector":
      moveStream(state, call);
      break;
    case "vector":
      // preadv2 and pwritev2 take position -1 for that of the open file.
      if (call.offset === NO) moveStream(state, call);
      break;
    case "seek":
      if (ok && call.open !== null) call.open.position = call.result;
      call.offset = ok ? call.result : NO;
      break;
    case "copy":
      if (call.open !== null) call.open.position = NO;
      break;
    case "dup":
      if (ok && call.open !== null) state.openFiles.set(thread.descriptors, call.result, call.open);
      break;
    case "fcntl":
      if (!ok || call.open === null) break;
      if (call.mode === F_DUPFD || call.mode === F_DUPFD_CLOEXEC) {
        state.openFiles.set(thread.descriptors, call.result, call.open);
      } else if (call.mode === F_SETFL) call.open.flags = call.flags;
      break;
    case "mmap":
      if (ok) mapFile(state, thread, call);
      break;
    case "memory":
      if (ok && call.kind === KIND.munmap) unmap(state, thread, call);
      break;
    case "submit":
      submissionEnds(state, thread, call);
      break;
    case "reap":
      if (ok) reap(state, call);
      break;
    case "destroy":
      giveUpContext(state, call.queueKey);
      break;
    default:
  }
  thread.request = null;
  if (thread.unplaced.length > 0) state.dropUnplaced(thread);
  settle(state, call);
}

function opened(state: LiftingState, thread: Thread, call: Operation): void {
  const open = state.openFiles.make(thread.recordingId, call.flags, call.id);
  open.path = call.address;
  // The last that the opening of a directory does on XFS is to lock it, behind those that its name led through.
  if (call.flags & O_DIRECTORY && call.lockedLast !== NO) call.evidence(call.lockedLast, STRONG);
  call.fd = call.result;
  call.open = open;
  state.openFiles.set(thread.descriptors, call.result, open);
}

function closeRange(state: LiftingState, thread: Thread, call: Operation): void {
  const last = state.signed("fd2", NO);
  call.open = null;
  for (const fd of [...thread.descriptors.entries.keys()]) {
    // An upper bound that is not told is the highest number there is.
    if (fd >= call.fd && (last < 0 || fd <= last)) {
      state.openFiles.close(thread.descriptors, fd, state.descriptorTables.values());
    }
  }
}

/** Gives the call the position of its open file, and moves that. */
function moveStream(state: LiftingState, call: Operation): void {
  const { open } = call;
  const done = call.hasResult && call.result > 0 ? call.result : 0;
  if (open !== null && call.offset === NO && !(call.kind === KIND.pwrite && open.flags >= 0 && open.flags & O_APPEND)) {
    call.offset = open.position;
    if (call.offset !== NO && call.data !== "none") {
      state.doubt().trackedPosition(state.sink);
    }
  }
  if (open === null) return;
  open.position = call.offset === NO || !call.hasResult ? (done > 0 ? NO : open.position) : call.offset + done;
}

/** The fault that a task took last is over when the task does something else. */
export function endFault(state: LiftingState, thread: Thread): void {
  if (thread.fault === null) return;
  const fault = thread.fault;
  thread.fault = null;
  if (thread.unplaced.length > 0) state.dropUnplaced(thread);
  settle(state, fault);
}
