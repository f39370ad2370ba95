/**
 * The way of a bio into a request: queued, split, given a request or merged into one. All of it happens in the task that
 * submits the bio.
 *
 * @module
 */

import { EMPTY, GETRQ, MERGED, MERGED_LINK, NONE, QUEUE, QUEUED, SPLIT_LINK, STAGES, WAITING } from "./open_bios.ts";
import type { Device, PairingState } from "./pairing_state.ts";
import { linkAbove, movedHere, trim } from "./remapping.ts";
import { sameOperation } from "./request_flags.ts";

/** Requests that a bio could be merged with are looked at up to this many. */
const NEIGHBOURS_MAX = 64;

/** Q: a bio is queued. */
export function queueBio(state: PairingState, device: Device, start: number, bytes: number): void {
  const slot = state.begin(device, start, bytes, bytes === 0 ? EMPTY : QUEUED);
  state.stamp(slot, QUEUE);
  if (device.announced.size > 0) linkAbove(state, device, slot);
  state.place(slot);
}

/**
 * The queued bio that an event of the task which submits it is about: the task's newest at this place, else the oldest
 * of this length, else the oldest.
 */
export function queuedAt(state: PairingState, device: Device, start: number, end: number): number {
  const { bios, kind } = state;
  const only = bios.onlyAtStart(device.number, start);
  if (only !== NONE && bios.state[only] === QUEUED && bios.operation[only] === kind.operation) return only;
  let best = NONE;
  let bestRank = -1;
  for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
    if (bios.state[slot] !== QUEUED || !sameOperation(bios.operation[slot], kind.operation)) continue;
    const own = state.isOwn(slot);
    const rank = (own ? 2 : 0) + (bios.end[slot] === end ? 1 : 0);
    if (rank > bestRank || (own && rank === bestRank)) {
      best = slot;
      bestRank = rank;
    }
  }
  return best;
}

/** Makes two bios of a queued one. The rest is not queued again: it has waited since the whole was. */
export function cut(state: PairingState, slot: number, at: number): void {
  const { bios } = state;
  const rest = state.begin(state.devices[bios.device[slot]], at, (bios.end[slot] - at) * 512, QUEUED);
  bios.tag[rest] = bios.tag[slot];
  bios.operation[rest] = bios.operation[slot];
  bios.splitFrom[rest] = bios.id[slot];
  bios.seen[rest] = (bios.seen[slot] & (1 << QUEUE)) | SPLIT_LINK;
  bios.times[rest * 2 * STAGES] = bios.times[slot * 2 * STAGES];
  bios.times[rest * 2 * STAGES + 1] = bios.times[slot * 2 * STAGES + 1];
  bios.lastSeq[slot] = state.sink.seq;
  bios.bytes[slot] = (at - bios.sector[slot]) * 512;
  bios.setEnd(slot, at);
  state.place(rest);
}

/** X: the bio here has been made two, of which the second begins at the event's new sector. */
export function splitBio(state: PairingState, device: Device, start: number): void {
  const { bios, sink: { newSector } } = state;
  if (newSector === start && trim(state, device, newSector)) return;
  let best = NONE;
  for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
    if (bios.state[slot] !== QUEUED || !state.contains(slot, newSector)) continue;
    if (best === NONE || state.isOwn(slot)) best = slot;
  }
  if (best === NONE) state.unpaired();
  else cut(state, best, newSector);
}

/** G: the bio here gets a request of its own. */
export function giveRequest(state: PairingState, device: Device, start: number, bytes: number): void {
  const end = start + bytes / 512;
  let slot = queuedAt(state, device, start, end);
  if (slot === NONE) slot = movedHere(state, device, start);
  if (slot === NONE) slot = beginLate(state, device, start, bytes);
  else if (state.contains(slot, end)) cut(state, slot, end);
  state.bios.state[slot] = WAITING;
  state.stamp(slot, GETRQ);
}

/** A bio whose queueing is not in the recording; it may have come down from a device above as a request. */
export function beginLate(state: PairingState, device: Device, start: number, bytes: number): number {
  const slot = state.begin(device, start, bytes, bytes === 0 ? EMPTY : WAITING);
  if (!linkAbove(state, device, slot)) device.record.notQueued(state.sink);
  state.place(slot);
  return slot;
}

/** The bio that a merge is about, out of the queue and at no place. */
function takeForMerge(state: PairingState, device: Device, start: number, bytes: number): number {
  const end = start + bytes / 512;
  let slot = queuedAt(state, device, start, end);
  if (slot === NONE) slot = movedHere(state, device, start);
  if (slot === NONE) return NONE;
  if (state.contains(slot, end)) cut(state, slot, end);
  state.bios.unplace(slot);
  return slot;
}

/**
 * Is this request a better one to merge with? Where no getrq event tells of a request, it may still look like a queued
 * bio.
 */
