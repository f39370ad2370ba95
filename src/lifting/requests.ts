/**
 * The way of a request: inserted into the scheduler, issued to the driver, put back, completed, whole or in parts.
 *
 * @module
 */

import { EMPTY, INSERT, ISSUE, ISSUED, NONE, WAITING } from "./open_bios.ts";
import type { Device, PairingState } from "./pairing_state.ts";
import { sameOperation } from "./request_flags.ts";
import { append, beginLate, cut, endingAt, queuedAt, startingAt, waitingAt } from "./submission.ts";

/** The request that an insert or issue is about; made from a queued bio where no event told of it. */
function requestAt(state: PairingState, device: Device, start: number, bytes: number): number {
  const { bios } = state;
  const end = start + bytes / 512;
  let head = waitingAt(state, device, start, end);
  if (head === NONE) {
    head = queuedAt(state, device, start, end);
    if (head === NONE) return beginLateRequest(state, device, start, end);
    if (state.contains(head, end)) cut(state, head, end);
    bios.state[head] = WAITING;
  }
  if (bios.end[head] < end) absorb(state, device, head, end);
  return head;
}

/** A request whose first bios are not in the recording; a later one, merged with them, may be. */
function beginLateRequest(state: PairingState, device: Device, start: number, end: number): number {
  const { bios } = state;
  const known = endingAt(state, device, end, NONE);
  const from = known === NONE || bios.start[known] <= start ? end : bios.start[known];
  const head = beginLate(state, device, start, (from - start) * 512);
  if (from < end) {
    bios.unplace(known);
    append(state, head, known);
  }
  return head;
}

/** A request that is longer than its bios has taken up others behind it without an event. */
function absorb(state: PairingState, device: Device, head: number, end: number): void {
  const { bios } = state;
  while (bios.end[head] < end) {
    const next = startingAt(state, device, bios.end[head]);
    if (next === NONE || bios.end[next] > end) break;
    bios.unplace(next);
    append(state, head, next);
  }
}

/** I: the request has been given to the scheduler. */
export function insertRequest(state: PairingState, device: Device, start: number, bytes: number): void {
  state.stampRequest(requestAt(state, device, start, bytes), INSERT);
}

/** D: the driver has got the request. */
export function issueRequest(state: PairingState, device: Device, start: number, bytes: number): void {
  const head = requestAt(state, device, start, bytes);
  state.bios.state[head] = ISSUED;
  state.stampRequest(head, ISSUE);
}

/** R: the request has been put back. */
export function requeueRequest(state: PairingState, device: Device, start: number): void {
  const { bios, kind } = state;
  let head = NONE;
  for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
    const its = bios.state[slot];
    if ((its !== WAITING && its !== ISSUED) || !sameOperation(bios.operation[slot], kind.operation)) continue;
    if (head === NONE || (its === ISSUED && bios.state[head] !== ISSUED)) head = slot;
  }
  if (head === NONE) {
    state.unpaired();
    return;
  }
  bios.state[head] = WAITING;
  for (let slot = head; slot !== NONE; slot = bios.nextInRequest[slot]) takeBackIssue(state, slot);
}

/** It has not been issued after all; the issue that counts is still to come. */
export function takeBackIssue({ bios, sink }: PairingState, slot: number): void {
  bios.markFault(slot);
  bios.requeues[slot]++;
  bios.seen[slot] &= ~(1 << ISSUE);
  bios.lastSeq[slot] = sink.seq;
}

/** The request, or on a disk without requests (pmem, zram, dm, md) the bio, that a completion is about. */
function completing(state: PairingState, device: Device, start: number, end: number): number {
  const { bios, kind } = state;
  const only = bios.onlyAtStart(device.number, start);
  if (only !== NONE && bios.state[only] === ISSUED && bios.operation[only] === kind.operation) return only;
  // ftrace tells a bio's completion from a request's; a bio that never got a request (refused, throttled) ends so too.
  const ofBio = kind.about === "bio";
  const { gapId } = device.record;
  let best = NONE;
  let bestRank = -1;
  for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
    const its = bios.state[slot];
    if (its === EMPTY || !sameOperation(bios.operation[slot], kind.operation)) continue;
    const rank = (ofBio ? 4 - its : its) * 4 + (bios.end[slot] === end ? 2 : 0) + (bios.id[slot] >= gapId ? 1 : 0);
    if (rank > bestRank) {
      best = slot;
      bestRank = rank;
    }
  }
  return best;
}

/** C: the request, or the part of it that begins here, is complete. */
export function completeRequest(state: PairingState, device: Device, start: number, bytes: number): void {
  const { bios } = state;
  const end = start + bytes / 512;
  const head = completing(state, device, start, end);
  if (head === NONE) {
    state.unpaired();
    return;
  }
  if (bios.end[head] < end) absorb(state, device, head, end);
  bios.unplace(head);
  if (bios.nextInRequest[head] === NONE && bios.end[head] <= end) state.done(device, head);
  else completePart(state, device, head, end);
}

/** Ends the bios of a request as far as it is done; it goes on behind that. */
function completePart(state: PairingState, device: Device, head: number, end: number): void {
  const { bios } = state;
  const its = bios.state[head];
  const requestEnd = bios.end[head];
  let left = NONE;
  let lastLeft = NONE;
  for (let slot = head, next: number; slot !== NONE; slot = next) {
    next = bios.nextInRequest[slot];
    if (requestEnd <= end || bios.endOf(slot) <= end) {
      state.done(device, slot);
      continue;
    }
    if (left === NONE) left = slot;
    else bios.nextInRequest[lastLeft] = slot;
    bios.nextInRequest[slot] = NONE;
    lastLeft = slot;
  }
  if (left === NONE) return;
  bios.state[left] = its;
  bios.start[left] = end;
  bios.end[left] = requestEnd;
  bios.lastInRequest[left] = lastLeft;
  bios.lastSeq[left] = state.sink.seq;
  state.place(left);
}
