/**
 * What an operation comes to when it is over: its file and how surely, how its data went, its range.
 *
 * @module
 */

import type { LiftingState } from "./lifting_state.ts";
import { O_DIRECT, O_DSYNC } from "./open_files.ts";
import { NO, type Operation, SAW, STRONG } from "./operation.ts";
import { ATTRIBUTION, EXECUTION, KIND } from "./operation_kinds.ts";

/** 1: opened for direct I/O, 0: not, -1: not known. */
function requestedDirect(operation: Operation): number {
  const flags = operation.open?.flags ?? NO;
  return flags < 0 ? NO : (flags & O_DIRECT) !== 0 ? 1 : 0;
}

function executionOf(operation: Operation): number {
  const { seen, hasResult, result } = operation;
  if (seen & SAW.dax) return EXECUTION.dax;
  if (seen & SAW.direct) {
    return seen & SAW.buffered && operation.data === "write" && operation.bufferedFrom > operation.offset
      ? EXECUTION.mixed
      : EXECUTION.direct;
  }
  if (seen & (SAW.buffered | SAW.invalidateFail)) return EXECUTION.buffered;
  if (hasResult && result <= 0) return EXECUTION.none;
  if (seen & SAW.begin) return EXECUTION.direct;
  return requestedDirect(operation) === 0 ? EXECUTION.buffered : EXECUTION.unknown;
}

/** Opened so that each write is on stable storage when it returns. */
function isSynchronous({ open }: Operation): boolean {
  return open !== null && open.flags >= 0 && (open.flags & O_DSYNC) !== 0;
}

/**
 * A request of io_submit names its descriptor in user memory: its open file is the one of its process with this file and
 * opened in this way, or the only one opened in this way whose file is not known.
 */
function findOpenFileOf(state: LiftingState, operation: Operation): void {
  const { table, evidenceFile, seen } = operation;
  if (table === null || operation.evidenceLevel !== STRONG) return;
  const isDirect = (seen & SAW.begin) !== 0;
  const candidates = state.openFiles.inReach(table)
    .filter(({ flags, file }) =>
      (file === evidenceFile || file === NO) && flags >= 0 && ((flags & O_DIRECT) !== 0) === isDirect
    );
  const known = candidates.filter(({ file }) => file === evidenceFile);
  const [only] = known.length > 0 ? known : candidates;
  if (only === undefined || (known.length === 0 && candidates.length > 1)) return;
  operation.open = only;
}

/** Calls that change or flush one file and touch no other before it. */
function isOfOneFile({ kind }: Operation): boolean {
  return kind === KIND.ftruncate || kind === KIND.fsync || kind === KIND.fdatasync || kind === KIND.fallocate;
}

/** Settles file and attribution. */
function settleFile(state: LiftingState, operation: Operation): void {
  if (operation.open === null && operation.isAsynchronous) findOpenFileOf(state, operation);
  const { open, evidenceFile, evidenceLevel } = operation;
  if (open !== null && evidenceLevel === STRONG) {
    if (open.file === NO) open.file = evidenceFile;
    else if (open.file !== evidenceFile) {
      // The descriptor is another one than was thought, or its number was closed and opened again unseen.
      state.doubt().trouble(
        "descriptor_contradicted",
        "operations whose events name another file than their file descriptor was thought to stand for",
        state.sink,
      );
      operation.open = null;
    }
  }
  if (evidenceLevel === STRONG) {
    operation.file = evidenceFile;
    operation.attribution = ATTRIBUTION.certain;
  } else if (operation.open !== null && operation.open.file !== NO) {
    operation.file = operation.open.file;
    operation.attribution = operation.isGuess ? ATTRIBUTION["by-time"] : ATTRIBUTION["by-interval"];
  } else if (evidenceLevel > 0 && (operation.data !== "none" || isOfOneFile(operation))) {
    operation.file = evidenceFile;
    operation.attribution = ATTRIBUTION["by-interval"];
    // What a call on one file touches first is that file: it stands for the open file until better is known.
    if (operation.open !== null && !operation.isGuess && isOfOneFile(operation)) operation.open.file = evidenceFile;
  } else if (operation.open !== null) {
    // The file of the open file may turn up later: then its row has it, and this says how surely it is this one's.
    operation.attribution = operation.isGuess ? ATTRIBUTION["by-time"] : ATTRIBUTION.unknown;
  }
}

/** Settles what an operation was, and hands it on. */
export function settle(state: LiftingState, operation: Operation): void {
  settleFile(state, operation);
  if (operation.data !== "none") {
    if (operation.bytes === NO && operation.hasResult && operation.result >= 0) operation.bytes = operation.result;
    operation.execution = executionOf(operation);
    const { open, execution } = operation;
    if (open !== null && open.flags < 0 && open.openedBy < 0) {
      // Opened before the recording: what it does tells how it was opened.
      if (execution === EXECUTION.direct) open.flags = O_DIRECT;
    }
    if (
      operation.data === "read" && operation.result > 0 && operation.evidenceLevel === 0 && operation.open !== null
    ) state.doubt().ambiguity("A1", state.sink);
    if (operation.seen & SAW.invalidateFail && !(operation.seen & SAW.begin)) {
      state.doubt().ambiguity("A8", state.sink);
    }
    if (
      operation.data === "write" && execution === EXECUTION.direct && operation.result > 0 && !isSynchronous(operation)
    ) {
      state.doubt().ambiguity("A10", state.sink);
    }
  }
  state.emit(operation);
  if (operation.execution === EXECUTION.mixed) {
    state.operations.addPart(state.newOperationId(), operation, "direct");
    state.operations.addPart(state.newOperationId(), operation, "buffered");
  }
}
