/**
 * What is done to files outside of the recorded calls: when it began, and with which file. What it did is not told.
 *
 * @module
 */

import type { FlusherPass, OtherWork } from "./environment.ts";
import { MODELLED_CALLS } from "./modelled_calls.ts";
import type { RecordedEvent } from "./recorded_events.ts";
import { beginsReport, type Unit } from "./units.ts";

/** The first folio that XFS writes in a pass, as both kernels call it. */
const WRITES_FOLIO = /^iomap_(writeback_folio|writepage)$/;

/** Between two folios of one pass no more than this, nanoseconds. */
const PASS_GAP = 5_000_000;

/** Events of no call, or of one that the model does not do, such as close(2). */
function outside(events: readonly RecordedEvent[], units: readonly Unit[]): RecordedEvent[] {
  const ofCalls = new Set(units.flatMap((unit) => MODELLED_CALLS.test(unit.call.kind) ? unit.events : []));
  return events.filter((event) => event.ino !== null && !ofCalls.has(event));
}

/** Passes of the flusher: what begins to write a file and belongs to no call. */
export function passesOf(events: readonly RecordedEvent[], units: readonly Unit[]): FlusherPass[] {
  const passes: FlusherPass[] = [];
  // By worker: the file that it is at, and where.
  const at = new Map<number, { ino: number; time: number; offset: number }>();
  for (const { name, ino, pid, comm, time, number, offset } of outside(events, units)) {
    if (ino === null || !comm.startsWith("kworker")) continue;
    if (name === "ext4_writepages") passes.push({ ino, time, sync: number === 1 ? "for_integrity" : "background" });
    if (!WRITES_FOLIO.test(name) || offset === null) continue;
    const last = at.get(pid);
    const goesOn = last !== undefined && last.ino === ino && last.offset < offset && time - last.time < PASS_GAP;
    if (!goesOn) passes.push({ ino, time, sync: "background" });
    at.set(pid, { ino, time, offset });
  }
  return passes;
}

/** Looks at extents that begin, and truncation that is no call's and leaves the file its size. */
export function otherWorkOf(events: readonly RecordedEvent[], units: readonly Unit[]): OtherWork[] {
  return outside(events, units).flatMap((event): OtherWork[] => {
    const { name, ino, time, number } = event;
    if (beginsReport(event)) return [{ ino: ino!, time, what: "fiemap" }];
    if (name !== "xfs_itruncate_extents_start") return [];
    return [{ ino: ino!, time, what: number === 0 ? "inactivate" : "trim" }];
  });
}
