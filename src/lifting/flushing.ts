/**
 * Flushes, and other bios that move no data.
 *
 * A bio with PREFLUSH or FUA on a device with a volatile cache becomes up to three requests: a flush, its data, a flush.
 * The flushes are the block layer's own and may serve several bios; the bio ends once more, without data, when the last
 * of its requests has.
 *
 * Source: block/blk-flush.c of Linux 6.18.
 *
 * @module
 */

import { ASIDE, COMPLETE, EMPTY, GETRQ, INSERT, ISSUE, NONE } from "./open_bios.ts";
import { type Device, type PairingState, SAME_PLACE_MAX } from "./pairing_state.ts";
import { COMMAND } from "./request_flags.ts";
import { takeBackIssue } from "./requests.ts";
import { beginLate } from "./submission.ts";

/** The steps of a request. */
export type RequestAction = "G" | "I" | "D" | "C" | "R";

const STAGE_OF = { G: GETRQ, I: INSERT, D: ISSUE } as const;

/** A step of a flush that the block layer sends by itself: a row of its own, without a queue time. */
export function flushStep(state: PairingState, device: Device, action: RequestAction): void {
  const { bios } = state;
  const { flushes } = device;
  if (action === "C") {
    const slot = flushes.shift();
    if (slot === undefined) state.unpaired();
    else state.done(device, slot);
    return;
  }
  // The oldest that has been issued is put back; any other step is of the one that waits for its issue.
  const wanted = action === "R" ? 1 << ISSUE : 0;
  let slot = flushes.find((each) => (bios.seen[each] & (1 << ISSUE)) === wanted) ?? NONE;
  if (action === "R") {
    if (slot === NONE) state.unpaired();
    else takeBackIssue(state, slot);
    return;
  }
  if (slot === NONE) {
    slot = state.begin(device, 0, 0, ASIDE);
    flushes.push(slot);
    if (flushes.length > SAME_PLACE_MAX) state.giveUpAside(flushes[0]);
  }
  state.stamp(slot, STAGE_OF[action]);
}

/** A step without data: of a bio that has none, or the completion that ends a write which a flush has followed. */
export function emptyStep(state: PairingState, device: Device, start: number, action: RequestAction): void {
  const { bios } = state;
  const written = action === "C" ? device.tail.get(start) : undefined;
  if (written !== undefined) {
    state.stamp(written, COMPLETE);
    device.tail.delete(start);
    state.finish(written);
    return;
  }
  let slot = emptyAt(state, device, start, action);
  if (slot === NONE) {
    if (state.kind.operation === COMMAND) {
      device.record.command(state.sink);
      return;
    }
    if (action === "C" || action === "R") {
      state.unpaired();
      return;
    }
    slot = beginLate(state, device, start, 0);
  }
  if (action === "C") {
    bios.unplace(slot);
    state.done(device, slot);
  } else if (action === "R") {
    takeBackIssue(state, slot);
  } else {
    state.stamp(slot, STAGE_OF[action]);
  }
}

/** The oldest bio without data at this place that lacks this stage; for a request, the task's own if there is one. */
function emptyAt(state: PairingState, device: Device, start: number, action: RequestAction): number {
  const { bios } = state;
  const lacks = action === "G" ? 1 << GETRQ : action === "D" ? 1 << ISSUE : 0;
  const needs = action === "R" ? 1 << ISSUE : 0;
  let best = NONE;
  for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
    if (bios.state[slot] !== EMPTY || (bios.seen[slot] & lacks) !== 0 || (bios.seen[slot] & needs) !== needs) continue;
    if (action === "G" && state.isOwn(slot)) return slot;
    if (best === NONE) best = slot;
  }
  return best;
}
