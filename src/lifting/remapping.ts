/**
 * Bios that go from one device to another: to the disk of a partition, to a device below, to another path.
 *
 * Sources: block/blk-core.c and drivers/md/dm.c of Linux 5.18 to 6.18, drivers/nvme/host/multipath.c.
 *
 * @module
 */

import { type Announced, ANNOUNCED_MAX } from "./device_stack.ts";
import { NONE, QUEUED, REMAPPED_LINK } from "./open_bios.ts";
import type { Device, PairingState } from "./pairing_state.ts";

/** Tasks whose last remap is remembered, for each device. */
const REMAPPING_TASKS_MAX = 1024;

/** A: a bio has been sent to `start` of this device. */
export function remap(state: PairingState, device: Device, start: number): void {
  const { sink, bios, stack } = state;
  if (sink.oldDev < 0 || sink.oldSector < 0) {
    state.unpaired();
    return;
  }
  const startSector = start - sink.oldSector;
  const pair = stack.add(device.record.recordingId, sink.oldDev, sink.dev, startSector);
  // A partition's bios are queued on the disk only; those of a stacked device were queued above before.
  const above = state.findDevice(device.record.recordingId, sink.oldDev, device.buffer);
  const slot = above === undefined ? NONE : newestAt(state, above, sink.oldSector);
  if (above !== undefined && slot !== NONE) {
    const id = bios.id[slot];
    announce(state, device, start, { id, slot, pair, startSector });
    if (above.remapped.size >= REMAPPING_TASKS_MAX) above.remapped.clear();
    above.remapped.set(sink.pid, { slot, id });
    return;
  }
  // To a partition of this disk: the remap before it gave the sector within the partition as one of the disk.
  const first = sink.oldDev === sink.dev ? undefined : takeAnnounced(device, sink.oldSector);
  if (first !== undefined) announce(state, device, start, { ...first, pair: stack.correct(first, sink.oldDev) });
}

function announce(state: PairingState, device: Device, start: number, announced: Announced): void {
  if (device.announced.size >= ANNOUNCED_MAX) {
    for (const oldest of device.announced.keys()) {
      device.announced.delete(oldest);
      device.record.unseenBelow(state.sink, 1);
      break;
    }
  }
  device.announced.set(start, announced);
}

/** The bio that began last of those at this sector, of the current task if there is one of it. */
function newestAt(state: PairingState, device: Device, start: number): number {
  const { bios } = state;
  let best = NONE;
  for (let slot = bios.firstAtStart(device.number, start); slot !== NONE; slot = bios.nextAtStart(slot)) {
    if (best === NONE || state.isOwn(slot) || !state.isOwn(best)) best = slot;
  }
  return best;
}

/** Takes what a remap from above has said of the bio that begins here. */
function takeAnnounced(device: Device, start: number): Announced | undefined {
  if (device.announced.size === 0) return undefined;
  const announced = device.announced.get(start);
  if (announced !== undefined) device.announced.delete(start);
  return announced;
}

/**
 * Links a bio that begins here to the one above that it was made from.
 *
 * @returns false when none has been remapped to here
 */
export function linkAbove({ bios }: PairingState, device: Device, slot: number): boolean {
  const above = takeAnnounced(device, bios.start[slot]);
  if (above === undefined) return false;
  bios.remappedFrom[slot] = above.id;
  bios.seen[slot] |= REMAPPED_LINK;
  return true;
}

/** The bio that multipath has moved to this disk, out of the queue above: it is queued once and completes here. */
export function movedHere(state: PairingState, device: Device, start: number): number {
  const { bios } = state;
  const above = takeAnnounced(device, start);
  if (above === undefined || bios.state[above.slot] !== QUEUED || bios.id[above.slot] !== above.id) return NONE;
  bios.unplace(above.slot);
  bios.device[above.slot] = device.number;
  bios.start[above.slot] = start;
  bios.end[above.slot] = start + bios.bytes[above.slot] / 512;
  state.place(above.slot);
  return above.slot;
}

/**
 * A split of a mapped device: it trims its bio; what lies before is on its way below, the bio itself goes on behind.
 *
 * @returns false when the task has remapped no bio that this could be about
 */
export function trim(state: PairingState, device: Device, at: number): boolean {
  const { bios, sink } = state;
  const last = device.remapped.get(sink.pid);
  if (last === undefined || bios.state[last.slot] !== QUEUED || bios.id[last.slot] !== last.id) return false;
  if (!state.contains(last.slot, at)) return false;
  state.setStart(last.slot, at);
  bios.lastSeq[last.slot] = sink.seq;
  return true;
}
