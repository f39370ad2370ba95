/**
 * When workers did what tasks and interrupts had left to them: how soon they begin is the scheduler's matter.
 *
 * @module
 */

import { partitionPoint } from "../../std/partition_point.ts";
import type { RecordedEvent } from "./recorded_events.ts";
import type { Unit } from "./units.ts";

/** Workers of rings begin within this time, nanoseconds, after the call that could not go on without waiting. */
const WORKER_WITHIN = 2_000_000;

/** What a worker of a ring does on XFS behind an update of timestamps, or without one where they are new. */
const WRITES = /^xfs_file_(direct|buffered)_write$/;

/**
 * A worker of a ring that updates timestamps tells that the submitter, who may not wait for that, had found them old; one
 * that writes and has not updated them tells that they were not.
 */
export function timesOldUntil({ call, ino }: Unit, events: readonly RecordedEvent[]): number {
  if (call.kind !== "io_uring_enter" || ino === null) return 0;
  const end = call.end ?? call.start;
  for (
    let at = partitionPoint(events, ({ time }) => time < call.start);
    at < events.length && events[at].time < end + WORKER_WITHIN;
    at++
  ) {
    const { name, ino: own, comm, time } = events[at];
    if (own !== ino || !comm.startsWith("iou-wrk")) continue;
    if (name === "xfs_update_time") return time;
    if (WRITES.test(name)) return 0;
  }
  return 0;
}

/** Between two things that a worker does for one end of I/O: no more than this, nanoseconds. */
const WORK_GAP = 30_000;

/** What a worker of XFS has to do first: for the end of a direct write; and for one of writeback, where it is not part of that. */
const DIRECT_END = "xfs_end_io_direct_write";
const WRITEBACK_END = /^xfs_(unwritten_convert|setfilesize)$/;

/** When a worker began with the end of a direct write of ext4. */
export interface DirectEnd {
  readonly ino: number;
  readonly time: number;
}

/** Those of a recording of ext4 that tells of them; none in others. In the order in which they were done. */
export function directEndsOf(events: readonly RecordedEvent[]): DirectEnd[] {
  if (events.some(({ name }) => name === DIRECT_END)) return [];
  const ends: DirectEnd[] = [];
  const runs = new Map<number, { begun: number; last: number }>();
  for (const { name, comm, pid, ino, time } of events) {
    if (!comm.startsWith("kworker")) continue;
    let run = runs.get(pid);
    if (run === undefined || time - run.last > WORK_GAP) runs.set(pid, run = { begun: time, last: time });
    run.last = time;
    if (name !== "iomap_dio_complete" || ino === null) continue;
    ends.push({ ino, time: run.begun });
    runs.delete(pid);
  }
  return ends;
}

/** The end of I/O that a worker is at. */
interface Busy {
  /** It is the end of a direct write: what is converted next is part of it. */
  isDirect: boolean;
  last: number;
}

/**
 * When workers dealt with the ends of I/O that were left to them, ascending, one for each end: ext4's began with a handle that
 * was reserved for it; XFS's were done when they turned to the next one or had nothing left.
 */
export function conversionsOf(events: readonly RecordedEvent[]): number[] {
  const times: number[] = [];
  const busy = new Map<number, Busy>();
  for (const { name, comm, pid, time } of events) {
    if (name === "ext4_journal_start_reserved") times.push(time);
    if (!comm.startsWith("kworker")) continue;
    const isDirect = name === DIRECT_END;
    const isWriteback = WRITEBACK_END.test(name);
    let own = busy.get(pid);
    const begins = isDirect || (isWriteback && !(own?.isDirect ?? false));
    if (own !== undefined && (begins || time - own.last > WORK_GAP)) {
      times.push(own.last);
      busy.delete(pid);
      own = undefined;
    }
    if (own === undefined && !isDirect && !isWriteback) continue;
    if (own === undefined) busy.set(pid, own = { isDirect, last: time });
    own.last = time;
    if (isWriteback) own.isDirect = false;
  }
  for (const { last } of busy.values()) times.push(last);
  return times.sort((a, b) => a - b);
}