function isBetter(state: PairingState, slot: number, best: number): boolean {
  const { bios } = state;
  const its = bios.state[slot];
  if ((its !== WAITING && its !== QUEUED) || !sameOperation(bios.operation[slot], state.kind.operation)) return false;
  if (best === NONE) return true;
  if (its !== bios.state[best]) return its === WAITING;
  if (state.isOwn(slot) !== state.isOwn(best)) return state.isOwn(slot);
  return bios.id[slot] > bios.id[best];
}

/** The request to merge with at its end. @param except slot of a request that it cannot be */
export function endingAt(state: PairingState, device: Device, sector: number, except: number): number {
  const { bios } = state;
  let best = NONE;
  let left = NEIGHBOURS_MAX;
  for (let slot = bios.firstAtEnd(device.number, sector); slot !== NONE; slot = bios.nextAtEnd(slot)) {
    if (slot !== except && isBetter(state, slot, best)) best = slot;
    if (--left === 0) break;
  }
  return best;
}

/** The request to merge with at its start. */
export function startingAt(state: PairingState, device: Device, sector: number): number {
  const { bios } = state;
  let best = NONE;
  for (let slot = bios.firstAtStart(device.number, sector); slot !== NONE; slot = bios.nextAtStart(slot)) {
    if (isBetter(state, slot, best)) best = slot;
  }
  return best;
}

/** The request at this place that has not been issued: of this length, else the oldest. */
export function waitingAt(state: PairingState, device: Device, start: number, end: number): number {
  const { bios, kind } = state;
  const only = bios.onlyAtStart(device.number, start);
  if (only !== NONE && bios.state[only] === WAITING && bios.operation[only] === kind.operation) return only;
  let best = NONE;
  for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
    if (bios.state[slot] !== WAITING || !sameOperation(bios.operation[slot], kind.operation)) continue;
    if (best === NONE || (bios.end[slot] === end && bios.end[best] !== end)) best = slot;
  }
  return best;
}

/** M: the bio, or the request, that begins here has become part of the request that ends here. */
export function mergeBack(state: PairingState, device: Device, start: number, bytes: number): void {
  // ftrace names the merge of two requests by itself; for blktrace both are M.
  const ofRequests = state.kind.about === "requests";
  const slot = ofRequests ? NONE : takeForMerge(state, device, start, bytes);
  if (slot !== NONE) {
    const into = endingAt(state, device, start, NONE);
    if (into !== NONE) append(state, into, slot);
    else mergeAlone(state, slot);
    return;
  }
  // The event names the request that is given up.
  const given = waitingAt(state, device, start, start + bytes / 512);
  const into = endingAt(state, device, start, given);
  if (given !== NONE && into !== NONE) {
    state.bios.unplace(given);
    append(state, into, given);
  } else if (into !== NONE && !ofRequests) {
    append(state, into, beginMerged(state, device, start, bytes));
  } else {
    state.unpaired();
  }
}

/** F: the bio that ends where a request begins has become part of that. */
export function mergeFront(state: PairingState, device: Device, start: number, bytes: number): void {
  const slot = takeForMerge(state, device, start, bytes);
  const into = startingAt(state, device, start + bytes / 512);
  if (into !== NONE) prepend(state, into, slot === NONE ? beginMerged(state, device, start, bytes) : slot);
  else if (slot !== NONE) mergeAlone(state, slot);
  else state.unpaired();
}

/** The request to merge with is not there: its bio's events were lost, or it began before the recording. */
function mergeAlone(state: PairingState, slot: number): void {
  state.unpaired();
  state.bios.state[slot] = WAITING;
  state.place(slot);
}

function beginMerged(state: PairingState, device: Device, start: number, bytes: number): number {
  device.record.notQueued(state.sink);
  return state.begin(device, start, bytes, MERGED);
}

/** Puts a bio, or all bios of a request, into a request; `slot` is at no place. */
function join(state: PairingState, head: number, slot: number): void {
  const { bios, sink } = state;
  for (let each = slot; each !== NONE; each = bios.nextInRequest[each]) {
    bios.state[each] = MERGED;
    bios.mergedInto[each] = bios.id[head];
    bios.seen[each] |= MERGED_LINK;
    bios.lastSeq[each] = sink.seq;
  }
  bios.nextInRequest[bios.lastInRequest[head]] = slot;
  bios.lastInRequest[head] = bios.lastInRequest[slot];
  if (bios.state[head] === QUEUED) bios.state[head] = WAITING;
}

/** Joins at the end of a request; `slot` is at no place. */
export function append(state: PairingState, head: number, slot: number): void {
  join(state, head, slot);
  state.bios.setEnd(head, state.bios.end[slot]);
}

function prepend(state: PairingState, head: number, slot: number): void {
  join(state, head, slot);
  state.setStart(head, state.bios.start[slot]);
}
