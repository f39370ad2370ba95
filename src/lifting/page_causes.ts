/**
 * Why a page of the cache came, went or changed: by what the task of the event was doing to the same file.
 *
 * @module
 */

import { findInFlightOver } from "./async_requests.ts";
import type { LiftingState, Thread } from "./lifting_state.ts";
import { NO, type Operation, STRONG } from "./operation.ts";
import { CAUSE, KIND } from "./operation_kinds.ts";
import { current } from "./transfers.ts";

/** Operation of the current page event; -1 = none. Set by the functions below. */
let owner = NO;

/** Gives the current page event its operation and cause, where they are known. */
export function pageEvent(state: LiftingState, thread: Thread | null): void {
  const { sink } = state;
  owner = NO;
  let cause: number = CAUSE.unknown;
  const { page } = sink.type.meaning;
  if (page === "map") cause = mapped(thread);
  else if (page === "writeback_start" || page === "writeback_end") cause = writtenBack(thread);
  else if (thread !== null && page === "add") cause = added(state, thread);
  else if (page === "delete") cause = deleted(state, thread);
  else if (thread !== null && page === "dirty") cause = dirtied(state, thread);
  if (cause !== CAUSE.unknown || owner !== NO) state.pages++;
  state.pageOwners.add(sink.seq, sink.tag, owner, cause);
}

/** The operation owns the event. */
function owned(operation: Operation): Operation {
  owner = operation.id;
  return operation;
}

/** Is the file that the event names the operation's, as far as that is known by now? */
function isOf(operation: Operation, file: number): boolean {
  const known = operation.evidenceFile !== NO ? operation.evidenceFile : operation.open?.file ?? NO;
  return known === NO || known === file;
}

function mapped(thread: Thread | null): number {
  if (thread !== null && thread.fault !== null) owned(thread.fault);
  return CAUSE.fault;
}

function writtenBack(thread: Thread | null): number {
  const operation = thread === null ? null : current(thread);
  if (operation !== null) owned(operation);
  return CAUSE.writeback;
}

function added(state: LiftingState, thread: Thread): number {
  const { file, offset, bytes } = state;
  const { fault } = thread;
  if (fault !== null && isOf(fault, file)) {
    owned(fault);
    if (offset > fault.offset || offset + bytes <= fault.offset) return ahead(state);
    fault.evidence(file, STRONG);
    return CAUSE.fault;
  }
  const operation = current(thread);
  if (operation === null || !isOf(operation, file)) return CAUSE.unknown;
  switch (operation.data) {
    case "read":
      owned(operation);
      return isBeyond(operation, offset, bytes) ? ahead(state) : CAUSE.read;
    case "write":
      owned(operation);
      return CAUSE.write;
    default:
      if (operation.kind === KIND.fadvise || operation.kind === KIND.madvise) {
        owned(operation);
        return ahead(state);
      }
      // The edges of a hole or of the new end are read to be zeroed.
      if (operation.kind === KIND.ftruncate || operation.kind === KIND.fallocate) {
        owned(operation);
        return CAUSE.truncate;
      }
      return CAUSE.unknown;
  }
}

function ahead(state: LiftingState): number {
  state.doubt().ambiguity("A11", state.sink);
  return CAUSE.readahead;
}

function isBeyond(operation: Operation, offset: number, bytes: number): boolean {
  if (operation.offset < 0 || operation.bytes < 0) return false;
  return offset >= operation.offset + operation.bytes || offset + bytes <= operation.offset;
}

function deleted(state: LiftingState, thread: Thread | null): number {
  const { file, offset, bytes } = state;
  const operation = thread === null ? null : current(thread);
  if (operation !== null && isOf(operation, file)) {
    if (operation.data === "write") {
      owned(operation);
      return CAUSE.invalidate;
    }
    switch (operation.kind) {
      case KIND.ftruncate:
      case KIND.fallocate:
      case KIND.name:
      case KIND.close:
        owned(operation);
        return CAUSE.truncate;
      case KIND.fadvise:
        owned(operation);
        return CAUSE.invalidate;
      case KIND.open:
        // O_TRUNC.
        owned(operation);
        return CAUSE.truncate;
      default:
    }
  }
  // Completion of an asynchronous write, in whatever context it runs.
  const request = findInFlightOver(state, file, offset, offset + Math.max(1, bytes));
  if (request !== null) {
    owned(request);
    return CAUSE.invalidate;
  }
  return thread !== null && thread.isReclaiming ? CAUSE.reclaim : CAUSE.unknown;
}

function dirtied(state: LiftingState, thread: Thread): number {
  const { fault } = thread;
  if (fault !== null && isOf(fault, state.file)) {
    owned(fault);
    return CAUSE.fault;
  }
  const operation = current(thread);
  if (operation === null || !isOf(operation, state.file)) return CAUSE.unknown;
  if (operation.data === "write") {
    owned(operation);
    return CAUSE.write;
  }
  if (operation.kind === KIND.ftruncate || operation.kind === KIND.fallocate) {
    owned(operation);
    return CAUSE.truncate;
  }
  return CAUSE.unknown;
}
